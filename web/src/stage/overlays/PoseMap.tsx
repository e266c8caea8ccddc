/** The pose map beside the stage: what a renderer of films gets to see of the motion. */

import { useEffect, useRef, useState } from "react";
import { problemOf, type Problem } from "../../api/http";
import * as service from "../../api/motion";
import { clock, useStudio, useWords } from "../../studio";
import { Complaint } from "../../ui/Complaint";
import { WORDS } from "../words";
import { drawPoseMap, POINTS } from "./poseMap";

const SIZE = 512; // px
const FRAME = 3 * POINTS;

export function PoseMap() {
  const words = useWords(WORDS);
  const canvas = useRef<HTMLCanvasElement>(null);
  const motion = useStudio((studio) => studio.shown?.motion);
  const other = useStudio((studio) => studio.source !== undefined);
  const [found, setFound] = useState<{ id: string; points?: Float32Array; problem?: Problem }>();
  const id = motion?.id;
  useEffect(() => {
    if (!id) return;
    let current = true;
    service.keypoints(id).then(
      (points) => {
        if (current) setFound({ id, points });
      },
      (error: unknown) => {
        if (current) setFound({ id, problem: problemOf(error) });
      },
    );
    return () => {
      current = false;
    };
  }, [id]);
  const ready = found !== undefined && found.id === id;
  const points = ready ? found.points : undefined;
  const fps = motion?.timeline.fps ?? 30;
  useEffect(() => {
    const context = canvas.current?.getContext("2d", { alpha: false });
    if (!context || !points) return;
    let drawn = -1;
    const draw = () => {
      const frame = Math.min(Math.round(clock.time * fps), points.length / FRAME - 1);
      if (frame === drawn) return;
      drawn = frame;
      drawPoseMap(context, points.subarray(frame * FRAME, (frame + 1) * FRAME));
    };
    draw();
    return clock.subscribe(draw);
  }, [points, fps]);
  return (
    <figure className="pose-map">
      <canvas
        ref={canvas}
        width={SIZE}
        height={SIZE}
        hidden={!points || other}
        role="img"
        aria-label={words.poseMapOf}
      />
      {other && <p>{words.poseMapOther}</p>}
      {!other && !ready && <p role="status">{words.poseMapWaits}</p>}
      {ready && !other && <Complaint problem={found.problem} />}
    </figure>
  );
}
