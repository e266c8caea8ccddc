/** What can be said of the chosen block, and what is wrong with what was changed last. */

import { useState, type ReactNode } from "react";
import type { Placed, Side } from "../api/motion";
import { clock, useStudio, useWords, type Chosen } from "../studio";
import { Complaint } from "../ui/Complaint";
import { sensible, useDetails, useNames } from "./actions";
import { PANEL, refocus } from "./blockKeys";
import { Choice, named } from "../ui/Choice";
import { Amount } from "./fields";
import { change, clipAt, duplicate, maskOf, move, remove, split, toFrame, turn, type Edit } from "./tracks";
import { useTold } from "../told/useTold";
import { noteOf } from "./Tracks";
import { apply, shownTracks, useTracks } from "./view";
import { WORDS } from "./words";

const SIDES: Side[] = ["left", "right", "both"];
const LEAST = 0.1; // s
const LONGEST = 3600; // s, m, degrees: as the service takes them
const MOST = 1000; // times
const TOLD = "block-told"; // the id of what is said about a field

type Field = "start" | "duration" | "speed" | "repetitions" | "distance" | "degrees";

export function Inspector() {
  const words = useWords(WORDS);
  const trouble = useStudio((studio) => studio.problem);
  const chosen = useStudio((studio) => studio.chosen);
  const clip = clipAt(useTracks(), chosen);
  const problem = trouble?.at === "timeline" ? trouble.problem : undefined;
  const hints = <Hints />; // always: rows that moved when a block is grabbed would put it on another
  if (!clip && !problem) return hints;
  return (
    <>
      {hints}
      <section className="inspector" id={PANEL} aria-label={words.panel}>
        {chosen && clip ? (
          <Values
            key={`${String(chosen.track)}/${String(chosen.clip)} ${clip.action}`}
            at={chosen}
            clip={clip}
            refused={problem !== undefined}
          >
            <Complaint problem={problem} />
          </Values>
        ) : (
          <Complaint problem={problem} />
        )}
      </section>
    </>
  );
}

/** What to do with blocks. */
function Hints() {
  const words = useWords(WORDS);
  const added = useStudio((studio) =>
    studio.shown?.motion.timeline.segments.some(({ layer, phrase }) => layer === 0 && !phrase),
  );
  return <p className="soft hints">{added ? words.added : words.hint}</p>;
}

interface ValuesProps {
  at: Chosen;
  clip: Placed;
  refused: boolean; // the last change
  children: ReactNode; // why
}

function Values({ at, clip, refused, children }: ValuesProps) {
  const words = useWords(WORDS);
  const nameOf = useNames();
  const details = useDetails(clip.action);
  const segments = useStudio((studio) => studio.shown?.motion.timeline.segments) ?? [];
  const [told, setTold] = useState("");
  const [field, setField] = useState<Field>(); // that was changed last
  const has = sensible(details, clip);
  const row = maskOf(shownTracks()[at.track], at.track);
  const note = useTold()(noteOf(segments, clip));
  const put = (edit: Edit, changed?: Field) => {
    setTold("");
    setField(changed);
    void apply(edit);
  };
  const set = (values: Partial<Placed>, changed?: Field) => {
    put(change(shownTracks(), at, values), changed);
  };
  const cut = () => {
    const edit = split(shownTracks(), at, clock.time);
    if (edit) put(edit);
    else setTold(words.tooShort);
  };
  const amount = (name: Field, step: number, min: number, max: number, give: (value?: number) => void) => ({
    label: words.fields[name],
    value: name === "speed" ? (clip.speed ?? 1) : clip[name],
    step,
    min,
    max,
    wrong: field === name && (refused || told !== ""),
    told: TOLD,
    set: give,
    refuse: () => {
      setField(name);
      const range = step % 1 === 0 && name === "repetitions" ? words.whole : words.range;
      setTold(
        range
          .replace("{field}", words.fields[name])
          .replace("{min}", String(min))
          .replace("{max}", String(max)),
      );
    },
  });
  return (
    <>
      <div className="head">
        <strong title={details?.description}>{nameOf(clip.action)}</strong>
        <span className="soft">{words.rows[row]}</span>
        <button type="button" className="plain" onClick={cut} title={words.splitHelp}>
          {words.split}
        </button>
        <button
          type="button"
          className="plain"
          onClick={() => {
            put(duplicate(shownTracks(), at));
          }}
        >
          {words.duplicate}
        </button>
        <button
          type="button"
          className="plain"
          onClick={() => {
            put({ tracks: remove(shownTracks(), at), at: undefined });
            refocus();
          }}
        >
          {words.remove}
        </button>
      </div>
      <div className="fields">
        <Amount
          {...amount("start", 0.1, 0, LONGEST, (start = 0) => {
            put(move(shownTracks(), at, toFrame(start), row), "start");
          })}
        />
        <Amount
          {...amount("duration", 0.1, LEAST, LONGEST, (duration) => {
            set({ duration }, "duration");
          })}
          usual={words.usual}
        />
        <Amount
          {...amount("speed", 0.1, 0.1, 10, (speed = 1) => {
            set({ speed, duration: undefined }, "speed");
          })}
        />
        {has.repetitions && (
          <Amount
            {...amount("repetitions", 1, 1, MOST, (repetitions) => {
              set({ repetitions, duration: undefined }, "repetitions");
            })}
            usual={words.usual}
          />
        )}
        {has.side && (
          <Choice
            label={words.side}
            value={clip.side ?? ""}
            of={[["", words.usual], ...named(SIDES, words.sides)]}
            set={(side) => {
              put(turn(shownTracks(), at, side || undefined));
            }}
          />
        )}
        <Choice
          label={words.direction}
          value={clip.direction ?? ""}
          of={[["", words.usual], ...named(has.directions, words.directions)]}
          set={(direction) => {
            set({ direction: direction || undefined });
          }}
        />
        {has.distance && (
          <Amount
            {...amount("distance", 0.5, 0.1, LONGEST, (distance) => {
              set({ distance, duration: undefined }, "distance");
            })}
            usual={words.usual}
          />
        )}
        {has.degrees && (
          <Amount
            {...amount("degrees", 15, 1, LONGEST, (degrees) => {
              set({ degrees, duration: undefined }, "degrees");
            })}
            usual={words.usual}
          />
        )}
      </div>
      <div id={TOLD}>
        {children}
        <p className="problem" role="alert" hidden={!told}>
          {told}
        </p>
      </div>
      {note && <p className="soft">{`${words.note} ${note}.`}</p>}
    </>
  );
}
