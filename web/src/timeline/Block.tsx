/** A block: an action at its place on a row. */

import { memo, type KeyboardEvent, type PointerEvent } from "react";
import type { Placed } from "../api/motion";
import { useWords, type Chosen } from "../studio";
import { onBlockKey } from "./blockKeys";
import { endOf, lengthOf } from "./tracks";
import { choose } from "./view";
import { WORDS } from "./words";

const COLOURS = ["#2f63b0", "#9a4a26", "#236b4c", "#7a4596", "#7c5c0e", "#8d2f5b"];

/** Always the same for an action. */
const colourOf = (action: string): string | undefined =>
  COLOURS[[...action].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % COLOURS.length];

interface Props {
  clip: Placed;
  track: number;
  index: number;
  name: string;
  span: number; // s that the row is wide
  note: string; // what the engine says of it
  chosen: boolean;
  tab: boolean; // whether the tab key leads to it
  held: boolean; // it is where a dragged one will be
  begin: (event: PointerEvent, at: Chosen) => void;
}

export const Block = memo(function Block(props: Props) {
  const { clip, track, index, name, note, span, chosen, held } = props;
  const words = useWords(WORDS);
  const at = { track, clip: index };
  const times = words.block
    .replace("{start}", clip.start.toFixed(1))
    .replace("{end}", endOf(clip).toFixed(1));
  return (
    <button
      type="button"
      className="block"
      aria-pressed={chosen}
      aria-description={[times, note, words.blockKeys].filter(Boolean).join(" ")}
      tabIndex={props.tab ? 0 : -1}
      data-held={held || undefined}
      title={[name, times, note].filter(Boolean).join("\n")}
      style={{
        left: percent(clip.start / span),
        width: percent(lengthOf(clip) / span),
        backgroundColor: colourOf(clip.action),
      }}
      onPointerDown={(event) => {
        props.begin(event, at);
      }}
      onFocus={(event) => {
        if (event.target.matches(":focus-visible")) choose(at);
      }}
      onClick={() => {
        choose(at);
      }}
      onKeyDown={(event: KeyboardEvent) => {
        if (onBlockKey(event, at)) event.preventDefault();
      }}
    >
      <span className="edge" data-edge="start" />
      <span className="label">{name}</span>
      {note && (
        <span className="noted" aria-hidden="true">
          !
        </span>
      )}
      <span className="edge" data-edge="end" />
    </button>
  );
});

export const percent = (share: number): string => `${String(100 * share)}%`;
