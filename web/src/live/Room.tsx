/** To be built. */

export function Room() {
  return <p>Room</p>;
}
