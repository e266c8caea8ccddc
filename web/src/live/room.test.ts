import { describe, expect, it } from "vitest";
import type { Asked, Heard } from "./messages";
import { heard, performing, waiting, type Room } from "./room";

const asked = (number: number, frame: number, end: number): Asked => ({
  number,
  frame,
  end,
  text: `text ${String(number)}`,
  sender: "Anna",
});

const WELCOME: Heard = {
  type: "welcome",
  role: "host",
  rate: 60,
  room: "main",
  fps: 60,
  frame: 100,
  speed: 1,
  policy: "queue",
  vmc: [],
  viewers: 1,
  now: { actions: ["idle"], phrases: [""] },
  performing: null,
  waiting: [],
  votes: null,
};

const cue = (number: number, frame: number, seconds: number, drops: number[] = []): Heard => ({
  type: "cue",
  number,
  frame,
  text: `text ${String(number)}`,
  sender: "Anna",
  plan: "wave",
  when: "end",
  drops,
  timeline: { duration: seconds },
});

/** The room after these messages. */
function after(...all: Heard[]): Room {
  const room = all.reduce<Room | undefined>((before, said) => heard(before, said, 5000), undefined);
  if (!room) throw new Error("no room");
  return room;
}

describe("a room", () => {
  it("is not known before its welcome", () => {
    expect(heard(undefined, cue(1, 1, 1), 0)).toBeUndefined();
  });

  it("knows what is performed and what waits", () => {
    const room = after(WELCOME, cue(1, 110, 2), cue(2, 230, 1));
    expect(performing(room, 105)).toBeUndefined();
    expect(performing(room, 110)?.number).toBe(1);
    expect(waiting(room, 110).map(({ number }) => number)).toEqual([2]);
    expect(performing(room, 289)?.number).toBe(2);
    expect(performing(room, 290)).toBeUndefined();
  });

  it("forgets what is dropped, and what is interrupted ends", () => {
    const room = after(WELCOME, cue(1, 110, 2), cue(2, 230, 1), cue(3, 150, 1, [2]));
    expect(performing(room, 149)?.number).toBe(1);
    expect(performing(room, 150)?.number).toBe(3);
    expect(waiting(room, 150)).toEqual([]);
    const stopped = after(WELCOME, cue(1, 110, 9), { type: "stopped", frame: 120, drops: [] });
    expect(performing(stopped, 121)).toBeUndefined();
  });

  it("lasts longer when played slower, and takes over the frames that the service tells", () => {
    const slow: Heard = {
      type: "speed",
      frame: 100,
      factor: 0.5,
      performing: null,
      waiting: [asked(1, 400, 500)],
    };
    const room = after(WELCOME, cue(1, 250, 1), slow, cue(2, 500, 1));
    expect(waiting(room, 300)).toEqual([asked(1, 400, 500), asked(2, 500, 620)]);
  });

  it("is told in a welcome what goes on already", () => {
    const votes = { options: [{ option: 1, text: "bow", plan: "bow", votes: 2 }], seconds: 3 };
    const room = after({
      ...WELCOME,
      performing: asked(4, 50, 150),
      waiting: [asked(5, 150, 200)],
      votes,
    } as Heard);
    expect(performing(room, 100)?.number).toBe(4);
    expect(waiting(room, 100).map(({ number }) => number)).toEqual([5]);
    expect(room.votes?.ends).toBe(8000);
  });

  it("hears nothing twice when it comes back", () => {
    const back = { ...WELCOME, waiting: [asked(1, 210, 330)] } as Heard;
    const room = after(WELCOME, cue(1, 210, 2), back, cue(1, 210, 2));
    expect(room.asked).toHaveLength(1);
    expect(room.log.filter(({ said }) => said.type === "cue")).toHaveLength(1);
  });

  it("has no vote any more when it is over, or the policy is another", () => {
    const votes: Heard = {
      type: "votes",
      options: [{ option: 1, text: "bow", plan: "bow", votes: 1 }],
      seconds: 9,
    };
    expect(after(WELCOME, votes).votes?.options).toHaveLength(1);
    expect(after(WELCOME, votes, { type: "votes", options: [], seconds: 0 }).votes).toBeUndefined();
    expect(after(WELCOME, votes, { type: "policy", policy: "queue" }).votes).toBeUndefined();
  });
});
