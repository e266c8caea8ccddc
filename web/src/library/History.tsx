/** What an action was before, to bring it back. */

import { useEffect, useState } from "react";
import { problemOf, type Problem } from "../api/http";
import { useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { filled } from "../ui/filled";
import { history, restore, type Tagged, type Version } from "./api";
import { tell } from "./state";
import { WORDS } from "./words";

interface Props {
  name: string;
  version: number; // the present one
  put: (next: Tagged) => void;
}

export function History({ name, version, put }: Props) {
  const words = useWords(WORDS);
  const [open, setOpen] = useState(false);
  const [versions, setVersions] = useState<Version[]>([]);
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    if (!open) return;
    let late = false;
    history(name).then(
      (found) => {
        if (!late) setVersions(found);
      },
      (error: unknown) => {
        if (!late) setProblem(problemOf(error));
      },
    );
    return () => {
      late = true;
    };
  }, [open, name, version]);
  const bring = async (one: number) => {
    try {
      put(await restore(name, one));
      setProblem(undefined);
      tell(filled(words.restored, { n: one }));
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <details
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>{words.history}</summary>
      <Complaint problem={problem} />
      <ul className="versions">
        {versions.map(({ version: one, state, action }) => (
          <li key={one}>
            <p>
              <strong>{`${String(one)} · ${words.states[state]}`}</strong> {action.description}
              <span className="soft small">
                {` ${[...action.tags, ...(action.aliases.en ?? []), ...(action.aliases.zh ?? [])].join(", ")} · ${action.duration.toFixed(1)} s`}
              </span>
            </p>
            {state !== "present" && (
              <button
                type="button"
                className="plain"
                aria-label={filled(words.restoreOf, { n: one })}
                onClick={() => void bring(one)}
              >
                {words.restore}
              </button>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
