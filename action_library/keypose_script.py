"""The language of key-pose scripts: the YAML document, checked, with errors that name file and line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from action_library.keypose_curves import Ease
from action_library.keypose_parameters import Lines, Place, worked_out
from motion_engine.errors import BadClip
from motion_engine.types import Mask, Side, data_path

FOLDER = data_path("actions", "document")  # beside the engine's own scripts: what a document without a file may name
LARGEST_FILE = 256 * 1024  # bytes
LONGEST = 60.0  # s
DEEPEST = 20  # brackets and blocks; a script needs five
_OPENING = (
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
)
_CLOSING = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)

Number = Annotated[float, Field(ge=-1000.0, le=1000.0)]
Vector = tuple[Number, Number, Number]
Direction = str | Vector
Fingers = Literal["relaxed", "open", "flat", "fist", "point", "thumb_up"]
Frame = Literal["chest", "head", "pelvis", "shoulder", "knee", "floor"]
Channel = Literal[
    "root", "hips", "pelvis", "spine", "head", "shoulders", "hands", "left_hand", "right_hand",
    "fingers", "left_fingers", "right_fingers", "feet", "left_foot", "right_foot",
]  # fmt: skip
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Text = Annotated[str, Field(min_length=1, max_length=500)]

_WORDS = {
    "out": (1, 0, 0),
    "in": (-1, 0, 0),
    "up": (0, 1, 0),
    "down": (0, -1, 0),
    "forward": (0, 0, 1),
    "back": (0, 0, -1),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Hand(_Strict):
    """Where a wrist is, and how the hand is turned; vectors are [outward, up, forward] in `frame`."""

    at: Vector
    frame: Frame = "chest"
    palm: Direction | None = None  # where the palm looks; None: as the relaxed forearm turns it
    fingers: Direction | None = None  # where the fingers point; None: along the forearm
    elbow: Direction = (0.5, -0.7, -0.5)  # where the elbow points

    @model_validator(mode="after")
    def _directions(self) -> Hand:
        for value in (self.palm, self.fingers, self.elbow):
            if value is not None:
                direction(value)
        if self.fingers is not None and self.palm is None:
            raise ValueError("fingers needs palm: give both, or palm alone")
        if self.fingers is not None and self.palm is not None:
            x, y, z = direction(self.palm)
            u, v, w = direction(self.fingers)
            if abs(x * u + y * v + z * w) > 0.99 * math.hypot(x, y, z) * math.hypot(u, v, w):
                raise ValueError("fingers cannot point where the palm does: they lie in the palm's plane")
        return self


class Foot(_Strict):
    """Where a foot is: offset [outward, forward] of its place in the stance, and how it is turned, degrees."""

    at: tuple[Number, Number] | None = None  # m
    yaw: Number | None = None  # toes outward positive
    lift: Number | None = None  # m above the floor
    pitch: Number | None = None  # toes down positive: the heel rises; negative: the toes rise
    knee: Number | None = None  # how far the knee points outward
    when: Annotated[float, Field(ge=0.0, le=LONGEST)] | None = None  # `at` and `yaw` as seen from the root at that time


class Key(_Strict):
    """One moment; what it does not name goes on between the keys that do."""

    t: Annotated[float, Field(ge=0.0, le=LONGEST)]
    ease: Ease = "auto"
    pose: Name | None = None  # "stand", or a script of the same folder: everything as at its end
    hold: tuple[Channel, ...] | Literal["all"] = ()  # channels that stay as their last key left them until here
    root: Vector | None = None  # x, z in m and turn to the left in degrees: the whole stance, feet excepted
    hips: Vector | None = None  # offset of the pelvis [left, up, forward], m
    pelvis: Vector | None = None  # [forward bend, turn to the left, lean to the left], degrees; so spine and head
    spine: Vector | None = None
    head: Vector | None = None
    shoulders: tuple[Number, Number] | Number | None = None  # raised, degrees: both, or [left, right]
    hands: Hand | Literal["rest"] | None = None
    left_hand: Hand | Literal["rest"] | None = None
    right_hand: Hand | Literal["rest"] | None = None
    fingers: Fingers | None = None
    left_fingers: Fingers | None = None
    right_fingers: Fingers | None = None
    feet: Foot | Literal["rest"] | None = None
    left_foot: Foot | Literal["rest"] | None = None
    right_foot: Foot | Literal["rest"] | None = None


class Aliases(_Strict):
    """Other names of the action, by language."""

    en: tuple[Text, ...] = ()
    zh: tuple[Text, ...] = ()


class Script(_Strict):
    """A whole action."""

    name: Name
    description: Text
    aliases: Aliases = Aliases()
    tags: tuple[Text, ...] = ()
    source: Text
    licence: Text
    mask: Mask = "full"
    side: Side | None = None
    loop: tuple[float, float] | None = None
    cyclic: bool = False
    cycles: Annotated[int, Field(ge=1, le=100)] | None = None
    start_posture: Name = "stand"
    end_posture: Name = "stand"
    follow: Annotated[float, Field(ge=0.0, le=2.0)] = 1.0  # how much arms and head trail behind
    life: Annotated[float, Field(ge=0.0, le=3.0)] = 1.0  # how much breathing and sway
    keys: Annotated[tuple[Key, ...], Field(min_length=2, max_length=500)]

    @model_validator(mode="after")
    def _in_time(self) -> Script:
        if self.loop is not None and not 0.0 <= self.loop[0] + 0.1 <= self.loop[1] <= self.keys[-1].t:
            raise ValueError("loop must lie inside the keys and last at least 0.1 s")
        if self.cyclic and self.loop is not None:
            raise ValueError("a cyclic action repeats as a whole: leave loop out")
        first, last = (key.root or (0.0, 0.0, 0.0) for key in (self.keys[0], self.keys[-1]))
        if self.cyclic and first[2] != last[2]:
            raise ValueError("a cyclic action may go on, but not turn: end with the root's turn of the first key")
        return self


def direction(value: Direction) -> Vector:
    """The vector [outward, up, forward] of words such as "forward" or "up in"; ValueError for other words."""
    if not isinstance(value, str):
        if not any(value):
            raise ValueError("a direction must not be [0, 0, 0]")
        return value
    words = value.split()
    unknown = [word for word in words if word not in _WORDS]
    if unknown or not words:
        raise ValueError(f'unknown direction "{value}": use {", ".join(_WORDS)}, or [outward, up, forward]')
    x, y, z = (float(sum(_WORDS[word][axis] for word in words)) for axis in range(3))
    if not (x or y or z):
        raise ValueError(f'the direction "{value}" cancels out')
    return x, y, z


def read_script(path: Path, parameters: Mapping[str, float] | None = None) -> Script:
    """The script in a YAML file.

    Args:
        path: The file.
        parameters: Values in place of the defaults that it declares.

    Raises:
        BadClip: It cannot be read or is not in the language; with file, line and reason.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise BadClip(f"larger than {LARGEST_FILE // 1024} KB; a key-pose script is a short text", path=path)
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadClip(f"cannot be read as UTF-8 text: {error}", path=path) from None
    try:
        depth = 0
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
            if depth > DEEPEST:
                raise BadClip("nested too deeply", path=path, line=token.start_mark.line + 1)
            if isinstance(token, yaml.AliasToken | yaml.AnchorToken | yaml.TagToken):
                line = token.start_mark.line + 1
                raise BadClip("tags, anchors and references are not part of the language", path=path, line=line)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadClip(f"not YAML: {error.problem}", path=path, line=mark.line + 1 if mark else None) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadClip(f"not YAML: {error}", path=path) from None
    if not isinstance(node, yaml.MappingNode):
        raise BadClip("not a key-pose script: it must start with name: and description:", path=path, line=1)
    return _checked(document, _lines(node, path), path, parameters or {})


