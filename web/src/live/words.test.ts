import { describe, expect, it } from "vitest";
import { WORDS } from "./words";

const SOURCES = import.meta.glob<string>("./*.tsx", { query: "?raw", import: "default", eager: true });

describe("the words of live rooms", () => {
  it("are all used", () => {
    const all = Object.values(SOURCES).join("\n");
    const unused = Object.keys(WORDS.en).filter((key) => !new RegExp(`\\bwords\\.${key}\\b`).test(all));
    expect(unused).toEqual([]);
  });
});
