"""Biovision BVH: read any file on its own skeleton, write clips for Blender, Unity and the like.

Position channels *replace* the joint's OFFSET, on the root and elsewhere, as in Blender and as files with six channels
on every joint mean it. A clip moves at its root alone: where the root only carries a moving hip joint, the motion is
given to the root, and animated offsets further down are averaged into the skeleton.
"""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import numpy as np

from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.files import whole_file
from motion_engine.formats.numbers import FARTHEST, parse_numbers
from motion_engine.kinematics import children_of
from motion_engine.types import LONGEST_FRAME, SHORTEST_FRAME, Array, Clip, Skeleton, canonical_skeleton

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254, "cmu": 0.0254 / 0.45}  # m; CMU scales inches by 1/0.45
LARGEST_NUMBER = 1e9  # in the file's unit; beyond it nothing is a skeleton or its motion
LONGEST_NAME, MOST_WORDS = 200, 100  # letters and words of a joint's name
SHORTEST_REACH = 1e-6  # in the file's unit; below it a skeleton has no size
DEEPEST_PAD = 50  # tabs; a chain of thousands of joints would fill the file with them
END_SITE = "End Site"
UNIT_WORDS = {"m": "metres", "cm": "centimetres", "mm": "millimetres", "inch": "inches", "cmu": "CMU's units"}
ADULT_REACH = 1.2  # m, from the hips to the end of the longest limb
TOP_OF_HEAD, TIP_OF_TOES = (0.0, 0.18, 0.02), (0.0, -0.02, 0.06)  # m, where the writer ends head and feet
_CHANNELS = {f"{axis}{kind}": (kind, i) for kind in ("position", "rotation") for i, axis in enumerate("xyz")}
_MOTION = re.compile(rb"^[ \t]*MOTION\b", re.IGNORECASE | re.MULTILINE)
_MOTION_HEAD = re.compile(rb"\s*MOTION\s+Frames\s*:\s*(\S+)\s+Frame[ \t]*Time\s*:\s*(\S+)[^\n]*\n?", re.IGNORECASE)


@dataclass
class _Joint:
    """One joint of the hierarchy; `columns` and `axes` say where its channels stand in a row of the motion."""

    name: str
    parent: int
    line: int
    index: int = -1
    offset: tuple[float, ...] | None = None
    position: dict[int, int] = field(default_factory=dict)  # axis -> column
    rotation: dict[int, int] = field(default_factory=dict)  # axis -> column, in order of application
    channels: int | None = None


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────


def read_bvh(path: Path | str, *, unit: str | None = None) -> Clip:
    """A BVH file on its own skeleton: joints in the file's order without End Sites, metres, axes as in the file.

    Frame rates that the file rounds (0.0333333) are restored (30).

    Args:
        path: The file.
        unit: One of UNITS; by default it is guessed from the skeleton's size.

    Raises:
        BadClip: With path, line and reason.
    """
    return read_bvh_and_unit(path, unit=unit)[0]


