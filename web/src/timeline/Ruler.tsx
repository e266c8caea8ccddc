/** Seconds, and where in them we are. */

import { useRef, type RefObject } from "react";
import { clock, useWords } from "../studio";
import { percent } from "./Block";
import { useClockPaint } from "./view";
import { WORDS } from "./words";

const EVERY = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 600]; // s between marks
const MARKS = 14; // at most, of what is seen
const AHEAD = 0.08; // of what is seen, before the playhead when it comes into view

/** How many seconds lie between two marks. */
export const everyOf = (span: number, zoom: number): number =>
  EVERY.find((every) => span / zoom / every <= MARKS) ?? 3600;

export function Ruler({ span, every }: { span: number; every: number }) {
  const words = useWords(WORDS);
  const slider = useRef<HTMLInputElement>(null);
  useClockPaint(() => {
    const input = slider.current;
    if (!input) return;
    input.value = String(clock.time);
    const text = `${clock.time.toFixed(1)} s`;
    if (input.getAttribute("aria-valuetext") !== text) input.setAttribute("aria-valuetext", text);
  });
  const marks = Array.from({ length: Math.floor(span / every + 1e-6) + 1 }, (_, index) => index * every);
  return (
    <div className="ruler">
      {marks.map((mark) => (
        <span key={mark} aria-hidden="true" style={{ left: percent(mark / span) }}>
          {every < 1 ? mark.toFixed(1) : mark}
        </span>
      ))}
      <input
        ref={slider}
        type="range"
        aria-label={words.time}
        min={0}
        max={span}
        step={1 / 30}
        defaultValue={0}
        onChange={(event) => {
          clock.seek(Number(event.target.value));
        }}
      />
    </div>
  );
}

/** A line through all rows; it stays in view while it plays. */
export function Playhead({ span, seen }: { span: number; seen: RefObject<HTMLElement | null> }) {
  const line = useRef<HTMLDivElement>(null);
  const before = useRef(0);
  useClockPaint(() => {
    const share = clock.time / span;
    if (line.current) line.current.style.transform = `translateX(${percent(share)})`;
    const box = seen.current;
    if (!box || box.scrollWidth <= box.clientWidth) return;
    const place = share * box.scrollWidth;
    const inside = (x: number) => x >= box.scrollLeft && x <= box.scrollLeft + box.clientWidth;
    // Who has scrolled elsewhere is left there.
    if (inside(before.current) && !inside(place)) box.scrollTo({ left: place - AHEAD * box.clientWidth });
    before.current = place;
  });
  return (
    <div className="playing">
      <div ref={line} className="playhead" />
    </div>
  );
}
