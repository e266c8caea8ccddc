/** The mannequin: an artist's wooden figure on the canonical skeleton, all of it one skinned mesh. */

import {
  BufferAttribute,
  Color,
  LatheGeometry,
  Matrix4,
  Quaternion,
  SphereGeometry,
  Vector2,
  Vector3,
  type BufferGeometry,
} from "three";
import { mergeGeometries } from "three/addons/utils/BufferGeometryUtils.js";
import type { Joint } from "../api/motion";
import { SLOW_GL } from "./look";
import { tPose } from "./skeleton";

type Triple = [number, number, number];

const WOOD = new Color("#c99a62");
const WAIST = new Color("#a8794a");
const DARK = new Color("#6f4a2c");
const ROUND = SLOW_GL ? 9 : 12; // segments around a limb; fingers are too thin to show as many
const BALL = SLOW_GL ? 11 : 16;
const FINE = 5;

// m: how thick a limb is at its beginning, in the middle and at its end; by the joint that ends it.
const LIMBS: [RegExp, number, number, number][] = [
  [/index|middle|ring|pinky|thumb/, 0.0095, 0.009, 0.008],
  [/wrist/, 0.036, 0.034, 0.024],
  [/elbow/, 0.043, 0.041, 0.034],
  [/shoulder/, 0.05, 0.052, 0.05],
  [/knee/, 0.072, 0.07, 0.05],
  [/ankle/, 0.05, 0.051, 0.031],
  [/neck|head/, 0.045, 0.043, 0.042],
  [/hip/, 0.08, 0.08, 0.08],
  [/collar/, 0.055, 0.055, 0.055],
  [/spine/, 0.09, 0.095, 0.09],
];

interface Part {
  geometry: BufferGeometry;
  joint: number; // which moves it
  color: Color;
}

/** All of it in the T-pose; each vertex moves with one joint. */
export function mannequin(joints: Joint[]): BufferGeometry {
  const { position } = tPose(joints);
  const parts = joints.flatMap((joint, j) => {
    const [own, parent] = [position[j], position[joint.parent]];
    const at = own ? knobs(joint, j).map((part) => moved(part, own)) : [];
    return parent ? [...at, moved(limb(joint), parent)] : at;
  });
  const merged = mergeGeometries(parts.map(skinned));
  parts.forEach(({ geometry }) => {
    geometry.dispose();
  });
  return merged;
}

function moved(part: Part, to: Vector3): Part {
  part.geometry.translate(to.x, to.y, to.z);
  return part;
}

function skinned({ geometry, joint, color }: Part): BufferGeometry {
  const count = geometry.getAttribute("position").count;
  const colors = new Float32Array(3 * count);
  const indices = new Uint16Array(4 * count);
  const weights = new Float32Array(4 * count);
  for (let i = 0; i < count; i++) {
    color.toArray(colors, 3 * i);
    indices[4 * i] = joint;
    weights[4 * i] = 1;
  }
  geometry.deleteAttribute("uv");
  geometry.setAttribute("color", new BufferAttribute(colors, 3));
  geometry.setAttribute("skinIndex", new BufferAttribute(indices, 4));
  geometry.setAttribute("skinWeight", new BufferAttribute(weights, 4));
  return geometry;
}

/** What lies between the parent of a joint and the joint, seen from the parent. */
function limb({ name, parent, offset }: Joint): Part {
  const along = new Vector3(...offset);
  if (name.endsWith("_foot")) return foot(parent, along);
  const [, first, middle, last] = LIMBS.find(([pattern]) => pattern.test(name)) ?? [/./, 0.05, 0.05, 0.05];
  const geometry = tapered(along.length(), [first, middle, last], first < 0.02 ? FINE : ROUND);
  geometry.applyQuaternion(new Quaternion().setFromUnitVectors(new Vector3(0, 1, 0), along.normalize()));
  return { geometry, joint: parent, color: /spine[23]/.test(name) ? WAIST : WOOD };
}

/** The foot up to its ball: a last, along the way from ankle to ball. */
function foot(joint: number, along: Vector3): Part {
  const geometry = new SphereGeometry(1, ROUND, 10);
  geometry.applyMatrix4(new Matrix4().makeScale(0.04, 0.04, 0.105).setPosition(0, -0.035, 0.035));
  geometry.rotateY(Math.atan2(along.x, along.z));
  return { geometry, joint, color: WOOD };
}

/** A limb along +Y with round ends and a belly. */
function tapered(length: number, [first, middle, last]: Triple, around: number): BufferGeometry {
  const steps = around > FINE ? 3 : 1;
  const end = (y: number, radius: number, from: number, to: number) =>
    Array.from({ length: steps + 1 }, (_, k) => {
      const angle = from + ((to - from) * k) / steps;
      return new Vector2(Math.max(radius * Math.cos(angle), 1e-5), y + radius * Math.sin(angle) * 0.8);
    });
  const profile = [
    ...end(first * 0.4, first, -Math.PI / 2, 0),
    new Vector2(middle, length * 0.35),
    ...end(length - last * 0.4, last, 0, Math.PI / 2),
  ];
  return new LatheGeometry(profile, around);
}

/** The parts that belong to one joint, seen from it. */
function knobs({ name, offset }: Joint, joint: number): Part[] {
  const ball = (size: Triple, at: Triple = [0, 0, 0], color = WOOD, around = BALL): Part => {
    const geometry = new SphereGeometry(1, around, Math.round(around * 0.7));
    geometry.applyMatrix4(new Matrix4().makeScale(...size).setPosition(...at));
    return { geometry, joint, color };
  };
  const knob = (radius: number): Part[] => [ball([radius, radius, radius], [0, 0, 0], DARK, ROUND)];
  const side = Math.sign(offset[0]);
  if (name === "pelvis") return [ball([0.145, 0.115, 0.11], [0, -0.035, 0])];
  if (name === "spine1") return [ball([0.112, 0.1, 0.09], [0, 0, 0.012], WAIST)];
  if (name === "spine2") return [ball([0.112, 0.1, 0.09], [0, -0.01, 0.012], WAIST)];
  if (name === "spine3") return [ball([0.156, 0.17, 0.112], [0, 0.035, 0.005])];
  if (name.endsWith("_shoulder")) return knob(0.056);
  if (name.endsWith("_elbow")) return knob(0.041);
  if (name.endsWith("_knee")) return knob(0.06);
  if (name.endsWith("_ankle")) return knob(0.038);
  if (name.endsWith("_wrist")) return [...knob(0.027), ball([0.052, 0.018, 0.042], [side * 0.06, -0.006, 0])];
  if (name.endsWith("_foot")) return [ball([0.043, 0.022, 0.056], [0, 0.004, 0.024])];
  if (name === "head")
    return [
      ball([0.082, 0.118, 0.1], [0, 0.055, 0.012]),
      ball([0.013, 0.026, 0.018], [0, 0.04, 0.11], WOOD, FINE + 2),
    ];
  return [];
}
