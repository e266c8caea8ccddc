import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keepKey, key } from "./http";

/** The page at an address, in a browser that has kept what is in `store`, or that keeps nothing. */
function visit(address: string, store?: Map<string, string>): void {
  const go = (url: string | URL) => {
    const { href, search } = new URL(url);
    vi.stubGlobal("location", { href, search });
  };
  go(address);
  vi.stubGlobal("history", { state: null, replaceState: (_: unknown, __: string, url: URL) => go(url) });
  const kept = () => {
    if (!store) throw new DOMException("", "SecurityError");
    return store;
  };
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => kept().get(name) ?? null,
    setItem: (name: string, value: string) => kept().set(name, value),
  });
}

describe("the key", () => {
  let store: Map<string, string>;
  beforeEach(() => {
    store = new Map();
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("is that of the address, and is kept for all pages if it is typed", () => {
    visit("http://here/?room=main&key=old", store);
    expect(key()).toBe("old");
    keepKey("new");
    expect(location.href).toBe("http://here/?room=main");
    expect(key()).toBe("new");
    visit("http://here/", store);
    expect(key()).toBe("new");
  });

  it("is good for this page where the browser keeps nothing", () => {
    visit("http://here/?room=main");
    expect(key()).toBe("");
    keepKey("new");
    expect(key()).toBe("new");
    expect(location.href).toBe("http://here/?room=main&key=new");
  });
});
