/** A room as one who is in it knows it: each message that everybody hears changes it. */

import type { Asked, Heard, Now, Policy, Role, Votes } from "./messages";

const MOST_LINES = 100; // of the log
const MOST_ASKED = 100; // more than may wait

/** A room and what happened in it. */
export interface Room {
  name: string;
  role: Role;
  fps: number;
  speed: number;
  policy: Policy;
  viewers: number;
  vmc: string[];
  now: Now;
  asked: Asked[]; // performed and waiting, by frame
  votes: (Votes & { ends: number }) | undefined; // ms, of Date.now()
  log: Line[]; // the latest first
}

/** Something that happened. */
export interface Line {
  key: number;
  time: number; // ms, of Date.now()
  said: Heard;
}

/** The room after a message. Who comes back hears some again that they know: those change nothing. */
export function heard(room: Room | undefined, said: Heard, time: number): Room | undefined {
  if (said.type === "welcome") return welcomed(room, said, time);
  if (!room) return room;
  const known = said.type === "cue" && room.log.some((line) => isCue(line.said, said.number));
  const next = { ...room, ...changes(room, said, time) };
  return known ? { ...next, log: room.log } : logged(next, said, time);
}

const isCue = (said: Heard, number: number): boolean => said.type === "cue" && said.number === number;

function welcomed(before: Room | undefined, said: Heard & { type: "welcome" }, time: number): Room {
  const { room: name, role, fps, speed, policy, viewers, vmc, now } = said;
  const again = before?.name === name ? before : undefined;
  const asked = [...(said.performing ? [said.performing] : []), ...said.waiting];
  const votes = said.votes ? withEnd(said.votes, time) : undefined;
  const room = { name, role, fps, speed, policy, viewers, vmc, now, asked, votes, log: again?.log ?? [] };
  return logged(room, said, time);
}

function logged(room: Room, said: Heard, time: number): Room {
  if (said.type === "playing" || said.type === "viewers" || said.type === "votes") return room;
  const line = { key: (room.log[0]?.key ?? 0) + 1, time, said };
  return { ...room, log: [line, ...room.log].slice(0, MOST_LINES) };
}

function changes(room: Room, said: Exclude<Heard, { type: "welcome" }>, time: number): Partial<Room> {
  switch (said.type) {
    case "cue": {
      if (room.asked.some(({ number }) => number === said.number)) return {};
      const { number, frame, text, sender } = said;
      const end = frame + Math.round((said.timeline.duration * room.fps) / (room.speed || 1));
      const before = without(room.asked, said.drops, frame);
      return { asked: [...before, { number, frame, end, text, sender }].slice(-MOST_ASKED) };
    }
    case "playing":
      return { now: { actions: said.actions, phrases: said.phrases } };
    case "votes":
      return { votes: said.options.length > 0 ? withEnd(said, time) : undefined };
    case "policy":
      return { policy: said.policy, votes: undefined };
    case "speed":
      return {
        speed: said.factor,
        asked: [...(said.performing ? [said.performing] : []), ...said.waiting],
      };
    case "stopped":
      return { asked: without(room.asked, said.drops, said.frame) };
    case "viewers":
      return { viewers: said.viewers };
    case "recentred":
    case "problem":
      return {};
  }
}

const withEnd = ({ options, seconds }: Votes, time: number) => ({
  options,
  seconds,
  ends: time + 1000 * seconds,
});

/** What is left of what was asked for: some is dropped, and nothing goes on after a frame. */
function without(asked: Asked[], drops: number[], frame: number): Asked[] {
  return asked
    .filter(({ number }) => !drops.includes(number))
    .map((one) => (one.end > frame ? { ...one, end: frame } : one));
}

/** What is performed at a frame. */
export function performing(room: { asked: Asked[] }, frame: number): Asked | undefined {
  return room.asked.filter((one) => one.frame <= frame && frame < one.end).at(-1);
}

/** What waits at a frame. */
export function waiting(room: { asked: Asked[] }, frame: number): Asked[] {
  return room.asked.filter((one) => one.frame > frame);
}
