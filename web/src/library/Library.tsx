/** The action library: find, add, put in. */

import { useEffect, useRef, useState, type DragEvent } from "react";
import { useWords } from "../studio";
import { filled } from "../ui/filled";
import { Actions } from "./Actions";
import { Details } from "./Details";
import { take } from "./queue";
import "./library.css";
import { end } from "./preview";
import { Sequences } from "./Sequences";
import { show, tell, useShelf, type View } from "./state";
import { Files } from "./Files";
import { WORDS } from "./words";

const KINDS = ".bvh,.npz,.glb,.gltf,.vrma,.txt,.json,.yaml,.yml";
const MOST = 50; // files at once
const VIEWS: View[] = ["actions", "sequences"];

export function Library() {
  const words = useWords(WORDS);
  const view = useShelf((shelf) => shelf.view);
  const name = useShelf((shelf) => shelf.open);
  const [over, setOver] = useState(false);
  useEffect(() => end, []); // who leaves has seen enough
  const carriesFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");
  return (
    <div
      className="library"
      data-over={over || undefined}
      data-drop={words.drop}
      onDragOver={(event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setOver(false);
        takeSome([...event.dataTransfer.files], words.tooMany);
      }}
    >
      <div hidden={name !== undefined}>
        <div className="row views">
          {VIEWS.map((one) => (
            <button
              key={one}
              type="button"
              className="plain"
              aria-pressed={one === view}
              onClick={() => {
                show(one);
              }}
            >
              {words[one]}
            </button>
          ))}
          <Picker />
        </div>
        <Files />
        {view === "actions" ? <Actions /> : <Sequences />}
      </div>
      {name !== undefined && <Details key={name} name={name} />}
      <Notice />
      <Focus />
    </div>
  );
}

/** Files that were chosen or dropped, as many as one can look through. */
function takeSome(files: File[], tooMany: string) {
  useShelf.setState({ open: undefined });
  take(files.slice(0, MOST));
  if (files.length > MOST) tell(filled(tooMany, { n: MOST }));
}

function Picker() {
  const words = useWords(WORDS);
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" className="plain" title={words.filesHint} onClick={() => input.current?.click()}>
        {words.files}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        accept={KINDS}
        hidden
        aria-label={words.files}
        onChange={(event) => {
          takeSome([...(event.target.files ?? [])], words.tooMany);
          event.target.value = "";
        }}
      />
    </>
  );
}

/** What has just been done, and how to take it back. */
function Notice() {
  const words = useWords(WORDS);
  const note = useShelf((shelf) => shelf.note);
  const undo = note?.undo;
  return (
    <p className="notice" role="status" data-empty={!note || undefined}>
      <span>{note?.text}</span>
      {undo && (
        <button
          type="button"
          className="plain"
          onClick={() => {
            useShelf.setState({ note: undefined });
            undo();
          }}
        >
          {words.back}
        </button>
      )}
      {note && (
        <button
          type="button"
          className="plain"
          aria-label={words.dismiss}
          title={words.dismiss}
          onClick={() => {
            useShelf.setState({ note: undefined });
          }}
        >
          ×
        </button>
      )}
    </p>
  );
}

/** Who comes back from the details is where they left. */
function Focus() {
  const back = useShelf((shelf) => shelf.back);
  const open = useShelf((shelf) => shelf.open);
  useEffect(() => {
    if (open !== undefined || back === undefined) return;
    const left = document.getElementById(`details-${back}`) ?? document.getElementById("library-search");
    left?.focus();
    useShelf.setState({ back: undefined });
  }, [open, back]);
  return null;
}
