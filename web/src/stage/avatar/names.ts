/**
 * Which bone of a file is which joint, by name.
 *
 * One table of names without side serves every program: prefixes ("mixamorig:", "J_Bip_", "DEF-") are whatever words
 * are left over in front. Spine and neck are read from the tree, whatever their bones are called. A limb of several bones
 * ("upperleg01", "upperleg02") begins with its first.
 */

/** A bone as the tree has it. */
export interface Named<T> {
  name: string;
  parent: T | null;
}

const SIDES: Record<string, string> = {
  left: "left",
  l: "left",
  lft: "left",
  right: "right",
  r: "right",
  rgt: "right",
};
// Best first: "shoulder" is the upper arm only where nothing else is, and so on.
const LIMBS: Record<string, string[]> = {
  hip: ["upleg", "thigh", "upperleg", "femur", "hip", "leg"],
  knee: ["knee", "shin", "calf", "lowerleg", "lowleg", "leg"],
  ankle: ["ankle", "foot"],
  shoulder: ["upperarm", "uparm", "arm", "shldr", "shoulder"],
  elbow: ["elbow", "forearm", "lowerarm", "lowarm"],
  wrist: ["wrist", "hand"],
};
const OPTIONAL: Record<string, string[]> = {
  foot: ["toebase", "toes", "toe", "ball", "foot"],
  collar: ["collar", "clavicle", "shoulder"],
};
const KNOWN = new Set([...Object.values(LIMBS), ...Object.values(OPTIONAL), ["head"], ["neck"]].flat());
const FINGER = /(thumb|index|middle|mid|ring|pinky|little)/;
const COUNTED = /^finger([1-5])[1-3]$/; // "finger2-1" of MakeHuman
const FINGERS = ["thumb", "index", "middle", "ring", "pinky"];
const SAME: Record<string, string> = { mid: "middle", little: "pinky" };

/** ["left", ["fore", "arm"]] from "mixamorig:LeftForeArm", "forearm.L" or "J_Bip_L_ForeArm". */
export function split(name: string): [side: string, words: string[]] {
  const own = name.slice(Math.max(name.lastIndexOf(":"), name.lastIndexOf("|")) + 1);
  const words = (
    own.replace(/^mixamorig\d*(?=[A-Z])/, "").match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? []
  ).map((word) => word.toLowerCase());
  const at = words.findIndex((word) => word in SIDES);
  const side = at < 0 ? "" : (SIDES[words[at] ?? ""] ?? "");
  if (at >= 0) words.splice(at, 1);
  return [side, words];
}

/** The bones by joint, with spine1 to spineN; and the limbs of a humanoid that were not found. */
export function findBones<T extends Named<T>>(
  bones: T[],
  nameOf: (bone: T) => string,
): { found: Map<string, T>; missing: string[] } {
  const named = byPart(bones, nameOf);
  const isSpine = (bone: T): boolean => split(nameOf(bone))[1].some((word) => /^(spine|neck)$/.test(word));
  const found = new Map<string, T>();
  const missing: string[] = [];
  for (const [table, needed] of [
    [LIMBS, true],
    [OPTIONAL, false],
  ] as const)
    for (const side of ["left", "right"])
      for (const [joint, names] of Object.entries(table)) {
        const taken = new Set(found.values());
        const bone = names.map((name) => named.get(`${side} ${name}`)).find((one) => one && !taken.has(one));
        if (bone) found.set(`${side}_${joint}`, bone);
        else if (needed) missing.push(`${side}_${joint}`);
      }
  if (missing.length === 0) addTorso(found, missing, named.get(" head"), bones.filter(isSpine));
  if (missing.length === 0) for (const side of ["left", "right"]) addFingers(found, side, bones, nameOf);
  return { found, missing };
}

/** Of each side and part the bone with the least before it in its name and the least number after it, then the first. */
function byPart<T extends Named<T>>(bones: T[], nameOf: (bone: T) => string): Map<string, T> {
  const best = new Map<string, [cost: number, bone: T]>();
  for (const bone of bones) {
    const [side, all] = split(nameOf(bone));
    const words = all.filter((word) => !/^\d/.test(word));
    const skipped = words.findIndex((_, at) => KNOWN.has(words.slice(at).join("")));
    if (skipped < 0) continue;
    const key = `${side} ${words.slice(skipped).join("")}`;
    const number = Number(all.filter((word) => /^\d/.test(word)).join("") || 0);
    const cost = 1e6 * skipped + number;
    if (cost < (best.get(key)?.[0] ?? Infinity)) best.set(key, [cost, bone]);
  }
  return new Map([...best].map(([key, [, bone]]) => [key, bone]));
}

function chain<T extends Named<T>>(bone: T | undefined): T[] {
  return bone ? [bone, ...chain(bone.parent ?? undefined)] : [];
}

/**
 * The pelvis is where the legs meet, the chest where the arms meet; the spine is between them. Its last bone is the head
 * of who has none of this name (Rigify's "spine.006").
 */
function addTorso<T extends Named<T>>(
  found: Map<string, T>,
  missing: string[],
  named: T | undefined,
  spine: T[],
): void {
  const meet = (a: string, b: string): T | undefined => {
    const others = new Set(chain(found.get(b)));
    return chain(found.get(a)).find((bone) => others.has(bone));
  };
  const pelvis = meet("left_hip", "right_hip");
  const chest = meet("left_shoulder", "right_shoulder");
  const above = spine.filter((bone) => chest && chain(bone).indexOf(chest) > 0);
  const head = named ?? above.sort((a, b) => chain(b).length - chain(a).length)[0];
  if (!pelvis) missing.push("pelvis");
  if (!head) missing.push("head");
  if (!pelvis || !chest || !head) return;
  found.set("head", head);
  found.set("pelvis", pelvis);
  const upwards = chain(chest);
  const end = upwards.indexOf(pelvis);
  upwards
    .slice(0, Math.max(end, 0))
    .reverse()
    .forEach((bone, at) => found.set(`spine${String(at + 1)}`, bone));
  const neck = chain(head).slice(1);
  const first = neck[neck.indexOf(chest) - 1];
  if (first) found.set("neck", first);
}

/** Three joints of each finger whose name says which it is; bones in the palm, of which there are four, are left out. */
function addFingers<T extends Named<T>>(
  found: Map<string, T>,
  side: string,
  bones: T[],
  nameOf: (bone: T) => string,
): void {
  const wrist = found.get(`${side}_wrist`);
  const fingers = new Map<string, T[]>();
  for (const bone of bones) {
    const [, words] = split(nameOf(bone));
    const name = words.join("");
    const kind = FINGER.exec(name)?.[1] ?? FINGERS[Number(COUNTED.exec(name)?.[1] ?? 0) - 1];
    const helper = words.some((word) => /^(end|tip|nub|metacarpal|palm|meta)$/.test(word));
    if (!kind || (helper && kind !== "thumb") || bone === wrist || !wrist || !chain(bone).includes(wrist))
      continue;
    const finger = SAME[kind] ?? kind;
    fingers.set(finger, [...(fingers.get(finger) ?? []), bone]);
  }
  for (const [finger, some] of fingers)
    some
      .sort((a, b) => chain(a).length - chain(b).length)
      .slice(0, 3)
      .forEach((bone, at) => found.set(`${side}_${finger}${String(at + 1)}`, bone));
}
