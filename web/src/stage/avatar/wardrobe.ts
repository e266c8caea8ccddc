/** Who plays on the stage: the mannequin, or an avatar of the user's own; and those that are kept. */

import { create } from "zustand";
import { Problem } from "../../api/http";
import { skeleton } from "../../api/motion";
import { kept } from "../../studio";
import * as keep from "./keep";
import type { Avatar } from "./load";
import { Unfit } from "./unfit";

interface Wardrobe {
  avatars: keep.Kept[];
  current: number | undefined; // undefined: the mannequin
  avatar: Avatar | undefined; // the one that plays
  loading: boolean;
  problem: Unfit | Problem | undefined; // with the file, or of the service
  open: boolean; // the list is seen
}

export const useWardrobe = create<Wardrobe>(() => ({
  avatars: [],
  current: undefined,
  avatar: undefined,
  loading: false,
  problem: undefined,
  open: false,
}));

const { getState: now, setState: set } = useWardrobe;
let count = 0; // of changes: what a later one has overtaken is dropped
let begun = false;

/** Looks what is kept, and takes up who played last. */
export async function begin(): Promise<void> {
  if (begun) return;
  begun = true;
  const last = kept.read<number | null>("avatar", null);
  const avatars = await keep.all().catch(() => []); // a browser that keeps nothing: then there is the mannequin
  set({ avatars });
  if (last !== null && avatars.some(({ id }) => id === last)) await wear(last);
}

/** An avatar that is kept plays; undefined: the mannequin does. */
export async function wear(id: number | undefined): Promise<void> {
  const chosen = now().avatars.find((one) => one.id === id);
  await change(chosen?.file, () => Promise.resolve(chosen?.id));
}

/** A new avatar plays, and is kept. */
export async function bring(file: File): Promise<void> {
  const name = file.name.replace(/\.(vrm|glb)$/i, "");
  await change(file, async () => {
    const id = await keep.add(name, file);
    set({ avatars: await keep.all() });
    return id;
  });
}

export async function discard(id: number): Promise<void> {
  if (now().current === id) await wear(undefined);
  try {
    await keep.remove(id);
    set({ avatars: await keep.all() });
  } catch (error) {
    set({ problem: error instanceof Unfit ? error : new Unfit("store", [String(error)]) });
  }
}

export function openWardrobe(open: boolean): void {
  set({ open, problem: undefined });
}

async function change(file: Blob | undefined, number: () => Promise<number | undefined>): Promise<void> {
  const own = ++count;
  set({ loading: file !== undefined, problem: undefined });
  try {
    const avatar = file && (await load(file));
    if (own !== count) {
      avatar?.dispose();
      return;
    }
    now().avatar?.dispose();
    set({ avatar, current: undefined });
    const current = await number();
    if (own !== count) return;
    set({ current });
    kept.write("avatar", current ?? null);
  } catch (error) {
    const known = error instanceof Unfit || error instanceof Problem;
    if (own === count) set({ problem: known ? error : new Unfit("broken", [String(error)]), open: true });
  } finally {
    if (own === count) set({ loading: false });
  }
}

/** What reads files is large, and loaded when there is one. */
async function load(file: Blob): Promise<Avatar> {
  const [{ loadAvatar }, joints] = await Promise.all([import("./load"), skeleton()]);
  return loadAvatar(file, joints);
}
