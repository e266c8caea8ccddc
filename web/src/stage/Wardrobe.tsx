/** Who plays: the mannequin, or an avatar that is kept in this browser. */

import { useRef } from "react";
import { Problem } from "../api/http";
import { useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { bring, discard, openWardrobe, useWardrobe, wear } from "./avatar/wardrobe";
import { Unfit } from "./avatar/unfit";
import { WORDS, type Words } from "./words";

export function Wardrobe() {
  const words = useWords(WORDS);
  const { avatars, current, loading, problem } = useWardrobe();
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <div
      className="wardrobe"
      role="group"
      aria-label={words.avatar}
      onKeyDown={(event) => {
        if (event.key === "Escape") openWardrobe(false);
      }}
    >
      <Choice name={words.mannequin} chosen={current === undefined} choose={() => void wear(undefined)} />
      {avatars.map(({ id, name, file }) => (
        <div key={id} className="row">
          <Choice
            name={name}
            note={words.size(file.size)}
            chosen={current === id}
            choose={() => void wear(id)}
          />
          <button
            type="button"
            className="plain"
            aria-label={`${words.remove} ${name}`}
            title={words.remove}
            onClick={() => void discard(id)}
          >
            ✕
          </button>
        </div>
      ))}
      <input
        ref={chooser}
        type="file"
        accept=".vrm,.glb,model/gltf-binary"
        aria-label={words.add}
        hidden
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = ""; // the same file can be chosen again
          if (file) void bring(file);
        }}
      />
      <button
        type="button"
        disabled={loading}
        onClick={() => {
          chooser.current?.click();
        }}
      >
        {loading ? words.reading : words.add}
      </button>
      {problem instanceof Unfit && (
        <p className="problem" role="alert">
          {inWords(problem, words)}
        </p>
      )}
      {problem instanceof Problem && <Complaint problem={problem} />}
      {!problem && <p className="soft">{words.drag}</p>}
    </div>
  );
}

function Choice({
  name,
  note,
  chosen,
  choose,
}: {
  name: string;
  note?: string;
  chosen: boolean;
  choose: () => void;
}) {
  return (
    <label>
      <input type="radio" name="avatar" checked={chosen} onChange={choose} />
      <span>{name}</span>
      {note && <span className="soft">{note}</span>}
    </label>
  );
}

/** What is wrong with a file, and what to do. */
function inWords({ kind, details }: Unfit, words: Words): string {
  if (kind !== "bones") return [words.unfit[kind], ...details].join(" ");
  const missing = details.map((joint) => {
    const [side, part] = joint.includes("_") ? joint.split("_") : [undefined, joint];
    const limb = words.joints[part as keyof Words["joints"]];
    return side ? `${words.sides[side as "left" | "right"]} ${limb}` : limb;
  });
  return `${words.unfit.bones} ${missing.join(", ")}.`;
}
