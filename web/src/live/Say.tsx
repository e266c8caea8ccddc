/** The field for commands to the live character, and how they were understood. */

import { useRef, useState } from "react";
import { Problem, problemOf } from "../api/http";
import { Microphone, type Hearing } from "../microphone/Microphone";
import type { Hindrance } from "../microphone/recorder";
import { WORDS as SPEECH } from "../microphone/words";
import { useStudio, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { filled } from "../ui/filled";
import type { Did, When } from "./messages";
import { buffer, performLive, say, talk, useSession } from "./session";
import { WORDS, type Words } from "./words";

const WHENS: When[] = ["now", "next", "end"];

/** A change of what is in the field, unless something else has been typed meanwhile. */
const instead = (before: string, next: string) => (now: string) => (now === before ? next : now);

export function Say() {
  const words = useWords(WORDS);
  const speech = useWords(SPEECH);
  const role = useSession((session) => session.room?.role);
  const [text, setText] = useState("");
  const [when, setWhen] = useState<When>("now");
  const [took, setTook] = useState<Did>();
  const [problem, setProblem] = useState<Problem>();
  const [hearing, setHearing] = useState<Hearing>("idle");
  const [listening, setListening] = useState(false); // the service does, to what was said
  const [hindered, setHindered] = useState<Hindrance>();
  const pending = useRef(new Set<string>()); // commands without an answer yet
  const host = role === "host";

  const tell = async (asking: Promise<Did | undefined>) => {
    setTook(undefined);
    setHindered(undefined);
    try {
      setTook(await asking);
      setProblem(undefined);
      return true;
    } catch (error) {
      const found = problemOf(error);
      setProblem(found.kind === "offline" ? new Problem("said", words.notSent) : found);
      return false;
    }
  };
  const command = async (what: string) => {
    const said = what.trim();
    if (pending.current.has(said)) return; // Enter was pressed twice
    setText(what);
    if (!said) return;
    pending.current.add(said);
    const done = await tell(say({ type: "command", text: said, ...(host ? { when } : {}) }));
    pending.current.delete(said);
    if (done) setText(instead(what, ""));
  };
  const speak = async (sound: Blob) => {
    let shown = text;
    const heard = (said: string) => {
      setText(instead(shown, said));
      shown = said;
    };
    setListening(true);
    const done = await tell(talk(sound, host ? when : undefined, heard));
    setListening(false);
    if (done) setText(instead(shown, ""));
  };
  const mend = (action: string) => {
    const known = problem?.phrase && text.includes(problem.phrase);
    void command(known ? text.replace(problem.phrase, action) : action);
  };

  if (role === "viewer") return <p className="soft">{words.roleHints.viewer}</p>;
  return (
    <form
      className="say"
      onSubmit={(event) => {
        event.preventDefault();
        void command(text);
      }}
    >
      <div className="line">
        <input
          aria-label={words.say}
          placeholder={words.sayHint}
          value={text}
          maxLength={2000}
          autoComplete="off"
          enterKeyHint="send"
          aria-invalid={problem !== undefined}
          onChange={(event) => {
            setText(event.target.value);
          }}
        />
        <Microphone
          label={words.aloud}
          hearing={hearing}
          busy={listening}
          onHearing={setHearing}
          onSound={(sound) => void speak(sound)}
          onHindered={setHindered}
        />
        <button type="submit">{words.send}</button>
      </div>
      {host ? (
        <div className="line">
          <select
            aria-label={words.when}
            value={when}
            onChange={(event) => {
              setWhen(event.target.value as When);
            }}
          >
            {WHENS.map((one) => (
              <option key={one} value={one}>
                {words.whens[one]}
              </option>
            ))}
          </select>
          <Composed perform={(asked) => void tell(performLive(asked, when))} />
        </div>
      ) : (
        <div className="chips">
          {words.examples.map((example) => (
            <button key={example} type="button" className="chip" onClick={() => void command(example)}>
              {example}
            </button>
          ))}
        </div>
      )}
      <p className="soft took" role="status">
        {hearing !== "idle" ? speech[hearing] : listening && speech.hearing}
        {hearing === "idle" && took && <Took did={took} words={words} />}
      </p>
      <Complaint problem={hindered ? new Problem("said", speech.hindered[hindered]) : problem} />
      {problem && problem.nearest.length > 0 && (
        <div className="chips">
          {words.nearest}
          {problem.nearest.map((name) => (
            <button
              key={name}
              type="button"
              className="chip"
              onClick={() => {
                mend(name.replaceAll("_", " "));
              }}
            >
              {name.replaceAll("_", " ")}
            </button>
          ))}
        </div>
      )}
    </form>
  );
}

function Took({ did, words }: { did: Did; words: Words }) {
  const fps = useSession((session) => session.room?.fps ?? 60);
  const { plan = "", frame, option } = did;
  if (option !== undefined) return filled(words.tookVote, { plan: optionPlan(did) });
  const seconds = frame === undefined ? 0 : Math.round((frame - (buffer.newest ?? frame)) / fps);
  return filled(seconds > 1 ? words.tookSoon : words.took, { plan, n: seconds });
}

const optionPlan = ({ option, options }: Did): string =>
  options?.find((one) => one.option === option)?.plan ?? "";

/** What was composed in the studio goes live. */
function Composed({ perform }: { perform: (asked: ReturnType<typeof useStudio.getState>["asked"]) => void }) {
  const words = useWords(WORDS);
  const asked = useStudio((studio) => studio.asked);
  const plan = useStudio((studio) => studio.shown?.motion.plan);
  const what = asked.tracks ? plan : asked.text;
  return (
    <button
      type="button"
      className="plain composed"
      disabled={!plan}
      title={plan ? what : words.nothing}
      onClick={() => {
        perform(asked);
      }}
    >
      {words.perform}: {what}
    </button>
  );
}
