/** From what is edited to a key-pose script (docs/keypose.md): a document, and its YAML. */

import type { Mask } from "../api/motion";
import {
  CHANNELS,
  footSeenFrom,
  same,
  SIDES,
  STANCE,
  type Channel,
  type Foot,
  type Hand,
  type Key,
  type Motion,
  type Pose,
  type Side,
  type Stance,
  type Vec,
} from "./model";

/** What is said of an action. */
export interface About {
  name: string;
  description: string;
  en: string; // other names, with commas between them
  zh: string;
  licence: string;
  source: string;
  mask: Mask | ""; // "": as the keys need it
  side: Side | "none" | "";
  cycles: number;
  start: string; // postures
  end: string;
}

export type Document = Record<string, unknown>;

const AXES = ["x", "y", "z"] as const;
const WORDS: Record<(typeof AXES)[number], [string, string]> = {
  x: ["out", "in"],
  y: ["up", "down"],
  z: ["forward", "back"],
};

const round = (value: number, digits: number): number => Number(value.toFixed(digits)) + 0;
const metres = (values: readonly number[]): number[] => values.map((value) => round(value, 4));
const degrees = (values: readonly number[]): number[] => values.map((value) => round(value, 2));

/** A direction as a word, if it is one: "forward". */
export function worded(way: Vec): string | undefined {
  const axis = way.findIndex((value) => Math.abs(value) > 0.999 * Math.hypot(...way));
  const name = AXES[axis];
  return name && WORDS[name][(way[axis] ?? 0) > 0 ? 0 : 1];
}

/** The direction of a word. */
export function wayOf(word: string): Vec {
  const way: Vec = [0, 0, 0];
  AXES.forEach((axis, at) => {
    way[at] = word === WORDS[axis][0] ? 1 : word === WORDS[axis][1] ? -1 : 0;
  });
  return way;
}

function hand({ at, frame, palm, fingers, elbow }: Hand): Document {
  return {
    at: metres(at),
    ...(frame === "chest" ? {} : { frame }),
    ...(palm ? { palm: worded(palm) ?? metres(palm) } : {}),
    ...(palm && fingers ? { fingers: worded(fingers) ?? metres(fingers) } : {}),
    ...(elbow ? { elbow: worded(elbow) ?? metres(elbow) } : {}),
  };
}

function foot({ at, yaw, lift, pitch, knee }: Foot): Document {
  const turned = { yaw: round(yaw, 2), pitch: round(pitch, 2), knee: round(knee, 2) };
  return { at: metres(at), lift: round(lift, 4), ...turned };
}

function value(pose: Pose, channel: Channel): unknown {
  switch (channel) {
    case "root":
      return [...metres(pose.root.slice(0, 2)), ...degrees(pose.root.slice(2))];
    case "hips":
      return metres(pose.hips);
    case "pelvis":
    case "spine":
    case "head":
      return degrees(pose[channel]);
    case "left_hand":
    case "right_hand":
      return same(pose[channel], STANCE[channel]) ? "rest" : hand(pose[channel]);
    case "left_foot":
    case "right_foot":
      return same(pose[channel], STANCE[channel]) ? "rest" : foot(pose[channel]);
    default:
      return pose[channel];
  }
}

/** The channels that some key moves out of the stance. */
export function used(keys: Key[]): Set<Channel> {
  return new Set(
    CHANNELS.filter((channel) => keys.some(({ pose }) => !same(pose[channel], STANCE[channel]))),
  );
}

/** The joints that the action needs when another one moves the body. */
export function maskOf(keys: Key[]): Mask {
  const moved = used(keys);
  const has = (...channels: Channel[]) => channels.some((channel) => moved.has(channel));
  if (has("root", "hips", "pelvis", "left_foot", "right_foot")) return "full";
  const [left, right] = [has("left_hand", "left_fingers"), has("right_hand", "right_fingers")];
  if (has("spine") || (has("head") && (left || right))) return "upper";
  if (left && right) return "arms";
  return left ? "left_arm" : right ? "right_arm" : has("head") ? "head" : "full";
}

/** The side it is performed with, if only one is. */
export function sideOf(keys: Key[]): Side | undefined {
  const moved = used(keys);
  const sides = SIDES.filter((side) =>
    [...moved].some((channel) => channel.startsWith(side) && !channel.endsWith("foot")),
  );
  return sides.length === 1 ? sides[0] : undefined;
}

