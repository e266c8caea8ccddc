/** Where the joints of a pose are: forward kinematics of one frame. */

import { Quaternion, Vector3 } from "three";
import type { Joint } from "../api/motion";
import type { Stance } from "./model";

export interface Placed {
  at: Vector3; // m, in the world
  turn: Quaternion;
}

const FURTHER_OUT = 0.015; // m, as the engine's stance is

/** The joints of the figure in one pose, by name. */
export type Body = ReadonlyMap<string, Placed>;

export function bodyOf(joints: Joint[], frame: Float32Array): Body {
  const value = (k: number): number => frame[k] ?? 0;
  const placed: Placed[] = [];
  for (const [index, joint] of joints.entries()) {
    const k = 3 + 4 * index;
    const own = new Quaternion(value(k + 1), value(k + 2), value(k + 3), value(k));
    const parent = placed[joint.parent];
    const at = parent
      ? new Vector3(...joint.offset).applyQuaternion(parent.turn).add(parent.at)
      : new Vector3(value(0), value(1), value(2));
    placed.push({ at, turn: parent ? parent.turn.clone().multiply(own) : own });
  }
  return new Map(joints.flatMap(({ name }, index) => (placed[index] ? [[name, placed[index]]] : [])));
}

const ORIGIN: Placed = { at: new Vector3(), turn: new Quaternion() };

/** A joint; the origin for one that there is not. */
export const joint = (body: Body, name: string): Placed => body.get(name) ?? ORIGIN;

/** Where the left foot of the stance is, as [x, z]: an ankle at rest, and a little further out. */
export function stanceOf(joints: Joint[]): Stance {
  const rest = new Float32Array(3 + 4 * joints.length);
  rest.set(joints[0]?.offset ?? []);
  joints.forEach((_, index) => (rest[3 + 4 * index] = 1));
  const { at } = joint(bodyOf(joints, rest), "left_ankle");
  return [at.x + FURTHER_OUT, at.z];
}
