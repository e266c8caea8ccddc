/** What an action must be, besides what it means; and in which order they come. */

import { Choice } from "../ui/Choice";
import { useEffect, useId, useState } from "react";
import { useWords } from "../studio";
import { useTold } from "../told/useTold";
import { facets, type Count, type Facets } from "./api";
import { useShelf } from "./state";
import { ANYTHING, type Wanted } from "./useFound";
import { WORDS } from "./words";

const FEW = 10; // tags that are shown at first

export function useFacets(): Facets | undefined {
  const changes = useShelf((shelf) => shelf.changes);
  const [known, setKnown] = useState<Facets>();
  useEffect(() => {
    let late = false;
    facets().then(
      (found) => {
        if (!late) setKnown(found);
      },
      () => undefined, // the list itself tells what is wrong
    );
    return () => {
      late = true;
    };
  }, [changes]);
  return known;
}

interface Props {
  known: Facets | undefined;
  wanted: Wanted;
  put: (values: Partial<Wanted>) => void;
}

export function Filters({ known, wanted, put }: Props) {
  const words = useWords(WORDS);
  const { tags, part, source, licence, length } = wanted;
  const text = wanted.text.trim();
  const used = tags.length + [part, source, licence, length].filter(Boolean).length;
  return (
    <details className="filters">
      <summary>
        {words.filters}
        {used > 0 && ` (${String(used)})`}
      </summary>
      <Tags all={known?.tags ?? []} chosen={tags} put={put} />
      <div className="grid">
        <Choice
          label={words.sort}
          value={text ? "" : wanted.sort}
          of={text ? [["", words.nearest]] : Object.entries(words.sorts)}
          set={(sort) => {
            put({ sort });
          }}
        />
        <Choice
          label={words.part}
          value={part}
          of={[["", words.anything], ...(known?.parts ?? []).map(named(words.parts))]}
          set={(part) => {
            put({ part });
          }}
        />
        <Choice
          label={words.length}
          value={length}
          of={["", "0-2", "2-5", "5-"].map((one): [string, string] => [one, words.lengths[one] ?? one])}
          set={(length) => {
            put({ length });
          }}
        />
        <SomeWords
          label={words.source}
          value={source}
          known={known?.sources ?? []}
          set={(source) => {
            put({ source });
          }}
        />
        <SomeWords
          label={words.licence}
          value={licence}
          known={known?.licences ?? []}
          set={(licence) => {
            put({ licence });
          }}
        />
      </div>
      {used > 0 && (
        <button
          type="button"
          className="plain"
          onClick={() => {
            put({ ...ANYTHING, text: wanted.text, sort: wanted.sort });
          }}
        >
          {words.clear}
        </button>
      )}
    </details>
  );
}

const named =
  (names: Record<string, string>) =>
  ({ value, count }: Count): [string, string] => [value, `${names[value] ?? value} (${String(count)})`];

function Tags({
  all,
  chosen,
  put,
}: {
  all: Count[];
  chosen: string[];
  put: (values: Partial<Wanted>) => void;
}) {
  const words = useWords(WORDS);
  const told = useTold();
  const [every, setEvery] = useState(false);
  const shown = all.filter(({ value }, index) => every || index < FEW || chosen.includes(value));
  return (
    <div className="chips" role="group" aria-label={words.tags}>
      {shown.map(({ value, count }) => (
        <button
          key={value}
          type="button"
          className="chip"
          aria-pressed={chosen.includes(value)}
          onClick={() => {
            const others = chosen.filter((tag) => tag !== value);
            put({ tags: others.length < chosen.length ? others : [...chosen, value] });
          }}
        >
          {told(value)} <span className="soft">{count}</span>
        </button>
      ))}
      {all.length > FEW && (
        <button
          type="button"
          className="chip"
          onClick={() => {
            setEvery(!every);
          }}
        >
          {every ? words.fewTags : words.allTags}
        </button>
      )}
    </div>
  );
}

/** Words that it must have; those that there are are offered. */
function SomeWords({
  label,
  value,
  known,
  set,
}: {
  label: string;
  value: string;
  known: Count[];
  set: (value: string) => void;
}) {
  const id = useId();
  return (
    <label className="field">
      {label}
      <input
        type="text"
        list={id}
        value={value}
        maxLength={200}
        onChange={(event) => {
          set(event.target.value);
        }}
      />
      <datalist id={id}>
        {known.slice(0, 20).map((one) => (
          <option key={one.value} value={one.value} />
        ))}
      </datalist>
    </label>
  );
}
