/** Which room this is, who is there; how to leave it, and what the stage shows meanwhile. */

import { useState } from "react";
import { problemOf, type Problem } from "../api/http";
import { useStudio, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { filled } from "../ui/filled";
import { buffer, closeRoom, leave, useSession } from "./session";
import { WORDS } from "./words";

export function Status() {
  const words = useWords(WORDS);
  const name = useSession((session) => session.door?.room ?? "");
  const open = useSession((session) => session.link?.at === "open");
  const room = useSession((session) => session.room);
  const [sure, setSure] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const close = async () => {
    try {
      await closeRoom(name);
      leave();
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <section aria-label={words.title}>
      <div className="row">
        <h2 className="grow">
          <span className="lamp" data-on={open} aria-hidden="true" /> {name}
        </h2>
        {room && (
          <span className="soft" title={words.connectedHint}>
            {filled(words.connected, { n: room.viewers })}
          </span>
        )}
      </div>
      <div className="row">
        <button type="button" className="plain" title={words.leaveHint} onClick={leave}>
          {words.leave}
        </button>
        {room?.role === "host" && !sure && (
          <button
            type="button"
            className="plain"
            onClick={() => {
              setSure(true);
            }}
          >
            {words.close}
          </button>
        )}
        {sure && (
          <>
            {words.closeSure}
            <button type="button" onClick={() => void close()}>
              {words.yes}
            </button>
            <button
              type="button"
              className="plain"
              onClick={() => {
                setSure(false);
              }}
            >
              {words.no}
            </button>
          </>
        )}
      </div>
      <Complaint problem={problem} />
    </section>
  );
}

/** The command bar puts what one composes on the stage; from here the live character comes back. */
export function OnStage() {
  const words = useWords(WORDS);
  const live = useStudio((studio) => studio.source === buffer);
  if (live) return null;
  return (
    <div className="row">
      <span className="soft">{words.draft}</span>
      <button
        type="button"
        className="plain"
        onClick={() => {
          useStudio.setState({ source: buffer });
        }}
      >
        {words.character}
      </button>
    </div>
  );
}
