/** A film that shall be made: a moment of it, how it looks, and who is in it. */

import { useEffect, useState } from "react";
import { problemOf, type Problem } from "../api/http";
import { useStudio, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { filled } from "../ui/filled";
import { Character } from "./Character";
import { fits, renderers, requestOf, useForm, type Form, type Renderers } from "./form";
import { Look } from "./Look";
import type { Part } from "./Output";
import { Preview } from "./Preview";
import { make } from "./renders";
import { Trouble } from "./Trouble";
import { WORDS } from "./words";

export function Film({ go }: { go: (part: Part) => void }) {
  const words = useWords(WORDS);
  const shown = useStudio((studio) => studio.shown);
  const asked = useStudio((studio) => studio.asked);
  const { form: wanted, reference } = useForm();
  const [there, setThere] = useState<Renderers>();
  const [unknown, setUnknown] = useState<Problem>();
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    const stop = new AbortController();
    renderers(stop.signal)
      .then(setThere)
      .catch((error: unknown) => {
        if (!stop.signal.aborted) setUnknown(problemOf(error));
      });
    return () => {
      stop.abort();
    };
  }, []);
  if (!shown) return <p className="soft">{words.nothing}</p>;
  const { id, timeline } = shown.motion;
  // What was chosen on a service that could do more is not forgotten, but not asked for either.
  const filmed = wanted.renderer === "stable-animator" && there?.stable_animator.available === true;
  const form: Form = { ...wanted, renderer: filmed ? "stable-animator" : "mannequin" };
  const sized = fits(form.width) && fits(form.height);
  const posed = !reference || reference.pose !== undefined || there?.pose_finder.available === true;
  const lacking =
    (!sized && words.badSize) || (filmed && !reference && words.needsPicture) || (!posed && words.needsPose);
  const amount = {
    seconds: timeline.duration.toFixed(1),
    frames: Math.round(timeline.duration * (form.fps ?? timeline.fps)),
  };
  const send = async () => {
    setSending(true);
    setProblem(undefined);
    try {
      await make(requestOf(id, form, reference), asked, reference);
      go("films");
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setSending(false);
    }
  };
  return (
    <form
      className="film"
      aria-busy={sending}
      onSubmit={(event) => {
        event.preventDefault();
        if (!lacking) void send();
      }}
    >
      <Complaint problem={unknown} />
      {sized && <Preview track={id} form={form} reference={reference?.pose && reference} />}
      <Look form={form} fps={timeline.fps} />
      <Character form={form} there={there} />
      <div className="make">
        <Trouble
          problem={problem}
          solved={() => {
            setProblem(undefined);
          }}
        />
        <span className="soft small" id="amount">
          {lacking || filled(words.amount, amount)}
        </span>
        <button type="submit" disabled={sending || lacking !== false} aria-describedby="amount">
          {sending ? words.rendering : words.render}
        </button>
      </div>
    </form>
  );
}
