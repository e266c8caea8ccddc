/** What is edited, and how it gets to the stage. */

import { create } from "zustand";
import { problemOf, type Problem } from "../api/http";
import { useStudio } from "../studio";
import { sample, WIDTH, type Source } from "../stage/source";
import { bodyOf, stanceOf, type Body } from "./body";
import { ABOUT, draft, keepDraft, type Draft } from "./drafts";
import { moved, reached, turned, type Handle } from "./drag";
import {
  carried,
  CHANNELS,
  fresh,
  STANCE,
  withPose,
  type Key,
  type Motion,
  type Pose,
  type Side,
  type Stance,
  type Vec,
} from "./model";
import { poseScript, scriptOf, type About } from "./script";
import { solve, take } from "./service";
import type { Quaternion, Vector3 } from "three";

export type Mode = "move" | "turn";

interface Editor {
  motion: Motion;
  about: About;
  past: Motion[];
  future: Motion[];
  chosen: number; // id of a key
  handle: Handle;
  mode: Mode;
  view: "key" | "motion"; // the pose of the chosen key, or the motion at `time`
  time: number; // s
  playing: boolean;
  repeat: boolean;
  body: Body | undefined; // the joints of the chosen key as it was solved last
  asking: boolean; // the service for the pose of the chosen key
  copied: Pose | undefined;
  note: Note | undefined;
  problem: Problem | undefined;
}

/** What became of the pose that was taken from the stage. */
export interface Note {
  joint: string;
  apart: number; // m
}

const MOST_PAST = 100;
const PAUSE = 30; // ms at least from one question to the next, so that the service has time for others
const OUT_OF_REACH = 0.01; // m
const TOGETHER = 900; // ms within which small changes of the same thing are undone as one

const begun = draft();

export const useEditor = create<Editor>(() => ({
  ...begun,
  past: [],
  future: [],
  chosen: begun.motion.keys[1]?.id ?? 0,
  handle: "right_hand",
  mode: "move",
  view: "key",
  time: begun.motion.keys[1]?.t ?? 0,
  playing: false,
  repeat: true,
  body: undefined,
  asking: false,
  copied: undefined,
  note: undefined,
  problem: undefined,
}));

const { getState: now, setState: set } = useEditor;

const distance = (a: Vec, b: Vec): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

const pose = new Float32Array(WIDTH);
let still: Float32Array | undefined; // the chosen key, solved
let moving: Float32Array | undefined; // the whole motion, solved

/** The edited pose, as what the figure does. */
export const source: Source = {
  mannequin: true,
  moves: () => now().playing,
  pose: (delta) => {
    const { view, playing, time, repeat } = now();
    if (view === "key") return still;
    if (!moving) return still;
    const end = moving.length / WIDTH / 30;
    if (playing) {
      const next = time + delta;
      if (next < end) set({ time: next });
      else if (repeat) set({ time: next % end });
      else set({ time: end, playing: false });
    }
    return sample(moving, now().time * 30, pose);
  },
};

/** Whether the stage shows what is edited, not what was performed. */
export const isOnStage = (): boolean => useStudio.getState().source === source;
export const useOnStage = (): boolean => useStudio((studio) => studio.source === source);

export const keyOf = (editor: Editor): Key | undefined =>
  editor.motion.keys.find(({ id }) => id === editor.chosen);
export const useKey = (): Key | undefined => useEditor(keyOf);

export function stance(): Stance {
  const { joints } = useStudio.getState();
  return joints ? stanceOf(joints) : [0, 0];
}

// ── From the keys to the stage ───────────────────────────────────────────────────────────────────────────────

let again = false;

/** Solves the chosen key; while that is done only the latest of further wishes is kept. */
async function show(): Promise<void> {
  if (now().asking) {
    again = true;
    return;
  }
  set({ asking: true });
  try {
    do {
      again = false;
      const key = keyOf(now());
      const { joints } = useStudio.getState();
      if (!key || !joints) break;
      const pause = new Promise((done) => setTimeout(done, PAUSE));
      still = await solve(poseScript(key.pose, stance()), 0);
      set({ body: bodyOf(joints, still), problem: undefined });
      await pause;
    } while (again);
  } catch (error) {
    set({ problem: problemOf(error) });
  } finally {
    set({ asking: false });
  }
  settleHand();
}

let letGo: Side | undefined; // a hand that was let go, and may be out of the arm's reach

/** A hand that was drawn further than the arm reaches is where the arm has got to. */
function settleHand(): void {
  const { body, motion, chosen } = now();
  const key = keyOf(now());
  if (!letGo || !body || !key) return;
  const hand = reached(key.pose[`${letGo}_hand`], letGo, key.pose, body);
  if (distance(hand.at, key.pose[`${letGo}_hand`].at) > OUT_OF_REACH)
    set({ motion: withPose(motion, chosen, { ...key.pose, [`${letGo}_hand`]: hand }) });
  letGo = undefined;
  keep();
}

/** A handle was let go. */
export function letGoOf(handle: Handle): void {
  if (handle.endsWith("hand")) letGo = handle.startsWith("left") ? "left" : "right";
  if (!now().asking) settleHand();
}

let solving: { of: Motion; about: About; frames: Promise<Float32Array> } | undefined; // what was asked for last
let wish = 0; // counts what is to be seen: a motion that another wish has overtaken is not shown

