/** What helps to find a command: examples by theme, what was said before, what marks and keys mean, a link. */

import { useState } from "react";
import { kept, said, useStudio, useWords } from "../studio";
import { Disclosure } from "./Disclosure";
import { linkTo } from "./link";
import type { Style } from "./marks";
import { WORDS } from "./words";

const SHOWN: Style[] = [
  "action",
  "count",
  "side",
  "speed",
  "timing",
  "measure",
  "negated",
  "ignored",
  "unknown",
];
const COPIED = 2000; // ms

type Say = (text: string) => void;

export function Helpers({ say }: { say: Say }) {
  const words = useWords(WORDS);
  return (
    <div className="helpers">
      <Disclosure label={words.more}>{(close) => <Examples say={then(say, close)} />}</Disclosure>
      <Disclosure label={words.history}>{(close) => <Before say={then(say, close)} />}</Disclosure>
      <CopyLink />
      <Disclosure label="?" name={words.help}>
        {() => <Legend />}
      </Disclosure>
    </div>
  );
}

function then(say: Say, close: () => void): Say {
  return (text) => {
    close();
    say(text);
  };
}

function Examples({ say }: { say: Say }) {
  const words = useWords(WORDS);
  return words.themes.map(({ theme, commands }) => (
    <section key={theme}>
      <h2>{theme}</h2>
      <Commands commands={commands} say={say} />
    </section>
  ));
}

/** What was said before: found by a part of it, said again, or forgotten. */
function Before({ say }: { say: Say }) {
  const words = useWords(WORDS);
  const [all, setAll] = useState(said);
  const [part, setPart] = useState("");
  if (all.length === 0) return <p className="soft">{words.nothingSaid}</p>;
  const found = all.filter((text) => text.toLowerCase().includes(part.trim().toLowerCase()));
  return (
    <>
      <div className="row">
        <input
          type="search"
          aria-label={words.searchHistory}
          placeholder={words.searchHistory}
          value={part}
          onChange={(event) => {
            setPart(event.target.value);
          }}
        />
        <button
          type="button"
          className="plain"
          onClick={() => {
            kept.write("said", []);
            setAll([]);
          }}
        >
          {words.clearHistory}
        </button>
      </div>
      {found.length === 0 && <p className="soft">{words.notSaid}</p>}
      <Commands commands={found} say={say} />
    </>
  );
}

function Commands({ commands, say }: { commands: string[]; say: Say }) {
  return (
    <ul className="commands">
      {commands.map((text) => (
        <li key={text}>
          <button
            type="button"
            className="plain"
            onClick={() => {
              say(text);
            }}
          >
            {text}
          </button>
        </li>
      ))}
    </ul>
  );
}

function CopyLink() {
  const words = useWords(WORDS);
  const text = useStudio((studio) => studio.text.trim() || studio.asked.text);
  const [done, setDone] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(linkTo(text));
      setDone(words.copied);
    } catch {
      setDone(words.notCopied); // without https browsers let nobody copy; what was performed is in the address bar
    }
    setTimeout(() => {
      setDone("");
    }, COPIED);
  };
  return (
    <>
      <button
        type="button"
        className="plain"
        title={words.linkTitle}
        onClick={() => {
          void copy();
        }}
      >
        {done || words.link}
      </button>
      <span className="unseen" role="status">
        {done}
      </span>
    </>
  );
}

function Legend() {
  const words = useWords(WORDS);
  return (
    <>
      <h2>{words.marks}</h2>
      <dl className="legend">
        {SHOWN.map((style) => (
          <div key={style}>
            <dt>
              <span className={`mark ${style}`}>{words.samples[style]}</span>
            </dt>
            <dd>{words.styles[style]}</dd>
          </div>
        ))}
      </dl>
      <h2>{words.keys}</h2>
      <dl className="legend">
        {words.keyList.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
