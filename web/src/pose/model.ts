/** Key poses: each key keeps a whole pose. Nothing here changes what it is given. */

export type Vec = [number, number, number];
export type Side = "left" | "right";
export type Frame = "chest" | "head" | "pelvis" | "shoulder" | "knee" | "floor";
export type Fingers = "relaxed" | "open" | "flat" | "fist" | "point" | "thumb_up";
export type Ease = "auto" | "stop" | "flow" | "settle";

export const SIDES: readonly Side[] = ["left", "right"];
export const FRAMES: readonly Frame[] = ["chest", "head", "pelvis", "shoulder", "knee", "floor"];
export const FINGERS: readonly Fingers[] = ["relaxed", "open", "flat", "fist", "point", "thumb_up"];
export const EASES: readonly Ease[] = ["auto", "stop", "flow", "settle"];
export const FPS = 30;
export const LONGEST = 60; // s, of a script
export const MOST_KEYS = 120;

/** A hand at its wrist: vectors are [outward, up, forward] in `frame`. */
export interface Hand {
  at: Vec; // m
  frame: Frame;
  palm?: Vec; // where the palm looks; none: as the forearm turns it
  fingers?: Vec; // where the fingers point
  elbow?: Vec; // where the elbow points; none: down and a little outward
}

/** A foot on the floor, as seen from where the figure stood at the beginning, not from where it has gone. */
export interface Foot {
  at: [number, number]; // m, outward and forward of its place in the stance
  yaw: number; // degrees, toes outward
  lift: number; // m
  pitch: number; // degrees, positive: the heel rises, negative: the toes
  knee: number; // degrees, outward
}

/** Lengths in m, angles in degrees: [bend forward, turn to the left, lean to the left]. */
export interface Pose {
  root: Vec; // x, z, and turn to the left of the whole stance, feet excepted
  hips: Vec; // left, up, forward
  pelvis: Vec;
  spine: Vec;
  head: Vec;
  left_hand: Hand;
  right_hand: Hand;
  left_fingers: Fingers;
  right_fingers: Fingers;
  left_foot: Foot;
  right_foot: Foot;
}

export type Channel = keyof Pose;

export interface Key {
  id: number;
  t: number; // s, on a frame
  ease: Ease;
  pose: Pose;
}

/** What is edited, and what undo goes back through. */
export interface Motion {
  keys: Key[]; // in time, the first at 0 s
  loop: [number, number] | undefined; // ids of the keys between which it repeats
  follow: number; // how much arms and head trail behind: 1 is natural
  life: number; // how much breathing and sway
}

const HANGING: Hand = { at: [0.105, -0.49, 0.075], frame: "shoulder", elbow: [0.55, 0, -1] };
const STANDING: Foot = { at: [0, 0], yaw: 0, lift: 0, pitch: 0, knee: 0 };
export const STANCE: Pose = {
  root: [0, 0, 0],
  hips: [0, 0, 0],
  pelvis: [0, 0, 0],
  spine: [0, 0, 0],
  head: [0, 0, 0],
  left_hand: HANGING,
  right_hand: HANGING,
  left_fingers: "relaxed",
  right_fingers: "relaxed",
  left_foot: STANDING,
  right_foot: STANDING,
};
export const CHANNELS = Object.keys(STANCE) as Channel[];

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
export const toFrame = (seconds: number): number => Math.round(Math.round(seconds * FPS) * (1e4 / FPS)) / 1e4;
export const nextId = (keys: Key[]): number => Math.max(0, ...keys.map(({ id }) => id)) + 1;

/** Standing, a pose to be made, and standing again. */
export function fresh(): Motion {
  const key = (id: number, t: number): Key => ({ id, t, ease: "auto", pose: STANCE });
  return { keys: [key(1, 0), key(2, 0.8), key(3, 1.6)], loop: undefined, follow: 1, life: 1 };
}

/** Where the left foot of the stance is, [x, z] in m; the right one is its mirror image. */
export type Stance = [number, number];

/** A foot of somebody who stands at [x, z] and has turned, as seen from the beginning. */
export function footFrom(foot: Foot, side: Side, [x, z, turn]: Vec, stance: Stance): Foot {
  const sign = side === "left" ? 1 : -1;
  const angle = (turn * Math.PI) / 180;
  const place = [sign * stance[0] + sign * foot.at[0], stance[1] + foot.at[1]] as const;
  const moved = [
    x + Math.cos(angle) * place[0] + Math.sin(angle) * place[1],
    z - Math.sin(angle) * place[0] + Math.cos(angle) * place[1],
  ] as const;
  return {
    ...foot,
    at: [sign * (moved[0] - sign * stance[0]), moved[1] - stance[1]],
    yaw: foot.yaw + sign * turn,
  };
}

