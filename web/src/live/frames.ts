/** Frames as they come over the socket: docs/live.md says which byte is what. */

import { JOINTS, WIDTH } from "../stage/source";

const LAYOUT = 1;
const HEAD = 8; // bytes
const BYTES = HEAD + 4 * WIDTH;

/** One pose of a live character. */
export interface Frame {
  number: number; // since the room was opened
  contacts: number; // bits of left ankle, left ball, right ankle, right ball
  pose: Float32Array; // root position (3), rotations wxyz (4 each)
}

/** A frame; undefined if these bytes are none that this page understands. */
export function decodeFrame(bytes: ArrayBuffer): Frame | undefined {
  if (bytes.byteLength !== BYTES) return undefined;
  const view = new DataView(bytes);
  if (view.getUint8(0) !== LAYOUT || view.getUint16(2, true) !== JOINTS) return undefined;
  // Numbers are little endian, as on every machine that has a browser: they are used where they are.
  return { number: view.getUint32(4, true), contacts: view.getUint8(1), pose: new Float32Array(bytes, HEAD) };
}
