/** Handles: where they are on the figure, and what pose it is when one is drawn or turned. */

import { Quaternion, Vector3 } from "three";
import { anglesOf, DEGREES, rotated } from "./angles";
import { joint, type Body, type Placed } from "./body";
import {
  carried,
  type Foot,
  type Frame,
  type Hand,
  type Pose,
  type Side,
  type Stance,
  type Vec,
} from "./model";

export const HANDLES = [
  "head",
  "chest",
  "hips",
  "left_hand",
  "left_elbow",
  "right_hand",
  "right_elbow",
  "left_foot",
  "left_toes",
  "left_knee",
  "right_foot",
  "right_toes",
  "right_knee",
  "whole",
] as const;
export type Handle = (typeof HANDLES)[number];

/** Those that turn something; the others are only drawn. */
export const TURNING: readonly Handle[] = [
  "head",
  "chest",
  "hips",
  "left_hand",
  "right_hand",
  "left_foot",
  "right_foot",
  "whole",
];

const UP = new Vector3(0, 1, 0);
const AHEAD = { head: 0.22, chest: 0.12, knee: 0.1, toes: 0.1 }; // m, by which a handle stands off the joint
const ABOVE = { head: 0.04, chest: 0.13 };
const SPINE_SHARE = 1.25; // how much the spine bends for the chest to be drawn by an angle about the pelvis
const MOST_BEND = 80; // degrees, of a spine or a neck
const HIGHEST = 1.5; // m, of a lifted foot

const sideOf = (handle: Handle): Side => (handle.startsWith("left") ? "left" : "right");
const signOf = (side: Side): number => (side === "left" ? 1 : -1);
const clamp = (value: number, most: number): number => Math.min(Math.max(value, -most), most);
const along = (turn: Quaternion, x: number, y: number, z: number): Vector3 =>
  new Vector3(x, y, z).applyQuaternion(turn);

/** Where a handle is in a pose that was solved. */
export function placeOf(handle: Handle, pose: Pose, body: Body): Vector3 {
  const side = sideOf(handle);
  const at = (name: string) => joint(body, name);
  switch (handle) {
    case "whole":
      return new Vector3(pose.root[0], 0, pose.root[1]);
    case "hips":
      return at("pelvis").at.clone();
    case "chest":
      return along(at("spine3").turn, 0, ABOVE.chest, AHEAD.chest).add(at("spine3").at);
    case "head":
      return along(at("head").turn, 0, ABOVE.head, AHEAD.head).add(at("head").at);
    case "left_hand":
    case "right_hand":
      return at(`${side}_wrist`).at.clone();
    case "left_foot":
    case "right_foot":
      return at(`${side}_ankle`).at.clone();
    case "left_toes":
    case "right_toes":
      return along(at(`${side}_ankle`).turn, 0, 0, AHEAD.toes).add(at(`${side}_foot`).at);
    case "left_knee":
    case "right_knee":
      return along(at(`${side}_knee`).turn, 0, 0, AHEAD.knee).add(at(`${side}_knee`).at);
    default:
      return at(handle).at.clone();
  }
}

/** The rotation in whose axes a handle is turned. */
export function turnOf(handle: Handle, body: Body): Quaternion {
  const names: Partial<Record<Handle, string>> = { head: "head", chest: "spine3", hips: "pelvis" };
  if (handle === "whole") return new Quaternion();
  if (handle.endsWith("hand")) return joint(body, `${sideOf(handle)}_wrist`).turn;
  return joint(body, names[handle] ?? `${sideOf(handle)}_ankle`).turn;
}

/** The origin and the axes in which the vectors of a hand are meant. */
export function frameOf(frame: Frame, side: Side, pose: Pose, body: Body): Placed {
  const [x, z, turn] = pose.root;
  const heading = new Quaternion().setFromAxisAngle(UP, turn / DEGREES);
  if (frame === "floor") return { at: new Vector3(x, 0, z), turn: heading };
  if (frame === "knee") return { at: joint(body, `${side}_knee`).at, turn: heading };
  if (frame === "shoulder") return shoulderAtRest(side, body);
  return joint(body, frame === "chest" ? "spine3" : frame);
}

/** A shoulder before the arm draws it along: that is what hands are told from. */
function shoulderAtRest(side: Side, body: Body): Placed {
  const { turn } = joint(body, "spine3");
  const collar = joint(body, `${side}_collar`);
  const offset = joint(body, `${side}_shoulder`).at.clone().sub(collar.at);
  return {
    at: offset.applyQuaternion(collar.turn.clone().invert()).applyQuaternion(turn).add(collar.at),
    turn,
  };
}

