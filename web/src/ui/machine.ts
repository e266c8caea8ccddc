/** What the visitor's machine can, and what they have asked it for. */

/** Nothing moves by itself. */
export const CALM = window.matchMedia("(prefers-reduced-motion: reduce)");

export const CAN_DRAW = document.createElement("canvas").getContext("webgl2") !== null;
