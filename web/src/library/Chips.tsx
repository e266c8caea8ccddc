/** A list of words that can be added and taken away. */

import { useState } from "react";
import { useWords } from "../studio";
import { filled, WORDS } from "./words";

interface Props {
  label: string;
  lang?: string;
  value: string[];
  set: (value: string[]) => void;
}

export function Chips({ label, lang, value, set }: Props) {
  const words = useWords(WORDS);
  const [text, setText] = useState("");
  /** Several at once, with commas between them, are several. */
  const add = () => {
    const fresh = text.split(/[,，、;；]/).map((one) => one.trim());
    setText("");
    if (fresh.some(Boolean)) set([...new Set([...value, ...fresh.filter(Boolean)])]);
  };
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
        value={text}
        maxLength={200}
        onChange={(event) => {
          setText(event.target.value);
        }}
        onBlur={add} // what was typed is not lost by going on to Save
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.nativeEvent.isComposing) return; // an input method's own Enter is not ours
          event.preventDefault();
          add();
        }}
      />
    </fieldset>
  );
}
