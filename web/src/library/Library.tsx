/** To be built. */

export function Library() {
  return <p>Library</p>;
}
