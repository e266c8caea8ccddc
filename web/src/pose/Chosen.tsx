/** The chosen handle in numbers, and by the keyboard. */

import { Quaternion } from "three";
import { useWords } from "../studio";
import { HANDLES, reframed, TURNING, turnOf, type Handle } from "./drag";
import { drawn, editPose, keyOf, stance, useEditor, useKey } from "./editor";
import { Amount, Choice } from "./Fields";
import {
  carried,
  FINGERS,
  FRAMES,
  type Fingers,
  type Foot,
  type Frame,
  type Hand,
  type Pose,
  type Side,
} from "./model";
import { wayOf, worded } from "./script";
import { wayInView } from "./view";
import { WORDS } from "./words";

const STEP = 0.01; // m, of an arrow key
const ANGLE = Math.PI / 60;
const FASTER = 5;
const WAYS = ["out", "in", "up", "down", "forward", "back"];
const MOST_CM = 300;

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
          of={HANDLES.map((one) => [one, words.handles[one]])}
          set={(one) => {
            useEditor.setState({ handle: one as Handle });
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

function HandFields({ side, pose }: { side: Side; pose: Pose }) {
  const words = useWords(WORDS);
  const hand = pose[`${side}_hand`];
  const put = (values: Partial<Hand>) => {
    editPose(
      { ...pose, [`${side}_hand`]: { ...hand, ...values } },
      `${side} hand ${Object.keys(values).join()}`,
    );
  };
  const labels = [words.outward, words.up, words.forward];
  const ways = (extra: string) =>
    [["", extra], ...WAYS.map((way) => [way, words.ways[way] ?? way])] as [string, string][];
  const told = (way: Hand["palm"]): string => (way ? (worded(way) ?? "other") : "");
  const other = (way: Hand["palm"]): [string, string][] =>
    told(way) === "other" ? [["other", words.turned]] : [];
  const goWith = (frame: Frame) => {
    const { body } = useEditor.getState();
    if (body) put(reframed(hand, frame, side, pose, body));
  };
  return (
    <div className="pose-fields">
      {labels.map((label, axis) => (
        <Amount
          key={label}
          label={label}
          value={100 * (hand.at[axis] ?? 0)}
          step={1}
          min={-MOST_CM}
          max={MOST_CM}
          set={(value) => {
            put({ at: hand.at.map((old, at) => (at === axis ? value / 100 : old)) as Hand["at"] });
          }}
        />
      ))}
      <Choice
        label={words.shape}
        value={pose[`${side}_fingers`]}
        of={FINGERS.map((one) => [one, words.shapes[one]])}
        set={(one) => {
          editPose({ ...pose, [`${side}_fingers`]: one as Fingers });
        }}
      />
      <Choice
        label={words.palm}
        value={told(hand.palm)}
        of={[...ways(words.byItself), ...other(hand.palm)]}
        set={(way) => {
          if (way !== "other") put(palmTo(hand, way));
        }}
      />
      <Choice
        label={words.points}
        value={told(hand.palm && hand.fingers)}
        of={[...ways(words.byItself), ...other(hand.palm && hand.fingers)]}
        set={(way) => {
          if (way !== "other") put(fingersTo(hand, way));
        }}
      />
      <Choice
        label={words.elbow}
        value={told(hand.elbow)}
        of={[...ways(words.byItself), ...other(hand.elbow)]}
        set={(way) => {
          if (way !== "other") put({ elbow: way ? wayOf(way) : undefined });
        }}
      />
      <Choice
        label={words.frame}
        value={hand.frame}
        of={FRAMES.map((one) => [one, words.frames[one]])}
        set={(one) => {
          goWith(one as Frame);
        }}
      />
    </div>
  );
}

type Way = Hand["palm"];

const across = (a: Way, b: Way): boolean =>
  !a || !b || Math.abs(a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) < 0.9 * Math.hypot(...a) * Math.hypot(...b);

/** The palm another way; fingers that cannot point where they did then are as the forearm has them. */
function palmTo(hand: Hand, way: string): Partial<Hand> {
  if (!way) return { palm: undefined, fingers: undefined };
  const palm = wayOf(way);
  return { palm, fingers: across(palm, hand.fingers) ? hand.fingers : undefined };
}

/** The fingers another way; the palm looks across to them. */
function fingersTo(hand: Hand, way: string): Partial<Hand> {
  if (!way) return { fingers: undefined };
  const fingers = wayOf(way);
  const usual = [wayOf("in"), wayOf("down")].find((palm) => across(palm, fingers));
  return { fingers, palm: hand.palm && across(hand.palm, fingers) ? hand.palm : usual };
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
  const labels = [words.left, words.up, words.forward];
  return (
    <>
      <div className="pose-fields">
        {labels.map((label, axis) => (
          <Amount
            key={label}
            label={label}
            value={100 * (pose.hips[axis] ?? 0)}
            step={1}
            min={-MOST_CM}
            max={MOST_CM}
            set={(value) => {
              const hips = pose.hips.map((old, at) => (at === axis ? value / 100 : old)) as Pose["hips"];
              editPose({ ...pose, hips }, `hips ${String(axis)}`);
            }}
          />
        ))}
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
