/** Blocks that are dragged, or drawn longer by an edge: what the tracks would be, until they are dropped. */

import { useEffect, useRef, useState, type PointerEvent, type RefObject } from "react";
import type { Mask, Placed } from "../api/motion";
import { clock, type Chosen } from "../studio";
import { hold, type Hold } from "./snap";
import { clipAt, endOf, lengthOf, maskOf, move, stretch, toFrame, type Edit } from "./tracks";
import { apply, choose, shownTracks } from "./view";

const STILL = 4; // px, within which a press is a click
const REACH = 9; // px, from which an edge is held
const BORDER = 28; // px at either side of what is seen, where dragging scrolls
const SCROLL = 14; // px at a time

type Edge = "start" | "end";

interface Grip {
  at: Chosen;
  edge: Edge | undefined;
  clip: Placed;
  mask: Mask;
  time: number; // s, where the pointer took hold
  x: number; // px
  y: number;
  moved: boolean; // far enough to be no click
}

/** Where a block is while it is dragged. */
export interface Drag {
  edit: Edit; // if it is dropped now
  edge: Edge | undefined;
  clip: Placed; // under the pointer
  mask: Mask;
  holds: Hold | undefined; // an edge is at another block's, the playhead or a whole second
}

/** The row that is at a height of the window. */
export function rowAt(area: HTMLElement, y: number): Mask | undefined {
  const lane = [...area.querySelectorAll<HTMLElement>(".lane")].find((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    return y >= top && y <= bottom;
  });
  return lane?.dataset.mask as Mask | undefined;
}

/** The second that is at a place of the window. */
export function timeAt(area: HTMLElement, span: number, x: number): number {
  const box = area.getBoundingClientRect();
  return ((x - box.left) / box.width) * span;
}

/** What holds an edge: the ends of other blocks, the start and the playhead; seconds by themselves. */
export function holdOf(area: HTMLElement, span: number, edges: number[], at?: Chosen): Hold | undefined {
  const others = shownTracks().flatMap(({ clips }, track) =>
    clips.filter((_, clip) => track !== at?.track || clip !== at.clip),
  );
  const marks = [0, clock.time, ...others.flatMap((clip) => [clip.start, endOf(clip)])];
  return hold(edges, marks, (REACH / area.clientWidth) * span);
}

export function useDrag(area: RefObject<HTMLDivElement | null>, span: number) {
  const grip = useRef<Grip>(undefined); // not a state: the next event may come before the next render
  const [drag, setDrag] = useState<Drag>();
  const release = () => {
    grip.current = undefined;
    setDrag(undefined);
  };
  useEffect(() => {
    if (!drag) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      release();
    };
    window.addEventListener("keydown", onKey, true);
    return () => {
      window.removeEventListener("keydown", onKey, true);
    };
  }, [drag]);

  const begin = (event: PointerEvent, at: Chosen) => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); // what was typed counts
    const tracks = shownTracks();
    const clip = clipAt(tracks, at);
    if (!clip || !area.current || event.button !== 0) return;
    const edge = (event.target as HTMLElement).dataset.edge as Edge | undefined;
    const time = timeAt(area.current, span, event.clientX);
    // The area follows the pointer: the block may come to lie on another row.
    area.current.setPointerCapture(event.pointerId);
    const mask = maskOf(tracks[at.track], at.track);
    const { clientX: x, clientY: y } = event;
    grip.current = { at, edge, clip, mask, time, x, y, moved: false };
    choose(at);
  };
  const carried = (event: PointerEvent): Drag | undefined => {
    const [box, held] = [area.current, grip.current];
    if (!held || !box) return undefined;
    held.moved ||= Math.hypot(event.clientX - held.x, event.clientY - held.y) >= STILL;
    return held.moved
      ? dragged(held, timeAt(box, span, event.clientX) - held.time, box, span, event)
      : undefined;
  };
  const carry = (event: PointerEvent) => {
    if (grip.current?.moved && area.current) scrollAt(area.current, event.clientX);
    const next = carried(event);
    if (next) setDrag(next);
  };
  const drop = (event: PointerEvent) => {
    const last = carried(event);
    release();
    if (last && changed(last)) void apply(last.edit);
  };
  return { drag, begin, handlers: { onPointerMove: carry, onPointerUp: drop, onPointerCancel: release } };
}

function dragged(grip: Grip, by: number, area: HTMLElement, span: number, event: PointerEvent): Drag {
  const { at, clip, edge } = grip;
  const tracks = shownTracks();
  const edges = edge ? [edge === "start" ? clip.start : endOf(clip)] : [clip.start, endOf(clip)];
  const wanted = edges.map((time) => time + by);
  const holds = event.altKey ? undefined : holdOf(area, span, wanted, at);
  const shift = by + (holds?.by ?? 0);
  if (edge) {
    const edit = stretch(tracks, at, edge, toFrame((edges[0] ?? 0) + shift));
    return { edit, edge, holds, mask: grip.mask, clip: clipAt(edit.tracks, edit.at) ?? clip };
  }
  const start = Math.max(0, clip.start + shift);
  const mask = rowAt(area, event.clientY) ?? grip.mask;
  const edit = move(tracks, at, start, mask);
  return { edit, edge, holds, mask, clip: { ...clip, start } };
}

/** Whether dropping it makes a difference. */
function changed({ edit }: Drag): boolean {
  const before = shownTracks();
  return JSON.stringify(edit.tracks) !== JSON.stringify(before);
}

function scrollAt(area: HTMLElement, x: number): void {
  const seen = area.parentElement;
  if (!seen) return;
  const { left, right } = seen.getBoundingClientRect();
  if (x > right - BORDER) seen.scrollLeft += SCROLL;
  else if (x < left + BORDER) seen.scrollLeft -= SCROLL;
}

/** The time that is told while a block is dragged. */
export function timesOf({ edit, edge }: Drag): string {
  const clip = clipAt(edit.tracks, edit.at);
  if (!clip) return "";
  return edge ? `${lengthOf(clip).toFixed(2)} s` : `${clip.start.toFixed(2)} – ${endOf(clip).toFixed(2)} s`;
}
