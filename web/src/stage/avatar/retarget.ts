/**
 * The canonical skeleton's motion on an avatar of other proportions.
 *
 * Bones point where the canonical ones point; the way over the floor is scaled by the legs. Each foot is put where the
 * canonical one is in that scale, by inverse kinematics: so a foot that stands, stands, whatever hips and shins are
 * like.
 */

import { Quaternion, Vector3 } from "three";
import type { Posed } from "../skeleton";
import { hold, standing } from "./feet";
import { reachWithHands } from "./hands";
import { reach } from "./limb";
import type { Bone, Rig } from "./rig";
import { smooth } from "./smooth";

const DROP = 0.12; // of the leg: the most the pelvis is lowered so that both feet reach the floor
const NEAR_FLOOR = 0.25; // of the leg: for feet that are higher it is not lowered
const FULL = 0.9975; // of the leg's length: what it can reach

/**
 * Puts the bones of the rig as the canonical skeleton is posed.
 *
 * `contacts`: which feet stand, as bits of left ankle, left ball, right ankle, right ball; `delta`: s since the last
 * pose, over which feet that have been let go return to their own way.
 */
export function retarget(rig: Rig, posed: Posed, contacts = 0, delta = 0): void {
  for (const bone of rig.bones) follow(bone, posed);
  const root = rig.bones[0];
  if (!root) return;
  putPelvis(rig, root, posed);
  place(rig);
  const targets = rig.legs.map((leg, side) => {
    const footing = standing(rig, leg, posed);
    return hold(leg, footing, (contacts >> (2 * side)) & 3, delta);
  });
  root.position.y -= lowered(rig, targets);
  place(rig);
  rig.legs.forEach((leg, side) => {
    const target = targets[side];
    const [hip, knee, ankle] = [rig.bones[leg.hip], rig.bones[leg.knee], rig.bones[leg.ankle]];
    if (target && hip && knee && ankle) bend(hip, knee, ankle, target, posed);
  });
  reachWithHands(rig, posed);
  place(rig);
}

function follow(bone: Bone, { rotation }: Posed): void {
  const [from, to] = [rotation[bone.from], rotation[bone.to]];
  if (!from || !to) return;
  bone.turn.copy(from);
  if (bone.share) bone.turn.slerp(to, bone.share);
  bone.turn.multiply(bone.align);
}

/** Where all bones are, from their turns and the pelvis. */
export function place({ bones }: Rig): void {
  for (const bone of bones) {
    const parent = bones[bone.parent];
    if (parent) bone.position.copy(bone.offset).applyQuaternion(parent.turn).add(parent.position);
  }
}

/** The middle of the hips is where the canonical one is, scaled; who stands, stands on the avatar's own soles. */
function putPelvis(rig: Rig, root: Bone, { position }: Posed): void {
  const [left, right] = rig.legs.map((leg) => position[rig.bones[leg.hip]?.from ?? 0]);
  if (!left || !right) return;
  const hips = left.clone().add(right).multiplyScalar(0.5);
  const upright = smooth(hips.y / rig.canonicalHips);
  root.position.copy(hips).multiplyScalar(rig.scale);
  root.position.y += upright * (rig.ankle - rig.scale * rig.canonicalAnkle);
  root.position.sub(rig.hips.clone().applyQuaternion(root.turn));
}

/** How far the pelvis must come down so that the feet near the floor reach their places. */
function lowered(rig: Rig, targets: Vector3[]): number {
  const drops = rig.legs.map((leg, side) => {
    const [hip, target] = [rig.bones[leg.hip]?.position, targets[side]];
    if (!hip || !target) return 0;
    const near = 1 - smooth((target.y - rig.ankle) / (NEAR_FLOOR * leg.length));
    const aside = Math.hypot(target.x - hip.x, target.z - hip.z);
    const high = Math.sqrt(Math.max(0, (FULL * leg.length) ** 2 - aside ** 2));
    return near * Math.min(Math.max(0, hip.y - target.y - high), DROP * leg.length);
  });
  return Math.max(...drops);
}

/** Turns the two bones of a limb so that its end comes to `target`; its hand or foot keeps its direction. */
export function bend(upper: Bone, lower: Bone, end: Bone, target: Vector3, { rotation }: Posed): void {
  const ahead = new Vector3(0, 0, 1).applyQuaternion(rotation[upper.from] ?? new Quaternion());
  const turns = reach(upper.position, lower.position, end.position, target, ahead);
  upper.turn.premultiply(turns.upper);
  lower.turn.premultiply(turns.lower);
}
