/** Which keys and gestures there are. */

import { useWords } from "../studio";
import { Popover } from "./Popover";
import { WORDS } from "./words";

export function Help() {
  const words = useWords(WORDS);
  return (
    <Popover label={words.help} sign="?">
      {() => (
        <div className="help">
          {words.helpParts.map(({ title, keys }) => (
            <section key={title}>
              <h2>{title}</h2>
              <dl>
                {keys.map(([key, what]) => (
                  <div key={key}>
                    <dt>{key}</dt>
                    <dd>{what}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
      )}
    </Popover>
  );
}
