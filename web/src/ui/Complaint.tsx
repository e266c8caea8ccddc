/** A problem in words, where it happened. */

import type { Problem } from "../api/http";
import { useWords } from "../studio";
import { WORDS, type Words } from "../words";

export function inWords({ kind, message }: Problem, words: Words): string {
  if (kind === "said") return message;
  return kind === "refused" ? `${words.refused} ${message}` : words[kind];
}

export function Complaint({ problem }: { problem: Problem | undefined }) {
  const words = useWords(WORDS);
  return (
    <p className="problem" role="alert" hidden={!problem}>
      {problem && inWords(problem, words)}
    </p>
  );
}
