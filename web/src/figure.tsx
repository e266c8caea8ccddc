/** The figure: capsules and ellipsoids on the canonical skeleton. */

import { useFrame } from "@react-three/fiber";
import { useEffect, useMemo, useRef } from "react";
import { Quaternion, Vector3, type Group, type Object3D } from "three";
import type { Joint } from "./api";
import type { Clock } from "./clock";

type Triple = [number, number, number];

const WOOD = "#c9975b";
const DARK = "#7a5230";
// Segments of the ends of a capsule and around it; fingers are too thin to show many.
const ROUND = [6, 16] as const;
const FINE = [2, 6] as const;

/** A motion: per frame the root position (3) and the joints' rotations wxyz (4 each). */
export interface Frames {
  data: Float32Array;
  fps: number;
}

/** Metres: how thick the limb is that ends in a joint. */
function radius(name: string): number {
  if (/index|middle|ring|pinky|thumb/.test(name)) return 0.009;
  if (/wrist/.test(name)) return 0.032;
  if (/elbow|ankle/.test(name)) return 0.045;
  if (/knee/.test(name)) return 0.062;
  if (/neck|head/.test(name)) return 0.048;
  if (/spine|hip/.test(name)) return 0.09;
  return 0.06;
}

function Ball({ size, at = [0, 0, 0], color = WOOD }: { size: Triple; at?: Triple; color?: string }) {
  return (
    <mesh scale={size} position={at} castShadow>
      <sphereGeometry args={[1, 24, 16]} />
      <meshStandardMaterial color={color} roughness={0.6} />
    </mesh>
  );
}

/** What lies between the parent of a joint and the joint, seen from the parent. */
function Limb({ joint }: { joint: Joint }) {
  const [middle, turn, length] = useMemo(() => {
    const along = new Vector3(...joint.offset);
    const foot = joint.name.endsWith("_foot");
    const from = foot ? new Vector3(0, 0, 1) : new Vector3(0, 1, 0);
    const to = foot ? along.clone().setY(0) : along;
    const turn = new Quaternion().setFromUnitVectors(from, to.clone().normalize());
    return [along.clone().multiplyScalar(0.5), turn, along.length()] as const;
  }, [joint]);
  const thick = radius(joint.name);
  if (joint.name.endsWith("_foot"))
    return (
      <group quaternion={turn}>
        <Ball size={[0.041, 0.038, 0.105]} at={[0, -0.036, 0.04]} />
      </group>
    );
  return (
    <mesh position={middle} quaternion={turn} castShadow>
      <capsuleGeometry args={[thick, Math.max(length - thick, 0.01), ...(thick < 0.02 ? FINE : ROUND)]} />
      <meshStandardMaterial color={WOOD} roughness={0.6} />
    </mesh>
  );
}

/** The parts that belong to one joint. */
function Parts({ name, offset }: Joint) {
  const knob = radius(name) * 1.12;
  if (name === "pelvis") return <Ball size={[0.15, 0.12, 0.115]} at={[0, -0.03, 0]} />;
  if (/spine[12]/.test(name)) return <Ball size={[0.135, 0.1, 0.1]} at={[0, 0.02, 0]} />;
  if (name === "spine3") return <Ball size={[0.16, 0.17, 0.115]} at={[0, 0.03, 0.005]} />;
  if (/shoulder|elbow|knee/.test(name)) return <Ball size={[knob, knob, knob]} color={DARK} />;
  if (name.endsWith("_wrist"))
    return <Ball size={[0.055, 0.018, 0.042]} at={[Math.sign(offset[0]) * 0.055, -0.004, 0]} />;
  if (name.endsWith("_foot")) return <Ball size={[0.043, 0.024, 0.055]} at={[0, 0.008, 0.025]} />;
  if (name === "head")
    return (
      <>
        <Ball size={[0.085, 0.12, 0.105]} at={[0, 0.05, 0.01]} />
        <Ball size={[0.014, 0.026, 0.018]} at={[0, 0.04, 0.113]} />
      </>
    );
  return null;
}

function Bone({ index, joints }: { index: number; joints: Joint[] }) {
  const joint = joints[index];
  if (!joint) return null;
  return (
    <group name={joint.name} position={joint.offset}>
      <Parts {...joint} />
      {joints.map((child, at) =>
        child.parent === index ? (
          <group key={child.name}>
            <Limb joint={child} />
            <Bone index={at} joints={joints} />
          </group>
        ) : null,
      )}
    </group>
  );
}

/** Poses the nodes as the motion is at a (fractional) frame. */
function pose(nodes: Object3D[], data: Float32Array, frame: number): void {
  const size = 3 + 4 * nodes.length;
  const last = data.length / size - 1;
  const at = Math.min(Math.max(frame, 0), last);
  const early = Math.floor(at) * size;
  const late = Math.min(Math.floor(at) + 1, last) * size;
  const value = (k: number): number => data[k] ?? 0;
  const turn = new Quaternion();
  nodes.forEach((node, j) => {
    const [a, b] = [early + 3 + 4 * j, late + 3 + 4 * j];
    turn.set(value(b + 1), value(b + 2), value(b + 3), value(b));
    node.quaternion.set(value(a + 1), value(a + 2), value(a + 3), value(a)).slerp(turn, at % 1);
  });
  const root = new Vector3(value(late), value(late + 1), value(late + 2));
  nodes[0]?.position.set(value(early), value(early + 1), value(early + 2)).lerp(root, at % 1);
}

/** The figure as it is at the time of the clock. */
export function Figure({ joints, motion, clock }: { joints: Joint[]; motion?: Frames; clock: Clock }) {
  const figure = useRef<Group>(null);
  const nodes = useRef<Object3D[]>([]);
  useEffect(() => {
    nodes.current = joints.flatMap((joint) => figure.current?.getObjectByName(joint.name) ?? []);
  }, [joints]);
  useFrame((_, delta) => {
    clock.tick(delta);
    if (motion) pose(nodes.current, motion.data, clock.time * motion.fps);
  });
  return (
    <group ref={figure}>
      <Bone index={0} joints={joints} />
    </group>
  );
}
