/** Asks for the service's key, as soon as the service has asked for it. */

import { useEffect, useRef } from "react";
import { keepKey, KEY_NEEDED } from "../api/http";
import { useWords } from "../studio";
import { WORDS } from "../words";

export function KeyDialog() {
  const words = useWords(WORDS);
  const dialog = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const ask = () => {
      if (!dialog.current?.open) dialog.current?.showModal();
    };
    window.addEventListener(KEY_NEEDED, ask);
    return () => {
      window.removeEventListener(KEY_NEEDED, ask);
    };
  }, []);
  return (
    <dialog ref={dialog} aria-label={words.keyLabel}>
      <form
        method="dialog"
        onSubmit={() => {
          keepKey(input.current?.value.trim() ?? "");
          window.location.reload();
        }}
      >
        <p>{words.key}</p>
        <div className="row">
          <label className="row">
            {words.keyLabel}
            <input ref={input} type="password" autoComplete="current-password" required />
          </label>
          <button type="submit">{words.keyUse}</button>
        </div>
      </form>
    </dialog>
  );
}