def read_bvh_and_unit(path: Path | str, *, unit: str | None = None) -> tuple[Clip, float]:
    """As `read_bvh`, with the metres that a unit of the file is."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise BadClip(f"cannot be read: {error.strerror or error}", path=path) from error
    if b"\n" not in data:  # line ends of old Macs
        data = data.replace(b"\r", b"\n")
    motion = _MOTION.search(data)
    if not data.strip():
        raise BadClip("the file is empty", path=path)
    head = data[: motion.start()] if motion else data
    joints = _read_hierarchy(head, path)
    if motion is None:
        raise BadClip("no MOTION section: the file is truncated", path=path, line=data.count(b"\n") + 1)
    fps, values = _read_motion(data, motion.start(), sum(joint.channels or 0 for joint in joints), path)
    return _to_clip(joints, fps, values, path, None if unit is None else UNITS[unit])


def _read_hierarchy(head: bytes, path: Path | str) -> list[_Joint]:
    joints: dict[str, _Joint] = {}
    open_joints: list[_Joint] = []
    opening: _Joint | None = None
    column, number = 0, 1
    for number, line in enumerate(_text(head, path).splitlines(), 1):
        words = line.replace("{", " { ").replace("}", " } ").split()
        at = 0
        while at < len(words):
            word, at = words[at].lower(), at + 1
            if opening is not None and word != "{":
                raise BadClip(f"expected {{ before {_short(word)}", path=path, line=number)
            if word in ("root", "joint"):
                end = words.index("{", at) if "{" in words[at : at + MOST_WORDS] else len(words)
                opening = _add_joint(joints, open_joints, word, " ".join(words[at:end]), number, path)
                at = end
            elif word == "end":
                opening = _Joint(END_SITE, -1, number)
                at = words.index("{", at) if "{" in words[at : at + MOST_WORDS] else len(words)
            elif word == "{":
                if opening is None:
                    raise BadClip("a { that opens nothing", path=path, line=number)
                open_joints.append(opening)
                opening = None
            elif word == "}":
                if not open_joints:
                    raise BadClip("a } too many", path=path, line=number)
                open_joints.pop()
            elif word in ("offset", "channels") and open_joints:
                column = _read_property(open_joints[-1], word, words[at:], column, number, path)
                at = len(words)
            elif word != "hierarchy":
                raise BadClip(f"unknown keyword {_short(word)!r}", path=path, line=number)
    if open_joints or opening is not None:
        raise BadClip(f"{len(open_joints) or 1} braces are not closed: the file is truncated", path=path, line=number)
    if not joints:
        raise BadClip("the hierarchy has no ROOT", path=path, line=1)
    for joint in joints.values():
        if joint.offset is None or joint.channels is None:
            missing = "OFFSET" if joint.offset is None else "CHANNELS"
            raise BadClip(f"joint {joint.name} has no {missing}", path=path, line=joint.line)
    return list(joints.values())


def _text(head: bytes, path: Path | str) -> str:
    """The hierarchy as text; names in files that are not UTF-8 are taken as Latin-1."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadClip("the file is UTF-16 or UTF-32; save it as UTF-8", path=path, line=1)
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    if "\0" in text or not text.lstrip().lower().startswith("hierarchy"):
        raise BadClip("not a BVH file: it does not start with HIERARCHY", path=path, line=1)
    return text


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."


def _add_joint(
    joints: dict[str, _Joint], open_joints: list[_Joint], word: str, name: str, line: int, path: Path | str
) -> _Joint:
    if len(name) > LONGEST_NAME:
        raise BadClip(f"a joint's name has {len(name)} letters, {LONGEST_NAME} are allowed", path=path, line=line)
    if word == "root" and joints:
        raise BadClip(f"a second ROOT, {name}: a clip has one figure; split the file", path=path, line=line)
    if word == "joint" and (not open_joints or open_joints[-1].name == END_SITE):
        raise BadClip(f"JOINT {name} is not inside a ROOT: no root, or a }} too many", path=path, line=line)
    if not name:
        raise BadClip(f"a {word.upper()} without a name", path=path, line=line)
    if name in joints:
        raise BadClip(f"two joints are named {name}", path=path, line=line)
    joints[name] = _Joint(name, open_joints[-1].index if open_joints else -1, line, len(joints))
    return joints[name]


def _read_property(joint: _Joint, word: str, words: list[str], column: int, line: int, path: Path | str) -> int:
    """OFFSET or CHANNELS of a joint; returns the next free column of the motion."""
    if word == "offset":
        try:
            joint.offset = tuple(float(value) for value in words)
        except ValueError:
            joint.offset = ()
        if len(joint.offset) != 3 or not all(map(math.isfinite, joint.offset)):
            said = _short(" ".join(words))
            raise BadClip(f"OFFSET of {joint.name} needs three numbers, not {said!r}", path=path, line=line)
        if max(map(abs, joint.offset)) > LARGEST_NUMBER:
            raise BadClip(f"OFFSET of {joint.name} is beyond {LARGEST_NUMBER:g}", path=path, line=line)
        return column
    names = [name.lower() for name in words[1:]]
    if not words or words[0] != str(len(names)):
        said = _short(words[0]) if words else "nothing"
        raise BadClip(f"CHANNELS of {joint.name} says {said} and lists {len(names)}", path=path, line=line)
    for name in names:
        kind, axis = _CHANNELS.get(name, ("", 0))
        slots = joint.position if kind == "position" else joint.rotation
        if not kind or axis in slots:
            raise BadClip(f"unknown or repeated channel {_short(name)!r} of {joint.name}", path=path, line=line)
        slots[axis] = column
        column += 1
    joint.channels = len(names)
    return column


