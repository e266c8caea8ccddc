/** Hands that meet, or touch the body, do so in other proportions too. */

import { Vector3 } from "three";
import type { Posed } from "../skeleton";
import { bend, place } from "./retarget";
import type { Bone, Rig } from "./rig";
import { smooth } from "./smooth";

// m, on the canonical skeleton: nearer than the first a hand touches, farther than the second it is free.
const TOGETHER = [0.2, 0.45] as const;
const ON_BODY = [0.2, 0.4] as const;
// What a hand may lie on, and as what it is scaled: widths of the part.
const PARTS = ["head", "pelvis"] as const;

interface Hand {
  upper: Bone;
  lower: Bone;
  end: Bone;
  joint: Vector3; // the canonical wrist
  target: Vector3;
}

/** Bends the arms so that hands which are near each other or near the body are so on the avatar. */
export function reachWithHands(rig: Rig, posed: Posed): void {
  place(rig);
  const [left, right] = ["left", "right"].map((side) => hand(rig, posed, side));
  if (!left || !right) return;
  const free = [left, right].map((one) => onBody(rig, posed, one));
  const apart = left.joint.clone().sub(right.joint);
  const meeting = near(apart.length(), TOGETHER);
  if (meeting > 0) {
    const centre = left.target.clone().add(right.target).multiplyScalar(0.5);
    const half = apart.multiplyScalar(0.5 * rig.scale);
    left.target.lerp(centre.clone().add(half), meeting);
    right.target.lerp(centre.clone().sub(half), meeting);
  }
  [left, right].forEach((one, side) => {
    if (meeting > 0 || (free[side] ?? 0) > 0) bend(one.upper, one.lower, one.end, one.target, posed);
  });
}

function hand(rig: Rig, posed: Posed, side: string): Hand | undefined {
  const bone = (part: string) => rig.bones.find(({ name }) => name === `${side}_${part}`);
  const [upper, lower, end] = [bone("shoulder"), bone("elbow"), bone("wrist")];
  const joint = end && posed.position[end.from];
  return upper && lower && joint && { upper, lower, end, joint, target: end.position.clone() };
}

/** Moves the target to where the hand is on the part of the body that it touches; how much it touches. */
function onBody(rig: Rig, { position, rotation }: Posed, { joint, target }: Hand): number {
  let most = 0;
  const own = target.clone();
  for (const part of PARTS) {
    const bone = rig.bones.find(({ name }) => name === part);
    const [at, turn] = [bone && position[bone.from], bone && rotation[bone.from]];
    if (!bone || !at || !turn) continue;
    const seen = joint.clone().sub(at).applyQuaternion(turn.clone().invert());
    const touches = near(seen.length(), ON_BODY);
    if (touches <= most) continue;
    most = touches;
    // On the hips as much wider as the hips are.
    const leg = rig.legs[0];
    if (part === "pelvis" && leg) seen.x += Math.sign(seen.x) * (leg.wider / rig.scale);
    target.copy(own).lerp(seen.multiplyScalar(rig.scale).applyQuaternion(turn).add(bone.position), touches);
  }
  return most;
}

function near(distance: number, [touching, free]: readonly [number, number]): number {
  return 1 - smooth((distance - touching) / (free - touching));
}
