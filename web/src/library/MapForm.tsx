/** What somebody knows of a file's skeleton. */

import { useWords } from "../studio";
import { Choice } from "../ui/Choice";
import { yamlOf, type Stated } from "./map";
import { WORDS } from "./words";

const AXES = ["+x", "-x", "+y", "-y", "+z", "-z"];
const UNITS = ["m", "cm", "mm", "inch", "cmu"];

export function MapForm({ stated, set }: { stated: Stated; set: (stated: Stated) => void }) {
  const words = useWords(WORDS);
  const put = (values: Partial<Stated>) => {
    set({ ...stated, ...values });
  };
  const offered = (all: string[]) =>
    ["", ...all].map((one): [string, string] => [
      one,
      one.toUpperCase().replace(/^[A-Z]+$/, one) || words.auto,
    ]);
  return (
    <details open={yamlOf(stated) !== ""}>
      <summary>{words.wrong}</summary>
      <p className="soft small">{words.wrongHint}</p>
      <div className="grid">
        <Choice
          label={words.axisUp}
          value={stated.up}
          of={offered(AXES)}
          set={(up) => {
            put({ up });
          }}
        />
        <Choice
          label={words.axisFacing}
          value={stated.facing}
          of={offered(AXES)}
          set={(facing) => {
            put({ facing });
          }}
        />
        <Choice
          label={words.unitName}
          value={stated.unit}
          of={offered(UNITS)}
          set={(unit) => {
            put({ unit });
          }}
        />
      </div>
      <label className="field">
        {words.jointLines}
        <textarea
          rows={3}
          spellCheck={false}
          placeholder="left_hip: Bone.012"
          value={stated.joints}
          onChange={(event) => {
            put({ joints: event.target.value });
          }}
        />
      </label>
    </details>
  );
}
