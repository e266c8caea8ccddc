/**
 * Changes of tracks by the second. Nothing here changes what it is given. The clips of a track are in the order of time,
 * and none begins before the one before it has ended: later ones make room.
 */

import type { Mask, Placed, Side, TrackOf } from "../api/motion";
import type { Chosen } from "../studio";

export const FRAME = 1 / 30; // s
export const SHORTEST = 0.3; // s, to which a block can be drawn
export const USUAL = 2; // s that a block is shown to last before the service has said it

/** The rows that are always there; others (both arms, the upper body) when something is on them. */
export const ROWS: readonly Mask[] = ["full", "left_arm", "right_arm", "head"];
const MORE: readonly Mask[] = ["arms", "upper"];
const SIDE_OF: Partial<Record<Mask, Side>> = { left_arm: "left", right_arm: "right" };
const ROW_OF: Record<Side, Mask> = { left: "left_arm", right: "right_arm", both: "arms" };

export interface Row {
  mask: Mask; // "full": the body, which the first track moves
  tracks: number[]; // the numbers of the tracks that are shown on it
}

/** What a change makes of the tracks, and where the changed clip is then. */
export interface Edit {
  tracks: TrackOf[];
  at: Chosen | undefined;
}

export const maskOf = (track: TrackOf | undefined, index: number): Mask =>
  index === 0 ? "full" : (track?.mask ?? "upper");

/** The rows of a timeline, from the body on. */
export function rowsOf(tracks: TrackOf[]): Row[] {
  const masks = tracks.map((track, index) => maskOf(track, index));
  const shown = [...ROWS, ...MORE].filter((mask) => ROWS.includes(mask) || masks.includes(mask));
  return shown.map((mask) => ({
    mask,
    tracks: masks.flatMap((one, index) => (one === mask ? [index] : [])),
  }));
}

export const lengthOf = (clip: Placed): number => clip.duration ?? USUAL;
export const endOf = (clip: Placed): number => clip.start + lengthOf(clip);
const middle = (clip: Placed): number => clip.start + lengthOf(clip) / 2;
export const toFrame = (seconds: number): number =>
  Math.round(Math.round(seconds / FRAME) * FRAME * 1e4) / 1e4;

export const clipsOf = (tracks: TrackOf[], track: number): Placed[] => tracks[track]?.clips ?? [];
export const clipAt = (tracks: TrackOf[], at: Chosen | undefined): Placed | undefined =>
  at && tracks[at.track]?.clips[at.clip];

/** The last moment at which something is placed, s. */
export const lastOf = (clips: Placed[]): number => Math.max(0, ...clips.map(endOf));

function settled(clips: Placed[]): Placed[] {
  let free = 0;
  return clips.map((clip) => {
    const start = Math.max(clip.start, free);
    free = toFrame(start + lengthOf(clip));
    return start === clip.start ? clip : { ...clip, start };
  });
}

const shifted = (clip: Placed, by: number): Placed => ({
  ...clip,
  start: toFrame(Math.max(0, clip.start + by)),
});

function withClips(tracks: TrackOf[], index: number, clips: Placed[]): TrackOf[] {
  return tracks.map((track, at) => (at === index ? { ...track, clips: settled(clips) } : track));
}

/** The tracks with the lengths of those that state none. */
export function withLengths(tracks: TrackOf[], lengths: Map<Placed, number>): TrackOf[] {
  return tracks.map((track) => {
    const known = track.clips.map((clip) => ({ ...clip, duration: clip.duration ?? lengths.get(clip) }));
    return { ...track, clips: settled(known) };
  });
}

