/** The figure: capsules and ellipsoids on the canonical skeleton. */

import { useImperativeHandle, useMemo, useRef, type Ref } from "react";
import { Quaternion, Vector3, type Group, type Object3D } from "three";
import type { Joint } from "../api/motion";

type Triple = [number, number, number];

const WOOD = "#c9975b";
const DARK = "#7a5230";
// Segments of the ends of a capsule and around it; fingers are too thin to show many.
const ROUND = [6, 16] as const;
const FINE = [2, 6] as const;

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

/** Something that can be put in a pose: root position (3), rotations wxyz (4 each). */
export interface Posable {
  pose: (values: Float32Array) => void;
}

/** The figure; whoever holds its `ref` moves it. */
export function Figure({ joints, ref }: { joints: Joint[]; ref: Ref<Posable> }) {
  const figure = useRef<Group>(null);
  useImperativeHandle(ref, () => {
    const nodes: Object3D[] = joints.flatMap((joint) => figure.current?.getObjectByName(joint.name) ?? []);
    return {
      pose: (values) => {
        const value = (k: number): number => values[k] ?? 0;
        nodes.forEach((node, j) => {
          const k = 3 + 4 * j;
          node.quaternion.set(value(k + 1), value(k + 2), value(k + 3), value(k));
        });
        nodes[0]?.position.set(value(0), value(1), value(2));
      },
    };
  }, [joints]);
  return (
    <group ref={figure}>
      <Bone index={0} joints={joints} />
    </group>
  );
}
