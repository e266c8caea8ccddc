/** A problem in words, where it happened. */

import type { Problem } from "../api/http";
import { useWords } from "../studio";
import { useTold } from "../told/useTold";
import { WORDS, type Words } from "../words";

function inWords({ kind, message }: Problem, words: Words): string {
  return kind === "refused" ? `${words.refused} ${message}` : kind === "said" ? message : words[kind];
}

export function Complaint({ problem }: { problem: Problem | undefined }) {
  const words = useWords(WORDS);
  const told = useTold();
  return (
    <p className="problem" role="alert" hidden={!problem}>
      {problem && told(inWords(problem, words))}
    </p>
  );
}
