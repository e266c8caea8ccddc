/** What the service made becomes a file of the user's, under a name that says what it is. */

import { ask } from "../api/http";
import type { Motion } from "../api/motion";
import type { Asked } from "../studio";
import { download } from "../ui/download";

const LONGEST = 60; // characters of a name

/** The words of a command as the name of a file: wave-then-run. */
export function nameOf(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .slice(0, LONGEST)
    .replace(/^-+|-+$/g, "");
  return name || "motion";
}

/** A text as one word of a shell's command, whatever it says. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What is performed, in words: as it was said, or the actions one after the other. */
export function titleOf(asked: Asked, motion: Motion): string {
  const actions = motion.timeline.segments.filter(({ phrase }) => phrase).map(({ action }) => action);
  return asked.text.trim() || [...new Set(actions)].join(", ").replaceAll("_", " ");
}

/** Fetch a file and hand it to the user; its size in bytes. Throws Problem. */
export async function save(path: string, name: string): Promise<number> {
  const blob = await (await ask(path)).blob();
  download(name, blob);
  return blob.size;
}

/** 214 KB, 3.1 MB. */
export function sizeOf(bytes: number): string {
  const kilo = bytes / 1024;
  return kilo < 1000 ? `${String(Math.max(1, Math.round(kilo)))} KB` : `${(kilo / 1024).toFixed(1)} MB`;
}
