/** [bend forward, turn to the left, lean to the left], degrees, as rotations and back. */

import { Euler, Quaternion } from "three";
import type { Vec } from "./model";

export const DEGREES = 180 / Math.PI;

/** [bend forward, turn to the left, lean to the left] of a rotation, degrees. */
export function anglesOf(turn: Quaternion): Vec {
  const { x, y, z } = new Euler().setFromQuaternion(turn, "YXZ");
  return [DEGREES * x, DEGREES * y, -DEGREES * z];
}

function rotationOf([bend, turn, lean]: Vec): Quaternion {
  return new Quaternion().setFromEuler(new Euler(bend / DEGREES, turn / DEGREES, -lean / DEGREES, "YXZ"));
}

/** Angles in the axes of `parent` after a rotation of the world. */
export function rotated(angles: Vec, parent: Quaternion, by: Quaternion): Vec {
  const local = parent.clone().invert().multiply(by).multiply(parent);
  return anglesOf(local.multiply(rotationOf(angles)));
}
