"""What became of each word of a command: nothing that was said is dropped without a word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from motion_engine.types import Plan
from nlp.items import Item
from nlp.tokens import Token

Role = Literal["action", "connective", "filler", "negated", "ignored"]
Span = tuple[int, int]  # from where to where in the text

COMPLEMENTS = ("下", "上", "里", "外", "步", "圈", "舞")  # these belong to the verb before: 坐下
_FILLERS = ("filler", "function", "comma", "stop", "prep")  # a preposition whose object is used says nothing
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
            understood, but nothing of it is performed.
        action: The number of the action that it belongs to, in the order of the plan.
    """

    start: int
    end: int
    text: str
    role: Role
    action: int | None = None


def account(
    plan: Plan,
    tokens: Sequence[Token],
    items: Sequence[Item],
    ignored: Iterable[Span],
    taken: Iterable[Span],
    subjects: Iterable[Span] = (),
) -> list[Word]:
    """The role of every word of a command; what neither acts nor connects nor fills is "ignored".

    Args:
        plan: The command as typed, and what it asks for.
        tokens: Its tokens.
        items: Its items; each token belongs to exactly one.
        ignored: The stretches that are known not to be performed.
        taken: The stretches that are negated or taken back.
        subjects: The stretches that say who acts.
    """
    text, calls = plan.text, [call for step in plan.steps for call in step.actions]
    marks: list[tuple[Role, int] | None] = [None] * len(text)  # for each character its role, and in which stretch it is
    for role, groups in (
        ("filler", [[span] for span in subjects]),
        ("negated", [[span] for span in taken]),
        ("action", [call.spans for call in calls]),
        ("ignored", [[span] for span in ignored]),
    ):
        for number, group in enumerate(groups):
            for start, end in group:
                marks[start:end] = [(role, number)] * (end - start)  # type: ignore[list-item]
    words: list[Word] = []
    last: tuple[Role, int] | None = None
    for index, item in enumerate(items):
        start, end = tokens[item.start].start, tokens[item.end - 1].end
        mark = marks[start] or (_role(items, index), -1)
        if words and mark == last and mark[0] in ("action", "ignored"):
            start = words.pop().start
        words.append(Word(start, end, text[start:end], mark[0], mark[1] if mark[0] == "action" else None))
        last = mark
    return words


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
