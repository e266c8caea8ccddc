/** Keys that work everywhere on the page, except where something is typed. */

import { clock, redo, undo, useStudio } from "../studio";

export function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (target.matches("input:not([type=range], [type=checkbox], [type=radio]), textarea, select")) return;
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key.toLowerCase() === "z") {
    event.preventDefault();
    void (event.shiftKey ? redo() : undo());
    return;
  }
  const taken =
    event.defaultPrevented || control || target.matches("input, button, a, summary, [role=slider]");
  if (taken || useStudio.getState().source) return;
  const fps = useStudio.getState().shown?.motion.timeline.fps ?? 30;
  const moves: Record<string, () => void> = {
    " ": () => {
      clock.toggle();
    },
    ArrowLeft: () => {
      clock.step(-1 / fps);
    },
    ArrowRight: () => {
      clock.step(1 / fps);
    },
    Home: () => {
      clock.seek(0);
    },
    End: () => {
      clock.seek(clock.duration);
    },
  };
  const act = moves[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}
