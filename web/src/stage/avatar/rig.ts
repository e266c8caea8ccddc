/**
 * An avatar's bones beside the canonical skeleton's.
 *
 * Of a bone only one thing matters here: its `turn`, the rotation in the world against how it is at rest. At rest an
 * avatar may stand in a T-pose, an A-pose or in between, and its bones may be rolled in any way: `align` is the turn
 * that takes a bone from the avatar's rest pose to the canonical T-pose.
 */

import { Matrix4, Quaternion, Vector3 } from "three";
import type { Joint } from "../../api/motion";
import { tPose } from "../skeleton";
import { between } from "./limb";

const UP = new Vector3(0, 1, 0);
const MOST_YAW = 0.45; // rad: feet that point elsewhere at rest are meant so

/** Where an avatar's bones are at rest, m: it faces +Z and stands on y = 0. Canonical names; spine1 to spineN. */
export type Rest = ReadonlyMap<string, Vector3>;

export interface Bone {
  name: string;
  parent: number;
  offset: Vector3; // from the parent at rest, in the world
  align: Quaternion;
  from: number; // the canonical joints between which its motion is found,
  to: number;
  share: number; // and how far from the one to the other
  position: Vector3; // now
  turn: Quaternion;
}

export interface Leg {
  hip: number;
  knee: number;
  ankle: number;
  joints: [ankle: number, foot: number]; // canonical
  length: number; // m, thigh and shin
  foot: Vector3; // from the ankle to the ball, aligned
  held: Held;
  wider: number; // m by which this foot stands further out than the scaled canonical one; negative on the right
}

/** What is remembered of a foot that stands. */
export interface Held {
  part: "heel" | "ball" | undefined; // what of it is held,
  anchor: Vector3; // and where on the floor
  offset: Vector3; // by which the foot is kept off its own way; it decays once the foot is let go
  before: Vector3; // where the foot would have been in the last pose
}

export interface Rig {
  joints: Joint[];
  bones: Bone[];
  legs: Leg[];
  scale: number; // of everything in the world: the legs' ratio
  ankle: number; // m over the floor, at rest
  canonicalAnkle: number;
  canonicalHips: number; // m over the floor, middle of the hips
  hips: Vector3; // their middle seen from the pelvis, at rest
  shown: number[]; // the bone that shows where a canonical joint is
}

const CHILD: [RegExp, string][] = [
  [/_hip$/, "knee"],
  [/_knee$/, "ankle"],
  [/_shoulder$/, "elbow"],
  [/_elbow$/, "wrist"],
  [/_wrist$/, "middle1"],
  [/[a-z]1$/, "2"],
  [/[a-z]2$/, "3"],
];

/** The bone on which a bone hangs, among those that there are. */
export function parentOf(name: string, there: { has(name: string): boolean }): string | undefined {
  if (name === "pelvis") return undefined;
  const [side, part] = name.includes("_") ? name.split("_", 2) : ["", name];
  const number = Number(/\d+$/.exec(name)?.[0] ?? 0);
  let above: string;
  if (part?.startsWith("spine")) above = number > 1 ? `spine${String(number - 1)}` : "pelvis";
  else if (part === "head") above = "neck";
  else if (part === "hip") above = "pelvis";
  else if (part === "neck" || part === "collar") above = topOfSpine(there);
  else if (number > 1) above = name.slice(0, -1) + String(number - 1);
  else {
    const limbs = { knee: "hip", ankle: "knee", foot: "ankle", shoulder: "collar", elbow: "shoulder" };
    above = `${side ?? ""}_${limbs[part as keyof typeof limbs] ?? (part === "wrist" ? "elbow" : "wrist")}`;
  }
  return there.has(above) ? above : parentOf(above, there);
}

function topOfSpine(there: { has(name: string): boolean }): string {
  let top = 0;
  while (there.has(`spine${String(top + 1)}`)) top++;
  return top ? `spine${String(top)}` : "pelvis";
}

