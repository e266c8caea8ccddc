"""A command while it is being said: what of it is understood, though not all is, and what may be meant by the rest.

`parse` refuses a command of which any clause means nothing; whoever is still typing wants to see the others all the
same. Each clause is asked by itself: one that is refused loses the words that are to blame, and is left out of the plan
if nothing remains of it that can be performed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from motion_engine.errors import BadCommand, UnknownAction
from motion_engine.types import Plan, Step
from nlp.account import Span, Word, account
from nlp.calls import STATES, call_of, spans_of, unexplained
from nlp.clauses import Clause, split
from nlp.context import in_context
from nlp.items import Item, read_items
from nlp.match import Matcher
from nlp.parse import check_script, explain, language_of
from nlp.steps import Steps
from nlp.suggest import Doubt, Suggestion, suggest
from nlp.tokens import Token, tokenize

_MOST_DOUBTS = 8  # stretches for which suggestions are looked for
_BETWEEN = ("function", "filler", "prep", "noun", "manner_ok")  # these join what they stand between: "bake a cake"


@dataclass(frozen=True)
class Unknown:
    """A stretch of words that was not understood, and what may stand in its place, the likeliest first."""

    start: int
    end: int
    text: str
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True)
class Draft:
    """What is understood of a command.

    Attributes:
        plan: Of what is understood.
        words: The role of each word, as in `explain`.
        unknown: What is not understood; also what is only "ignored", if something similar would be performed.
        refused: Why the command would not be performed; empty: it would be, and `plan` is what `explain` gives.
    """

    plan: Plan
    words: tuple[Word, ...]
    unknown: tuple[Unknown, ...] = ()
    refused: str = ""


def read_draft(text: str, matcher: Matcher) -> Draft:
    """What of `text` is understood.

    Raises:
        LimitExceeded: It is longer than a command may be.
        ModelUnavailable: The embedding model cannot be used.
    """
    tokens = tokenize(text)
    items = in_context(read_items(tokens, matcher.phrases))
    try:
        plan, words = explain(text, matcher)
        doubts, refused = _ignored(split(items), tokens, words), ""
    except (BadCommand, UnknownAction) as error:
        plan, words, doubts = _partly(text, tokens, items, matcher)
        refused = str(error)
    unknown: list[Unknown] = []
    for number, doubt in enumerate(doubts):
        found = suggest(text, doubt, matcher, plan.language) if number < _MOST_DOUBTS else ()
        if refused or found:
            unknown.append(Unknown(doubt.start, doubt.end, text[doubt.start : doubt.end], found))
    return Draft(plan, tuple(words), tuple(unknown), refused)


def _ignored(clauses: Sequence[Clause], tokens: Sequence[Token], words: Sequence[Word]) -> list[Doubt]:
    """Words that nobody knows and nobody misses: "wave twise"."""
    idle = [word for word in words if word.role == "ignored"]
    return [
        _doubt(clause, [item], tokens)
        for clause in clauses
        for item in clause.items
        if item.kind == "word" and any(word.start <= tokens[item.start].start < word.end for word in idle)
    ]


@dataclass
class _Sorted:
    """The clauses that can be performed, without what is strange in them; those that cannot be; what is strange."""

    said: list[Clause] = field(default_factory=list)
    lost: list[Clause] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)


def _partly(
    text: str, tokens: Sequence[Token], items: Sequence[Item], matcher: Matcher
) -> tuple[Plan, list[Word], list[Doubt]]:
    """The plan of what is understood, the roles of all words, and what is not understood."""
    plan = Plan(text, language_of(tokens), ())
    spoken = [token for token in tokens if token.kind not in ("comma", "stop")]
    try:
        check_script(text, spoken)
    except UnknownAction:
        whole = spoken[0].start, spoken[-1].end
        return plan, [Word(*whole, text[slice(*whole)], "unknown")], [Doubt(*whole, whole, whole)]
    clauses = split(items)
    parts = _sorted(text, clauses, tokens, matcher)
    order = Steps(tokens, matcher)
    try:
        steps = order.build(parts.said)
    except (BadCommand, UnknownAction):  # parameters without anything that they could belong to
        order, steps, parts.lost = Steps(tokens, matcher), [], clauses
    plan = replace(plan, steps=tuple(Step(tuple(group)) for group in steps))
    negated = [span for clause in clauses if clause.negated for span in spans_of(clause.items, tokens)]
    described = [item for clause in parts.lost if not clause.negated for item in clause.items]
    strange = [(doubt.start, doubt.end) for doubt in parts.doubts]
    loose = [span for item in described if item.kind in (*STATES, "action") for span in spans_of([item], tokens)]
    words = account(
        plan, tokens, items, sorted(order.ignored), [*order.taken, *negated], order.subjects, loose, strange
    )
    return plan, words, parts.doubts


def _sorted(text: str, clauses: Sequence[Clause], tokens: Sequence[Token], matcher: Matcher) -> _Sorted:
    parts = _Sorted()
    before = parts.said  # where the clause before went
    for number, clause in enumerate(clauses):
        if before is parts.lost and _modifies(clause) and clause.link in ("comma", "juxt"):
            before.append(clause)  # "flimmer, twice"
            continue
        strange = _strange(clause, tokens, matcher)
        rest = replace(clause, items=[item for item in clause.items if item not in strange])
        before = parts.said if not strange or (rest.action and not _strange(rest, tokens, matcher)) else parts.lost
        before.append(rest)
        parts.doubts += [
            replace(doubt, without=_without(text, doubt, clauses, number, tokens))
            for doubt in (_doubt(clause, group, tokens) for group in _stretches(clause, strange))
        ]
    return parts


def _modifies(clause: Clause) -> bool:
    """Whether it only states parameters of another."""
    return clause.action is None and clause.only_modifies


def _strange(clause: Clause, tokens: Sequence[Token], matcher: Matcher) -> list[Item]:
    """The items for which a clause is refused; none if it is not."""
    if clause.negated or clause.adjunct or clause.again or _modifies(clause):
        return []
    try:
        call_of(clause, tokens, matcher)
        return []
    except UnknownAction:
        pass
    if refused := [item for item in clause.items if item.kind == "refuse"]:
        return refused
    action = clause.action
    name = action.entry.value if action and action.kind == "action" and action.entry else ""
    if action and name in matcher.books:
        return unexplained(clause, action, name) or [action]
    for kinds in (("word", "weak", "action"), ("noun", "manner_ok")):
        if found := [item for item in clause.items if item.kind in kinds]:
            return found
    return clause.items


def _stretches(clause: Clause, strange: Sequence[Item]) -> list[list[Item]]:
    """Some items of a clause in groups, joined over what only stands between them."""
    groups: list[list[Item]] = []
    apart = True
    for item in clause.items:
        if item not in strange:
            apart = apart or item.kind not in _BETWEEN
        elif apart:
            groups.append([item])
            apart = False
        else:
            groups[-1].append(item)
    return groups


def _doubt(clause: Clause, group: Sequence[Item], tokens: Sequence[Token]) -> Doubt:
    """One stretch, and around it what an action may replace: the action beside it, things behind it ("bake a cake")."""
    behind = len(group)
    following = clause.items[clause.items.index(group[-1]) + 1 :]
    for number, item in enumerate(following, start=len(group) + 1):
        if item.kind not in _BETWEEN:
            break
        behind = number if item.kind in ("noun", "manner_ok") else behind
    whole = [*group, *following][:behind]
    action = clause.action if clause.action not in group else None
    if action:
        whole = sorted([*whole, action], key=lambda item: item.start)
    return Doubt(
        *_span(group, tokens),
        _span(clause.items, tokens),
        _span(whole, tokens),
        beside=action is not None,
    )


def _without(
    text: str, doubt: Doubt, clauses: Sequence[Clause], number: int, tokens: Sequence[Token]
) -> Suggestion | None:
    """How a stretch is left out: its clause says the action alone, or goes with what joins it to the next."""
    clause = clauses[number]
    if doubt.beside and clause.action:
        return Suggestion(*doubt.whole, text[slice(*_span([clause.action], tokens))])
    if number:
        return Suggestion(_span(clauses[number - 1].items, tokens)[1], doubt.clause[1], "")
    following = clauses[1:2]
    return Suggestion(tokens[0].start, _span(following[0].items, tokens)[0], "") if following else None


def _span(items: Sequence[Item], tokens: Sequence[Token]) -> Span:
    """From where to where in the text the items stand, with all between them."""
    return tokens[items[0].start].start, tokens[items[-1].end - 1].end
