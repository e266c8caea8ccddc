/** The page of who watches a room by its link: the character, a field for commands, what goes on. */

import { lazy, Suspense, useEffect, useState } from "react";
import { keepKey } from "../api/http";
import { kept, useWords } from "../studio";
import { LanguageButton } from "../ui/LanguageButton";
import { CAN_DRAW } from "../ui/machine";
import { useDocument } from "../ui/useDocument";
import { WORDS as PAGE } from "../words";
import { filled } from "../ui/filled";
import { useJoints } from "./Overlay";
import { Say } from "./Say";
import { enter, leave, retry, useSession } from "./session";
import { Show } from "./Show";
import { State } from "./State";
import "./live.css";
import "./viewer.css";
import { WORDS } from "./words";

const Scene = lazy(() => import("./Scene").then((module) => ({ default: module.Scene })));
const RATE = 30; // frames a second; what lies between is drawn all the same

export function Viewer({ room }: { room: string }) {
  const page = useWords(PAGE);
  const joints = useJoints();
  const words = useWords(WORDS);
  const [name, setName] = useState(() => kept.read("live-name", ""));
  const known = useSession((session) => session.room);
  useEffect(() => {
    enter({ room, name, audience: true, rate: RATE, stays: true });
  }, [room, name]);
  useEffect(() => leave, [room]); // another name is no reason to: the character would be gone meanwhile
  return (
    <>
      <Header room={room} />
      <main className="viewer live">
        <div
          className="stage"
          role="group"
          aria-label={`${words.stage} ${known?.now.phrases.join(" ") ?? ""}`}
        >
          {!CAN_DRAW && <p>{page.noWebgl}</p>}
          {CAN_DRAW && joints && known && (
            <Suspense fallback={<p>{page.loading}</p>}>
              <Scene joints={joints} view="full" />
            </Suspense>
          )}
        </div>
        <div className="beside">
          <State />
          <AskKey />
          {known && (
            <>
              <Say />
              <Show />
              <Who name={name} setName={setName} />
            </>
          )}
        </div>
      </main>
    </>
  );
}

function Header({ room }: { room: string }) {
  const words = useWords(WORDS);
  const page = useWords(PAGE);
  const viewers = useSession((session) => session.room?.viewers);
  const open = useSession((session) => session.link?.at === "open");
  useDocument(`${room} · ${page.title}`);
  return (
    <header>
      <h1>
        <span className="lamp" data-on={open} aria-hidden="true" /> {room}
      </h1>
      {viewers !== undefined && <span className="soft">{filled(words.connected, { n: viewers })}</span>}
      <LanguageButton />
    </header>
  );
}

/** Under which name others see what one asks for, and what one may do here. */
function Who({ name, setName }: { name: string; setName: (name: string) => void }) {
  const words = useWords(WORDS);
  const role = useSession((session) => session.room?.role ?? "viewer");
  const policy = useSession((session) => session.room?.policy ?? "interrupt");
  const done = (input: HTMLInputElement) => {
    const next = input.value.trim();
    if (next === name) return;
    kept.write("live-name", next);
    setName(next);
  };
  return (
    <div className="who">
      {role !== "viewer" && (
        <label className="field">
          {words.yourName}
          <input
            defaultValue={name}
            placeholder={words.somebody}
            maxLength={40}
            onBlur={(event) => {
              done(event.currentTarget);
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter" && !event.nativeEvent.isComposing) done(event.currentTarget);
            }}
          />
        </label>
      )}
      <p className="soft">
        {words.roleHints[role]} {role !== "viewer" && words.policyTold[policy]}
      </p>
    </div>
  );
}

/** Shown if the service asks for a key and has got none that is good. */
function AskKey() {
  const words = useWords(WORDS);
  const link = useSession((session) => session.link);
  const [value, setValue] = useState("");
  if (link?.at !== "waiting" || link.problem?.kind !== "key") return null;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        keepKey(value.trim());
        retry();
      }}
    >
      <p>{words.key}</p>
      <div className="line">
        <input
          aria-label={words.keyLabel}
          value={value}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            setValue(event.target.value);
          }}
        />
        <button type="submit" disabled={!value.trim()}>
          {words.keyUse}
        </button>
      </div>
    </form>
  );
}
