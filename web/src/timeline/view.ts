/** What only the timeline knows: how near one looks, and a change that is being composed. */

import { useLayoutEffect } from "react";
import { create } from "zustand";
import type { TrackOf } from "../api/motion";
import { clock, performTracks, tracksNow, useStudio, type Chosen } from "../studio";
import type { Edit } from "./tracks";

const NEAREST = 64; // times as near as the whole motion

interface View {
  zoom: number; // 1: all of it fits
  pending: TrackOf[] | undefined; // as they will be, until the service has answered
}

export const useView = create<View>(() => ({ zoom: 1, pending: undefined }));

export function setZoom(zoom: number): void {
  useView.setState({ zoom: Math.min(Math.max(zoom, 1), NEAREST) });
}

/** Chooses a block; what was wrong with another one is over. */
export function choose(chosen: Chosen | undefined): void {
  const { chosen: before, problem } = useStudio.getState();
  const same = chosen?.track === before?.track && chosen?.clip === before?.clip;
  useStudio.setState({ chosen, problem: !same && problem?.at === "timeline" ? undefined : problem });
}

/** The tracks as the timeline shows them. */
export const shownTracks = (): TrackOf[] => useView.getState().pending ?? tracksNow();

export function useTracks(): TrackOf[] {
  const pending = useView((view) => view.pending);
  useStudio((studio) => studio.shown);
  useStudio((studio) => studio.asked);
  return pending ?? tracksNow();
}

let count = 0; // of changes: only the last one is awaited

// A command that was performed meanwhile has a timeline of its own.
useStudio.subscribe((studio, before) => {
  if (studio.asked === before.asked || studio.asked.tracks) return;
  count++;
  useView.setState({ pending: undefined });
});

/** Shows a change at once, and composes it; what is impossible is taken back. Whether it is shown. */
export async function apply(edit: Edit): Promise<boolean> {
  const number = ++count;
  const before = useStudio.getState().chosen;
  useView.setState({ pending: edit.tracks });
  choose(edit.at);
  const outcome = await performTracks(edit.tracks);
  if (number === count) {
    useView.setState({ pending: undefined });
    if (outcome === "refused") useStudio.setState({ chosen: before });
  }
  return outcome === "shown";
}

/** Calls `paint` after this render and whenever the clock has moved: so playing renders nothing. */
export function useClockPaint(paint: () => void): void {
  useLayoutEffect(() => {
    paint();
    return clock.subscribe(paint);
  });
}
