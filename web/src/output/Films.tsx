/** All films: those that are being made, and those that are done, to look at and to keep. */

import { useEffect, useState } from "react";
import { problemOf, type Problem } from "../api/http";
import { useStudio, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { useTold } from "../told/useTold";
import { filled } from "../ui/filled";
import { renderers, reuse } from "./form";
import type { Part } from "./Output";
import { again, askedOf, discard, isFinished, more, useFilms, type Render } from "./renders";
import { nameOf, save, sizeOf } from "./saving";
import { Screen } from "./Screen";
import { WORDS, type Words } from "./words";

const DAY = 24; // h

export function Films({ go }: { go: (part: Part) => void }) {
  const words = useWords(WORDS);
  const { films, cursor, problem } = useFilms();
  const [hours, setHours] = useState<number>();
  useEffect(() => {
    const stop = new AbortController();
    renderers(stop.signal)
      .then(({ kept_hours }) => {
        setHours(kept_hours);
      })
      .catch(() => undefined); // the list itself complains
    return () => {
      stop.abort();
    };
  }, []);
  return (
    <>
      <Complaint problem={problem} />
      {!films && !problem && <p className="soft">{words.looking}</p>}
      {films?.length === 0 && (
        <div className="empty">
          <p className="soft">{words.empty}</p>
          <button
            type="button"
            onClick={() => {
              go("film");
            }}
          >
            {words.makeOne}
          </button>
        </div>
      )}
      <ul className="films">
        {films?.map((film) => (
          <Card key={film.id} film={film} go={go} />
        ))}
      </ul>
      {cursor && (
        <button type="button" className="plain" onClick={() => void more()}>
          {words.more}
        </button>
      )}
      {hours !== undefined && films !== undefined && films.length > 0 && (
        <p className="soft small">
          {hours < 2 * DAY
            ? filled(words.keptHours, { hours: Math.round(hours) })
            : filled(words.kept, { days: Math.round(hours / DAY) })}
        </p>
      )}
    </>
  );
}

/** One film: what it is, how far it is, and what can be done with it. */
function Card({ film, go }: { film: Render; go: (part: Part) => void }) {
  const words = useWords(WORDS);
  const told = useTold();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const [sure, setSure] = useState(false);
  const title = titleOf(film, words);
  const attempt = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  const name = `${nameOf(title)}.${film.request.format}`;
  const take = (address: string) => attempt(() => save(address, name));
  const finished = isFinished(film);
  return (
    <li className="card" aria-label={title} aria-busy={busy}>
      {film.result && <Screen film={film} title={title} />}
      <strong>{title}</strong>
      <Facts film={film} />
      {!finished && <Progress film={film} />}
      {finished && film.state !== "done" && (
        <p className={film.state === "failed" ? "problem small" : "soft small"}>
          {words.states[film.state]}
          {film.reason && `: ${told(film.reason)}`}
        </p>
      )}
      <div className="row">
        {film.result && (
          <button type="button" disabled={busy} onClick={() => film.result && void take(film.result)}>
            {words.download}
          </button>
        )}
        {film.state !== "done" && finished && (
          <button
            type="button"
            disabled={busy}
            onClick={() => void attempt(() => again(film, words.lostPicture))}
          >
            {words.again}
          </button>
        )}
        {finished && (
          <button
            type="button"
            className="plain"
            onClick={() => {
              reuse(film.request);
              go("film");
            }}
          >
            {words.reuse}
          </button>
        )}
        <button
          type="button"
          className="plain"
          disabled={busy}
          onBlur={() => {
            setSure(false);
          }}
          onClick={() => {
            if (film.state === "done" && !sure) setSure(true);
            else void attempt(() => discard(film));
          }}
        >
          {!finished ? words.cancel : sure ? words.really : words.remove}
        </button>
      </div>
      <Complaint problem={problem} />
    </li>
  );
}

function titleOf(film: Render, words: Words): string {
  const asked = askedOf(film);
  const text = asked?.text.trim() || film.text || words.untitled;
  return asked?.tracks ? filled(words.changed, { text }) : text;
}

/** What it is, in figures. */
function Facts({ film }: { film: Render }) {
  const words = useWords(WORDS);
  const language = useStudio((studio) => studio.language);
  const { width, height, format, view, renderer } = film.request;
  const made = new Date(film.created).toLocaleString(language, { dateStyle: "short", timeStyle: "short" });
  const facts = [
    renderer === "stable-animator"
      ? "StableAnimator"
      : words.views[(view ?? "mannequin") as keyof Words["views"]],
    film.reference && words.withPicture,
    `${String(width)} × ${String(height)}`,
    film.duration > 0 && `${film.duration.toFixed(1)} s`,
    format,
    film.size !== null && sizeOf(film.size),
    made,
  ];
  return <p className="soft small">{facts.filter(Boolean).join(" · ")}</p>;
}

/** How far it is, in words and as a bar. */
function Progress({ film }: { film: Render }) {
  const words = useWords(WORDS);
  const { state, step, steps, line, eta, ahead, reason } = film;
  const waiting = state === "queued";
  const left = eta === null ? "" : filled(words.left, { time: inTime(eta, words) });
  const place = ahead === 0 ? words.next : filled(words.ahead, { count: ahead });
  return (
    <div className="progress">
      <p className="small">
        <span role="status">
          {waiting ? words.states.queued : (words.phases[line] ?? (line || words.states.running))}
        </span>
        <span className="soft">
          {waiting ? place : steps > 0 && `${String(step)} / ${String(steps)}`} {left}
        </span>
      </p>
      <progress aria-label={words.progress} {...(steps > 0 && !waiting ? { value: step, max: steps } : {})} />
      {reason && <p className="soft small">{reason}</p>}
    </div>
  );
}

function inTime(seconds: number, words: Words): string {
  if (seconds < 90) return filled(words.seconds, { count: Math.max(1, Math.round(seconds)) });
  return filled(words.minutes, { count: Math.round(seconds / 60) });
}
