/** The room that this page is in: one at most. The connection stays while other tools are looked at. */

import { create } from "zustand";
import { ask, get, send } from "../api/http";
import { useStudio, type Asked as Composed } from "../studio";
import { JitterBuffer } from "./buffer";
import { LiveClient, type Door, type Link } from "./client";
import type { Did, Policy, RoomNow, Said, When } from "./messages";
import { heard, type Room } from "./room";

interface Session {
  door: Door | undefined; // undefined: in no room
  link: Link | undefined;
  room: Room | undefined; // as it was last known
  voice: number | undefined; // the option of the vote that got it from here
}

const NOWHERE: Session = { door: undefined, link: undefined, room: undefined, voice: undefined };

export const useSession = create<Session>(() => NOWHERE);

export const buffer = new JitterBuffer();

let client: LiveClient | undefined;

/** The rooms that are open. */
export const rooms = () => get<RoomNow[]>("/v1/live/rooms");

/** How a room shall be; opens it if there is none of this name. */
export interface Wish {
  policy: Policy;
  vmc?: string[];
}

export const putRoom = (name: string, wish: Wish) =>
  send<RoomNow>(`/v1/live/rooms/${encodeURIComponent(name)}`, wish, { method: "PUT" });

export const closeRoom = (name: string) =>
  ask(`/v1/live/rooms/${encodeURIComponent(name)}`, { method: "DELETE" });

/**
 * Go in, and stay in whatever the network does. Who is in already comes under another name, and keeps what they know.
 *
 * @param reopen a host's room is opened again after a restart
 */
export function enter(door: Door, reopen = false): void {
  const { door: old, link: before } = useSession.getState();
  if (old?.room === door.room && before?.at !== "ended") client?.leave();
  else leave();
  const look = async (name: string): Promise<boolean> => {
    const found = (await rooms()).some(({ room }) => room === name);
    const known = useSession.getState().room;
    if (found || !reopen || known?.role !== "host") return found;
    await putRoom(name, { policy: known.policy, vmc: known.vmc });
    return true;
  };
  useSession.setState({ door, link: { at: "opening" } });
  client = new LiveClient(door, {
    connect: (url) => new WebSocket(url),
    look,
    frame: (frame) => {
      buffer.push(frame);
    },
    heard: (said) => {
      const before = useSession.getState().room;
      if (said.type === "welcome" && (said.frame < (buffer.newest ?? 0) || said.room !== before?.name))
        buffer.reset(said.fps);
      const room = heard(before, said, Date.now());
      useSession.setState(room?.votes ? { room } : { room, voice: undefined });
    },
    link: (link) => {
      const gone = link.at === "waiting" && (link.why === "closed" || link.why === "missing");
      useSession.setState(gone ? { link, room: undefined } : { link });
      if (link.at === "ended") offStage();
    },
  });
  useStudio.setState({ source: buffer });
}

export function leave(): void {
  client?.leave();
  client = undefined;
  useSession.setState(NOWHERE);
  offStage();
}

function offStage(): void {
  if (useStudio.getState().source === buffer) useStudio.setState({ source: undefined });
}

/** Say something in the room; throws Problem. */
export async function say(said: Said): Promise<Did | undefined> {
  const did = await client?.say(said);
  return voiced(did, said.type === "vote" ? said.option : did?.option);
}

/** What became of it; who proposes something is for it. */
function voiced(did: Did | undefined, voice: number | undefined): Did | undefined {
  if (voice !== undefined) useSession.setState({ voice });
  return did;
}

/** Say something aloud in the room: a sound; `heard` is told which words it was. Throws Problem. */
export async function talk(
  sound: Blob,
  when: When | undefined,
  heard: (text: string) => void,
): Promise<Did | undefined> {
  const did = await client?.talk(await sound.arrayBuffer(), when, heard);
  return voiced(did, did?.option);
}

/** Perform live what was composed in the studio. */
export function performLive({ text, tracks }: Composed, when: When): Promise<Did | undefined> {
  return say(tracks ? { type: "sequence", tracks, when } : { type: "command", text, when });
}

/** Do not wait for the next try. */
export function retry(): void {
  client?.retry();
}

window.addEventListener("online", retry);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) retry();
});
