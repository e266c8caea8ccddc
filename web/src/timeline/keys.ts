/** Keys that work everywhere on the page, except where something is typed. */

import { clock, redo, undo, useStudio } from "../studio";

const TYPED = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const PRESSED = "button, a, summary, input, [role=button], [role=option], [role=tab]"; // what the space bar presses
const STEERED = "input, [role=slider], [role=listbox] *, [role=tablist] *, [role=radiogroup] *"; // what arrows move

export function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.defaultPrevented || target.matches(TYPED)) return;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    const act = { z: event.shiftKey ? redo : undo, y: redo }[key];
    if (!act) return;
    event.preventDefault();
    void act();
    return;
  }
  if (event.altKey || useStudio.getState().source || target.matches(key === " " ? PRESSED : STEERED)) return;
  const fps = useStudio.getState().shown?.motion.timeline.fps ?? 30;
  const moves: Record<string, () => void> = {
    " ": () => {
      clock.toggle();
    },
    arrowleft: () => {
      clock.step(-1 / fps);
    },
    arrowright: () => {
      clock.step(1 / fps);
    },
    home: () => {
      clock.seek(0);
    },
    end: () => {
      clock.seek(clock.duration);
    },
  };
  const act = moves[key];
  if (!act) return;
  event.preventDefault();
  act();
}
