/** What the figure does: per frame the root position (3) and the joints' rotations wxyz (4 each). */

export const JOINTS = 52;
export const WIDTH = 3 + 4 * JOINTS;

/** Something that moves the figure. */
export interface Source {
  /** Moves on by some seconds; the pose then, which may be the same array each time. Undefined: none yet. */
  pose: (delta: number) => Float32Array | undefined;
  /** Which feet stand in it, as bits of left ankle, left ball, right ankle, right ball; undefined: not known. */
  contacts?: () => number | undefined;
  /** Whether it is to be seen on the mannequin, whatever avatar is chosen: its joints are being dragged. */
  mannequin?: boolean;
  /** Whether it moves on by itself, so that each frame is drawn anew; if not stated, it does. */
  moves?: () => boolean;
}

/** The pose of a motion at a (fractional) frame, written to `into`. */
export function sample(data: Float32Array, frame: number, into: Float32Array): Float32Array {
  const last = data.length / WIDTH - 1;
  const at = Math.min(Math.max(frame, 0), last);
  const early = Math.floor(at) * WIDTH;
  const late = Math.min(Math.floor(at) + 1, last) * WIDTH;
  return mix(data.subarray(early, early + WIDTH), data.subarray(late, late + WIDTH), at % 1, into);
}

/** The pose a share of the way from one pose to another that is near; written to `into`. */
export function mix(from: Float32Array, to: Float32Array, share: number, into: Float32Array): Float32Array {
  const value = (values: Float32Array, k: number): number => values[k] ?? 0;
  for (let k = 0; k < 3; k++) into[k] = value(from, k) + share * (value(to, k) - value(from, k));
  for (let k = 3; k < WIDTH; k += 4) {
    let dot = 0;
    for (let i = k; i < k + 4; i++) dot += value(from, i) * value(to, i);
    const weight = dot < 0 ? -share : share; // q and -q are the same rotation: go the short way
    let square = 0;
    for (let i = k; i < k + 4; i++) {
      const mixed = (1 - share) * value(from, i) + weight * value(to, i);
      into[i] = mixed;
      square += mixed * mixed;
    }
    const scale = 1 / Math.sqrt(square || 1);
    for (let i = k; i < k + 4; i++) into[i] = value(into, i) * scale;
  }
  return into;
}
