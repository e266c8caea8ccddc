/** Draws fewer pixels where the machine is too slow for all of them, and more again where it is not. */

import { useFrame, useThree } from "@react-three/fiber";
import { useRef } from "react";

const SLOW = 1 / 45; // s a frame
const QUICK = 1 / 58;
const FRAMES = 40; // that are looked at
const LEAST = 0.6; // pixels drawn to one of the page
const STEP = 0.8;
const PATIENCE = 4; // times as many quick frames until it tries to draw more again
const PAUSE = 0.25; // s: nothing moved in between

export function Adapt() {
  const { setDpr, viewport } = useThree();
  const seen = useRef({ frames: 0, time: 0, quick: 0 });
  useFrame((_, delta) => {
    if (delta > PAUSE) return;
    const counted = seen.current;
    counted.frames += 1;
    counted.time += delta;
    if (counted.frames < FRAMES) return;
    const mean = counted.time / counted.frames;
    const most = Math.min(window.devicePixelRatio, 2);
    counted.quick = mean < QUICK ? counted.quick + 1 : 0;
    if (mean > SLOW && viewport.dpr > LEAST) setDpr(Math.max(LEAST, viewport.dpr * STEP));
    else if (counted.quick >= PATIENCE && viewport.dpr < most) {
      setDpr(Math.min(most, viewport.dpr / STEP));
      counted.quick = 0;
    }
    counted.frames = counted.time = 0;
  });
  return null;
}
