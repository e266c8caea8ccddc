/** The stage with the live character, seen from where one asked. */

import type { Joint } from "../api/motion";
import { Stage } from "../stage/Stage";
import { Framing } from "./Framing";
import type { View } from "./links";

export function Scene({ joints, view, bare = false }: { joints: Joint[]; view: View; bare?: boolean }) {
  return (
    <Stage joints={joints} bare={bare}>
      <Framing view={view} />
    </Stage>
  );
}
