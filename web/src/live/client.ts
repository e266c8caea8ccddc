/** A socket to a room that opens itself again when it is lost. */

import { address, Problem, problemOf } from "../api/http";
import { decodeFrame, type Frame } from "./frames";
import type { Did, Heard, Reply, Said, When } from "./messages";

/** Why there is no connection just now. */
export type Why =
  | "offline" // the service does not answer
  | "missing" // there is no such room
  | "full" // it is there, and lets nobody in
  | "refused" // the service said why
  | "lost" // the connection broke
  | "restart" // the service ends, or begins anew
  | "slow" // too little was taken of what was sent
  | "nonsense" // the service did not understand this page
  | "flood" // this page said too much
  | "closed"; // a host closed the room

export type Link =
  | { at: "opening" }
  | { at: "open" }
  | { at: "waiting"; why: Why; problem?: Problem; until: number } // ms of Date.now(), when it tries again
  | { at: "ended"; why: Why };

const CODES: Record<number, Why> = {
  1012: "restart",
  4004: "closed",
  4008: "slow",
  4022: "nonsense",
  4029: "flood",
};
const PAUSES = [0.4, 1, 2, 3, 5, 8]; // s
const SPREAD = 0.25; // of a pause: a crowd that was cut off does not come back all at once
const SILENCE = 5; // s without a frame: the connection is dead, though nobody said so
const LOOK = 1000; // ms
const STEADY = 5; // s that it was open, after which pauses start small again
const PATIENCE = 20; // s for an answer
const PATIENCE_FOR_SPEECH = 90; // s; the first time its model is loaded
const PIECE = 1 << 15; // bytes of sound in a message

/** Which room, and as whom. */
export interface Door {
  room: string;
  name: string; // for all to see
  audience: boolean;
  rate?: number; // frames a second; all of them if not stated
  stays: boolean; // waits for the room to open again after it was closed
}

/** What the client needs of the world. */
export interface World {
  connect: (url: string) => WebSocket;
  /** Whether the room is there, and opens it if that is wanted; throws Problem. */
  look: (room: string) => Promise<boolean>;
  frame: (frame: Frame) => void;
  heard: (said: Heard) => void;
  link: (link: Link) => void;
}

interface Pending {
  heard?: (text: string) => void;
  done: (did: Did) => void;
  failed: (problem: Problem) => void;
  timer: ReturnType<typeof setTimeout>;
}

/** Where the socket of a room is; `after`: the last frame that was seen. */
export function socketAddress(door: Door, after: number | undefined, origin = location.origin): string {
  const query = new URLSearchParams({ room: door.room });
  if (door.name) query.set("name", door.name);
  if (door.audience) query.set("audience", "true");
  if (door.rate) query.set("rate", String(door.rate));
  if (after !== undefined) query.set("after", String(after));
  return address(`${origin.replace(/^http/, "ws")}/v1/live?${query.toString()}`);
}

export class LiveClient {
  private socket: WebSocket | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setInterval> | undefined;
  private attempt = 0; // this number changes with each, so that what belongs to an old one is known
  private failures = 0;
  private opened = 0; // ms
  private silence = 0; // s; those in which the page itself stood still do not count
  private last: number | undefined; // frame
  private link: Link | undefined;
  private count = 0; // of what was said
  private readonly pending = new Map<string, Pending>();

  constructor(
    private readonly door: Door,
    private readonly world: World,
  ) {
    void this.open();
  }

  /** Say something; what became of it. Throws Problem. */
  say(said: Said): Promise<Did> {
    return this.ask(PATIENCE, (socket, id) => {
      socket.send(JSON.stringify({ id, ...said }));
    });
  }

  /** Say something aloud: a sound file. `heard` is told which words it was, before they are done. Throws Problem. */
  talk(sound: ArrayBuffer, when: When | undefined, heard: (text: string) => void): Promise<Did> {
    const talk = (socket: WebSocket, id: string) => {
      socket.send(JSON.stringify({ type: "talk", id, when }));
      for (let at = 0; at < sound.byteLength; at += PIECE) socket.send(sound.slice(at, at + PIECE));
      socket.send(JSON.stringify({ type: "talk_end" }));
    };
    return this.ask(PATIENCE_FOR_SPEECH, talk, heard);
  }

  /** Try again at once: the network is back, or somebody does not want to wait. */
  retry(): void {
    if (this.link?.at === "waiting") void this.open();
  }

