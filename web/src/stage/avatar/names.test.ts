import { describe, expect, it } from "vitest";
import { findBones, type Named } from "./names";

interface Bone extends Named<Bone> {
  name: string;
}

/** Bones from lines of "name" with two spaces of indentation a level. */
function tree(text: string): Bone[] {
  const above: Bone[] = [];
  return text
    .split("\n")
    .filter((line) => line.trim())
    .map((line) => {
      const depth = (line.length - line.trimStart().length) / 2;
      const bone: Bone = { name: line.trim(), parent: above[depth - 1] ?? null };
      above[depth] = bone;
      return bone;
    });
}

const SIDED = (left: string, right: string, lines: string): string =>
  [left, right].map((side) => lines.replaceAll("@", side)).join("\n");

const FILES: Record<string, string> = {
  Mixamo: `mixamorig:Hips
  mixamorig:Spine
    mixamorig:Spine1
      mixamorig:Spine2
        mixamorig:Neck
          mixamorig:Head
            mixamorig:HeadTop_End
${SIDED(
  "Left",
  "Right",
  `        mixamorig:@Shoulder
          mixamorig:@Arm
            mixamorig:@ForeArm
              mixamorig:@Hand
                mixamorig:@HandIndex1
                  mixamorig:@HandIndex2
                    mixamorig:@HandIndex3
                      mixamorig:@HandIndex4`,
)}
${SIDED(
  "Left",
  "Right",
  `  mixamorig:@UpLeg
    mixamorig:@Leg
      mixamorig:@Foot
        mixamorig:@ToeBase`,
)}`,
  VRoid: `Root
  J_Bip_C_Hips
    J_Bip_C_Spine
      J_Bip_C_Chest
        J_Bip_C_UpperChest
          J_Bip_C_Neck
            J_Bip_C_Head
${SIDED(
  "L",
  "R",
  `          J_Bip_@_Shoulder
            J_Bip_@_UpperArm
              J_Bip_@_LowerArm
                J_Bip_@_Hand
                  J_Bip_@_Index1
                    J_Bip_@_Index2
                      J_Bip_@_Index3`,
)}
${SIDED(
  "L",
  "R",
  `    J_Bip_@_UpperLeg
      J_Bip_@_LowerLeg
        J_Bip_@_Foot
          J_Bip_@_ToeBase`,
)}`,
  Unreal: `root
  pelvis
    spine_01
      spine_02
        spine_03
          neck_01
            head
${SIDED(
  "l",
  "r",
  `          clavicle_@
            upperarm_@
              upperarm_twist_01_@
              lowerarm_@
                hand_@
                  index_metacarpal_@
                    index_01_@
                      index_02_@
                        index_03_@`,
)}
${SIDED(
  "l",
  "r",
  `    thigh_@
      thigh_twist_01_@
      calf_@
        foot_@
          ball_@`,
)}`,
  Rigify: `spine
  spine.001
    spine.002
      spine.003
        spine.004
          spine.005
            spine.006
              face
${SIDED(
  "L",
  "R",
  `        shoulder.@
          upper_arm.@
            forearm.@
              hand.@
                f_index.01.@
                  f_index.02.@
                    f_index.03.@`,
)}
${SIDED(
  "L",
  "R",
  `  thigh.@
    shin.@
      foot.@
        toe.@`,
)}`,
  MakeHuman: `root
  spine05
    spine04
      spine03
        spine02
          spine01
            neck01
              neck02
                head
                  jaw
${SIDED(
  "L",
  "R",
  `            clavicle.@
              shoulder01.@
                upperarm01.@
                  upperarm02.@
                    lowerarm01.@
                      lowerarm02.@
                        wrist.@
                          finger1-1.@
                            finger1-2.@
                              finger1-3.@
                          metacarpal1.@
                            finger2-1.@
                              finger2-2.@
                                finger2-3.@`,
)}
${SIDED(
  "L",
  "R",
  `  pelvis.@
    upperleg01.@
      upperleg02.@
        lowerleg01.@
          lowerleg02.@
            foot.@
              toe1-1.@
                toe1-2.@
              toe2-1.@`,
)}`,
};

const PELVIS: Record<string, string> = {
  Mixamo: "mixamorig:Hips",
  VRoid: "J_Bip_C_Hips",
  Unreal: "pelvis",
  Rigify: "spine",
  MakeHuman: "root",
};

describe("findBones", () => {
  it.each(Object.entries(FILES))("knows %s", (program, text) => {
    const bones = tree(text);
    const { found, missing } = findBones(bones, ({ name }) => name);
    expect(missing).toEqual([]);
    expect(found.get("spine3")).toBeDefined();
    for (const joint of ["hip", "knee", "ankle", "foot", "collar", "shoulder", "elbow", "wrist", "index3"]) {
      const [left, right] = [found.get(`left_${joint}`)?.name, found.get(`right_${joint}`)?.name];
      expect(left, joint).toBeDefined();
      expect(right, joint).not.toBe(left);
    }
    expect(found.get("left_elbow")?.name).toMatch(/fore|lower/i);
    expect(found.get("left_knee")?.name).toMatch(/leg$|shin|calf|leg01/i);
    expect(found.get("left_shoulder")?.name).not.toMatch(/2/);
    expect(found.get("left_index1")?.name).toMatch(/1/);
    expect(found.get("pelvis")?.name).toBe(PELVIS[program]);
    const chest = ["spine5", "spine4", "spine3"].map((name) => found.get(name)).find(Boolean);
    expect(found.get("neck")?.parent).toBe(chest);
    expect(found.get("head")?.name).toMatch(/head$|spine.006/i);
  });

  it("names the limbs that are not there", () => {
    const { missing } = findBones(tree("Hips\n  LeftUpLeg\n    LeftLeg"), ({ name }) => name);
    expect(missing).toContain("left_ankle");
    expect(missing).toContain("right_hip");
    expect(missing).not.toContain("left_knee");
  });
});
