/** A film that shall be made: who is in it, how it looks, and a moment of it. */

import { useEffect, useState } from "react";
import { problemOf, type Problem } from "../api/http";
import { useStudio, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { Choice, Count } from "./fields";
import {
  FIGURES,
  fits,
  FORMATS,
  RENDERERS,
  renderers,
  requestOf,
  setForm,
  shapeOf,
  SIDE,
  sizeName,
  SIZES,
  useForm,
  VIEWS,
  type Form,
  type Renderers,
  type SizeName,
} from "./form";
import type { Part } from "./Output";
import { Preview } from "./Preview";
import { PictureOf } from "./PictureOf";
import { make } from "./renders";
import { Trouble } from "./Trouble";
import { filled, WORDS } from "./words";

const SIZE_NAMES: SizeName[] = ["square", "portrait", "landscape", "hd", "own"];
const RATES = ["12", "15", "24", "25", "30", "60"];
const CAMERAS = { auto: null, along: true, stays: false } as const;
const STRETCHED = 0.04; // of a picture's shape, from which on one sees it

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
  const { motion } = shown;
  // What was chosen on a service that could do more is not forgotten, but not asked for either.
  const filmed = wanted.renderer === "stable-animator" && there?.stable_animator.available === true;
  const form: Form = { ...wanted, renderer: filmed ? "stable-animator" : "mannequin" };
  const sized = fits(form.width) && fits(form.height);
  const posed = !reference || reference.pose !== undefined || there?.pose_finder.available === true;
  const lacking = !sized
    ? words.badSize
    : filmed && !reference
      ? words.needsPicture
      : posed
        ? undefined
        : words.needsPose;
  const send = async () => {
    setSending(true);
    setProblem(undefined);
    try {
      await make(requestOf(motion.id, form, reference), asked, reference);
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
      <Who form={form} there={there} />
      {sized && <Preview track={motion.id} form={form} reference={posed ? reference : undefined} />}
      <PictureOf finder={there?.pose_finder.available === true} />
      <Look form={form} fps={motion.timeline.fps} filmed={filmed} />
      {filmed && <Settings form={form} />}
      <p className="soft small" id="lacking">
        {lacking ??
          filled(words.amount, {
            seconds: motion.timeline.duration.toFixed(1),
            frames: Math.round(motion.timeline.duration * (form.fps ?? motion.timeline.fps)),
            width: form.width,
            height: form.height,
          })}
      </p>
      <button type="submit" disabled={sending || lacking !== undefined} aria-describedby="lacking">
        {sending ? words.rendering : words.render}
      </button>
      <Trouble
        problem={problem}
        solved={() => {
          setProblem(undefined);
        }}
      />
    </form>
  );
}

/** Who is filmed; what this service lacks for it, in words. */
function Who({ form, there }: { form: Form; there: Renderers | undefined }) {
  const words = useWords(WORDS);
  const lacks = there && !there.stable_animator.available ? there.stable_animator.reason : undefined;
  return (
    <fieldset>
      <legend>{words.renderer}</legend>
      {RENDERERS.map((renderer) => (
        <label key={renderer} className="choice">
          <input
            type="radio"
            name="renderer"
            checked={form.renderer === renderer}
            disabled={renderer === "stable-animator" && there?.stable_animator.available !== true}
            aria-describedby={renderer === "stable-animator" ? "lacks" : undefined}
            onChange={() => {
              setForm({ renderer });
            }}
          />
          {words.renderers[renderer]}
        </label>
      ))}
      <div id="lacks" className="soft small lacks" hidden={!lacks}>
        {words.notHere} {lacks} {words.toHave}
      </div>
    </fieldset>
  );
}

/** How it looks. */
function Look({ form, fps, filmed }: { form: Form; fps: number; filmed: boolean }) {
  const words = useWords(WORDS);
  const reference = useForm((now) => now.reference);
  const asMotion = filled(words.asMotion, { fps });
  const stretched =
    reference &&
    Math.abs(Math.log((reference.width * form.height) / (reference.height * form.width))) > STRETCHED;
  const camera = form.follow === null ? "auto" : form.follow ? "along" : "stays";
  const drawn = !filmed && form.view !== "pose"; // the mannequin is in it
  return (
    <div className="fields">
      {!filmed && (
        <Choice
          label={words.view}
          value={form.view}
          of={VIEWS}
          names={words.views}
          set={(view) => {
            setForm({ view });
          }}
        />
      )}
      <Choice
        label={words.size}
        value={sizeName(form)}
        of={SIZE_NAMES}
        names={words.sizes}
        set={(name) => {
          if (name === "own") setForm({ own: true });
          else setForm({ own: false, width: SIZES[name][0], height: SIZES[name][1] });
        }}
      />
      {sizeName(form) === "own" && (
        <>
          {(["width", "height"] as const).map((side) => (
            <Count
              key={side}
              label={words[side]}
              value={form[side]}
              least={SIDE.least}
              most={SIDE.most}
              set={(value) => {
                setForm({ own: true, [side]: value });
              }}
            />
          ))}
        </>
      )}
      {stretched && (
        <p className="small wide">
          {words.stretched}{" "}
          <button
            type="button"
            className="chip"
            onClick={() => {
              const [width, height] = shapeOf(reference);
              setForm({ width, height, own: false });
            }}
          >
            {words.itsShape}
          </button>
        </p>
      )}
      <Choice
        label={words.format}
        value={form.format}
        of={FORMATS}
        names={words.formats}
        set={(format) => {
          setForm({ format });
        }}
      />
      <Choice
        label={words.fps}
        value={form.fps === null ? asMotion : String(form.fps)}
        of={[asMotion, ...RATES]}
        set={(rate) => {
          setForm({ fps: rate === asMotion ? null : Number(rate) });
        }}
      />
      <Choice
        label={words.camera}
        value={camera}
        of={Object.keys(CAMERAS) as (keyof typeof CAMERAS)[]}
        names={words.cameras}
        set={(name) => {
          setForm({ follow: CAMERAS[name] });
        }}
      />
      {drawn && (
        <>
          <Choice
            label={words.figure}
            value={form.figure}
            of={FIGURES}
            names={words.figures}
            set={(figure) => {
              setForm({ figure });
            }}
          />
          <label className="choice wide">
            <input
              type="checkbox"
              checked={form.captions}
              onChange={(event) => {
                setForm({ captions: event.target.checked });
              }}
            />
            {words.captions}
          </label>
        </>
      )}
    </div>
  );
}

/** How StableAnimator films. */
function Settings({ form }: { form: Form }) {
  const words = useWords(WORDS);
  return (
    <div className="fields">
      <Count
        label={words.steps}
        value={form.steps}
        least={1}
        most={200}
        set={(steps) => {
          setForm({ steps });
        }}
      />
      <Count
        label={words.guidance}
        value={form.guidance}
        least={1}
        most={30}
        step="any"
        set={(guidance) => {
          setForm({ guidance });
        }}
      />
      <Count
        label={words.seed}
        value={form.seed}
        least={0}
        most={Number.MAX_SAFE_INTEGER}
        set={(seed) => {
          setForm({ seed });
        }}
      />
      <p className="soft small wide">{words.seedHint}</p>
    </div>
  );
}
