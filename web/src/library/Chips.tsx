/** A list of words that can be added and taken away. */

import { useWords } from "../studio";
import { filled } from "../ui/filled";
import { WORDS } from "./words";

interface Props {
  label: string;
  lang?: string;
  value: string[];
  typed: string; // not among them yet
  set: (value: string[]) => void;
  type: (text: string) => void;
}

/** The list with what was typed; several at once, with commas between them, are several. */
export function withTyped(value: string[], typed: string): string[] {
  const fresh = typed.split(/[,，、;；]/).map((one) => one.trim());
  return [...new Set([...value, ...fresh.filter(Boolean)])];
}

/** What is only typed stays so until Enter: a chip that came with the press on Save would move Save away. */
export function Chips({ label, lang, value, typed, set, type }: Props) {
  const words = useWords(WORDS);
  return (
    <fieldset>
      <legend>{label}</legend>
      <div className="chips" lang={lang}>
        {value.map((word) => (
          <button
            key={word}
            type="button"
            className="chip"
            aria-label={filled(words.take, { word })}
            onClick={() => {
              set(value.filter((one) => one !== word));
            }}
          >
            {word} <span aria-hidden="true">×</span>
          </button>
        ))}
      </div>
      <input
        type="text"
        aria-label={`${label}: ${words.another}`}
        placeholder={words.another}
        lang={lang}
        value={typed}
        maxLength={200}
        onChange={(event) => {
          type(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.nativeEvent.isComposing) return; // an input method's own Enter is not ours
          event.preventDefault();
          set(withTyped(value, typed));
          type("");
        }}
      />
    </fieldset>
  );
}
