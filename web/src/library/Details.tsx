/** All that is known of an action: to look at, say, change, download, remove. */

import { useEffect, useRef, useState } from "react";
import { address, problemOf, type Problem } from "../api/http";
import { say, useStudio, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { useTold } from "../told/useTold";
import { titleOf } from "../timeline/actions";
import { filled } from "../ui/filled";
import { addAction } from "./add";
import { action as read, part, remove, restore, type Detail, type Tagged } from "./api";
import { Picture, Watch } from "./Card";
import { Edit } from "./Edit";
import { History } from "./History";
import { changed, close, open, tell } from "./state";
import { WORDS } from "./words";

const FILES = ["bvh", "npz", "glb", "vrma"] as const;

export function Details({ name }: { name: string }) {
  const words = useWords(WORDS);
  const [known, setKnown] = useState<Tagged>();
  const [problem, setProblem] = useState<Problem>();
  const back = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    back.current?.focus();
    let late = false;
    read(name).then(
      (found) => {
        if (!late) setKnown(found);
      },
      (error: unknown) => {
        if (!late) setProblem(problemOf(error));
      },
    );
    return () => {
      late = true;
    };
  }, [name]);
  /** It is another now; under another name it is looked at as that. */
  const put = (next: Tagged) => {
    setKnown(next);
    changed();
    if (next.action.name !== name) open(next.action.name);
  };
  return (
    <article className="details">
      <button ref={back} type="button" className="plain" onClick={close}>
        {`‹ ${words.toList}`}
      </button>
      <Complaint problem={problem} />
      {known ? <All known={known} put={put} /> : !problem && <p className="soft">{words.searching}</p>}
    </article>
  );
}

function All({ known, put }: { known: Tagged; put: (next: Tagged) => void }) {
  const words = useWords(WORDS);
  const told = useTold();
  const language = useStudio((studio) => studio.language);
  const [problem, setProblem] = useState<Problem>();
  const { action } = known;
  const { name, version } = action;
  const title = titleOf(action, language);
  const add = async () => {
    const placed = await addAction(action);
    if (placed) tell(filled(words.added, { name: title, time: placed.start.toFixed(1) }));
  };
  const take = async () => {
    try {
      await remove(name, known.etag);
    } catch (error) {
      setProblem(problemOf(error));
      return;
    }
    close();
    changed();
    tell(filled(words.removed, { name: title }), () => {
      restore(name).then(
        () => {
          changed();
          tell(filled(words.undone, { name: title }));
        },
        (error: unknown) => {
          tell(told(problemOf(error).message));
        },
      );
    });
  };
  return (
    <>
      <div className="made">
        <div className="picture">
          <Picture action={action} moving />
        </div>
        <div>
          <h2>
            {title} {title !== name.replaceAll("_", " ") && <small className="soft">{name}</small>}
          </h2>
          <p className="row">
            <button type="button" onClick={() => void add()}>
              {words.addThis}
            </button>
            <Watch action={action} title={title} label />
          </p>
        </div>
      </div>
      {action.description && <p lang="en">{action.description}</p>}
      {action.description_zh && <p lang="zh-CN">{action.description_zh}</p>}
      <Sayings action={action} />
      <Facts action={action} />
      <h3>{words.download}</h3>
      <div className="row">
        {FILES.map((suffix) => (
          <a key={suffix} href={address(part(name, `motion.${suffix}`))} download>
            {suffix.toUpperCase()}
          </a>
        ))}
      </div>
      <Edit known={known} put={put} />
      <History name={name} version={version} put={put} />
      <Complaint problem={problem} />
      <button type="button" className="plain" onClick={() => void take()}>
        {words.remove}
      </button>
    </>
  );
}

/** The words that perform it. */
function Sayings({ action }: { action: Detail }) {
  const words = useWords(WORDS);
  const language = useStudio((studio) => studio.language);
  const { en = [], zh = [] } = action.aliases;
  const all = language === "zh" ? [...zh, action.say, ...en] : [action.say, ...en, ...zh];
  return (
    <>
      <h3>{words.say}</h3>
      <p className="soft small">{words.sayHint}</p>
      <div className="chips">
        {[...new Set(all)].map((one) => (
          <button
            key={one}
            type="button"
            className="chip"
            onClick={() => {
              say(one);
            }}
          >
            {one}
          </button>
        ))}
      </div>
    </>
  );
}

function Facts({ action }: { action: Detail }) {
  const words = useWords(WORDS);
  const told = useTold();
  const { distance, turn, way, side, start_posture: first, end_posture: last, tags, frames } = action;
  const degrees = Math.round(Math.abs((turn * 180) / Math.PI));
  const [usual, duration, fps] = [action.usual.toFixed(1), action.duration.toFixed(1), action.fps];
  const parts = action.parts.map((one) => words.parts[one] ?? one).join(", ");
  const whither = [way && words.ways[way], distance > 0.05 && `${distance.toFixed(1)} m`].filter(Boolean);
  const rows: [string, string | false | null][] = [
    [
      words.lasts,
      filled(usual === duration ? words.lastsOnce : words.lastsValue, { usual, duration, frames, fps }),
    ],
    [words.repeats, action.cyclic ? words.yes : words.no],
    [words.needs, words.masks[action.mask] ?? action.mask],
    [words.moving, parts],
    [words.side, side && words.sides[side]],
    [words.way, whither.join(", ")],
    [words.turn, degrees > 5 && `${words.turns[turn > 0 ? "left" : "right"]} ${String(degrees)}°`],
    [words.postures, [...new Set([first, last])].map((one) => words.posture[one] ?? one).join(" → ")],
    [words.tags, tags.map(told).join(", ")],
    [words.source, action.source],
    [words.licence, action.licence],
    [words.created, new Date(action.created).toLocaleDateString(document.documentElement.lang)],
    [words.version, String(action.version)],
  ];
  return (
    <>
      <h3>{words.about}</h3>
      <dl>
        {rows.map(
          ([label, value]) =>
            value && (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </>
  );
}
