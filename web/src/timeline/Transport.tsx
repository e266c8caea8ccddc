/** Play, frame by frame, again and again, slower or faster; undo. */

import { useSyncExternalStore } from "react";
import { clock, redo, undo, useStudio, useWords } from "../studio";
import { WORDS } from "./words";

const SPEEDS = [0.25, 0.5, 1, 1.5, 2];

const useClock = <T,>(read: () => T): T => useSyncExternalStore(clock.subscribe, read);

export function Transport({ fps }: { fps: number }) {
  const words = useWords(WORDS);
  const playing = useClock(() => clock.playing);
  const loop = useClock(() => clock.loop);
  const speed = useClock(() => clock.speed);
  const past = useStudio((studio) => studio.past.length);
  const future = useStudio((studio) => studio.future.length);
  return (
    <>
      <button
        type="button"
        className="play"
        onClick={(event) => {
          if (event.detail > 0) event.currentTarget.blur(); // clicked: the space bar is free to pause
          clock.toggle();
        }}
      >
        {playing ? words.pause : words.play}
      </button>
      <Plain
        label={words.back}
        sign="◂"
        act={() => {
          clock.step(-1 / fps);
        }}
      />
      <Plain
        label={words.forth}
        sign="▸"
        act={() => {
          clock.step(1 / fps);
        }}
      />
      <Now />
      <label className="row">
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
      <Plain label={words.undo} sign="↶" act={() => void undo()} off={past === 0} />
      <Plain label={words.redo} sign="↷" act={() => void redo()} off={future === 0} />
    </>
  );
}

function Plain({ label, sign, act, off }: { label: string; sign: string; act: () => void; off?: boolean }) {
  return (
    <button type="button" className="plain" aria-label={label} title={label} disabled={off} onClick={act}>
      {sign}
    </button>
  );
}

function Now() {
  const time = useClock(() => clock.time);
  const duration = useClock(() => clock.duration);
  return <span className="clock">{`${time.toFixed(1)} / ${duration.toFixed(1)} s`}</span>;
}
