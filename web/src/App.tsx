import { lazy, Suspense, useCallback, useEffect, useRef, useState, type FormEvent } from "react";
import { frames, Problem, send, skeleton, type Joint, type Motion } from "./api";
import { Clock } from "./clock";
import type { Frames } from "./figure";
import { Player } from "./player";
import { WORDS, type Language, type Words } from "./words";

// The page is there before the 3D library is.
const Stage = lazy(() => import("./stage").then((module) => ({ default: module.Stage })));

const CAN_DRAW = document.createElement("canvas").getContext("webgl2") !== null;
const CALM = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

interface Performance {
  motion: Motion;
  frames: Frames;
}

export function App() {
  const [language, setLanguage] = useState<Language>(navigator.language.startsWith("zh") ? "zh" : "en");
  const [text, setText] = useState("");
  const [joints, setJoints] = useState<Joint[]>();
  const [shown, setShown] = useState<Performance>();
  const [problem, setProblem] = useState<Problem>();
  const [working, setWorking] = useState(false);
  const [clock] = useState(() => new Clock());
  const asked = useRef(""); // the latest command
  const count = useRef(0); // of commands: an answer that a later command has overtaken is dropped
  const words = WORDS[language];

  const perform = useCallback(
    async (command: string, playing = true) => {
      const number = ++count.current;
      const latest = () => number === count.current;
      asked.current = command;
      setWorking(true);
      try {
        setJoints(await skeletonOnce());
        const motion = await send(command);
        const data = await frames(motion.id);
        if (!latest()) return;
        clock.start(motion.timeline.duration, playing);
        setShown({ motion, frames: { data, fps: motion.timeline.fps } });
        setProblem(undefined);
      } catch (error) {
        if (latest()) setProblem(error instanceof Problem ? error : new Problem("said", String(error)));
      } finally {
        if (latest()) setWorking(false);
      }
    },
    [clock],
  );

  const started = useRef(false);
  useEffect(() => {
    if (started.current) return;
    started.current = true;
    void perform(WORDS.en.first, !CALM);
  }, [perform]);

  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    document.title = words.title;
  }, [language, words]);

  const say = (command: string) => {
    setText(command);
    void perform(command);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    say(text.trim() || words.first);
  };
  /** The command with the words that were not understood replaced by an action. */
  const mend = (action: string) => {
    const name = action.replaceAll("_", " ");
    const phrase = problem?.phrase;
    say(phrase && asked.current.includes(phrase) ? asked.current.replace(phrase, name) : name);
  };

  return (
    <main>
      <header>
        <h1>{words.title}</h1>
        <button
          type="button"
          className="plain"
          lang={language === "en" ? "zh-CN" : "en"}
          onClick={() => {
            setLanguage(language === "en" ? "zh" : "en");
          }}
        >
          {words.other}
        </button>
      </header>
      <form onSubmit={submit} aria-busy={working}>
        <label htmlFor="command">{words.ask}</label>
        <div className="bar">
          <input
            id="command"
            value={text}
            placeholder={words.first}
            maxLength={20000}
            autoComplete="off"
            aria-describedby="reply"
            aria-invalid={problem !== undefined}
            onChange={(event) => {
              setText(event.target.value);
            }}
          />
          <button type="submit">{words.go}</button>
        </div>
        <div className="chips">
          {words.examples.map((example) => (
            <Chip key={example} text={example} say={say} />
          ))}
        </div>
        <div id="reply" role="status">
          {working ? (
            words.working
          ) : problem ? (
            <Complaint problem={problem} words={words} mend={mend} />
          ) : null}
          {!working &&
            !problem &&
            shown &&
            `${words.understood}: ${shown.motion.plan}${besides(shown.motion, words)}`}
        </div>
      </form>
      <div className="stage" role="img" aria-label={`${words.stage} ${shown?.motion.plan ?? ""}`}>
        {!CAN_DRAW && <p>{words.noWebgl}</p>}
        {CAN_DRAW && joints && (
          <Suspense>
            <Stage joints={joints} motion={shown?.frames} clock={clock} />
          </Suspense>
        )}
      </div>
      {shown && <Player motion={shown.motion} clock={clock} words={words} />}
    </main>
  );
}

/** What was said of which nothing is performed. */
function besides({ ignored }: Motion, words: Words): string {
  return ignored.length > 0 ? ` (${words.ignored}: ${ignored.join("; ")})` : "";
}

let loading: Promise<Joint[]> | undefined;

/** The skeleton, asked for until the service has answered once. */
function skeletonOnce(): Promise<Joint[]> {
  loading ??= skeleton().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

function Complaint({
  problem,
  words,
  mend,
}: {
  problem: Problem;
  words: Words;
  mend: (action: string) => void;
}) {
  const { kind, message, phrase, nearest } = problem;
  const text = { said: message, offline: words.offline, refused: `${words.refused} ${message}` }[kind];
  return (
    <>
      <span className="problem">{nearest.length > 0 ? `${words.unknown} “${phrase}”` : text}</span>
      {nearest.length > 0 && (
        <span className="chips">
          {words.nearest}
          {nearest.map((name) => (
            <Chip key={name} text={name.replaceAll("_", " ")} say={mend} />
          ))}
        </span>
      )}
    </>
  );
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
