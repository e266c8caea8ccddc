/** Which stretches of a command are shown how: from the service's words to marks in the text. */

import type { Draft, Kind, Suggestion } from "../api/motion";

export type Style =
  | "action"
  | "count"
  | "side"
  | "speed"
  | "timing"
  | "measure"
  | "negated"
  | "ignored"
  | "unknown"
  | "unfinished";

/** A stretch of the text, in UTF-16 as the page counts. */
export interface Mark {
  start: number;
  end: number;
  style: Style;
}

/** A stretch that is not understood, with what may be meant. */
export interface Doubt {
  start: number;
  end: number;
  suggestions: Suggestion[];
}

/** What is understood of a text. */
export interface Reading {
  text: string;
  draft: Draft;
  marks: Mark[];
  doubts: Doubt[];
}

export const STYLE_OF: Record<Exclude<Kind, "">, Style> = {
  action: "action",
  timing: "timing",
  side: "side",
  direction: "side",
  speed: "speed",
  repetitions: "count",
  duration: "timing",
  distance: "measure",
  steps: "measure",
  degrees: "measure",
};

export function readingOf(text: string, draft: Draft): Reading {
  const at = places(text);
  const placed = <T extends { start: number; end: number }>(one: T): T => ({
    ...one,
    start: at(one.start),
    end: at(one.end),
  });
  const doubts = draft.unknown.map((one) => ({
    ...placed(one),
    suggestions: one.suggestions.map(placed),
  }));
  const words = draft.words.map(placed).flatMap(({ start, end, role, kind }): Mark[] => {
    if (doubts.some((doubt) => start >= doubt.start && end <= doubt.end)) return [];
    if (kind) return [{ start, end, style: STYLE_OF[kind] }];
    return role === "negated" || role === "ignored" ? [{ start, end, style: role }] : [];
  });
  const strange = doubts.map(({ start, end, suggestions }): Mark => {
    const begun = text.toLowerCase();
    const unfinished =
      end === text.length && suggestions.some((one) => mended(text, one).toLowerCase().startsWith(begun));
    return { start, end, style: unfinished ? "unfinished" : "unknown" };
  });
  return { text, draft, doubts, marks: [...words, ...strange].sort((a, b) => a.start - b.start) };
}

/** Where a character of the service's count stands in a JS string. */
function places(text: string): (place: number) => number {
  const characters = Array.from(text);
  if (characters.length === text.length) return (place) => place;
  let sum = 0;
  const starts = [0, ...characters.map((character) => (sum += character.length))];
  return (place) => starts[place] ?? text.length;
}

/** Marks of a text that has changed since: those before and behind the change stay on their words. */
export function carried(marks: Mark[], before: string, now: string): Mark[] {
  const most = Math.min(before.length, now.length);
  let head = 0;
  while (head < most && before[head] === now[head]) head++;
  let tail = 0;
  while (tail < most - head && before.at(-1 - tail) === now.at(-1 - tail)) tail++;
  const shift = now.length - before.length;
  return marks.flatMap((mark) => {
    if (mark.end <= head) return [mark];
    if (mark.start < before.length - tail) return [];
    return [{ ...mark, start: mark.start + shift, end: mark.end + shift }];
  });
}

/** The text in pieces, marked and not, in order; marks that overlap give way to the one before. */
export function pieces(text: string, marks: Mark[]): { text: string; style?: Style }[] {
  const found: { text: string; style?: Style }[] = [];
  let at = 0;
  for (const { start, end, style } of marks) {
    if (start < at) continue;
    if (start > at) found.push({ text: text.slice(at, start) });
    found.push({ text: text.slice(start, end), style });
    at = end;
  }
  if (at < text.length) found.push({ text: text.slice(at) });
  return found;
}

/** The text with a suggestion taken. */
export function mended(text: string, { start, end, text: better }: Suggestion): string {
  return text.slice(0, start) + better + text.slice(end);
}
