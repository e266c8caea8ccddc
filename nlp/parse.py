"""Text to Plan by a grammar in plain Python: no model is asked for words of the lexicon.

1. `tokens`: characters to words, numbers and marks, in both languages at once.
2. `items`: what each word or phrase does (action, parameter, connector, filler, ...), longest phrase first.
3. `clauses`: one clause for each action, with its relation to the one before.
4. `calls`: each clause's action and parameters.
5. here: the clauses in order of time.
6. `account`: what became of each word.

How clauses are ordered, where language leaves a choice:
- "A and B", "A, B" are a sequence; "A while B", "A and at the same time B", "while A and B" are simultaneous.
- "A and B while C" is A > B + C: "while" binds to the clause beside it, as speed and counts do. Only when A and B are
  gestures and C moves the whole body ("wave and nod while walking"), C goes on under both: C + A > C + B.
- Of simultaneous actions the one said first stands first ("nod while clapping": nod + clap), except that those which
  move the whole body come first ("wave while running": run + wave), since the first action of a step moves the body.
- "Before A, B ..." puts the rest of the sentence before A.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from motion_engine.errors import BadCommand, LimitExceeded, MotionError, UnknownAction
from motion_engine.types import ActionCall, Language, Plan, Step
from nlp.account import Span, Word, account
from nlp.calls import STATES, SURE, by_meaning, call_of, changed, ignored, params_of, spans_of, text_of, with_params
from nlp.clauses import Clause, split
from nlp.items import Item, read_items
from nlp.lexicon import words as lexicon_words
from nlp.match import Matcher, explained
from nlp.mishearing import REPAIRED, repairs
from nlp.tokens import Token, tokenize

MOST_CHARACTERS = 20_000
MOST_WORDS = 2_000
_HOMES = re.compile(r"[a-z\u00df-\u024f\u3400-\u9fff\uf900-\ufaff]")
_KANA = re.compile(r"[\u3041-\u30ff\uac00-\ud7af]")
_SEVERAL = (
    "then", "ordinal", "together", "while", "before", "after", "before_that", "until", "beside", "when", "before_post",
    "after_post", "not", "instead_of", "correct", "again", "refuse",
)  # fmt: skip
_CERTAIN = 0.9  # the chance with which all words together mean one action, though the grammar could split them
_MEASURES = ("duration", "distance", "degrees", "steps")
_PAUSE = ("过", "隔")  # 过三秒再挥手
_ELLIPTIC = ("side", "direction", "degrees", "steps", "distance")

Group = list[ActionCall]


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
    _check_script(text, spoken)
    items = read_items(tokens, matcher.phrases)
    bare = matcher.without_model()
    try:
        return _explained(text, tokens, items, bare)
    except MotionError:
        pass
    for repaired in repairs(tokens, items, matcher.phrases):
        try:
            plan, words = _explained(text, repaired, read_items(repaired, matcher.phrases), bare)
        except MotionError:
            continue
        if not plan.ignored:
            return _less_sure(plan), words
    whole = _one_action(text, tokens, items, matcher)
    if whole and whole[0].steps[0].actions[0].score >= _CERTAIN:
        return whole
    try:
        return _explained(text, tokens, items, matcher)
    except UnknownAction:
        if whole:
            return whole
        raise


def _one_action(
    text: str, tokens: Sequence[Token], items: Sequence[Item], matcher: Matcher
) -> tuple[Plan, list[Word]] | None:
    """The one action that all words together mean, where the grammar knows some of them: "swing your leg at his head".

    None if they mean none surely enough, or say expressly that there are several.
    """
    whole = Clause(items=[item for item in items if item.kind not in ("comma", "stop")])
    if any(item.kind in _SEVERAL for item in items) or not whole.has_content:
        return None
    try:
        call = by_meaning(whole, tokens, matcher)
    except UnknownAction:
        return None
    if call.score < SURE:
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
    order = _Steps(tokens, matcher)
    steps = order.build(clauses)
    if not steps and (name := matcher.named(text)):
        steps = [[ActionCall(text.strip(), name, spans=((0, len(text)),))]]
    if not steps:
        if any(clause.negated for clause in clauses):
            raise BadCommand("The command only says what not to do: say what to do, for example `do not run, walk`.")
        raise matcher.unknown(text.strip())
    plan = Plan(text, language_of(tokens), tuple(Step(tuple(group)) for group in steps))
    taken = [*order.taken, *(span for clause in clauses if clause.negated for span in spans_of(clause.items, tokens))]
    words = account(plan, tokens, items, sorted(order.ignored), taken)
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


def _check_script(text: str, spoken: Sequence[Token]) -> None:
    foreign = sum(token.kind == "foreign" for token in spoken)
    if foreign * 2 > len(spoken) or _KANA.search(text) or (foreign and not _HOMES.search(text.lower())):
        raise explained(UnknownAction(text.strip()[:80]), "English and Chinese are understood, this is neither.")


class _Steps:
    """Puts clauses in order of time."""

    def __init__(self, tokens: Sequence[Token], matcher: Matcher) -> None:
        self.tokens, self.matcher = tokens, matcher
        self.whole_body = frozenset(lexicon_words("whole_body"))
        self.travelling = frozenset(lexicon_words("travelling"))
        self.ignored: set[Span] = set()
        self.taken: list[Span] = []  # what was said and corrected

    def build(self, clauses: Sequence[Clause]) -> list[Group]:
        """The steps of a whole command, sentence by sentence."""
        steps: list[Group] = []
        clauses = self._attach_forward(clauses)
        start = 0
        while start < len(clauses):
            end = start + 1
            while end < len(clauses) and clauses[end].link not in ("stop", "correct"):
                end += 1
            self._sentence(clauses[start:end], steps)
            start = end
        return steps

    def _attach_forward(self, clauses: Sequence[Clause]) -> list[Clause]:
        """Parameters said ahead of their clause ("slowly, sit") move into it."""
        out: list[Clause] = []
        pending: Clause | None = None
        for index, clause in enumerate(clauses):
            if pending:
                clause.items[:0] = pending.items
                clause.link, pending = pending.link, None
            following = clauses[index + 1] if index + 1 < len(clauses) else None
            free = clause.only_modifies and not (clause.sub or clause.post or clause.again)
            ahead = clause.link in ("start", "stop", "then", "correct") and not self._elliptic(clause, out)
            if (
                free
                and ahead
                and following
                and following.link in ("comma", "juxt")
                and following.action
                and not following.sub
            ):
                pending = clause
            else:
                out.append(clause)
        return out

    def _elliptic(self, clause: Clause, before: Sequence[Clause]) -> bool:
        """Whether "then right" repeats the action of the clause before, which states such a parameter too."""
        mine = set(params_of(clause)) & set(_ELLIPTIC)
        theirs: set[str] = set(params_of(before[-1])) if before else set()
        return bool(mine & theirs)

    def _sentence(self, clauses: Sequence[Clause], steps: list[Group]) -> None:
        index = 0
        while index < len(clauses):
            clause = clauses[index]
            sub = {"when": "while"}.get(clause.post, clause.post) or clause.sub
            size = self._fronted(clauses, index) if sub else 0
            if not size:
                index = self._main(clauses, index, steps)
                continue
            group = [part for part in clauses[index : index + size] if not part.negated]
            rest = list(clauses[index + size :])
            if sub == "after":
                if not self._said_before(group, steps):
                    self._sentence_of(group, steps, wait=True)
            elif sub == "before":
                self._sentence_of(rest, steps)
                self._sentence_of(group, steps)
                return
            else:
                self._fronted_while(group, rest, steps)
                return
            index += size

    def _said_before(self, group: Sequence[Clause], steps: Sequence[Group]) -> bool:
        """Whether a group in front only takes up the last step: "wave, and after waving sit"."""
        if len(group) != 1 or not steps or len(steps[-1]) != 1 or params_of(group[0]).keys() - {"side"}:
            return False
        action = group[0].action
        if not (action and action.entry and action.entry.value == steps[-1][0].action):
            return False
        spans = (*steps[-1][0].spans, *spans_of([item for item in group[0].items if item is action], self.tokens))
        steps[-1][0] = replace(steps[-1][0], spans=spans)
        return True

    def _sentence_of(self, clauses: Sequence[Clause], steps: list[Group], *, wait: bool = False) -> None:
        """Plain clauses one after the other; with `wait`, a bare duration is a pause."""
        plain = [
            replace(clause, sub="", post="", link="then" if not k else clause.link) for k, clause in enumerate(clauses)
        ]
        if wait and plain and plain[0].only_modifies and "duration" in params_of(plain[0]):
            steps.append([self._pause(plain.pop(0))])
        self._sentence(plain, steps)

    def _pause(self, clause: Clause) -> ActionCall:
        """Standing still for the stated time."""
        self.matcher.require("idle", "wait")
        return with_params(ActionCall("", "idle", spans=spans_of(clause.items, self.tokens)), params_of(clause))

    def _fronted_while(self, group: Sequence[Clause], rest: list[Clause], steps: list[Group]) -> None:
        """ "While A, B and C": A goes on under the clauses that "and" joins."""
        under = [self._call(part) for part in group]
        at = len(steps)
        scope = 1
        while scope < len(rest) and rest[scope].link == "and" and self._gesture(rest[scope]):
            scope += 1
        scope = scope if rest and self._gesture(rest[0]) and under and under[0].action in self.whole_body else 1
        if rest:
            rest[0] = replace(rest[0], link="then", together=False)
        self._sentence(rest, steps)
        for step in steps[at : at + scope]:
            step[:] = self._ordered([*under, *step])

    def _fronted(self, clauses: Sequence[Clause], index: int) -> int:
        """How many clauses a subordinate group in front of its main clause has; 0 if it stands behind it."""
        clause = clauses[index]
        behind = bool(index) and clause.link not in ("then", "start", "stop", "correct") and not clause.post
        if clause.link == "and" and index + 1 < len(clauses) and clauses[index + 1].link in ("comma", "juxt"):
            behind = False
        if behind or clause.sub == "until":
            return 0
        size = 1
        if clause.sub and not clause.post:
            while index + size < len(clauses) and clauses[index + size].link == "and" and not clauses[index + size].sub:
                size += 1
        if index + size >= len(clauses) or clauses[index + size].sub:
            return 0 if not clause.post else size
        return size

    def _gesture(self, clause: Clause) -> bool:
        action = clause.action
        return bool(action and action.entry and action.entry.value not in self.whole_body)

    def _call(self, clause: Clause) -> ActionCall:
        self.ignored.update(ignored(clause, self.tokens))
        return call_of(clause, self.tokens, self.matcher)

    def _main(self, clauses: Sequence[Clause], index: int, steps: list[Group]) -> int:
        """Add one clause, or several that happen together, to `steps`; the index after them."""
        clause = clauses[index]
        if clause.negated or clause.adjunct:
            self.ignored.update(() if clause.negated else ignored(clause, self.tokens))
            return index + 1
        if clause.each:
            joined = index
            while joined and (clause.action is None or clauses[joined].link == "and"):
                joined -= 1
            self._each(clause, steps[max(0, len(steps) - (index - joined)) :])
            if clause.action is None:
                return index + 1
        if clause.again or (clause.action is None and clause.only_modifies):
            self._modify(clause, steps)
            return index + 1
        call = self._call(clause)
        if clause.link == "juxt" and steps and self._said_twice(steps[-1][-1], call):
            last = steps[-1][-1]
            steps[-1][-1] = replace(call, phrase=f"{last.phrase} {call.phrase}", spans=last.spans + call.spans)
            return index + 1
        if clause.link == "correct" and steps:
            self._take_back(steps.pop())
        if clause.link == "before_that" and steps:
            steps.insert(len(steps) - 1, [call])
        elif clause.sub == "while" and steps:
            return self._while_behind(clauses, index, call, steps)
        elif clause.sub == "after" and steps:
            steps.insert(len(steps) - 1, [call])
        elif self._joins(clause, clauses[index - 1] if index else None) and steps:
            steps[-1] = self._ordered([*steps[-1], call])
        else:
            steps.append([call])
        return index + 1

    def _each(self, clause: Clause, steps: list[Group]) -> None:
        """Give the steps the count that is said once for all of them."""
        said = spans_of([item for item in clause.items if item.kind in (*STATES, "each")], self.tokens)
        for step in steps:
            step[:] = [with_params(replace(call, spans=(*call.spans, *said)), params_of(clause)) for call in step]

    def _take_back(self, group: Group) -> None:
        """Forget a step that is corrected, with all that was said of it."""
        spans = [span for call in group for span in call.spans]
        beside = {span for span in self.ignored if spans and span[0] > min(spans)[0]}
        self.taken += [*spans, *beside]
        self.ignored -= beside

    def _said_twice(self, last: ActionCall, call: ActionCall) -> bool:
        """Whether two phrases side by side name one action: 晃动脑袋 表示拒绝."""
        if call.phrase.isascii() and call.action not in ("idle", "turn"):
            return False  # "jab hook"
        return last.phrase != call.phrase and replace(last, phrase="", score=1.0) == ActionCall("", call.action)

    def _joins(self, clause: Clause, before: Clause | None) -> bool:
        """Whether the clause happens together with the one before."""
        if clause.together or self._participle(clause, before):
            return True
        if before and before.group and clause.link in ("and", "comma", "juxt"):
            clause.group = True
            return True
        return clause.trailing and before is not None and clause.link in ("and", "comma", "juxt")

    def _participle(self, clause: Clause, before: Clause | None) -> bool:
        """Whether it is "waving" in "walk, waving": a gerund behind a verb that is none."""
        action, first = clause.action, before.action if before and not clause.sub else None
        return bool(clause.link in ("comma", "juxt") and action and action.gerund and first and not first.gerund)

    def _while_behind(self, clauses: Sequence[Clause], index: int, call: ActionCall, steps: list[Group]) -> int:
        """ "A and B while C (and D)"."""
        layers, end = [call], index + 1
        gerund = bool(clauses[index].action and clauses[index].action.gerund)  # type: ignore[union-attr]
        while end < len(clauses) and clauses[end].link == "and" and not clauses[end].sub and not clauses[end].negated:
            action = clauses[end].action
            if action is None or (gerund and action.text.isascii() and not action.gerund):
                break
            layers.append(self._call(clauses[end]))
            end += 1
        first = len(steps) - 1
        both = index >= 2 and clauses[index - 1].link == "and" and not clauses[index - 1].negated
        if both and call.action in self.whole_body and first and self._layers_only(steps[-1] + steps[-2]):
            first -= 1
        for k in range(first, len(steps)):
            steps[k] = self._ordered([*steps[k], *layers])
        return end

    def _layers_only(self, calls: Group) -> bool:
        return not any(call.action in self.whole_body for call in calls)

    def _ordered(self, calls: Group) -> Group:
        """Locomotion first, for it moves the body; else the order of the words."""
        return sorted(calls, key=lambda call: call.action not in self.whole_body)

    def _modify(self, clause: Clause, steps: list[Group]) -> None:
        """A clause of parameters alone: "jump, twice", "turn left, then right", "again"."""
        params: dict[str, Any] = params_of(clause)
        if clause.items[0].text in _PAUSE and "duration" in params:
            steps.append([self._pause(clause)])
            return
        if {"steps", "distance"} & params.keys() and not (steps and steps[-1][-1].action in self.travelling):
            self.matcher.require("walk", "walk")
            walk = ActionCall(text_of(clause.items, self.tokens), "walk", spans=spans_of(clause.items, self.tokens))
            steps.append([with_params(walk, params)])
            return
        if not steps:
            raise self.matcher.unknown(text_of(clause.items, self.tokens))
        last = steps[-1]
        said = spans_of([item for item in clause.items if item.kind in (*STATES, "again")], self.tokens)
        if clause.link == "correct" and params.keys() == {"repetitions"} and last[-1].repetitions is None:
            measures = [name for name in _MEASURES if getattr(last[-1], name) is not None]
            params = {measures[-1]: params["repetitions"]} if measures else params  # "five steps, I mean six"
        if last[-1].side and "direction" in params and any(item.kind == "lr" for item in clause.items):
            params["side"] = params.pop("direction")  # "with the left hand, then the right"
        stated = [name for name in _ELLIPTIC if name in params and getattr(last[-1], name) is not None]
        if clause.link == "then" and "speed" in params:
            stated.append("speed")
        if clause.again:
            steps.append([replace(changed(call, params), spans=said) for call in last])
        elif clause.link in ("then", "and", "comma", "stop") and stated:
            steps.append([replace(changed(last[-1], params), spans=said)])
        elif clause.link == "correct":
            last[-1] = replace(changed(last[-1], params), spans=(*last[-1].spans, *said))
        else:
            last[-1] = replace(with_params(last[-1], params), spans=(*last[-1].spans, *said))
