import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "../api/http";
import { LiveClient, socketAddress, type Door, type Link } from "./client";

const DOOR: Door = { room: "main", name: "Bo", audience: true, rate: 30, stays: true };

/** A socket whose other end is the test. */
class FakeSocket {
  binaryType = "";
  sent: (string | ArrayBuffer)[] = [];
  closed = false;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  send(said: string | ArrayBuffer): void {
    this.sent.push(said);
  }

  close(): void {
    this.closed = true;
  }
}

function frame(number: number): ArrayBuffer {
  const bytes = new ArrayBuffer(852);
  const view = new DataView(bytes);
  view.setUint8(0, 1);
  view.setUint16(2, 52, true);
  view.setUint32(4, number, true);
  return bytes;
}

/** A client in a world of the test's own. */
function begin(door = DOOR, look: () => Promise<boolean> = () => Promise.resolve(true)) {
  const sockets: FakeSocket[] = [];
  const urls: string[] = [];
  const links: Link[] = [];
  const heard: unknown[] = [];
  const client = new LiveClient(door, {
    connect: (url) => {
      urls.push(url);
      sockets.push(new FakeSocket());
      return sockets.at(-1) as unknown as WebSocket;
    },
    look,
    frame: () => undefined,
    heard: (said) => heard.push(said),
    link: (link) => links.push(link),
  });
  return { client, sockets, urls, links, heard };
}