/** A vector of the world as [outward, up, forward] of a hand's frame. */
function seen(vector: Vector3, turn: Quaternion, side: Side): Vec {
  const { x, y, z } = vector.clone().applyQuaternion(turn.clone().invert());
  return [signOf(side) * x, y, z];
}

const plus = (a: Vec, b: Vec): Vec => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];

/** The hand where it is, told in another frame: it goes with that part of the body from now on. */
export function reframed(hand: Hand, frame: Frame, side: Side, pose: Pose, body: Body): Hand {
  const [old, next] = [frameOf(hand.frame, side, pose, body), frameOf(frame, side, pose, body)];
  const world = ([x, y, z]: Vec): Vector3 => along(old.turn, signOf(side) * x, y, z);
  const way = (vector: Vec | undefined) => vector && seen(world(vector), next.turn, side);
  return {
    at: seen(world(hand.at).add(old.at).sub(next.at), next.turn, side),
    frame,
    palm: way(hand.palm),
    fingers: way(hand.fingers),
    elbow: way(hand.elbow),
  };
}

/** The pose after a handle was drawn `by` some way (m, in the world) from where it is in `body`. */
export function moved(handle: Handle, pose: Pose, body: Body, by: Vector3, stance: Stance): Pose {
  const side = sideOf(handle);
  const from = placeOf(handle, pose, body);
  const to = from.clone().add(by);
  switch (handle) {
    case "left_hand":
    case "right_hand": {
      const hand = pose[handle];
      const { turn } = frameOf(hand.frame, side, pose, body);
      return { ...pose, [handle]: { ...hand, at: plus(hand.at, seen(by, turn, side)) } };
    }
    case "left_elbow":
    case "right_elbow":
      return { ...pose, [`${side}_hand`]: elbowed(pose[`${side}_hand`], side, pose, body, to) };
    case "hips": {
      const local = along(new Quaternion().setFromAxisAngle(UP, -pose.root[2] / DEGREES), by.x, by.y, by.z);
      return { ...pose, hips: plus(pose.hips, [local.x, local.y, local.z]) };
    }
    case "chest": {
      const pelvis = joint(body, "pelvis");
      const [bend, lean] = tilt(pelvis, from, to);
      const [a, b, c] = pose.spine;
      const spine: Vec = [a + SPINE_SHARE * bend, b, c + SPINE_SHARE * lean];
      return { ...pose, spine: bounded(spine) };
    }
    case "head": {
      const [nod, look] = gaze(body, from, to);
      return { ...pose, head: bounded(plus(pose.head, [nod, look, 0])) };
    }
    case "left_foot":
    case "right_foot": {
      const foot = pose[handle];
      const at: Foot["at"] = [foot.at[0] + signOf(side) * by.x, foot.at[1] + by.z];
      const lift = Math.min(Math.max(0, foot.lift + by.y), HIGHEST);
      return { ...pose, [handle]: { ...foot, at, lift } };
    }
    case "left_toes":
    case "right_toes":
      return { ...pose, [`${side}_foot`]: stepped(pose[`${side}_foot`], side, body, from, to) };
    case "left_knee":
    case "right_knee": {
      const middle = joint(body, `${side}_hip`)
        .at.clone()
        .add(joint(body, `${side}_ankle`).at)
        .multiplyScalar(0.5);
      const foot = pose[`${side}_foot`];
      const knee = clamp(foot.knee + signOf(side) * around(middle, from, to), MOST_BEND);
      return { ...pose, [`${side}_foot`]: { ...foot, knee } };
    }
    case "whole":
      return carried(pose, [pose.root[0] + by.x, pose.root[1] + by.z, pose.root[2]], stance);
  }
}

/** Degrees about the vertical from one place to another, as seen from `middle`. */
function around(middle: Vector3, from: Vector3, to: Vector3): number {
  const angle = (place: Vector3): number => Math.atan2(place.x - middle.x, place.z - middle.z);
  const by = angle(to) - angle(from);
  return DEGREES * Math.atan2(Math.sin(by), Math.cos(by));
}

/** How far forward and to the left something is tilted about the pelvis, degrees. */
function tilt(pelvis: Placed, from: Vector3, to: Vector3): [number, number] {
  const back = pelvis.turn.clone().invert();
  const local = (place: Vector3): Vector3 => place.clone().sub(pelvis.at).applyQuaternion(back);
  const [a, b] = [local(from), local(to)];
  const bend = Math.atan2(b.z, b.y) - Math.atan2(a.z, a.y);
  const lean = Math.atan2(b.x, Math.hypot(b.y, b.z)) - Math.atan2(a.x, Math.hypot(a.y, a.z));
  return [DEGREES * bend, DEGREES * lean];
}

