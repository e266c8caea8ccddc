/** Soft dark spots on the floor under what touches it. */

import {
  InstancedBufferAttribute,
  InstancedMesh,
  Matrix4,
  PlaneGeometry,
  Quaternion,
  ShaderMaterial,
  Vector3,
} from "three";
import { placeOf, type Shown } from "./shown";

// What darkens the floor that it is near to, and how large it is, m.
const TOUCHING: [string, number][] = [
  ["left_ankle", 0.12],
  ["left_foot", 0.13],
  ["right_ankle", 0.12],
  ["right_foot", 0.13],
  ["left_knee", 0.14],
  ["right_knee", 0.14],
  ["pelvis", 0.3],
  ["spine3", 0.3],
  ["head", 0.2],
  ["left_wrist", 0.12],
  ["right_wrist", 0.12],
];
const NEAR = 0.3; // m over the floor, beyond which nothing is darkened
const ABOVE = 0.002; // m over the floor
const LEVEL = new Quaternion().setFromAxisAngle(new Vector3(1, 0, 0), -Math.PI / 2);

export interface Spots {
  mesh: InstancedMesh;
  update: (shown: Shown, strength: number) => void;
}

export function makeSpots(): Spots {
  const strengths = new InstancedBufferAttribute(new Float32Array(TOUCHING.length), 1);
  const geometry = new PlaneGeometry(1, 1).setAttribute("strength", strengths);
  const material = new ShaderMaterial({
    transparent: true,
    depthWrite: false,
    vertexShader: `
      attribute float strength; varying float shade; varying vec2 at;
      void main() {
        shade = strength; at = uv * 2.0 - 1.0;
        gl_Position = projectionMatrix * modelViewMatrix * instanceMatrix * vec4(position, 1.0);
      }`,
    fragmentShader: `
      varying float shade; varying vec2 at;
      void main() {
        float edge = 1.0 - min(dot(at, at), 1.0);
        gl_FragColor = vec4(0.0, 0.0, 0.0, shade * edge * edge);
      }`,
  });
  const mesh = new InstancedMesh(geometry, material, TOUCHING.length);
  mesh.frustumCulled = false;
  const [matrix, place, size] = [new Matrix4(), new Vector3(), new Vector3()];
  return {
    mesh,
    update: (shown, strength) => {
      TOUCHING.forEach(([name, width], k) => {
        place.copy(placeOf(shown, name));
        const near = Math.max(0, 1 - place.y / (NEAR * shown.scale));
        size.setScalar(2 * width * shown.scale);
        mesh.setMatrixAt(k, matrix.compose(place.setY(ABOVE), LEVEL, size));
        strengths.setX(k, near * near * strength);
      });
      strengths.needsUpdate = true;
      mesh.instanceMatrix.needsUpdate = true;
    },
  };
}
