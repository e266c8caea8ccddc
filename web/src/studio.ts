/** What the page knows and does; all views share it. */

import { create } from "zustand";
import { Problem, problemOf } from "./api/http";
import * as service from "./api/motion";
import type { Joint, Motion, TrackOf } from "./api/motion";
import { Clock } from "./stage/clock";
import { measured } from "./timeline/lengths";
import type { Source } from "./stage/source";

export type Language = "en" | "zh";
export type Panel = "library" | "pose" | "export" | "live";
export type Theme = "system" | "light" | "dark";

/** What was performed: in words, or by the second. Undo goes back through these. */
export interface Asked {
  text: string; // as typed; for tracks the words they came from
  tracks?: TrackOf[]; // changed by hand: these are performed instead
}

export interface Performance {
  motion: Motion;
  data: Float32Array; // per frame root position (3), rotations wxyz (4 each)
}

interface Studio {
  language: Language;
  theme: Theme;
  panel: Panel | undefined;
  joints: Joint[] | undefined;
  shown: Performance | undefined;
  asked: Asked; // what is shown
  text: string; // in the command bar
  past: Asked[]; // the latest last
  future: Asked[]; // the next last
  working: boolean;
  problem: Trouble | undefined; // with what was asked for last
  chosen: Chosen | undefined; // block of the timeline
  source: Source | undefined; // what the figure does instead of what is shown: a pose being edited, a live room
}

/** What went wrong, and where on the page it was asked for. */
export interface Trouble {
  at: "command" | "timeline";
  problem: Problem;
}

/** A block: clip `clip` of track `track`. */
export interface Chosen {
  track: number;
  clip: number;
}

/** What can be kept in the browser: commands said before, how the page looks. */
export const kept = {
  read<T>(name: string, otherwise: T): T {
    try {
      return JSON.parse(localStorage.getItem(`motion-${name}`) ?? "") as T;
    } catch {
      return otherwise;
    }
  },
  write(name: string, value: unknown): void {
    try {
      localStorage.setItem(`motion-${name}`, JSON.stringify(value));
    } catch {
      // full, or forbidden: then it is kept no longer than the page is open
    }
  },
};

const MOST_SAID = 50;
const MOST_PAST = 200;

export const clock = new Clock();

export const useStudio = create<Studio>(() => ({
  language: kept.read("language", navigator.language.startsWith("zh") ? "zh" : "en"),
  theme: kept.read("theme", "system"),
  panel: kept.read<Panel | undefined>("panel", "library"),
  joints: undefined,
  shown: undefined,
  asked: { text: "" },
  text: "",
  past: [],
  future: [],
  working: false,
  problem: undefined,
  chosen: undefined,
  source: undefined,
}));

const { getState: now, setState: set } = useStudio;

/** The words of a view in the language of the page. */
export function useWords<T>(words: Record<Language, T>): T {
  return words[useStudio((studio) => studio.language)];
}

export function setLanguage(language: Language): void {
  kept.write("language", language);
  set({ language });
}

export function setTheme(theme: Theme): void {
  kept.write("theme", theme);
  set({ theme });
}

export function openPanel(panel: Panel | undefined): void {
  kept.write("panel", panel ?? null);
  set({ panel, chosen: undefined }); // a tool that is opened has all the place
}

/** Commands that were said before, the latest first. */
export function said(): string[] {
  return kept.read<string[]>("said", []);
}

function remember(text: string): void {
  kept.write("said", [text, ...said().filter((one) => one !== text)].slice(0, MOST_SAID));
}

let count = 0; // of performances: an answer that a later one has overtaken is dropped

export type Outcome = "shown" | "refused" | "overtaken";

