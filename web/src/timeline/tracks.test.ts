import { describe, expect, it } from "vitest";
import type { Placed, TrackOf } from "../api/motion";
import { hold, nearest } from "./snap";
import {
  change,
  duplicate,
  endOf,
  insert,
  move,
  neighbour,
  place,
  remove,
  rowsOf,
  split,
  stretch,
  swap,
  toFrame,
  turn,
  withLengths,
  type Edit,
} from "./tracks";

const clip = (action: string, start: number, duration?: number, more: Partial<Placed> = {}): Placed => ({
  action,
  start,
  ...(duration === undefined ? {} : { duration }),
  ...more,
});
/** Body: wave 0-3, run 3-5, bow 6-8; left arm: point 1-2. */
const TRACKS: TrackOf[] = [
  { clips: [clip("wave", 0, 3), clip("run", 3, 2), clip("bow", 6, 2)] },
  { clips: [clip("point", 1, 1)], mask: "left_arm" },
];
const seen = (tracks: TrackOf[], track = 0) =>
  tracks[track]?.clips.map((one) => `${one.action} ${String(one.start)}-${String(endOf(one))}`);
const chosen = ({ tracks, at }: Edit) => at && tracks[at.track]?.clips[at.clip]?.action;

describe("rows", () => {
  it("are always body, arms and head, and others when something is on them", () => {
    expect(rowsOf([]).map(({ mask }) => mask)).toEqual(["full", "left_arm", "right_arm", "head"]);
    const rows = rowsOf([{ clips: [] }, { clips: [], mask: null }, { clips: [], mask: "head" }]);
    expect(rows.map(({ mask, tracks }) => [mask, tracks])).toEqual([
      ["full", [0]],
      ["left_arm", []],
      ["right_arm", []],
      ["head", [2]],
      ["upper", [1]],
    ]);
  });
});

describe("place", () => {
  it("begins before the one that it is dropped on the first half of", () => {
    const edit = place(TRACKS, clip("nod", 3.5, 1), "full");
    expect(seen(edit.tracks)).toEqual(["wave 0-3", "nod 3-4", "run 4-6", "bow 6-8"]);
    expect(chosen(edit)).toBe("nod");
  });

  it("begins after the one that it is dropped on the second half of, which is then pushed", () => {
    const { tracks } = place(TRACKS, clip("nod", 4.5, 2), "full");
    expect(seen(tracks)).toEqual(["wave 0-3", "run 3-5", "nod 5-7", "bow 7-9"]);
  });

  it("makes a row, and the body's where there is nothing", () => {
    expect(insert([], clip("nod", 1, 1), "head")).toEqual([
      { clips: [] },
      { clips: [clip("nod", 1, 1)], mask: "head" },
    ]);
  });

  it("is made with the arm of its row", () => {
    const { tracks, at } = place(TRACKS, clip("wave", 4, 1), "right_arm");
    expect(at).toEqual({ track: 2, clip: 0 });
    expect(tracks[2]).toEqual({ mask: "right_arm", clips: [clip("wave", 4, 1, { side: "right" })] });
  });
});

describe("move", () => {
  it("goes to another time where there is room", () => {
    expect(seen(move(TRACKS, { track: 0, clip: 2 }, 7.01, "full").tracks)?.at(-1)).toBe("bow 7-9");
  });

  it("pushes the next one", () => {
    const { tracks } = move(TRACKS, { track: 0, clip: 0 }, 0.5, "full");
    expect(seen(tracks)).toEqual(["wave 0.5-3.5", "run 3.5-5.5", "bow 6-8"]);
  });

  it("changes places with a later one whose middle it has reached, which closes up", () => {
    const edit = move(TRACKS, { track: 0, clip: 0 }, 1.2, "full");
    expect(seen(edit.tracks)).toEqual(["run 0-2", "wave 2-5", "bow 6-8"]);
    expect(chosen(edit)).toBe("wave");
  });

  it("changes places with earlier ones, which make room", () => {
    const edit = move(TRACKS, { track: 0, clip: 2 }, 1, "full");
    expect(seen(edit.tracks)).toEqual(["bow 0-2", "wave 2-5", "run 5-7"]);
    expect(chosen(edit)).toBe("bow");
  });

  it("goes to another row with the arm of that row, and takes an empty row away", () => {
    const edit = move(TRACKS, { track: 1, clip: 0 }, 1, "right_arm");
    expect(edit.tracks.map(({ mask }) => mask)).toEqual([undefined, "right_arm"]);
    expect(edit.tracks[1]?.clips[0]?.side).toBe("right");
  });

  it("never begins before the start", () => {
    expect(seen(move(TRACKS, { track: 1, clip: 0 }, -4, "left_arm").tracks, 1)).toEqual(["point 0-1"]);
  });
});

describe("swap", () => {
  it("changes places with exactly one neighbour", () => {
    expect(seen(swap(TRACKS, { track: 0, clip: 0 }, 1)?.tracks ?? [])).toEqual([
      "run 0-2",
      "wave 2-5",
      "bow 6-8",
    ]);
    expect(seen(swap(TRACKS, { track: 0, clip: 1 }, -1)?.tracks ?? [])).toEqual([
      "run 0-2",
      "wave 2-5",
      "bow 6-8",
    ]);
    expect(swap(TRACKS, { track: 0, clip: 2 }, 1)).toBeUndefined();
  });
});

