/** The links of a room: for viewers, and for OBS. A host's own key is in none of them. */

import { useState } from "react";
import { key } from "../api/http";
import { kept, useWords } from "../studio";
import { onlyHere, overlayLink, viewerLink, VIEWS, type View } from "./links";
import { useSession } from "./session";
import { WORDS } from "./words";

export function Share() {
  const words = useWords(WORDS);
  const name = useSession((session) => session.room?.name ?? "");
  const [given, setGiven] = useState(() => kept.read("live-key", ""));
  const [view, setView] = useState<View>("full");
  const [captions, setCaptions] = useState(true);
  const own = key();
  const shared = own && given.trim() !== own ? given.trim() : "";
  return (
    <>
      <section aria-label={words.share}>
        <h2>{words.share}</h2>
        <Link label={words.share} href={viewerLink(name, shared)} />
        {onlyHere() && <p className="soft">{words.onlyHere}</p>}
        {own && (
          <>
            <label className="field">
              {words.keyFor}
              <input
                value={given}
                autoComplete="off"
                spellCheck={false}
                aria-describedby="key-hint"
                onChange={(event) => {
                  setGiven(event.target.value);
                  if (event.target.value.trim() !== own) kept.write("live-key", event.target.value);
                }}
              />
            </label>
            {given.trim() === own && (
              <p className="problem" role="alert">
                {words.keyOwn}
              </p>
            )}
            <p id="key-hint" className="soft">
              {words.keyHint} {!given && words.keyNone}
            </p>
          </>
        )}
      </section>
      <details>
        <summary>{words.obs}</summary>
        <p className="soft">{words.obsHint}</p>
        <label className="field">
          {words.view}
          <select
            value={view}
            onChange={(event) => {
              setView(VIEWS.find((one) => one === event.target.value) ?? "full");
            }}
          >
            {VIEWS.map((one) => (
              <option key={one} value={one}>
                {words.views[one]}
              </option>
            ))}
          </select>
        </label>
        <label>
          <input
            type="checkbox"
            checked={captions}
            onChange={(event) => {
              setCaptions(event.target.checked);
            }}
          />{" "}
          {words.captions}
        </label>
        <Link label={words.overlayLink} href={overlayLink(name, shared, { view, captions })} />
        {own && !shared && <p className="problem">{words.obsKey}</p>}
        <ol className="steps">
          {words.obsSteps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </details>
    </>
  );
}

function Link({ label, href }: { label: string; href: string }) {
  const words = useWords(WORDS);
  const [copied, setCopied] = useState<boolean>();
  const copy = () => {
    void Promise.resolve()
      .then(() => navigator.clipboard.writeText(href)) // there is none on an insecure page: that fails, too
      .then(
        () => {
          setCopied(true);
        },
        () => {
          setCopied(false);
        },
      );
  };
  return (
    <>
      <div className="line">
        <input
          readOnly
          aria-label={label}
          value={href}
          onFocus={(event) => {
            event.currentTarget.select();
          }}
        />
        <button type="button" className="plain" aria-label={`${words.copy}: ${label}`} onClick={copy}>
          {copied ? words.copied : words.copy}
        </button>
        <a
          className="button plain"
          href={href}
          target="_blank"
          rel="noreferrer"
          aria-label={`${words.look}: ${label}`}
        >
          ↗
        </a>
      </div>
      <p role="status" className="problem" hidden={copied !== false}>
        {copied === false && words.copyFailed}
      </p>
    </>
  );
}
