/** How many seconds the timeline is wide, and how near one looks. */

import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";
import { useStudio } from "../studio";
import { setZoom, useView } from "./view";

const ROOM = 1.15; // of the motion's length, so that there is room to the right
const LEAST = 4; // s
const NEARER = 1.0015; // by a pixel of the wheel

/** Whether a width still suits a motion that was changed by hand: else blocks would shift under the pointer. */
const suits = (span: number, duration: number): boolean => duration <= span * 0.97 && duration >= span * 0.6;

/** s that the timeline is wide. */
export function useSpan(): number {
  const duration = useStudio((studio) => studio.shown?.motion.timeline.duration ?? 0);
  const byHand = useStudio((studio) => studio.asked.tracks !== undefined);
  const [span, setSpan] = useState(LEAST);
  const wanted = byHand && suits(span, duration) ? span : Math.max(LEAST, Math.ceil(duration * ROOM * 2) / 2);
  if (wanted !== span) setSpan(wanted);
  return wanted;
}

/** Zooms by the wheel with Ctrl; what is under the pointer, or in the middle, stays where it is. */
export function useZoom(seen: RefObject<HTMLElement | null>): void {
  const zoom = useView((view) => view.zoom);
  const about = useRef<number>(undefined); // px from the left of what is seen
  const before = useRef(zoom);
  useLayoutEffect(() => {
    const box = seen.current;
    if (!box || before.current === zoom) return;
    const x = about.current ?? box.clientWidth / 2;
    box.scrollTo({ left: ((box.scrollLeft + x) / before.current) * zoom - x });
    before.current = zoom;
    about.current = undefined;
  }, [seen, zoom]);
  useEffect(() => {
    const box = seen.current;
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault(); // the page stays as large as it is
      about.current = event.clientX - (box?.getBoundingClientRect().left ?? 0);
      setZoom(useView.getState().zoom * NEARER ** -event.deltaY);
    };
    box?.addEventListener("wheel", onWheel, { passive: false });
    return () => {
      box?.removeEventListener("wheel", onWheel);
    };
  }, [seen]);
}
