/** Keys on a block. */

import type { KeyboardEvent } from "react";
import { clock, type Chosen } from "../studio";
import {
  clipAt,
  duplicate,
  endOf,
  maskOf,
  move,
  neighbour,
  remove,
  rowsOf,
  split,
  stretch,
  swap,
  type Edit,
} from "./tracks";
import { apply, choose, shownTracks } from "./view";

const STEP = 0.1; // s, of an arrow key
export const PANEL = "block-panel"; // the id of where its values are

/** Does what a key means on a block; whether it means anything. */
export function onBlockKey(event: KeyboardEvent, at: Chosen): boolean {
  const { key } = event;
  if (key === " ") clock.toggle();
  else if (key === "Escape") choose(undefined);
  else if (key === "Enter") document.querySelector<HTMLElement>(`#${PANEL} input`)?.focus();
  else if (/^(Arrow|Home|End)/.test(key) && !isChange(event)) {
    const next = neighbour(shownTracks(), at, key);
    if (next) choose(next);
  } else {
    const edit = byKey(event, at);
    if (!edit) return isChange(event) && key.startsWith("Arrow");
    void apply(edit);
    if (!edit.at) refocus();
  }
  return true;
}

/** The focus goes on to a block that is left, or to where one is added. */
export function refocus(): void {
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return;
    const left = document.querySelector<HTMLElement>(".tracks .block[tabindex='0']");
    (left ?? document.querySelector<HTMLElement>(".tracks button.add"))?.focus();
  });
}

const isChange = ({ altKey, ctrlKey, metaKey, shiftKey }: KeyboardEvent): boolean =>
  altKey || ctrlKey || metaKey || shiftKey;

function byKey(event: KeyboardEvent, at: Chosen): Edit | undefined {
  const tracks = shownTracks();
  const clip = clipAt(tracks, at);
  if (!clip) return undefined;
  const { key, shiftKey } = event;
  if (key === "Delete" || key === "Backspace") return { tracks: remove(tracks, at, shiftKey), at: undefined };
  if (key === "PageUp") return swap(tracks, at, -1);
  if (key === "PageDown") return swap(tracks, at, 1);
  const mask = maskOf(tracks[at.track], at.track);
  const by = { ArrowLeft: -STEP, ArrowRight: STEP }[key];
  if (by !== undefined)
    return shiftKey ? stretch(tracks, at, "end", endOf(clip) + by) : move(tracks, at, clip.start + by, mask);
  const rows = rowsOf(tracks).map((row) => row.mask);
  const up = { ArrowUp: -1, ArrowDown: 1 }[key];
  const other = up !== undefined && rows[rows.indexOf(mask) + up];
  if (other) return move(tracks, at, clip.start, other);
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (key.toLowerCase() === "s") return split(tracks, at, clock.time);
  return key.toLowerCase() === "d" ? duplicate(tracks, at) : undefined;
}
