/** Where an avatar's feet go: as far apart as its hips want, on its own soles, and there they stay while they stand. */

import { Vector3 } from "three";
import type { Posed } from "../skeleton";
import type { Held, Leg, Rig } from "./rig";
import { smooth } from "./smooth";

const HEEL = 0.3; // of the foot from ankle to ball: how far the heel is behind the ankle, and
const TOES = 0.45; // how far the toes go on beyond the ball
const FLAT = 0.08; // sine of the pitch within which a foot goes over from standing on its heel to standing on its ball
const HALFLIFE = 0.06; // s, in which a foot that is let go makes up half of its way
const FARTHEST = 0.12; // of the leg: a foot that is held is kept no farther off its way
const CUT = 0.35; // of the leg, in one pose: the motion begins anew, or somebody has gone to another place in it

/** A foot in the world, m. */
export interface Footing {
  ankle: Vector3;
  heel: Vector3;
  ball: Vector3;
}

/** Where a foot is, in the scale of the avatar; so it stands where the canonical one does. */
export function standing(rig: Rig, leg: Leg, { position, rotation }: Posed): Footing {
  const [ankle, ball] = leg.joints.map((joint) => position[joint]);
  const [turn, toes] = leg.joints.map((joint) => rotation[joint]);
  if (!ankle || !ball || !turn || !toes) throw new Error("The skeleton has no feet.");
  const turned = (x: number, y: number, z: number) => new Vector3(x, y, z).applyQuaternion(turn);
  const { x, y, z } = leg.foot;
  const upright = Math.max(0, turned(0, 1, 0).y); // the height over the sole counts only if the sole is below
  const out = turned(leg.wider, 0, 0).setY(0);
  const ours = rig.joints[leg.joints[1]]?.offset ?? [0, 0, 0];
  const ballHeight = rig.canonicalAnkle + ours[1];
  // On the heel: the ankle is as far behind a flat foot's ball as it is in the avatar.
  const onHeel = ankle.clone().multiplyScalar(rig.scale).add(out);
  onHeel.y += upright * (rig.ankle - rig.scale * rig.canonicalAnkle);
  onHeel.add(turned(rig.scale * ours[0] - x, 0, rig.scale * ours[2] - z).setY(0));
  // On the ball. Flat on the floor, both are the same.
  const onBall = ball.clone().multiplyScalar(rig.scale).add(out);
  onBall.y += upright * (rig.ankle + y - rig.scale * ballHeight);
  onBall.sub(turned(x, y, z));
  const at = onHeel.lerp(onBall, smooth((FLAT - turned(0, 0, 1).y) / (2 * FLAT)));
  // Never in the floor.
  const long = Math.hypot(x, z);
  const heel = turned(0, -rig.ankle, -HEEL * long);
  const under = turned(x, -rig.ankle, z);
  const tip = turned(x, y, z).add(new Vector3(0, -rig.ankle - y, TOES * long).applyQuaternion(toes));
  at.y -= Math.min(0, at.y + Math.min(heel.y, under.y, tip.y));
  return { ankle: at, heel: heel.add(at), ball: under.add(at) };
}

/** Where the ankle shall be: what stands of the foot (bits of heel and ball) is kept where it came down. */
export function hold({ held, length }: Leg, footing: Footing, stands: number, delta: number): Vector3 {
  const { ankle } = footing;
  if (ankle.distanceTo(held.before) > CUT * length) forget(held);
  held.before.copy(ankle);
  const part = stands & 2 ? "ball" : stands & 1 ? "heel" : undefined;
  if (part) {
    if (part !== held.part) held.anchor.copy(footing[part]).add(held.offset);
    held.offset
      .copy(held.anchor)
      .sub(footing[part])
      .setY(0)
      .clampLength(0, FARTHEST * length);
  } else held.offset.multiplyScalar(2 ** (-delta / HALFLIFE));
  held.part = part;
  return ankle.add(held.offset);
}

function forget(held: Held): void {
  held.part = undefined;
  held.offset.set(0, 0, 0);
}