/** How far down and to the left one looks who looked at `from` and looks at `to`, degrees. */
function gaze(body: Body, from: Vector3, to: Vector3): [number, number] {
  const back = joint(body, "spine3").turn.clone().invert();
  const local = (place: Vector3): Vector3 => place.clone().sub(joint(body, "head").at).applyQuaternion(back);
  const angles = ({ x, y, z }: Vector3) => [Math.atan2(-y, Math.hypot(x, z)), Math.atan2(x, z)] as const;
  const [[nodA, lookA], [nodB, lookB]] = [angles(local(from)), angles(local(to))];
  return [DEGREES * (nodB - nodA), DEGREES * (lookB - lookA)];
}

const bounded = ([a, b, c]: Vec): Vec => [clamp(a, MOST_BEND), clamp(b, MOST_BEND), clamp(c, MOST_BEND)];

/** The hand with its elbow towards a place: at right angles to the line from shoulder to wrist. */
function elbowed(hand: Hand, side: Side, pose: Pose, body: Body, to: Vector3): Hand {
  const shoulder = joint(body, `${side}_shoulder`).at;
  const reach = joint(body, `${side}_wrist`).at.clone().sub(shoulder).normalize();
  const way = to.clone().sub(shoulder);
  way.addScaledVector(reach, -way.dot(reach));
  if (way.length() < 0.01) return hand;
  const { turn } = frameOf(hand.frame, side, pose, body);
  return { ...hand, elbow: seen(way.normalize(), turn, side) };
}

/** The foot with its toes at a place: it turns, and rolls over heel or ball. */
function stepped(foot: Foot, side: Side, body: Body, from: Vector3, to: Vector3): Foot {
  const ankle = joint(body, `${side}_ankle`).at;
  const reach = Math.max(from.distanceTo(ankle), 0.05);
  const pitch = clamp(foot.pitch - (DEGREES * (to.y - from.y)) / reach, MOST_BEND);
  return { ...foot, pitch, yaw: foot.yaw + signOf(side) * around(ankle, from, to) };
}

/** The pose after what a handle holds was turned `by` a rotation of the world. */
export function turned(handle: Handle, pose: Pose, body: Body, by: Quaternion, stance: Stance): Pose {
  const side = sideOf(handle);
  const heading = new Quaternion().setFromAxisAngle(UP, pose.root[2] / DEGREES);
  switch (handle) {
    case "head":
      return { ...pose, head: bounded(rotated(pose.head, joint(body, "spine3").turn, by)) };
    case "chest":
      return { ...pose, spine: bounded(rotated(pose.spine, joint(body, "pelvis").turn, by)) };
    case "hips":
      return { ...pose, pelvis: bounded(rotated(pose.pelvis, heading, by)) };
    case "left_hand":
    case "right_hand": {
      const hand = pose[handle];
      const { turn } = frameOf(hand.frame, side, pose, body);
      const wrist = by.clone().multiply(joint(body, `${side}_wrist`).turn);
      const palm = seen(along(wrist, 0, -1, 0), turn, side);
      return {
        ...pose,
        [handle]: { ...hand, palm, fingers: seen(along(wrist, signOf(side), 0, 0), turn, side) },
      };
    }
    case "left_foot":
    case "right_foot": {
      const before = joint(body, `${side}_ankle`).turn;
      const [a, b] = [anglesOf(before), anglesOf(by.clone().multiply(before))];
      const foot = pose[handle];
      const yaw = foot.yaw + signOf(side) * (b[1] - a[1]);
      return { ...pose, [handle]: { ...foot, yaw, pitch: clamp(foot.pitch + b[0] - a[0], MOST_BEND) } };
    }
    case "whole": {
      const [, turn] = anglesOf(by);
      return carried(pose, [pose.root[0], pose.root[1], pose.root[2] + turn], stance);
    }
    default:
      return pose;
  }
}

/** The hand where the arm has got to. */
export function reached(hand: Hand, side: Side, pose: Pose, body: Body): Hand {
  const { at, turn } = frameOf(hand.frame, side, pose, body);
  return { ...hand, at: seen(joint(body, `${side}_wrist`).at.clone().sub(at), turn, side) };
}
