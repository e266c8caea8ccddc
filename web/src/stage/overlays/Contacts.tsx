/** Which feet stand: rings on the floor under their heels and balls. */

import { useFrame } from "@react-three/fiber";
import { useMemo, useRef } from "react";
import { Matrix4, MeshBasicMaterial, Quaternion, RingGeometry, Vector3, type InstancedMesh } from "three";
import { placeOf, useShown } from "../shown";

const FEET = ["left_ankle", "left_foot", "right_ankle", "right_foot"];
const RADIUS = 0.075; // m
const ABOVE = 0.006; // m over the floor
const LEVEL = new Quaternion().setFromAxisAngle(new Vector3(1, 0, 0), -Math.PI / 2);

export function Contacts() {
  const mesh = useRef<InstancedMesh>(null);
  const shown = useShown();
  const [geometry, material, matrix, place, size] = useMemo(
    () => [
      new RingGeometry(0.72, 1, 28),
      new MeshBasicMaterial({
        color: "#12b886",
        transparent: true,
        opacity: 0.95,
        depthWrite: false,
        toneMapped: false,
      }),
      new Matrix4(),
      new Vector3(),
      new Vector3(),
    ],
    [],
  );
  useFrame(() => {
    FEET.forEach((name, k) => {
      const stands = ((shown.contacts ?? 0) >> k) & 1;
      size.setScalar(stands * RADIUS * shown.scale);
      place.copy(placeOf(shown, name)).setY(ABOVE);
      mesh.current?.setMatrixAt(k, matrix.compose(place, LEVEL, size));
    });
    if (mesh.current) mesh.current.instanceMatrix.needsUpdate = true;
  });
  return (
    <instancedMesh
      ref={mesh}
      name="contacts-overlay"
      args={[geometry, material, FEET.length]}
      frustumCulled={false}
      renderOrder={5}
    />
  );
}
