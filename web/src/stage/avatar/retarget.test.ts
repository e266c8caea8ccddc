import { Quaternion, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import document from "../../../../data/skeleton.json";
import type { Joint } from "../../api/motion";
import { pose, tPose, unposed } from "../skeleton";
import { between, reach } from "./limb";
import { retarget } from "./retarget";
import { makeRig, type Rest } from "./rig";

const JOINTS = document.joints as Joint[];
const at = (name: string): number => JOINTS.findIndex((joint) => joint.name === name);

/** The canonical skeleton with other proportions: legs and hips by a factor, arms hanging down by an angle. */
function avatar({ legs = 1, hips = 1, arms = 0, all = 1 } = {}): Rest {
  const rest = new Map<string, Vector3>();
  const turns = new Map<string, Quaternion>();
  for (const { name, parent, offset } of JOINTS) {
    const own = new Vector3(...offset).multiplyScalar(all);
    if (/knee|ankle/.test(name)) own.multiplyScalar(legs);
    if (name.endsWith("_hip")) own.x *= hips;
    const above = JOINTS[parent]?.name ?? "";
    const sign = name.startsWith("left") ? -1 : 1;
    const turn = (turns.get(above) ?? new Quaternion()).clone();
    turns.set(
      name,
      name.endsWith("_shoulder")
        ? turn.multiply(new Quaternion().setFromAxisAngle(new Vector3(0, 0, 1), sign * arms))
        : turn,
    );
    rest.set(
      name,
      own.applyQuaternion(turns.get(above) ?? new Quaternion()).add(rest.get(above) ?? new Vector3()),
    );
  }
  const low = (rest.get("left_ankle")?.y ?? 0) - 0.0752 * all;
  for (const place of rest.values()) place.y -= low;
  return rest;
}

/** Somebody who shifts their weight and looks about, with both feet on the floor. */
function swaying(time: number): Float32Array {
  const values = new Float32Array(3 + 4 * JOINTS.length);
  const rest = tPose(JOINTS);
  const set = (name: string, turn: Quaternion) => {
    values.set([turn.w, turn.x, turn.y, turn.z], 3 + 4 * at(name));
  };
  for (const { name } of JOINTS) set(name, new Quaternion());
  const yaw = new Quaternion().setFromAxisAngle(new Vector3(0, 1, 0), 0.4 * Math.sin(time));
  set("pelvis", yaw);
  values.set([1 + 0.06 * Math.sin(1.3 * time), 0.9 + 0.03 * Math.cos(2 * time), 2]);
  const posed = pose(JOINTS, values, unposed(JOINTS.length));
  for (const side of ["left", "right"]) {
    const [hip, knee, ankle] = ["hip", "knee", "ankle"].map((part) => at(`${side}_${part}`));
    const places = [hip, knee, ankle].map((joint) => posed.position[joint ?? 0] ?? new Vector3());
    const [a, b, c] = places;
    const target = (rest.position[ankle ?? 0] ?? new Vector3()).clone().add(new Vector3(1, 0, 2));
    if (!a || !b || !c) continue;
    const { upper, lower } = reach(a, b, c, target, new Vector3(0, 0, 1));
    const worldHip = upper.clone().multiply(yaw);
    const worldKnee = lower.clone().multiply(yaw);
    set(`${side}_hip`, yaw.clone().invert().multiply(worldHip));
    set(`${side}_knee`, worldHip.clone().invert().multiply(worldKnee));
    set(`${side}_ankle`, worldKnee.clone().invert());
  }
  return values;
}

function places(rest: Rest, values: ArrayLike<number>): Map<string, Vector3> {
  const rig = makeRig(JOINTS, rest);
  retarget(rig, pose(JOINTS, values, unposed(JOINTS.length)));
  return new Map(rig.bones.map(({ name, position }) => [name, position]));
}

const get = (map: ReadonlyMap<string, Vector3>, name: string): Vector3 => map.get(name) ?? new Vector3(NaN);

describe("retarget", () => {
  it("leaves an avatar of the canonical proportions where the canonical skeleton is", () => {
    const values = swaying(0.8);
    const posed = pose(JOINTS, values, unposed(JOINTS.length));
    const found = places(avatar(), values);
    for (const name of ["pelvis", "left_ankle", "right_foot", "head", "left_wrist", "right_pinky3"])
      expect(get(found, name).distanceTo(posed.position[at(name)] ?? new Vector3())).toBeLessThan(0.004);
  });

  it.each([
    ["legs 25 % longer", { legs: 1.25 }],
    ["legs 25 % shorter", { legs: 0.75 }],
    ["wider hips", { hips: 1.8 }],
    ["small, long legs, wide hips", { all: 0.6, legs: 1.3, hips: 1.6 }],
  ])("keeps standing feet where they are: %s", (_, proportions) => {
    const rest = avatar(proportions);
    const frames = Array.from({ length: 120 }, (_, k) => places(rest, swaying(k / 20)));
    for (const foot of ["left_ankle", "right_ankle", "left_foot"]) {
      const path = frames.map((found) => get(found, foot));
      const first = path[0] ?? new Vector3();
      expect(Math.max(...path.map((place) => place.distanceTo(first)))).toBeLessThan(0.003);
      expect(first.y).toBeCloseTo(get(rest, foot).y, 2);
    }
  });

  it("holds a foot that stands and yet creeps, and lets it go smoothly", () => {
    const rig = makeRig(JOINTS, avatar({ legs: 1.25 }));
    const foot = rig.bones.find(({ name }) => name === "left_foot");
    const creep = (frame: number, contacts: number): Vector3 => {
      const values = swaying(0);
      values[0] = (values[0] ?? 0) + 0.002 * frame; // 6 cm/s at 30 frames/s
      retarget(rig, pose(JOINTS, values, unposed(JOINTS.length)), contacts, 1 / 30);
      return (foot?.position ?? new Vector3(NaN)).clone();
    };
    const held = Array.from({ length: 15 }, (_, frame) => creep(frame, 0b1111));
    expect(held.at(-1)?.distanceTo(held[0] ?? new Vector3())).toBeLessThan(0.001);
    const free = Array.from({ length: 15 }, (_, frame) => creep(15 + frame, 0));
    const steps = free.map((place, k) => place.distanceTo(free[k - 1] ?? held.at(-1) ?? place));
    expect(Math.max(...steps)).toBeLessThan(0.016);
    const own = makeRig(JOINTS, avatar({ legs: 1.25 }));
    const values = swaying(0);
    values[0] = (values[0] ?? 0) + 0.002 * 29;
    retarget(own, pose(JOINTS, values, unposed(JOINTS.length)));
    const there = own.bones.find(({ name }) => name === "left_foot")?.position ?? new Vector3(NaN);
    expect(free.at(-1)?.distanceTo(there)).toBeLessThan(0.002);
  });

  it("points the arms of somebody in an A-pose where the canonical ones point", () => {
    const values = swaying(0);
    const [a, t] = [avatar({ arms: 0.8 }), avatar()].map((rest) => places(rest, values));
    for (const name of ["left_elbow", "left_wrist", "right_index3", "right_thumb2"])
      expect(get(a ?? new Map(), name).distanceTo(get(t ?? new Map(), name))).toBeLessThan(0.001);
  });

  it("bends a spine of any number of bones as a whole", () => {
    const values = swaying(0);
    const bow = new Quaternion().setFromAxisAngle(new Vector3(1, 0, 0), 0.3);
    for (const name of ["spine1", "spine2", "spine3"]) values.set([bow.w, bow.x, 0, 0], 3 + 4 * at(name));
    const few = new Map(avatar());
    few.delete("spine2");
    few.delete("spine3");
    const rig = makeRig(JOINTS, few);
    const posed = pose(JOINTS, values, unposed(JOINTS.length));
    retarget(rig, posed);
    const chest = rig.bones.find(({ name }) => name === "spine1");
    expect(chest?.turn.angleTo(posed.rotation[at("spine3")] ?? new Quaternion())).toBeLessThan(1e-6);
  });

  it("lets hands meet that meet, whatever the shoulders", () => {
    const values = swaying(0);
    const turn = (name: string, axis: Vector3, angle: number) => {
      const { w, x, y, z } = new Quaternion().setFromAxisAngle(axis, angle);
      values.set([w, x, y, z], 3 + 4 * at(name));
    };
    for (const [side, sign] of [
      ["left", 1],
      ["right", -1],
    ] as const) {
      turn(`${side}_shoulder`, new Vector3(0, 1, 0), -sign * 1.3); // arms forward
      turn(`${side}_elbow`, new Vector3(0, 1, 0), -sign * 1.05); // and together
    }
    const posed = pose(JOINTS, values, unposed(JOINTS.length));
    const [left, right] = ["left_wrist", "right_wrist"].map(
      (name) => posed.position[at(name)] ?? new Vector3(),
    );
    const ours = (left ?? new Vector3()).distanceTo(right ?? new Vector3());
    expect(ours).toBeLessThan(0.2);
    const wide = new Map([...avatar()].map(([name, place]) => [name, place.clone()]));
    for (const [name, place] of wide)
      if (/collar|shoulder|elbow|wrist|\d$/.test(name) && !name.startsWith("spine"))
        place.x += name.startsWith("left") ? 0.06 : -0.06;
    const found = places(wide, values);
    expect(get(found, "left_wrist").distanceTo(get(found, "right_wrist"))).toBeCloseTo(ours, 2);
  });
});

describe("reach", () => {
  it("comes to its target without stretching, and bends towards the pole", () => {
    const [a, b, c] = [new Vector3(0, 1, 0), new Vector3(0, 0.5, 0), new Vector3(0, 0, 0)];
    const target = new Vector3(0.2, 0.2, 0.1);
    const { upper, lower } = reach(a, b, c, target, new Vector3(0, 0, 1));
    const knee = b.clone().sub(a).applyQuaternion(upper).add(a);
    const foot = c.clone().sub(b).applyQuaternion(lower).add(knee);
    expect(foot.distanceTo(target)).toBeLessThan(1e-6);
    expect(knee.z).toBeGreaterThan(0.1);
  });

  it("stops short of what is too far, on the way there", () => {
    const [a, b, c] = [new Vector3(0, 1, 0), new Vector3(0, 0.5, 0.1), new Vector3(0, 0, 0)];
    const { upper, lower } = reach(a, b, c, new Vector3(0, -9, 0), new Vector3(0, 0, 1));
    const knee = b.clone().sub(a).applyQuaternion(upper).add(a);
    const foot = c.clone().sub(b).applyQuaternion(lower).add(knee);
    expect(between(foot.sub(a), new Vector3(0, -1, 0)).angleTo(new Quaternion())).toBeLessThan(1e-3);
  });
});