/** Shows what `make` gives; what was asked for before can be undone. */
async function show(
  make: () => Promise<Motion>,
  asked: (motion: Motion) => Asked,
  how: { at?: Trouble["at"]; playing?: boolean; keepTime?: boolean; history?: boolean } = {},
): Promise<Outcome> {
  const number = ++count;
  set({ working: true });
  try {
    const [joints, motion] = await Promise.all([service.skeleton(), make()]);
    const data = await service.frames(motion.id);
    if (number !== count) return "overtaken";
    const before = now();
    if (how.keepTime) clock.extend(motion.timeline.duration);
    else clock.start(motion.timeline.duration, how.playing ?? true);
    const past = before.shown ? [...before.past, before.asked].slice(-MOST_PAST) : [];
    set({
      joints,
      shown: { motion, data },
      asked: asked(motion),
      problem: undefined,
      ...(how.history === false ? {} : { past, future: [] }),
    });
    return "shown";
  } catch (error) {
    if (number !== count) return "overtaken";
    set({ problem: { at: how.at ?? "command", problem: problemOf(error) } });
    return "refused";
  } finally {
    if (number === count) set({ working: false });
  }
}

/** Perform a command; `said`: by the user, who may want to say it again. */
export async function perform(text: string, playing = true, said = true): Promise<void> {
  set({ source: undefined });
  const asked = () => ({ text });
  if ((await show(() => service.command(text), asked, { playing })) !== "shown") return;
  if (said) remember(text);
  set({ chosen: undefined });
}

/** Perform what some words mean, as if they had been typed. */
export function say(words: string): void {
  set({ text: words });
  void perform(words);
}

/** Perform what is said in a recording. */
export async function performSpoken(sound: Blob): Promise<void> {
  set({ source: undefined });
  const { text } = now();
  let heard = "";
  const write = (words: string) => {
    heard = words;
    if (now().text === text) set({ text: words }); // else something was typed meanwhile
  };
  const make = async () => {
    const spoken = await service.listen(sound).catch((error: unknown) => {
      if (error instanceof Problem && error.heard) write(error.heard);
      throw error;
    });
    write(spoken.heard.text);
    return spoken;
  };
  if ((await show(make, () => ({ text: heard }))) !== "shown") return;
  remember(heard);
  set({ chosen: undefined });
}

let queue: Promise<unknown> = Promise.resolve();

/** Changes of the timeline, undo and redo come one after the other: each is made of what the one before has left. */
function inTurn<T>(change: () => Promise<T>): Promise<T> {
  const done = queue.then(change);
  queue = done.catch(() => undefined);
  return done;
}

let changes = 0;

/**
 * Perform tracks that were changed by hand; the position in the motion stays. What states no length lasts as long as it
 * takes, and what follows makes room. Of changes that wait for their turn only the last is made, which has the others.
 */
export function performTracks(tracks: TrackOf[]): Promise<Outcome> {
  const number = ++changes;
  set({ source: undefined });
  return inTurn(async () => {
    if (number !== changes) return "overtaken";
    const { text } = now().asked;
    let sent = tracks;
    const make = async () => {
      sent = await measured(tracks);
      return service.compose(sent);
    };
    return show(make, () => ({ text, tracks: sent }), { at: "timeline", keepTime: true });
  });
}

/** The tracks of what is shown: as changed by hand, or as the service understood the words. */
export function tracksNow(): TrackOf[] {
  const { asked, shown } = now();
  return asked.tracks ?? shown?.motion.tracks ?? [];
}

async function travel(from: "past" | "future", to: "past" | "future"): Promise<void> {
  const target = now()[from].at(-1);
  if (!target) return;
  const leaving = now().asked;
  const { tracks, text } = target;
  const make = () => (tracks ? service.compose(tracks) : service.command(text));
  const how = { at: "timeline", keepTime: true, history: false } as const;
  if ((await show(make, () => target, how)) !== "shown") return;
  set((studio) => ({
    [from]: studio[from].slice(0, -1),
    [to]: [...studio[to], leaving],
    text,
    chosen: undefined,
  }));
}

export const undo = () => inTurn(() => travel("past", "future"));
export const redo = () => inTurn(() => travel("future", "past"));