def _read_motion(data: bytes, start: int, channels: int, path: Path | str) -> tuple[float, Array]:
    """Frames per second and the values `(T, channels)` of the MOTION section that begins at `start`."""
    line = data.count(b"\n", 0, start) + 1
    head = _MOTION_HEAD.match(data, start)
    if head is None:
        raise BadClip('expected "Frames: N" and "Frame Time: S" after MOTION', path=path, line=line)
    frames_text, time_text = (group.decode("latin-1") for group in head.groups())
    if not (frames_text.isascii() and frames_text.isdecimal() and len(frames_text) < 10 and int(frames_text)):
        raise BadClip(f"Frames must be a whole number above 0, not {frames_text[:40]}", path=path, line=line + 1)
    try:
        frame_time = float(time_text)
    except ValueError:
        frame_time = math.nan
    if not SHORTEST_FRAME <= frame_time <= LONGEST_FRAME:
        said = f"not {time_text[:40]}"
        limits = f"{SHORTEST_FRAME:g} to {LONGEST_FRAME:g} s"
        raise BadClip(f"Frame Time must be above 0 s, {limits}, {said}", path=path, line=line + 2)
    frames, body = int(frames_text), data[head.end() :]
    values = parse_numbers(body, frames, channels)
    if values is None or np.abs(values).max(initial=0.0) > LARGEST_NUMBER:
        values = _parse_lines(body, frames, channels, data.count(b"\n", 0, head.end()) + 1, path)
    return _frame_rate(frame_time, time_text), values


def _frame_rate(frame_time: float, text: str) -> float:
    """1 / frame time; the whole or NTSC rate whose frame time the file's digits round, if there is one."""
    mantissa = text.lower().partition("e")[0]
    decimals = 17 if "e" in text.lower() else len(mantissa.partition(".")[2])
    whole = round(1.0 / frame_time)
    for fps in (float(whole), whole * 1000 / 1001, 1.0 / frame_time):
        if fps > 0 and abs(1.0 / fps - frame_time) <= 10.0**-decimals * 1.0001:
            return fps
    return 1.0 / frame_time


def _parse_lines(body: bytes, frames: int, channels: int, line: int, path: Path | str) -> Array:
    """As `parse_numbers`, row by row: slow, but it knows the line of an error."""
    rows: list[list[float]] = []
    for number, text in enumerate(body.splitlines(), line):
        words = text.split()
        if not words:
            continue
        try:
            row = [float(word) for word in words]
        except ValueError:
            _bad_number(words, number, path)
        if not all(map(math.isfinite, row)):
            raise BadClip("a value is not finite (nan or inf)", path=path, line=number)
        if max(map(abs, row), default=0.0) > LARGEST_NUMBER:
            raise BadClip(f"a value is beyond {LARGEST_NUMBER:g}", path=path, line=number)
        if len(row) != channels:
            reason = f"{len(row)} values where the joints have {channels} channels"
            raise BadClip(reason + ("; the file is truncated" if len(row) < channels else ""), path=path, line=number)
        rows.append(row)
    if len(rows) == frames + 1:  # a common miscount: Frames as the number of the last row, counted from 0
        frames += 1
    if len(rows) != frames:
        reason = f"Frames says {frames}, but there are {len(rows)} rows of values"
        raise BadClip(reason, path=path, line=line + body.count(b"\n"))
    return np.array(rows)


def _bad_number(words: list[bytes], line: int, path: Path | str) -> NoReturn:
    for word in words:
        try:
            float(word)
        except ValueError:
            raise BadClip(f"{word[:20].decode('latin-1')!r} is not a number", path=path, line=line) from None
    raise AssertionError("called for a row of numbers")


