"""The documents of the library, checked once, above all stores: what is said of an action, and what all have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from motion_engine.errors import BadClip
from motion_engine.types import ActionInfo, Direction, Language, Mask, Side

LONGEST_NAME = 64  # characters
LONGEST_DESCRIPTION = 500
LONGEST_ALIAS = 80
MOST_ALIASES = 64  # in one language
MOST_TAGS = 64
LONGEST_ACTION = 3600.0  # s
UNKNOWN = "unknown"

_GAPS = re.compile(r"[\W_]+")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")

D = TypeVar("D", bound="Described")
Word = Annotated[str, Field(min_length=1, max_length=LONGEST_ALIAS)]
Posture = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Metres = Annotated[float, Field(ge=0.0, le=100_000.0)]
Seconds = Annotated[float, Field(ge=0.0, le=LONGEST_ACTION)]


class Described(BaseModel):
    """What everything in the library has that can be named in a command."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    description: Annotated[str, Field(max_length=LONGEST_DESCRIPTION)] = ""
    description_zh: Annotated[str, Field(max_length=LONGEST_DESCRIPTION)] = ""
    aliases: dict[Language, tuple[Word, ...]] = {}
    tags: Annotated[tuple[Word, ...], Field(max_length=MOST_TAGS)] = ()
    source: Annotated[str, Field(min_length=1, max_length=LONGEST_DESCRIPTION)] = UNKNOWN
    licence: Annotated[str, Field(min_length=1, max_length=LONGEST_DESCRIPTION)] = UNKNOWN
    created: datetime = Field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    @field_validator("name")
    @classmethod
    def _name_is_normal(cls, name: str) -> str:
        if name != normal_name(name):
            raise ValueError(f"must be written {normal_name(name)!r}")
        return name

    @field_validator("aliases")
    @classmethod
    def _few_aliases(cls, aliases: dict[Language, tuple[str, ...]]) -> dict[Language, tuple[str, ...]]:
        for language, words in aliases.items():
            if len(words) > MOST_ALIASES:
                raise ValueError(f"{len(words)} in {language}; {MOST_ALIASES} are allowed")
        return aliases


class Action(Described):
    """One action of the library; the clip itself is stored apart, under its hash `track`."""

    duration: Annotated[float, Field(gt=0.0, le=LONGEST_ACTION)]  # s
    fps: Annotated[float, Field(gt=0.0, le=1000.0)]
    frames: Annotated[int, Field(ge=1)]
    loop: tuple[Seconds, Seconds] | None = None  # s, the part that repeats
    cyclic: bool = False
    mask: Mask = "full"
    side: Side | None = None
    distance: Metres = 0.0  # along the floor, in one loop or in the whole clip
    turn: Annotated[float, Field(ge=-1000.0, le=1000.0)] = 0.0  # radians, left positive
    way: Direction | None = None  # where it goes, seen from where the body faces
    cycles: Annotated[int, Field(ge=1, le=1000)] | None = None
    start_posture: Posture = "stand"
    end_posture: Posture = "stand"
    track: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""  # sha256 of the clip's bytes
    parts: Annotated[tuple[Word, ...], Field(max_length=8)] = ()  # of the body that take part: "left_arm", ...

    @model_validator(mode="after")
    def _loop_lies_inside(self) -> Action:
        if self.loop is not None and not 0.0 <= self.loop[0] < self.loop[1] <= self.duration + 1e-6:
            raise ValueError(f"loop {self.loop[0]:g} to {self.loop[1]:g} s is not inside {self.duration:g} s")
        return self

    def info(self) -> ActionInfo:
        """What the schedule must know of the action."""
        return ActionInfo(
            name=self.name,
            duration=self.duration,
            loop=self.loop,
            cyclic=self.cyclic,
            mask=self.mask,
            side=self.side,
            distance=self.distance,
            turn=self.turn,
            way=self.way,
            cycles=self.cycles,
            start_posture=self.start_posture,
            end_posture=self.end_posture,
        )


def new_action(**fields: Any) -> Action:
    """An `Action` of `fields`; BadClip with the first wrong field if they do not make one."""
    return checked(Action, fields)


def checked(kind: type[D], fields: Mapping[str, Any]) -> D:
    """A document of `fields`; BadClip with the first wrong field if they do not make one."""
    try:
        return kind(**fields)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        reason = problem["msg"].removeprefix("Value error, ")
        name = str(fields.get("name", ""))[:LONGEST_NAME] or "the action"
        raise BadClip(f"{name}: {f'{place}: ' if place else ''}{reason}") from None


def normal_name(text: str) -> str:
    """Any text as the name of an action: "Front Kick!" becomes `front_kick`; letters of all scripts stay.

    Raises:
        BadClip: No letter or digit is left, or the name is longer than LONGEST_NAME.
    """
    name = _GAPS.sub("_", unicodedata.normalize("NFKC", text).casefold()).strip("_")
    if not name:
        raise BadClip(f"{text[:40]!r} cannot be the name of an action: it needs a letter or a digit")
    if len(name) > LONGEST_NAME:
        raise BadClip(f"the name {name[:30]}... has {len(name)} characters; {LONGEST_NAME} are allowed")
    return name


def sort_aliases(aliases: Mapping[str, Iterable[str]] | Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Aliases by language, stripped and without repeats; of a plain list, words with Chinese characters are `zh`."""
    if not isinstance(aliases, Mapping):
        words = list(aliases)
        aliases = {
            "en": [word for word in words if not _HAN.search(word)],
            "zh": [word for word in words if _HAN.search(word)],
        }
    return {
        language: tuple(dict.fromkeys(word.strip() for word in words if word.strip()))
        for language, words in aliases.items()
    }
