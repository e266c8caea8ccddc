/** Commands in, motions out. */

import { ask, get, send } from "./http";

export interface Joint {
  name: string;
  parent: number;
  offset: [number, number, number]; // m
}

export type Side = "left" | "right" | "both";
export type Direction = "forward" | "backward" | "left" | "right";
export type Mask = "full" | "upper" | "arms" | "left_arm" | "right_arm" | "head";

/** What may be stated of an action; null or absent: not stated. */
export interface Parameters {
  side?: Side | null;
  direction?: Direction | null;
  speed?: number;
  repetitions?: number | null;
  distance?: number | null; // m
  steps?: number | null;
  degrees?: number | null;
}

/** An action at its place on a track, s. */
export interface Placed extends Parameters {
  action: string;
  start: number;
  duration?: number | null; // none: as long as it takes by itself
}

/** Actions by the second: the first track moves the body, the others are laid over it. */
export interface TrackOf {
  clips: Placed[];
  mask?: Mask | null;
}

export interface Segment {
  action: string;
  start: number; // s
  end: number;
  layer: number;
  mask: Mask;
  phrase: string;
  note: string;
}

/** What a word says: an action, the parameter that it states, when, or nothing. */
export type Kind =
  | ""
  | "action"
  | "timing"
  | "side"
  | "direction"
  | "speed"
  | "repetitions"
  | "duration"
  | "distance"
  | "steps"
  | "degrees";

/** Places in the text count characters as the service does: one beyond U+FFFF is one, not two as in a JS string. */
export interface Word {
  start: number;
  end: number;
  text: string;
  role: "action" | "connective" | "filler" | "negated" | "ignored" | "unknown";
  action: number | null;
  kind: Kind;
}

export interface Call extends Parameters {
  phrase: string;
  action: string;
  score: number;
  duration?: number | null; // s
}

export interface Parsed {
  plan: string;
  language: "en" | "zh";
  ignored: string[];
  steps: { actions: Call[] }[];
  words: Word[];
}

/** Words to put in the place of a stretch of the text; empty: leave it out. */
export interface Suggestion {
  start: number;
  end: number;
  text: string;
}

/** What is understood of a command that is being typed. */
export interface Draft extends Parsed {
  unknown: (Suggestion & { suggestions: Suggestion[] })[]; // what stands there, and what may be meant
  refused: string; // why it would not be performed; empty: it would be
}

export interface Motion extends Parsed {
  id: string;
  frames: number;
  timeline: { fps: number; duration: number; segments: Segment[] };
  tracks: TrackOf[];
}

/** What a recording says, and its motion. */
export interface Spoken extends Motion {
  heard: { text: string; language: "en" | "zh"; certainty: number };
}

const at = "/v1";

/** Understand what there is of a command. */
export const draft = (text: string, signal?: AbortSignal) =>
  send<Draft>(`${at}/parse/draft`, { text }, { signal });

/** Understand and perform a command. */
export const command = (text: string) => send<Motion>(`${at}/commands`, { text });

/** Understand and perform what is said in a sound file. */
export async function listen(sound: Blob): Promise<Spoken> {
  const headers = { "content-type": sound.type };
  return (await (
    await ask(`${at}/commands/audio`, { method: "POST", headers, body: sound })
  ).json()) as Spoken;
}

/** Perform actions by the second. */
export const compose = (tracks: TrackOf[]) => send<Motion>(`${at}/sequences`, { tracks });

/** All frames: per frame the root position (3) and the joints' rotations wxyz (4 each). */
export async function frames(id: string): Promise<Float32Array> {
  return new Float32Array(await (await ask(`${at}/tracks/${id}/frames`)).arrayBuffer());
}

/** Per frame which feet stand: bits of left ankle, left ball, right ankle, right ball. */
export async function contacts(id: string): Promise<Uint8Array> {
  return new Uint8Array(await (await ask(`${at}/tracks/${id}/contacts`)).arrayBuffer());
}

/** Per frame DWPose's 18 points of the body, 2 x 21 of the hands, 68 of the face: x, y (0..1, down), score. */
export async function keypoints(id: string): Promise<Float32Array> {
  return new Float32Array(await (await ask(`${at}/tracks/${id}/keypoints`)).arrayBuffer());
}

let joints: Promise<Joint[]> | undefined;

/** The canonical skeleton, in the order of the rotations; asked for until the service has answered once. */
export function skeleton(): Promise<Joint[]> {
  joints ??= get<Joint[]>(`${at}/skeleton`).catch((error: unknown) => {
    joints = undefined;
    throw error;
  });
  return joints;
}

/** What a named sequence stands for. */
export interface Sequence {
  name: string;
  plan: string;
  say: string;
}

/** Keep tracks, or a text, under a name, which is a command from then on; 412 if there is one that is not to be replaced. */
export function save(
  name: string,
  what: { tracks: TrackOf[] } | { text: string },
  replace: boolean,
): Promise<Sequence> {
  const headers: Record<string, string> = replace ? {} : { "if-none-match": "*" };
  return send<Sequence>(`${at}/sequences/${encodeURIComponent(name)}`, what, { method: "PUT", headers });
}