/** The rig of an avatar that has at least pelvis, head, arms and legs. */
export function makeRig(joints: Joint[], rest: Rest): Rig {
  const canonical = tPose(joints);
  const index = new Map(joints.map(({ name }, j) => [name, j]));
  const place = (name: string): Vector3 => canonical.position[index.get(name) ?? 0] ?? new Vector3();
  const at = (name: string): Vector3 => rest.get(name) ?? new Vector3();
  const names = ordered(rest);
  const bones = names.map((name): Bone => {
    const parent = parentOf(name, rest);
    return {
      name,
      parent: parent === undefined ? -1 : names.indexOf(parent),
      offset: at(name)
        .clone()
        .sub(parent === undefined ? new Vector3() : at(parent)),
      align: new Quaternion(),
      ...sources(name, names, index),
      position: new Vector3(),
      turn: new Quaternion(),
    };
  });
  for (const bone of bones) bone.align = alignment(bone, bones, rest, place);
  const length = (where: (name: string) => Vector3, side: string): number =>
    where(`${side}_hip`).distanceTo(where(`${side}_knee`)) +
    where(`${side}_knee`).distanceTo(where(`${side}_ankle`));
  const both = (where: (name: string) => Vector3) => length(where, "left") + length(where, "right");
  const scale = both(at) / both(place);
  const middle = at("left_hip").clone().add(at("right_hip")).multiplyScalar(0.5);
  const ankle = (at("left_ankle").y + at("right_ankle").y) / 2;
  const legs = ["left", "right"].map((side): Leg => {
    const leg = (part: string): number => names.indexOf(`${side}_${part}`);
    const joint = (part: string): number => index.get(`${side}_${part}`) ?? 0;
    const toes = bones[leg("foot")];
    const ours = place(`${side}_foot`)
      .clone()
      .sub(place(`${side}_ankle`))
      .multiplyScalar(scale);
    return {
      hip: leg("hip"),
      knee: leg("knee"),
      ankle: leg("ankle"),
      joints: [joint("ankle"), joint("foot")],
      length: length(at, side),
      foot: toes ? toes.offset.clone().applyQuaternion(toes.align) : ours,
      held: { part: undefined, anchor: new Vector3(), offset: new Vector3(), before: new Vector3() },
      wider: at(`${side}_hip`).x - middle.x - scale * place(`${side}_hip`).x,
    };
  });
  return {
    joints,
    bones,
    legs,
    scale,
    ankle,
    canonicalAnkle: place("left_ankle").y,
    canonicalHips: place("left_hip").y,
    hips: middle.sub(at("pelvis")),
    shown: joints.map(({ name }) => shownBy(name, names)),
  };
}

/** Parents first. */
function ordered(rest: Rest): string[] {
  const depth = (name: string): number => {
    const parent = parentOf(name, rest);
    return parent === undefined ? 0 : 1 + depth(parent);
  };
  return [...rest.keys()].sort((a, b) => depth(a) - depth(b));
}

/** However many bones a spine has, the last moves as the canonical chest, and those below in between. */
function sources(name: string, names: string[], index: Map<string, number>) {
  const own = index.get(name) ?? 0;
  if (!name.startsWith("spine")) return { from: own, to: own, share: 0 };
  const count = names.filter((one) => one.startsWith("spine")).length;
  const along = (3 * Number(name.slice(5))) / count;
  const joint = (at: number): number => index.get(at > 0 ? `spine${String(at)}` : "pelvis") ?? 0;
  return { from: joint(Math.floor(along)), to: joint(Math.ceil(along)), share: along % 1 };
}

/** The nearest bone that an avatar has for a canonical joint. */
function shownBy(name: string, names: string[]): number {
  const own = names.indexOf(name);
  const count = names.filter((one) => one.startsWith("spine")).length;
  if (name.startsWith("spine")) {
    const nearest = Math.round((Number(name.slice(5)) * count) / 3);
    return names.indexOf(nearest ? `spine${String(nearest)}` : "pelvis");
  }
  if (own >= 0) return own;
  return names.indexOf(parentOf(name, new Set(names)) ?? "pelvis");
}

/** The turn of a bone from the avatar's rest pose to the canonical T-pose; its parents' are known. */
function alignment(bone: Bone, bones: Bone[], rest: Rest, place: (name: string) => Vector3): Quaternion {
  const { name } = bone;
  const above = bones[bone.parent]?.align ?? new Quaternion();
  const line = (from: string, to: string) => {
    const [a, b] = [rest.get(from), rest.get(to)];
    return a && b ? [b.clone().sub(a), place(to).clone().sub(place(from))] : undefined;
  };
  const side = name.slice(0, name.indexOf("_"));
  if (/_(ankle|foot)$/.test(name)) {
    const [theirs, ours] = line(`${side}_ankle`, `${side}_foot`) ?? [];
    if (!theirs || !ours) return new Quaternion();
    const yaw = Math.atan2(ours.x, ours.z) - Math.atan2(theirs.x, theirs.z); // the sole stays flat
    return new Quaternion().setFromAxisAngle(UP, Math.min(Math.max(yaw, -MOST_YAW), MOST_YAW));
  }
  const [theirKnuckles, ourKnuckles] = line(`${side}_index1`, `${side}_pinky1`) ?? [];
  const rule = CHILD.find(([pattern]) => pattern.test(name));
  if (!rule || name.startsWith("spine")) return above.clone();
  const child = rule[1].length > 1 ? `${side}_${rule[1]}` : name.slice(0, -1) + rule[1];
  const [theirs, ours] = line(name, child) ?? [];
  if (!theirs || !ours) return above.clone();
  if (name.endsWith("_wrist") && theirKnuckles && ourKnuckles)
    return frame(ours, ourKnuckles).multiply(frame(theirs, theirKnuckles).invert());
  return between(theirs.applyQuaternion(above), ours).multiply(above);
}

/** The rotation whose x is a direction, and whose z lies in the plane of it and another one. */
function frame(direction: Vector3, other: Vector3): Quaternion {
  const x = direction.clone().normalize();
  const y = other.clone().cross(x).normalize();
  return new Quaternion().setFromRotationMatrix(new Matrix4().makeBasis(x, y, x.clone().cross(y)));
}
