/** The skeleton of the figure, over everything: its left side blue, its right side red. */

import { useFrame } from "@react-three/fiber";
import { useEffect, useMemo, useRef } from "react";
import {
  Color,
  Matrix4,
  MeshBasicMaterial,
  OctahedronGeometry,
  Quaternion,
  Vector3,
  type InstancedMesh,
} from "three";
import { useShown } from "../shown";

const COLORS = { left: new Color("#2f7de1"), right: new Color("#e0533d"), middle: new Color("#e8a320") };
const THICK = 0.011; // m
const FINGER = 0.004;
const UP = new Vector3(0, 1, 0);

export function Bones() {
  const mesh = useRef<InstancedMesh>(null);
  const shown = useShown();
  const { joints, place } = shown;
  const [geometry, material] = useMemo(
    () => [
      new OctahedronGeometry(1).translate(0, 1, 0).scale(1, 0.5, 1), // from 0 to 1 along +Y
      new MeshBasicMaterial({ depthTest: false, transparent: true, opacity: 0.9, toneMapped: false }),
    ],
    [],
  );
  useEffect(() => {
    joints.forEach(({ name }, j) => {
      const side = name.startsWith("left_") ? "left" : name.startsWith("right_") ? "right" : "middle";
      mesh.current?.setColorAt(j, COLORS[side]);
    });
    if (mesh.current?.instanceColor) mesh.current.instanceColor.needsUpdate = true;
  }, [joints]);
  const [matrix, turn, along, size] = useMemo(
    () => [new Matrix4(), new Quaternion(), new Vector3(), new Vector3()],
    [],
  );
  useFrame(() => {
    joints.forEach(({ name, parent }, j) => {
      const [to, from] = [place[j], place[parent]];
      if (!to) return;
      const thick = shown.scale * (/\d$/.test(name) && !name.startsWith("spine") ? FINGER : THICK);
      along.copy(to).sub(from ?? to);
      const length = along.length();
      if (from && length > 1e-5) turn.setFromUnitVectors(UP, along.divideScalar(length));
      else turn.identity();
      size.set(thick, from ? length : thick, thick);
      mesh.current?.setMatrixAt(j, matrix.compose(from ?? to, turn, size));
    });
    if (mesh.current) mesh.current.instanceMatrix.needsUpdate = true;
  });
  return (
    <instancedMesh
      ref={mesh}
      name="skeleton-overlay"
      args={[geometry, material, joints.length]}
      frustumCulled={false}
      renderOrder={10}
    />
  );
}
