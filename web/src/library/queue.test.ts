import { beforeEach, describe, expect, it, vi } from "vitest";

vi.hoisted(() => {
  vi.stubGlobal("navigator", { language: "en" });
  vi.stubGlobal("window", { matchMedia: () => ({ matches: false }) });
  vi.stubGlobal("document", { createElement: () => ({ getContext: () => null }) });
});
vi.mock("./api", () => ({ upload: vi.fn(), framesOf: vi.fn() }));

import { Problem } from "../api/http";
import { WIDTH, type Source } from "../stage/source";
import { useStudio } from "../studio";
import { framesOf, upload, type Detail } from "./api";
import { end, previewAction } from "./preview";
import { put, send, take, useFiles } from "./queue";

const SAID = { source: "", licence: "", segment: false };
const ACTION = { name: "hop", cyclic: false } as Detail;
const later = () => new Promise((done) => setTimeout(done));
const items = () => useFiles.getState().items;
const onStage = () => useStudio.getState().source;

beforeEach(() => {
  useFiles.setState({ items: [] });
  useStudio.setState({ panel: "library", source: undefined });
  vi.mocked(upload)
    .mockReset()
    .mockResolvedValue({ actions: [ACTION], notes: [], reading: null });
  vi.mocked(framesOf)
    .mockReset()
    .mockResolvedValue(new Float32Array(WIDTH * 3));
});

describe("files that are put in", () => {
  it("go up once, however often that is asked for", async () => {
    let show: (frames: Float32Array) => void = () => undefined;
    vi.mocked(framesOf).mockReturnValueOnce(new Promise((done) => (show = done)));
    take([new File([], "a.bvh"), new File([], "b.bvh"), new File([], "c.bvh")]);
    const first = send(SAID);
    await later(); // the first is in, and its preview is loading
    const second = send(SAID);
    show(new Float32Array(WIDTH));
    await Promise.all([first, second]);
    expect(vi.mocked(upload).mock.calls.map(([file]) => file.name)).toEqual(["a.bvh", "b.bvh", "c.bvh"]);
  });

  it("keep what was stated of them when they could not be read", async () => {
    vi.mocked(upload).mockRejectedValue(new Problem("said", "no joint is named so"));
    take([new File([], "a.bvh")]);
    const stated = { up: "+z", facing: "", unit: "cm", joints: "left_hip: Bone" };
    put(items()[0]?.id ?? 0, { stated });
    await send(SAID);
    expect(vi.mocked(upload).mock.calls[0]?.[1].map).toBe(
      'joints:\n  "left_hip": "Bone"\nup: "+z"\nunit: "cm"',
    );
    expect(items()[0]).toMatchObject({
      stated,
      sent: undefined,
      problem: { message: "no joint is named so" },
    });
  });

  it("are shown only while the library is open", async () => {
    useStudio.setState({ panel: "pose" });
    take([new File([], "a.bvh")]);
    await send(SAID);
    expect([items()[0]?.made?.actions, onStage()]).toEqual([[ACTION], undefined]);
  });
});

describe("a preview", () => {
  const pose: Source = { mannequin: true, pose: () => undefined };
  const room: Source = { pose: () => undefined };

  it.each([
    ["a room", room, "export", room],
    ["a pose whose tool is open", pose, "pose", pose],
    ["a pose whose tool was left", pose, "export", undefined],
  ] as const)("gives the stage back to %s", async (_, before, panel, after) => {
    useStudio.setState({ source: before });
    await previewAction(ACTION);
    expect(onStage()).not.toBe(before);
    useStudio.setState({ panel });
    end();
    expect(onStage()).toBe(after);
  });
});
