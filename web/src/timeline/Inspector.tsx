/** What can be said of the chosen block. */

import type { Direction, Placed, Side } from "../api/motion";
import { clock, performTracks, tracksNow, useStudio, useWords } from "../studio";
import { change, clipAt, endOf, find, insert, maskOf, remove, SHORTEST, split, toFrame } from "./tracks";
import { WORDS } from "./words";

const SIDES: Side[] = ["left", "right", "both"];
const DIRECTIONS: Direction[] = ["forward", "backward", "left", "right"];

export function Inspector({ note, setNote }: { note: string; setNote: (note: string) => void }) {
  const words = useWords(WORDS);
  const at = useStudio((studio) => studio.chosen);
  useStudio((studio) => studio.shown); // another motion, other values
  const tracks = tracksNow();
  const clip = clipAt(tracks, at);
  if (!at || !clip) return null;
  const put = async (changed: Placed, next = change(tracks, at, changed)) => {
    setNote("");
    if (await performTracks(next)) useStudio.setState({ chosen: find(tracksNow(), changed) });
  };
  const set = (values: Partial<Placed>) => void put({ ...clip, ...values });
  const cut = () => {
    const next = split(tracks, at, clock.time);
    if (next) void put(clip, next);
    else setNote(words.tooShort);
  };
  const copy = () => {
    const another = { ...clip, start: toFrame(endOf(clip)) };
    void put(another, insert(tracks, another, maskOf(tracks[at.track], at.track)));
  };
  const take = () => {
    useStudio.setState({ chosen: undefined });
    void performTracks(remove(tracks, at));
  };
  return (
    <div className="inspector row" key={`${String(at.track)}/${String(at.clip)}`}>
      <strong>{clip.action.replaceAll("_", " ")}</strong>
      <Amount
        label={words.start}
        value={clip.start}
        step={0.1}
        min={0}
        set={(start) => {
          set({ start: toFrame(start ?? 0) });
        }}
      />
      <Amount
        label={words.length}
        value={clip.duration}
        step={0.1}
        min={SHORTEST}
        set={(duration) => {
          set({ duration });
        }}
        usual={words.usual}
      />
      <Amount
        label={words.repetitions}
        value={clip.repetitions}
        step={1}
        min={1}
        set={(repetitions) => {
          set({ repetitions, duration: undefined });
        }}
        usual={words.usual}
      />
      <Amount
        label={words.pace}
        value={clip.speed ?? 1}
        step={0.1}
        min={0.1}
        max={10}
        set={(speed) => {
          set({ speed: speed ?? 1, duration: undefined });
        }}
      />
      <Choice
        label={words.side}
        value={clip.side}
        of={SIDES}
        names={words.sides}
        set={(side) => {
          set({ side });
        }}
        usual={words.usual}
      />
      <Choice
        label={words.direction}
        value={clip.direction}
        of={DIRECTIONS}
        names={words.directions}
        set={(direction) => {
          set({ direction });
        }}
        usual={words.usual}
      />
      <Amount
        label={words.distance}
        value={clip.distance}
        step={0.5}
        min={0.1}
        set={(distance) => {
          set({ distance });
        }}
        usual={words.usual}
      />
      <Amount
        label={words.degrees}
        value={clip.degrees}
        step={15}
        min={1}
        set={(degrees) => {
          set({ degrees });
        }}
        usual={words.usual}
      />
      <button type="button" className="plain" onClick={cut}>
        {words.split}
      </button>
      <button type="button" className="plain" onClick={copy}>
        {words.duplicate}
      </button>
      <button type="button" className="plain" onClick={take}>
        {words.remove}
      </button>
      <button
        type="button"
        className="plain"
        onClick={() => {
          useStudio.setState({ chosen: undefined });
        }}
      >
        {words.close}
      </button>
      <span role="status" className="problem">
        {note}
      </span>
    </div>
  );
}

interface AmountProps {
  label: string;
  value: number | null | undefined;
  step: number;
  min: number;
  max?: number;
  usual?: string;
  set: (value: number | undefined) => void;
}

/** A number that is sent when one is done typing it. */
function Amount({ label, value, step, min, max, usual, set }: AmountProps) {
  const shown = value == null ? "" : String(Math.round(value * 100) / 100);
  const done = (input: HTMLInputElement) => {
    if (input.value !== shown && input.validity.valid)
      set(input.value === "" ? undefined : Number(input.value));
  };
  return (
    <label>
      {label}
      <input
        key={shown}
        type="number"
        defaultValue={shown}
        placeholder={usual}
        step="any"
        min={min}
        max={max}
        data-step={step}
        onBlur={(event) => {
          done(event.currentTarget);
        }}
        onKeyDown={(event) => {
          const { currentTarget: input, key } = event;
          if (key === "Enter") done(input);
          if (key !== "ArrowUp" && key !== "ArrowDown") return;
          event.preventDefault(); // by sensible steps, not to the next whole number
          const next = Number(input.value || min) + (key === "ArrowUp" ? step : -step);
          input.value = String(Math.round(Math.min(Math.max(next, min), max ?? Infinity) * 100) / 100);
        }}
      />
    </label>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T | null | undefined;
  of: T[];
  names: Record<T, string>;
  usual: string;
  set: (value: T | undefined) => void;
}

function Choice<T extends string>({ label, value, of, names, usual, set }: ChoiceProps<T>) {
  return (
    <label>
      {label}
      <select
        value={value ?? ""}
        onChange={(event) => {
          set(of.find((one) => one === event.target.value));
        }}
      >
        <option value="">{usual}</option>
        {of.map((one) => (
          <option key={one} value={one}>
            {names[one]}
          </option>
        ))}
      </select>
    </label>
  );
}
