/** The handles on the figure: drawn along the picture's plane, or turned by rings. */

import { useFrame, useThree, type ThreeEvent } from "@react-three/fiber";
import { useCallback, useEffect, useRef } from "react";
import { Plane, Quaternion, Raycaster, Vector3, type Camera, type Group } from "three";
import type { Body } from "./body";
import { HANDLES, placeOf, turnOf, TURNING, type Handle } from "./drag";
import { drawn, keyOf, letGoOf, useEditor, useKey, useOnStage } from "./editor";
import type { Pose } from "./model";
import { setView } from "./view";

// Of the distance from the camera, so that handles look the same near and far.
const SIZE = 0.0105;
const SMALL = 0.7; // of it: elbows, knees, toes
const REACH = 2; // how much larger what can be grabbed is than what is seen
const RING = 0.055;
const COLOURS = { left: "#2d6fd6", right: "#d9541e", middle: "#1f8a5b", chosen: "#e0218a" };
const AXES = [
  ["x", "#d33a3a", new Vector3(1, 0, 0), [0, Math.PI / 2, 0]],
  ["y", "#2f9e44", new Vector3(0, 1, 0), [Math.PI / 2, 0, 0]],
  ["z", "#2f6fdb", new Vector3(0, 0, 1), [0, 0, 0]],
] as const;

export function PoseHandles() {
  const onStage = useOnStage();
  const view = useEditor((editor) => editor.view);
  const body = useEditor((editor) => editor.body);
  const mode = useEditor((editor) => editor.mode);
  const chosen = useEditor((editor) => editor.handle);
  const key = useKey();
  const first = useEditor((editor) => editor.motion.keys[0]?.id);
  const { camera, invalidate } = useThree();
  useEffect(
    () =>
      useEditor.subscribe(() => {
        invalidate(); // what is edited only moves when it is changed
      }),
    [invalidate],
  );
  useFrame(() => {
    setView(camera);
  });
  if (!onStage || view !== "key" || !body || !key) return null;
  const there = HANDLES.filter((handle) => handle !== "whole" || key.id !== first);
  return (
    <group name="pose-handles">
      {there.map((handle) => (
        <Ball key={handle} handle={handle} />
      ))}
      {mode === "turn" && TURNING.includes(chosen) && there.includes(chosen) && <Rings handle={chosen} />}
    </group>
  );
}

/** The camera's own controls rest while a handle is held. */
function orbit(controls: unknown, enabled: boolean): void {
  Object.assign(controls ?? {}, { enabled });
}

/** What a handle is drawn from: where all was when it was grabbed. */
interface Held {
  pose: Pose;
  body: Body;
  camera: Camera; // as it was: the camera follows the figure, but the hand on the mouse does not
  what: string; // this drag, for undo
}

let drags = 0;

function grab(camera: Camera): Held | undefined {
  const editor = useEditor.getState();
  const key = keyOf(editor);
  drags += 1;
  return key && editor.body
    ? { pose: key.pose, body: editor.body, camera: camera.clone(), what: `drag ${String(drags)}` }
    : undefined;
}

