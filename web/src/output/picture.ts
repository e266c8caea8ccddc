/** The picture of a character, and how it stands there, made ready for the service. */

import { LIMBS } from "../stage/overlays/poseMap";

const LARGEST = 1536; // px of a side: more does not show in a film
const SMALLEST = 16;

/** As `motion pose` writes them; points 0..1 of the picture, +y down. */
export interface Keypoints {
  body?: number[][];
  body_score?: number[];
  points?: number[][];
}

export interface Reference {
  name: string;
  picture: string; // data: address of a PNG
  width: number; // px
  height: number;
  pose?: Keypoints;
  poseName?: string;
}

export type Wrong = "noPicture" | "smallPicture" | "noPose" | "pictureFirst";

/** Any picture that the browser reads, upright, on white, no larger than is useful. */
export async function readPicture(file: File): Promise<Reference | Wrong> {
  let pixels: ImageBitmap;
  try {
    pixels = await createImageBitmap(file);
  } catch {
    return "noPicture";
  }
  if (Math.min(pixels.width, pixels.height) < SMALLEST) return "smallPicture";
  const scale = Math.min(1, LARGEST / Math.max(pixels.width, pixels.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(SMALLEST, Math.round(pixels.width * scale));
  canvas.height = Math.max(SMALLEST, Math.round(pixels.height * scale));
  const context = canvas.getContext("2d");
  if (!context) return "noPicture";
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(pixels, 0, 0, canvas.width, canvas.height);
  pixels.close();
  const { width, height } = canvas;
  return { name: file.name, picture: canvas.toDataURL("image/png"), width, height };
}

const KEPT = ["body", "body_score", "hands", "hand_score", "face", "face_score", "points"];
const isPoint = (point: unknown) =>
  Array.isArray(point) && point.length >= 2 && point.every((value) => typeof value === "number");

/** What a file of keypoints says; what else stands in it is left out. */
export async function readPose(file: File): Promise<Keypoints | Wrong> {
  let said: unknown;
  try {
    said = JSON.parse(await file.text());
  } catch {
    return "noPose";
  }
  if (typeof said !== "object" || said === null) return "noPose";
  const { body, points } = said as { body?: unknown; points?: unknown };
  const has = (list: unknown, count: number) =>
    Array.isArray(list) && list.length === count && list.every(isPoint);
  if (!has(body, 18) && !has(points, 134)) return "noPose";
  return Object.fromEntries(Object.entries(said).filter(([name]) => KEPT.includes(name)));
}

const SEEN = 0.3; // the least score of a point that is shown

/** The limbs that are seen, as x, y, x, y from 0 to 1. */
export function limbsOf({ body, body_score, points }: Keypoints): [number, number, number, number][] {
  const all = body ?? points ?? [];
  const joint = (index: number): [number, number] | undefined => {
    const [x, y, score] = all[index] ?? [];
    if (x === undefined || y === undefined || x < 0 || y < 0) return undefined;
    return (body ? (body_score?.[index] ?? 1) : (score ?? 1)) < SEEN ? undefined : [x, y];
  };
  return LIMBS.flatMap(([one, other]) => {
    const [from, to] = [joint(one), joint(other)];
    return from && to ? [[...from, ...to]] : [];
  });
}
