/** What the edges of a block hold on to while it is dragged. */

export interface Hold {
  by: number; // s, to move it
  at: number; // s, where an edge is then
}

/** The nearest mark to one of the edges, if it is no further than `reach` seconds. */
export function nearest(edges: readonly number[], marks: readonly number[], reach: number): Hold | undefined {
  const ways = edges.flatMap((edge) => marks.map((at) => ({ at, by: at - edge })));
  const best = ways.reduce<Hold | undefined>(
    (one, other) => (one && Math.abs(one.by) <= Math.abs(other.by) ? one : other),
    undefined,
  );
  return best && Math.abs(best.by) <= reach ? best : undefined;
}

/** Other blocks and the playhead hold from `reach` seconds, whole seconds from half of it. */
export function hold(edges: readonly number[], marks: readonly number[], reach: number): Hold | undefined {
  return nearest(edges, marks, reach) ?? nearest(edges, edges.map(Math.round), reach / 2);
}
