/** Pages of what passes a search, asked for while it is typed. */

import { useCallback, useEffect, useRef, useState } from "react";
import { problemOf, type Problem } from "../api/http";
import { actions, type Action } from "./api";
import { useShelf } from "./state";

const PAGE = 24;
const PAUSE = 250; // ms without typing after which is searched

/** What is looked for; empty: it does not matter. */
export interface Wanted {
  text: string;
  tags: string[];
  part: string;
  source: string;
  licence: string;
  length: string; // "min-max", s
  sort: string; // "duration", "-created"
}

export const ANYTHING: Wanted = {
  text: "",
  tags: [],
  part: "",
  source: "",
  licence: "",
  length: "",
  sort: "name",
};

/** The question that asks for it. */
export function queryOf(wanted: Wanted): URLSearchParams {
  const [shortest = "", longest = ""] = wanted.length.split("-");
  const text = wanted.text.trim();
  const query = new URLSearchParams({ limit: String(PAGE) });
  const say = (name: string, value: string) => {
    if (value) query.append(name, value);
  };
  say("text", text);
  wanted.tags.forEach((tag) => {
    say("tag", tag);
  });
  say("part", wanted.part);
  say("source", wanted.source.trim());
  say("licence", wanted.licence.trim());
  say("min_duration", shortest);
  say("max_duration", longest);
  if (text) return query; // then the nearest is first
  say("sort", wanted.sort.replace("-", ""));
  if (wanted.sort.startsWith("-")) say("descending", "true");
  return query;
}

export interface Found {
  actions: Action[];
  cursor: string | null;
  query: string; // that they are the answer to; empty: none has come yet
  problem?: Problem;
}

const NOTHING: Found = { actions: [], cursor: null, query: "" };

/** What is found so far, whether more is on its way, and how to ask for it. */
export function useFound(wanted: Wanted): Found & { busy: boolean; more: () => void } {
  const changes = useShelf((shelf) => shelf.changes);
  const [found, setFound] = useState<Found>(NOTHING);
  const [asking, setAsking] = useState(false); // for another page
  const query = queryOf(wanted).toString();
  const key = `${query}#${String(changes)}`;
  const running = useRef<AbortController>(undefined);

  const ask = useCallback(async (key: string, before: Found) => {
    running.current?.abort();
    const stop = (running.current = new AbortController());
    try {
      const query = new URLSearchParams(key.split("#")[0]);
      if (before.cursor) query.set("cursor", before.cursor);
      const { items, cursor } = await actions(query, stop.signal);
      const known = new Set(before.actions.map(({ name }) => name));
      const fresh = items.filter(({ name }) => !known.has(name));
      setFound({ actions: [...before.actions, ...fresh], cursor, query: key });
    } catch (error) {
      if (!stop.signal.aborted) setFound({ ...before, query: key, problem: problemOf(error) });
    } finally {
      if (running.current === stop) setAsking(false);
    }
  }, []);

  useEffect(() => {
    const timer = setTimeout(() => void ask(key, NOTHING), PAUSE);
    return () => {
      clearTimeout(timer);
      running.current?.abort();
    };
  }, [key, ask]);

  const more = () => {
    if (asking || !found.cursor || found.query !== key) return;
    setAsking(true);
    void ask(key, found);
  };
  return { ...found, busy: asking || found.query !== key, more };
}
