/** What happened in the room, the latest first. */

import { useStudio, useWords } from "../studio";
import { useTold } from "../told/useTold";
import { filled } from "../ui/filled";
import type { Line } from "./room";
import { useSession } from "./session";
import { nameOf } from "./Show";
import { WORDS, type Words } from "./words";

export function Log() {
  const words = useWords(WORDS);
  const told = useTold();
  const log = useSession((session) => session.room?.log ?? NOTHING);
  const language = useStudio((studio) => studio.language);
  const clock = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
  return (
    <details>
      <summary>{words.log}</summary>
      {log.length === 0 && <p className="soft">{words.logEmpty}</p>}
      <ol className="log">
        {log.map((line) => (
          <li key={line.key}>
            <time className="soft">{clock.format(line.time)}</time> {inWords(line, words, told)}
          </li>
        ))}
      </ol>
    </details>
  );
}

const NOTHING: Line[] = [];

function inWords({ said }: Line, words: Words, told: (message: string) => string): string {
  switch (said.type) {
    case "welcome":
      return filled(words.lines.welcome, { role: words.roles[said.role] });
    case "cue":
      return filled(words.lines.cue, { name: nameOf(said.sender, words), text: said.text });
    case "policy":
      return filled(words.lines.policy, { policy: words.policies[said.policy] });
    case "speed":
      return filled(words.lines.speed, { n: said.factor });
    case "problem":
      return filled(words.lines.problem, { detail: told(said.detail) });
    case "stopped":
    case "recentred":
      return words.lines[said.type];
    case "playing":
    case "votes":
    case "viewers":
      return ""; // these are shown where they belong, and not kept
  }
}
