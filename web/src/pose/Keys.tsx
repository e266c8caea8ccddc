/** The keys in time: to choose, to move, to play. */

import { useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { useWords } from "../studio";
import { choose, edit, play, redo, seek, stance, undo, useEditor, useKey } from "./editor";
import { addKey, EASES, FPS, moveKey, removeKey, withEase, type Key } from "./model";
import { Choice, named } from "../ui/Choice";
import { Amount } from "./Fields";
import { WORDS } from "./words";

const ROOM = 1.15; // of the motion's length that is shown, so that the last key can be drawn to the right
const SHORTEST = 2; // s that are shown at least
const FAST = 0.2; // s, of an arrow key with Shift
const CLICK = 3; // px, of which a pointer that was pressed may stray
const NEXT = 0.5; // s after the chosen key, where another one is put

export function Transport() {
  const words = useWords(WORDS);
  const playing = useEditor((editor) => editor.playing);
  const repeat = useEditor((editor) => editor.repeat);
  const past = useEditor((editor) => editor.past.length);
  const future = useEditor((editor) => editor.future.length);
  return (
    <div className="row">
      <button type="button" className="pose-play" onClick={() => void play()}>
        {playing ? words.stop : words.play}
      </button>
      <label>
        <input
          type="checkbox"
          checked={repeat}
          onChange={(event) => {
            useEditor.setState({ repeat: event.target.checked });
          }}
        />
        {words.repeat}
      </label>
      <Clock />
      <span className="pose-space" />
      <button
        type="button"
        className="plain"
        aria-label={words.undo}
        title={words.undo}
        disabled={!past}
        onClick={undo}
      >
        ↶
      </button>
      <button
        type="button"
        className="plain"
        aria-label={words.redo}
        title={words.redo}
        disabled={!future}
        onClick={redo}
      >
        ↷
      </button>
    </div>
  );
}

function Clock() {
  const time = useEditor((editor) => editor.time.toFixed(2));
  return <span className="soft pose-clock">{`${time} s`}</span>;
}

export function Keys() {
  const words = useWords(WORDS);
  const motion = useEditor((editor) => editor.motion);
  const chosen = useEditor((editor) => editor.chosen);
  const lane = useRef<HTMLDivElement>(null);
  const [held, setHeld] = useState<{ id: number; from: number; t: number; span: number; what: string }>();
  const span = Math.max((motion.keys.at(-1)?.t ?? 0) * ROOM, SHORTEST);
  const scale = held?.span ?? span; // which does not change under the hand that draws a key

  const grab = (event: PointerEvent<HTMLElement>, key: Key) => {
    if (event.button !== 0) return;
    choose(key.id);
    event.currentTarget.setPointerCapture(event.pointerId);
    setHeld({ id: key.id, from: event.clientX, t: key.t, span, what: `time ${String(event.timeStamp)}` });
  };
  const carry = (event: PointerEvent<HTMLElement>) => {
    const width = lane.current?.clientWidth;
    if (!held || !width || Math.abs(event.clientX - held.from) < CLICK) return;
    const by = ((event.clientX - held.from) / width) * held.span;
    edit(moveKey(motion, held.id, held.t + by), held.what, Infinity);
  };
  const drop = () => {
    setHeld(undefined);
  };
  const onKeyDown = (event: KeyboardEvent, key: Key) => {
    const step = (event.shiftKey ? FAST : 1 / FPS) * (event.key === "ArrowLeft" ? -1 : 1);
    if (event.key === "ArrowLeft" || event.key === "ArrowRight")
      edit(moveKey(motion, key.id, key.t + step), `time ${String(key.id)}`);
    else if (event.key === "Delete" || event.key === "Backspace") {
      edit(removeKey(motion, key.id, stance()));
      requestAnimationFrame(() => lane.current?.querySelector<HTMLElement>("[aria-pressed=true]")?.focus());
    } else return;
    event.preventDefault();
  };

  return (
    <div className="pose-keys" role="group" aria-label={words.keys}>
      <Scrub span={scale} />
      <div className="pose-lane" ref={lane}>
        {motion.keys.map((key, at) => (
          <button
            key={key.id}
            type="button"
            className="pose-key"
            style={{ left: `${String((100 * key.t) / scale)}%` }}
            aria-label={words.key.replace("{number}", String(at + 1)).replace("{time}", key.t.toFixed(2))}
            aria-description={words.keyHelp}
            aria-pressed={key.id === chosen}
            data-ease={key.ease}
            onFocus={() => {
              if (key.id !== chosen) choose(key.id);
            }}
            onClick={() => {
              choose(key.id);
            }}
            onPointerDown={(event) => {
              grab(event, key);
            }}
            onPointerMove={carry}
            onPointerUp={drop}
            onPointerCancel={drop}
            onKeyDown={(event) => {
              onKeyDown(event, key);
            }}
          />
        ))}
        <Playhead span={scale} />
      </div>
    </div>
  );
}

function Scrub({ span }: { span: number }) {
  const words = useWords(WORDS);
  const time = useEditor((editor) => Math.round(editor.time * FPS) / FPS);
  return (
    <input
      type="range"
      aria-label={words.time}
      aria-valuetext={`${time.toFixed(2)} s`}
      min={0}
      max={span}
      step="any"
      value={time}
      onChange={(event) => void seek(Number(event.target.value))}
    />
  );
}

function Playhead({ span }: { span: number }) {
  const time = useEditor((editor) => editor.time);
  return <span className="pose-playhead" style={{ left: `${String((100 * time) / span)}%` }} />;
}

/** What can be done with the chosen key. */
export function KeyTools() {
  const words = useWords(WORDS);
  const motion = useEditor((editor) => editor.motion);
  const key = useKey();
  const [full, setFull] = useState(false);
  if (!key) return null;
  const add = (t: number) => {
    const next = addKey(motion, t, key.pose);
    setFull(!next);
    if (!next) return;
    edit(next);
    const added = next.keys.find(({ id }) => !motion.keys.some((one) => one.id === id));
    if (added) choose(added.id);
  };
  return (
    <>
      <div className="row">
        <button
          type="button"
          className="plain"
          onClick={() => {
            add(between(motion.keys, key));
          }}
        >
          {words.add}
        </button>
        <button
          type="button"
          className="plain"
          disabled={motion.keys.length < 3}
          onClick={() => {
            edit(removeKey(motion, key.id, stance()));
          }}
        >
          {words.remove}
        </button>
        <Amount
          label={words.at}
          value={key.t}
          step={0.1}
          digits={2}
          min={0}
          off={key.t === 0}
          set={(t) => {
            edit(moveKey(motion, key.id, t), "time");
          }}
        />
      </div>
      <div className="pose-ease">
        <Choice
          label={words.ease}
          bare
          value={key.ease}
          of={named(EASES, words.eases)}
          set={(ease) => {
            edit(withEase(motion, key.id, ease));
          }}
        />
        <span className="soft pose-hint">{words.easeHelp[key.ease]}</span>
      </div>
      {full && (
        <p className="problem" role="alert">
          {words.full}
        </p>
      )}
    </>
  );
}

/** Where the next key is put: half way to the one that follows, or some time after the last. */
function between(keys: Key[], key: Key): number {
  const after = keys[keys.indexOf(key) + 1];
  return after ? (key.t + after.t) / 2 : key.t + NEXT;
}
