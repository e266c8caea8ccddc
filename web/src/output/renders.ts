/** The films that were asked for: how far they are, told by the service as it happens. */

import { create } from "zustand";
import { address, ask, get, Problem, problemOf, send } from "../api/http";
import * as service from "../api/motion";
import { kept, type Asked } from "../studio";
import type { RenderRequest } from "./form";
import type { Reference } from "./picture";

export type State = "queued" | "running" | "done" | "failed" | "cancelled";

export interface Render {
  id: string;
  state: State;
  step: number;
  steps: number; // 0: not known
  line: string;
  eta: number | null; // s
  reason: string;
  created: string;
  result: string | null;
  size: number | null; // bytes
  ahead: number;
  text: string;
  duration: number; // s
  reference: boolean;
  request: RenderRequest & { format: string; width: number; height: number };
}

interface RenderPage {
  renders: Render[];
  cursor: string | null;
}

interface FilmsNow {
  films: Render[] | undefined; // the newest first
  cursor: string | null;
  problem: Problem | undefined;
}

const PAGE = 6;
const MOST = 500; // that the service tells at once
const POLL = 2000; // ms, where events do not come through
const MOST_ASKED = 60;

export const useFilms = create<FilmsNow>(() => ({ films: undefined, cursor: null, problem: undefined }));
const { getState: now, setState: set } = useFilms;

export const isFinished = ({ state }: { state: State }) => state !== "queued" && state !== "running";

// ── Following: one stream at a time, for a browser opens no more than six connections to a service. Films are made one
// after the other, so that the oldest that is not finished is the one that gets on.

let watching = false;
let followed: { id: string; stop: () => void } | undefined;

/** Look at the films, and keep looking until `end`. */
export function begin(): Promise<void> {
  watching = true;
  return refresh();
}

export function end(): void {
  watching = false;
  followed?.stop();
  followed = undefined;
}

/** Look anew at all that are shown. */
export async function refresh(): Promise<void> {
  const limit = Math.min(MOST, Math.max(PAGE, now().films?.length ?? 0));
  try {
    const { renders, cursor } = await get<RenderPage>(`/v1/renders?limit=${String(limit)}`);
    set({ films: renders, cursor, problem: undefined });
  } catch (error) {
    set({ problem: problemOf(error) });
  }
  follow();
}

export async function more(): Promise<void> {
  const { cursor, films = [] } = now();
  if (!cursor) return;
  try {
    const address = `/v1/renders?limit=${String(PAGE)}&cursor=${encodeURIComponent(cursor)}`;
    const page = await get<RenderPage>(address);
    set({ films: [...films, ...page.renders], cursor: page.cursor, problem: undefined });
  } catch (error) {
    set({ problem: problemOf(error) });
  }
}

function follow(): void {
  const oldest = now()
    .films?.filter((film) => !isFinished(film))
    .at(-1);
  if (followed?.id === oldest?.id) return;
  followed?.stop();
  followed = undefined;
  if (!oldest || !watching) return;
  const { id } = oldest;
  const source = new EventSource(address(`/v1/renders/${id}/events`));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    source.close();
    clearTimeout(timer);
  };
  followed = { id, stop };
  const hear = (film: Render) => {
    put(film);
    if (isFinished(film)) {
      stop();
      void refresh(); // the others have moved up
    }
  };
  const poll = async () => {
    try {
      hear(await get<Render>(`/v1/renders/${id}`));
    } catch {
      void refresh();
    }
    if (followed?.id === id) timer = setTimeout(() => void poll(), POLL);
  };
  source.addEventListener("progress", (event: MessageEvent<string>) => {
    hear(JSON.parse(event.data) as Render);
  });
  source.onerror = () => {
    // What breaks off is taken up again by the browser; what is refused is not.
    if (source.readyState === EventSource.CLOSED) timer = setTimeout(() => void poll(), POLL);
  };
}

function put(film: Render): void {
  set(({ films }) => ({
    films: films?.map((one) => (one.id === film.id ? film : one)),
    problem: undefined,
  }));
}

// ── What was asked for, so that it can be asked for again

const pictures = new Map<string, Reference>(); // by film; too large to be kept longer than the page

/** How the motion of a film was asked for. */
export function askedOf(film: Render): Asked | undefined {
  return kept.read<Record<string, Asked>>("filmed", {})[film.request.track];
}

function remember(track: string, asked: Asked): void {
  const all = Object.entries(kept.read<Record<string, Asked>>("filmed", {}));
  const others = all.filter(([id]) => id !== track).slice(1 - MOST_ASKED);
  kept.write("filmed", Object.fromEntries([...others, [track, asked]]));
}

/** Ask for a film; throws Problem. */
export async function make(request: RenderRequest, asked: Asked, reference?: Reference): Promise<void> {
  const film = await send<Render>("/v1/renders", request);
  if (reference) pictures.set(film.id, reference);
  set(({ films = [] }) => ({ films: [film, ...films.filter(({ id }) => id !== film.id)] }));
  follow();
  remember(request.track, asked); // last: the film is accepted, even if there is no room to keep this
}

/** Cancel a film that is not finished, or remove one that is; throws Problem. */
export async function discard(film: Render): Promise<void> {
  try {
    await ask(`/v1/renders/${film.id}`, { method: "DELETE" });
  } catch (error) {
    if (problemOf(error).status !== 404) throw error; // somebody was faster
  }
  await refresh();
}

/** Ask for the same film once more, of a motion that may be forgotten by now; throws Problem. */
export async function again(film: Render, lost: string): Promise<void> {
  const picture = pictures.get(film.id);
  if (film.reference && !picture) throw new Problem("said", lost);
  const reference = picture && { picture: picture.picture, pose: picture.pose ?? null };
  const asked = askedOf(film) ?? { text: film.text };
  const request: RenderRequest = { ...film.request, ...(reference ? { reference } : {}) };
  try {
    await make(request, asked, picture);
  } catch (error) {
    if (problemOf(error).status !== 404) throw error;
    const { tracks, text } = asked;
    const { id } = await (tracks ? service.compose(tracks) : service.command(text));
    await make({ ...request, track: id }, asked, picture);
  }
}