/** Solves the whole motion; whether it is still to be shown then. */
async function rehearse(): Promise<boolean> {
  const { motion, about } = now();
  const number = ++wish;
  if (solving?.of !== motion || solving.about !== about)
    solving = { of: motion, about, frames: solve(scriptOf(motion, about)) };
  const asked = solving;
  try {
    const frames = await asked.frames;
    if (number !== wish) return false;
    moving = frames;
    set({ problem: undefined });
    return true;
  } catch (error) {
    if (solving === asked) solving = undefined; // so that it can be tried again
    if (number === wish) set({ problem: problemOf(error), playing: false });
    return false;
  }
}

export async function play(): Promise<void> {
  if (now().playing) {
    set({ playing: false });
    return;
  }
  const { view, time, motion } = now();
  const end = motion.keys.at(-1)?.t ?? 0;
  if (await rehearse())
    set({ view: "motion", playing: true, time: view === "key" || time >= end ? 0 : time });
}

/** Show the motion at a time. */
export async function seek(time: number): Promise<void> {
  set({ time, playing: false });
  if (await rehearse()) set({ view: "motion" });
}

export function choose(id: number): void {
  const key = now().motion.keys.find((one) => one.id === id);
  if (!key) return;
  wish++;
  set({ chosen: id, view: "key", playing: false, time: key.t, note: undefined });
  void show();
}

/** Take the stage. */
export function begin(): void {
  useStudio.setState({ source });
  const key = keyOf(now());
  if (key) choose(key.id);
}

/** Give the stage back to what was performed. */
export function leave(): void {
  if (isOnStage()) useStudio.setState({ source: undefined });
  wish++;
  set({ playing: false });
}

// ── Changes ──────────────────────────────────────────────────────────────────────────────────────────────────

let last = { what: "", when: 0 };

function keep(): void {
  const { motion, about } = now();
  keepDraft({ motion, about });
}

/**
 * Another motion, that can be undone. Changes of the same thing (`what`) in a row are undone as one, if not more than
 * `within` ms lie between them.
 */
export function edit(motion: Motion, what = "", within = TOGETHER): void {
  const before = now();
  if (motion === before.motion) return;
  const when = performance.now();
  const same = what !== "" && what === last.what && when - last.when < within;
  last = { what, when };
  const past = same ? before.past : [...before.past, before.motion].slice(-MOST_PAST);
  const there = motion.keys.some(({ id }) => id === before.chosen);
  const chosen = there ? before.chosen : (motion.keys[0]?.id ?? 0);
  wish++;
  set({ motion, past, future: [], chosen, view: "key", playing: false, note: undefined });
  set({ time: keyOf(now())?.t ?? 0 });
  keep();
  void show();
}

/** Another pose of the chosen key. */
export function editPose(next: Pose, what = "", within = TOGETHER): void {
  edit(withPose(now().motion, now().chosen, next), what, within);
}

/** Draw or turn a handle from where it was when that began; `what` and `within` as of `edit`. */
export function drawn(
  handle: Handle,
  from: Pose,
  body: Body,
  by: Vector3 | Quaternion,
  what: string,
  within = TOGETHER,
): void {
  if (handle === "whole" && now().motion.keys[0]?.id === now().chosen) return; // the action begins there
  const next = "w" in by ? turned(handle, from, body, by, stance()) : moved(handle, from, body, by, stance());
  editPose(next, what, within);
}

export function describe(values: Partial<About>): void {
  set({ about: { ...now().about, ...values } });
  keep();
}

function travel(from: "past" | "future", to: "past" | "future"): void {
  const motion = now()[from].at(-1);
  if (!motion) return;
  const [left, before] = [now()[from].slice(0, -1), [...now()[to], now().motion]];
  last = { what: "", when: 0 };
  const chosen = motion.keys.some(({ id }) => id === now().chosen) ? now().chosen : (motion.keys[0]?.id ?? 0);
  set(from === "past" ? { past: left, future: before, motion } : { past: before, future: left, motion });
  keep();
  choose(chosen);
}

export const undo = () => {
  travel("past", "future");
};
export const redo = () => {
  travel("future", "past");
};

/** Edit something else; the keys that were there can be undone. */
export function open(draft: Draft): void {
  edit(draft.motion);
  describe(draft.about);
  const second = now().motion.keys[1];
  if (second) choose(second.id);
}

export function startAnew(): void {
  open({ motion: fresh(), about: ABOUT });
}

/** The pose of a frame becomes that of the chosen key, where the figure is. */
export async function takePose(frame: Float32Array): Promise<void> {
  try {
    const { channels, joint, apart } = await take(frame);
    const said = Object.fromEntries(
      CHANNELS.filter((name) => name in channels).map((name) => [name, channels[name]]),
    );
    const hand = (value: unknown) => ({ frame: "chest", ...(value as object) });
    const taken = {
      ...STANCE,
      ...said,
      left_hand: hand(said.left_hand),
      right_hand: hand(said.right_hand),
    } as Pose;
    if (useStudio.getState().panel === "pose") begin(); // else the tool was left meanwhile
    editPose(carried(taken, keyOf(now())?.pose.root ?? [0, 0, 0], stance()));
    set({ note: { joint, apart } });
  } catch (error) {
    set({ problem: problemOf(error) });
  }
}
