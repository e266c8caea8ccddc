/** What may be meant by words that are not understood; arrow keys move among them, Escape goes back to the text. */

import type { KeyboardEvent } from "react";
import type { Suggestion } from "../api/motion";
import { useWords } from "../studio";
import type { Reading } from "./marks";
import { WORDS } from "./words";

const MOST = 3; // stretches at a time

interface Props {
  reading: Reading;
  onTake: (suggestion: Suggestion) => void;
  onLeave: () => void;
}

export function Suggestions({ reading, onTake, onLeave }: Props) {
  const words = useWords(WORDS);
  const doubts = reading.doubts.slice(0, MOST);
  if (doubts.length === 0) return null;
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const buttons = [...event.currentTarget.querySelectorAll("button")];
    const at = buttons.findIndex((button) => button === document.activeElement);
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" || (event.key === "ArrowUp" && at === 0)) onLeave();
    else if (by) buttons.at((at + by) % buttons.length)?.focus();
    else return;
    event.preventDefault();
  };
  return (
    <div className="suggestions" role="group" aria-label={words.suggestions} onKeyDown={onKeyDown}>
      {doubts.map((doubt) => {
        const said = reading.text.slice(doubt.start, doubt.end);
        const mark = reading.marks.find(({ start }) => start === doubt.start)?.style ?? "unknown";
        const better = doubt.suggestions.some(({ text }) => text);
        return (
          <span key={doubt.start} className="row">
            <span className="soft">
              {mark === "unfinished" ? words.finish : better ? words.instead : words.nothingNear}{" "}
              <span className={`mark ${mark}`}>{said}</span>
            </span>
            {doubt.suggestions.map((suggestion) => (
              <button
                key={suggestion.text}
                type="button"
                className="chip"
                onClick={() => {
                  onTake(suggestion);
                }}
              >
                {isLeavingOut(suggestion, said) ? words.leaveOut : suggestion.text}
              </button>
            ))}
          </span>
        );
      })}
    </div>
  );
}

/** Whether it only takes words away. */
function isLeavingOut({ start, end, text }: Suggestion, said: string): boolean {
  return text === "" || (end - start > said.length && text.length < end - start - said.length);
}
