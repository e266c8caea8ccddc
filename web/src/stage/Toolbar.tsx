/** What is drawn over the stage, from where it is seen, and who plays: a row of small buttons. */

import { useEffect, useRef, type ReactNode, type RefObject } from "react";
import { useWords } from "../studio";
import { useWardrobe, openWardrobe } from "./avatar/wardrobe";
import { lookFrom, OVERLAYS, toggle, useLook, VIEWS, type View } from "./look";
import { WORDS } from "./words";
import { Wardrobe } from "./Wardrobe";

// Drawn on 20 x 20.
const ICONS = {
  avatar: "M10 3a3.2 3.2 0 1 1 0 6.4A3.2 3.2 0 0 1 10 3M3.5 17c.6-3.6 3.2-5.4 6.5-5.4s5.9 1.8 6.5 5.4z",
  skeleton: "M10 6V12M10 12 6.5 18M10 12l3.5 6M4 9l6-1.5L16 9M10 1.8a2 2 0 1 1 0 4 2 2 0 0 1 0-4",
  contacts: "M7 4v8.5c0 1.5 1.5 2 4 2h4.5M3 17.5h14M7 9h3",
  path: "M3 17c5 0 2-7 7-7s2-7 7-7M3 17h.1M17 3h.1",
  shadow:
    "M10 2.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7M3 15.5c0-1.4 3-2.5 7-2.5s7 1.1 7 2.5S14 18 10 18s-7-1.100-7-2.500",
  poseMap: "M3 3h14v14H3zM10 6v4M10 10l-3 4M10 10l3 4M6.500 7.500h7",
  follow: "M3 6h9v8H3zM12 9l5-3v8l-5-3",
  fit: "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4M10 7v6M7 10h6",
  full: "M8 3H3v5M12 3h5v5M17 12v5h-5M8 17H3v-5",
};

export function Toolbar({ stage }: { stage: RefObject<HTMLElement | null> }) {
  const words = useWords(WORDS);
  const look = useLook();
  const open = useWardrobe((wardrobe) => wardrobe.open);
  return (
    <div className="stage-tools" role="group" aria-label={words.tools}>
      <Tool
        icon="avatar"
        label={words.avatar}
        expanded={open}
        act={() => {
          openWardrobe(!open);
        }}
      />
      {open && <Wardrobe />}
      {OVERLAYS.map((name) => (
        <Tool
          key={name}
          icon={name}
          label={words.overlays[name]}
          pressed={look[name]}
          act={() => {
            toggle(name);
          }}
        />
      ))}
      <Tool
        icon="follow"
        label={words.follow}
        pressed={look.follow}
        act={() => {
          toggle("follow");
        }}
      />
      <Tool
        icon="fit"
        label={words.fit}
        act={() => {
          lookFrom("fit");
        }}
      />
      {document.fullscreenEnabled && (
        <Tool
          icon="full"
          label={words.full}
          act={() => {
            void (document.fullscreenElement
              ? document.exitFullscreen()
              : stage.current?.requestFullscreen());
          }}
        />
      )}
      <select
        aria-label={words.from}
        title={words.from}
        value=""
        onChange={(event) => {
          lookFrom(event.target.value as View);
          event.target.blur(); // the space bar is free to pause
        }}
      >
        <option value="" hidden>
          {words.from}
        </option>
        {VIEWS.map((name) => (
          <option key={name} value={name}>
            {words.views[name]}
          </option>
        ))}
        <option value="reset">{words.reset}</option>
      </select>
    </div>
  );
}

function Tool({
  icon,
  label,
  act,
  pressed,
  expanded,
}: {
  icon: keyof typeof ICONS;
  label: string;
  act: () => void;
  pressed?: boolean;
  expanded?: boolean;
}): ReactNode {
  return (
    <button
      type="button"
      className="plain"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      aria-expanded={expanded}
      onClick={(event) => {
        if (event.detail > 0) event.currentTarget.blur(); // clicked: the space bar is free to pause
        act();
      }}
    >
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <path d={ICONS[icon]} />
      </svg>
    </button>
  );
}

/** F, or a double click on the stage: all of the figure is seen. */
export function useFit(stage: RefObject<HTMLElement | null>): void {
  const fit = useRef(() => {
    lookFrom("fit");
  });
  useEffect(() => {
    const element = stage.current;
    const onDouble = (event: MouseEvent) => {
      if (event.target instanceof HTMLCanvasElement) fit.current();
    };
    const onKey = (event: KeyboardEvent) => {
      const typing = (event.target as HTMLElement).matches("input:not([type=range]), textarea, select");
      if (event.key.toLowerCase() === "f" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey)
        fit.current();
    };
    element?.addEventListener("dblclick", onDouble);
    window.addEventListener("keydown", onKey);
    return () => {
      element?.removeEventListener("dblclick", onDouble);
      window.removeEventListener("keydown", onKey);
    };
  }, [stage]);
}
