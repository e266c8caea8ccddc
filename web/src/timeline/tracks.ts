/** Changes of tracks by the second. Nothing here changes what it is given. */

import type { Mask, Placed, Segment, TrackOf } from "../api/motion";
import type { Chosen } from "../studio";

export const FRAME = 1 / 30; // s
export const SHORTEST = 0.3; // s, to which a block can be drawn
export const USUAL = 2; // s that a block is shown to last before the service has said it

/** The rows that are always there; others (both arms, the upper body) when something is on them. */
export const ROWS: readonly Mask[] = ["full", "left_arm", "right_arm", "head"];
const MORE: readonly Mask[] = ["arms", "upper"];

export interface Row {
  mask: Mask; // "full": the body, which the first track moves
  tracks: number[]; // the numbers of the tracks that are shown on it
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
export const toFrame = (seconds: number): number =>
  Math.round(Math.round(seconds / FRAME) * FRAME * 1e4) / 1e4;

/** The tracks with how long everything lasts, as it was composed. */
export function withLengths(tracks: TrackOf[], segments: Segment[]): TrackOf[] {
  const ends = (clip: Placed): number | undefined =>
    segments.find(
      (one) => one.phrase && one.action === clip.action && Math.abs(one.start - clip.start) < FRAME,
    )?.end;
  return tracks.map((track) => ({
    ...track,
    clips: track.clips.map((clip) => {
      const end = clip.duration == null ? ends(clip) : undefined;
      return end === undefined ? clip : { ...clip, duration: toFrame(end - clip.start) };
    }),
  }));
}

export const clipAt = (tracks: TrackOf[], at: Chosen | undefined): Placed | undefined =>
  at && tracks[at.track]?.clips[at.clip];

/** Clips in time, none of which begins before the one before it has ended: later ones make room. */
function settled(clips: Placed[]): Placed[] {
  let free = 0;
  return clips.map((clip) => {
    const start = Math.max(clip.start, free);
    free = toFrame(start + lengthOf(clip));
    return start === clip.start ? clip : { ...clip, start };
  });
}

const middle = (clip: Placed): number => clip.start + lengthOf(clip) / 2;

/** Clips with one more, which comes before those whose middle is after its own. */
function joined(clips: Placed[], added: Placed): Placed[] {
  const before = clips.filter((clip) => middle(clip) < middle(added));
  return settled([...before, added, ...clips.slice(before.length)]);
}

function withClips(tracks: TrackOf[], index: number, clips: Placed[]): TrackOf[] {
  return tracks.map((track, at) => (at === index ? { ...track, clips } : track));
}

const sorted = (clips: Placed[]): Placed[] => [...clips].sort((a, b) => a.start - b.start);

/** The tracks with one more clip on the row of a mask. */
export function insert(tracks: TrackOf[], added: Placed, mask: Mask): TrackOf[] {
  const known: TrackOf[] = tracks.length > 0 ? tracks : [{ clips: [] }];
  const index = known.findIndex((track, at) => maskOf(track, at) === mask);
  if (index < 0) return [...known, { clips: [added], mask }];
  return withClips(known, index, joined(sorted(known[index]?.clips ?? []), added));
}

/** The tracks without a clip, and without tracks that are empty then; the body's stays. */
export function remove(tracks: TrackOf[], at: Chosen): TrackOf[] {
  const clips = tracks[at.track]?.clips.filter((_, index) => index !== at.clip) ?? [];
  return withClips(tracks, at.track, clips).filter((track, index) => index === 0 || track.clips.length > 0);
}

/** A clip at another time, or on another row. */
export function move(tracks: TrackOf[], at: Chosen, start: number, mask: Mask): TrackOf[] {
  const clip = clipAt(tracks, at);
  if (!clip) return tracks;
  const own = maskOf(tracks[at.track], at.track);
  const moved = { ...clip, start: toFrame(Math.max(0, start)) };
  const side = mask === "left_arm" ? "left" : mask === "right_arm" ? "right" : undefined;
  // A wave that is dragged to the other arm is made with that arm.
  const turned: Placed = mask !== own && side && clip.side ? { ...moved, side } : moved;
  return mask === own ? replaced(tracks, at, turned) : insert(remove(tracks, at), turned, mask);
}

function replaced(tracks: TrackOf[], at: Chosen, clip: Placed): TrackOf[] {
  const others = tracks[at.track]?.clips.filter((_, index) => index !== at.clip) ?? [];
  return withClips(tracks, at.track, joined(sorted(others), clip));
}

/** A clip with other parameters, or another length; those after it make room. */
export function change(tracks: TrackOf[], at: Chosen, values: Partial<Placed>): TrackOf[] {
  const clips = tracks[at.track]?.clips.map((clip, index) =>
    index === at.clip ? { ...clip, ...values } : clip,
  );
  return withClips(tracks, at.track, settled(sorted(clips ?? [])));
}

/** Two clips in place of one; undefined if one of them would be too short. */
export function split(tracks: TrackOf[], at: Chosen, time: number): TrackOf[] | undefined {
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
  const clips = tracks[at.track]?.clips.flatMap((one, index) =>
    index === at.clip ? [half(clip.start, first), half(toFrame(clip.start + first), second)] : [one],
  );
  return withClips(tracks, at.track, clips ?? []);
}

/** Where a clip is that has this action and begins about then. */
export function find(tracks: TrackOf[], clip: Placed): Chosen | undefined {
  for (const [track, { clips }] of tracks.entries()) {
    const found = clips.findIndex(
      (one) => one.action === clip.action && Math.abs(one.start - clip.start) < FRAME,
    );
    if (found >= 0) return { track, clip: found };
  }
  return undefined;
}
