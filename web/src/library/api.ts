/** The library of the service: actions and saved sequences. */

import { ask, get, key, KEY_NEEDED, Problem, send } from "../api/http";
import type { Mask, Sequence, Side, TrackOf } from "../api/motion";

export type Aliases = Partial<Record<"en" | "zh", string[]>>;

export interface Action {
  name: string;
  description: string;
  description_zh: string;
  aliases: Aliases;
  tags: string[];
  duration: number; // s, played once
  usual: number; // s, performed
  source: string;
  licence: string;
  cyclic: boolean;
  mask: Mask;
  version: number;
}

export interface Detail extends Action {
  say: string; // words that mean it
  created: string;
  frames: number;
  fps: number;
  parts: string[];
  side: Side | null;
  way: "forward" | "backward" | "left" | "right" | null;
  distance: number; // m
  turn: number; // radians, left positive
  start_posture: string;
  end_posture: string;
}

/** A detail, and the ETag that a change of it must name. */
export interface Tagged {
  action: Detail;
  etag: string;
}

export type Change = Partial<
  Pick<Detail, "name" | "description" | "description_zh" | "aliases" | "tags" | "source" | "licence">
>;

export interface Version {
  version: number;
  state: "present" | "former" | "removed";
  action: Action;
}

export interface Count {
  value: string;
  count: number;
}

export interface Facets {
  actions: number;
  tags: Count[];
  parts: Count[];
  sources: Count[];
  licences: Count[];
}

/** How the skeleton of a file was read. */
export interface Reading {
  program: string | null;
  joints: Record<string, string>; // ours: the file's
  body: number;
  by_name: boolean;
  rest: "T" | "A" | "hanging" | null;
  up: string;
  metres: number | null;
}

export interface Uploaded {
  actions: Detail[];
  notes: string[];
  reading: Reading | null;
}

export interface Page<T> {
  items: T[];
  cursor: string | null;
}

export interface SavedSequence extends Sequence {
  text: string;
  steps: { action: string }[][];
  tracks: TrackOf[];
  aliases: Aliases;
  description: string;
}

const ACTIONS = "/v1/actions";
const of = (name: string) => `${ACTIONS}/${encodeURIComponent(name)}`;

/** The address of a picture, of frames or of a file of an action. */
export const part = (name: string, file: string) => `${of(name)}/${file}`;

export async function actions(query: URLSearchParams, signal: AbortSignal): Promise<Page<Action>> {
  const page = await get<{ actions: Action[]; cursor: string | null }>(
    `${ACTIONS}?${query.toString()}`,
    signal,
  );
  return { items: page.actions, cursor: page.cursor };
}

export const facets = () => get<Facets>("/v1/facets");

async function tagged(reply: Response): Promise<Tagged> {
  return { action: (await reply.json()) as Detail, etag: reply.headers.get("etag") ?? "*" };
}

export const action = async (name: string) => tagged(await ask(of(name)));

export async function change(name: string, etag: string, values: Change): Promise<Tagged> {
  const headers = { "content-type": "application/json", "if-match": etag };
  return tagged(await ask(of(name), { method: "PATCH", headers, body: JSON.stringify(values) }));
}

/** Into the bin, if nobody has changed it meanwhile. */
export const remove = (name: string, etag: string) =>
  ask(of(name), { method: "DELETE", headers: { "if-match": etag } });

export const history = (name: string) => get<Version[]>(`${of(name)}/history`);

export async function restore(name: string, version?: number): Promise<Tagged> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ version: version ?? null });
  return tagged(await ask(`${of(name)}/restore`, { method: "POST", headers, body }));
}

/** All frames of an action: per frame root position (3), rotations wxyz (4 each). */
export async function framesOf(name: string): Promise<Float32Array> {
  return new Float32Array(await (await ask(part(name, "frames"))).arrayBuffer());
}

const SEQUENCES = "/v1/sequences";

export async function sequences(cursor: string | null, signal?: AbortSignal): Promise<Page<SavedSequence>> {
  const more = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
  const page = await get<{ sequences: SavedSequence[]; cursor: string | null }>(
    `${SEQUENCES}?limit=100${more}`,
    signal,
  );
  return { items: page.sequences, cursor: page.cursor };
}

export const removeSequence = (name: string) =>
  ask(`${SEQUENCES}/${encodeURIComponent(name)}`, { method: "DELETE" });

export const restoreSequence = (name: string) =>
  send<SavedSequence>(`${SEQUENCES}/${encodeURIComponent(name)}/restore`, {});

/** What is said of a file that is sent. */
export interface Said {
  name: string;
  source: string;
  licence: string;
  segment: boolean;
  map: string; // YAML
}

/** Make an action of a file. `sent`: called with the share of it that has left. */
export function upload(file: File, said: Said, sent: (share: number) => void): Promise<Uploaded> {
  const query = new URLSearchParams({ file: file.name, ...stated({ ...said, segment: "" }) });
  if (said.segment) query.set("segment", "true");
  return post("POST", `${ACTIONS}?${query.toString()}`, file, sent);
}

/** Give an action another motion; what is said of it stays. */
export function exchange(
  name: string,
  file: File,
  map: string,
  sent: (share: number) => void,
): Promise<Uploaded> {
  const query = new URLSearchParams({ file: file.name, ...stated({ map }) });
  return post("PUT", `${of(name)}/motion?${query.toString()}`, file, sent);
}

const stated = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim()));

/** As `ask`, for large bodies: fetch does not tell how much has been sent. */
function post(method: string, path: string, body: File, sent: (share: number) => void): Promise<Uploaded> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open(method, path);
    request.setRequestHeader("content-type", "application/octet-stream");
    if (key()) request.setRequestHeader("authorization", `Bearer ${key()}`);
    request.upload.onprogress = ({ loaded, total }) => {
      sent(total ? loaded / total : 1);
    };
    request.onerror = () => {
      failed(new Problem("offline"));
    };
    request.onload = () => {
      const { status, responseText } = request;
      const ok = status >= 200 && status < 300;
      if (ok) done(JSON.parse(responseText) as Uploaded);
      else failed(refusal(status, responseText));
    };
    request.send(body);
  });
}

function refusal(status: number, text: string): Problem {
  if (status === 401) window.dispatchEvent(new Event(KEY_NEEDED));
  let detail = "";
  try {
    detail = (JSON.parse(text) as { detail?: string }).detail ?? "";
  } catch {
    return new Problem("refused", String(status), status);
  }
  return new Problem(status === 401 ? "key" : detail ? "said" : "refused", detail || String(status), status);
}
