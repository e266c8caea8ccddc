"""What became of each word of a command: nothing that was said is dropped without a word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from motion_engine.types import ActionCall, Plan
from nlp.items import Item
from nlp.tokens import Token

Role = Literal["action", "connective", "filler", "negated", "ignored", "unknown"]
Span = tuple[int, int]  # from where to where in the text

COMPLEMENTS = ("下", "上", "里", "外", "步", "圈", "舞")  # these belong to the verb before: 坐下
_FILLERS = ("filler", "function", "comma", "stop", "prep")  # a preposition whose object is used says nothing
_UNTIMED = ("not", "instead_of", "correct", "number")  # connectives that do not say when
_SAYING = ("word", "noun", "manner_ok", "param", "lr", "number", "action", "weak")


@dataclass(frozen=True)
class Word:
    """A stretch of words with one role, as typed.

    Attributes:
        start: Where it begins in the text.
        end: Where it ends.
        text: What stands there.
        role: "action": it names or describes an action; "connective": it says how actions follow each other; "filler":
            it says nothing; "negated": it belongs to what shall not be done or was taken back; "ignored": it was
            understood, but nothing of it is performed; "unknown": it was not understood (of a draft only).
        action: The number of the action that it belongs to, in the order of the plan; None also in a draft for what
            belongs to an action that is not understood.
        kind: What it says of the action: "action", or the name of the parameter that it states, such as "side";
            "timing" for a connective; else "".
    """

    start: int
    end: int
    text: str
    role: Role
    action: int | None = None
    kind: str = ""


def account(
    plan: Plan,
    tokens: Sequence[Token],
    items: Sequence[Item],
    ignored: Iterable[Span],
    taken: Iterable[Span],
    subjects: Iterable[Span] = (),
    loose: Iterable[Span] = (),
    unknown: Iterable[Span] = (),
) -> list[Word]:
    """The role of every word of a command; what neither acts nor connects nor fills is "ignored".

    Args:
        plan: The command as typed, and what it asks for.
        tokens: Its tokens.
        items: Its items; each token belongs to exactly one.
        ignored: The stretches that are known not to be performed.
        taken: The stretches that are negated or taken back.
        subjects: The stretches that say who acts.
        loose: The stretches of a draft that describe an action which is not understood.
        unknown: The stretches of a draft that are not understood.
    """
    text, calls = plan.text, [call for step in plan.steps for call in step.actions]
    marks: list[tuple[Role, int] | None] = [None] * len(text)  # for each character its role, and in which stretch it is
    for role, groups in (
        ("filler", [[span] for span in subjects]),
        ("negated", [[span] for span in taken]),
        ("action", [call.spans for call in calls]),
        ("ignored", [[span] for span in ignored]),
        ("unknown", [[span] for span in unknown]),
    ):
        for number, group in enumerate(groups):
            for start, end in group:
                marks[start:end] = [(role, number)] * (end - start)  # type: ignore[list-item]
    for start, end in loose:
        marks[start:end] = [("action", -1)] * (end - start)
    words: list[Word] = []
    last: tuple[Role, int, str] | None = None
    for index, item in enumerate(items):
        role, number = marks[tokens[item.start].start] or (_role(items, index), -1)
        call = calls[number] if role == "action" and number >= 0 else None
        joins = "timing" if role == "connective" and item.kind not in _UNTIMED else ""
        for first, end, kind in _parts(item, call) if role == "action" else [(item.start, item.end, joins)]:
            start = tokens[first].start
            if words and (role, number, kind) == last and role in ("action", "ignored", "unknown"):
                start = words.pop().start
            stop = tokens[end - 1].end
            words.append(Word(start, stop, text[start:stop], role, number if call else None, kind))
            last = role, number, kind
    return words


def _parts(item: Item, call: ActionCall | None) -> list[tuple[int, int, str]]:
    """The tokens of an item that describes an action, from where to where, and what each stretch says of it."""
    if not item.is_action:
        return [(item.start, item.end, _states(item, call))]
    parts: list[tuple[int, int, str]] = []
    at = item.start
    for start, end, name in item.inside:
        parts += [(at, start, "action"), (start, end, name)]
        at = end
    return [part for part in [*parts, (at, item.end, "action")] if part[0] < part[1]]


def _states(item: Item, call: ActionCall | None) -> str:
    """Which parameter an item states; of those that it may state, the one that became so."""
    value = item.entry.value if item.kind == "lr" and item.entry else None
    stated = {"side": value, "direction": value} if value else dict(item.params)
    if item.kind == "number":
        stated = dict.fromkeys(("repetitions", "degrees", "steps", "duration", "distance"), item.params[0][1])
    if item.kind == "each":
        return "repetitions"
    became = (name for name, value in stated.items() if call is not None and getattr(call, name, None) == value)
    return next(became, next(iter(stated), "action"))


def _role(items: Sequence[Item], index: int) -> Role:
    """The role of an item that no action took."""
    item = items[index]
    if item.kind == "filler" and item.entry and item.entry.value:
        return "ignored"  # it does say something
    if item.kind in _FILLERS or item.text in COMPLEMENTS:
        return "filler"
    if item.kind == "number" and index + 1 < len(items) and items[index + 1].kind in ("comma", "stop"):
        return "connective"  # "1. walk 2. jump"
    return "ignored" if item.kind in _SAYING else "connective"
