/** What somebody knows of a file's skeleton, as the YAML of a map. */

import { useState } from "react";
import { useWords } from "../studio";
import { Choice } from "../ui/Choice";
import { WORDS } from "./words";

const AXES = ["+x", "-x", "+y", "-y", "+z", "-z"];
const UNITS = ["m", "cm", "mm", "inch", "cmu"];

interface Stated {
  up: string;
  facing: string;
  unit: string;
  joints: string; // lines "ours: the file's"
}

/** The map that says so; empty if nothing is stated. */
export function yamlOf({ up, facing, unit, joints }: Stated): string {
  const pairs = joints.split("\n").flatMap((line) => {
    const [ours = "", ...rest] = line.split(/[:：]/);
    const theirs = rest.join(":").trim();
    return ours.trim() && theirs ? [`  ${JSON.stringify(ours.trim())}: ${JSON.stringify(theirs)}`] : [];
  });
  const facts = Object.entries({ up, facing, unit }).filter(([, value]) => value);
  return [
    ...(pairs.length > 0 ? ["joints:", ...pairs] : []),
    ...facts.map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
  ].join("\n");
}

export function MapForm({ map, set, open }: { map: string; set: (map: string) => void; open?: boolean }) {
  const words = useWords(WORDS);
  const [stated, setStated] = useState<Stated>({ up: "", facing: "", unit: "", joints: "" });
  const put = (values: Partial<Stated>) => {
    const next = { ...stated, ...values };
    setStated(next);
    set(yamlOf(next));
  };
  const offered = (all: string[]) =>
    ["", ...all].map((one): [string, string] => [
      one,
      one.toUpperCase().replace(/^[A-Z]+$/, one) || words.auto,
    ]);
  return (
    <details open={open ?? map !== ""}>
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