/** Follows a pointer that holds something, until it is let go. */
function useHold<T>(
  handle: Handle,
  begin: (event: ThreeEvent<PointerEvent>, held: Held) => T,
  carry: (event: ThreeEvent<PointerEvent>, held: Held, from: T) => void,
) {
  const get = useThree((three) => three.get);
  const hold = useRef<{ held: Held; from: T }>(undefined);
  const release = useCallback(() => {
    hold.current = undefined;
    orbit(get().controls, true);
    letGoOf(handle);
  }, [get, handle]);
  useEffect(
    () => () => {
      if (hold.current) release(); // the stage was taken, or the tool closed, while it was held
    },
    [release],
  );
  const end = (event: ThreeEvent<PointerEvent>) => {
    if (!hold.current) return;
    event.stopPropagation();
    release();
    get().invalidate(); // its ball is where the figure has got to
    document.getElementById("pose-pad")?.focus({ preventScroll: true }); // the arrow keys go on from there
  };
  return {
    onPointerDown: (event: ThreeEvent<PointerEvent>) => {
      if (event.button !== 0) return;
      event.stopPropagation();
      useEditor.setState({ handle });
      const held = grab(get().camera);
      if (!held) return;
      (event.target as Element).setPointerCapture(event.pointerId);
      orbit(get().controls, false);
      hold.current = { held, from: begin(event, held) };
    },
    onPointerMove: (event: ThreeEvent<PointerEvent>) => {
      if (!hold.current) return;
      event.stopPropagation();
      carry(event, hold.current.held, hold.current.from);
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}

const caster = new Raycaster();

/** Where the pointer is on a plane that faces the camera. */
function onPlane(event: ThreeEvent<PointerEvent>, camera: Camera, plane: Plane): Vector3 | undefined {
  caster.setFromCamera(event.pointer, camera);
  return caster.ray.intersectPlane(plane, new Vector3()) ?? undefined;
}

function colourOf(handle: Handle, chosen: boolean): string {
  if (chosen) return COLOURS.chosen;
  return handle.startsWith("left")
    ? COLOURS.left
    : handle.startsWith("right")
      ? COLOURS.right
      : COLOURS.middle;
}

function Ball({ handle }: { handle: Handle }) {
  const chosen = useEditor((editor) => editor.handle === handle);
  const node = useRef<Group>(null);
  const goal = useRef<Vector3>(undefined); // where the pointer has it, before the figure is there
  const hold = useHold(
    handle,
    (event, { pose, body, camera }) => {
      const at = placeOf(handle, pose, body);
      const plane = new Plane().setFromNormalAndCoplanarPoint(camera.getWorldDirection(new Vector3()), at);
      return { at, plane, start: onPlane(event, camera, plane) ?? at };
    },
    (event, held, { at, plane, start }) => {
      const to = onPlane(event, held.camera, plane);
      if (!to) return;
      const by = to.sub(start);
      goal.current = at.clone().add(by);
      drawn(handle, held.pose, held.body, by, held.what, Infinity);
    },
  );
  const letGo = (event: ThreeEvent<PointerEvent>) => {
    goal.current = undefined;
    hold.onPointerUp(event);
  };
  useFrame(({ camera }) => {
    const editor = useEditor.getState();
    const key = keyOf(editor);
    if (!node.current || !key || !editor.body) return;
    node.current.position.copy(goal.current ?? placeOf(handle, key.pose, editor.body));
    node.current.scale.setScalar(SIZE * camera.position.distanceTo(node.current.position));
  });
  const size = handle === "whole" ? 1.6 : /elbow|knee|toes/.test(handle) ? SMALL : 1;
  return (
    <group ref={node} name={`handle-${handle}`}>
      <mesh {...hold} onPointerUp={letGo} onPointerCancel={letGo} visible={false}>
        <sphereGeometry args={[REACH * size, 12, 8]} />
      </mesh>
      <mesh renderOrder={20} rotation-x={handle === "whole" ? -Math.PI / 2 : 0}>
        {handle === "whole" ? (
          <torusGeometry args={[size * 1.4, 0.3, 8, 32]} />
        ) : (
          <sphereGeometry args={[size, 20, 14]} />
        )}
        <meshBasicMaterial color={colourOf(handle, chosen)} depthTest={false} transparent opacity={0.85} />
      </mesh>
    </group>
  );
}

/** Three rings about the axes of what the chosen handle holds. */
function Rings({ handle }: { handle: Handle }) {
  const node = useRef<Group>(null);
  useFrame(({ camera }) => {
    const editor = useEditor.getState();
    const key = keyOf(editor);
    if (!node.current || !key || !editor.body) return;
    node.current.position.copy(placeOf(handle, key.pose, editor.body));
    node.current.quaternion.copy(turnOf(handle, editor.body));
    node.current.scale.setScalar(RING * camera.position.distanceTo(node.current.position));
  });
  return (
    <group ref={node}>
      {AXES.map(([name, colour, axis, rotation], at) => {
        const about = handle === "whole" ? at === 1 : handle.endsWith("foot") ? at < 2 : true;
        return (
          about && (
            <Ring key={name} handle={handle} name={name} colour={colour} axis={axis} rotation={rotation} />
          )
        );
      })}
    </group>
  );
}

interface RingProps {
  handle: Handle;
  name: string;
  colour: string;
  axis: Vector3;
  rotation: readonly [number, number, number];
}

/** A ring that is turned by drawing it along itself, as far as it goes round under the pointer. */
function Ring({ handle, name, colour, axis, rotation }: RingProps) {
  const hold = useHold(
    handle,
    (event, { pose, body, camera }) => {
      const centre = placeOf(handle, pose, body);
      const about = axis.clone().applyQuaternion(turnOf(handle, body));
      const arm = event.point.clone().sub(centre);
      const tangent = about.clone().cross(arm);
      const onScreen = (place: Vector3) => place.clone().project(camera);
      const from = onScreen(event.point);
      const along = onScreen(event.point.clone().addScaledVector(tangent, 0.05)).sub(from).setZ(0);
      const length = along.length() / 0.05; // of the screen for a radian
      return { about, from: event.pointer.clone(), along: along.normalize(), length: Math.max(length, 0.02) };
    },
    ({ pointer }, held, { about, from, along, length }) => {
      const angle = ((pointer.x - from.x) * along.x + (pointer.y - from.y) * along.y) / length;
      drawn(
        handle,
        held.pose,
        held.body,
        new Quaternion().setFromAxisAngle(about, angle),
        held.what,
        Infinity,
      );
    },
  );
  return (
    <group rotation={[...rotation]}>
      <mesh {...hold} name={`ring-${name}`} visible={false}>
        <torusGeometry args={[1, 0.11, 6, 40]} />
      </mesh>
      <mesh renderOrder={19}>
        <torusGeometry args={[1, 0.035, 8, 64]} />
        <meshBasicMaterial color={colour} depthTest={false} transparent opacity={0.9} />
      </mesh>
    </group>
  );
}