describe("stretch", () => {
  it("pushes those after its end", () => {
    expect(seen(stretch(TRACKS, { track: 0, clip: 0 }, "end", 4).tracks)).toEqual([
      "wave 0-4",
      "run 4-6",
      "bow 6-8",
    ]);
  });

  it("does not go into the one before, and never becomes too short", () => {
    expect(seen(stretch(TRACKS, { track: 0, clip: 2 }, "start", 2).tracks)?.at(-1)).toBe("bow 5-8");
    expect(seen(stretch(TRACKS, { track: 0, clip: 2 }, "start", 9).tracks)?.at(-1)).toBe("bow 7.7-8");
    expect(seen(stretch(TRACKS, { track: 0, clip: 2 }, "end", 1).tracks)?.at(-1)).toBe("bow 6-6.3");
  });
});

describe("split", () => {
  it("shares what was counted", () => {
    const tracks = [{ clips: [clip("walk", 0, 4, { repetitions: 4, distance: 6, degrees: 90 })] }];
    expect(split(tracks, { track: 0, clip: 0 }, 1)?.tracks[0]?.clips).toMatchObject([
      { start: 0, duration: 1, repetitions: 1, distance: 1.5, degrees: 22.5 },
      { start: 1, duration: 3, repetitions: 3, distance: 4.5, degrees: 67.5 },
    ]);
  });

  it("makes nothing that is too short", () => {
    expect(split(TRACKS, { track: 0, clip: 0 }, 0.2)).toBeUndefined();
    expect(split(TRACKS, { track: 0, clip: 0 }, 5)).toBeUndefined();
  });
});

describe("the rest", () => {
  it("removes, and closes up if asked to", () => {
    expect(seen(remove(TRACKS, { track: 0, clip: 0 }))).toEqual(["run 3-5", "bow 6-8"]);
    expect(seen(remove(TRACKS, { track: 0, clip: 0 }, true))).toEqual(["run 0-2", "bow 3-5"]);
    expect(remove(TRACKS, { track: 1, clip: 0 })).toHaveLength(1);
  });

  it("duplicates behind it", () => {
    const edit = duplicate(TRACKS, { track: 0, clip: 1 });
    expect(seen(edit.tracks)).toEqual(["wave 0-3", "run 3-5", "run 5-7", "bow 7-9"]);
    expect(edit.at).toEqual({ track: 0, clip: 2 });
  });

  it("takes another arm to the row of that arm, on the body it stays", () => {
    expect(turn(TRACKS, { track: 1, clip: 0 }, "both").tracks[1]).toMatchObject({
      mask: "arms",
      clips: [{ side: "both" }],
    });
    expect(turn(TRACKS, { track: 0, clip: 0 }, "left").tracks[0]?.clips[0]).toMatchObject({
      action: "wave",
      side: "left",
    });
  });

  it("makes room for lengths that were not known", () => {
    const open = [{ clips: [clip("wave", 0), clip("run", 2, 2)] }];
    const own = open[0]?.clips[0];
    const tracks = withLengths(open, new Map(own ? [[own, 3.6]] : []));
    expect(seen(tracks)).toEqual(["wave 0-3.6", "run 3.6-5.6"]);
  });

  it("leads from block to block", () => {
    const from = { track: 0, clip: 1 };
    expect(neighbour(TRACKS, from, "ArrowRight")).toEqual({ track: 0, clip: 2 });
    expect(neighbour(TRACKS, from, "Home")).toEqual({ track: 0, clip: 0 });
    expect(neighbour(TRACKS, from, "ArrowDown")).toEqual({ track: 1, clip: 0 });
    expect(neighbour(TRACKS, { track: 1, clip: 0 }, "ArrowUp")).toEqual({ track: 0, clip: 0 });
    expect(neighbour(TRACKS, from, "ArrowUp")).toBeUndefined();
  });

  it("changes nothing that it is given", () => {
    const before = structuredClone(TRACKS);
    move(TRACKS, { track: 0, clip: 0 }, 4, "head");
    move(TRACKS, { track: 0, clip: 0 }, 4, "full");
    change(TRACKS, { track: 0, clip: 0 }, { duration: 5 });
    expect(TRACKS).toEqual(before);
  });

  it("lies on frames", () => {
    expect(toFrame(1.02)).toBe(1.0333);
  });
});

describe("snap", () => {
  it("takes the nearest mark within reach", () => {
    expect(nearest([1.1, 2.2], [0, 2], 0.3)).toEqual({ at: 2, by: 2 - 2.2 });
    expect(nearest([1.1], [2], 0.3)).toBeUndefined();
  });

  it("holds on to seconds from nearer only", () => {
    expect(hold([1.9], [], 0.3)?.at).toBe(2);
    expect(hold([1.8], [], 0.3)).toBeUndefined();
    expect(hold([1.9], [1.7], 0.3)?.at).toBe(1.7);
  });
});
