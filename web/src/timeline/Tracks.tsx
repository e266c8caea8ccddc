/** The rows of the timeline: blocks that can be moved, stretched and dropped, and the playhead. */

import { useRef, useState, useSyncExternalStore, type DragEvent, type PointerEvent } from "react";
import type { Mask, Placed, Segment } from "../api/motion";
import { clock, performTracks, tracksNow, useStudio, useWords, type Chosen } from "../studio";
import {
  change,
  clipAt,
  endOf,
  find,
  insert,
  lengthOf,
  move,
  remove,
  rowsOf,
  SHORTEST,
  split,
  toFrame,
} from "./tracks";
import { WORDS } from "./words";

/** The type of what is dragged here from the library: JSON {action, duration?, mask?}. */
export const DRAGGED = "application/x-motion-action";
const COLOURS = ["#2f63b0", "#9a4a26", "#236b4c", "#7a4596", "#7c5c0e", "#8d2f5b"];
const ROOM = 1.12; // of the motion's length that is shown, so that there is room to the right
const STEP = 0.1; // s, of an arrow key
const EDGE = 9; // px at either end of a block that stretch it

/** What is being dragged: its place so far. */
interface Drag {
  at: Chosen;
  edge: "start" | "end" | undefined;
  from: number; // px where it began
  clip: Placed; // as it would be
  mask: Mask;
}

export function Tracks() {
  const words = useWords(WORDS);
  const shown = useStudio((studio) => studio.shown);
  const chosen = useStudio((studio) => studio.chosen);
  const area = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<Drag>();
  const tracks = tracksNow();
  const segments = shown?.motion.timeline.segments ?? [];
  const span = Math.max(shown?.motion.timeline.duration ?? 0, 2) * ROOM;
  const share = (seconds: number) => `${String((100 * seconds) / span)}%`;
  const names = [...new Set(tracks.flatMap(({ clips }) => clips.map(({ action }) => action)))];

  const commit = async (next = tracks, clip?: Placed) => {
    if ((await performTracks(next)) && clip) useStudio.setState({ chosen: find(tracksNow(), clip) });
  };
  const begin = (event: PointerEvent<HTMLElement>, at: Chosen, mask: Mask) => {
    const clip = clipAt(tracks, at);
    if (!clip || event.button !== 0) return;
    const box = event.currentTarget.getBoundingClientRect();
    const [left, right] = [event.clientX - box.left, box.right - event.clientX];
    const edge = right < EDGE ? "end" : left < EDGE ? "start" : undefined;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ at, edge, from: event.clientX, clip, mask });
    useStudio.setState({ chosen: at });
  };
  const carry = (event: PointerEvent<HTMLElement>) => {
    const clip = drag && clipAt(tracks, drag.at);
    const width = area.current?.clientWidth;
    if (!clip || !width) return;
    const by = ((event.clientX - drag.from) / width) * span;
    setDrag({
      ...drag,
      clip: dragged(clip, drag.edge, by),
      mask: drag.edge ? drag.mask : (rowUnder(event) ?? drag.mask),
    });
  };
  const drop = () => {
    if (!drag) return;
    setDrag(undefined);
    const clip = clipAt(tracks, drag.at);
    const row = rowsOf(tracks).find(({ tracks: numbers }) => numbers.includes(drag.at.track));
    const still = clip && clip.start === drag.clip.start && lengthOf(clip) === lengthOf(drag.clip);
    if (still && row?.mask === drag.mask) return;
    const next = drag.edge
      ? change(tracks, drag.at, drag.clip)
      : move(tracks, drag.at, drag.clip.start, drag.mask);
    void commit(next, drag.clip);
  };
  const onKeyDown = (event: React.KeyboardEvent, at: Chosen, mask: Mask) => {
    const clip = clipAt(tracks, at);
    const next = clip && byKey(event, tracks, at, clip, mask);
    if (!next) return;
    event.preventDefault();
    void commit(next.tracks, next.clip);
  };
  const onDrop = (event: DragEvent, mask: Mask) => {
    const data = event.dataTransfer.getData(DRAGGED);
    if (!data || !area.current) return;
    event.preventDefault();
    const { action, duration } = JSON.parse(data) as { action: string; duration?: number };
    const box = area.current.getBoundingClientRect();
    const start = toFrame(Math.max(0, ((event.clientX - box.left) / box.width) * span));
    const clip = { action, start, duration: duration && toFrame(duration) };
    void commit(insert(tracks, clip, mask), clip);
  };

  return (
    <div className="tracks">
      <div className="names" aria-hidden="true">
        <span className="ruler" />
        {rowsOf(tracks).map(({ mask }) => (
          <span key={mask}>{words.rows[mask]}</span>
        ))}
      </div>
      <div className="area" ref={area}>
        <Ruler span={span} />
        {rowsOf(tracks).map(({ mask, tracks: numbers }) => (
          <div
            key={mask}
            className="lane"
            role="group"
            aria-label={words.rows[mask]}
            data-mask={mask}
            onDragOver={(event) => {
              if (event.dataTransfer.types.includes(DRAGGED)) event.preventDefault();
            }}
            onDrop={(event) => {
              onDrop(event, mask);
            }}
          >
            {mask === "full" && <Added segments={segments} share={share} />}
            {numbers.flatMap((track) =>
              (tracks[track]?.clips ?? []).map((own, index) => {
                const at = { track, clip: index };
                const held = drag?.at.track === track && drag.at.clip === index;
                const clip = held ? drag.clip : own;
                return (
                  <button
                    key={`${String(track)}/${String(index)}`}
                    type="button"
                    className="block"
                    aria-pressed={chosen?.track === track && chosen.clip === index}
                    data-held={held || undefined}
                    aria-description={words.block
                      .replace("{start}", clip.start.toFixed(1))
                      .replace("{end}", endOf(clip).toFixed(1))}
                    title={noteOf(segments, own) || undefined}
                    style={{
                      left: share(clip.start),
                      width: share(lengthOf(clip)),
                      background: COLOURS[names.indexOf(clip.action) % COLOURS.length],
                    }}
                    onPointerDown={(event) => {
                      begin(event, at, mask);
                    }}
                    onPointerMove={carry}
                    onPointerUp={drop}
                    onPointerCancel={() => {
                      setDrag(undefined);
                    }}
                    onClick={() => {
                      useStudio.setState({ chosen: at });
                    }}
                    onKeyDown={(event) => {
                      onKeyDown(event, at, mask);
                    }}
                  >
                    {clip.action.replaceAll("_", " ")}
                  </button>
                );
              }),
            )}
          </div>
        ))}
        <Playhead span={span} />
      </div>
    </div>
  );
}

