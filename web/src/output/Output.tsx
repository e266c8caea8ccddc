/** What is shown, to take along: as a file of the motion, or as a film of it. */

import { useEffect, useRef, useState } from "react";
import { kept, useWords } from "../studio";
import { filled } from "../ui/filled";
import { Film } from "./Film";
import { Films } from "./Films";
import { Files } from "./Files";
import "./output.css";
import { begin, end, isFinished, useFilms } from "./renders";
import { WORDS } from "./words";

const PARTS = ["files", "film", "films"] as const;
export type Part = (typeof PARTS)[number];

export function Output() {
  const words = useWords(WORDS);
  const [part, setPart] = useState<Part>(() => kept.read<Part>("output", "files"));
  const working = useFilms(({ films }) => films?.filter((film) => !isFinished(film)).length ?? 0);
  useEffect(() => {
    void begin();
    return end;
  }, []);
  const nav = useRef<HTMLElement>(null);
  const began = useRef(part);
  useEffect(() => {
    if (began.current === part) return;
    began.current = part;
    nav.current?.scrollIntoView({ block: "nearest" });
    focusIn(nav.current); // whoever pressed a button that is gone now
  }, [part]);
  const go = (to: Part) => {
    kept.write("output", to);
    setPart(to);
  };
  return (
    <div className="output">
      <nav ref={nav} className="parts" aria-label={words.parts}>
        {PARTS.map((one) => (
          <button
            key={one}
            type="button"
            className="plain"
            aria-current={one === part ? "true" : undefined}
            onClick={() => {
              go(one);
            }}
          >
            {words.part[one]}
            {one === "films" && working > 0 && (
              <span className="badge" aria-label={filled(words.inWork, { count: working })}>
                {working}
              </span>
            )}
          </button>
        ))}
      </nav>
      {part === "files" && <Files />}
      {part === "film" && <Film go={go} />}
      {part === "films" && <Films go={go} />}
    </div>
  );
}

/** Puts the focus on the part that is shown, if it has been lost with what had it. */
function focusIn(nav: HTMLElement | null): void {
  if (document.activeElement === document.body) nav?.querySelector<HTMLElement>("[aria-current]")?.focus();
}
