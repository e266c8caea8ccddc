/** What is kept in the browser: what is edited, and the keys of what was saved as actions. */

import { kept } from "../studio";
import { fresh, STANCE, type Motion } from "./model";
import type { About } from "./script";

const [DRAFT, SAVED] = ["pose-draft", "pose-saved"];
const MOST_SAVED = 30;

export const ABOUT: About = {
  name: "",
  description: "",
  en: "",
  zh: "",
  licence: "CC0-1.0",
  source: "",
  mask: "",
  side: "",
  cycles: 3,
  start: "stand",
  end: "stand",
};

export interface Draft {
  motion: Motion;
  about: About;
}

/** What was edited last; a key that this version does not know in full begins at the stance. */
export function draft(): Draft {
  const { motion, about } = kept.read<Partial<Draft>>(DRAFT, {});
  if (!motion || !Array.isArray(motion.keys) || motion.keys.length < 2)
    return { motion: fresh(), about: ABOUT };
  const keys = motion.keys.map((key) => ({ ...key, pose: { ...STANCE, ...key.pose } }));
  return { motion: { ...fresh(), ...motion, keys }, about: { ...ABOUT, ...about } };
}

export function keepDraft(draft: Draft): void {
  kept.write(DRAFT, draft);
}

/** What was saved as an action from this browser, the latest first: the library keeps motions, not their keys. */
export const saved = (): Draft[] => kept.read<Draft[]>(SAVED, []);

export function remember(draft: Draft): void {
  const others = saved().filter((one) => one.about.name !== draft.about.name);
  kept.write(SAVED, [draft, ...others].slice(0, MOST_SAVED));
}
