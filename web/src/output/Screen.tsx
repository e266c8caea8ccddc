/** A film that is done, to look at. */

import { useState } from "react";
import { address } from "../api/http";
import { useWords } from "../studio";
import type { Render } from "./renders";
import { WORDS } from "./words";

const CALM = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const SIDE_BY_SIDE = 2; // views; three with a picture

export function Screen({ film, title }: { film: Render; title: string }) {
  const words = useWords(WORDS);
  const [shown, setShown] = useState(!CALM);
  const [broken, setBroken] = useState(false);
  if (!film.result) return null;
  if (broken) return <p className="soft small">{words.cannotPlay}</p>;
  const { width, height, view, format } = film.request;
  const views = view === "side-by-side" ? SIDE_BY_SIDE + Number(film.reference) : 1;
  const style = { aspectRatio: `${String(width * views)} / ${String(height)}` };
  const fail = () => {
    setBroken(true);
  };
  if (format === "gif" && !shown)
    return (
      <button
        type="button"
        className="plain"
        onClick={() => {
          setShown(true);
        }}
      >
        {words.show}
      </button>
    );
  if (format === "gif")
    return <img className="screen" style={style} src={address(film.result)} alt={title} onError={fail} />;
  return (
    <video
      className="screen"
      style={style}
      src={`${address(film.result)}#t=0.001`} // so that Safari too shows the first frame before it is played
      preload="metadata"
      controls
      loop
      playsInline
      aria-label={title}
      onError={fail}
      onKeyDown={(event) => {
        event.stopPropagation(); // the space bar plays this, not the stage
      }}
    />
  );
}
