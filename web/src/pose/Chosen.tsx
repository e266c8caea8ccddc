/** The chosen handle in numbers, and by the keyboard. */

import { Quaternion } from "three";
import { useWords } from "../studio";
import { HANDLES, TURNING, turnOf, type Handle } from "./drag";
import { drawn, editPose, keyOf, stance, useEditor, useKey } from "./editor";
import { Choice, named } from "../ui/Choice";
import { Amount, Place } from "./Fields";
import { HandFields } from "./HandFields";
import { carried, type Foot, type Pose, type Side } from "./model";
import { wayInView } from "./view";
import { WORDS } from "./words";

const STEP = 0.01; // m, of an arrow key
const ANGLE = Math.PI / 60;
const FASTER = 5;

export function Chosen() {
  const words = useWords(WORDS);
  const handle = useEditor((editor) => editor.handle);
  const mode = useEditor((editor) => editor.mode);
  const key = useKey();
  if (!key) return null;
  const side: Side = handle.startsWith("left") ? "left" : "right";
  return (
    <>
      <div className="row">
        <Choice
          label={words.handle}
          bare
          value={handle}
          of={named(HANDLES, words.handles)}
          set={(one) => {
            useEditor.setState({ handle: one });
          }}
        />
        <div role="group" aria-label={words.mode} className="row">
          {(["move", "turn"] as const).map((one) => (
            <button
              key={one}
              type="button"
              className="plain pose-mode"
              aria-pressed={mode === one}
              disabled={one === "turn" && !TURNING.includes(handle)}
              onClick={() => {
                useEditor.setState({ mode: one });
              }}
            >
              {words.modes[one]}
            </button>
          ))}
        </div>
        <Pad />
      </div>
      {/hand|elbow/.test(handle) && <HandFields side={side} pose={key.pose} />}
      {/foot|toes|knee/.test(handle) && <FootFields side={side} pose={key.pose} />}
      {handle === "hips" && <HipFields pose={key.pose} />}
      {handle === "chest" && <Bends channel="spine" pose={key.pose} />}
      {handle === "head" && <Bends channel="head" pose={key.pose} />}
      {handle === "whole" && <WholeFields pose={key.pose} first={key.t === 0} />}
    </>
  );
}

/** What the arrow keys do to the chosen handle. */
function Pad() {
  const words = useWords(WORDS);
  const handle = useEditor((editor) => editor.handle);
  const mode = useEditor((editor) => editor.mode);
  const turning = mode === "turn" && TURNING.includes(handle);
  return (
    <button
      type="button"
      id="pose-pad"
      className="plain pose-pad"
      aria-label={`${words.handles[handle]}: ${turning ? words.padTurn : words.pad}`}
      aria-description={words.padHelp}
      title={words.padHelp}
      onKeyDown={(event) => {
        const by = WAY[event.key];
        if (!by) return;
        event.preventDefault();
        const fast = event.shiftKey ? FASTER : 1;
        if (turning) turn(handle, by, fast * ANGLE);
        else step(handle, by, fast * STEP);
      }}
    >
      {words.padShort}
    </button>
  );
}

const WAY: Record<string, [number, number, number]> = {
  ArrowRight: [1, 0, 0],
  ArrowLeft: [-1, 0, 0],
  ArrowUp: [0, 1, 0],
  ArrowDown: [0, -1, 0],
  PageUp: [0, 0, 1],
  PageDown: [0, 0, -1],
};

function step(handle: Handle, [x, y, z]: [number, number, number], size: number): void {
  const editor = useEditor.getState();
  const key = keyOf(editor);
  if (!key || !editor.body) return;
  drawn(handle, key.pose, editor.body, wayInView(x, y, z).multiplyScalar(size), `step ${handle}`);
}

/** Left and right turn about the axis upward of what is held, up and down about the one across, the others ahead. */
function turn(handle: Handle, [x, y, z]: [number, number, number], angle: number): void {
  const editor = useEditor.getState();
  const key = keyOf(editor);
  if (!key || !editor.body) return;
  const own = turnOf(handle, editor.body);
  const about = wayInView(0, 0, 0).set(-y, x, z).applyQuaternion(own);
  const by = new Quaternion().setFromAxisAngle(about, angle);
  drawn(handle, key.pose, editor.body, by, `step ${handle}`);
}

function FootFields({ side, pose }: { side: Side; pose: Pose }) {
  const words = useWords(WORDS);
  const foot = pose[`${side}_foot`];
  const put = (values: Partial<Foot>) => {
    editPose(
      { ...pose, [`${side}_foot`]: { ...foot, ...values } },
      `${side} foot ${Object.keys(values).join()}`,
    );
  };
  return (
    <div className="pose-fields">
      <Amount
        label={words.outward}
        value={100 * foot.at[0]}
        step={1}
        set={(value) => {
          put({ at: [value / 100, foot.at[1]] });
        }}
      />
      <Amount
        label={words.forward}
        value={100 * foot.at[1]}
        step={1}
        set={(value) => {
          put({ at: [foot.at[0], value / 100] });
        }}
      />
      <Amount
        label={words.lift}
        value={100 * foot.lift}
        step={1}
        min={0}
        max={150}
        set={(value) => {
          put({ lift: value / 100 });
        }}
      />
      {(["yaw", "pitch", "knee"] as const).map((name) => (
        <Amount
          key={name}
          label={{ yaw: words.toes, pitch: words.pitch, knee: words.knee }[name]}
          value={foot[name]}
          step={1}
          min={-180}
          max={180}
          set={(value) => {
            put({ [name]: value });
          }}
        />
      ))}
    </div>
  );
}

function HipFields({ pose }: { pose: Pose }) {
  const words = useWords(WORDS);
  return (
    <>
      <div className="pose-fields">
        <Place
          labels={[words.left, words.up, words.forward]}
          at={pose.hips}
          set={(hips, axis) => {
            editPose({ ...pose, hips }, `hips ${String(axis)}`);
          }}
        />
      </div>
      <Bends channel="pelvis" pose={pose} />
    </>
  );
}

function Bends({ channel, pose }: { channel: "pelvis" | "spine" | "head"; pose: Pose }) {
  const words = useWords(WORDS);
  return (
    <div className="pose-fields">
      {[words.bend, words.turn, words.lean].map((label, axis) => (
        <Amount
          key={label}
          label={label}
          value={pose[channel][axis] ?? 0}
          step={1}
          min={-180}
          max={180}
          set={(value) => {
            const angles = pose[channel].map((old, at) => (at === axis ? value : old));
            editPose({ ...pose, [channel]: angles }, `${channel} ${String(axis)}`);
          }}
        />
      ))}
    </div>
  );
}

function WholeFields({ pose, first }: { pose: Pose; first: boolean }) {
  const words = useWords(WORDS);
  if (first) return <p className="soft pose-hint">{words.first}</p>;
  const [x, z, turn] = pose.root;
  const put = (root: Pose["root"], what: string) => {
    editPose(carried(pose, root, stance()), what);
  };
  return (
    <div className="pose-fields">
      <Amount
        label={words.left}
        value={100 * x}
        step={5}
        digits={0}
        set={(value) => {
          put([value / 100, z, turn], "left");
        }}
      />
      <Amount
        label={words.forward}
        value={100 * z}
        step={5}
        digits={0}
        set={(value) => {
          put([x, value / 100, turn], "forward");
        }}
      />
      <Amount
        label={words.turn}
        value={turn}
        step={5}
        digits={0}
        set={(value) => {
          put([x, z, value], "turn");
        }}
      />
    </div>
  );
}
