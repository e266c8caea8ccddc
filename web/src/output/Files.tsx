/** The motion as files, each with what it is for; and where the motion comes from. */

import { useEffect, useState } from "react";
import { address, get, problemOf, type Problem } from "../api/http";
import type { Motion } from "../api/motion";
import { useStudio, useWords } from "../studio";
import { filled } from "../ui/filled";
import { nameOf, quoted, save, sizeOf, titleOf } from "./saving";
import { Trouble } from "./Trouble";
import { WORDS } from "./words";

const FILES = ["bvh", "npz", "glb", "vrma", "json"] as const;
type Suffix = (typeof FILES)[number];

export function Files() {
  const words = useWords(WORDS);
  const shown = useStudio((studio) => studio.shown);
  const asked = useStudio((studio) => studio.asked);
  const [making, setMaking] = useState<Suffix>();
  const [saved, setSaved] = useState("");
  const [problem, setProblem] = useState<Problem>();
  if (!shown) return <p className="soft">{words.nothing}</p>;
  const { motion } = shown;
  const title = titleOf(asked, motion);
  const take = async (suffix: Suffix) => {
    const name = `${nameOf(title)}.${suffix}`;
    setMaking(suffix);
    setSaved("");
    setProblem(undefined);
    try {
      const size = await save(`/v1/tracks/${motion.id}.${suffix}`, name);
      setSaved(filled(words.saved, { name, size: sizeOf(size) }));
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setMaking(undefined);
    }
  };
  return (
    <>
      <h2>{words.files}</h2>
      <ul className="files">
        {FILES.map((suffix) => (
          <li key={suffix}>
            <a
              className="button"
              href={address(`/v1/tracks/${motion.id}.${suffix}`)}
              title={filled(words.save, { name: `${nameOf(title)}.${suffix}` })}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey) return; // in a tab of its own, as always
                event.preventDefault();
                void take(suffix);
              }}
            >
              {suffix.toUpperCase()}
            </a>
            <span className="soft">{making === suffix ? words.making : words.fileFor[suffix]}</span>
          </li>
        ))}
      </ul>
      <p role="status" className="saved">
        {saved}
      </p>
      <Trouble
        problem={problem}
        solved={() => {
          setProblem(undefined);
        }}
      />
      {!asked.tracks && (
        <details>
          <summary>{words.own}</summary>
          <p className="soft">{words.ownHow}</p>
          <code>{`motion say ${quoted(title)} --skeleton me.bvh -o ${nameOf(title)}.bvh`}</code>
        </details>
      )}
      <Sources motion={motion} />
    </>
  );
}

interface Made {
  name: string;
  source: string;
  licence: string;
}

const originOf = ({ source, licence }: Made) => `${source} · ${licence}`;
const namesOf = (made: Made[]) => made.map(({ name }) => name.replaceAll("_", " ")).join(", ");

/** Whose motions these are, and under which licence. */
function Sources({ motion }: { motion: Motion }) {
  const words = useWords(WORDS);
  const [made, setMade] = useState<Made[]>([]);
  useEffect(() => {
    const end = new AbortController();
    const names = [...new Set(motion.timeline.segments.map(({ action }) => action))];
    const look = (name: string) => get<Made>(`/v1/actions/${encodeURIComponent(name)}`, end.signal);
    void Promise.allSettled(names.map(look)).then((answers) => {
      if (end.signal.aborted) return;
      setMade(answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : [])));
    });
    return () => {
      end.abort();
    };
  }, [motion]);
  const origins = [...new Set(made.map(originOf))];
  if (origins.length === 0) return null;
  return (
    <details>
      <summary>{words.sources}</summary>
      <dl className="sources">
        {origins.map((origin) => (
          <div key={origin}>
            <dt>{namesOf(made.filter((one) => originOf(one) === origin))}</dt>
            <dd className="soft">{origin}</dd>
          </div>
        ))}
      </dl>
      <p className="soft">{words.sourcesHint}</p>
    </details>
  );
}
