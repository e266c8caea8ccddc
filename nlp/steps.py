"""Clauses to steps: which actions follow each other, and which happen together.

How clauses are ordered, where language leaves a choice:
- "A and B", "A, B" are a sequence; "A while B", "A and at the same time B", "while A and B" are simultaneous.
- "A and B while C" is A > B + C: "while" binds to the clause beside it, as speed and counts do. Only when A and B are
  gestures and C moves the whole body ("wave and nod while walking"), C goes on under both: C + A > C + B.
- Of simultaneous actions the one said first stands first ("nod while clapping": nod + clap), except that those which
  move the whole body come first ("wave while running": run + wave), since the first action of a step moves the body.
- "Before A, B ..." puts the rest of the sentence before A.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from motion_engine.types import ActionCall
from nlp.account import Span
from nlp.calls import STATES, call_of, changed, ignored, params_of, spans_of, subject, text_of, with_params
from nlp.clauses import Clause
from nlp.lexicon import words
from nlp.match import Matcher
from nlp.tokens import Token

_MEASURES = ("duration", "distance", "degrees", "steps")
_SUBJECTS = ("he", "she", "they", "it", "the character", "the person", "a person")
_PAUSE = ("过", "隔")  # 过三秒再挥手
_ELLIPTIC = ("side", "direction", "degrees", "steps", "distance")

Group = list[ActionCall]


def _bare(call: ActionCall) -> bool:
    """Whether a call states nothing but its action."""
    return replace(call, phrase="", score=1.0) == ActionCall("", call.action)


class Steps:
    """Puts clauses in order of time."""

    def __init__(self, tokens: Sequence[Token], matcher: Matcher) -> None:
        self.tokens, self.matcher = tokens, matcher
        self.whole_body = frozenset(words("whole_body"))
        self.travelling = frozenset(words("travelling"))
        self.ignored: set[Span] = set()
        self.subjects: list[Span] = []  # who acts
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
            for call in reversed(under):
                step[:] = self._together(step, call, first=True)

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
        call = call_of(clause, self.tokens, self.matcher)
        if call.score == 1.0:  # else all words of the clause were used
            self.ignored.update(ignored(clause, self.tokens))
        self.subjects += spans_of(
            [item for item in clause.items[: subject(clause)] if item.kind == "noun"], self.tokens
        )
        return call

    def _main(self, clauses: Sequence[Clause], index: int, steps: list[Group]) -> int:
        """Add one clause, or several that happen together, to `steps`; the index after them."""
        clause = clauses[index]
        if clause.negated or clause.adjunct:
            self.ignored.update(() if clause.negated else ignored(clause, self.tokens))
            return index + 1
        if clause.each and (clause.action or clause.only_modifies):
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
        if steps and self._said_twice(clause, steps[-1][-1], call):
            last = steps[-1][-1]
            stated = call if _bare(last) else last
            steps[-1][-1] = replace(stated, phrase=f"{last.phrase} {call.phrase}", spans=last.spans + call.spans)
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
            steps[-1] = self._together(steps[-1], call)
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

    def _said_twice(self, clause: Clause, last: ActionCall, call: ActionCall) -> bool:
        """Whether two phrases side by side name one action: 晃动脑袋 表示拒绝."""
        if last.action != call.action or last.phrase == call.phrase:
            return False
        if last.score < 1.0 or call.score < 1.0:  # two halves of one description
            return clause.link in ("juxt", "comma", "and") and (_bare(last) or _bare(call))
        english = call.phrase.isascii() and call.action not in ("idle", "turn")  # "jab hook" is two
        return clause.link == "juxt" and not english and _bare(last)

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
        if not (action and first and before and clause.link in ("comma", "juxt")):
            return False
        if first.gerund and not action.gerund:  # "Waving, she walks"
            return before.link in ("start", "stop") and any(item.text in _SUBJECTS for item in clause.items)
        return action.gerund and not first.gerund

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

    def _together(self, group: Group, call: ActionCall, *, first: bool = False) -> Group:
        """The group with one more call, unless it only says again what one of them does: 匍匐着爬五米."""
        for k, other in enumerate(group):
            if other.action == call.action and (_bare(other) or _bare(call)):
                stated = call if _bare(other) else other
                return [*group[:k], replace(stated, spans=other.spans + call.spans), *group[k + 1 :]]
        return self._ordered([call, *group] if first else [*group, call])

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
