/** How long actions last by themselves: what a block needs that states no length. */

import { compose, type Placed, type TrackOf } from "../api/motion";
import { FRAME, withLengths } from "./tracks";

const known = new Map<string, Promise<number>>();

/** Seconds that the service gives to it where there is room. */
function naturalLength(clip: Placed): Promise<number> {
  const alone = { ...clip, start: 0, duration: undefined };
  const name = JSON.stringify(alone);
  const found = known.get(name);
  if (found) return found;
  const asked = compose([{ clips: [alone] }]).then(({ timeline }) => {
    const own = timeline.segments.find((one) => one.action === clip.action && one.start < FRAME);
    return own?.end ?? timeline.duration;
  });
  known.set(name, asked);
  asked.catch(() => known.delete(name)); // to be asked again
  return asked;
}

/** The tracks with the lengths of all blocks; those after one that turned out longer make room. */
export async function measured(tracks: TrackOf[]): Promise<TrackOf[]> {
  const open = tracks.flatMap(({ clips }) => clips.filter(({ duration }) => duration == null));
  if (open.length === 0) return tracks;
  const lengths = await Promise.all(open.map(naturalLength));
  return withLengths(tracks, new Map(open.map((clip, index) => [clip, lengths[index] ?? 0])));
}
