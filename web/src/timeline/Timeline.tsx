/** What is performed, by the second: to play, and to change by hand. */

import { useEffect, useState } from "react";
import { useStudio, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { Inspector } from "./Inspector";
import { Save } from "./Save";
import { Tracks } from "./Tracks";
import { Transport } from "./Transport";
import { WORDS } from "./words";
import { onKey } from "./keys";
import "./timeline.css";

export function Timeline() {
  const words = useWords(WORDS);
  const shown = useStudio((studio) => studio.shown);
  const trouble = useStudio((studio) => studio.problem);
  const chosen = useStudio((studio) => studio.chosen);
  const [note, setNote] = useState("");
  useEffect(() => {
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
    };
  }, []);
  if (!shown) return null;
  return (
    <section className="timeline" aria-label={words.timeline}>
      <div className="row">
        <Transport fps={shown.motion.timeline.fps} />
        <span className="space" />
        <Save />
      </div>
      <Complaint problem={trouble?.at === "timeline" ? trouble.problem : undefined} />
      <Tracks />
      {chosen ? <Inspector note={note} setNote={setNote} /> : <p className="soft hint">{words.hint}</p>}
    </section>
  );
}