  /** Leave for good. */
  leave(): void {
    this.attempt++;
    this.drop();
    clearTimeout(this.retryTimer);
  }

  private ask(
    patience: number,
    send: (socket: WebSocket, id: string) => void,
    heard?: (text: string) => void,
  ): Promise<Did> {
    const { socket } = this;
    if (this.link?.at !== "open" || !socket) return Promise.reject(new Problem("offline"));
    const id = String(++this.count);
    return new Promise((done, failed) => {
      const timer = setTimeout(() => {
        this.pending.delete(id);
        failed(new Problem("offline"));
      }, 1000 * patience);
      this.pending.set(id, { heard, done, failed, timer });
      send(socket, id);
    });
  }

  private tell(link: Link): void {
    this.link = link;
    this.world.link(link);
  }

  private async open(): Promise<void> {
    const attempt = ++this.attempt;
    clearTimeout(this.retryTimer);
    if (this.failures === 0) this.tell({ at: "opening" });
    try {
      // A refused handshake tells a browser nothing, so the other routes are asked first.
      const there = await this.world.look(this.door.room);
      if (attempt !== this.attempt) return;
      if (there) this.connect(attempt);
      else this.pause("missing");
    } catch (error) {
      if (attempt !== this.attempt) return;
      const problem = problemOf(error);
      if (problem.kind === "offline") this.pause("offline");
      else this.pause("refused", problem);
    }
  }

  private connect(attempt: number): void {
    const socket = this.world.connect(socketAddress(this.door, this.last));
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.silence = 0;
    let welcome = false;
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (attempt !== this.attempt) return;
      this.silence = 0;
      if (!welcome) {
        welcome = true;
        this.opened = Date.now();
        this.tell({ at: "open" });
      }
      if (typeof data === "string") this.hear(JSON.parse(data) as Heard | Reply);
      else this.see(data);
    };
    socket.onclose = ({ code }) => {
      if (attempt !== this.attempt) return;
      this.closed(CODES[code] ?? (welcome ? "lost" : "full"));
    };
    this.watch = setInterval(() => {
      this.silence += LOOK / 1000;
      if (this.silence > SILENCE) this.closed(welcome ? "lost" : "offline");
    }, LOOK);
  }

  private see(bytes: ArrayBuffer): void {
    const frame = decodeFrame(bytes);
    if (!frame) return;
    this.last = frame.number;
    this.world.frame(frame);
  }

  private hear(said: Heard | Reply): void {
    const pending = "id" in said ? this.pending.get(said.id) : undefined;
    if (!("id" in said) || (said.type === "problem" && !pending)) {
      this.world.heard(said as Heard);
      return;
    }
    if (!pending) return;
    if (said.type === "heard") {
      pending.heard?.(said.text);
      return;
    }
    clearTimeout(pending.timer);
    this.pending.delete(said.id);
    if (said.type === "done") pending.done(said.did);
    else {
      const { detail, status, phrase = "", nearest = [] } = said;
      const names = nearest.map(({ action }) => action);
      pending.failed(new Problem("said", detail, status, phrase, names));
    }
  }

  private closed(why: Why): void {
    this.drop();
    if (this.opened && Date.now() - this.opened > 1000 * STEADY) this.failures = 0;
    this.opened = 0;
    if (why === "closed") this.last = undefined; // another room's frames count anew
    if (why === "closed" && !this.door.stays) this.tell({ at: "ended", why });
    else this.pause(why);
  }

  /** Try again after a while, longer each time. */
  private pause(why: Why, problem?: Problem): void {
    const { link } = this;
    this.attempt++;
    // That the room is not there is no news to who was told that it was closed.
    const told = why === "missing" && link?.at === "waiting" && link.why === "closed" ? "closed" : why;
    const seconds = PAUSES[Math.min(this.failures, PAUSES.length - 1)] ?? 1;
    const wait = 1000 * seconds * (1 - SPREAD + 2 * SPREAD * Math.random());
    this.failures++;
    this.tell({ at: "waiting", why: told, problem, until: Date.now() + wait });
    this.retryTimer = setTimeout(() => void this.open(), wait);
  }

  private drop(): void {
    clearInterval(this.watch);
    if (this.socket) {
      this.socket.onmessage = this.socket.onclose = null;
      this.socket.close();
      this.socket = undefined;
    }
    for (const { failed, timer } of this.pending.values()) {
      clearTimeout(timer);
      failed(new Problem("offline"));
    }
    this.pending.clear();
  }
}
