/** The way of the pelvis over the floor: of a motion all of it, of what is made on the spot where it has been. */

import { useFrame } from "@react-three/fiber";
import { useEffect, useMemo } from "react";
import { BufferAttribute, BufferGeometry, DoubleSide, MeshBasicMaterial } from "three";
import { useStudio } from "../../studio";
import { placeOf, useShown } from "../shown";
import { WIDTH } from "../source";

const HALF = 0.012; // m, half of the ribbon's width
const ABOVE = 0.004;
const LONGEST = 600; // points of a way that is recorded, and
const APART = 0.03; // m at least from one to the next

export function Path() {
  const shown = useShown();
  const data = useStudio((studio) => studio.shown?.data);
  const source = useStudio((studio) => studio.source);
  const way = useMemo(() => (source || !data ? [] : wayOf(data)), [source, data]);
  const geometry = useMemo(() => new BufferGeometry(), []);
  const material = useMemo(
    () => new MeshBasicMaterial({ color: "#8a5cd6", side: DoubleSide, toneMapped: false }),
    [],
  );
  useEffect(() => {
    setRibbon(geometry, way);
    return () => {
      geometry.dispose();
    };
  }, [geometry, way]);
  useFrame(() => {
    if (!source || !shown.posedOnce) return;
    const { x, z } = placeOf(shown, "pelvis");
    const [lastX = Infinity, lastZ = 0] = way.slice(-2);
    if (Math.hypot(x / shown.scale - lastX, z / shown.scale - lastZ) < APART) return;
    way.push(x / shown.scale, z / shown.scale);
    way.splice(0, way.length - 2 * LONGEST);
    setRibbon(geometry, way);
  });
  return (
    <mesh
      name="path-overlay"
      geometry={geometry}
      material={material}
      frustumCulled={false}
      scale={[shown.scale, 1, shown.scale]}
      renderOrder={4}
    />
  );
}

/** x, z of the pelvis wherever it has gone on by a little. */
function wayOf(data: Float32Array): number[] {
  const way: number[] = [];
  for (let k = 0; k < data.length; k += WIDTH) {
    const [x = 0, z = 0] = [data[k], data[k + 2]];
    const [lastX = Infinity, lastZ = 0] = way.slice(-2);
    if (Math.hypot(x - lastX, z - lastZ) >= APART) way.push(x, z);
  }
  return way;
}

function setRibbon(geometry: BufferGeometry, way: number[]): void {
  const count = way.length / 2;
  const corners = new Float32Array(6 * count);
  const faces: number[] = [];
  const value = (k: number): number => way[Math.min(Math.max(k, way.length % 2), way.length - 1)] ?? 0;
  for (let i = 0; i < count; i++) {
    const [before, after] = [Math.max(i - 1, 0), Math.min(i + 1, count - 1)];
    const [dx, dz] = [value(2 * after) - value(2 * before), value(2 * after + 1) - value(2 * before + 1)];
    const scale = HALF / (Math.hypot(dx, dz) || 1);
    const [x, z] = [value(2 * i), value(2 * i + 1)];
    corners.set([x + dz * scale, ABOVE, z - dx * scale, x - dz * scale, ABOVE, z + dx * scale], 6 * i);
    if (i > 0) faces.push(2 * i - 2, 2 * i - 1, 2 * i, 2 * i, 2 * i - 1, 2 * i + 1);
  }
  geometry.setAttribute("position", new BufferAttribute(corners, 3));
  geometry.setIndex(faces);
}
