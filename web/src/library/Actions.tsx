/** All actions, or those that mean something: a search, filters, cards. */

import { useEffect, useRef, useState } from "react";
import { useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { filled } from "../ui/filled";
import { Card } from "./Card";
import { Filters, useFacets } from "./Filters";
import { changed } from "./state";
import { ANYTHING, useFound, type Wanted } from "./useFound";
import { WORDS } from "./words";

export function Actions() {
  const words = useWords(WORDS);
  const [wanted, setWanted] = useState<Wanted>(ANYTHING);
  const { actions, cursor, problem, busy, more } = useFound(wanted);
  const known = useFacets();
  const put = (values: Partial<Wanted>) => {
    setWanted({ ...wanted, ...values });
  };
  const nothing = !busy && !problem && actions.length === 0;
  const filtered = JSON.stringify({ ...wanted, sort: "" }) !== JSON.stringify({ ...ANYTHING, sort: "" });
  return (
    <>
      <input
        id="library-search"
        type="search"
        aria-label={words.search}
        placeholder={words.searchHint}
        value={wanted.text}
        maxLength={500}
        onChange={(event) => {
          put({ text: event.target.value });
        }}
      />
      <Filters known={known} wanted={wanted} put={put} />
      <p className="soft small" role="status">
        {busy && words.searching}
        {nothing && (filtered ? words.nothing : words.empty)}
        {!busy && !nothing && known && filled(words.hint, { n: known.actions })}
      </p>
      <Complaint problem={problem} />
      {problem && (
        <button type="button" className="plain" onClick={changed}>
          {words.retry}
        </button>
      )}
      <ul className="cards" aria-busy={busy} aria-label={words.actions}>
        {actions.map((action) => (
          <Card key={action.name} action={action} />
        ))}
      </ul>
      {cursor && <More busy={busy} failed={problem !== undefined} more={more} />}
    </>
  );
}

/** Asks for the next page when it comes into sight, or is pressed; after a failure only when it is pressed. */
function More({ busy, failed, more }: { busy: boolean; failed: boolean; more: () => void }) {
  const words = useWords(WORDS);
  const button = useRef<HTMLButtonElement>(null);
  const ask = useRef(more);
  useEffect(() => {
    ask.current = more;
  });
  useEffect(() => {
    const seen = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) ask.current();
      },
      { rootMargin: "300px" },
    );
    // Anew after each page: it may be in sight still.
    if (button.current && !busy && !failed) seen.observe(button.current);
    return () => {
      seen.disconnect();
    };
  }, [busy, failed]);
  return (
    <button ref={button} type="button" className="plain more" disabled={busy} onClick={more}>
      {busy ? words.searching : words.more}
    </button>
  );
}
