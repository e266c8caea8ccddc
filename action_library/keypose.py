"""Key-pose scripts: a short YAML text becomes a clip. The language is described in `docs/keypose.md`.

The body is solved first (root, pelvis, spine, legs over planted feet), then the arms at their keys, then life is
added: breathing, sway, drift. Arms and head follow the body by a few frames, the hands last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from action_library.keypose_arms import ARM_WIDTH, HandTarget, arm_rotations, solve_arm
from action_library.keypose_body import BodyCurves, solve_body, stance_place
from action_library.keypose_curves import Span, curve
from action_library.keypose_hands import finger_pose
from action_library.keypose_life import DRIFT, SHIFT, breathing, drift
from action_library.keypose_script import FOLDER, Hand, Script, direction, read_script
from action_library.keypose_tracks import SIDES, Mark, Tracks, knots, tracks_of
from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.kinematics import fk
from motion_engine.types import LIBRARY_FPS, Array, Clip, canonical_skeleton

# Seconds by which a part follows the pelvis: overlapping action.
LAGS = {"spine": 0.02, "head": 0.04, "shoulder": 0.02, "elbow": 0.05, "wrist": 0.08, "fingers": 0.08}
_MIRROR = np.array([1.0, 1.0, -1.0, -1.0])


@dataclass(frozen=True, eq=False)
class KeyposeAction:
    """A script that has become motion."""

    fields: dict[str, Any]  # what the library document and ActionInfo need, by name
    clip: Clip  # canonical skeleton, LIBRARY_FPS


def load_keypose(path: Path, parameters: Mapping[str, float] | None = None) -> KeyposeAction:
    """The action in a key-pose script, with these values of its parameters.

    Raises:
        BadClip: It is not a good one; with file, line and reason.
    """
    return perform(read_script(path, parameters), path)


def perform(script: Script, path: Path = FOLDER) -> KeyposeAction:
    """The action of a script; `path` is the file it comes from, whose neighbours its keys may name.

    Raises:
        BadClip: A script that is named by `pose` is missing, or not a good one.
    """
    tracks = tracks_of(script, path)
    span, frames = _span(script)
    at = np.arange(frames) / LIBRARY_FPS
    body = _body(script, tracks, span, at)
    root, rotation = _motion(script, tracks, span, at, body)
    clip = Clip(canonical_skeleton(), LIBRARY_FPS, root, rotation, _contacts(body))
    return KeyposeAction(_fields(script, tracks, span), clip)


def key_pose(script: Script, number: int, path: Path = FOLDER) -> tuple[Array, Array]:
    """The pose that a key asks for, without easing, trailing and breathing: root `(3,)` and rotations `(J, 4)`.

    Args:
        script: The script.
        number: Of the key, from 0. What it does not name is as it is on the way at that time.
        path: As of `perform`.

    Raises:
        BadClip: As of `perform`; or there is no such key.
    """
    if not 0 <= number < len(script.keys):
        raise BadClip(f"there is no key {number + 1}: the script has {len(script.keys)}")
    still = script.model_copy(update={"follow": 0.0, "life": 0.0, "loop": None, "cyclic": False})
    t = script.keys[number].t
    tracks = {name: _plain(track) for name, track in tracks_of(script, path).items()}
    for name in tracks.keys() - {"root"}:  # from which feet are seen, also at other times
        tracks[name] = [mark for mark in tracks[name] if mark.t == t] or tracks[name]
    span, _ = _span(still)
    hands = [mark.t for side in SIDES for mark in tracks[f"{side}_hand"]]  # they are solved with the body as it is then
    at = np.unique([t, *hands])
    root, rotation = _motion(still, tracks, span, at, _body(still, tracks, span, at))
    row = int(np.searchsorted(at, t))
    return root[row], rotation[row]


def _plain(track: list[Mark]) -> list[Mark]:
    """A channel without eases, and with the values that are kept from before."""
    value, plain = None, list[Mark]()
    for mark in track:
        value = value if mark.value is None else mark.value
        plain.append(Mark(mark.t, value, "auto"))
    return plain


def _span(script: Script) -> tuple[Span, int]:
    """The time of the action with its loop on whole frames, and the number of frames."""
    last = script.keys[-1].t
    if script.cyclic:
        frames = max(2, round(last * LIBRARY_FPS))
        end = frames / LIBRARY_FPS
        return Span(end, (0.0, end), cyclic=True), frames
    tail = 0.0 if script.keys[-1].t == 0 else max(LAGS.values()) * script.follow
    frames = round((last + tail) * LIBRARY_FPS) + 2
    loop = None
    if script.loop is not None:
        start, end = (round(t * LIBRARY_FPS) / LIBRARY_FPS for t in script.loop)
        loop = (start, end)
    return Span((frames - 1) / LIBRARY_FPS, loop), frames


def _gain(script: Script) -> Array | None:
    """How far the root of a gait is further on after one cycle: x, z in m, no turn; None for what does not repeat."""
    if not script.cyclic:
        return None
    first, last = (key.root or (0.0, 0.0, 0.0) for key in (script.keys[0], script.keys[-1]))
    return np.array([last[0] - first[0], last[1] - first[1], 0.0])


def _fields(script: Script, tracks: Tracks, span: Span) -> dict[str, Any]:
    """The facts of the document; way and turn are those of `root`, since hips may sway and sit without going."""
    roots = curve(knots(tracks["root"]), span, np.array([0.0, span.end]), gain=_gain(script))
    x, z, turn = roots[1] - roots[0]
    names = ("name", "description", "source", "licence", "mask", "side", "cyclic", "cycles")
    return {
        **{name: getattr(script, name) for name in names},
        "aliases": {"en": list(script.aliases.en), "zh": list(script.aliases.zh)},
        "tags": list(script.tags),
        "loop": None if script.cyclic else span.loop,
        "start_posture": script.start_posture,
        "end_posture": script.end_posture,
        "distance": float(np.hypot(x, z)),
        "turn": float(np.radians(turn)),
    }


def _motion(script: Script, tracks: Tracks, span: Span, at: Array, body: BodyCurves) -> tuple[Array, Array]:
    """Root positions `(T, 3)` and local rotations `(T, J, 4)` at times `at`, at which the channels of the body are."""
    skeleton = canonical_skeleton()
    breath = breathing(span, at)
    root, rotation = solve_body(body)
    position, world = fk(skeleton, root, rotation)
    raised = curve(knots(tracks["shoulders"]), span, at, LAGS["spine"] * script.follow)
    for index, side in enumerate(SIDES):
        targets = _Frames(at, position, world, body.root, index)
        hand = knots(tracks[f"{side}_hand"], targets.solve)
        names = ("shoulder", "shoulder", "elbow", "wrist")
        arm = np.zeros((len(at), ARM_WIDTH))
        hand.values[:, 2:6] = quat.unroll(hand.values[:, 2:6])
        for part, columns in zip(names, (slice(0, 2), slice(2, 6), slice(6, 7), slice(7, 11)), strict=True):
            arm[:, columns] = curve(hand, span, at, LAGS[part] * script.follow)[:, columns]
        arm[:, 0] += np.radians(raised[:, index] + script.life * 1.2 * breath)
        arm[:, 6] += np.radians(2.0) * script.life * drift(f"{script.name} {side} elbow", span, at, DRIFT)
        fingers = knots(tracks[f"{side}_fingers"], lambda _, name: finger_pose(name).ravel())
        bends = curve(fingers, span, at, LAGS["fingers"] * script.follow).reshape(-1, 15, 3)
        curl = 1.0 + 0.12 * script.life * drift(f"{script.name} {side} fingers", span, at, DRIFT)
        mirror = _MIRROR if side == "right" else np.ones(4)
        joints = [skeleton.index(f"{side}_{part}") for part in ("collar", "shoulder", "elbow", "wrist")]
        rotation[:, joints] = arm_rotations(arm) * mirror
        first = skeleton.index(f"{side}_index1")
        rotation[:, first : first + 15] = quat.from_rotvec(bends * curl[:, None, None]) * mirror
    return root, quat.unroll(quat.normalize(rotation))


def _body(script: Script, tracks: Tracks, span: Span, at: Array) -> BodyCurves:
    """The channels of the body on the frames, with life."""

    def dense(name: str, lag: float = 0.0) -> Array:
        return curve(knots(tracks[name]), span, at, lag * script.follow)

    def wander(what: str, every: float) -> Array:
        return script.life * drift(f"{script.name} {what}", span, at, every)

    weight, depth = wander("weight", SHIFT), wander("depth", SHIFT * 0.8)
    nod, look, tilt = wander("nod", DRIFT), wander("look", DRIFT * 1.6), wander("tilt", DRIFT * 1.3)
    breath = script.life * breathing(span, at)
    zero = np.zeros_like(weight)
    hips = dense("hips") + np.stack((0.018 * weight, -0.003 * np.abs(weight), 0.006 * depth), axis=-1)
    pelvis = dense("pelvis") + np.stack((0.4 * depth, 0.8 * weight, -1.0 * weight), axis=-1)
    spine = dense("spine", LAGS["spine"])
    spine = spine + np.stack((-0.5 * depth - 1.3 * breath, -0.5 * weight, 1.3 * weight), axis=-1)
    head = dense("head", LAGS["head"]) + np.stack((0.8 * breath + 1.0 * nod, 2.0 * look, 0.8 * tilt), axis=-1)
    gain = _gain(script)
    root = _angles(curve(knots(tracks["root"]), span, at, gain=gain), 2)
    places = [_places(tracks, side, index, span, gain) for index, side in enumerate(SIDES)]
    feet = {part: [dense(f"{side}_{part}")[:, 0] for side in SIDES] for part in ("lift", "pitch", "knee")}
    return BodyCurves(
        root=root,
        hips=hips + zero[:, None],
        pelvis=np.radians(pelvis),
        spine=np.radians(spine),
        head=np.radians(head),
        place=np.stack([curve(place, span, at, gain=gain) for place in places], axis=1),
        lift=np.stack(feet["lift"], axis=-1),
        pitch=np.radians(np.stack(feet["pitch"], axis=-1)),
        knee=np.radians(np.stack(feet["knee"], axis=-1)),
    )


def _angles(values: Array, first: int) -> Array:
    values = values.copy()
    values[:, first:] = np.radians(values[:, first:])
    return values


def _places(tracks: Tracks, side: str, index: int, span: Span, gain: Array | None) -> Any:
    """World places of a foot: a key is meant from where the root is at that time, and stays in the world after it."""
    roots = knots(tracks["root"])
    sign = 1 - 2 * index

    def world(t: float, value: tuple[float, float, float, float | None]) -> Array:
        when = np.array([t if value[3] is None else value[3]])
        x, z, yaw = _angles(curve(roots, span, when, gain=gain), 2)[0]
        place = stance_place(index) + np.array([sign * value[0], value[1], sign * np.radians(value[2])])
        moved = quat.rotate(quat.from_axis_angle("y", yaw), np.array([place[0], 0.0, place[1]]))
        return np.array([x + moved[0], z + moved[2], place[2] + yaw])

    return knots(tracks[f"{side}_place"], world)


@dataclass(frozen=True, eq=False)
class _Frames:
    """The body in motion, in which hand targets are understood."""

    at: Array  # (T,) s
    position: Array  # (T, J, 3)
    world: Array  # (T, J, 4)
    root: Array  # (T, 3) x, z, yaw
    side: int  # 0 left, 1 right

    def solve(self, t: float, hand: Hand) -> Array:
        """The arm `(ARM_WIDTH,)` for a target at time `t`."""
        skeleton = canonical_skeleton()
        frame = int(np.argmin(np.abs(self.at * LIBRARY_FPS - round(t * LIBRARY_FPS))))
        position, world = self.position[frame], self.world[frame]
        mirror = np.array([1 - 2 * self.side, 1, 1])
        chest = skeleton.index("spine3")
        origin, turn = self._frame(hand.frame, frame)
        to_chest = quat.inv(world[chest])

        def vector(value: Any) -> Array | None:
            if value is None:
                return None
            return quat.rotate(to_chest, quat.rotate(turn, np.array(direction(value)) * mirror)) * mirror

        at = origin + quat.rotate(turn, np.array(hand.at) * mirror)
        elbow = vector(hand.elbow)
        assert elbow is not None
        local = quat.rotate(to_chest, at - position[chest]) * mirror
        return solve_arm(HandTarget(local, elbow, vector(hand.palm), vector(hand.fingers)))

    def _frame(self, name: str, frame: int) -> tuple[Array, Array]:
        """World origin `(3,)` and rotation `(4,)` of a frame of the language."""
        skeleton = canonical_skeleton()
        x, z, yaw = self.root[frame]
        position, world = self.position[frame], self.world[frame]
        side = SIDES[self.side]
        if name == "floor":
            return np.array([x, 0.0, z]), quat.from_axis_angle("y", yaw)
        if name == "knee":
            return position[skeleton.index(f"{side}_knee")], quat.from_axis_angle("y", yaw)
        joint = {"chest": "spine3", "shoulder": f"{side}_shoulder"}.get(name, name)
        turn = world[skeleton.index("spine3" if name == "shoulder" else joint)]
        return position[skeleton.index(joint)], turn


def _contacts(body: BodyCurves) -> Array:
    """Which of left ankle, left foot, right ankle, right foot stand `(T, 4)`: low, and not moving along the floor."""
    contacts = np.zeros((len(body.root), 4), dtype=bool)
    for side in (0, 1):
        step = np.gradient(body.place[:, side], axis=0) * LIBRARY_FPS
        still = (np.hypot(step[:, 0], step[:, 1]) < 0.08) & (np.abs(step[:, 2]) < 0.5)
        down = still & (body.lift[:, side] < 0.01)
        contacts[:, 2 * side] = down & (np.abs(body.pitch[:, side]) < np.radians(6.0))
        contacts[:, 2 * side + 1] = down & (body.pitch[:, side] > np.radians(-6.0))
    return contacts