const told = (link: Link | undefined) => (link && "why" in link ? link.why : link?.at);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("location", { origin: "http://127.0.0.1:8765", search: "" });
  vi.stubGlobal("localStorage", { getItem: () => "secret" });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("LiveClient", () => {
  it("says in the address who comes, and with which key", () => {
    const url = new URL(socketAddress(DOOR, 7));
    expect(url.protocol).toBe("ws:");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      room: "main",
      name: "Bo",
      audience: "true",
      rate: "30",
      after: "7",
      key: "secret",
    });
  });

  it("comes back with the last frame that it saw, after pauses that grow", async () => {
    const { sockets, urls, links, client } = begin();
    await vi.advanceTimersByTimeAsync(0);
    sockets[0]?.onmessage?.({ data: '{"type":"welcome"}' });
    sockets[0]?.onmessage?.({ data: frame(41) });
    expect(links.at(-1)?.at).toBe("open");
    const pauses: number[] = [];
    for (let k = 0; k < 4; k++) {
      sockets.at(-1)?.onclose?.({ code: 1006 });
      const link = links.at(-1);
      pauses.push(link?.at === "waiting" ? link.until - Date.now() : 0);
      expect(told(link)).toBe(k === 0 ? "lost" : "full"); // never let in again
      await vi.advanceTimersByTimeAsync(pauses[k] ?? 0);
      expect(sockets).toHaveLength(k + 2);
    }
    expect(urls[1]).toContain("after=41");
    expect(pauses[0]).toBeLessThan(600);
    expect(pauses[3]).toBeGreaterThan(2000);
    client.leave();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(5);
    expect(sockets.every(({ closed }) => closed)).toBe(true);
  });

  it("says something aloud in pieces, and tells what was heard before it is done", async () => {
    const { sockets, client } = begin();
    await vi.advanceTimersByTimeAsync(0);
    sockets[0]?.onmessage?.({ data: '{"type":"welcome"}' });
    const words: string[] = [];
    const done = client.talk(new ArrayBuffer(70_000), "next", (text) => words.push(text));
    const [talk, ...sent] = sockets[0]?.sent ?? [];
    expect(JSON.parse(String(talk))).toEqual({ type: "talk", id: "1", when: "next" });
    expect(sent.map((one) => (typeof one === "string" ? one : one.byteLength))).toEqual([
      32768,
      32768,
      4464,
      '{"type":"talk_end"}',
    ]);
    sockets[0]?.onmessage?.({ data: '{"type":"heard","id":"1","text":"wave"}' });
    for (let k = 0; k < 8; k++) {
      await vi.advanceTimersByTimeAsync(4000); // speech takes longer than words
      sockets[0]?.onmessage?.({ data: frame(k) });
    }
    sockets[0]?.onmessage?.({ data: '{"type":"done","id":"1","did":{"type":"talk","plan":"wave"}}' });
    expect(await done).toMatchObject({ plan: "wave" });
    expect(words).toEqual(["wave"]);
  });

  it("notices that nothing comes any more", async () => {
    const { sockets, links } = begin();
    await vi.advanceTimersByTimeAsync(0);
    sockets[0]?.onmessage?.({ data: '{"type":"welcome"}' });
    await vi.advanceTimersByTimeAsync(4000);
    sockets[0]?.onmessage?.({ data: frame(1) });
    await vi.advanceTimersByTimeAsync(4000);
    expect(told(links.at(-1))).toBe("open");
    await vi.advanceTimersByTimeAsync(2100);
    expect(links.map(told)).toContain("lost");
  });

  it.each([
    [1012, "restart"],
    [4008, "slow"],
    [4022, "nonsense"],
    [4029, "flood"],
    [4004, "closed"],
  ])("knows what %i means", async (code, why) => {
    const { sockets, links } = begin();
    await vi.advanceTimersByTimeAsync(0);
    sockets[0]?.onmessage?.({ data: '{"type":"welcome"}' });
    sockets[0]?.onclose?.({ code });
    expect(told(links.at(-1))).toBe(why);
    expect(links.at(-1)?.at).toBe("waiting");
  });

  it("waits for a room that was closed to open again, and asks for none of the frames of the old one", async () => {
    let there = true;
    const { sockets, links, urls, client } = begin(DOOR, () => Promise.resolve(there));
    await vi.advanceTimersByTimeAsync(0);
    sockets[0]?.onmessage?.({ data: '{"type":"welcome"}' });
    sockets[0]?.onmessage?.({ data: frame(900) });
    there = false;
    sockets[0]?.onclose?.({ code: 4004 });
    await vi.advanceTimersByTimeAsync(3000);
    expect(told(links.at(-1))).toBe("closed"); // still: that it is missing is no news
    there = true;
    client.retry();
    await vi.advanceTimersByTimeAsync(0);
    expect(urls).toHaveLength(2);
    expect(urls[1]).not.toContain("after");
  });

  it("ends for a host whose room is closed", async () => {
    const { sockets, links } = begin({ ...DOOR, stays: false });
    await vi.advanceTimersByTimeAsync(0);
    sockets[0]?.onmessage?.({ data: '{"type":"welcome"}' });
    sockets[0]?.onclose?.({ code: 4004 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(links.at(-1)).toEqual({ at: "ended", why: "closed" });
    expect(sockets).toHaveLength(1);
  });

  it("tells why it was not let in", async () => {
    const missing = begin(DOOR, () => Promise.resolve(false));
    const offline = begin(DOOR, () => Promise.reject(new Problem("offline")));
    const refused = begin(DOOR, () => Promise.reject(new Problem("key", "needs a key", 401)));
    await vi.advanceTimersByTimeAsync(0);
    expect(told(missing.links.at(-1))).toBe("missing");
    expect(told(offline.links.at(-1))).toBe("offline");
    expect(refused.links.at(-1)).toMatchObject({ why: "refused", problem: { kind: "key" } });
    expect(missing.sockets).toHaveLength(0);
  });

  it("gives each answer to who asked, and everything else to all", async () => {
    const { client, sockets, heard } = begin();
    await vi.advanceTimersByTimeAsync(0);
    await expect(client.say({ type: "stop" })).rejects.toBeInstanceOf(Problem); // not in yet
    sockets[0]?.onmessage?.({ data: '{"type":"welcome"}' });
    const wave = client.say({ type: "command", text: "wave" });
    const fly = client.say({ type: "command", text: "fly" });
    expect(sockets[0]?.sent.map((text) => JSON.parse(String(text)) as unknown)).toEqual([
      { type: "command", text: "wave", id: "1" },
      { type: "command", text: "fly", id: "2" },
    ]);
    const nearest = [{ action: "jump" }];
    sockets[0]?.onmessage?.({
      data: JSON.stringify({ type: "problem", id: "2", status: 404, detail: "no", nearest }),
    });
    sockets[0]?.onmessage?.({ data: '{"type":"done","id":"1","did":{"type":"cue","plan":"wave"}}' });
    sockets[0]?.onmessage?.({ data: '{"type":"problem","id":"","status":422,"detail":"what?"}' });
    await expect(wave).resolves.toEqual({ type: "cue", plan: "wave" });
    await expect(fly).rejects.toMatchObject({ message: "no", status: 404, nearest: ["jump"] });
    expect(heard).toHaveLength(2); // the welcome, and what belongs to nobody
    const late = client.say({ type: "stop" });
    sockets[0]?.onclose?.({ code: 1006 });
    await expect(late).rejects.toMatchObject({ kind: "offline" });
  });
});