def script_of(document: Mapping[str, Any]) -> Script:
    """The script in a document that has the form of the YAML; its `pose` may name the scripts of the engine.

    Raises:
        BadClip: It is not in the language; the reason tells the key by its number, and the channel.
    """
    try:
        return _checked(document, dict.fromkeys(_places(document), 0), FOLDER, {})
    except BadClip as error:
        reason = re.sub(r"^keys\[(\d+)\]\.?", lambda found: f"key {int(found[1]) + 1}: ", error.reason)
        raise BadClip(reason) from None


def _checked(document: Mapping[str, Any], lines: Lines, path: Path, parameters: Mapping[str, float]) -> Script:
    """The script in a document whose values stand at these lines; BadClip if it is not in the language."""
    document, lines = worked_out(document, lines, path, parameters)
    try:
        script = Script.model_validate(document)
    except ValidationError as error:
        raise _explained(error, lines, path) from None
    _check_times(script, lines, path)
    return script


def _places(value: Any, prefix: Place = ()) -> Iterator[Place]:
    """The place of every value of a document."""
    yield prefix
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from _places(one, (*prefix, name))


def _lines(node: yaml.Node, path: Path, prefix: Place = ()) -> Lines:
    """The line of every value by its place in the document; BadClip where a name is given twice."""
    found = {prefix: node.start_mark.line + 1}
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            place = (*prefix, str(name.value))
            if place in found:
                raise BadClip(f"{name.value} is given twice", path=path, line=name.start_mark.line + 1)
            found |= _lines(value, path, place)
            found[place] = name.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            found |= _lines(value, path, (*prefix, index))
    return found


def _explained(error: ValidationError, lines: Lines, path: Path) -> BadClip:
    """The complaint of pydantic that points deepest into the document, in our words, at its line."""
    found = [(_spot(problem["loc"], lines), problem) for problem in error.errors()]
    spot, problem = max(found, key=lambda pair: len(pair[0]))
    words = [str(part) if isinstance(part, str) else f"[{part}]" for part in spot]
    what = ".".join(words).replace(".[", "[")
    said = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        said = "unknown name; docs/keypose.md lists the names there are"
    if problem["type"] == "missing":
        last = problem["loc"][-1]
        said = "a number is missing" if isinstance(last, int) else f"{last} is missing"
    return BadClip(f"{what}: {said}" if what else said, path=path, line=lines.get(spot))


def _spot(loc: Place, lines: Lines) -> Place:
    """The place in the document that pydantic's `loc` means; its names of union members are left out."""
    spot: Place = ()
    for part in loc:
        if (*spot, part) in lines:
            spot = (*spot, part)
    return spot


def _check_times(script: Script, lines: Lines, path: Path) -> None:
    previous = -1.0
    for index, key in enumerate(script.keys):
        line = lines.get(("keys", index, "t"))
        if index == 0 and key.t != 0.0:
            raise BadClip(f"keys[0].t: the first key must be at t: 0, not {key.t:g}", path=path, line=line)
        if key.t <= previous:
            said = f"keys[{index}].t: {key.t:g} must be later than the key before it ({previous:g})"
            raise BadClip(said, path=path, line=line)
        previous = key.t
