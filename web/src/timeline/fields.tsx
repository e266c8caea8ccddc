/** Fields of a block's values: each is sent when one is done with it. */

import { useState } from "react";

interface AmountProps {
  label: string;
  value: number | null | undefined;
  step: number; // of the arrow keys
  min: number;
  max: number;
  usual?: string; // shown where nothing is stated; without it something must be
  wrong: boolean;
  told: string; // the id of what is said about what is wrong
  set: (value: number | undefined) => void;
  refuse: () => void; // it is no number from `min` to `max`
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** A number; the arrow keys change it by sensible steps, and at once. */
export function Amount({ label, value, step, min, max, usual, wrong, told, set, refuse }: AmountProps) {
  const [draft, setDraft] = useState<string>();
  const shown = value == null ? "" : String(rounded(value));
  const done = () => {
    if (draft === undefined || draft === shown) return;
    setDraft(undefined);
    const next = Number(draft.trim().replace(",", "."));
    const whole = step % 1 !== 0 || Number.isInteger(next);
    if (draft.trim() === "" && usual) set(undefined);
    else if (draft.trim() !== "" && next >= min && next <= max && whole) set(next);
    else refuse();
  };
  return (
    <label>
      <span>{label}</span>
      <input
        inputMode="decimal"
        value={draft ?? shown}
        placeholder={usual}
        autoComplete="off"
        aria-invalid={wrong}
        aria-describedby={wrong ? told : undefined}
        onChange={(event) => {
          setDraft(event.target.value);
        }}
        onBlur={done}
        onKeyDown={(event) => {
          if (event.key === "Enter") done();
          if (event.key === "Escape") setDraft(undefined);
          const by = { ArrowUp: step, ArrowDown: -step }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          const from = Number(draft ?? shown) || min;
          setDraft(undefined);
          set(rounded(Math.min(Math.max(from + by, min), max)));
        }}
      />
    </label>
  );
}
