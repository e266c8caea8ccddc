/** Hold to speak: by pointer, by Space or Enter; or press once, and once more when done. */

import { useEffect, useEffectEvent, useRef, type KeyboardEvent } from "react";
import { useWords } from "../studio";
import { Hindered, record, type Hindrance, type Recording } from "./recorder";
import "./microphone.css";
import { WORDS } from "./words";

const HELD = 500; // ms; who lets go sooner has pressed, not held
const LONGEST = 50; // s; the service listens to a minute

export type Hearing = "idle" | "asking" | "held" | "open"; // open: until it is pressed again

interface Props {
  label?: string; // where there are several
  hearing: Hearing;
  busy: boolean;
  onHearing: (hearing: Hearing) => void;
  onSound: (sound: Blob) => void;
  onHindered: (why: Hindrance | undefined) => void;
}

export function Microphone({ label, hearing, busy, onHearing, onSound, onHindered }: Props) {
  const words = useWords(WORDS);
  const button = useRef<HTMLButtonElement>(null);
  const speech = useSpeech({ hearing, busy, onHearing, onSound, onHindered }, (level) => {
    button.current?.style.setProperty("--level", level.toFixed(2));
  });
  const onKey = (event: KeyboardEvent, down: boolean) => {
    if (event.key === "Escape" && down && hearing !== "idle") {
      speech.discard();
      event.preventDefault();
      return;
    }
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault(); // no click, no pause of the motion
    if (event.repeat) return;
    if (down) speech.press();
    else speech.release();
  };
  return (
    <button
      ref={button}
      type="button"
      className={`mic ${hearing}`}
      aria-label={label ?? words.speak}
      aria-pressed={hearing === "held" || hearing === "open"}
      title={words.speakTitle}
      aria-disabled={busy}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.focus(); // Safari would not, and Escape went elsewhere
        event.currentTarget.setPointerCapture(event.pointerId);
        speech.press();
      }}
      onPointerUp={speech.release}
      onPointerCancel={speech.release}
      onContextMenu={(event) => {
        event.preventDefault(); // a long touch is no wish for a menu
      }}
      onKeyDown={(event) => {
        onKey(event, true);
      }}
      onKeyUp={(event) => {
        onKey(event, false);
      }}
    >
      <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
        <rect x="9" y="2.5" width="6" height="11.5" rx="3" fill="currentColor" />
        <path
          d="M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21M8.5 21h7"
          fill="none"
          stroke="currentColor"
          strokeWidth="2"
          strokeLinecap="round"
        />
      </svg>
    </button>
  );
}

/** One recording at a time, from the first press to its end. */
function useSpeech(
  { hearing, busy, onHearing, onSound, onHindered }: Props,
  onLevel: (level: number) => void,
) {
  const recording = useRef<Recording>(undefined);
  const pressed = useRef(0);
  const attempt = useRef(0); // changes with each start and throwing away: the browser may ask for permission meanwhile
  const hold = useRef(false);
  const finish = () => {
    const ending = recording.current;
    recording.current = undefined;
    if (!ending) return;
    onHearing("idle");
    ending.stop().then(onSound, (error: unknown) => {
      onHindered(error instanceof Hindered ? error.why : "busy");
    });
  };
  const start = async () => {
    const mine = ++attempt.current;
    hold.current = true;
    onHindered(undefined);
    onHearing("asking");
    try {
      const begun = await record(onLevel);
      if (mine !== attempt.current) {
        begun.discard();
        return;
      }
      recording.current = begun;
      onHearing(hold.current ? "held" : "open");
    } catch (error) {
      if (mine !== attempt.current) return;
      onHearing("idle");
      onHindered(error instanceof Hindered ? error.why : "busy");
    }
  };
  const discard = () => {
    attempt.current++;
    recording.current?.discard();
    recording.current = undefined;
    onHearing("idle");
  };
  const gone = useEffectEvent(discard);
  useEffect(
    () => () => {
      gone(); // nobody could end it any more
    },
    [],
  );
  useEffect(() => {
    if (hearing !== "held" && hearing !== "open") return;
    const timer = setTimeout(finish, LONGEST * 1000);
    return () => {
      clearTimeout(timer);
    };
  });
  return {
    discard,
    press() {
      if (recording.current) finish();
      else if (hearing === "idle" && !busy) {
        pressed.current = performance.now();
        void start();
      }
    },
    release() {
      if (!hold.current) return;
      hold.current = false;
      if (hearing === "held" && performance.now() - pressed.current >= HELD) finish();
      else if (hearing === "held") onHearing("open");
    },
  };
}
