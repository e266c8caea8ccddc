/** Changes what the library says of an action; who is overtaken by somebody else keeps what they typed. */

import { useState } from "react";
import { problemOf, type Problem } from "../api/http";
import { useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { action as read, change, type Aliases, type Change, type Tagged } from "./api";
import { Chips, withTyped } from "./Chips";
import { tell } from "./state";
import { WORDS } from "./words";

const OVERTAKEN = 412;
const NOTHING = { en: "", zh: "", tags: "" };

export function Edit({ known, put }: { known: Tagged; put: (next: Tagged) => void }) {
  const words = useWords(WORDS);
  const [draft, setDraft] = useState<Change>({}); // only what was changed
  const [typed, setTyped] = useState(NOTHING); // words whose Enter is still to come
  const [problem, setProblem] = useState<Problem>();
  const [overtaken, setOvertaken] = useState(false);
  const [busy, setBusy] = useState(false);
  const { name } = known.action;
  const value = { ...known.action, ...draft };
  const { en = [], zh = [] } = value.aliases;
  const asked: Change = {
    ...draft,
    ...((typed.en || typed.zh) && {
      aliases: { ...value.aliases, en: withTyped(en, typed.en), zh: withTyped(zh, typed.zh) },
    }),
    ...(typed.tags && { tags: withTyped(value.tags, typed.tags) }),
  };
  const untouched = Object.keys(asked).length === 0;
  const set = (values: Change) => {
    setDraft({ ...draft, ...values });
  };
  const alias = (words: Aliases) => {
    set({ aliases: { ...value.aliases, ...words } });
  };
  const typing = (values: Partial<typeof NOTHING>) => {
    setTyped({ ...typed, ...values });
  };
  const clear = () => {
    setDraft({});
    setTyped(NOTHING);
  };
  const attempt = async (act: () => Promise<void>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await act();
    } catch (error) {
      const wrong = problemOf(error);
      setOvertaken(wrong.status === OVERTAKEN);
      setProblem(wrong);
    } finally {
      setBusy(false);
    }
  };
  const save = () =>
    attempt(async () => {
      const next = await change(name, known.etag, asked);
      clear();
      tell(words.saved);
      put(next);
    });
  const reload = () =>
    attempt(async () => {
      put(await read(name));
      setOvertaken(false);
      tell(words.reloaded);
    });
  return (
    <details className="edit">
      <summary>{words.edit}</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Line
          label={words.name}
          value={draft.name ?? name.replaceAll("_", " ")}
          most={64}
          set={(name) => {
            set({ name });
          }}
        />
        <Line
          label={words.description}
          value={value.description}
          lang="en"
          long
          set={(description) => {
            set({ description });
          }}
        />
        <Line
          label={words.descriptionZh}
          value={value.description_zh}
          lang="zh-CN"
          long
          set={(text) => {
            set({ description_zh: text });
          }}
        />
        <Chips
          label={words.aliasesEn}
          lang="en"
          value={en}
          typed={typed.en}
          set={(en) => {
            alias({ en });
          }}
          type={(en) => {
            typing({ en });
          }}
        />
        <Chips
          label={words.aliasesZh}
          lang="zh-CN"
          value={zh}
          typed={typed.zh}
          set={(zh) => {
            alias({ zh });
          }}
          type={(zh) => {
            typing({ zh });
          }}
        />
        <Chips
          label={words.tags}
          value={value.tags}
          typed={typed.tags}
          set={(tags) => {
            set({ tags });
          }}
          type={(tags) => {
            typing({ tags });
          }}
        />
        <Line
          label={words.source}
          value={value.source}
          set={(source) => {
            set({ source });
          }}
        />
        <Line
          label={words.licence}
          value={value.licence}
          set={(licence) => {
            set({ licence });
          }}
        />
        {overtaken ? (
          <div role="alert">
            <p className="problem">{words.conflict}</p>
            <button type="button" onClick={() => void reload()}>
              {words.reload}
            </button>
          </div>
        ) : (
          <Complaint problem={problem} />
        )}
        <div className="row">
          <button type="submit" disabled={untouched || busy || overtaken}>
            {words.save}
          </button>
          <button
            type="button"
            className="plain"
            disabled={untouched || busy}
            onClick={() => {
              clear();
              setProblem(undefined);
            }}
          >
            {words.discard}
          </button>
        </div>
      </form>
    </details>
  );
}

interface LineProps {
  label: string;
  value: string;
  hint?: string;
  lang?: string;
  long?: boolean;
  most?: number; // characters
  set: (value: string) => void;
}

/** A field of words. */
export function Line({ label, value, hint, lang, long = false, most = 500, set }: LineProps) {
  const common = {
    value,
    lang,
    placeholder: hint,
    maxLength: most,
    onChange: (event: { target: { value: string } }) => {
      set(event.target.value);
    },
  };
  return (
    <label className="field">
      {label}
      {long ? <textarea rows={3} {...common} /> : <input type="text" {...common} />}
    </label>
  );
}
