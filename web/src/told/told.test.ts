import { describe, expect, it } from "vitest";
import messages from "./messages.zh.json";
import { told } from "./told";

describe("told", () => {
  it("leaves English alone", () => {
    const words = "There is nothing on the tracks: place at least one action.";
    expect(told(words, "en")).toBe(words);
    expect(told(words, "zh")).toMatch(/^轨道/);
  });

  it("puts what the service put there into the other language's place", () => {
    const words =
      "walk at 1.5 s comes too early: before it the body must stand up, which takes 2.0 s. Begin it at 4 s or later.";
    expect(told(words, "zh")).toBe(
      "1.5 秒处的 walk 太早：在它之前身体必须先 stand up，需要 2.0 秒。请从 4 秒或更晚开始。",
    );
  });

  it("translates what stands within a message, several notes, and what follows the name of a file", () => {
    expect(told("with the left arm: wave has the right arm", "zh")).toBe("改用左臂：右臂被 wave 占用");
    expect(told("its upper body; clap has the arms from 1 to 2.5 s", "zh")).toBe(
      "只做上半身；1 到 2.5 秒双臂被 clap 占用",
    );
    expect(told("walk.bvh: the clip has values that are not finite", "zh")).toBe(
      "walk.bvh：动作中有无效的数值",
    );
  });

  it("says as it is what nobody has translated", () => {
    expect(told("line 3: 'x' is not a number; write one", "zh")).toBe(
      "line 3: 'x' is not a number; write one",
    );
    expect(told("", "zh")).toBe("");
  });

  it("knows each message by its own pattern", () => {
    for (const [english, chinese] of Object.entries(messages)) {
      const numbers = [...english.matchAll(/\{(\d+)\}/g)].map(([, n]) => Number(n));
      expect(numbers, english).toEqual(numbers.map((_, at) => at)); // in order
      const filled = (text: string) => text.replace(/\{(\d+)\}/g, (_, n: string) => `x${n}`);
      expect(told(filled(english), "zh"), english).toBe(filled(chinese));
    }
  });
});
