/** Who is on the stage at this moment; written in each frame, read by the camera and by what is drawn over them. */

import { createContext, useContext } from "react";
import { Vector3 } from "three";
import type { Joint } from "../api/motion";
import type { Avatar } from "./avatar/load";
import { pose, unposed, type Posed } from "./skeleton";

export class Shown {
  readonly posed: Posed; // the canonical skeleton
  readonly place: Vector3[]; // where the joints of the figure that is seen are: the skeleton's, or an avatar's
  scale = 1; // of the figure's way over the floor
  contacts: number | undefined; // which feet stand: bits of left ankle, left ball, right ankle, right ball
  posedOnce = false;

  constructor(readonly joints: Joint[]) {
    this.posed = unposed(joints.length);
    this.place = joints.map(() => new Vector3());
  }

  /** Puts the skeleton in a pose, and an avatar, if there is one, along with it. */
  pose(values: Float32Array, contacts: number | undefined, delta: number, avatar: Avatar | undefined): void {
    pose(this.joints, values, this.posed);
    this.contacts = contacts;
    this.scale = avatar?.scale ?? 1;
    if (avatar) avatar.follow(this.posed, contacts, delta, this.place);
    else this.posed.position.forEach((at, j) => this.place[j]?.copy(at));
    this.posedOnce = true;
  }
}

export const ShownContext = createContext(new Shown([]));

export const useShown = (): Shown => useContext(ShownContext);

/** The place of a joint of the figure that is seen. */
export function placeOf({ joints, place }: Shown, name: string): Vector3 {
  return place[joints.findIndex((joint) => joint.name === name)] ?? new Vector3();
}
