/** Where one says what the character shall do, and sees how that is understood while typing. */

import { useRef, useState } from "react";
import { flushSync } from "react-dom";
import type { Suggestion } from "../api/motion";
import { Microphone, type Hearing } from "../microphone/Microphone";
import type { Hindrance } from "../microphone/recorder";
import { WORDS as SPEECH } from "../microphone/words";
import { perform, performSpoken, useStudio, useWords } from "../studio";
import "./command.css";
import { useReading } from "./draft";
import { Editor } from "./Editor";
import { Helpers } from "./Helpers";
import { mended, type Reading } from "./marks";
import { Plan } from "./Plan";
import { Suggestions } from "./Suggestions";
import { Refusal } from "./Refusal";
import { WORDS } from "./words";

export function CommandBar() {
  const words = useWords(WORDS);
  const text = useStudio((studio) => studio.text);
  const working = useStudio((studio) => studio.working);
  const trouble = useStudio((studio) =>
    studio.problem?.at === "command" ? studio.problem.problem : undefined,
  );
  const [composing, setComposing] = useState(false);
  const [left, setLeft] = useState<string>(); // for this text no suggestions are wanted
  const [hearing, setHearing] = useState<Hearing>("idle");
  const [spoken, setSpoken] = useState(false); // what was asked for last
  const [hindered, setHindered] = useState<Hindrance>();
  const field = useRef<HTMLTextAreaElement>(null);
  const row = useRef<HTMLDivElement>(null);
  const reading = useReading(text, composing);
  const suggesting = reading && reading.doubts.length > 0 && left !== text && !working && hearing === "idle";

  const type = (typed: string) => {
    useStudio.setState(trouble ? { text: typed, problem: undefined } : { text: typed });
    setHindered(undefined);
  };
  const say = (command: string) => {
    type(command);
    setSpoken(false);
    void perform(command);
  };
  const take = (suggestion: Suggestion, { text: before, doubts }: Reading) => {
    if (before !== text) return; // typed on since
    const better = mended(text, suggestion);
    flushSync(() => {
      (trouble && doubts.length === 1 ? say : type)(better);
    });
    const behind = suggestion.start + suggestion.text.length;
    field.current?.focus();
    field.current?.setSelectionRange(behind, behind);
  };
  return (
    <form
      className="command"
      aria-busy={working}
      onSubmit={(event) => {
        event.preventDefault();
        say(text.trim() || words.first);
      }}
    >
      <div className="bar">
        <Editor
          field={field}
          text={text}
          reading={reading}
          refused={trouble !== undefined}
          onText={type}
          onComposing={setComposing}
          onSubmit={() => {
            say(text.trim() || words.first);
          }}
          onDown={() => {
            const first = row.current?.querySelector<HTMLElement>(".suggestions button");
            first?.focus();
            return first != null;
          }}
          onEscape={() => {
            setLeft(text);
          }}
        />
        <div className="reading" id="reading" ref={row}>
          <Understood state={{ hearing, working, spoken, reading }} />
          {suggesting && (
            <Suggestions
              reading={reading}
              onTake={(suggestion) => {
                take(suggestion, reading);
              }}
              onLeave={() => field.current?.focus()}
            />
          )}
        </div>
        <Microphone
          hearing={hearing}
          busy={working}
          onHearing={setHearing}
          onSound={(sound) => {
            setSpoken(true);
            void performSpoken(sound);
          }}
          onHindered={setHindered}
        />
        <button type="submit">{words.go}</button>
      </div>
      <Refusal trouble={trouble} spoken={spoken} hindered={hindered} reading={reading} />
      <div className="chips">
        {words.examples.map((example) => (
          <button
            key={example}
            type="button"
            className="chip"
            onClick={(event) => {
              if (event.detail > 0) event.currentTarget.blur(); // clicked, not chosen by key: the space bar is free to pause
              say(example);
            }}
          >
            {example}
          </button>
        ))}
        <Helpers say={say} />
      </div>
    </form>
  );
}

interface State {
  hearing: Hearing;
  working: boolean;
  spoken: boolean;
  reading: Reading | undefined;
}

/** What the page is about, or what it has understood. */
function Understood({ state: { hearing, working, spoken, reading } }: { state: State }) {
  const words = useWords(WORDS);
  const speech = useWords(SPEECH);
  const text = useStudio((studio) => studio.text);
  const doing =
    hearing !== "idle" ? speech[hearing] : working ? (spoken ? speech.hearing : words.working) : "";
  return (
    <>
      <span className="soft" role="status">
        {doing}
      </span>
      {!doing &&
        (reading ? (
          <Plan draft={reading.draft} />
        ) : (
          text === "" && <span className="soft">{words.hint}</span>
        ))}
    </>
  );
}