/** The same foot as seen from a stance that has gone to [x, z] and turned. */
export function footSeenFrom(foot: Foot, side: Side, [x, z, turn]: Vec, stance: Stance): Foot {
  const near = { ...foot, at: [foot.at[0] - (side === "left" ? x : -x), foot.at[1] - z] as [number, number] };
  return footFrom(near, side, [0, 0, -turn], stance);
}

/** The whole figure elsewhere: its feet go with it. */
export function carried(pose: Pose, to: Vec, stance: Stance): Pose {
  if (same(pose.root, to)) return pose;
  const foot = (side: Side): Foot =>
    footFrom(footSeenFrom(pose[`${side}_foot`], side, pose.root, stance), side, to, stance);
  return { ...pose, root: to, left_foot: foot("left"), right_foot: foot("right") };
}

const mirrored = ([bend, turn, lean]: Vec): Vec => [bend, -turn, -lean];

/** Left for right. */
export function mirror(pose: Pose): Pose {
  return {
    root: [-pose.root[0], pose.root[1], -pose.root[2]],
    hips: [-pose.hips[0], pose.hips[1], pose.hips[2]],
    pelvis: mirrored(pose.pelvis),
    spine: mirrored(pose.spine),
    head: mirrored(pose.head),
    left_hand: pose.right_hand,
    right_hand: pose.left_hand,
    left_fingers: pose.right_fingers,
    right_fingers: pose.left_fingers,
    left_foot: pose.right_foot,
    right_foot: pose.left_foot,
  };
}

export const withPose = (motion: Motion, id: number, pose: Pose): Motion => ({
  ...motion,
  keys: motion.keys.map((key) => (key.id === id ? { ...key, pose } : key)),
});

export const withEase = (motion: Motion, id: number, ease: Ease): Motion => ({
  ...motion,
  keys: motion.keys.map((key) => (key.id === id ? { ...key, ease } : key)),
});

/** A key at another time, at least a frame from its neighbours; the first one stays where it is. */
export function moveKey(motion: Motion, id: number, to: number): Motion {
  const at = motion.keys.findIndex((key) => key.id === id);
  const [before, after] = [motion.keys[at - 1], motion.keys[at + 1]];
  if (!before) return motion;
  const t = toFrame(Math.min(Math.max(to, before.t + 1 / FPS), (after?.t ?? LONGEST + 1 / FPS) - 1 / FPS));
  return { ...motion, keys: motion.keys.map((key) => (key.id === id ? { ...key, t } : key)) };
}

/** One more key with this pose, at a free time near `t`; undefined where there is no room. */
export function addKey(motion: Motion, t: number, pose: Pose): Motion | undefined {
  const taken = new Set(motion.keys.map((key) => Math.round(key.t * FPS)));
  let frame = Math.round(t * FPS);
  while (taken.has(frame)) frame += 1;
  if (frame > LONGEST * FPS || motion.keys.length >= MOST_KEYS) return undefined;
  const key: Key = { id: nextId(motion.keys), t: toFrame(frame / FPS), ease: "auto", pose };
  return { ...motion, keys: [...motion.keys, key].sort((a, b) => a.t - b.t) };
}

/** Without a key; two are left at least. If it was the first, the next one begins the action. */
export function removeKey(motion: Motion, id: number, stance: Stance): Motion {
  const left = motion.keys.filter((key) => key.id !== id);
  const [first] = left;
  if (!first || left.length < 2) return motion;
  const keys = left.map((key) => ({ ...key, t: toFrame(key.t - first.t) }));
  return {
    ...motion,
    keys: first.pose.root.some((value) => value !== 0)
      ? keys.map((key) => rebased(key, first, stance))
      : keys,
    loop: motion.loop?.includes(id) ? undefined : motion.loop,
  };
}

/** A key as seen from where the figure is in another one. */
function rebased(key: Key, first: Key, stance: Stance): Key {
  const [x, z, turn] = first.pose.root;
  const angle = (-turn * Math.PI) / 180;
  const [dx, dz] = [key.pose.root[0] - x, key.pose.root[1] - z];
  const root: Vec = [
    Math.cos(angle) * dx + Math.sin(angle) * dz,
    -Math.sin(angle) * dx + Math.cos(angle) * dz,
    key.pose.root[2] - turn,
  ];
  return { ...key, pose: carried(key.pose, root, stance) };
}
