import { describe, expect, it } from "vitest";
import { quoted } from "./saving";

describe("a text in a shell's command", () => {
  it("is one word, of which the shell expands nothing", () => {
    expect(quoted('wave "twice" $(date) `id` \\ !1')).toBe("'wave \"twice\" $(date) `id` \\ !1'");
    expect(quoted("don't 'run'")).toBe(String.raw`'don'\''t '\''run'\'''`);
  });
});
