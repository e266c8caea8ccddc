/** Adds an action to a row: looked for by its meaning, chosen by a click or by keys. */

import { useEffect, useId, useState, type KeyboardEvent } from "react";
import { problemOf, type Problem } from "../api/http";
import type { Mask } from "../api/motion";
import { clock, useStudio, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { titleOf, search, type Known } from "./actions";
import { Popover } from "./Popover";
import { clipsOf, lastOf, place, toFrame } from "./tracks";
import { apply, shownTracks } from "./view";
import { WORDS } from "./words";

const PAUSE = 120; // ms without a key, after which it is looked for

export function Add({ mask }: { mask: Mask }) {
  const words = useWords(WORDS);
  return (
    <Popover label={words.add.replace("{row}", words.rows[mask])} sign="+" className="plain add">
      {(close) => <Picker mask={mask} close={close} />}
    </Popover>
  );
}

/** The body goes on where it has ended; what is laid over it begins where one looks. */
const startOn = (mask: Mask): number =>
  mask === "full" ? lastOf(clipsOf(shownTracks(), 0)) : toFrame(clock.time);

function Picker({ mask, close }: { mask: Mask; close: () => void }) {
  const words = useWords(WORDS);
  const language = useStudio((studio) => studio.language);
  const list = useId();
  const [start] = useState(() => startOn(mask));
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const { of, found, problem } = useFound(text.trim());
  const pick = (action: Known | undefined) => {
    if (!action) return;
    close();
    void apply(place(shownTracks(), { action: action.name, start }, mask));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return; // an input method's own keys
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by === undefined && event.key !== "Enter") return;
    event.preventDefault();
    if (by === undefined && of === text.trim()) pick(found?.[active]);
    else if (by === undefined)
      void search(text.trim()).then(([first]) => pick(first), noop); // what is shown is older
    else if (found?.length) setActive((active + by + found.length) % found.length);
  };
  return (
    <div className="picker">
      <p className="soft">
        {words.addsAt.replace("{row}", words.rows[mask]).replace("{time}", start.toFixed(1))}
      </p>
      <input
        type="search"
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={found?.length ? `${list}-${String(active)}` : undefined}
        aria-label={words.search}
        placeholder={words.search}
        autoFocus
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <Complaint problem={problem} />
      {found?.length === 0 && <p className="soft">{words.nothing}</p>}
      <ul id={list} role="listbox" aria-label={words.search} aria-busy={!found}>
        {found?.map((action, index) => (
          <li
            key={action.name}
            id={`${list}-${String(index)}`}
            role="option"
            aria-selected={index === active}
            ref={index === active ? intoView : undefined}
            title={action.description}
            onClick={() => {
              pick(action);
            }}
          >
            {titleOf(action, language)}
          </li>
        ))}
      </ul>
    </div>
  );
}

const noop = () => undefined; // the list tells what is wrong

const intoView = (item: HTMLElement | null): void => {
  item?.scrollIntoView({ block: "nearest" });
};

interface Found {
  of?: string; // the text
  found?: Known[];
  problem?: Problem;
}

/** What is found for a text, once one has paused typing. */
function useFound(text: string): Found {
  const [state, setState] = useState<Found>({});
  useEffect(() => {
    const asking = new AbortController();
    const timer = setTimeout(
      () => {
        search(text, asking.signal).then(
          (found) => {
            setState({ of: text, found });
          },
          (error: unknown) => {
            if (!asking.signal.aborted) setState({ of: text, problem: problemOf(error) });
          },
        );
      },
      text ? PAUSE : 0,
    );
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [text]);
  return state;
}
