/** Fields of the form. */

import { useState } from "react";

interface CountProps {
  label: string;
  value: number;
  least: number;
  most: number;
  step?: number | "any";
  set: (value: number) => void;
}

/** A number that is used when one is done typing it; one that cannot be becomes what it was. */
export function Count({ label, value, least, most, step = 1, set }: CountProps) {
  const [typed, setTyped] = useState<string>();
  const done = (input: HTMLInputElement) => {
    setTyped(undefined);
    if (input.validity.valid && Number(input.value) !== value) set(Number(input.value));
  };
  return (
    <label>
      {label}
      <input
        type="number"
        value={typed ?? String(value)}
        min={least}
        max={most}
        step={step}
        required
        onChange={(event) => {
          setTyped(event.target.value);
        }}
        onBlur={(event) => {
          done(event.currentTarget);
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault(); // which would make the film
          done(event.currentTarget);
        }}
      />
    </label>
  );
}
