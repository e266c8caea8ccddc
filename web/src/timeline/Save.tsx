/** Keeps what is shown under a name, which is a command from then on. */

import { useState } from "react";
import { problemOf, type Problem } from "../api/http";
import { save, type Sequence } from "../api/motion";
import { perform, useStudio, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { WORDS } from "./words";

export function Save() {
  const words = useWords(WORDS);
  const asked = useStudio((studio) => studio.asked);
  const [name, setName] = useState("");
  const [done, setDone] = useState<Sequence>();
  const [problem, setProblem] = useState<Problem>();
  const keep = async () => {
    setDone(undefined);
    try {
      setDone(await save(name.trim(), asked.tracks ? { tracks: asked.tracks } : { text: asked.text }));
      setProblem(undefined);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim()) void keep();
      }}
    >
      <span role="status">
        {done && (
          <>
            {words.saved}{" "}
            <button type="button" className="chip" onClick={() => void perform(done.say)}>
              {done.say}
            </button>
          </>
        )}
      </span>
      <Complaint problem={problem} />
      <input
        aria-label={words.name}
        placeholder={words.name}
        value={name}
        maxLength={60}
        size={16}
        onChange={(event) => {
          setName(event.target.value);
        }}
      />
      <button type="submit" className="plain" disabled={!name.trim()}>
        {words.save}
      </button>
    </form>
  );
}
