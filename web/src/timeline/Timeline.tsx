/** What is performed, by the second: to play, and to change by hand. */

import { useEffect } from "react";
import { useStudio, useWords } from "../studio";
import { Help } from "./Help";
import { Inspector } from "./Inspector";
import { onKey } from "./keys";
import { Save } from "./Save";
import { Tracks } from "./Tracks";
import { History, Transport, Zoom } from "./Transport";
import { WORDS } from "./words";
import "./timeline.css";

const FPS = 30; // before anything is shown

export function Timeline() {
  const words = useWords(WORDS);
  const fps = useStudio((studio) => studio.shown?.motion.timeline.fps ?? FPS);
  useEffect(() => {
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
    };
  }, []);
  return (
    <section className="timeline" aria-label={words.timeline}>
      <div className="transport">
        <Transport fps={fps} />
        <History />
        <span className="space" />
        <Zoom />
        <Help />
        <Save />
      </div>
      <Tracks />
      <Inspector />
    </section>
  );
}
