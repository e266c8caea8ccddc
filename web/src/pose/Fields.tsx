/** Numbers and choices of the editor. */

import { useState } from "react";

interface AmountProps {
  label: string;
  value: number;
  step: number;
  digits?: number;
  min?: number;
  max?: number;
  off?: boolean;
  set: (value: number) => void;
}

/** A number that is heeded while it is typed; what is no number waits until it is one. */
export function Amount({ label, value, step, digits = 1, min, max, off, set }: AmountProps) {
  const [typed, setTyped] = useState<string>();
  const shown = String(Number(value.toFixed(digits)));
  const heed = (text: string) => {
    setTyped(text);
    const number = Number(text);
    if (text.trim() !== "" && Number.isFinite(number))
      set(Math.min(Math.max(number, min ?? -Infinity), max ?? Infinity));
  };
  return (
    <label className="pose-field">
      {label}
      <input
        type="number"
        value={typed ?? shown}
        step="any"
        min={min}
        max={max}
        disabled={off}
        onChange={(event) => {
          heed(event.target.value);
        }}
        onBlur={() => {
          setTyped(undefined);
        }}
        onKeyDown={(event) => {
          if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
          event.preventDefault(); // by sensible steps
          const way = (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1);
          heed(String(Number((Number(typed ?? shown) + way * step).toFixed(digits))));
        }}
      />
    </label>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  of: (readonly [string, string])[]; // value and words
  bare?: boolean; // without its label, which is only read out
  set: (value: string) => void;
}

export function Choice({ label, value, of, bare, set }: ChoiceProps) {
  return (
    <label className="pose-field">
      {!bare && label}
      <select
        aria-label={bare ? label : undefined}
        value={value}
        onChange={(event) => {
          set(event.target.value);
        }}
      >
        {of.map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
