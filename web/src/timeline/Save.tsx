/** Keeps what is shown under a name, which is a command from then on. */

import { useId, useState } from "react";
import { problemOf, type Problem } from "../api/http";
import { save, type Sequence } from "../api/motion";
import { changed } from "../library/state";
import { say, useStudio, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { Popover } from "./Popover";
import { WORDS } from "./words";

const LONGEST = 60; // characters of a name
const TAKEN = 412; // the status: there is one of this name

export function Save() {
  const words = useWords(WORDS);
  const shown = useStudio((studio) => studio.shown !== undefined);
  return (
    <Popover label={words.save} disabled={!shown}>
      {(close) => <Form close={close} />}
    </Popover>
  );
}

function Form({ close }: { close: () => void }) {
  const words = useWords(WORDS);
  const asked = useStudio((studio) => studio.asked);
  const help = useId();
  const [name, setName] = useState("");
  const [tried, setTried] = useState(false);
  const [taken, setTaken] = useState(false);
  const [saving, setSaving] = useState(false);
  const [done, setDone] = useState<Sequence>();
  const [problem, setProblem] = useState<Problem>();
  const unfit = /[\p{L}\p{N}]/u.test(name) ? "" : words.unfit;
  const keep = async (replace: boolean) => {
    setTried(true);
    setProblem(undefined);
    if (unfit) return;
    setSaving(true);
    try {
      setDone(
        await save(name.trim(), asked.tracks ? { tracks: asked.tracks } : { text: asked.text }, replace),
      );
      changed();
    } catch (error) {
      const found = problemOf(error);
      if (found.status === TAKEN) setTaken(true);
      else setProblem(found);
    }
    setSaving(false);
  };
  if (done)
    return (
      <p className="saving" role="status">
        {words.saved}{" "}
        <button
          type="button"
          className="chip"
          autoFocus
          onClick={() => {
            close();
            say(done.say);
          }}
        >
          {done.say}
        </button>
      </p>
    );
  return (
    <form
      className="saving"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void keep(taken);
      }}
    >
      <label>
        {words.name}
        <input
          value={name}
          maxLength={LONGEST}
          placeholder={words.example}
          autoFocus
          aria-invalid={tried && Boolean(unfit)}
          aria-describedby={help}
          onChange={(event) => {
            setName(event.target.value);
            setTaken(false);
            setTried(false);
            setProblem(undefined);
          }}
        />
      </label>
      <p id={help} className={tried && unfit ? "problem" : "soft"}>
        {tried && unfit ? unfit : words.nameHelp}
      </p>
      <Complaint problem={problem} />
      {taken && <p role="alert">{words.taken.replace("{name}", name.trim())}</p>}
      <button type="submit" disabled={saving}>
        {taken ? words.replace : words.keep}
      </button>
    </form>
  );
}
