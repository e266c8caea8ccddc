/** A film that is done, to look at. */

import { useState } from "react";
import { address } from "../api/http";
import { useWords } from "../studio";
import { CALM } from "../ui/machine";
import type { Render } from "./renders";
import { WORDS } from "./words";

export function Screen({ film, title }: { film: Render; title: string }) {
  const words = useWords(WORDS);
  const [shown, setShown] = useState(!CALM.matches);
  const [near, setNear] = useState(false);
  const [broken, setBroken] = useState(false);
  if (!film.result) return null;
  if (broken) return <p className="soft small">{words.cannotPlay}</p>;
  const { format } = film.request;
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
    return (
      <div className="screen" data-near>
        <img src={address(film.result)} alt={title} onError={fail} />
      </div>
    );
  // The controls would cover the picture: they come when somebody does.
  const come = () => {
    setNear(true);
  };
  return (
    <div className="screen" data-near={near || undefined}>
      <video
        src={`${address(film.result)}#t=0.001`} // so that Safari too shows the first frame before it is played
        preload="metadata"
        tabIndex={0}
        controls={near}
        loop
        playsInline
        aria-label={title}
        onPointerEnter={come}
        onFocus={come}
        onError={fail}
        onKeyDown={(event) => {
          event.stopPropagation(); // the space bar plays this, not the stage
        }}
      />
    </div>
  );
}
