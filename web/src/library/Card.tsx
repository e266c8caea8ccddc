/** An action at a glance: how it moves, how long it takes, whose it is. */

import { useState, type DragEvent } from "react";
import { address } from "../api/http";
import { useStudio, useWords } from "../studio";
import { DRAGGED } from "../timeline/Tracks";
import { CALM } from "../ui/machine";
import { titleOf } from "../timeline/actions";
import { filled } from "../ui/filled";
import { addAction } from "./add";
import { part, type Action } from "./api";
import { end, previewAction, usePreview } from "./preview";
import { open, tell } from "./state";
import { WORDS } from "./words";

const TOUCH = window.matchMedia("(hover: none)").matches; // nothing hovers there: pictures move by themselves

export function Card({ action }: { action: Action }) {
  const words = useWords(WORDS);
  const language = useStudio((studio) => studio.language);
  const [near, setNear] = useState(false);
  const { name, source, licence, usual } = action;
  const title = titleOf(action, language);
  const about = (language === "zh" && action.description_zh) || action.description;
  const add = async () => {
    const placed = await addAction(action);
    if (placed) tell(filled(words.added, { name: title, time: placed.start.toFixed(1) }));
  };
  const onDragStart = (event: DragEvent) => {
    const { mask } = action;
    event.dataTransfer.setData(DRAGGED, JSON.stringify({ action: name, duration: usual, mask }));
    event.dataTransfer.setData("text/plain", name.replaceAll("_", " ")); // for the command bar
    event.dataTransfer.effectAllowed = "copy";
  };
  return (
    <li
      className="card"
      data-action={name}
      draggable
      onDragStart={onDragStart}
      onPointerEnter={() => {
        setNear(true);
      }}
      onPointerLeave={() => {
        setNear(false);
      }}
      onFocus={() => {
        setNear(true);
      }}
      onBlur={() => {
        setNear(false);
      }}
    >
      <div className="picture" title={about}>
        <div onClick={() => void add()}>
          <Picture action={action} moving={near || TOUCH} />
        </div>
        <div className="over">
          <Watch action={action} title={title} />
          <button
            id={`details-${name}`}
            type="button"
            className="plain"
            aria-label={filled(words.detailsOf, { name: title })}
            title={words.details}
            onClick={() => {
              open(name);
            }}
          >
            …
          </button>
        </div>
      </div>
      <button
        type="button"
        className="add"
        aria-description={words.add}
        title={about}
        onClick={() => void add()}
      >
        {title}
      </button>
      <p className="facts soft">
        {`${usual.toFixed(1)} s · ${licence}`}
        <span className="source" title={source}>
          {source}
        </span>
      </p>
    </li>
  );
}

/** Still, until it shall move (if the user wants things to) and what moves has come. */
export function Picture({ action: { name, version }, moving: near }: { action: Action; moving: boolean }) {
  const moving = near && !CALM.matches;
  const [come, setCome] = useState(false);
  const [wanted, setWanted] = useState(moving);
  if (moving && !wanted) setWanted(true); // once asked for, it is there the next time
  const of = (file: string) => address(`${part(name, file)}?version=${String(version)}`);
  return (
    <>
      <img src={of("thumbnail.png")} alt="" loading="lazy" draggable={false} hidden={moving && come} />
      {wanted && (
        <img
          src={of("thumbnail.webp")}
          alt=""
          draggable={false}
          hidden={!moving || !come}
          onLoad={() => {
            setCome(true);
          }}
        />
      )}
    </>
  );
}

/** Lets the figure make it once, without changing anything. */
export function Watch({ action, title, label }: { action: Action; title: string; label?: boolean }) {
  const words = useWords(WORDS);
  const watched = usePreview() === action.name;
  return (
    <button
      type="button"
      className="plain"
      aria-pressed={watched}
      aria-label={filled(words.watchOf, { name: title })}
      title={words.watch}
      onClick={() => {
        if (watched) end();
        else
          previewAction(action).catch(() => {
            tell(filled(words.notSeen, { name: title }));
          });
      }}
    >
      {watched ? "■" : "▶"}
      {label && ` ${words.watch}`}
    </button>
  );
}
