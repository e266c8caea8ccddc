/** How a film looks. */

import { useWords } from "../studio";
import { Choice, named } from "../ui/Choice";
import { filled } from "../ui/filled";
import { Count } from "./fields";
import {
  FIGURES,
  FORMATS,
  setForm,
  shapeOf,
  SIDE,
  sizeName,
  SIZES,
  useForm,
  VIEWS,
  type Form,
  type SizeName,
} from "./form";
import { WORDS } from "./words";

const SIZE_NAMES: SizeName[] = ["square", "portrait", "landscape", "hd", "own"];
const RATES = ["12", "15", "24", "25", "30", "60"];
const CAMERAS = { auto: null, along: true, stays: false } as const;
const STRETCHED = 0.04; // of a picture's shape, from which on one sees it

/** `fps`: of the motion. */
export function Look({ form, fps }: { form: Form; fps: number }) {
  const words = useWords(WORDS);
  const asMotion = filled(words.asMotion, { fps });
  const filmed = form.renderer === "stable-animator";
  const drawn = !filmed && form.view !== "pose"; // the mannequin is in it
  return (
    <div className="fields">
      {!filmed && (
        <Choice
          label={words.view}
          value={form.view}
          of={named(VIEWS, words.views)}
          set={(view) => {
            setForm({ view });
          }}
        />
      )}
      <Size form={form} />
      <Choice
        label={words.format}
        value={form.format}
        of={named(FORMATS, words.formats)}
        set={(format) => {
          setForm({ format });
        }}
      />
      <Choice
        label={words.fps}
        value={form.fps === null ? asMotion : String(form.fps)}
        of={[asMotion, ...RATES].map((rate) => [rate, rate])}
        set={(rate) => {
          setForm({ fps: rate === asMotion ? null : Number(rate) });
        }}
      />
      <Choice
        label={words.camera}
        value={form.follow === null ? "auto" : form.follow ? "along" : "stays"}
        of={named(Object.keys(CAMERAS) as (keyof typeof CAMERAS)[], words.cameras)}
        set={(name) => {
          setForm({ follow: CAMERAS[name] });
        }}
      />
      {drawn && (
        <>
          <Choice
            label={words.figure}
            value={form.figure}
            of={named(FIGURES, words.figures)}
            set={(figure) => {
              setForm({ figure });
            }}
          />
          <label className="choice">
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

/** Its size; a word if a picture would be stretched to it. */
function Size({ form }: { form: Form }) {
  const words = useWords(WORDS);
  const reference = useForm((now) => now.reference);
  const stretched =
    reference &&
    Math.abs(Math.log((reference.width * form.height) / (reference.height * form.width))) > STRETCHED;
  const better = reference && shapeOf(reference);
  return (
    <>
      <Choice
        label={words.size}
        value={sizeName(form)}
        of={named(SIZE_NAMES, words.sizes)}
        set={(name) => {
          if (name === "own") setForm({ own: true });
          else setForm({ own: false, width: SIZES[name][0], height: SIZES[name][1] });
        }}
      />
      {sizeName(form) === "own" &&
        (["width", "height"] as const).map((side) => (
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
      {stretched && better && (better[0] !== form.width || better[1] !== form.height) && (
        <p className="small">
          {words.stretched}{" "}
          <button
            type="button"
            className="chip"
            onClick={() => {
              setForm({ width: better[0], height: better[1], own: false });
            }}
          >
            {filled(words.itsShape, { width: better[0], height: better[1] })}
          </button>
        </p>
      )}
    </>
  );
}
