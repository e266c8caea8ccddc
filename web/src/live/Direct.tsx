/** What a host directs: the policy, the pace, where the motion is sent. */

import { useRef, useState } from "react";
import { problemOf, type Problem } from "../api/http";
import { kept, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { filled } from "../ui/filled";
import type { Policy, Said } from "./messages";
import { Policies } from "./Policies";
import type { Room } from "./room";
import { putRoom, say, useSession } from "./session";
import { WORDS } from "./words";

const FASTEST = 4;

export function Direct() {
  const words = useWords(WORDS);
  const room = useSession((session) => session.room);
  const [wanted, setWanted] = useState<Policy>(); // until the service has answered
  const [problem, setProblem] = useState<Problem>();
  if (!room) return null;
  if (room.role !== "host") return <p className="soft">{words.hostOnly}</p>;
  const order = async (said: Said) => {
    try {
      await say(said);
      setProblem(undefined);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <>
      <section aria-label={words.control}>
        <h2>{words.control}</h2>
        <div className="row">
          <button type="button" title={words.stopHint} onClick={() => void order({ type: "stop" })}>
            {words.stop}
          </button>
          <button
            type="button"
            className="plain"
            title={words.recentreHint}
            onClick={() => void order({ type: "recentre" })}
          >
            {words.recentre}
          </button>
          <Speed speed={room.speed} set={(factor) => order({ type: "speed", factor })} />
        </div>
        <Complaint problem={problem} />
      </section>
      <Policies
        value={wanted ?? room.policy}
        choose={(policy) => {
          kept.write("live-policy", policy);
          setWanted(policy);
          void order({ type: "policy", policy }).then(() => {
            setWanted(undefined);
          });
        }}
      />
      <Receivers room={room} />
    </>
  );
}

/** Sent when one lets go of it, or with each arrow key. */
function Speed({ speed, set }: { speed: number; set: (factor: number) => Promise<void> }) {
  const words = useWords(WORDS);
  const [wanted, setWanted] = useState<number>(); // until the service has answered
  const sent = useRef<number>(undefined); // and has no answer yet
  const value = wanted ?? speed;
  const done = async () => {
    if (value !== (sent.current ?? speed)) {
      sent.current = value;
      await set(value);
      if (sent.current !== value) return; // another was sent meanwhile
      sent.current = undefined;
    }
    if (sent.current === undefined) setWanted((now) => (now === value ? undefined : now));
  };
  return (
    <label className="speed">
      {words.speed}
      <input
        type="range"
        min={0}
        max={FASTEST}
        step={0.25}
        value={value}
        onChange={(event) => {
          setWanted(Number(event.target.value));
        }}
        onPointerUp={() => void done()}
        onKeyUp={() => void done()}
        onBlur={() => void done()}
      />
      <output>{value}×</output>
    </label>
  );
}

function Receivers({ room }: { room: Room }) {
  const words = useWords(WORDS);
  const [vmc, setVmc] = useState(room.vmc); // as the service has confirmed it
  const [text, setText] = useState(room.vmc.join("\n"));
  const [problem, setProblem] = useState<Problem>();
  const use = async () => {
    const wanted = text.split(/[\s,]+/).filter(Boolean);
    try {
      const reply = await putRoom(room.name, { policy: room.policy, vmc: wanted });
      setVmc(reply.vmc);
      useSession.setState(({ room: now }) => ({ room: now && { ...now, vmc: reply.vmc } }));
      setProblem(undefined);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <details>
      <summary>{words.vmc}</summary>
      <p className="soft">{words.vmcHint}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void use();
        }}
      >
        <textarea
          aria-label={words.vmcLabel}
          rows={2}
          placeholder="127.0.0.1:39539"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
          }}
        />
        <button type="submit" className="plain">
          {words.vmcUse}
        </button>
      </form>
      <p role="status" className="soft">
        {vmc.length > 0 ? filled(words.vmcNow, { list: vmc.join(", ") }) : words.vmcNone}
      </p>
      <Complaint problem={problem} />
    </details>
  );
}
