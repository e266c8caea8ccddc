"""Numbers with units: "two and a half meters", 三步, "x3"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from nlp.lexicon import load
from nlp.numbers import read_number
from nlp.tokens import Token, tokenize

_BEFORE_UNIT = {
    "more", "extra", "full", "whole", "big", "small", "long", "little", "quick", "slow", "of", "-", "个", "大", "小",
}  # fmt: skip


class Quantity(NamedTuple):
    """A parameter's name ("number" when there is no unit), its value, and the index after it."""

    name: str
    value: float
    end: int
    inside: int = -1  # where a word stands between number and unit: three slow steps


@dataclass(frozen=True)
class Units:
    """The words of measures and limbs, of both languages."""

    unit: dict[str, tuple[str, float]]  # word: the parameter, and its value in seconds, metres, degrees or counts
    amounts: dict[tuple[str, ...], float]
    limbs: frozenset[str]
    plural: frozenset[str]


@lru_cache(maxsize=1)
def units() -> Units:
    """The words, read once."""
    unit: dict[str, tuple[str, float]] = {}
    amounts: dict[tuple[str, ...], float] = {}
    limbs: list[str] = []
    plural: list[str] = []
    for lexicon in load().values():
        for name, factors in lexicon["units"].items():
            unit |= {word: (name, float(factor)) for factor, group in factors.items() for word in group}
        for phrase, value in lexicon["numbers"].items():
            amounts[tuple(token.text for token in tokenize(phrase))] = float(value)
        limbs += lexicon["limbs"]["one"] + lexicon["limbs"]["many"]
        plural += lexicon["limbs"]["many"]
    return Units(unit, amounts, frozenset(limbs), frozenset(plural))


def read_quantity(tokens: Sequence[Token], start: int) -> Quantity | None:
    """A number with its unit ("2 meters", 三次), a number without one, or "x3"."""
    if tokens[start].text in ("x", "×") and start + 1 < len(tokens) and tokens[start + 1].kind == "number":
        value = float(tokens[start + 1].text)
        return Quantity("repetitions", value, start + 2)
    found = read_number(tokens, start)
    vague = False
    for length in (4, 3, 2, 1):
        value = units().amounts.get(tuple(token.text for token in tokens[start : start + length]), 0.0)
        if value and (found is None or start + length > found[1]):
            found, vague = (value, start + length), value < 2
    if found is None and tokens[start].text in ("to", "too") and _measures(tokens, start + 1):
        found = 2.0, start + 1  # as speech-to-text writes "two meters"
    if found is None:
        return None
    value, end = found
    unit_at, inside = end, -1
    if unit_at < len(tokens) and tokens[unit_at].text in _BEFORE_UNIT and _unit_length(tokens, unit_at + 1):
        unit_at, inside = end + 1, end
    if length := _unit_length(tokens, unit_at):
        name, factor = units().unit["".join(t.text for t in tokens[unit_at : unit_at + length])]
        end, value = _and_half(tokens, unit_at + length, value)
        return Quantity(name, _rounded(name, value * factor), end, inside)
    if vague or value <= 0 or value != int(value):
        return None
    return Quantity("number", value, end)


def _measures(tokens: Sequence[Token], start: int) -> bool:
    """Whether a length or a time of more than one begins there: meters, seconds."""
    name = units().unit.get(tokens[start].text, ("", 0.0))[0] if start < len(tokens) else ""
    return name in ("distance", "duration") and len(tokens[start].text) > 2 and tokens[start].text.endswith("s")


def _unit_length(tokens: Sequence[Token], start: int) -> int:
    """How many tokens the unit at `start` has, 0 if there is none: 秒 and 秒钟."""
    for length in (3, 2, 1):
        if "".join(token.text for token in tokens[start : start + length]) in units().unit:
            return min(length, len(tokens) - start)
    return 0


def _and_half(tokens: Sequence[Token], end: int, value: float) -> tuple[int, float]:
    """三秒半, "a second and a half"."""
    if end < len(tokens) and tokens[end].text == "半":
        return end + 1 + (tokens[end + 1 : end + 2] != [] and tokens[end + 1].text == "钟"), value + 0.5
    if [t.text for t in tokens[end : end + 3]] == ["and", "a", "half"]:
        return end + 3, value + 0.5
    return end, value


def _rounded(name: str, value: float) -> float:
    """Whole counts, and lengths to the millimetre."""
    return float(max(1, round(value)) if value > 0 else 0) if name in ("repetitions", "steps") else round(value, 3)
