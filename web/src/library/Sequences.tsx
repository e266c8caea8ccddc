/** What the user has saved: commands of their own. */

import { useEffect, useRef, useState } from "react";
import { address, problemOf, type Problem } from "../api/http";
import { say, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { useTold } from "../told/useTold";
import { filled } from "../ui/filled";
import { addWords } from "./add";
import { part, removeSequence, restoreSequence, sequences, type Page, type SavedSequence } from "./api";
import { end, previewWords, usePreview } from "./preview";
import { changed, tell, useShelf } from "./state";
import { WORDS } from "./words";

const SHOWN = 4; // actions of a sequence that are pictured
const MANY = 6; // sequences, of which some can be looked for

export function Sequences() {
  const words = useWords(WORDS);
  const changes = useShelf((shelf) => shelf.changes);
  const [page, setPage] = useState<Page<SavedSequence>>();
  const [problem, setProblem] = useState<Problem>();
  const [text, setText] = useState("");
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const stop = new AbortController();
    sequences(null, stop.signal).then(
      (found) => {
        setPage(found);
        setProblem(undefined);
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setProblem(problemOf(error));
      },
    );
    return () => {
      stop.abort();
    };
  }, [changes]);
  const more = async (before: Page<SavedSequence>) => {
    try {
      const { items, cursor } = await sequences(before.cursor);
      setPage({ items: [...before.items, ...items], cursor });
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  /** Whoever has just deleted one goes on from the list, for its button goes. */
  const gone = () => {
    if (list.current?.contains(document.activeElement)) list.current.focus();
  };
  const shown = page?.items.filter((one) => saysSo(one, text)) ?? [];
  return (
    <>
      {page && page.items.length > MANY && (
        <input
          type="search"
          aria-label={words.filter}
          placeholder={words.filter}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
          }}
        />
      )}
      <p className="soft small" role="status">
        {!page && !problem && words.searching}
        {page?.items.length === 0 && words.noSequences}
        {page && page.items.length > 0 && shown.length === 0 && words.nothing}
      </p>
      <Complaint problem={problem} />
      {problem && (
        <button type="button" className="plain" onClick={changed}>
          {words.retry}
        </button>
      )}
      <ul ref={list} className="saved" aria-label={words.sequences} tabIndex={-1}>
        {shown.map((one) => (
          <Saved key={one.name} sequence={one} gone={gone} />
        ))}
      </ul>
      {page?.cursor && (
        <button type="button" className="plain more" onClick={() => void more(page)}>
          {words.more}
        </button>
      )}
    </>
  );
}

function saysSo({ name, plan, text, aliases, description }: SavedSequence, wanted: string): boolean {
  const all = [name.replaceAll("_", " "), plan, text, description, ...Object.values(aliases).flat()];
  return all.join(" ").toLowerCase().includes(wanted.trim().toLowerCase());
}

function Saved({ sequence, gone }: { sequence: SavedSequence; gone: () => void }) {
  const words = useWords(WORDS);
  const told = useTold();
  const [problem, setProblem] = useState<Problem>();
  const watched = usePreview() === `sequence ${sequence.name}`;
  const name = sequence.name.replaceAll("_", " ");
  const attempt = async (act: () => Promise<void>) => {
    try {
      await act();
      setProblem(undefined);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  const add = () =>
    attempt(async () => {
      const first = await addWords(sequence.say);
      if (first) tell(filled(words.added, { name, time: first.start.toFixed(1) }));
    });
  const remove = () =>
    attempt(async () => {
      await removeSequence(sequence.name);
      gone();
      changed();
      tell(filled(words.removed, { name }), () => {
        restoreSequence(sequence.name).then(
          () => {
            changed();
            tell(filled(words.undone, { name }));
          },
          (error: unknown) => {
            tell(told(problemOf(error).message));
          },
        );
      });
    });
  const watch = () => {
    if (watched) end();
    else void attempt(() => previewWords(`sequence ${sequence.name}`, sequence.say));
  };
  return (
    <li>
      <strong>{name}</strong>
      <p className="small soft">{sequence.text || sequence.plan}</p>
      <Pictures sequence={sequence} />
      <div className="row">
        <button
          type="button"
          className="plain"
          aria-label={filled(words.addSequenceOf, { name })}
          onClick={() => void add()}
        >
          {words.addSequence}
        </button>
        <button
          type="button"
          className="plain"
          aria-label={filled(words.performOf, { name })}
          onClick={() => {
            say(sequence.say);
          }}
        >
          {words.perform}
        </button>
        <button
          type="button"
          className="plain"
          aria-pressed={watched}
          aria-label={filled(words.watchOf, { name })}
          title={words.watch}
          onClick={watch}
        >
          {watched ? "■" : "▶"}
        </button>
        <button
          type="button"
          className="plain"
          aria-label={filled(words.removeOf, { name })}
          onClick={() => void remove()}
        >
          {words.remove}
        </button>
      </div>
      <Complaint problem={problem} />
    </li>
  );
}

/** The first of its actions; sequences in it have no picture. */
function Pictures({ sequence: { steps, tracks } }: { sequence: SavedSequence }) {
  const calls = [...steps.flat(), ...tracks.flatMap(({ clips }) => clips)];
  const names = [...new Set(calls.map(({ action }) => action))].slice(0, SHOWN);
  return (
    <div className="strip" aria-hidden="true">
      {names.map((name) => (
        <img
          key={name}
          src={address(part(name, "thumbnail.png"))}
          alt=""
          loading="lazy"
          draggable={false}
          onError={(event) => {
            event.currentTarget.hidden = true;
          }}
        />
      ))}
    </div>
  );
}
