/** Where one says what the character shall do, and is told how that was understood. */

import { perform, useStudio, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import "./command.css";
import { WORDS } from "./words";

export function CommandBar() {
  const words = useWords(WORDS);
  const text = useStudio((studio) => studio.text);
  const working = useStudio((studio) => studio.working);
  const trouble = useStudio((studio) =>
    studio.problem?.at === "command" ? studio.problem.problem : undefined,
  );
  const say = (command: string) => {
    useStudio.setState({ text: command });
    void perform(command);
  };
  return (
    <form
      aria-busy={working}
      onSubmit={(event) => {
        event.preventDefault();
        say(text.trim() || words.first);
      }}
    >
      <div className="bar">
        <input
          id="command"
          aria-label={words.ask}
          placeholder={words.ask}
          value={text}
          maxLength={20000}
          autoComplete="off"
          aria-invalid={trouble !== undefined}
          aria-describedby="reply"
          onChange={(event) => {
            useStudio.setState({ text: event.target.value });
          }}
        />
        <button type="submit">{words.go}</button>
      </div>
      <div className="chips">
        {words.examples.map((example) => (
          <Chip key={example} text={example} say={say} />
        ))}
      </div>
      <div id="reply" className="chips soft" role="status">
        {working ? words.working : <Reply say={say} />}
      </div>
      <Complaint problem={trouble} />
    </form>
  );
}

/** What was understood; or what may have been meant by the words that were not. */
function Reply({ say }: { say: (text: string) => void }) {
  const words = useWords(WORDS);
  const text = useStudio((studio) => studio.text);
  const shown = useStudio((studio) => studio.shown);
  const trouble = useStudio((studio) => studio.problem);
  if (trouble) {
    const { phrase, nearest } = trouble.problem;
    if (nearest.length === 0) return null;
    const mend = (action: string) => {
      say(phrase && text.includes(phrase) ? text.replace(phrase, action) : action);
    };
    return (
      <>
        {words.nearest}
        {nearest.map((name) => (
          <Chip key={name} text={name.replaceAll("_", " ")} say={mend} />
        ))}
      </>
    );
  }
  if (!shown) return null;
  const { plan, ignored } = shown.motion;
  const besides = ignored.length > 0 ? ` (${words.ignored}: ${ignored.join("; ")})` : "";
  return `${words.understood}: ${plan}${besides}`;
}

function Chip({ text, say }: { text: string; say: (text: string) => void }) {
  return (
    <button
      type="button"
      className="chip"
      onClick={(event) => {
        if (event.detail > 0) event.currentTarget.blur(); // clicked, not chosen by key: the space bar is free to pause
        say(text);
      }}
    >
      {text}
    </button>
  );
}
