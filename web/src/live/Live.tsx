/** A room with a live character. */

export function Live() {
  return null;
}
