/** Opening a room, or entering one that is open. */

import { useEffect, useState } from "react";
import { Problem, problemOf } from "../api/http";
import { kept, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { filled } from "../ui/filled";
import { NAME } from "./links";
import type { Policy, RoomNow } from "./messages";
import { Policies } from "./Policies";
import { enter, putRoom, rooms, useSession } from "./session";
import { WORDS } from "./words";

export function Open() {
  const words = useWords(WORDS);
  const ended = useSession((session) => session.link?.at === "ended");
  const [name, setName] = useState(() => kept.read("live-room", "stage"));
  const [own, setOwn] = useState(() => kept.read("live-host", ""));
  const [policy, setPolicy] = useState<Policy>(() => kept.read<Policy>("live-policy", "queue"));
  const [there, setThere] = useState<RoomNow[]>([]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  useEffect(() => {
    let gone = false;
    rooms().then(
      (found) => {
        if (!gone) setThere(found);
      },
      (error: unknown) => {
        if (!gone) setProblem(problemOf(error));
      },
    );
    return () => {
      gone = true;
    };
  }, []);

  const go = (room: string) => {
    kept.write("live-room", room);
    kept.write("live-host", own);
    enter({ room, name: own.trim() || words.host, audience: false, stays: false }, true);
  };
  const open = async () => {
    if (!NAME.test(name)) return; // that is told at the field
    setBusy(true);
    try {
      kept.write("live-policy", policy);
      await putRoom(name, { policy });
      go(name);
    } catch (error) {
      const found = problemOf(error);
      setProblem(found.status === 403 ? new Problem("said", `${found.message} ${words.noHost}`) : found);
      setBusy(false);
    }
  };

  return (
    <form
      className="live"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void open();
      }}
    >
      <h2>{words.title}</h2>
      {ended && <p role="status">{words.ended}</p>}
      <p className="soft">{words.intro}</p>
      <label className="field">
        {words.name}
        <span className="line">
          <input
            value={name}
            maxLength={64}
            autoComplete="off"
            spellCheck={false}
            aria-describedby="room-hint"
            aria-invalid={!NAME.test(name)}
            onChange={(event) => {
              setName(event.target.value);
            }}
          />
          <button type="submit" disabled={busy || !NAME.test(name)}>
            {busy ? words.opening : words.open}
          </button>
        </span>
      </label>
      <p id="room-hint" className={NAME.test(name) ? "soft" : "problem"} role="status">
        {words.nameHint}
      </p>
      <Complaint problem={problem} />
      <label className="field">
        {words.you}
        <input
          value={own}
          placeholder={words.host}
          maxLength={40}
          onChange={(event) => {
            setOwn(event.target.value);
          }}
        />
      </label>
      <Policies value={policy} choose={setPolicy} />
      {there.length > 0 && (
        <section aria-label={words.there}>
          <h2>{words.there}</h2>
          {there.map(({ room, viewers }) => (
            <div key={room} className="row">
              <span className="grow">{room}</span>
              <span className="soft">{filled(words.connected, { n: viewers })}</span>
              <button
                type="button"
                className="plain"
                aria-label={`${words.join}: ${room}`}
                onClick={() => {
                  go(room);
                }}
              >
                {words.join}
              </button>
            </div>
          ))}
        </section>
      )}
    </form>
  );
}
