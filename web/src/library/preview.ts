/** Motions to just look at: the figure makes them once, and then goes on with what it did. */

import * as service from "../api/motion";
import { sample, WIDTH, type Source } from "../stage/source";
import { useStudio } from "../studio";
import { framesOf, type Action } from "./api";

const FPS = 30; // of the library
const LEAST = 4; // s that a cycle is looked at

let playing: { key: string; source: Source; before: Source | undefined } | undefined;
let asked = 0; // an answer that a later wish has overtaken is dropped

/** What is being looked at, by its key; undefined: nothing. */
export function usePreview(): string | undefined {
  return useStudio((studio) => (playing && studio.source === playing.source ? playing.key : undefined));
}

/** Look at an action, while the library is open; a cycle is repeated for a while. */
export const previewAction = ({ name, cyclic }: Pick<Action, "name" | "cyclic">) =>
  preview(name, async () => {
    const data = await framesOf(name);
    return cyclic ? repeated(data, Math.ceil((LEAST * FPS * WIDTH) / data.length)) : data;
  });

/** Look at what some words mean. */
export const previewWords = (key: string, say: string) =>
  preview(key, async () => service.frames((await service.command(say)).id));

async function preview(key: string, load: () => Promise<Float32Array>): Promise<void> {
  if (useStudio.getState().panel !== "library") return;
  const number = ++asked;
  const data = await load();
  if (number !== asked || data.length < WIDTH) return;
  end();
  const into = new Float32Array(WIDTH);
  const last = data.length / WIDTH - 1;
  let frame = 0;
  const source: Source = {
    pose: (delta) => {
      const pose = sample(data, frame, into);
      if (frame > last) end();
      frame += delta * FPS;
      return pose;
    },
  };
  playing = { key, source, before: useStudio.getState().source };
  useStudio.setState({ source });
}

/** The figure does again what it did before; a pose that was edited does not come back once its tool is closed. */
export function end(): void {
  asked++;
  const { panel, source } = useStudio.getState();
  if (playing && source === playing.source) {
    const { before } = playing;
    useStudio.setState({ source: before?.mannequin && panel !== "pose" ? undefined : before });
  }
  playing = undefined;
}

/** A cycle some times over: each begins where, and as turned as, the one before would have gone on. */
export function repeated(cycle: Float32Array, times: number): Float32Array {
  const count = cycle.length / WIDTH;
  if (count < 2 || times < 2) return cycle;
  const value = (k: number) => cycle[k] ?? 0;
  const end = (count - 1) * WIDTH;
  const whole = count / (count - 1); // the last frame leads on to the first: one step more
  const step = [(value(end) - value(0)) * whole, (value(end + 2) - value(2)) * whole] as const;
  const turn = wrapped(heading(cycle, end) - heading(cycle, 0)) * whole;
  const all = new Float32Array(cycle.length * times);
  let [x, z] = [value(0), value(2)];
  for (let time = 0; time < times; time++) {
    const [cos, sin] = [Math.cos(time * turn), Math.sin(time * turn)];
    const along = (dx: number, dz: number) => [cos * dx + sin * dz, cos * dz - sin * dx] as const;
    const half = (time * turn) / 2;
    for (let row = 0; row < cycle.length; row += WIDTH) {
      const at = time * cycle.length + row;
      all.set(cycle.subarray(row, row + WIDTH), at);
      const [dx, dz] = along(value(row) - value(0), value(row + 2) - value(2));
      all[at] = x + dx;
      all[at + 2] = z + dz;
      // A turn about +Y, then what the root does.
      const [c, s] = [Math.cos(half), Math.sin(half)];
      const [w, i, j, k] = [value(row + 3), value(row + 4), value(row + 5), value(row + 6)];
      all.set([c * w - s * j, c * i + s * k, c * j + s * w, c * k - s * i], at + 3);
    }
    const [dx, dz] = along(...step);
    x += dx;
    z += dz;
  }
  return all;
}

/** Radians that a root is turned about +Y. */
const heading = (data: Float32Array, row: number): number =>
  2 * Math.atan2(data[row + 5] ?? 0, data[row + 3] ?? 1);

const wrapped = (angle: number): number => angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
