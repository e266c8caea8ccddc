/** Motion files of the user's own: named, sent one after the other, and told how they were read. */

import { useState } from "react";
import type { Problem } from "../api/http";
import { useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { filled } from "../ui/filled";
import { Line } from "./Edit";
import { UNSTATED } from "./map";
import { drop, put, send, useFiles, waits, type Item } from "./queue";
import { MapForm } from "./MapForm";
import { Report } from "./Report";
import { WORDS } from "./words";

export function Files() {
  const words = useWords(WORDS);
  const items = useFiles((files) => files.items);
  const [source, setSource] = useState("");
  const [licence, setLicence] = useState("");
  const [segment, setSegment] = useState(false);
  const busy = items.some(({ sent }) => sent !== undefined);
  if (items.length === 0) return null;
  return (
    <form
      className="putting"
      aria-label={words.putIn}
      aria-busy={busy}
      onSubmit={(event) => {
        event.preventDefault();
        void send({ source, licence, segment });
      }}
    >
      <ul>
        {items.map((item) => (
          <li key={item.id}>
            {item.made ? (
              <Report
                file={item.file}
                made={item.made}
                put={(made) => {
                  put(item.id, { made });
                }}
                done={() => {
                  drop(item.id);
                }}
              />
            ) : (
              <Waiting item={item} />
            )}
          </li>
        ))}
      </ul>
      {items.some(waits) && (
        <>
          <div className="pair">
            <Line label={words.licence} hint={words.licenceHint} value={licence} set={setLicence} />
            <Line label={words.source} hint={words.sourceHint} value={source} set={setSource} />
          </div>
          <label className="small">
            <input
              type="checkbox"
              checked={segment}
              onChange={(event) => {
                setSegment(event.target.checked);
              }}
            />{" "}
            {words.segment}
          </label>
          <button type="submit" disabled={busy}>
            {words.send}
          </button>
        </>
      )}
    </form>
  );
}

/** Whether a file could not be read for want of what a map states. */
const isOfSkeleton = (problem: Problem | undefined): boolean =>
  problem?.kind === "said" && /joint|limb|map\.yaml|unit|axis|axes/.test(problem.message);

/** A file that is not in yet. */
function Waiting({ item }: { item: Item }) {
  const words = useWords(WORDS);
  const { id, file, name, sent, problem, stated } = item;
  if (sent !== undefined) {
    const says = filled(sent < 1 ? words.sending : words.reading, { file: file.name });
    return (
      <p role="status">
        {says} <progress aria-label={says} max={1} value={sent < 1 ? sent : undefined} />
      </p>
    );
  }
  return (
    <>
      <div className="pair">
        <Line
          label={filled(words.nameOf, { file: file.name })}
          value={name}
          most={64}
          set={(name) => {
            put(id, { name });
          }}
        />
        <button
          type="button"
          className="plain"
          aria-label={filled(words.cancelOf, { file: file.name })}
          title={words.cancel}
          onClick={() => {
            drop(id);
          }}
        >
          ×
        </button>
      </div>
      <Complaint problem={problem} />
      {(stated !== UNSTATED || isOfSkeleton(problem)) && (
        <MapForm
          stated={stated}
          set={(stated) => {
            put(id, { stated });
          }}
        />
      )}
    </>
  );
}
