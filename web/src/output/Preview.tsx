/** One moment of the film as it will be: where the stage stands still, or as it was when something was chosen. */

import { useEffect, useState, useSyncExternalStore } from "react";
import { ask, problemOf, type Problem } from "../api/http";
import { clock, useWords } from "../studio";
import { filled } from "../ui/filled";
import { previewOf, type Form } from "./form";
import type { Reference } from "./picture";
import { Trouble } from "./Trouble";
import { WORDS } from "./words";

const CALM = 200; // ms without a change, after which it is drawn

/** Where the stage stands still, s; undefined while it plays. */
const standing = () => (clock.playing ? undefined : clock.time);

export function Preview({
  track,
  form,
  reference,
}: {
  track: string;
  form: Form;
  reference: Reference | undefined;
}) {
  const words = useWords(WORDS);
  const still = useSyncExternalStore(clock.subscribe, standing);
  const [shown, setShown] = useState<{ url: string; time: number }>();
  const [problem, setProblem] = useState<Problem>();
  const [drawing, setDrawing] = useState(true);
  const film = form.renderer === "stable-animator";
  const asked = !film || reference ? JSON.stringify(previewOf(track, form, reference)) : undefined;
  useEffect(() => {
    if (!asked) return undefined;
    const stop = new AbortController();
    const draw = async () => {
      const time = still ?? clock.time;
      setDrawing(true);
      try {
        const reply = await ask(`/v1/renders/preview?t=${String(time)}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: asked,
          signal: stop.signal,
        });
        const url = URL.createObjectURL(await reply.blob());
        if (stop.signal.aborted) return;
        setShown({ url, time });
        setProblem(undefined);
      } catch (error) {
        if (!stop.signal.aborted) setProblem(problemOf(error));
      } finally {
        if (!stop.signal.aborted) setDrawing(false);
      }
    };
    const timer = setTimeout(() => void draw(), CALM);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [asked, still]);
  const url = shown?.url;
  useEffect(
    () => () => {
      if (url) URL.revokeObjectURL(url);
    },
    [url],
  );
  if (!asked) return null;
  const said =
    shown && `${filled(words.preview, { time: shown.time.toFixed(1) })} ${film ? words.previewOf : ""}`;
  return (
    <figure className="preview" aria-busy={drawing}>
      {shown ? <img src={shown.url} alt={said} /> : <div className="blank" />}
      <figcaption className="soft small">{said ?? words.drawing}</figcaption>
      <Trouble
        problem={problem}
        solved={() => {
          setProblem(undefined);
        }}
      />
    </figure>
  );
}
