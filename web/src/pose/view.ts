/** How the stage is looked at, for the arrow keys: right is right on the picture. */

import { Vector3, type Camera } from "three";

const right = new Vector3(1, 0, 0);

export function setView(camera: Camera): void {
  right.set(1, 0, 0).applyQuaternion(camera.quaternion).setY(0).normalize();
}

/** Steps to the right, up and away from who looks, as a way in the world. */
export function wayInView(x: number, y: number, z: number): Vector3 {
  const away = new Vector3(right.z, 0, -right.x);
  return right.clone().multiplyScalar(x).addScaledVector(away, z).setY(y);
}
