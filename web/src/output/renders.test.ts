import { describe, expect, it, vi } from "vitest";

vi.hoisted(() => {
  vi.stubGlobal("navigator", { language: "en" });
  vi.stubGlobal("location", { search: "" });
  vi.stubGlobal("localStorage", {
    getItem: () => null,
    setItem: () => {
      throw new Error("no room");
    },
  });
});

import type { RenderRequest } from "./form";
import { make, useFilms } from "./renders";

describe("films", () => {
  it("shows what was accepted, even if the browser cannot keep how it was asked for", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ id: "one", state: "queued" })));
    await make({ track: "a" } as RenderRequest, { text: "wave" }).catch(() => undefined);
    expect(useFilms.getState().films?.map(({ id }) => id)).toEqual(["one"]);
  });
});