def _to_clip(
    joints: list[_Joint], fps: float, values: Array, path: Path | str, unit: float | None
) -> tuple[Clip, float]:
    offsets = np.array([joint.offset for joint in joints])
    rotation = _rotations(joints, values)
    root = _positions(joints[0], values)
    only_child = [i for i, joint in enumerate(joints) if joint.parent == 0]
    for index, joint in enumerate(joints[1:], 1):
        if not joint.position:
            continue
        position = _positions(joint, values)
        if only_child == [index]:
            # The root is a mere reference: it is put where the hips are, whose motion stays exact.
            root = root + quat.rotate(rotation[:, 0].astype(np.float64), position)
            offsets[index] = 0.0
        else:
            offsets[index] = position.mean(axis=0)
    unit = unit or _unit(joints, offsets)
    if np.abs(root).max() * unit > FARTHEST:
        raise BadClip(f"the root is more than {FARTHEST / 1000:g} km away; is the skeleton's unit another?", path=path)
    names, parents = tuple(joint.name for joint in joints), tuple(joint.parent for joint in joints)
    canonical = canonical_skeleton()
    if set(names) == set(canonical.names):  # written by us: back from the file's depth-first order
        order = [names.index(name) for name in canonical.names]
        if tuple(-1 if parents[i] < 0 else order.index(parents[i]) for i in order) == canonical.parents:
            names, parents, offsets, rotation = canonical.names, canonical.parents, offsets[order], rotation[:, order]
    skeleton = Skeleton(names, parents, offsets * unit)
    return Clip(skeleton, fps, root * unit, rotation, np.zeros((len(values), 4), dtype=bool)), unit


def _positions(joint: _Joint, values: Array) -> Array:
    """Where the joint is in its parent `(T, 3)`, in the file's unit."""
    position = np.tile(np.array(joint.offset), (len(values), 1))
    for axis, column in joint.position.items():
        position[:, axis] = values[:, column]
    return position


