/** Where one says what the character shall do. */

import { useState } from "react";
import { perform, useStudio, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { WORDS } from "./words";

export function CommandBar() {
  const words = useWords(WORDS);
  const [text, setText] = useState("");
  const problem = useStudio((studio) => studio.problem);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void perform(text || words.first);
      }}
    >
      <input
        id="command"
        aria-label={words.ask}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
        }}
      />
      <button type="submit">{words.go}</button>
      <Complaint problem={problem?.at === "command" ? problem.problem : undefined} />
    </form>
  );
}
