"""A clause to the action that it asks for, with its parameters; what is not understood is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from motion_engine.errors import UnknownAction
from motion_engine.types import ActionCall
from nlp.account import COMPLEMENTS, Span
from nlp.clauses import Clause
from nlp.items import Item
from nlp.lexicon import load, words
from nlp.match import Matcher
from nlp.quantities import units
from nlp.tokens import Token, spell

_FIELDS = ("side", "direction", "speed", "repetitions", "duration", "distance", "steps", "degrees")
_MEANS = ("用", "以", "把")  # these begin what the action is done with
_NO_PLACE = ("like", "like a", "as", "as a", "as if", "with", "for", "by", "像", "给", "为", "为了", "对", "跟")
_WHERE = {"direction", "distance", "steps"}
_LEAST_DEGREES = 10  # a bare number from here on is an angle: "turn left 90"
SURE = 0.7  # the chance that makes good for words which the grammar cannot place; found on unknowable commands
CERTAIN = 0.9  # the chance that makes good for a grammar which sees other or more actions
STATES = ("param", "lr", "number")


def call_of(clause: Clause, tokens: Sequence[Token], matcher: Matcher) -> ActionCall:
    """The action that the clause asks for.

    Raises:
        UnknownAction: No action is meant, or the words around it say that another thing is.
    """
    text = text_of(clause.items, tokens)
    if any(item.kind == "refuse" for item in clause.items):
        raise matcher.unknown(text)
    action = clause.action
    if action and action.kind == "weak" and not _says_where(clause, action):
        action = None
    if action is None:
        return by_meaning(clause, tokens, matcher)
    assert action.entry is not None
    params = params_of(clause, action.entry.value)
    name = action.entry.timed if action.entry.timed and "duration" in params else action.entry.value
    if name in words("whole_turns") and params.get("side") in ("left", "right") and "direction" not in params:
        params = {"direction" if key == "side" else key: value for key, value in params.items()}  # 左转一圈
    name, params = _other_way(name, params, matcher)
    phrase = spell(list(tokens[action.start : action.end]))
    try:
        matcher.require(name, phrase)
        if leftover := unexplained(clause, action, name):
            raise matcher.misfit(name, text, spell([tokens[item.start] for item in leftover]))
    except UnknownAction as refused:
        if len(_naming(clause.items)) == 1:
            raise
        meant = by_meaning(clause, tokens, matcher, refused)
        if (
            name in matcher.books and meant.score < CERTAIN
        ):  # all words are near an action for the very word that is known
            raise
        return meant
    said = [item for item in clause.items if item is action or item.kind in STATES or _absorbed(item, name)]
    return with_params(ActionCall(phrase, name, spans=spans_of(said, tokens)), params)


def by_meaning(
    clause: Clause, tokens: Sequence[Token], matcher: Matcher, refused: UnknownAction | None = None
) -> ActionCall:
    """The action that all words of a clause together mean, if the grammar makes none of them.

    Args:
        clause: The clause.
        tokens: The tokens of the command.
        matcher: Knows the actions.
        refused: Why the grammar refuses the clause although it knows words of it; then the meaning must be surer.

    Raises:
        UnknownAction: It means none, or none surely enough: then `refused`.
    """
    phrase = text_of(_naming(clause.items), tokens) or text_of(clause.items, tokens)
    everything = spell(list(tokens[clause.items[0].start : clause.items[-1].end]))
    said = dict.fromkeys((phrase, text_of(_uncounted(clause.items), tokens) or phrase, everything))
    try:
        name, score = _likelier(matcher, said)
    except UnknownAction as unknown:
        raise refused or unknown from None
    if refused and score < SURE:
        raise refused
    call = ActionCall(phrase, name, score, spans=spans_of(clause.items, tokens))
    return with_params(call, params_of(clause, name))


def _likelier(matcher: Matcher, phrases: Iterable[str]) -> tuple[str, float]:
    """What the likeliest of the phrases means; UnknownAction for the first if all mean nothing."""
    found: list[tuple[str, float]] = []
    first: UnknownAction | None = None
    for phrase in phrases:
        try:
            found.append(matcher.match(phrase))
        except UnknownAction as unknown:
            first = first or unknown
    if first and not found:
        raise first
    return max(found, key=lambda match: match[1])


def _other_way(name: str, params: dict[str, Any], matcher: Matcher) -> tuple[str, dict[str, Any]]:
    """The variant of the action that goes the stated way: a circle "to the right" is walk_turn_right."""
    way = str(params.get("direction"))
    other = {"left": "right", "right": "left"}.get(way)
    words_of_name = name.split("_")
    if way in words_of_name or other in words_of_name:
        variant = "_".join(way if word == other else word for word in words_of_name)
        if variant in matcher.books:
            return variant, {key: value for key, value in params.items() if key != "direction"}
    return name, params


def _absorbed(item: Item, name: str) -> bool:
    """Whether it says no more than the action does: "stop waving", "hop in place", or 一下 as a count."""
    met = item.kind == "filler" and item.entry is not None and bool(item.entry.value) and not _unused(item, name)
    return met or (item.kind == "noun" and item.entry is None) or _counts(item, name)


def _counts(item: Item, name: str) -> bool:
    """Whether 一下 means "once" rather than "a little"."""
    return item.text == "一 下" and name in words("punctual")


def spans_of(items: Sequence[Item], tokens: Sequence[Token]) -> tuple[Span, ...]:
    """From where to where in the text the items stand, those side by side as one."""
    spans: list[Span] = []
    last = -1
    for item in items:
        start, end = tokens[item.start].start, tokens[item.end - 1].end
        if spans and item.start == last:
            start = spans.pop()[0]
        spans.append((start, end))
        last = item.end
    return tuple(spans)


def ignored(clause: Clause, tokens: Sequence[Token]) -> list[Span]:
    """From where to where in the text of a clause words stand that are understood, but of which nothing is performed.

    Where, at whom, with what and in what manner: "like a zombie", "at the audience", "sadly".
    """
    if clause.action is None and not clause.adjunct:
        return []
    name = clause.action.entry.value if clause.action and clause.action.entry else ""
    found: list[list[Item]] = []
    adjunct: list[Item] = []
    for item in clause.items[subject(clause) :]:
        if item.kind == "prep":
            adjunct = [item]
        elif item.is_action or item.kind in STATES:
            adjunct = []
        elif _unused(item, name):
            if not adjunct:
                adjunct = []
                found.append(adjunct)
            elif len(adjunct) == 1 and adjunct[0].kind == "prep":
                found.append(adjunct)
            adjunct.append(item)
        elif item.kind == "function" and len(adjunct) > 1:
            adjunct.append(item)
        elif not (adjunct and adjunct[0].kind == "prep"):
            adjunct = []
    return [(tokens[group[0].start].start, tokens[group[-1].end - 1].end) for group in found]


def subject(clause: Clause) -> int:
    """How many items in front of the action say who acts: "the knight kneels"."""
    if clause.action is None or any(item.kind == "prep" for item in clause.items[: clause.items.index(clause.action)]):
        return 0
    return clause.items.index(clause.action)


def _unused(item: Item, name: str) -> bool:
    """Whether an item says something that the action `name` does not do."""
    if item.kind == "filler" and item.entry and item.entry.value == "in_place":
        return name in words("travelling")
    if item.kind == "filler" and item.entry and item.entry.value:
        return name not in load()["en"]["met"].get(item.entry.value, ())
    if item.kind == "noun":
        return item.entry is not None and item.text not in units().limbs and item.text not in COMPLEMENTS
    if item.text in ("up", "down"):
        return name in words("pointing")
    return item.kind in ("word", "manner_ok")


def text_of(items: Sequence[Item], tokens: Sequence[Token]) -> str:
    """The words of some items."""
    return spell([token for item in items for token in tokens[item.start : item.end]])


def _naming(items: Sequence[Item]) -> list[Item]:
    """The items that may name an action: no counts and measures, and no filler at either end."""
    kept = _uncounted(items)
    while kept and kept[0].kind == "filler" and kept[0].text not in _MEANS:
        kept.pop(0)
    while kept and kept[-1].kind == "filler":
        kept.pop()
    return kept


def _uncounted(items: Sequence[Item]) -> list[Item]:
    return [item for item in items if not item.params or any(name in ("direction", "side") for name, _ in item.params)]


def _says_where(clause: Clause, action: Item) -> bool:
    stated = any(name in _WHERE for item in clause.items for name, _ in item.params)
    body = any(name == "side" for item in clause.items for name, _ in item.params)
    at = clause.items.index(action)
    behind = [item for item in clause.items[at + 1 :] if item.kind not in ("function", "filler")]
    if behind and behind[0].kind in ("noun", "word") and behind[0].text.isascii():
        return False  # "move your body"
    place = any(item.kind == "prep" and item.text not in _NO_PLACE for item in clause.items)
    return not body and (stated or place or any(item.kind == "lr" for item in clause.items))


def unexplained(clause: Clause, action: Item, name: str) -> list[Item]:
    """The words of a clause that are neither grammar, nor manner, nor a place or thing that the action may have."""
    at = clause.items.index(action)
    takes_object = name in words("takes_object")
    found: list[Item] = []
    adjunct = False
    stated = clause.items[0].text in ("the", "a", "an") and action.text.split()[0].endswith("s")  # "the thief crawls"
    for index, item in enumerate(clause.items):
        if item is action:
            adjunct = False
        elif item.kind == "prep":
            adjunct = True
        elif item.kind == "word":
            manner = item.text.endswith("ly") or _manner(clause.items, index, at)
            if not (adjunct or manner or (takes_object and index > at) or (stated and index < at)):
                found.append(item)
    return found


def _manner(items: Sequence[Item], index: int, action: int) -> bool:
    """Whether a Chinese word in front of the verb ends in 地, 得 or 着: 疯狂地跑."""
    for item in items[index:action]:
        if item.text in ("地", "着", "得"):
            return True
        if item.kind not in ("word", "filler", "noun", "function"):
            return False
    return False


def params_of(clause: Clause, name: str = "") -> dict[str, Any]:
    """All parameters that the clause states; the first statement of each wins, durations in a row add up."""
    params: dict[str, Any] = {}
    items = clause.items
    for index, item in enumerate(items):
        if item.kind == "lr":
            params.setdefault(_lr_name(items, index), item.entry.value if item.entry else "left")
        elif item.kind == "number":
            if not (item.text == "one" and not _action_after(items, index)):
                count = item.params[0][1]
                turned = name in words("turning") and float(count) >= _LEAST_DEGREES
                params.setdefault("degrees" if turned else "repetitions", count)
        elif _counts(item, name):
            params.setdefault("repetitions", 1.0)
        elif not item.is_action:
            for key, value in item.params:
                before = next((i for i in reversed(items[:index]) if i.kind != "function"), None)
                if key == "duration" and key in params and before and dict(before.params).get(key):
                    params[key] += value
                else:
                    params.setdefault(key, value)
    action = clause.action
    if action and action.entry and name in ("", action.entry.value, action.entry.timed):
        params = dict(action.params) | params  # what is said beside a phrase is more than what the phrase implies
    return params


def _lr_name(items: Sequence[Item], index: int) -> str:
    """Whether a bare "left" is a side ("left punch", "with your left") or a direction ("left turn", "point left")."""
    before = [item for item in items[:index] if item.kind not in ("function", "filler")]
    if before and before[-1].text in ("with", "用"):
        return "side"
    after = next((item for item in items[index + 1 :] if item.kind not in ("filler", "function")), None)
    if after and after.kind == "action" and after.entry and after.entry.value in words("limb_actions"):
        return "side"
    if any(item.is_action and item.entry and item.entry.value in words("sided") for item in before):
        return "side"  # "kick left"
    return "direction"


def _action_after(items: Sequence[Item], index: int) -> bool:
    return index + 1 < len(items) and items[index + 1].is_action


def with_params(call: ActionCall, params: dict[str, Any]) -> ActionCall:
    """The call with `params` added; what it states already stays."""
    new: dict[str, Any] = {}
    for name, value in params.items():
        if name not in _FIELDS:
            continue
        old = getattr(call, name)
        if old is None or (name == "speed" and old == 1.0):
            new[name] = int(value) if name in ("repetitions", "steps") else value
    return replace(call, **new)


def changed(call: ActionCall, params: dict[str, Any]) -> ActionCall:
    """The call with `params` in place of its own: "turn left, then right"."""
    cleared: dict[str, Any] = {name: 1.0 if name == "speed" else None for name in params if name in _FIELDS}
    return with_params(replace(call, **cleared), params)
