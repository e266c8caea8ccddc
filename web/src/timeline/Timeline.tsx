/** To be built. */

export function Timeline() {
  return <section />;
}
