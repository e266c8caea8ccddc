/** The camera: the user's own, that goes along with the figure and knows a few places to look from. */

import { OrbitControls } from "@react-three/drei/core/OrbitControls";
import { useFrame, useThree } from "@react-three/fiber";
import { useEffect, useRef, type ComponentRef } from "react";
import { PerspectiveCamera, Vector3, type Camera as Any } from "three";
import { CALM } from "../ui/machine";
import { useLook, type View } from "./look";
import { placeOf, useShown, type Shown } from "./shown";

const HALFLIFE = 0.12; // s, in which the camera makes up half of its lag, and half of its way to another place
const LONGEST = 0.1; // s that count of the time since the last frame, which may be long ago
const CUT = 0.7; // m in one frame: the motion begins anew, and the camera goes there at once
const MARGIN = 0.13; // m of body around the joints, and some air
const CROWN = 0.12; // m of head over that
const CLOSE = 0.004; // m: there
const LOW = 0.6; // m: a pelvis that is lower takes the camera with it; someone who lies would be out of the picture
const DIRECTIONS: Partial<Record<View, [number, number, number]>> = {
  reset: [0.48, 0.15, 0.86],
  front: [0, 0.1, 1],
  back: [0, 0.1, -1],
  left: [1, 0.1, 0],
  right: [-1, 0.1, 0],
  top: [0, 1, 0.02],
};

interface Goal {
  position: Vector3;
  target: Vector3;
}

export function Camera() {
  const controls = useRef<ComponentRef<typeof OrbitControls>>(null);
  const before = useRef(new Vector3());
  const sunk = useRef(0); // m, by which it is lower than for somebody who stands
  const asked = useRef<View>(undefined);
  const goal = useRef<Goal>(undefined);
  const shown = useShown();
  const { camera, invalidate } = useThree();
  const view = useLook((look) => look.view);
  const follow = useLook((look) => look.follow);
  useEffect(() => {
    if (view.count > 0) asked.current = view.name;
    invalidate();
  }, [view, invalidate]);
  useFrame((_, delta) => {
    if (!shown.posedOnce || !controls.current) return;
    const { target } = controls.current;
    const pelvis = placeOf(shown, "pelvis");
    const sinks = Math.min(0, pelvis.y - LOW * shown.scale);
    if (asked.current) {
      goal.current = place(asked.current, shown, camera, target);
      sunk.current = sinks; // it has been placed for the figure as it is
    }
    asked.current = undefined;
    const jumped = pelvis.distanceTo(before.current) > CUT;
    const moved = new Vector3(pelvis.x - before.current.x, 0, pelvis.z - before.current.z);
    before.current.copy(pelvis);
    const share = 1 - 2 ** (-Math.min(delta, LONGEST) / HALFLIFE);
    if (goal.current) {
      if (follow) [goal.current.position, goal.current.target].forEach((at) => at.add(moved));
      const far = approach(camera.position, goal.current.position, CALM.matches ? 1 : share);
      target.lerp(goal.current.target, CALM.matches ? 1 : share);
      if (far < CLOSE) goal.current = undefined;
      invalidate();
    } else if (follow) {
      const lag = new Vector3(pelvis.x - target.x, sinks - sunk.current, pelvis.z - target.z);
      if (lag.length() < CLOSE) return;
      invalidate();
      if (!jumped) lag.multiplyScalar(share);
      sunk.current += lag.y;
      target.add(lag);
      camera.position.add(lag);
    }
  });
  return (
    <OrbitControls
      ref={controls}
      makeDefault
      target={[0, 0.9, 0]}
      maxPolarAngle={Math.PI / 2 - 0.02}
      minDistance={0.4}
      maxDistance={15}
      onStart={() => (goal.current = undefined)}
    />
  );
}

/** Moves towards `to`; how far it is from there. */
function approach(from: Vector3, to: Vector3, share: number): number {
  from.lerp(to, share);
  return from.distanceTo(to);
}

/** Where to look from, so that all of the figure is seen; front and back are the figure's own. */
function place(view: View, shown: Shown, camera: Any, centre: Vector3): Goal {
  const [low, high] = [
    new Vector3(Infinity, Infinity, Infinity),
    new Vector3(-Infinity, -Infinity, -Infinity),
  ];
  for (const joint of shown.place) {
    low.min(joint);
    high.max(joint);
  }
  high.y += CROWN * shown.scale;
  const target = low.clone().add(high).multiplyScalar(0.5);
  const size = high.sub(low).addScalar(2 * MARGIN);
  const direction = camera.position.clone().sub(centre);
  const stated = DIRECTIONS[view];
  if (stated) {
    const ahead = new Vector3(0, 0, 1).applyQuaternion(shown.posed.rotation[0] ?? camera.quaternion);
    const heading = view === "reset" ? 0 : Math.atan2(ahead.x, ahead.z);
    direction.set(...stated).applyAxisAngle(new Vector3(0, 1, 0), heading);
  }
  const { fov, aspect } = camera instanceof PerspectiveCamera ? camera : { fov: 32, aspect: 1 };
  const reach = 2 * Math.tan((fov * Math.PI) / 360);
  const wide = Math.hypot(size.x, size.z);
  const tall = view === "top" ? wide : size.y;
  const distance = Math.max(tall / reach, wide / (reach * aspect)) + 0.25 * wide;
  return { target, position: direction.setLength(distance).add(target) };
}
