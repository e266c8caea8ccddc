/** The user's own character: its picture, and who films it. */

import { useWords } from "../studio";
import { useTold } from "../told/useTold";
import { Count } from "./fields";
import { RENDERERS, setForm, type Form, type Renderers } from "./form";
import { PictureOf } from "./PictureOf";
import { WORDS } from "./words";

export function Character({ form, there }: { form: Form; there: Renderers | undefined }) {
  const words = useWords(WORDS);
  const told = useTold();
  const able = there?.stable_animator;
  return (
    <fieldset className="character">
      <legend>{words.character}</legend>
      <PictureOf finder={there?.pose_finder.available === true} />
      <div role="radiogroup" aria-label={words.renderer}>
        {RENDERERS.map((renderer) => (
          <label key={renderer} className="choice">
            <input
              type="radio"
              name="renderer"
              checked={form.renderer === renderer}
              disabled={renderer === "stable-animator" && !able?.available}
              aria-describedby={renderer === "stable-animator" ? "lacks" : undefined}
              onChange={() => {
                setForm({ renderer });
              }}
            />
            {words.renderers[renderer]}
          </label>
        ))}
      </div>
      {able && !able.available && (
        <div id="lacks" className="small lacks">
          <p className="soft">{words.notHere}</p>
          <details>
            <summary>{words.why}</summary>
            <p>{told(able.reason)}</p>
            <p className="soft">{words.toHave}</p>
          </details>
        </div>
      )}
      {form.renderer === "stable-animator" && <Settings form={form} />}
    </fieldset>
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
      <p className="soft small">{words.seedHint}</p>
    </div>
  );
}
