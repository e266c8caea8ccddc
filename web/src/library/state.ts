/** What the views of the library share. */

import { create } from "zustand";

export type View = "actions" | "sequences";

/** What has just been done, and how to take it back. */
export interface Note {
  text: string;
  undo?: () => void;
}

interface Shelf {
  view: View;
  open: string | undefined; // the action whose details are shown
  back: string | undefined; // the action whose details were shown: it is focused
  note: Note | undefined;
  changes: number; // of the library, that this page knows of
}

export const useShelf = create<Shelf>(() => ({
  view: "actions",
  open: undefined,
  back: undefined,
  note: undefined,
  changes: 0,
}));

const { setState: set } = useShelf;

export const show = (view: View) => {
  set({ view, note: undefined });
};

export const open = (name: string) => {
  set({ open: name, note: undefined });
};

export const close = () => {
  set(({ open }) => ({ open: undefined, back: open }));
};

export const tell = (text: string, undo?: () => void) => {
  set({ note: { text, undo } });
};

/** The library is another now: lists are asked for anew. */
export const changed = () => {
  set(({ changes }) => ({ changes: changes + 1 }));
};
