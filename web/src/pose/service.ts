/** What the editor asks of the service. */

import { ask, Problem, send } from "../api/http";
import type { Document } from "./script";

/** The frames of a script; of one key, if that is named. */
export async function solve(script: Document, key?: number): Promise<Float32Array> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ script, key });
  const reply = await ask("/v1/keyposes/solve", { method: "POST", headers, body });
  return new Float32Array(await reply.arrayBuffer());
}

/** A frame as the channels of a key, and which joint then lies how far (m) from where it was. */
export interface Taken {
  channels: Record<string, unknown>;
  joint: string;
  apart: number;
}

export const take = (frame: Float32Array) => send<Taken>("/v1/keyposes/pose", { frame: [...frame] });

/** An action as the library has it. */
export interface Action {
  name: string;
  say: string;
}

interface Reply {
  actions: Action[];
}

/** A script becomes an action. */
export async function add(name: string, yaml: string): Promise<Action | undefined> {
  const query = new URLSearchParams({ file: "pose.yaml", name });
  const reply = await ask(`/v1/actions?${String(query)}`, { method: "POST", body: yaml });
  return ((await reply.json()) as Reply).actions[0];
}

/** Whether there is an action of this name. */
export async function exists(name: string): Promise<boolean> {
  try {
    await ask(`/v1/actions/${encodeURIComponent(name)}`);
    return true;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return false;
    throw error;
  }
}

/** An action gets another motion, and other words; its former version can be restored. */
export async function replace(name: string, yaml: string, words: Document): Promise<Action | undefined> {
  const at = `/v1/actions/${encodeURIComponent(name)}`;
  await ask(`${at}/motion?file=pose.yaml`, { method: "PUT", body: yaml });
  return send<Action>(at, words, { method: "PATCH" });
}
