/** Plays frames at an even pace, however unevenly they arrive. */

import { mix, WIDTH, type Source } from "../stage/source";
import type { Frame } from "./frames";

const LEAST = 0.03; // s behind what would be there if the network were even, at the least
const MOST = 0.5; // s, at the most; who is later than that has stalled, which is waited for and not planned for
const MARGIN = 1.3; // times how late frames lately came
const CALMING = 4; // s, in which a bad moment of the network is half forgotten
const DRIFT = 0.02; // s per s, by which the service may fall behind its own clock for good
const FAR = 1.5; // s behind, from which on what was missed is not shown at all
const HASTE = 3; // how much faster (share) for each second behind
const FASTEST = 0.6;
const SLOWEST = -0.3;
const FADE = 0.25; // s, from the pose shown to the one after a leap
const KEPT = 6; // s of frames that are kept at most: a page that is not looked at does not draw

/** A source that is fed with frames. */
export class JitterBuffer implements Source {
  private frames: Frame[] = []; // by number
  private at: number | undefined; // the frame (fractional) that is shown
  private earliest = Infinity; // s, when frame 0 would have come at the best of times
  private arrived = 0; // s, of the last frame
  private late = 0; // s, how much later than at the best of times frames lately came
  private stalled = false;
  private readonly shown = new Float32Array(WIDTH);
  private readonly left = new Float32Array(WIDTH); // the pose before a leap
  private fading = 0; // s that are left of a leap's blend

  /** `now`: s, of the clock by which arrivals are told. */
  constructor(
    private fps = 60,
    private readonly now = (): number => performance.now() / 1000,
  ) {}

  /** The frame that is shown, with a fraction; undefined before the first. */
  get frame(): number | undefined {
    return this.at;
  }

  /** The number of the latest frame that came. */
  get newest(): number | undefined {
    return this.frames.at(-1)?.number;
  }

  /** How far behind the best of times it plays, s. */
  get delay(): number {
    return Math.min(Math.max(MARGIN * this.late, LEAST), MOST);
  }

  /** Another room begins, whose frames count anew; the pose shown goes over into its first. */
  reset(fps: number): void {
    if (this.at !== undefined) this.leap();
    this.fps = fps;
    this.frames = [];
    this.at = undefined;
    this.earliest = Infinity;
    this.late = 0;
    this.stalled = false;
  }

  /** A frame has arrived. */
  push(frame: Frame): void {
    const last = this.frames.at(-1);
    if (last && frame.number <= last.number) {
      if (last.number - frame.number < this.fps) return; // it was here before
      this.reset(this.fps); // the character began anew
    }
    const seconds = this.now();
    const zero = seconds - frame.number / this.fps;
    const passed = this.earliest === Infinity ? 0 : seconds - this.arrived;
    this.arrived = seconds;
    this.earliest = Math.min(zero, this.earliest + DRIFT * passed);
    // Who shows the frame after the last one waits for this, even if those between were dropped.
    const awaited = last ? last.number + 1 : frame.number;
    const late = seconds - awaited / this.fps - this.earliest;
    this.stalled = late > MOST || (this.stalled && late > LEAST); // until all that was held up has come
    this.late = Math.max(this.late * 2 ** (-passed / CALMING), this.stalled ? 0 : late);
    this.frames.push(frame);
    const beyond = this.frames.findIndex(({ number }) => number > frame.number - KEPT * this.fps);
    if (beyond > 0) this.frames.splice(0, beyond);
  }

  pose = (delta: number): Float32Array | undefined => {
    const [first, last] = [this.frames[0], this.frames.at(-1)];
    if (!first || !last) return this.at === undefined && this.fading > 0 ? this.left : undefined;
    this.move(delta, first.number, last.number);
    const at = this.at ?? first.number;
    while (this.frames[1] && this.frames[1].number <= at) this.frames.shift();
    const early = this.frames[0] ?? first;
    const late = this.frames[1] ?? early;
    const share = late === early ? 0 : (at - early.number) / (late.number - early.number);
    mix(early.pose, late.pose, Math.max(0, share), this.shown);
    if (this.fading > 0) {
      this.fading = Math.max(0, this.fading - delta);
      mix(this.shown, this.left, this.fading / FADE, this.shown);
    }
    return this.shown;
  };

  contacts = (): number | undefined => this.frames[0]?.contacts;

  /** Moves on to where the clock says that it should be: a bit faster or slower, or by a leap if that is far. */
  private move(delta: number, first: number, last: number): void {
    const due = Math.min((this.now() - this.earliest - this.delay) * this.fps, last);
    if (this.at === undefined) {
      this.at = Math.min(Math.max(due, first), last);
      return;
    }
    const behind = (due - this.at) / this.fps - delta;
    if (behind > FAR) {
      this.leap();
      this.at = due;
    } else {
      const pace = 1 + Math.min(Math.max(HASTE * behind, SLOWEST), FASTEST);
      this.at += delta * this.fps * pace;
    }
    this.at = Math.min(Math.max(this.at, first), last); // there is nothing later yet: hold still
  }

  private leap(): void {
    this.left.set(this.shown);
    this.fading = FADE;
  }
}
