/** Asking the service: the key, and what goes wrong, in words. */

const KEY = "motion-key"; // in the browser's own store
/** The event of the window which says that the service wants a key that it has not got. */
export const KEY_NEEDED = "motion-key-needed";

/** What went wrong: in the service's words, or as a kind that the page has words for. */
export class Problem extends Error {
  constructor(
    readonly kind: "said" | "offline" | "refused" | "key",
    detail = "",
    readonly status = 0,
    readonly phrase = "",
    readonly nearest: string[] = [],
    readonly heard = "", // of a spoken command that was not understood
  ) {
    super(detail);
  }
}

interface Details {
  detail?: string;
  phrase?: string | null;
  heard?: string | null;
  nearest?: { action: string; score: number }[] | null;
}

/** The key that the service asks for; empty on one's own machine. One in the page's address is for that page alone. */
export function key(): string {
  return new URLSearchParams(location.search).get("key") ?? stored() ?? "";
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // the browser keeps nothing
  }
}

/** Keep a key for all pages, instead of one in the address, which was not good. */
export function keepKey(value: string): void {
  const page = new URL(location.href);
  page.searchParams.delete("key");
  try {
    localStorage.setItem(KEY, value);
  } catch {
    page.searchParams.set("key", value); // where nothing can be kept: for this page alone
  }
  history.replaceState(history.state, "", page);
}

/** An address for pictures, links, events and sockets, which cannot send headers. */
export function address(path: string): string {
  const own = key();
  return own ? `${path}${path.includes("?") ? "&" : "?"}key=${encodeURIComponent(own)}` : path;
}

/** Ask the service; throws Problem. An aborted question throws the browser's AbortError. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (key()) headers.set("authorization", `Bearer ${key()}`);
  let reply: Response;
  try {
    reply = await fetch(path, { ...init, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem("offline");
  }
  if (reply.ok) return reply;
  const { detail, phrase, nearest, heard } = (await reply.json().catch(() => ({}))) as Details;
  if (reply.status === 401) window.dispatchEvent(new Event(KEY_NEEDED));
  const kind = reply.status === 401 ? "key" : detail ? "said" : "refused";
  throw new Problem(
    kind,
    detail ?? String(reply.status),
    reply.status,
    phrase ?? "",
    (nearest ?? []).map(({ action }) => action),
    heard ?? "",
  );
}

/** Ask for a document. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await ask(path, { signal })).json()) as T;
}

/** Send a document, and get one. */
export async function send<T>(
  path: string,
  document: unknown,
  options: { method?: string; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<T> {
  const headers = { "content-type": "application/json", ...options.headers };
  const body = JSON.stringify(document);
  const reply = await ask(path, { method: "POST", ...options, headers, body });
  return (await reply.json()) as T;
}

/** A problem of anything that was thrown. */
export function problemOf(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem("said", String(error));
}
