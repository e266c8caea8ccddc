/** To be built. */

export function Output() {
  return <p>Output</p>;
}
