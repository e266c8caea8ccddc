/** From the library to the timeline. */

import * as service from "../api/motion";
import type { Mask, Placed, TrackOf } from "../api/motion";
import { clock } from "../studio";
import { clipsOf, insert, lastOf, maskOf, toFrame } from "../timeline/tracks";
import { apply, shownTracks } from "../timeline/view";
import type { Action } from "./api";

/** When what moves the whole body is over, s. */
const bodyEnd = (tracks: TrackOf[]): number => toFrame(lastOf(clipsOf(tracks, 0)));

/** Shows tracks from where something was put in. No block is chosen: cards stay where they are under the pointer. */
async function put(tracks: TrackOf[], first: Placed): Promise<Placed | undefined> {
  if (!(await apply({ tracks, at: undefined }))) return undefined;
  clock.seek(first.start);
  return first;
}

/** Gestures go where the playhead is, what needs the whole body behind all else; where it is, if that was possible. */
export async function addAction({ name, usual, mask }: Action): Promise<Placed | undefined> {
  const tracks = shownTracks();
  const start = mask === "full" ? bodyEnd(tracks) : toFrame(clock.time);
  const clip = { action: name, start, duration: toFrame(usual) };
  const next = insert(tracks, clip, mask);
  return put(next, placedIn(next, name, start) ?? clip);
}

/** Where an action is that was put in at some time: those around it may have moved it on. */
function placedIn(tracks: TrackOf[], action: string, start: number): Placed | undefined {
  const own = tracks.flatMap(({ clips }) => clips).filter((clip) => clip.action === action);
  return own.sort((a, b) => Math.abs(a.start - start) - Math.abs(b.start - start))[0];
}

/** All that some words mean goes behind all else, block by block. */
export async function addWords(say: string): Promise<Placed | undefined> {
  const meant = await service.command(say);
  const tracks = shownTracks();
  const from = bodyEnd(tracks);
  const later = meant.tracks.map((track, index) => ({
    mask: maskOf(track, index),
    clips: track.clips.map((clip) => ({ ...clip, start: toFrame(clip.start + from) })),
  }));
  const blocks: [Placed, Mask][] = later.flatMap(({ mask, clips }) =>
    clips.map((clip): [Placed, Mask] => [clip, mask]),
  );
  const first = blocks.map(([clip]) => clip).sort((a, b) => a.start - b.start)[0];
  return (
    first &&
    put(
      blocks.reduce((all, [clip, mask]) => insert(all, clip, mask), tracks),
      first,
    )
  );
}
