/** The service: commands in, tracks out. */

export interface Joint {
  name: string;
  parent: number;
  offset: [number, number, number];
}

export interface Segment {
  action: string;
  start: number;
  end: number;
  layer: number;
  phrase: string;
}

export interface Motion {
  id: string;
  plan: string;
  frames: number;
  timeline: { fps: number; duration: number; segments: Segment[] };
}

/** What went wrong, in the service's words, and actions that are near to what was said. */
export class Problem extends Error {
  constructor(
    detail: string,
    readonly nearest: string[] = [],
  ) {
    super(detail);
  }
}

async function ask(path: string, init?: RequestInit): Promise<Response> {
  const reply = await fetch(path, init).catch(() => {
    throw new Problem("The service does not answer. Is `motion serve` running?");
  });
  if (reply.ok) return reply;
  const body: unknown = await reply.json().catch(() => ({}));
  const { detail, nearest } = body as { detail?: unknown; nearest?: [string, number][] | null };
  throw new Problem(
    typeof detail === "string" ? detail : `The service refused (${String(reply.status)}).`,
    (nearest ?? []).map(([name]) => name),
  );
}

/** Understand and perform a command. */
export async function send(text: string): Promise<Motion> {
  const headers = { "content-type": "application/json" };
  const reply = await ask("/v1/commands", { method: "POST", headers, body: JSON.stringify({ text }) });
  return (await reply.json()) as Motion;
}

/** All frames: per frame the root position (3) and the joints' rotations wxyz (4 each). */
export async function frames(id: string): Promise<Float32Array> {
  return new Float32Array(await (await ask(`/v1/tracks/${id}/frames`)).arrayBuffer());
}

/** The canonical skeleton, in the order of the rotations. */
export async function skeleton(): Promise<Joint[]> {
  return (await (await ask("/v1/skeleton")).json()) as Joint[];
}
