/** VRM's names of the canonical joints; https://github.com/vrm-c/vrm-specification (humanoid.md). */

import type { VRMHumanBoneName } from "@pixiv/three-vrm";

const TORSO: Record<string, string> = { pelvis: "hips", neck: "neck", head: "head" };
const LIMBS: Record<string, string> = {
  hip: "UpperLeg",
  knee: "LowerLeg",
  ankle: "Foot",
  foot: "Toes",
  collar: "Shoulder",
  shoulder: "UpperArm",
  elbow: "LowerArm",
  wrist: "Hand",
  thumb1: "ThumbMetacarpal",
  thumb2: "ThumbProximal",
  thumb3: "ThumbDistal",
};
const FINGERS: Record<string, string> = { index: "Index", middle: "Middle", ring: "Ring", pinky: "Little" };
const PHALANGES = ["Proximal", "Intermediate", "Distal"];

/** The name of a joint that is not of the spine. */
export function vrmName(joint: string): VRMHumanBoneName {
  const [side = "", part = ""] = joint.split("_");
  const finger = FINGERS[part.slice(0, -1)];
  const limb = LIMBS[part] ?? `${finger ?? ""}${PHALANGES[Number(part.slice(-1)) - 1] ?? ""}`;
  return (TORSO[joint] ?? side + limb) as VRMHumanBoneName;
}