/** The tracks with one more clip on the row of a mask: what is dropped on a clip comes before or after it. */
export function place(tracks: TrackOf[], added: Placed, mask: Mask): Edit {
  const known: TrackOf[] = tracks.length > 0 ? tracks : [{ clips: [] }];
  const found = known.findIndex((track, at) => maskOf(track, at) === mask);
  const all = found < 0 ? [...known, { clips: [], mask }] : known;
  const track = found < 0 ? known.length : found;
  const clips = clipsOf(all, track);
  const index = clips.filter((clip) => middle(clip) <= added.start).length;
  const start = Math.min(added.start, clips[index]?.start ?? Infinity);
  const side = SIDE_OF[mask]; // a wave on the row of the other arm is made with that arm
  const clip = { ...added, start: toFrame(Math.max(0, start)), ...(side && { side }) };
  return {
    tracks: withClips(all, track, [...clips.slice(0, index), clip, ...clips.slice(index)]),
    at: { track, clip: index },
  };
}

/** The tracks of `place`. */
export const insert = (tracks: TrackOf[], added: Placed, mask: Mask): TrackOf[] =>
  place(tracks, added, mask).tracks;

/** The tracks without a clip, and without tracks that are empty then; the body's stays. `close`: later ones come nearer. */
export function remove(tracks: TrackOf[], at: Chosen, close = false): TrackOf[] {
  const clip = clipAt(tracks, at);
  const by = close && clip ? -lengthOf(clip) : 0;
  const clips = clipsOf(tracks, at.track).flatMap((one, index) =>
    index === at.clip ? [] : [index > at.clip && by ? shifted(one, by) : one],
  );
  return withClips(tracks, at.track, clips).filter((track, index) => index === 0 || track.clips.length > 0);
}

/** A clip at another time, or on another row. */
export function move(tracks: TrackOf[], at: Chosen, start: number, mask: Mask): Edit {
  const clip = clipAt(tracks, at);
  if (!clip) return { tracks, at };
  const to = { ...clip, start: toFrame(Math.max(0, start)) };
  return mask === maskOf(tracks[at.track], at.track)
    ? within(tracks, at, to)
    : place(remove(tracks, at), to, mask);
}

/** A clip at another time of its track. It changes places with those whose middle its edge has reached. */
function within(tracks: TrackOf[], { track, clip: own }: Chosen, clip: Placed): Edit {
  const clips = clipsOf(tracks, track);
  const before = clips.slice(0, own);
  const after = clips.slice(own + 1);
  const later = after.filter((one) => middle(one) < endOf(clip));
  const earlier = before.filter((one) => middle(one) > clip.start);
  const [first, last] = [earlier[0], later.at(-1)];
  const kept = before.slice(0, before.length - earlier.length);
  let { start } = clip;
  if (first) start = Math.min(start, first.start);
  else if (last && start < endOf(last)) start = endOf(last) - lengthOf(clip);
  const closer = later.map((one) => shifted(one, -lengthOf(clip)));
  const order = [...kept, ...closer, { ...clip, start: toFrame(start) }, ...earlier];
  return {
    tracks: withClips(tracks, track, [...order, ...after.slice(later.length)]),
    at: { track, clip: kept.length + closer.length },
  };
}

/** A clip in the place of the next one of its track (`by` 1) or of the one before (-1). */
export function swap(tracks: TrackOf[], at: Chosen, by: 1 | -1): Edit | undefined {
  const clip = clipAt(tracks, at);
  const other = clipsOf(tracks, at.track)[at.clip + by];
  if (!clip || !other) return undefined;
  return within(tracks, at, { ...clip, start: by > 0 ? endOf(other) - lengthOf(clip) : other.start });
}

/** A clip whose start or end is drawn to a time; it does not go into the one before it. */
export function stretch(tracks: TrackOf[], at: Chosen, edge: "start" | "end", time: number): Edit {
  const clip = clipAt(tracks, at);
  if (!clip) return { tracks, at };
  const previous = clipsOf(tracks, at.track)[at.clip - 1];
  const end = edge === "end" ? Math.max(time, clip.start + SHORTEST) : endOf(clip);
  const least = previous ? endOf(previous) : 0;
  const start = edge === "end" ? clip.start : toFrame(Math.max(least, Math.min(time, end - SHORTEST)));
  return change(tracks, at, { start, duration: toFrame(end - start) });
}

