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
  note: string;
}

export interface Motion {
  id: string;
  plan: string;
  ignored: string[];
  frames: number;
  timeline: { fps: number; duration: number; segments: Segment[] };
}

/** What went wrong: in the service's words, or as a kind that the page has words for. */
export class Problem extends Error {
  constructor(
    readonly kind: "said" | "offline" | "refused",
    detail = "",
    readonly phrase = "",
    readonly nearest: string[] = [],
  ) {
    super(detail);
  }
}

interface Details {
  detail?: string;
  phrase?: string | null;
  nearest?: { action: string; score: number }[] | null;
}

async function ask(path: string, init?: RequestInit): Promise<Response> {
  const reply = await fetch(path, init).catch(() => {
    throw new Problem("offline");
  });
  if (reply.ok) return reply;
  const { detail, phrase, nearest } = (await reply.json().catch(() => ({}))) as Details;
  if (!detail) throw new Problem("refused", String(reply.status));
  throw new Problem(
    "said",
    detail,
    phrase ?? "",
    (nearest ?? []).map(({ action }) => action),
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
