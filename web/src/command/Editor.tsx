/** Where the command is typed. Its words are marked on a paper that lies behind the field and grows with it. */

import { useRef, useState, type KeyboardEvent, type PointerEvent, type RefObject } from "react";
import { said, useWords } from "../studio";
import { DRAGGED } from "../timeline/Tracks";
import { carried, pieces, type Reading, type Style } from "./marks";
import { WORDS } from "./words";

interface Props {
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  reading: Reading | undefined;
  refused: boolean;
  onText: (text: string) => void;
  onComposing: (composing: boolean) => void;
  onSubmit: () => void;
  onDown: () => boolean; // to what is suggested below; whether there is anything
  onEscape: () => void;
}

export function Editor({ field, text, reading, refused, ...tell }: Props) {
  const words = useWords(WORDS);
  const paper = useRef<HTMLDivElement>(null);
  const back = useHistory(text, tell.onText);
  const marks = reading ? carried(reading.marks, reading.text, text) : [];
  const shown = (style: Style) => (refused && style === "unfinished" ? "unknown" : style);
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return; // Enter chooses characters
    const { selectionStart, clientHeight } = event.currentTarget;
    const oneLine = clientHeight < 2 * parseFloat(getComputedStyle(event.currentTarget).lineHeight);
    const keys: Record<string, () => boolean> = {
      Enter: () => {
        if (event.shiftKey) return false;
        back.forget();
        tell.onSubmit();
        return true;
      },
      ArrowUp: () => (oneLine || selectionStart === 0) && back.go(1),
      ArrowDown: () => (oneLine || selectionStart === text.length) && (back.go(-1) || tell.onDown()),
      Escape: () => {
        if (!back.leave()) tell.onEscape();
        return true;
      },
    };
    if (keys[event.key]?.()) event.preventDefault();
  };
  return (
    <div className="editor">
      <div className="paper" aria-hidden="true" ref={paper}>
        {pieces(text, marks).map(({ text: piece, style }, index) =>
          style ? (
            <span key={index} className={`mark ${shown(style)}`} data-says={words.styles[shown(style)]}>
              {piece}
            </span>
          ) : (
            piece
          ),
        )}
        {text === "" ? words.ask : "\u200b"}
      </div>
      <textarea
        id="command"
        ref={field}
        rows={1}
        aria-label={words.ask}
        placeholder={words.ask}
        value={text}
        maxLength={20000}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        aria-invalid={refused}
        aria-describedby="reading"
        onKeyDown={onKeyDown}
        onChange={(event) => {
          back.forget();
          tell.onText(event.target.value);
        }}
        onDrop={(event) => {
          if (!event.dataTransfer.types.includes(DRAGGED)) return;
          event.preventDefault(); // else it would stick to the word before
          const before = text.trimEnd();
          const name = event.dataTransfer.getData("text/plain");
          tell.onText(before ? `${before}${words.then}${name}` : name);
        }}
        onCompositionStart={() => {
          tell.onComposing(true);
        }}
        onCompositionEnd={() => {
          tell.onComposing(false);
        }}
        onPointerMove={(event) => {
          event.currentTarget.title = under(event, paper.current);
        }}
      />
    </div>
  );
}

/** What the mark under the pointer says. */
function under({ clientX, clientY }: PointerEvent, paper: HTMLElement | null): string {
  for (const mark of paper?.querySelectorAll<HTMLElement>(".mark") ?? [])
    for (const { left, right, top, bottom } of mark.getClientRects())
      if (clientX >= left && clientX < right && clientY >= top && clientY < bottom)
        return mark.dataset["says"] ?? "";
  return "";
}

/** Going back through what was said before; what was being typed is at its end. */
function useHistory(text: string, onText: (text: string) => void) {
  const [place, setPlace] = useState<{ at: number; typed: string }>(); // `at`: how far back, from 0
  const show = (at: number, typed: string) => {
    setPlace(at < 0 ? undefined : { at, typed });
    onText(at < 0 ? typed : (said()[at] ?? ""));
  };
  return {
    /** One further back (1) or forth (-1); whether there is one. */
    go(by: 1 | -1): boolean {
      if (by < 0 && !place) return false;
      const at = (place?.at ?? -1) + by;
      if (at >= said().length) return true;
      show(
        at === 0 && !place && said()[0] === text ? Math.min(1, said().length - 1) : at,
        place?.typed ?? text,
      );
      return true;
    },
    /** Back to what was being typed; whether one was away from it. */
    leave(): boolean {
      if (place) show(-1, place.typed);
      return place !== undefined;
    },
    forget(): void {
      setPlace(undefined);
    },
  };
}
