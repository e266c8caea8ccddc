/** Numbers and choices of the editor. */

import { useState } from "react";
import type { Vec } from "./model";

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
    <label className="field">
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

const MOST_CM = 300;

/** A place in metres, as numbers in centimetres. */
export function Place({
  labels,
  at,
  set,
}: {
  labels: string[];
  at: Vec;
  set: (at: Vec, axis: number) => void;
}) {
  return labels.map((label, axis) => (
    <Amount
      key={label}
      label={label}
      value={100 * (at[axis] ?? 0)}
      step={1}
      min={-MOST_CM}
      max={MOST_CM}
      set={(value) => {
        set(at.map((old, index) => (index === axis ? value / 100 : old)) as Vec, axis);
      }}
    />
  ));
}
