/** The rows of the timeline: blocks that can be moved, stretched and dropped, and the playhead. */

import { useCallback, useLayoutEffect, useRef, useState, type CSSProperties, type DragEvent } from "react";
import type { Mask, Placed, Segment, TrackOf } from "../api/motion";
import { clock, useStudio, useWords } from "../studio";
import { useTold } from "../told/useTold";
import { useNames } from "./actions";
import { Add } from "./Add";
import { Block, percent } from "./Block";
import { everyOf, Playhead, Ruler } from "./Ruler";
import { clipAt, clipsOf, endOf, lastOf, place, rowsOf, toFrame } from "./tracks";
import { holdOf, timeAt, timesOf, useDrag, type Drag } from "./useDrag";
import { apply, choose, shownTracks, useTracks, useView } from "./view";
import { useSpan, useZoom } from "./zoom";
import { WORDS } from "./words";

/** The type of what is dragged here from the library: JSON {action, duration?}. */
export const DRAGGED = "application/x-motion-action";

const NONE: Segment[] = [];

export function Tracks() {
  const words = useWords(WORDS);
  const told = useTold();
  const nameOf = useNames();
  const chosen = useStudio((studio) => studio.chosen);
  const segments = useStudio((studio) => studio.shown?.motion.timeline.segments) ?? NONE;
  const zoom = useView((view) => view.zoom);
  const pending = useView((view) => view.pending !== undefined);
  const present = useTracks();
  const seen = useRef<HTMLDivElement>(null);
  const area = useRef<HTMLDivElement>(null);
  const span = useSpan();
  useZoom(seen);
  const { drag, begin, handlers } = useDrag(area, span);
  const [drop, setDrop] = useState<{ mask: Mask; time: number }>();
  const tracks = drag?.edit.tracks ?? present;
  const shown = drag ? drag.edit.at : chosen;
  useFocus(area, shown && `${String(shown.track)}/${String(shown.clip)}`);
  const latest = useRef(begin);
  useLayoutEffect(() => {
    latest.current = begin;
  });
  const take = useCallback<typeof begin>((event, at) => {
    latest.current(event, at);
  }, []);

  const dropAt = (event: DragEvent) => {
    if (!area.current) return 0;
    const time = Math.max(0, timeAt(area.current, span, event.clientX));
    return toFrame(time + (event.altKey ? 0 : (holdOf(area.current, span, [time])?.by ?? 0)));
  };
  const onDrop = (event: DragEvent, mask: Mask) => {
    setDrop(undefined);
    const data = event.dataTransfer.getData(DRAGGED);
    if (!data) return;
    event.preventDefault();
    const { action, duration } = JSON.parse(data) as { action: string; duration?: number };
    const clip = { action, start: dropAt(event), duration: duration && toFrame(duration) };
    void apply(place(shownTracks(), clip, mask));
  };

  const rows = rowsOf(tracks);
  const tab = clipAt(tracks, shown) ? shown : firstOf(tracks);
  const every = everyOf(span, zoom);
  return (
    <div className="tracks" aria-busy={pending}>
      <div className="names">
        <span className="ruler" />
        {rows.map(({ mask }) => (
          <span key={mask}>
            <span aria-hidden="true">{words.rows[mask]}</span>
            <Add mask={mask} />
          </span>
        ))}
      </div>
      <div className="seen" ref={seen}>
        <div
          className="area"
          ref={area}
          data-dragging={drag ? (drag.edge ?? "move") : undefined}
          style={{ width: percent(zoom), "--every": percent(every / span) } as CSSProperties}
          {...handlers}
        >
          <Ruler span={span} every={every} />
          {rows.map(({ mask, tracks: numbers }) => (
            <div
              key={mask}
              className="lane"
              role="group"
              aria-label={words.rows[mask]}
              data-mask={mask}
              data-over={drop?.mask === mask || (drag && !drag.edge && drag.mask === mask) || undefined}
              onPointerDown={(event) => {
                if (event.target !== event.currentTarget || event.button !== 0 || !area.current) return;
                choose(undefined);
                clock.seek(timeAt(area.current, span, event.clientX));
              }}
              onDragOver={(event) => {
                if (!event.dataTransfer.types.includes(DRAGGED)) return;
                event.preventDefault();
                setDrop({ mask, time: dropAt(event) });
              }}
              onDragLeave={() => {
                setDrop(undefined);
              }}
              onDrop={(event) => {
                onDrop(event, mask);
              }}
            >
              {mask === "full" && !drag && !pending && (
                <Added segments={segments} span={span} nameOf={nameOf} />
              )}
              {keyed(tracks, numbers).map(({ key, track, index, clip }) => (
                <Block
                  key={key}
                  clip={clip}
                  track={track}
                  index={index}
                  name={nameOf(clip.action)}
                  span={span}
                  note={told(noteOf(segments, clip))}
                  chosen={shown?.track === track && shown.clip === index}
                  tab={tab?.track === track && tab.clip === index}
                  held={drag?.edit.at?.track === track && drag.edit.at.clip === index}
                  begin={take}
                />
              ))}
              {drag?.mask === mask && <Carried drag={drag} span={span} name={nameOf(drag.clip.action)} />}
              {drop?.mask === mask && <i className="mark" style={{ left: percent(drop.time / span) }} />}
            </div>
          ))}
          {lastOf(tracks.flatMap(({ clips }) => clips)) === 0 && <p className="none">{words.none}</p>}
          {drag?.holds && <i className="mark" style={{ left: percent(drag.holds.at / span) }} />}
          <Playhead span={span} seen={seen} />
        </div>
      </div>
    </div>
  );
}

