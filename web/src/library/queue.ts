/** Motion files that are put in: they go on while another tool is looked at. */

import { create } from "zustand";
import { problemOf, type Problem } from "../api/http";
import { CALM } from "../ui/machine";
import { upload, type Said, type Uploaded } from "./api";
import { UNSTATED, yamlOf, type Stated } from "./map";
import { previewAction } from "./preview";
import { changed } from "./state";

/** A file, and how far it is. */
export interface Item {
  id: number;
  file: File;
  name: string;
  stated: Stated; // of its skeleton
  sent?: number; // share of it; undefined: it is not on its way
  made?: Uploaded;
  problem?: Problem;
}

export const useFiles = create<{ items: Item[] }>(() => ({ items: [] }));

const { getState: now, setState: set } = useFiles;
let count = 0;

/** The name of a file as words: "My_Dance-01.bvh" is "My Dance 01". */
const suggested = (file: string): string =>
  file
    .replace(/\.[^.]*$/, "")
    .replace(/[_\-.\s]+/g, " ")
    .trim()
    .slice(0, 64);

/** Files that were chosen or dropped wait for what is said of them. */
export function take(files: File[]): void {
  const more = files.map((file) => ({ id: ++count, file, name: suggested(file.name), stated: UNSTATED }));
  set(({ items }) => ({ items: [...items, ...more] }));
}

export function put(id: number, values: Partial<Item>): void {
  set(({ items }) => ({ items: items.map((item) => (item.id === id ? { ...item, ...values } : item)) }));
}

export function drop(id: number): void {
  set(({ items }) => ({ items: items.filter((item) => item.id !== id) }));
}

export const waits = ({ sent, made }: Item): boolean => sent === undefined && !made;

/** Send all that wait, one after the other; what could not be read waits again, with the reason. */
export async function send(said: Pick<Said, "source" | "licence" | "segment">): Promise<void> {
  for (const { id } of now().items.filter(waits)) {
    const item = now().items.find((one) => one.id === id);
    if (item && waits(item)) await sendOne(item, said); // else it was sent meanwhile
  }
}

async function sendOne({ id, file, name, stated }: Item, said: Omit<Said, "name" | "map">): Promise<void> {
  put(id, { sent: 0, problem: undefined });
  try {
    const made = await upload(file, { ...said, name, map: yamlOf(stated) }, (sent) => {
      put(id, { sent });
    });
    put(id, { made, sent: undefined });
    changed();
    if (made.actions[0] && !CALM.matches) await previewAction(made.actions[0]);
  } catch (error) {
    put(id, { problem: problemOf(error), sent: undefined });
  }
}
