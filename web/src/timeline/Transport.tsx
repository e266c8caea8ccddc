/** Play, frame by frame, again and again, slower or faster; undo; nearer and further. */

import { useRef, useSyncExternalStore, type ReactNode } from "react";
import { clock, redo, undo, useStudio, useWords } from "../studio";
import { setZoom, useClockPaint, useView } from "./view";
import { WORDS } from "./words";

const SPEEDS = [0.25, 0.5, 1, 1.5, 2];
const NEARER = 1.5;

const useClock = <T,>(read: () => T): T => useSyncExternalStore(clock.subscribe, read);

export function Transport({ fps }: { fps: number }) {
  const words = useWords(WORDS);
  const playing = useClock(() => clock.playing);
  const loop = useClock(() => clock.loop);
  const speed = useClock(() => clock.speed);
  return (
    <>
      <button
        type="button"
        className="play"
        onClick={() => {
          clock.toggle();
        }}
      >
        {playing ? words.pause : words.play}
      </button>
      <Sign
        label={words.back}
        act={() => {
          clock.step(-1 / fps);
        }}
      >
        ◂
      </Sign>
      <Sign
        label={words.forth}
        act={() => {
          clock.step(1 / fps);
        }}
      >
        ▸
      </Sign>
      <Now />
      <label className="loop">
        <input
          type="checkbox"
          checked={loop}
          onChange={(event) => {
            clock.setLoop(event.target.checked);
          }}
        />
        {words.loop}
      </label>
      <select
        aria-label={words.speed}
        title={words.speed}
        value={speed}
        onChange={(event) => {
          clock.setSpeed(Number(event.target.value));
        }}
      >
        {SPEEDS.map((one) => (
          <option key={one} value={one}>
            {`${String(one)} ×`}
          </option>
        ))}
      </select>
    </>
  );
}

export function History() {
  const words = useWords(WORDS);
  const past = useStudio((studio) => studio.past.length);
  const future = useStudio((studio) => studio.future.length);
  return (
    <span className="pair">
      <Sign label={words.undo} act={() => void undo()} off={past === 0}>
        ↶
      </Sign>
      <Sign label={words.redo} act={() => void redo()} off={future === 0}>
        ↷
      </Sign>
    </span>
  );
}

export function Zoom() {
  const words = useWords(WORDS);
  const zoom = useView((view) => view.zoom);
  return (
    <span className="pair">
      <Sign
        label={words.further}
        act={() => {
          setZoom(zoom / NEARER);
        }}
        off={zoom <= 1}
      >
        −
      </Sign>
      <Sign
        label={words.nearer}
        act={() => {
          setZoom(zoom * NEARER);
        }}
      >
        +
      </Sign>
    </span>
  );
}

interface SignProps {
  label: string;
  act: () => void;
  off?: boolean;
  children: ReactNode;
}

function Sign({ label, act, off, children }: SignProps) {
  return (
    <button type="button" className="plain" aria-label={label} title={label} disabled={off} onClick={act}>
      {children}
    </button>
  );
}

function Now() {
  const place = useRef<HTMLSpanElement>(null);
  useClockPaint(() => {
    const text = `${clock.time.toFixed(1)} / ${clock.duration.toFixed(1)} s`;
    if (place.current && place.current.textContent !== text) place.current.textContent = text;
  });
  return <span className="clock" ref={place} />;
}
