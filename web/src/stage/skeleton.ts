/** Where the joints of a pose are. */

import { Quaternion, Vector3 } from "three";
import type { Joint } from "../api/motion";

/** All joints in the world: where they are, and how they are turned against the T-pose. */
export interface Posed {
  position: Vector3[];
  rotation: Quaternion[];
}

export function unposed(count: number): Posed {
  return {
    position: Array.from({ length: count }, () => new Vector3()),
    rotation: Array.from({ length: count }, () => new Quaternion()),
  };
}

/** Forward kinematics of a pose: root position (3), then rotations wxyz (4 each); written to `into`. */
export function pose(joints: Joint[], values: ArrayLike<number>, into: Posed): Posed {
  const value = (k: number): number => values[k] ?? 0;
  joints.forEach(({ parent, offset }, j) => {
    const [position, rotation] = [into.position[j], into.rotation[j]];
    if (!position || !rotation) return;
    const k = 3 + 4 * j;
    rotation.set(value(k + 1), value(k + 2), value(k + 3), value(k));
    const [origin, turn] = [into.position[parent], into.rotation[parent]];
    if (origin && turn) {
      position.set(...offset).applyQuaternion(turn);
      position.add(origin);
      rotation.premultiply(turn);
    } else position.set(value(0), value(1), value(2));
  });
  return into;
}

/** The pose with identity rotations, feet on the floor. */
export function tPose(joints: Joint[]): Posed {
  const values = new Float32Array(3 + 4 * joints.length);
  values.set(joints[0]?.offset ?? [0, 0, 0]);
  joints.forEach((_, j) => {
    values[3 + 4 * j] = 1;
  });
  return pose(joints, values, unposed(joints.length));
}
