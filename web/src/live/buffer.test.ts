import { describe, expect, it } from "vitest";
import { WIDTH } from "../stage/source";
import { JitterBuffer } from "./buffer";

const FPS = 60;
const DRAWN = 1 / 60; // s

/** A frame that stands as far along z as its number says. */
function frame(number: number) {
  const pose = new Float32Array(WIDTH);
  pose[2] = number;
  for (let k = 3; k < WIDTH; k += 4) pose[k] = 1;
  return { number, contacts: number % 16, pose };
}

/** Plays frames that arrive `after(n)` s late; where it stands (in frames) each time that it is drawn. */
function play(
  seconds: number,
  after: (n: number) => number,
  every = 1,
  missing: (n: number) => boolean = () => false,
) {
  let now = 0;
  const buffer = new JitterBuffer(FPS, () => now);
  const coming: { number: number; at: number }[] = [];
  let free = 0; // what comes over one connection comes in order
  for (let n = 0; n < seconds * FPS; n += every) {
    free = Math.max(free, n / FPS + after(n));
    if (!missing(n)) coming.push({ number: n, at: free });
  }
  const shown: number[] = [];
  for (let drawn = 0; drawn < seconds / DRAWN; drawn++) {
    now = drawn * DRAWN;
    while (coming[0] && coming[0].at <= now) buffer.push(frame(coming.shift()?.number ?? 0));
    const pose = buffer.pose(DRAWN);
    if (pose) shown.push(pose[2] ?? 0);
  }
  return { shown, buffer };
}

/** How much further it came from one picture to the next: the least and the most, after the first seconds. */
function paces(shown: number[], from: number): [number, number] {
  const steps = shown.slice(1).map((value, k) => value - (shown[k] ?? 0));
  const later = steps.slice(from * 60);
  return [Math.min(...later), Math.max(...later)];
}

/** Equal numbers for equal seeds, 0..1. */
function noise(n: number): number {
  const x = Math.sin(n * 12.9898) * 43758.5453;
  return x - Math.floor(x);
}

describe("JitterBuffer", () => {
  it("has nothing to show at first", () => {
    expect(new JitterBuffer(FPS, () => 0).pose(DRAWN)).toBeUndefined();
  });

  it("follows an even network closely, at an even pace", () => {
    const { shown, buffer } = play(5, () => 0.05);
    const [least, most] = paces(shown, 2);
    expect(least).toBeGreaterThan(0.95);
    expect(most).toBeLessThan(1.05);
    expect((buffer.newest ?? 0) - (buffer.frame ?? 0)).toBeLessThan(0.06 * FPS);
  });

  it("stays smooth when frames come up to 90 ms late", () => {
    const { shown } = play(12, (n) => 0.03 + 0.09 * noise(n));
    const [least, most] = paces(shown, 5);
    expect(least).toBeGreaterThan(0.6);
    expect(most).toBeLessThan(1.4);
  });

  it("shows poses between frames that come at half the rate", () => {
    const { shown } = play(4, () => 0.02, 2);
    const [least, most] = paces(shown, 2);
    expect(least).toBeGreaterThan(0.9);
    expect(most).toBeLessThan(1.1);
    expect(shown.some((value) => Math.abs(value - 2 * Math.round(value / 2)) > 0.2)).toBe(true);
  });

  it("goes over frames that were dropped", () => {
    const { shown } = play(
      4,
      () => 0.02,
      1,
      (n) => n % 20 > 15,
    );
    const [least, most] = paces(shown, 2);
    expect(least).toBeGreaterThan(0.3);
    expect(most).toBeLessThan(1.7);
  });

  it("holds still in a short stall, then catches up without a leap", () => {
    const { shown, buffer } = play(8, (n) => (n > 240 && n < 300 ? (300 - n) / FPS : 0));
    const [least, most] = paces(shown, 2);
    expect(least).toBe(0); // it waited
    expect(most).toBeLessThan(1.7); // and hurried, but did not leap
    expect((buffer.newest ?? 0) - (buffer.frame ?? 0)).toBeLessThan(0.2 * FPS);
  });

  it("leaps, softly, over a long one", () => {
    const { shown, buffer } = play(12, (n) => (n > 240 && n < 480 ? (480 - n) / FPS : 0));
    const [, most] = paces(shown, 2);
    expect(most).toBeGreaterThan(5);
    expect(most).toBeLessThan(60); // of some 240 that were missed: they are spread over the blend
    expect((buffer.newest ?? 0) - (buffer.frame ?? 0)).toBeLessThan(0.2 * FPS);
  });

  it("keeps no more than it needs while nobody draws", () => {
    let now = 0;
    const buffer = new JitterBuffer(FPS, () => now);
    for (let n = 0; n < 100 * FPS; n++) {
      now = n / FPS;
      buffer.push(frame(n));
    }
    expect(buffer.pose(DRAWN)?.[2]).toBeGreaterThan(94 * FPS);
  });

  it("tells the feet of the frame that is shown", () => {
    const { buffer } = play(1, () => 0);
    expect(buffer.contacts()).toBe(Math.floor(buffer.frame ?? 0) % 16);
  });

  it("begins anew with another room, and ignores frames that come twice", () => {
    let now = 0;
    const buffer = new JitterBuffer(FPS, () => now);
    for (let n = 1000; n < 1010; n++) buffer.push(frame(n));
    buffer.push(frame(1005));
    expect(buffer.newest).toBe(1009);
    buffer.pose(DRAWN);
    buffer.push(frame(0));
    expect(buffer.newest).toBe(0);
    expect(buffer.pose(0)?.[2]).toBeGreaterThan(500); // the blend begins where it was
    now = 0.5;
    for (let n = 1; n < 30; n++) buffer.push(frame(n));
    buffer.pose(0.5);
    expect(buffer.pose(DRAWN)?.[2]).toBeLessThan(30);
  });
});