function keyOf(key: Key, before: Key | undefined, channels: Set<Channel>): Document {
  const said: Document = { t: key.t, ...(key.ease === "auto" ? {} : { ease: key.ease }) };
  if (CHANNELS.every((channel) => same(key.pose[channel], STANCE[channel])))
    return { ...said, pose: "stand" };
  const goes = channels.has("root"); // then feet are told as seen from where it began
  const hold: Channel[] = [];
  for (const channel of CHANNELS.filter((one) => channels.has(one))) {
    if (before && same(key.pose[channel], before.pose[channel])) hold.push(channel);
    else if (goes && (channel === "left_foot" || channel === "right_foot"))
      said[channel] = { ...foot(key.pose[channel]), when: 0 };
    else said[channel] = value(key.pose, channel);
  }
  return hold.length > 0 ? { ...said, hold } : said;
}

const words = (text: string): string[] =>
  text
    .split(/[,，、;；\n]/)
    .map((word) => word.trim())
    .filter((word) => word !== "");

/** A name as a script has it; what cannot be written so is left out. */
export function slug(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
  return plain.replaceAll(/^[_0-9]+|_+$/g, "").slice(0, 40) || "my_action";
}

/** The whole script. */
export function scriptOf(motion: Motion, about: About): Document {
  const { keys, loop, follow, life } = motion;
  const channels = used(keys);
  const times = loop?.map((id) => keys.find((key) => key.id === id)?.t ?? 0);
  const side = about.side === "" ? sideOf(keys) : about.side === "none" ? undefined : about.side;
  const [en, zh] = [words(about.en), words(about.zh)];
  return {
    name: slug(about.name),
    description: about.description.trim() || about.name.trim() || "Made in the pose editor",
    ...(en.length + zh.length > 0 ? { aliases: { en, zh } } : {}),
    source: about.source.trim() || "Pose editor",
    licence: about.licence.trim() || "unknown",
    mask: about.mask || maskOf(keys),
    ...(side ? { side } : {}),
    ...(times ? { loop: times.sort((a, b) => a - b), cycles: about.cycles } : {}),
    ...(about.start === "stand" ? {} : { start_posture: about.start }),
    ...(about.end === "stand" ? {} : { end_posture: about.end }),
    ...(follow === 1 ? {} : { follow }),
    ...(life === 1 ? {} : { life }),
    keys: keys.map((key, at) => keyOf(key, keys[at - 1], channels)),
  };
}

/** A script of one pose, as the first of its two keys: quick to solve. */
export function poseScript(pose: Pose, stance: Stance): Document {
  const still = { name: "pose", description: "pose", source: "pose", licence: "pose" };
  const seen = (side: Side): Foot => footSeenFrom(pose[`${side}_foot`], side, pose.root, stance);
  const here: Pose = { ...pose, left_foot: seen("left"), right_foot: seen("right") };
  const channels = Object.fromEntries(CHANNELS.map((channel) => [channel, value(here, channel)]));
  return { ...still, keys: [{ t: 0, ...channels }, { t: 1 }] };
}

const PLAIN = /^[a-z][a-z0-9 _.-]*$/i;
const RESERVED = /^(y|n|yes|no|on|off|true|false|null)$/i;

/** A value on one line, as YAML that people write: {t: 0.8, palm: forward}. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([name, one]) => `${name}: ${flow(one)}`)
      .join(", ")}}`;
  if (typeof value === "string" && PLAIN.test(value) && !RESERVED.test(value)) return value.trim();
  return JSON.stringify(value);
}

/** A script as YAML: a line for each name and each channel. */
export function yamlOf(script: Document): string {
  const lines = Object.entries(script).flatMap(([name, value]) =>
    name === "keys" ? ["keys:", ...(value as Document[]).flatMap(keyLines)] : [`${name}: ${flow(value)}`],
  );
  return `${lines.join("\n")}\n`;
}

function keyLines(key: Document): string[] {
  const entries = Object.entries(key);
  if (entries.length <= 3 && entries.every(([, value]) => typeof value !== "object"))
    return [`  - ${flow(key)}`];
  return entries.map(([name, value], at) => `${at === 0 ? "  - " : "    "}${name}: ${flow(value)}`);
}
