/** What is said over a live socket, as docs/live.md has it. */

import type { TrackOf } from "../api/motion";

export type Policy = "interrupt" | "queue" | "vote";
export type Role = "host" | "audience" | "viewer";
export type When = "now" | "next" | "end";

export const POLICIES: Policy[] = ["interrupt", "queue", "vote"];

/** A command that has its place, in frames. */
export interface Asked {
  number: number;
  frame: number; // the first of it
  end: number; // the first after it
  text: string;
  sender: string;
}

export interface Option {
  option: number;
  text: string;
  plan: string;
  votes: number;
}

export interface Votes {
  options: Option[];
  seconds: number; // until it ends
}

export interface Now {
  actions: string[];
  phrases: string[]; // that asked for each; "" for what was added
}

/** A room, as the list of rooms has it. */
export interface RoomNow {
  room: string;
  fps: number;
  frame: number; // the next one
  speed: number;
  policy: Policy;
  vmc: string[]; // host:port of receivers
  viewers: number;
  now: Now;
  performing: Asked | null;
  waiting: Asked[];
  votes: Votes | null;
}

/** What everybody hears. */
export type Heard =
  | ({ type: "welcome"; role: Role; rate: number } & RoomNow)
  | {
      type: "cue";
      number: number;
      frame: number;
      text: string;
      sender: string;
      plan: string;
      when: When;
      drops: number[];
      timeline: { duration: number };
    }
  | ({ type: "playing"; frame: number } & Now)
  | ({ type: "votes" } & Votes)
  | { type: "policy"; policy: Policy }
  | { type: "speed"; frame: number; factor: number; performing: Asked | null; waiting: Asked[] }
  | { type: "stopped"; frame: number; drops: number[] }
  | { type: "recentred"; frame: number }
  | { type: "viewers"; viewers: number }
  | { type: "problem"; detail: string };

/** What only who asked hears. */
export type Reply =
  | { type: "done"; id: string; did: Did }
  | { type: "heard"; id: string; text: string }
  | {
      type: "problem";
      id: string;
      detail: string;
      status: number;
      phrase?: string;
      nearest?: { action: string }[];
    };

/** What became of something that was said: for a command its plan and frame, for a proposal its option. */
export interface Did {
  type: string;
  plan?: string;
  frame?: number;
  option?: number;
  options?: Option[];
}

export type Said =
  | { type: "command"; text: string; when?: When }
  | { type: "sequence"; tracks: TrackOf[]; when?: When }
  | { type: "vote"; option: number }
  | { type: "stop" }
  | { type: "speed"; factor: number }
  | { type: "recentre" }
  | { type: "policy"; policy: Policy };
