/** Fields of the form. */

import { useState } from "react";

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  of: readonly T[];
  names?: Record<T, string>;
  set: (value: T) => void;
}

export function Choice<T extends string>({ label, value, of, names, set }: ChoiceProps<T>) {
  return (
    <label>
      {label}
      <select
        value={value}
        onChange={(event) => {
          const chosen = of.find((one) => one === event.target.value);
          if (chosen !== undefined) set(chosen);
        }}
      >
        {of.map((one) => (
          <option key={one} value={one}>
            {names ? names[one] : one}
          </option>
        ))}
      </select>
    </label>
  );
}

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