/** What is under the pointer, and when it will be. */
function Carried({ drag, span, name }: { drag: Drag; span: number; name: string }) {
  const { clip, edge } = drag;
  const at = edge === "end" ? endOf(clip) : clip.start;
  return (
    <>
      {!edge && (
        <i
          className="carried"
          style={{ left: percent(clip.start / span), width: percent((endOf(clip) - clip.start) / span) }}
        >
          {name}
        </i>
      )}
      <output className="times" style={{ left: percent(at / span) }}>
        {timesOf(drag)}
      </output>
    </>
  );
}

/** The focus stays on the chosen block, wherever it has gone. */
function useFocus(area: { current: HTMLElement | null }, chosen: string | undefined): void {
  useLayoutEffect(() => {
    const focus = document.activeElement;
    if (!chosen || (focus !== document.body && !focus?.matches(".block"))) return;
    area.current?.querySelector<HTMLElement>(".block[aria-pressed=true]")?.focus();
  }, [area, chosen]);
}

const firstOf = (tracks: TrackOf[]) => {
  const track = tracks.findIndex(({ clips }) => clips.length > 0);
  return track < 0 ? undefined : { track, clip: 0 };
};

/** The clips of a row; each keeps its key when they change places, so that it is seen to move. */
function keyed(tracks: TrackOf[], numbers: number[]) {
  const counts = new Map<string, number>();
  return numbers.flatMap((track) =>
    clipsOf(tracks, track).map((clip, index) => {
      const count = (counts.get(clip.action) ?? 0) + 1;
      counts.set(clip.action, count);
      return { key: `${clip.action} ${String(count)}`, track, index, clip };
    }),
  );
}

export const noteOf = (segments: Segment[], clip: Placed): string =>
  segments.find((one) => one.phrase && one.action === clip.action && Math.abs(one.start - clip.start) < 0.04)
    ?.note ?? "";

interface AddedProps {
  segments: Segment[];
  span: number;
  nameOf: (action: string) => string;
}

/** What the engine added itself: getting up, standing still. */
function Added({ segments, span, nameOf }: AddedProps) {
  const words = useWords(WORDS);
  return segments
    .filter(({ layer, phrase }) => layer === 0 && !phrase)
    .map(({ action, start, end }) => (
      <span
        key={start}
        className="added"
        title={`${nameOf(action)}\n${words.added}`}
        style={{ left: percent(start / span), width: percent((end - start) / span) }}
      >
        {nameOf(action)}
      </span>
    ));
}
