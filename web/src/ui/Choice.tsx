/** One of several, with its label. */

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  of: readonly (readonly [T, string])[]; // values and what they are called
  bare?: boolean; // the label is only read out
  set: (value: T) => void;
}

export function Choice<T extends string>({ label, value, of, bare, set }: ChoiceProps<T>) {
  return (
    <label className="field">
      {!bare && <span>{label}</span>}
      <select
        aria-label={bare ? label : undefined}
        title={of.find(([one]) => one === value)?.[1]} // where there is no room for all of it
        value={value}
        onChange={(event) => {
          const chosen = of.find(([one]) => one === event.target.value);
          if (chosen) set(chosen[0]);
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

/** Values with their names. */
export function named<T extends string>(values: readonly T[], names: Record<T, string>): [T, string][] {
  return values.map((one) => [one, names[one]]);
}
