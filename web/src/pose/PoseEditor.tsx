/** Key poses: made by dragging, saved as an action. */

import { useEffect } from "react";
import { sample, WIDTH } from "../stage/source";
import { clock, useStudio, useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { Chosen } from "./Chosen";
import {
  begin,
  edit,
  editPose,
  isOnStage,
  leave,
  redo,
  stance,
  takePose,
  undo,
  useEditor,
  useKey,
  useOnStage,
} from "./editor";
import { Keys, KeyTools, Transport } from "./Keys";
import { carried, mirror, STANCE, type Pose } from "./model";
import "./pose.css";
import { Save } from "./Save";
import { JOINTS, WORDS } from "./words";

export function PoseEditor() {
  const words = useWords(WORDS);
  const joints = useStudio((studio) => studio.joints);
  const onStage = useOnStage();
  const asking = useEditor((editor) => editor.asking);
  const problem = useEditor((editor) => editor.problem);
  useEffect(() => {
    if (joints) begin();
  }, [joints]);
  useEffect(() => {
    window.addEventListener("keydown", onKey, { capture: true });
    return () => {
      window.removeEventListener("keydown", onKey, { capture: true });
      leave();
    };
  }, []);
  return (
    <div className="pose" aria-busy={asking}>
      <p className="soft pose-hint">{words.intro}</p>
      {onStage ? (
        <>
          <Transport />
          <Keys />
          <KeyTools />
          <Chosen />
          <PoseTools />
          <Note />
        </>
      ) : (
        <Away />
      )}
      <Complaint problem={problem} />
      <Save />
      <details>
        <summary>{words.help}</summary>
        <ul className="soft">
          {words.helps.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      </details>
    </div>
  );
}

/** Undo belongs to what is edited while that is on the stage, before the page's own undo hears of it. */
function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  const typing = target.matches("input:not([type=range], [type=checkbox], [type=number]), textarea");
  const wanted = (event.ctrlKey || event.metaKey) && /^[zy]$/i.test(event.key);
  if (!wanted || typing || target.closest(".timeline") || !isOnStage()) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.shiftKey || /y/i.test(event.key)) redo();
  else undo();
}

/** What can be done with the pose of the chosen key. */
function PoseTools() {
  const words = useWords(WORDS);
  const key = useKey();
  const motion = useEditor((editor) => editor.motion);
  const copied = useEditor((editor) => editor.copied);
  if (!key) return null;
  const here = (pose: Pose) => {
    editPose(carried(pose, key.pose.root, stance())); // where the figure is in this key
  };
  const tools: [string, () => void, boolean?][] = [
    [
      words.mirror,
      () => {
        here(mirror(key.pose));
      },
    ],
    [
      words.copy,
      () => {
        useEditor.setState({ copied: key.pose });
      },
    ],
    [
      words.paste,
      () => {
        if (copied) here(copied);
      },
      !copied,
    ],
    [
      words.stance,
      () => {
        here(STANCE);
      },
    ],
    [
      words.mirrorAll,
      () => {
        edit({ ...motion, keys: motion.keys.map((one) => ({ ...one, pose: mirror(one.pose) })) });
      },
    ],
    [words.take, leave],
  ];
  return (
    <div className="row pose-tools" role="group" aria-label={words.pose}>
      {tools.map(([label, act, off]) => (
        <button key={label} type="button" className="plain" disabled={off} onClick={act}>
          {label}
        </button>
      ))}
    </div>
  );
}

/** What became of a pose that was taken. */
function Note() {
  const words = useWords(WORDS);
  const language = useStudio((studio) => studio.language);
  const note = useEditor((editor) => editor.note);
  const cm = ((note?.apart ?? 0) * 100).toFixed(1);
  const text = (note?.apart ?? 0) > 0.02 ? words.taken : words.takenWell;
  return (
    <p className="soft pose-hint" role="status">
      {note && text.replace("{joint}", jointIn(language, note.joint)).replace("{cm}", cm)}
    </p>
  );
}

function jointIn(language: string, name: string): string {
  const [side, part] = name.includes("_") ? (name.split("_") as [string, string]) : ["", name];
  if (language === "en") return `the ${name.replaceAll("_", " ")}`;
  return `${side === "left" ? "左" : side === "right" ? "右" : ""}${JOINTS[part] ?? part}`;
}

/** The stage shows what was performed: a pose of it can be taken, or the stage back. */
function Away() {
  const words = useWords(WORDS);
  const shown = useStudio((studio) => studio.shown);
  const take = () => {
    if (!shown) return;
    void takePose(sample(shown.data, clock.time * shown.motion.timeline.fps, new Float32Array(WIDTH)));
  };
  return (
    <div className="pose-away">
      <p role="status">{shown ? words.taking : words.takeFirst}</p>
      <div className="row">
        <button type="button" disabled={!shown} onClick={take}>
          {words.takeIt}
        </button>
        <button type="button" className="plain" onClick={begin}>
          {words.back}
        </button>
      </div>
    </div>
  );
}
