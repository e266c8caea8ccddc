/** The keys become an action of the library, under a name that can be said. */

import { useState } from "react";
import { Problem, problemOf } from "../api/http";
import type { Mask } from "../api/motion";
import { say, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { remember, saved } from "./drafts";
import { describe, edit, open, startAnew, useEditor } from "./editor";
import { Choice, named } from "../ui/Choice";
import { download } from "../ui/download";
import { Amount } from "./Fields";
import { maskOf, scriptOf, sideOf, slug, yamlOf, type About } from "./script";
import { add, exists, replace, type Action } from "./service";
import { WORDS } from "./words";

const MASKS: Mask[] = ["full", "upper", "arms", "left_arm", "right_arm", "head"];

export function Save() {
  const words = useWords(WORDS);
  const motion = useEditor((editor) => editor.motion);
  const about = useEditor((editor) => editor.about);
  const [saving, setSaving] = useState(false);
  const [done, setDone] = useState<Action>();
  const [taken, setTaken] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const script = scriptOf(motion, about);
  const keep = async (over: boolean) => {
    setSaving(true);
    setDone(undefined);
    setTaken(false);
    try {
      const { aliases, description, licence } = script;
      const said = { description, licence, ...(aliases ? { aliases } : {}) };
      const save = () => (over ? replace(about.name, yamlOf(script), said) : add(about.name, yamlOf(script)));
      setDone(await save());
      remember({ motion, about });
      setProblem(undefined);
    } catch (error) {
      setProblem(problemOf(error));
      if (error instanceof Problem && error.status === 409)
        setTaken(await exists(about.name).catch(() => false));
    }
    setSaving(false);
  };
  return (
    <details className="pose-save">
      <summary>{words.save}</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void keep(false);
        }}
      >
        <Words />
        <Facts />
        <div className="row">
          <button type="submit" disabled={saving || !about.name.trim()}>
            {saving ? words.saving : words.keep}
          </button>
          {taken && (
            <button type="button" className="plain" title={words.replaceHelp} onClick={() => void keep(true)}>
              {words.replace.replace("{name}", about.name)}
            </button>
          )}
          <button
            type="button"
            className="plain"
            onClick={() => {
              download(`${slug(about.name)}.yaml`, new Blob([yamlOf(script)], { type: "application/yaml" }));
            }}
          >
            {words.file}
          </button>
          <button type="button" className="plain" onClick={startAnew}>
            {words.anew}
          </button>
        </div>
        <Complaint problem={problem} />
        <p role="status" className="pose-hint">
          {done && (
            <>
              {words.saved}{" "}
              <button
                type="button"
                className="chip"
                onClick={() => {
                  say(done.say);
                }}
              >
                {done.say}
              </button>
            </>
          )}
        </p>
        <Earlier />
        <p className="soft pose-hint">{words.draft}</p>
      </form>
    </details>
  );
}

/** What was saved here before can be opened again. */
function Earlier() {
  const words = useWords(WORDS);
  const drafts = saved();
  if (drafts.length === 0) return null;
  return (
    <Choice
      label={words.open}
      value=""
      of={[["", words.which], ...drafts.map(({ about }, at) => [String(at), about.name] as const)]}
      set={(at) => {
        const draft = drafts[Number(at)];
        if (at && draft) open(draft);
      }}
    />
  );
}

type Written = "name" | "en" | "zh" | "description" | "licence" | "source";

/** What is said of the action. */
function Words() {
  const words = useWords(WORDS);
  const about = useEditor((editor) => editor.about);
  const fields: [Written, string, string][] = [
    ["name", words.name, words.nameHint],
    ["en", words.also, words.alsoHint],
    ["zh", words.chinese, words.chineseHint],
    ["description", words.description, ""],
    ["licence", words.licence, ""],
    ["source", words.source, ""],
  ];
  return (
    <div className="pose-words">
      {fields.map(([field, label, hint]) => (
        <label key={field}>
          {label}
          <input
            value={about[field]}
            placeholder={hint}
            maxLength={field === "name" ? 60 : 400}
            onChange={(event) => {
              describe({ [field]: event.target.value });
            }}
          />
        </label>
      ))}
    </div>
  );
}

/** How it is used: what it needs of the body, what repeats, how it begins and ends. */
function Facts() {
  const words = useWords(WORDS);
  const motion = useEditor((editor) => editor.motion);
  const about = useEditor((editor) => editor.about);
  const { keys, loop } = motion;
  const asPosed = (what: string) => words.byKeys.replace("{what}", what);
  const times = keys.map((key) => [String(key.id), `${key.t.toFixed(2)} s`] as const);
  const put = (values: Partial<About>) => {
    describe(values);
  };
  const repeat = (from: number, to: number) => {
    edit({ ...motion, loop: [from, to] });
  };
  return (
    <div className="pose-facts">
      <Choice
        label={words.mask}
        value={about.mask}
        of={[["", asPosed(words.masks[maskOf(keys)])], ...named(MASKS, words.masks)]}
        set={(mask) => {
          put({ mask });
        }}
      />
      <Choice
        label={words.side}
        value={about.side}
        of={[
          ["", asPosed(words.sides[sideOf(keys) ?? "none"])],
          ...named(["left", "right", "none"] as const, words.sides),
        ]}
        set={(side) => {
          put({ side });
        }}
      />
      <Choice
        label={words.loop}
        value={loop ? String(loop[0]) : ""}
        of={[["", words.never], ...times.slice(0, -1)]}
        set={(id) => {
          const later = keys[keys.findIndex((key) => key.id === Number(id)) + 1];
          if (id && later) repeat(Number(id), later.id);
          else edit({ ...motion, loop: undefined });
        }}
      />
      {loop && (
        <>
          <Choice
            label={words.loopTo}
            value={String(loop[1])}
            of={times.slice(keys.findIndex((key) => key.id === loop[0]) + 1)}
            set={(id) => {
              repeat(loop[0], Number(id));
            }}
          />
          <Amount
            label={words.cycles}
            value={about.cycles}
            step={1}
            digits={0}
            min={1}
            max={100}
            set={(cycles) => {
              put({ cycles: Math.round(cycles) });
            }}
          />
        </>
      )}
      {(["start", "end"] as const).map((which) => (
        <Choice
          key={which}
          label={words[which]}
          value={about[which]}
          of={Object.entries(words.postures)}
          set={(posture) => {
            put({ [which]: posture });
          }}
        />
      ))}
      <Amount
        label={words.trail}
        value={motion.follow}
        step={0.1}
        min={0}
        max={2}
        set={(follow) => {
          edit({ ...motion, follow }, "follow");
        }}
      />
      <Amount
        label={words.life}
        value={motion.life}
        step={0.1}
        min={0}
        max={3}
        set={(life) => {
          edit({ ...motion, life }, "life");
        }}
      />
    </div>
  );
}
