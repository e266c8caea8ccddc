/** What the library says of actions: their names in the language of the page, and what can be stated of them. */

import { useEffect } from "react";
import { create } from "zustand";
import { get } from "../api/http";
import type { Direction, Placed, Side } from "../api/motion";
import { useStudio, type Language } from "../studio";

export interface Known {
  name: string;
  description: string;
  aliases: Record<Language, string[]>;
}

export interface Details extends Known {
  cyclic: boolean;
  side: Side | null;
  way: Direction | null;
  distance: number; // m
  turn: number; // radians
  start_posture: string;
  end_posture: string;
}

const MOST = 500; // actions whose names are read at once
const TRAVELS = 0.3; // m, above which an action goes somewhere
const TURNS = 0.3; // radians, above which it turns

const useActions = create<{ known: Record<string, Known>; details: Record<string, Details> }>(() => ({
  known: {},
  details: {},
}));

let names: Promise<void> | undefined;

function readNames(): Promise<void> {
  names ??= get<{ actions: Known[] }>(`/v1/actions?limit=${String(MOST)}`)
    .then(({ actions }) => {
      useActions.setState({ known: Object.fromEntries(actions.map((action) => [action.name, action])) });
    })
    .catch(() => {
      names = undefined; // they are shown as they are called
    });
  return names;
}

export const plainName = (action: string): string => action.replaceAll("_", " ");

/** How an action is called in a language: in Chinese by the first of its Chinese names, if it has one. */
export function titleOf(
  { name, aliases }: { name: string; aliases: Partial<Record<Language, string[]>> },
  language: Language,
): string {
  return (language === "zh" && aliases.zh?.[0]) || plainName(name);
}

/** What actions are called in the language of the page. */
export function useNames(): (action: string) => string {
  const language = useStudio((studio) => studio.language);
  const known = useActions((actions) => actions.known);
  useEffect(() => {
    if (language === "zh") void readNames();
  }, [language]);
  return (action) => {
    const found = known[action];
    return found ? titleOf(found, language) : plainName(action);
  };
}

/** The actions that mean what was typed, the nearest first; all if nothing was. */
export async function search(text: string, signal?: AbortSignal): Promise<Known[]> {
  const query = new URLSearchParams({ limit: text ? "30" : String(MOST), ...(text && { text }) });
  return (await get<{ actions: Known[] }>(`/v1/actions?${query.toString()}`, signal)).actions;
}

/** All that the library says of an action; undefined until it has answered. */
export function useDetails(action: string): Details | undefined {
  const found = useActions((actions) => actions.details[action]);
  useEffect(() => {
    if (found) return;
    const asking = new AbortController();
    get<Details>(`/v1/actions/${encodeURIComponent(action)}`, asking.signal)
      .then((details) => {
        useActions.setState((actions) => ({ details: { ...actions.details, [action]: details } }));
      })
      .catch(() => undefined); // everything is offered then
    return () => {
      asking.abort();
    };
  }, [action, found]);
  return found;
}

/** What can sensibly be stated of an action, besides when, how long and how fast. */
export interface Sensible {
  repetitions: boolean;
  side: boolean;
  directions: Direction[]; // besides the usual one
  distance: boolean;
  degrees: boolean;
}

const EVERYTHING: Sensible = {
  repetitions: true,
  side: true,
  directions: ["forward", "backward", "left", "right"],
  distance: true,
  degrees: true,
};

/** As the engine (`motion_engine/parts.py`) heeds it, and what is stated already. */
export function sensible(details: Details | undefined, clip: Placed): Sensible {
  if (!details) return EVERYTHING;
  const { cyclic, distance, side, turn, way } = details;
  const travels = distance > TRAVELS;
  const turns = Math.abs(turn) > TURNS;
  const sideways = way === "left" || way === "right";
  const ahead: Direction[] = clip.direction === "forward" ? ["forward"] : [];
  const directions: Direction[] =
    travels && !sideways && !turns ? ["backward", "left", "right"] : ["left", "right"];
  return {
    repetitions:
      clip.repetitions != null || (details.start_posture === details.end_posture && !(cyclic && travels)),
    side: clip.side != null || side === "left" || side === "right",
    directions: [...ahead, ...directions],
    distance: clip.distance != null || travels,
    degrees: clip.degrees != null || turns,
  };
}
