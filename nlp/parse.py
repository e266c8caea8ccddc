"""Text to Plan by a grammar in plain Python: no model is asked for words of the lexicon.

1. `tokens`: characters to words, numbers and marks, in both languages at once.
2. `items`: what each word or phrase does (action, parameter, connector, filler, ...), longest phrase first; `context`:
   what only its neighbours tell.
3. `clauses`: one clause for each action, with its relation to the one before.
4. `calls`: each clause's action and parameters.
5. `steps`: the clauses in order of time.
6. `account`: what became of each word.

Here is decided which way of understanding counts: first words of the lexicon, then misheard words put right, at last
what all words mean.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from motion_engine.errors import BadCommand, LimitExceeded, MotionError, UnknownAction
from motion_engine.types import ActionCall, Language, Plan, Step
from nlp.account import Word, account
from nlp.calls import CERTAIN, SURE, by_meaning, spans_of
from nlp.clauses import Clause, split
from nlp.context import in_context
from nlp.items import Item, read_items
from nlp.match import Matcher, explained
from nlp.mishearing import REPAIRED, repairs
from nlp.nearness import variants
from nlp.steps import Steps
from nlp.tokens import Token, tokenize

MOST_CHARACTERS = 20_000
MOST_WORDS = 2_000
_HOMES = re.compile(r"[a-z\u00df-\u024f\u3400-\u9fff\uf900-\ufaff]")
_KANA = re.compile(r"[\u3041-\u30ff\uac00-\ud7af]")
_SEVERAL = (
    "then", "ordinal", "together", "while", "before", "after", "before_that", "until", "beside", "when", "before_post",
    "after_post", "instead_of", "correct", "again",
)  # fmt: skip


def parse(text: str, matcher: Matcher) -> Plan:
    """What `text` asks for.

    Args:
        text: A command in English, Chinese or both.
        matcher: Knows the actions of the library.

    Raises:
        BadCommand: The text is empty, has no words, or asks for nothing.
        UnknownAction: Some clause names no action; also when others do.
        LimitExceeded: More than 20,000 characters or 2,000 words.
    """
    return explain(text, matcher)[0]


def explain(text: str, matcher: Matcher) -> tuple[Plan, list[Word]]:
    """What `text` asks for, and what became of each of its words; the errors of `parse`."""
    if len(text) > MOST_CHARACTERS:
        raise LimitExceeded(
            f"The command has {len(text)} characters, the limit is {MOST_CHARACTERS}: say less at once."
        )
    tokens = tokenize(text)
    spoken = [token for token in tokens if token.kind not in ("comma", "stop")]
    if not spoken:
        raise BadCommand("The command has no words: say what to do, for example `wave then run`.")
    if len(spoken) > MOST_WORDS:
        raise LimitExceeded(f"The command has {len(spoken)} words, the limit is {MOST_WORDS}: say less at once.")
    check_script(text, spoken)
    items = in_context(read_items(tokens, matcher.phrases))
    bare = matcher.without_model()
    literal = _attempt(text, tokens, items, bare)
    if literal and not _mostly_ignored(literal[1]):
        return literal
    for repaired in repairs(tokens, items, matcher.phrases) if not literal else ():
        heard = _attempt(text, repaired, in_context(read_items(repaired, matcher.phrases)), bare)
        if heard and not heard[0].ignored:
            return _less_sure(heard[0]), heard[1]
    whole = _one_action(text, tokens, items, matcher)
    certain = whole and whole[0].steps[0].actions[0].score >= CERTAIN
    if literal:
        return whole if whole and certain and not _about_the_same(whole[0], literal[0]) else literal
    if whole and certain:
        return whole
    try:
        return _explained(text, tokens, items, matcher)
    except UnknownAction:
        if whole:
            return whole
        raise


def _attempt(
    text: str, tokens: Sequence[Token], items: Sequence[Item], matcher: Matcher
) -> tuple[Plan, list[Word]] | None:
    try:
        return _explained(text, tokens, items, matcher)
    except MotionError:
        return None


def _mostly_ignored(words: Sequence[Word]) -> bool:
    """Whether more is said that nobody performs than what is performed: "strike the pose of a superhero"."""
    size = {"ignored": 0, "action": 0}
    for word in words:
        if word.role in size:
            size[word.role] += len(word.text.split()) if word.text.isascii() else len(word.text)
    return size["ignored"] > size["action"]


def _about_the_same(one: Plan, other: Plan) -> bool:
    """Whether the single action of a plan, or a variant of it, is in another plan as well."""
    name = one.steps[0].actions[0].action
    return any(name == call.action or variants(name, call.action) for step in other.steps for call in step.actions)


def _one_action(
    text: str, tokens: Sequence[Token], items: Sequence[Item], matcher: Matcher
) -> tuple[Plan, list[Word]] | None:
    """The one action that all words together mean, where the grammar knows some of them: "swing your leg at his head".

    None if they mean none surely enough, or say expressly that there are several.
    """
    whole = Clause(items=[item for item in items if item.kind not in ("comma", "stop")])
    known = any(item.kind == "action" and item.entry and item.entry.value in matcher.books for item in items)
    several = any(item.kind in _SEVERAL for item in items)
    if not whole.has_content or (several and known) or any(item.kind in ("not", "refuse") for item in items):
        return None
    try:
        call = by_meaning(whole, tokens, matcher)
    except UnknownAction:
        return None
    others = {item.entry.value for item in items if item.kind == "action" and item.entry} & matcher.books.keys()
    if others - {call.action} and any(item.kind in ("and", "or", "comma", "stop") for item in items[:-1]):
        return None  # a list, in which another action is known
    if call.score < (
        CERTAIN if known or several else SURE
    ):  # a known action may be one of several, or near for its own words
        return None
    plan = Plan(text, language_of(tokens), (Step((call,)),))
    return plan, account(plan, tokens, items, (), ())


def _less_sure(plan: Plan) -> Plan:
    """The plan of a command that was repaired."""
    steps = (tuple(replace(call, score=REPAIRED) for call in step.actions) for step in plan.steps)
    return replace(plan, steps=tuple(map(Step, steps)))


def _explained(text: str, tokens: Sequence[Token], items: Sequence[Item], matcher: Matcher) -> tuple[Plan, list[Word]]:
    """What the items ask for, and what became of each of them."""
    clauses = split(items)
    order = Steps(tokens, matcher)
    steps = order.build(clauses)
    if not steps and (name := matcher.named(text)):
        steps = [[ActionCall(text.strip(), name, spans=((0, len(text)),))]]
    if not steps:
        if any(clause.negated for clause in clauses):
            raise BadCommand("The command only says what not to do: say what to do, for example `do not run, walk`.")
        raise matcher.unknown(text.strip())
    plan = Plan(text, language_of(tokens), tuple(Step(tuple(group)) for group in steps))
    taken = [*order.taken, *(span for clause in clauses if clause.negated for span in spans_of(clause.items, tokens))]
    words = account(plan, tokens, items, sorted(order.ignored), taken, order.subjects)
    return replace(plan, ignored=tuple(word.text for word in words if word.role == "ignored")), words


def notation(text: str, matcher: Matcher) -> str:
    """`str(plan)`; `!unknown` if something was not understood, `!empty` if nothing is asked for.

    Raises:
        LimitExceeded: The text is too long.
    """
    try:
        return str(parse(text, matcher))
    except UnknownAction:
        return "!unknown"
    except BadCommand:
        return "!empty"


def language_of(tokens: Sequence[Token]) -> Language:
    """Chinese if at least as many characters as words are."""
    han = sum(token.kind == "han" for token in tokens)
    others = sum(token.kind not in ("han", "comma", "stop") for token in tokens)
    return "zh" if han and han >= others else "en"


def check_script(text: str, spoken: Sequence[Token]) -> None:
    """UnknownAction if most of it is in another script than ours."""
    foreign = sum(token.kind == "foreign" for token in spoken)
    if foreign * 2 > len(spoken) or _KANA.search(text) or (foreign and not _HOMES.search(text.lower())):
        raise explained(UnknownAction(text.strip()[:80]), "English and Chinese are understood, this is neither.")
