import { describe, expect, it } from "vitest";
import { decodeFrame } from "./frames";

function bytes(number: number, joints = 52, layout = 1): ArrayBuffer {
  const buffer = new ArrayBuffer(8 + 4 * (3 + 4 * joints));
  const view = new DataView(buffer);
  view.setUint8(0, layout);
  view.setUint8(1, 0b0101);
  view.setUint16(2, joints, true);
  view.setUint32(4, number, true);
  view.setFloat32(12, 0.93, true); // the pelvis is so high
  view.setFloat32(20, 1, true); // w of the first rotation
  return buffer;
}

describe("decodeFrame", () => {
  it("reads number, feet and pose", () => {
    const frame = decodeFrame(bytes(70_000));
    expect(frame?.number).toBe(70_000);
    expect(frame?.contacts).toBe(5);
    expect(frame?.pose).toHaveLength(211);
    expect(frame?.pose[1]).toBeCloseTo(0.93);
    expect(frame?.pose[3]).toBe(1);
  });

  it("refuses what it does not understand", () => {
    expect(decodeFrame(bytes(1).slice(0, 851))).toBeUndefined();
    expect(decodeFrame(bytes(1, 52, 2))).toBeUndefined();
    expect(decodeFrame(bytes(1, 51))).toBeUndefined();
    const other = bytes(1);
    new DataView(other).setUint16(2, 51, true);
    expect(decodeFrame(other)).toBeUndefined();
    expect(decodeFrame(new ArrayBuffer(0))).toBeUndefined();
  });
});