/** A clip with other parameters. */
export function change(tracks: TrackOf[], at: Chosen, values: Partial<Placed>): Edit {
  const clips = clipsOf(tracks, at.track).map((clip, index) =>
    index === at.clip ? { ...clip, ...values } : clip,
  );
  return { tracks: withClips(tracks, at.track, clips), at };
}

/** A clip made with another side, if it is on the row of an arm on the row of that arm. */
export function turn(tracks: TrackOf[], at: Chosen, side: Side | undefined): Edit {
  const turned = change(tracks, at, { side });
  const mask = maskOf(tracks[at.track], at.track);
  const onArm = Object.values(ROW_OF).includes(mask);
  return onArm && side ? move(turned.tracks, at, clipAt(tracks, at)?.start ?? 0, ROW_OF[side]) : turned;
}

/** A clip and another one like it after it. */
export function duplicate(tracks: TrackOf[], at: Chosen): Edit {
  const clip = clipAt(tracks, at);
  if (!clip) return { tracks, at };
  const clips = clipsOf(tracks, at.track);
  const another = { ...clip, start: toFrame(endOf(clip)) };
  const order = [...clips.slice(0, at.clip + 1), another, ...clips.slice(at.clip + 1)];
  return { tracks: withClips(tracks, at.track, order), at: { ...at, clip: at.clip + 1 } };
}

/** Two clips in place of one; undefined if one of them would be too short. */
export function split(tracks: TrackOf[], at: Chosen, time: number): Edit | undefined {
  const clip = clipAt(tracks, at);
  if (!clip) return undefined;
  const [first, second] = [toFrame(time - clip.start), toFrame(endOf(clip) - time)];
  if (first < SHORTEST || second < SHORTEST) return undefined;
  // What was counted is shared by both halves as their lengths are.
  const { repetitions, distance, steps, degrees, ...rest } = clip;
  const share = (of: number | null | undefined, part: number, whole: boolean) => {
    if (of == null) return of;
    const value = (of * part) / lengthOf(clip);
    return whole ? Math.max(1, Math.round(value)) : Math.round(value * 100) / 100;
  };
  const half = (start: number, duration: number): Placed => ({
    ...rest,
    start,
    duration,
    repetitions: share(repetitions, duration, true),
    distance: share(distance, duration, false),
    steps: share(steps, duration, true),
    degrees: share(degrees, duration, false),
  });
  const halves = [half(clip.start, first), half(toFrame(clip.start + first), second)];
  const clips = clipsOf(tracks, at.track).flatMap((one, index) => (index === at.clip ? halves : [one]));
  return { tracks: withClips(tracks, at.track, clips), at };
}

/** The block that an arrow key leads to from another: the next of its row, or the nearest of the next row. */
export function neighbour(tracks: TrackOf[], at: Chosen, key: string): Chosen | undefined {
  const rows = rowsOf(tracks).map(({ tracks: numbers }) =>
    numbers
      .flatMap((track) => clipsOf(tracks, track).map((clip, index) => ({ clip, at: { track, clip: index } })))
      .sort((a, b) => a.clip.start - b.clip.start),
  );
  const row = rows.findIndex((blocks) => blocks.some((block) => block.at.track === at.track));
  const index = rows[row]?.findIndex((block) => block.at.track === at.track && block.at.clip === at.clip);
  const own = clipAt(tracks, at);
  if (index === undefined || !own) return undefined;
  if (key === "ArrowLeft" || key === "ArrowRight")
    return rows[row]?.[index + (key === "ArrowLeft" ? -1 : 1)]?.at;
  if (key === "Home") return rows[row]?.[0]?.at;
  if (key === "End") return rows[row]?.at(-1)?.at;
  const beyond = key === "ArrowUp" ? rows.slice(0, row).reverse() : rows.slice(row + 1);
  const away = (clip: Placed) => Math.abs(middle(clip) - middle(own));
  const nearest = beyond
    .find((blocks) => blocks.length > 0)
    ?.reduce((best, block) => (away(block.clip) < away(best.clip) ? block : best));
  return nearest?.at;
}
