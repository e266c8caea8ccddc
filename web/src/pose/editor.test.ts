import { beforeEach, describe, expect, it, vi } from "vitest";

vi.hoisted(() => {
  vi.stubGlobal("navigator", { language: "en" });
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
});
vi.mock("./service", () => ({ solve: vi.fn(), take: vi.fn() }));

import { WIDTH } from "../stage/source";
import { useStudio } from "../studio";
import { edit, leave, play, seek, source, startAnew, takePose, undo, useEditor } from "./editor";
import { solve, take } from "./service";

let asked: { answer: (height: number) => void; fail: () => void }[] = [];
const later = () => new Promise((done) => setTimeout(done));
const now = useEditor.getState;
const height = () => source.pose(0)?.[1];
const slower = () => {
  edit({ ...now().motion, life: now().motion.life + 0.1 });
};

beforeEach(() => {
  asked = [];
  vi.mocked(solve)
    .mockReset()
    .mockImplementation(
      () =>
        new Promise((done, failed) => {
          asked.push({
            answer: (height) => {
              done(new Float32Array(WIDTH * 30).fill(height));
            },
            fail: () => {
              failed(new Error("no"));
            },
          });
        }),
    );
  startAnew();
});

describe("the whole motion", () => {
  it("is asked for once, however often the slider moves", async () => {
    const all = [0.1, 0.2, 0.3].map((time) => seek(time));
    asked[0]?.answer(1);
    await Promise.all(all);
    await seek(0.4);
    expect([asked.length, now().view, now().time, height()]).toEqual([1, "motion", 0.4, 1]);
  });

  it("does not play as it was before an edit", async () => {
    const playing = play();
    slower();
    asked[0]?.answer(1);
    await playing;
    expect([now().view, now().playing]).toEqual(["key", false]);
    undo();
    await play();
    expect([asked.length, now().view, now().playing, height()]).toEqual([1, "motion", true, 1]);
  });

  it("is not replaced by an older one that comes later", async () => {
    const old = seek(0.1);
    slower();
    const recent = seek(0.2);
    asked[1]?.answer(2);
    await recent;
    asked[0]?.answer(1);
    await old;
    expect([now().view, height()]).toEqual(["motion", 2]);
  });

  it("can be asked for again after a failure, and is not played once the tool is left", async () => {
    const first = play();
    asked[0]?.fail();
    await first;
    expect(now().problem?.message).toContain("no");
    const second = play();
    leave();
    asked[1]?.answer(1);
    await second;
    expect([asked.length, now().playing]).toEqual([2, false]);
  });
});

describe("a pose that is taken", () => {
  it.each([
    ["pose", source],
    ["library", undefined],
  ] as const)("comes while the tool is %s", async (panel, onStage) => {
    useStudio.setState({ panel, source: undefined });
    vi.mocked(take).mockResolvedValue({ channels: {}, joint: "head", apart: 0 });
    await takePose(new Float32Array(WIDTH));
    await later();
    expect([useStudio.getState().source, now().note?.joint]).toEqual([onStage, "head"]);
  });
});
