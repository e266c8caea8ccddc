/** The action library: find, add, put in. */

export function Library() {
  return null;
}
