/** What is below the stage: play, the timeline with its playhead, downloads. */

import { memo, useEffect, useSyncExternalStore } from "react";
import type { Motion } from "./api";
import type { Clock } from "./clock";
import type { Words } from "./words";

const COLOURS = ["#3f6fb5", "#a8552f", "#2f7d5b", "#7a4f9a", "#8a6d1f"];
const ADDED = "#66707d"; // what the engine added itself
const FILES = ["bvh", "glb", "vrma", "npz", "json"];

/** A row for the body and one for each layer. */
const Blocks = memo(function Blocks({ timeline }: { timeline: Motion["timeline"] }) {
  const { segments, duration } = timeline;
  const layers = [...new Set(segments.map((segment) => segment.layer))].sort((a, b) => a - b);
  const names = [...new Set(segments.filter((segment) => segment.phrase).map((segment) => segment.action))];
  const share = (seconds: number) => `${String((100 * seconds) / duration)}%`;
  return layers.map((layer) => (
    <div key={layer} className="row">
      {segments
        .filter((segment) => segment.layer === layer)
        .map(({ action, phrase, start, end, note }) => (
          <span
            key={start}
            className="block"
            title={`${phrase || action} ${start.toFixed(1)}–${end.toFixed(1)} s${note && `, ${note}`}`}
            style={{
              left: share(start),
              width: share(end - start),
              background: phrase ? COLOURS[names.indexOf(action) % COLOURS.length] : ADDED,
            }}
          >
            {action.replaceAll("_", " ")}
          </span>
        ))}
    </div>
  ));
});

export function Player({ motion, clock, words }: { motion: Motion; clock: Clock; words: Words }) {
  const time = useSyncExternalStore(clock.subscribe, () => clock.time);
  const playing = useSyncExternalStore(clock.subscribe, () => clock.playing);
  const { fps, duration } = motion.timeline;
  const now = `${time.toFixed(1)} / ${duration.toFixed(1)} s`;

  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.key !== " " || target.matches("input:not([type=range]), button, a")) return;
      event.preventDefault();
      clock.toggle();
    };
    window.addEventListener("keydown", key);
    return () => {
      window.removeEventListener("keydown", key);
    };
  }, [clock]);

  return (
    <section className="player" aria-label={words.player}>
      <button
        type="button"
        className="toggle"
        title={words.space}
        onClick={() => {
          clock.toggle();
        }}
      >
        {playing ? words.pause : words.play}
      </button>
      <div className="tracks">
        <Blocks timeline={motion.timeline} />
        <div className="playhead" style={{ left: `${String((100 * time) / duration)}%` }} />
        <input
          type="range"
          aria-label={words.time}
          aria-valuetext={now}
          min={0}
          max={duration}
          step={1 / fps}
          value={time}
          onChange={(event) => {
            clock.seek(Number(event.target.value));
          }}
        />
      </div>
      <span className="clock">{now}</span>
      <nav aria-label={words.download}>
        {FILES.map((suffix) => (
          <a
            key={suffix}
            href={`/v1/tracks/${motion.id}.${suffix}`}
            download
            aria-label={`${words.download} ${suffix}`}
          >
            {suffix.toUpperCase()}
          </a>
        ))}
      </nav>
    </section>
  );
}
