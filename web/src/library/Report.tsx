/** How a file was read, in words; what can be said now; and what to do if it was read wrongly. */

import { useState } from "react";
import { problemOf, type Problem } from "../api/http";
import { say, useStudio, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { useTold } from "../told/useTold";
import { titleOf } from "../timeline/actions";
import { filled } from "../ui/filled";
import { addAction } from "./add";
import { exchange, type Detail, type Reading, type Uploaded } from "./api";
import { Picture, Watch } from "./Card";
import { UNSTATED, yamlOf } from "./map";
import { MapForm } from "./MapForm";
import { previewAction } from "./preview";
import { changed, open, tell } from "./state";
import { WORDS, type Words } from "./words";

const SHOWN = 8; // actions of one file
const UNITS: [number, string][] = [
  [1, "m"],
  [0.01, "cm"],
  [0.001, "mm"],
  [0.0254, "inch"],
];

interface Props {
  file: File;
  made: Uploaded;
  put: (made: Uploaded) => void;
  done: () => void;
}

export function Report({ file, made, put, done }: Props) {
  const words = useWords(WORDS);
  const told = useTold();
  const { actions, reading } = made;
  return (
    <section className="report" aria-label={file.name}>
      <div className="row">
        <strong className="file">{file.name}</strong>
        <button type="button" className="plain" onClick={done}>
          {words.done}
        </button>
      </div>
      {actions.length > 1 && <p>{filled(words.madeNow, { n: actions.length })}</p>}
      {actions.slice(0, SHOWN).map((one) => (
        <Made key={one.name} action={one} />
      ))}
      <h3>{words.how}</h3>
      <ul className="plainly">
        {sentences(made, words)
          .map(told)
          .map((one) => (
            <li key={one}>{one}</li>
          ))}
      </ul>
      {reading && <Joints reading={reading} />}
      {actions.length === 1 && actions[0] && reading && (
        <Again name={actions[0].name} file={file} put={put} />
      )}
    </section>
  );
}

/** One action of it: it can be looked at, said and put on the timeline at once. */
function Made({ action }: { action: Detail }) {
  const words = useWords(WORDS);
  const language = useStudio((studio) => studio.language);
  const title = titleOf(action, language);
  const add = async () => {
    const placed = await addAction(action);
    if (placed) tell(filled(words.added, { name: title, time: placed.start.toFixed(1) }));
  };
  return (
    <div className="made">
      <div className="picture">
        <Picture action={action} moving />
      </div>
      <div>
        <p>
          {words.canSay}{" "}
          <button
            type="button"
            className="chip"
            onClick={() => {
              say(action.say);
            }}
          >
            {action.say}
          </button>
        </p>
        <div className="row">
          <Watch action={action} title={title} />
          <button type="button" className="plain" onClick={() => void add()}>
            {words.addThis}
          </button>
          <button
            type="button"
            className="plain"
            aria-label={filled(words.detailsOf, { name: title })}
            onClick={() => {
              open(action.name);
            }}
          >
            {words.details}
          </button>
        </div>
      </div>
    </div>
  );
}

function sentences({ actions, notes, reading }: Uploaded, words: Words): string[] {
  const first = actions[0];
  const said = reading ? ofSkeleton(reading, words) : [words.ours];
  const more = notes.filter((note) => reading?.by_name !== false || !note.startsWith("Read")); // said already
  if (!first || actions.length > 1) return [...said, ...more];
  const [usual, duration] = [first.usual.toFixed(1), first.duration.toFixed(1)];
  const how = usual === duration ? words.lastsOnce : words.lastsValue;
  const length = filled(how, { usual, duration, frames: first.frames, fps: first.fps });
  return [
    `${words.lasts}: ${length}`,
    first.cyclic ? words.loops : words.once,
    `${words.needs}: ${words.masks[first.mask] ?? first.mask}`,
    ...said,
    ...more,
  ];
}

function ofSkeleton(reading: Reading, words: Words): string[] {
  const { program, body, by_name: byName, rest, up, metres, joints } = reading;
  const fingers = Object.keys(joints).length > body;
  const unit = metres === null ? "" : filled(words.unit, { unit: unitOf(metres) });
  return [
    program ? filled(words.program, { program }) : "",
    filled(byName ? words.joints : words.guessed, { n: body }),
    fingers ? words.fingers : words.noFingers,
    words.rests[rest ?? "none"],
    filled(words.up, { axis: up }),
    unit,
  ].filter(Boolean);
}

/** A file's unit, as it is called. */
function unitOf(metres: number): string {
  const known = UNITS.find(([size]) => Math.abs(size / metres - 1) < 1e-3);
  return known ? `1 ${known[1]}` : `${metres.toPrecision(3)} m`;
}

function Joints({ reading }: { reading: Reading }) {
  const words = useWords(WORDS);
  return (
    <details>
      <summary>{words.found}</summary>
      <dl className="joints">
        {Object.entries(reading.joints).map(([ours, theirs]) => (
          <div key={ours}>
            <dt>{ours}</dt>
            <dd>{theirs}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** The same file, read again with what somebody knows of it. */
function Again({ name, file, put }: { name: string; file: File; put: (made: Uploaded) => void }) {
  const words = useWords(WORDS);
  const [stated, setStated] = useState(UNSTATED);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const map = yamlOf(stated);
  const read = async () => {
    setBusy(true);
    try {
      const made = await exchange(name, file, map, () => undefined);
      setProblem(undefined);
      put(made);
      changed();
      if (made.actions[0]) await previewAction(made.actions[0]);
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <MapForm stated={stated} set={setStated} />
      {map && (
        <button type="button" disabled={busy} onClick={() => void read()}>
          {busy ? filled(words.reading, { file: file.name }) : words.again}
        </button>
      )}
      <Complaint problem={problem} />
    </>
  );
}
