/** How the connection is, in words; and what to do when there is none. */

import { useEffect, useState } from "react";
import { useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { filled } from "../ui/filled";
import type { Link } from "./client";
import { retry, useSession } from "./session";
import { WORDS } from "./words";

/** The time, told every so many ms. */
export function useTime(every: number): number {
  const [time, setTime] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => {
      setTime(Date.now());
    }, every);
    return () => {
      clearInterval(timer);
    };
  }, [every]);
  return time;
}

export function State() {
  const words = useWords(WORDS);
  const link = useSession((session) => session.link);
  const room = useSession((session) => session.door?.room ?? "");
  return (
    <div className="state" role="status" data-at={link?.at}>
      {link?.at === "opening" && words.states.opening}
      {link?.at === "waiting" && (
        <>
          <strong>{filled(words.states[link.why], { room })}</strong> <Again link={link} />
          <Complaint problem={link.problem} />
        </>
      )}
    </div>
  );
}

function Again({ link }: { link: Link & { at: "waiting" } }) {
  const words = useWords(WORDS);
  const left = Math.ceil((link.until - useTime(500)) / 1000);
  return (
    <>
      <span aria-hidden="true">{left > 0 ? filled(words.again, { n: left }) : words.trying}</span>{" "}
      <button type="button" className="plain" onClick={retry}>
        {words.retry}
      </button>
    </>
  );
}
