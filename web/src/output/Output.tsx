/** What is shown, as files. */

import { address } from "../api/http";
import { useStudio, useWords } from "../studio";

const FILES = ["bvh", "npz", "glb", "vrma", "json"] as const;
const WORDS = {
  en: {
    title: "Download the motion",
    bvh: "for Blender, MotionBuilder, Unreal",
    npz: "SMPL / AMASS, for research",
    glb: "an animated figure, for three.js, Blender, Unity",
    vrma: "for any VRM avatar",
    json: "the plan and the timeline",
  },
  zh: {
    title: "下载动作",
    bvh: "用于 Blender、MotionBuilder、Unreal",
    npz: "SMPL / AMASS，用于研究",
    glb: "带动画的人物，用于 three.js、Blender、Unity",
    vrma: "用于任意 VRM 角色",
    json: "计划与时间轴",
  },
};

export function Output() {
  const words = useWords(WORDS);
  const id = useStudio((studio) => studio.shown?.motion.id);
  return (
    <>
      <h2>{words.title}</h2>
      <ul className="files">
        {FILES.map((suffix) => (
          <li key={suffix}>
            <a href={id && address(`/v1/tracks/${id}.${suffix}`)} download>
              {suffix.toUpperCase()}
            </a>{" "}
            <span className="soft">{words[suffix]}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
