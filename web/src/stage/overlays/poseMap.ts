/**
 * Pose maps as DWPose draws them, on a canvas: order, colours and thresholds are those of `animator/pose_map.py`.
 *
 * Strokes are as thick as on a canvas of 2160 px that is shrunk: a share of the picture, and so very thin.
 */

export const POINTS = 128; // of a frame: 18 of the body, 21 of each hand, 68 of the face; x, y, score
const CANVAS = 2160;
const SURE = 0.3; // score that limbs need at both ends
/** Of OpenPose's 18 points of the body: which are joined by a limb; their order is that of the colours. */
export const LIMBS = [
  [1, 2], [1, 5], [2, 3], [3, 4], [5, 6], [6, 7], [1, 8], [8, 9], [9, 10], [1, 11], [11, 12], [12, 13],
  [1, 0], [0, 14], [14, 16], [0, 15], [15, 17],
] as const; // prettier-ignore
const HAND = Array.from({ length: 20 }, (_, i) => [i % 4 === 0 ? 0 : i, i + 1] as const);
const BODY = Array.from({ length: 18 }, (_, i) => hue(i / 18));
const FINGERS = Array.from({ length: 20 }, (_, i) => hue(i / 20));

type Color = [number, number, number]; // 0..255

function hue(turn: number): Color {
  const channel = (shift: number): number => {
    const k = (shift + 6 * turn) % 6;
    return 255 * (1 - Math.max(0, Math.min(k, 4 - k, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}

const css = ([r, g, b]: Color, factor: number): string =>
  `rgb(${[r, g, b].map((one) => Math.floor(one * factor)).join(" ")})`;

/** Draws the keypoints of a frame (128 x 3) on the whole canvas. */
export function drawPoseMap(context: CanvasRenderingContext2D, points: Float32Array): void {
  const { width, height } = context.canvas;
  const unit = Math.min(width, height) / CANVAS;
  const x = (i: number): number => (points[3 * i] ?? 0) * width;
  const y = (i: number): number => (points[3 * i + 1] ?? 0) * height;
  const score = (i: number): number => points[3 * i + 2] ?? 0;
  const inside = (i: number): boolean => x(i) > 0 && y(i) > 0;
  const dot = (i: number, radius: number, color: string) => {
    context.fillStyle = color;
    context.beginPath();
    context.arc(x(i), y(i), (radius + 0.5) * unit, 0, 2 * Math.PI);
    context.fill();
  };
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, height);
  LIMBS.forEach(([a, b], k) => {
    if (score(a) < SURE || score(b) < SURE) return;
    const length = Math.hypot(x(a) - x(b), y(a) - y(b));
    const angle = Math.atan2(y(a) - y(b), x(a) - x(b));
    context.fillStyle = css(BODY[k] ?? [0, 0, 0], 0.6 * score(a) * score(b));
    context.beginPath();
    context.ellipse((x(a) + x(b)) / 2, (y(a) + y(b)) / 2, length / 2, 4.5 * unit, angle, 0, 2 * Math.PI);
    context.fill();
  });
  BODY.forEach((color, i) => {
    if (score(i) > SURE) dot(i, 4, css(color, score(i)));
  });
  context.lineWidth = 3 * unit;
  for (const first of [18, 39]) {
    HAND.forEach(([from, to], k) => {
      const [a, b] = [first + from, first + to];
      if (!inside(a) || !inside(b)) return;
      context.strokeStyle = css(FINGERS[k] ?? [0, 0, 0], score(a) * score(b));
      context.beginPath();
      context.moveTo(x(a), y(a));
      context.lineTo(x(b), y(b));
      context.stroke();
    });
    for (let i = first; i < first + 21; i++) if (inside(i)) dot(i, 4, css([0, 0, 255], score(i)));
  }
  for (let i = 60; i < POINTS; i++) if (inside(i)) dot(i, 3, css([255, 255, 255], score(i)));
}