def _rotations(joints: list[_Joint], values: Array) -> Array:
    """Quaternions `(T, J, 4)` float32, from each joint's own channels in their own order."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for index, joint in enumerate(joints):
        order = (*joint.rotation, *(axis for axis in range(3) if axis not in joint.rotation))
        groups.setdefault(order, []).append(index)
    rotation = np.empty((len(values), len(joints), 4), dtype=np.float32)
    zero = values.shape[1]
    half = np.zeros((len(values), zero + 1), dtype=np.float32)
    np.multiply(values, math.radians(0.5), out=half[:, :zero], casting="same_kind")
    for (i, j, k), members in groups.items():
        columns = np.array([[joints[m].rotation.get(axis, zero) for m in members] for axis in (i, j, k)])
        (c0, c1, c2), (s0, s1, s2) = ([f(half[:, column]) for column in columns] for f in (np.cos, np.sin))
        sign = 1.0 if (j - i) % 3 == 1 else -1.0
        part = np.empty((len(values), len(members), 4), dtype=np.float32)
        part[..., 0] = c0 * c1 * c2 - sign * s0 * s1 * s2
        part[..., 1 + i] = s0 * c1 * c2 + sign * c0 * s1 * s2
        part[..., 1 + j] = c0 * s1 * c2 - sign * s0 * c1 * s2
        part[..., 1 + k] = c0 * c1 * s2 + sign * s0 * s1 * c2
        rotation[:, members] = part
    return quat.unroll(rotation)


def _unit(joints: list[_Joint], offsets: Array) -> float:
    """Metres per unit of the file: the known unit in which the figure is nearest to an adult's size.

    A figure that is less than half or more than twice an adult's size in all of them is scaled to one.
    """
    children = Counter(joint.parent for joint in joints)
    start = next((i for i in range(len(joints)) if children[i] > 1), 0)  # the hips
    reach = [0.0] * len(joints)
    for index, joint in enumerate(joints):
        if index > start:
            reach[index] = reach[joint.parent] + float(np.linalg.norm(offsets[index]))
    longest = max(reach)
    if longest < SHORTEST_REACH:
        return 1.0
    unit = min(UNITS.values(), key=lambda metres: abs(math.log(longest * metres / ADULT_REACH)))
    return unit if 0.5 < longest * unit / ADULT_REACH < 2.0 else ADULT_REACH / longest


def unit_words(metres: float) -> str:
    """What a file is measured in: "centimetres", or how many metres its unit is."""
    known = next((name for name, size in UNITS.items() if math.isclose(size, metres, rel_tol=1e-6)), None)
    return UNIT_WORDS[known] if known else f"units of {metres:.4g} m"


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────


def write_bvh(path: Path | str, clip: Clip, *, unit: str | float = "cm") -> None:
    """Writes a clip: six channels on the root, ZXY rotations elsewhere, End Sites at head, toes and fingertips.

    The root's OFFSET is zero and its position channels are the pelvis in the world, so that readers that add the two
    and readers that replace one by the other agree. The file appears whole or not at all.

    Args:
        path: The file to write.
        clip: Any clip; joint names are written as they are.
        unit: "m", "cm", "mm", "inch" or "cmu", or the metres that a unit is.

    Raises:
        BadClip: The unit is unknown.
        BadMedia: The file cannot be written.
    """
    metres = UNITS.get(unit, 0.0) if isinstance(unit, str) else unit
    if metres <= 0:
        raise BadClip(f"unknown unit {unit!r}; use one of {', '.join(UNITS)}", path=path)
    scale = 1.0 / metres
    order = _depth_first(clip.skeleton.parents)
    angles = np.degrees(_smooth_euler(clip.rotation[:, order].astype(np.float64)))
    rows = np.concatenate((clip.root_position * scale, angles.reshape(len(clip), -1)), axis=1)
    rows = np.round(rows, 6) + 0.0  # no "-0.000000"
    row = " ".join(["%.6f"] * rows.shape[1])
    lines = ["HIERARCHY", *_hierarchy_lines(clip.skeleton, order, scale)]
    lines += ["MOTION", f"Frames: {len(clip)}", f"Frame Time: {1.0 / clip.fps:.17f}"]
    lines += [row % tuple(values) for values in rows.tolist()]
    with whole_file(path) as part:
        part.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _depth_first(parents: tuple[int, ...]) -> list[int]:
    """The joints in the order in which the hierarchy lists them, and so the order of the channels."""
    below = children_of(parents)
    order, waiting = [], [0]
    while waiting:
        joint = waiting.pop()
        order.append(joint)
        waiting += reversed(below[joint])
    return order


def _smooth_euler(rotation: Array) -> Array:
    """ZXY angles `(T, J, 3)`, radians, continuous in time.

    Every rotation has two triples, (z, x, y) and (z + pi, pi - x, y + pi); frame by frame the nearer one to the last
    frame is taken. Since going to the other triple is the same step from either, the choices add up modulo two.
    """
    angles = quat.to_euler(rotation, "zxy")
    other = angles * (1, -1, 1) + np.pi

    def distance(a: Array, b: Array) -> Array:
        return np.abs((a - b + np.pi) % (2 * np.pi) - np.pi).sum(axis=-1)

    change = distance(other[1:], angles[:-1]) < distance(angles[1:], angles[:-1]) - 1e-9
    swapped = np.concatenate((np.zeros((1, rotation.shape[1]), dtype=int), np.cumsum(change, axis=0))) % 2
    return np.unwrap(np.where(swapped[..., None] == 1, other, angles), axis=0)


def _hierarchy_lines(skeleton: Skeleton, order: list[int], scale: float) -> list[str]:
    """The joints in depth-first `order`; braces close as soon as the next joint hangs higher up."""
    below = children_of(skeleton.parents)
    lines: list[str] = []
    open_joints: list[int] = []
    for joint in order:
        while open_joints and open_joints[-1] != skeleton.parents[joint]:
            open_joints.pop()
            lines.append(f"{_pad(len(open_joints))}}}")
        depth, name = len(open_joints), skeleton.names[joint]
        pad, offset = _pad(depth), skeleton.offsets[joint] * scale if depth else np.zeros(3)
        channels = "6 Xposition Yposition Zposition" if depth == 0 else "3"
        lines += [f"{pad}{'JOINT' if depth else 'ROOT'} {name}", f"{pad}{{", f"{pad}\tOFFSET {_numbers(offset)}"]
        lines.append(f"{pad}\tCHANNELS {channels} Zrotation Xrotation Yrotation")
        open_joints.append(joint)
        if not below[joint]:
            tip = np.array(
                TOP_OF_HEAD if name == "head" else TIP_OF_TOES if name.endswith("_foot") else (0.0, 0.0, 0.0)
            )
            tip = tip if tip.any() else 0.8 * skeleton.offsets[joint]
            lines += [f"{pad}\tEnd Site", f"{pad}\t{{", f"{pad}\t\tOFFSET {_numbers(tip * scale)}", f"{pad}\t}}"]
    return lines + [f"{_pad(depth)}}}" for depth in reversed(range(len(open_joints)))]


def _pad(depth: int) -> str:
    return "\t" * min(depth, DEEPEST_PAD)


def _numbers(values: Array) -> str:
    return " ".join(f"{value:.6f}" for value in np.round(values, 6) + 0.0)
