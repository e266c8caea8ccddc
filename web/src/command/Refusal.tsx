/** Why nothing was performed: what was not understood, or what hinders the microphone. */

import type { Problem } from "../api/http";
import type { Hindrance } from "../microphone/recorder";
import { WORDS as SPEECH } from "../microphone/words";
import { useWords } from "../studio";
import { useTold } from "../told/useTold";
import { Complaint } from "../ui/Complaint";
import type { Reading } from "./marks";
import { WORDS } from "./words";

interface Props {
  trouble: Problem | undefined;
  spoken: boolean;
  hindered: Hindrance | undefined;
  reading: Reading | undefined;
}

export function Refusal({ trouble, spoken, hindered, reading }: Props) {
  const words = useWords(WORDS);
  const speech = useWords(SPEECH);
  const told = useTold();
  const own = hindered ? speech.hindered[hindered] : trouble && inOwnWords();
  if (!own) return <Complaint problem={trouble} />;
  return (
    <p className="problem" role="alert">
      {own}
    </p>
  );

  /** What the page can say better than the service, which does not know what it looks like here. */
  function inOwnWords(): string {
    if (spoken && trouble?.status === 503) return `${speech.noSpeech} ${told(trouble.message)}`;
    if (spoken && trouble?.status === 422 && !trouble.heard) return speech.nothingHeard;
    const strange = reading?.draft.refused ? reading.doubts : [];
    const said = strange.map(({ start, end }) => `“${reading?.text.slice(start, end) ?? ""}”`);
    return trouble?.status === 404 && said.length > 0 ? words.notUnderstood(said.join(", ")) : "";
  }
}
