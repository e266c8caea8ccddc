import { useCallback, useEffect, useRef, useState, type FormEvent } from "react";
import { frames, Problem, send, skeleton, type Motion } from "./api";
import { Stage } from "./stage";
import { WORDS, type Language } from "./words";

const COLOURS = ["#3f6fb5", "#a8552f", "#2f7d5b", "#7a4f9a", "#8a6d1f"];

export function App() {
  const [language, setLanguage] = useState<Language>(navigator.language.startsWith("zh") ? "zh" : "en");
  const [text, setText] = useState("");
  const [motion, setMotion] = useState<Motion>();
  const [problem, setProblem] = useState<Problem>();
  const [playing, setPlaying] = useState(true);
  const [time, setTime] = useState(0);
  const canvas = useRef<HTMLCanvasElement>(null);
  const stage = useRef<Stage>(null);
  const clock = useRef({ time: 0, playing: true, fps: 30, duration: 0 });
  const words = WORDS[language];

  const perform = useCallback(async (command: string) => {
    try {
      const next = await send(command);
      stage.current?.play(await frames(next.id));
      clock.current = { time: 0, playing: true, fps: next.timeline.fps, duration: next.timeline.duration };
      setMotion(next);
      setPlaying(true);
      setProblem(undefined);
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(String(error)));
    }
  }, []);

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    let closed = false;
    let request = 0;
    let last = performance.now();
    const size = new ResizeObserver(() => stage.current?.resize(element.clientWidth, element.clientHeight));
    const draw = (now: number) => {
      const state = clock.current;
      if (state.playing && state.duration) {
        state.time = (state.time + (now - last) / 1000) % state.duration;
        setTime(state.time);
      }
      last = now;
      stage.current?.show(state.time * state.fps);
      request = requestAnimationFrame(draw);
    };
    skeleton()
      .then((joints) => {
        if (closed) return;
        stage.current = new Stage(element, joints);
        Object.assign(window, { stage: stage.current });
        size.observe(element);
        request = requestAnimationFrame(draw);
        return perform("wave then run");
      })
      .catch((error: unknown) => {
        setProblem(error instanceof Problem ? error : new Problem(String(error)));
      });
    return () => {
      closed = true;
      cancelAnimationFrame(request);
      size.disconnect();
      stage.current?.dispose();
      stage.current = null;
    };
  }, [perform]);

  const toggle = useCallback(() => {
    clock.current.playing = !clock.current.playing;
    setPlaying(clock.current.playing);
  }, []);

  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const busy = event.target instanceof HTMLElement && /INPUT|BUTTON|A/.test(event.target.tagName);
      if (event.key !== " " || busy) return;
      event.preventDefault();
      toggle();
    };
    window.addEventListener("keydown", key);
    return () => {
      window.removeEventListener("keydown", key);
    };
  }, [toggle]);

  const seek = (to: number) => {
    clock.current.time = to;
    setTime(to);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void perform(text || words.placeholder);
  };
  const say = (command: string) => {
    setText(command);
    void perform(command);
  };

  return (
    <main lang={language === "zh" ? "zh-CN" : "en"}>
      <header>
        <h1>Motion Engine</h1>
        <button
          type="button"
          className="plain"
          onClick={() => {
            setLanguage(language === "en" ? "zh" : "en");
          }}
        >
          {words.other}
        </button>
      </header>
      <form onSubmit={submit}>
        <label htmlFor="command">{words.ask}</label>
        <div className="bar">
          <input
            id="command"
            value={text}
            placeholder={words.placeholder}
            autoComplete="off"
            aria-describedby="reply"
            onChange={(event) => {
              setText(event.target.value);
            }}
          />
          <button type="submit">{words.go}</button>
        </div>
        <div className="examples">
          {words.examples.map((example) => (
            <Chip key={example} text={example} say={say} />
          ))}
        </div>
        <p id="reply" role="status" className={problem ? "problem" : undefined}>
          {problem ? problem.message : motion && `${words.understood}: ${motion.plan}`}
        </p>
        {problem && problem.nearest.length > 0 && (
          <div className="examples">
            {words.nearest}
            {problem.nearest.map((name) => (
              <Chip key={name} text={name.replaceAll("_", " ")} say={say} />
            ))}
          </div>
        )}
      </form>
      <canvas ref={canvas} role="img" aria-label={motion ? motion.plan : "Motion Engine"} />
      {motion && (
        <section className="player">
          <button type="button" onClick={toggle}>
            {playing ? words.pause : words.play}
          </button>
          <div className="tracks">
            <Blocks motion={motion} />
            <input
              type="range"
              aria-label={words.time}
              min={0}
              max={motion.timeline.duration}
              step={1 / motion.timeline.fps}
              value={time}
              onChange={(event) => {
                seek(Number(event.target.value));
              }}
            />
          </div>
          <span className="clock">
            {time.toFixed(1)} / {motion.timeline.duration.toFixed(1)} s
          </span>
          <nav aria-label={words.download}>
            {["bvh", "npz", "json"].map((suffix) => (
              <a key={suffix} href={`/v1/tracks/${motion.id}.${suffix}`} download>
                {suffix.toUpperCase()}
              </a>
            ))}
          </nav>
        </section>
      )}
    </main>
  );
}

function Chip({ text, say }: { text: string; say: (text: string) => void }) {
  return (
    <button
      type="button"
      className="chip"
      onClick={() => {
        say(text);
      }}
    >
      {text}
    </button>
  );
}

/** The timeline: a row for the body and one for each layer. */
function Blocks({ motion }: { motion: Motion }) {
  const layers = [...new Set(motion.timeline.segments.map((segment) => segment.layer))].sort();
  const names = [...new Set(motion.timeline.segments.map((segment) => segment.action))];
  const share = (seconds: number) => `${String((100 * seconds) / motion.timeline.duration)}%`;
  return layers.map((layer) => (
    <div key={layer} className="row">
      {motion.timeline.segments
        .filter((segment) => segment.layer === layer)
        .map((segment) => (
          <span
            key={segment.start}
            className="block"
            style={{
              left: share(segment.start),
              width: share(segment.end - segment.start),
              background: COLOURS[names.indexOf(segment.action) % COLOURS.length],
            }}
          >
            {segment.action.replaceAll("_", " ")}
          </span>
        ))}
    </div>
  ));
}
