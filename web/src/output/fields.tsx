/** Fields of the form. */

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
  return (
    <label>
      {label}
      <input
        key={value}
        type="number"
        defaultValue={value}
        min={least}
        max={most}
        step={step}
        required
        onBlur={({ currentTarget: input }) => {
          if (!input.validity.valid) input.value = String(value);
          else if (Number(input.value) !== value) set(Number(input.value));
        }}
        onKeyDown={(event) => {
          const { currentTarget: input, key } = event;
          if (key === "Enter" && input.validity.valid && Number(input.value) !== value)
            set(Number(input.value));
        }}
      />
    </label>
  );
}
