/** Where the camera looks from; the stage's own then follows the figure. */

import { useFrame, useThree } from "@react-three/fiber";
import { useEffect } from "react";
import { Vector3 } from "three";
import type { View } from "./links";

const HALFLIFE = 0.25; // s, in which a close picture makes up half of its lag

interface Camera {
  at: number; // m above the floor that it looks at
  from: [number, number, number]; // m, seen from there
}

const CAMERAS: Record<View, Camera> = {
  full: { at: 0.98, from: [2.2, 0.45, 3.9] },
  front: { at: 0.98, from: [0, 0.25, 4.5] },
  bust: { at: 1.45, from: [0.5, 0.1, 1.7] },
};

const HEAD = 0.08; // m, from the middle of a close picture up to the head
const place = new Vector3();

export function Framing({ view }: { view: View }) {
  const camera = useThree((state) => state.camera);
  const controls = useThree((state) => state.controls) as { target: Vector3; update: () => void } | null;
  const scene = useThree((state) => state.scene);
  useEffect(() => {
    if (!controls) return;
    const { x = 0, z = 0 } = scene.getObjectByName("pelvis")?.position ?? {};
    const { at, from } = CAMERAS[view];
    controls.target.set(x, at, z);
    camera.position.copy(controls.target).add(new Vector3(...from));
    controls.update();
  }, [camera, controls, scene, view]);
  // Whoever sits down would leave a close picture.
  useFrame((_, delta) => {
    const head = scene.getObjectByName("head");
    if (view !== "bust" || !controls || !head) return;
    const lag = (head.getWorldPosition(place).y - HEAD - controls.target.y) * (1 - 2 ** (-delta / HALFLIFE));
    controls.target.setY(controls.target.y + lag);
    camera.position.setY(camera.position.y + lag);
  });
  return null;
}
