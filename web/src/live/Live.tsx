/** A room with a live character, as its host sees it. */

import { useWords } from "../studio";
import { Direct } from "./Direct";
import { Log } from "./Log";
import { OnStage, Status } from "./Status";
import { Open } from "./Open";
import { Say } from "./Say";
import { useSession } from "./session";
import { Share } from "./Share";
import { Show } from "./Show";
import { State } from "./State";
import "./live.css";
import { WORDS } from "./words";

export function Live() {
  const words = useWords(WORDS);
  const inside = useSession((session) => session.door !== undefined && session.link?.at !== "ended");
  const known = useSession((session) => session.room !== undefined);
  if (!inside) return <Open />;
  return (
    <div className="live">
      <Status />
      <State />
      {known && (
        <>
          <OnStage />
          <section aria-label={words.say}>
            <Say />
          </section>
          <Show />
          <Share />
          <Direct />
          <Log />
        </>
      )}
    </div>
  );
}
