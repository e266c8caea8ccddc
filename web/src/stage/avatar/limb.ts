/** Two-bone inverse kinematics: a leg or an arm reaches for a place. */

import { Quaternion, Vector3 } from "three";

const STRETCH = 0.998; // of the limb's length: it is never straightened fully, where a joint would pop

export interface Bend {
  upper: Quaternion; // in the world, to be applied over what the upper bone's rotation is
  lower: Quaternion;
}

/**
 * How to turn both bones so that `end` reaches `target`, or comes as near as it can.
 * The middle joint stays on the side on which it is; a straight limb bends towards `pole`.
 */
export function reach(root: Vector3, middle: Vector3, end: Vector3, target: Vector3, pole: Vector3): Bend {
  const upper = middle.distanceTo(root);
  const lower = end.distanceTo(middle);
  const aim = target.clone().sub(root);
  const longest = Math.max(STRETCH * (upper + lower), end.distanceTo(root)); // straighter already: so it stays
  const distance = Math.min(Math.max(aim.length(), Math.abs(upper - lower) * 1.01 + 1e-6), longest);
  aim.normalize();
  const side = across(middle.clone().sub(root), end.clone().sub(root).normalize());
  side.addScaledVector(pole, 0.02 * upper); // a few degrees of bend are measured; less is noise
  const bendSide = across(side, aim).normalize();
  const cosine = (upper * upper + distance * distance - lower * lower) / (2 * upper * distance);
  const angle = Math.acos(Math.min(Math.max(cosine, -1), 1));
  const joint = root
    .clone()
    .addScaledVector(aim, upper * Math.cos(angle))
    .addScaledVector(bendSide, upper * Math.sin(angle));
  const tip = root.clone().addScaledVector(aim, distance);
  const turnUpper = between(middle.clone().sub(root), joint.clone().sub(root));
  const shank = end.clone().sub(middle).applyQuaternion(turnUpper);
  const turnLower = between(shank, tip.sub(joint)).multiply(turnUpper);
  return { upper: turnUpper, lower: turnLower };
}

/** The shortest rotation from one direction to another. */
export function between(from: Vector3, to: Vector3): Quaternion {
  return new Quaternion().setFromUnitVectors(from.clone().normalize(), to.clone().normalize());
}

/** What of a vector is square to a direction. */
function across(vector: Vector3, direction: Vector3): Vector3 {
  return vector.addScaledVector(direction, -vector.dot(direction));
}
