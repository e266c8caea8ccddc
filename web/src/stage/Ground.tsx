/** Floor and light: a grid without end, the light with its shadow, and the darkness where the body meets the floor. */

import { useFrame } from "@react-three/fiber";
import { useEffect, useMemo, useRef } from "react";
import {
  BufferGeometry,
  Color,
  Float32BufferAttribute,
  ShaderMaterial,
  Vector3,
  type DirectionalLight,
  type Group,
} from "three";
import { SLOW_GL } from "./look";
import { placeOf, useShown } from "./shown";
import { makeSpots } from "./spots";

const LIGHT = new Vector3(2, 4.5, 3);
const REACH = 12; // m to each side that the grid is drawn
const CELL = 0.5; // m
const PIECE = 4; // m: software that draws lines gets those wrong that begin behind the camera
const SHADOW = 1.8; // m to each side that a shadow reaches
const TOUCH = 1.4; // as dark as the shadow, times this

/** What the stage is painted with. */
export const PAINT = {
  light: {
    floor: "#eef1f5",
    line: "#aeb8c4",
    sky: "#ffffff",
    earth: "#8d8a86",
    sun: 2.5,
    ambient: 1.5,
    shadow: 0.3,
  },
  dark: {
    floor: "#1a1f26",
    line: "#4a5563",
    sky: "#c6d4ea",
    earth: "#3b3a3c",
    sun: 2.3,
    ambient: 1.1,
    shadow: 0.55,
  },
};
export type Paint = (typeof PAINT)["light"];

/** Lines on the floor that fade away; they move along by whole metres, so that nobody sees it. */
export function Grid({ paint }: { paint: Paint }) {
  const group = useRef<Group>(null);
  const shown = useShown();
  const geometry = useMemo(() => {
    const points: number[] = [];
    const strength: number[] = [];
    for (let at = -REACH; at <= REACH; at += CELL)
      for (let from = -REACH; from < REACH; from += PIECE) {
        points.push(at, 0, from, at, 0, from + PIECE, from, 0, at, from + PIECE, 0, at);
        strength.push(...Array.from({ length: 4 }, () => (at % 1 ? 0.45 : 1)));
      }
    const lines = new BufferGeometry();
    lines.setAttribute("position", new Float32BufferAttribute(points, 3));
    lines.setAttribute("strength", new Float32BufferAttribute(strength, 1));
    return lines;
  }, []);
  const material = useMemo(
    () =>
      new ShaderMaterial({
        transparent: true,
        depthWrite: false,
        uniforms: { color: { value: new Color() }, reach: { value: REACH } },
        vertexShader: `
          attribute float strength; varying float shade; varying vec2 at;
          void main() {
            shade = strength; at = position.xz;
            gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
          }`,
        fragmentShader: `
          uniform vec3 color; uniform float reach; varying float shade; varying vec2 at;
          void main() {
            gl_FragColor = vec4(color, shade * (1.0 - smoothstep(0.15, 0.95, length(at) / reach)));
            #include <colorspace_fragment>
          }`,
      }),
    [],
  );
  useEffect(() => {
    (material.uniforms.color?.value as Color).set(paint.line);
  }, [material, paint]);
  useFrame(() => {
    const { x, z } = placeOf(shown, "pelvis");
    group.current?.position.set(Math.round(x), -0.002, Math.round(z));
  });
  return (
    <group ref={group}>
      <lineSegments geometry={geometry} material={material} />
    </group>
  );
}

/** Light from above, from the front with a shadow that goes along with the figure, and from behind for its outline. */
export function Light({ paint, shadow }: { paint: Paint; shadow: boolean }) {
  const light = useRef<DirectionalLight>(null);
  const ground = useRef<Group>(null);
  const shown = useShown();
  useFrame(() => {
    const { x, z } = placeOf(shown, "pelvis");
    light.current?.position.set(x, 0, z).add(LIGHT);
    light.current?.target.position.set(x, 0, z);
    light.current?.target.updateMatrixWorld();
    ground.current?.position.set(x, 0, z);
  });
  return (
    <>
      <hemisphereLight args={[paint.sky, paint.earth, paint.ambient]} />
      <directionalLight position={[-2.5, 3, -3]} color="#dfe8ff" intensity={0.9} />
      <directionalLight
        ref={light}
        color="#fff1dc"
        intensity={paint.sun}
        castShadow={shadow}
        shadow-mapSize={SLOW_GL ? [512, 512] : [1024, 1024]}
        shadow-normalBias={0.02}
      >
        <orthographicCamera attach="shadow-camera" args={[-SHADOW, SHADOW, SHADOW, -SHADOW, 0.5, 10]} />
      </directionalLight>
      {shadow && (
        <group ref={ground}>
          <mesh rotation-x={-Math.PI / 2} receiveShadow>
            <planeGeometry args={[2 * SHADOW, 2 * SHADOW]} />
            <shadowMaterial opacity={paint.shadow} depthWrite={false} />
          </mesh>
        </group>
      )}
      {shadow && <Touch strength={paint.shadow} />}
    </>
  );
}

/** The darkness where the body meets the floor. */
function Touch({ strength }: { strength: number }) {
  const shown = useShown();
  const spots = useMemo(() => makeSpots(), []);
  useFrame(() => {
    spots.update(shown, TOUCH * strength);
  });
  return <primitive object={spots.mesh} />;
}