function dragged(clip: Placed, edge: Drag["edge"], by: number): Placed {
  if (!edge) return { ...clip, start: toFrame(Math.max(0, clip.start + by)) };
  if (edge === "end") return { ...clip, duration: toFrame(Math.max(SHORTEST, lengthOf(clip) + by)) };
  const start = toFrame(Math.min(Math.max(0, clip.start + by), endOf(clip) - SHORTEST));
  return { ...clip, start, duration: toFrame(endOf(clip) - start) };
}

/** The row that the pointer is over. */
function rowUnder(event: PointerEvent): Mask | undefined {
  const lanes = document.querySelectorAll<HTMLElement>(".lane");
  const lane = [...lanes].find((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    return event.clientY >= top && event.clientY <= bottom;
  });
  return lane?.dataset.mask as Mask | undefined;
}

/** The tracks as a key changes them, and the clip as it is then. */
function byKey(
  event: React.KeyboardEvent,
  tracks: ReturnType<typeof tracksNow>,
  at: Chosen,
  clip: Placed,
  mask: Mask,
) {
  const rows = rowsOf(tracks).map((row) => row.mask);
  const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
  if (by !== undefined) {
    const moved = dragged(clip, event.shiftKey ? "end" : undefined, by);
    const next = event.shiftKey ? change(tracks, at, moved) : move(tracks, at, moved.start, mask);
    return { tracks: next, clip: moved };
  }
  const other = rows[rows.indexOf(mask) + ({ ArrowUp: -1, ArrowDown: 1 }[event.key] ?? 0)];
  if (event.key.startsWith("Arrow") && other && other !== mask) {
    return { tracks: move(tracks, at, clip.start, other), clip };
  }
  if (event.key === "Delete" || event.key === "Backspace")
    return { tracks: remove(tracks, at), clip: undefined };
  const halves = event.key.toLowerCase() === "s" ? split(tracks, at, clock.time) : undefined;
  return halves && { tracks: halves, clip };
}

const noteOf = (segments: Segment[], clip: Placed): string =>
  segments.find((one) => one.action === clip.action && Math.abs(one.start - clip.start) < 0.04)?.note ?? "";

/** What the engine added itself: getting up, standing still. */
function Added({ segments, share }: { segments: Segment[]; share: (seconds: number) => string }) {
  const words = useWords(WORDS);
  return segments
    .filter(({ layer, phrase }) => layer === 0 && !phrase)
    .map(({ action, start, end }) => (
      <span
        key={start}
        className="added"
        title={`${action.replaceAll("_", " ")}: ${words.added}`}
        style={{ left: share(start), width: share(end - start) }}
      >
        {action.replaceAll("_", " ")}
      </span>
    ));
}

function Ruler({ span }: { span: number }) {
  const words = useWords(WORDS);
  const time = useSyncExternalStore(clock.subscribe, () => clock.time);
  const every = [1, 2, 5, 10, 30, 60, 300].find((one) => span / one <= 16) ?? 600;
  const marks = Array.from({ length: Math.floor(span / every) + 1 }, (_, index) => index * every);
  return (
    <div className="ruler">
      {marks.map((mark) => (
        <span key={mark} style={{ left: `${String((100 * mark) / span)}%` }}>
          {mark}
        </span>
      ))}
      <input
        type="range"
        aria-label={words.time}
        aria-valuetext={`${time.toFixed(1)} s`}
        min={0}
        max={span}
        step={1 / 30}
        value={time}
        onChange={(event) => {
          clock.seek(Number(event.target.value));
        }}
      />
    </div>
  );
}

function Playhead({ span }: { span: number }) {
  const time = useSyncExternalStore(clock.subscribe, () => clock.time);
  return <div className="playhead" style={{ left: `${String((100 * time) / span)}%` }} />;
}
