/** Where the joints of a pose are, by name. */

import { Quaternion, Vector3 } from "three";
import type { Joint } from "../api/motion";
import { pose, tPose, unposed, type Posed } from "../stage/skeleton";
import type { Stance } from "./model";

export interface Placed {
  at: Vector3; // m, in the world
  turn: Quaternion;
}

const FURTHER_OUT = 0.015; // m, as the engine's stance is

/** The joints of the figure in one pose, by name. */
export type Body = ReadonlyMap<string, Placed>;

export const bodyOf = (joints: Joint[], frame: Float32Array): Body =>
  named(joints, pose(joints, frame, unposed(joints.length)));

function named(joints: Joint[], { position, rotation }: Posed): Body {
  return new Map(
    joints.flatMap(({ name }, index) => {
      const [at, turn] = [position[index], rotation[index]];
      return at && turn ? [[name, { at, turn }]] : [];
    }),
  );
}

const ORIGIN: Placed = { at: new Vector3(), turn: new Quaternion() };

/** A joint; the origin for one that there is not. */
export const joint = (body: Body, name: string): Placed => body.get(name) ?? ORIGIN;

/** Where the left foot of the stance is, as [x, z]: an ankle at rest, and a little further out. */
export function stanceOf(joints: Joint[]): Stance {
  const { at } = joint(named(joints, tPose(joints)), "left_ankle");
  return [at.x + FURTHER_OUT, at.z];
}
