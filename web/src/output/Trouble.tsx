/** The service keeps the latest motions only: one that it has forgotten is composed anew. */

import { Problem } from "../api/http";
import { perform, performTracks, useStudio, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { WORDS } from "./words";

/** What went wrong with the motion that is shown, and the way out if it is forgotten. */
export function Trouble({ problem, solved }: { problem: Problem | undefined; solved: () => void }) {
  const words = useWords(WORDS);
  const forgotten = problem?.status === 404;
  const anew = async () => {
    const { text, tracks } = useStudio.getState().asked;
    await (tracks ? performTracks(tracks) : perform(text, false, false));
    solved();
  };
  return (
    <>
      <Complaint problem={forgotten ? new Problem("said", words.forgotten) : problem} />
      {forgotten && (
        <button type="button" onClick={() => void anew()}>
          {words.anew}
        </button>
      )}
    </>
  );
}
