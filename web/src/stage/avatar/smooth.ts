/** From 0 to 1 without corners. */
export function smooth(share: number): number {
  const x = Math.min(Math.max(share, 0), 1);
  return x * x * (3 - 2 * x);
}
