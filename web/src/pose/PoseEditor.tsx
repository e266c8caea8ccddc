/** To be built. */

export function PoseEditor() {
  return <p>PoseEditor</p>;
}
