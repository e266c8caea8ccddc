/** What a film shall be: chosen in the form, kept in the browser. */

import { create } from "zustand";
import { get } from "../api/http";
import { kept } from "../studio";
import type { Reference } from "./picture";

export const VIEWS = ["mannequin", "pose", "overlay", "side-by-side"] as const;
export const FORMATS = ["mp4", "webm", "gif"] as const;
export const FIGURES = ["wooden", "convex"] as const;
export const RENDERERS = ["mannequin", "stable-animator"] as const;
export const SIZES = {
  square: [512, 512],
  portrait: [576, 1024],
  landscape: [1024, 576],
  hd: [1280, 720],
} as const;
export const SIDE = { least: 16, most: 2048 }; // px
const AREA = 512 * 512; // px, of a film that has the shape of a picture
const MULTIPLE = 64; // px, which the video model's sizes are multiples of
const PREVIEW = 288; // px, of the larger side of a preview

export type Renderer = (typeof RENDERERS)[number];
export type SizeName = keyof typeof SIZES | "own";

export interface Form {
  renderer: Renderer;
  view: (typeof VIEWS)[number];
  format: (typeof FORMATS)[number];
  own: boolean; // a size that is typed, even if it is one of SIZES
  width: number; // px, of one view
  height: number;
  fps: number | null; // null: as the motion
  figure: (typeof FIGURES)[number];
  captions: boolean;
  follow: boolean | null; // null: as it is seen best
  steps: number;
  guidance: number;
  seed: number;
}

const USUAL: Form = {
  renderer: "mannequin",
  view: "mannequin",
  format: "mp4",
  own: false,
  width: 512,
  height: 512,
  fps: null,
  figure: "wooden",
  captions: true,
  follow: null,
  steps: 25,
  guidance: 3,
  seed: 0,
};

/** Whether the service can do something, and if not, why. */
export interface Ability {
  available: boolean;
  reason: string;
}

export interface Renderers {
  mannequin: Ability;
  stable_animator: Ability;
  pose_finder: Ability;
  waiting: number;
  kept_hours: number;
}

interface FormNow {
  form: Form;
  reference: Reference | undefined; // kept while the page is open
}

export const useForm = create<FormNow>(() => ({
  form: { ...USUAL, ...kept.read<Partial<Form>>("film", {}) },
  reference: undefined,
}));

export function setForm(values: Partial<Form>): void {
  const form = { ...useForm.getState().form, ...values };
  kept.write("film", form);
  useForm.setState({ form });
}

export const renderers = (signal?: AbortSignal) => get<Renderers>("/v1/renderers", signal);

export function sizeName({ own, width, height }: Form): SizeName {
  const names = Object.keys(SIZES) as (keyof typeof SIZES)[];
  const name = names.find((one) => SIZES[one][0] === width && SIZES[one][1] === height);
  return own ? "own" : (name ?? "own");
}

export const fits = (side: number) => side >= SIDE.least && side <= SIDE.most && Number.isInteger(side);

/** The size of a film that has a picture's shape, as nearly as multiples of 64 allow. */
export function shapeOf({ width, height }: { width: number; height: number }): [number, number] {
  const scale = Math.sqrt(AREA / (width * height));
  const side = (pixels: number) =>
    Math.min(SIDE.most, Math.max(MULTIPLE, MULTIPLE * Math.round((pixels * scale) / MULTIPLE)));
  return [side(width), side(height)];
}

/** What the service is asked for. */
export interface RenderRequest extends Record<string, unknown> {
  track: string;
}

export function requestOf(track: string, form: Form, reference?: Reference): RenderRequest {
  const { renderer, view, format, width, height, fps, figure, captions, follow } = form;
  const { steps, guidance, seed } = form;
  const film = renderer === "stable-animator";
  return {
    ...{ track, renderer, format, width, height, fps, figure, captions, follow },
    ...(film ? { settings: { steps, guidance, seed } } : { view }),
    ...(reference ? { reference: { picture: reference.picture, pose: reference.pose ?? null } } : {}),
  };
}

/** The same, so small that it is drawn at once. */
export function previewOf(track: string, form: Form, reference?: Reference): RenderRequest {
  const scale = Math.min(1, PREVIEW / Math.max(form.width, form.height));
  const side = (pixels: number) => Math.max(SIDE.least, Math.round(pixels * scale));
  return requestOf(track, { ...form, width: side(form.width), height: side(form.height) }, reference);
}

/** The form as it was when something was asked for. */
export function reuse(request: Record<string, unknown>): void {
  const names = Object.keys(USUAL) as (keyof Form)[];
  const all = { ...request, ...(request.settings as object | null) };
  const known = names.filter((name) => all[name as keyof typeof all] !== undefined);
  const values = Object.fromEntries(
    known.map((name) => [name, all[name as keyof typeof all]]),
  ) as Partial<Form>;
  setForm({ ...values, view: values.view ?? USUAL.view, own: false });
}
