/** The stage: a floor with a grid, light, the figure, and a camera that follows it. */

import { Grid } from "@react-three/drei/core/Grid";
import { OrbitControls } from "@react-three/drei/core/OrbitControls";
import { Canvas, useFrame, useThree } from "@react-three/fiber";
import { useMemo, useRef, type ComponentRef, type ReactNode } from "react";
import { Vector3, type DirectionalLight, type Mesh } from "three";
import type { Joint } from "../api/motion";
import { clock, useStudio } from "../studio";
import { Figure, type Posable } from "./Figure";
import { sample, WIDTH, type Source } from "./source";

const HALFLIFE = 0.12; // s, in which the camera makes up half of its lag
const CUT = 0.7; // m in one frame: the motion begins anew, and the camera goes there at once
const LIGHT = new Vector3(2, 4.5, 3);

/** Moves the camera, the light and the ground that catches the shadow along with the figure. */
function Follow() {
  const controls = useRef<ComponentRef<typeof OrbitControls>>(null);
  const light = useRef<DirectionalLight>(null);
  const ground = useRef<Mesh>(null);
  const before = useRef(new Vector3());
  const { camera, scene } = useThree();
  useFrame((_, delta) => {
    const pelvis = scene.getObjectByName("pelvis");
    if (!pelvis || !controls.current || !light.current) return;
    const { x, z } = pelvis.position;
    const lag = new Vector3(x - controls.current.target.x, 0, z - controls.current.target.z);
    if (pelvis.position.distanceTo(before.current) < CUT) lag.multiplyScalar(1 - 2 ** (-delta / HALFLIFE));
    before.current.copy(pelvis.position);
    controls.current.target.add(lag);
    camera.position.add(lag);
    light.current.position.set(x, 0, z).add(LIGHT);
    light.current.target.position.set(x, 0, z);
    light.current.target.updateMatrixWorld();
    ground.current?.position.set(x, 0, z);
  });
  return (
    <>
      <OrbitControls
        ref={controls}
        makeDefault
        target={[0, 0.9, 0]}
        maxPolarAngle={Math.PI / 2 - 0.02}
        maxDistance={15}
      />
      <directionalLight ref={light} color="#fff3e0" intensity={2.4} castShadow shadow-mapSize={[1024, 1024]}>
        <orthographicCamera attach="shadow-camera" args={[-3, 3, 3, -3, 0.5, 12]} />
      </directionalLight>
      <mesh ref={ground} rotation-x={-Math.PI / 2} receiveShadow>
        <planeGeometry args={[12, 12]} />
        <shadowMaterial opacity={0.28} depthWrite={false} />
      </mesh>
    </>
  );
}

/** What is shown, at the time of the clock. */
function useClip(): Source | undefined {
  const shown = useStudio((studio) => studio.shown);
  return useMemo(() => {
    if (!shown) return undefined;
    const into = new Float32Array(WIDTH);
    return {
      pose: (delta) => {
        clock.tick(delta);
        return sample(shown.data, clock.time * shown.motion.timeline.fps, into);
      },
    };
  }, [shown]);
}

/** Moves the figure: as what is shown says, or whoever took its place. */
function Moving({ joints }: { joints: Joint[] }) {
  const posable = useRef<Posable>(null);
  const clip = useClip();
  const source = useStudio((studio) => studio.source) ?? clip;
  useFrame((_, delta) => {
    const pose = source?.pose(delta);
    if (pose) posable.current?.pose(pose);
  });
  return <Figure joints={joints} ref={posable} />;
}

/** `children` stand on the stage beside the figure; `bare`: only the figure, on nothing. */
export function Stage({
  joints,
  bare = false,
  children,
}: {
  joints: Joint[];
  bare?: boolean;
  children?: ReactNode;
}) {
  return (
    <Canvas
      shadows="percentage"
      dpr={[1, 2]}
      gl={{ alpha: bare, antialias: true }}
      camera={{ position: [1.9, 1.5, 3.4], fov: 32 }}
      onCreated={({ scene, camera }) => Object.assign(window, { scene, camera })} // for tests: where joints are
    >
      {!bare && <color attach="background" args={["#eef1f5"]} />}
      <hemisphereLight args={["#ffffff", "#8a8f98", 1.6]} />
      {!bare && (
        <Grid
          infiniteGrid
          args={[2, 2]} // of the fade distance, so that the grid has no edge
          position={[0, -0.002, 0]}
          cellSize={0.5}
          cellColor="#c3cad3"
          cellThickness={0.7}
          sectionSize={1}
          sectionColor="#98a3b0"
          sectionThickness={1.1}
          fadeDistance={24}
          fadeStrength={1.5}
          followCamera
        />
      )}
      <Moving joints={joints} />
      <Follow />
      {children}
    </Canvas>
  );
}
