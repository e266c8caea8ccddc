"""What may be meant by words that are not understood: words that they begin, words spelled nearly so, near meanings.

A suggestion counts only if its clause is understood with it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from motion_engine.errors import MotionError
from motion_engine.types import Language
from nlp.account import Span
from nlp.english import inflections
from nlp.lexicon import flatten, load, words
from nlp.match import Matcher, lexicon_phrases
from nlp.nearness import variants
from nlp.parse import explain
from nlp.tokens import simplify

_MOST = 5
_MOST_TRIED = 12  # of one kind
_MOST_NEAR = 3  # by meaning
_LEAST_NEAR = 0.03  # the chance from which on an action is worth a look
_WORDS_BACK = 2  # words before an unfinished one that may belong to the same phrase: "jumping j"
_LEAST_SPELLED = 3  # letters of a word that may be misspelled
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_CONNECTIVES = ("then", "while", "before", "after", "together", "and", "beside")


@dataclass(frozen=True)
class Suggestion:
    """Words to put in the place of a stretch of the text; empty: leave it out."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Doubt:
    """A stretch that is not understood.

    Attributes:
        start: Where it begins in the text.
        end: Where it ends.
        clause: The clause that it stands in.
        whole: The stretch in whose place an action may be named.
        beside: It stands beside an action that is understood: a parameter is likelier meant than an action.
        without: How it is left out, if anything remains.
    """

    start: int
    end: int
    clause: Span
    whole: Span
    beside: bool = False
    without: Suggestion | None = None


@dataclass(frozen=True)
class _Saying:
    """A phrase that is understood by itself; `action` is empty for parameters and connectives."""

    text: str
    action: str
    rank: int  # smaller ones are offered first


def suggest(text: str, doubt: Doubt, matcher: Matcher, language: Language) -> tuple[Suggestion, ...]:
    """What may be meant by a stretch of `text`, the likeliest first; at last that it is left out.

    Raises:
        ModelUnavailable: The embedding model cannot be used.
    """
    bare = matcher.without_model()

    def good(candidates: Iterator[Suggestion]) -> dict[str, Suggestion]:
        found: dict[str, Suggestion] = {}
        for one in islice(candidates, _MOST_TRIED):
            start, end = min(doubt.clause[0], one.start), max(doubt.clause[1], one.end)
            clause = text[start : one.start] + one.text + text[one.end : end]
            if len(found) < _MOST and _understood(clause, one.start - start, len(one.text), bare):
                found.setdefault(clause, one)
        return found

    literal = good(_finished(text, doubt, matcher)) | good(_spelled(text, doubt, matcher))
    found = literal or good(_near(text, doubt, matcher, language))
    return (*list(found.values())[:_MOST], *((doubt.without,) if doubt.without else ()))


def _understood(text: str, start: int, length: int, matcher: Matcher) -> bool:
    """Whether a clause is understood, and something becomes of the words that begin at `start`."""
    try:
        said = explain(text, matcher)[1]
    except MotionError:
        return False
    roles = {word.role for word in said if word.start < start + length and start < word.end}
    return "ignored" not in roles and bool(roles & {"action", "connective"})


def _finished(text: str, doubt: Doubt, matcher: Matcher) -> Iterator[Suggestion]:
    """Phrases that the last words of the text begin; the longest beginning counts first."""
    if doubt.end != len(text):
        return
    before = [at for at in range(doubt.clause[0], doubt.start) if _begins_word(text, at)]
    sayings, keys = _sayings(matcher)
    seen: list[str] = []
    for start in (*before[-_WORDS_BACK:], doubt.start):
        begun = simplify(text[start:])
        low, high = bisect_left(keys, begun), bisect_left(keys, begun + "\U0010ffff")
        for saying in sorted(sayings[low:high], key=lambda saying: saying.rank):
            name = saying.action
            if name and ((start == doubt.start and doubt.beside) or any(name == s or variants(name, s) for s in seen)):
                continue  # a second action needs a word before it; one phrase of each is enough
            seen += [name] if name else []
            yield Suggestion(start, doubt.end, saying.text)


def _begins_word(text: str, at: int) -> bool:
    return text[at].isalnum() and (at == 0 or not text[at - 1].isalnum())


def _spelled(text: str, doubt: Doubt, matcher: Matcher) -> Iterator[Suggestion]:
    """Words that are one slip of the fingers away."""
    word = simplify(text[doubt.start : doubt.end])
    if len(word) < _LEAST_SPELLED or not (word.isascii() and word.isalpha()):
        return
    known = _vocabulary(matcher)
    near = {other for other in _one_off(word) if other in known}
    for other in sorted(near, key=lambda other: (other[0] != word[0], known[other])):
        yield Suggestion(doubt.start, doubt.end, other)


def _one_off(word: str) -> Iterator[str]:
    """All that one letter more, less, other or swapped makes of a word; as P. Norvig describes it."""
    for k in range(len(word) + 1):
        before, behind = word[:k], word[k:]
        yield before + behind[1:]
        yield before + behind[1:2] + behind[:1] + behind[2:]
        for letter in _LETTERS:
            yield before + letter + behind
            yield before + letter + behind[1:]


def _near(text: str, doubt: Doubt, matcher: Matcher, language: Language) -> Iterator[Suggestion]:
    """The actions that are near in meaning."""
    if not doubt.beside:
        for name, chance in matcher.ranking(text[doubt.start : doubt.end])[:_MOST_NEAR]:
            if chance >= _LEAST_NEAR:
                yield Suggestion(*doubt.whole, said(name, matcher, language))


def said(name: str, matcher: Matcher, language: Language) -> str:
    """What an action is called in a language; its name if it is not called anything there."""
    book = matcher.books[name]
    if language == "zh":
        groups = [group["say"] if isinstance(group, dict) else group for group in load()["zh"]["actions"].get(name, [])]
        return next(iter((*flatten(groups), *book.zh)), name)
    return name.replace("_", " ")


@lru_cache(maxsize=2)
def _sayings(matcher: Matcher) -> tuple[list[_Saying], list[str]]:
    """All phrases that are understood by themselves in alphabetical order, and their keys."""
    found: dict[str, _Saying] = {}

    def add(phrase: str, action: str, rank: int) -> None:
        key = simplify(phrase)
        if key not in found or found[key].rank > rank:
            found[key] = _Saying(phrase, action, rank)

    for book in matcher.books.values():
        for phrase in book.phrases()[1:]:
            add(phrase, book.name, len(phrase) + 1)
        own = book.name.replace("_", " ")
        add(own, book.name, len(own) - 1)
    for name, phrase, _, _ in lexicon_phrases():
        if name in matcher.books:
            add(phrase, name, len(phrase) + 1)
    for phrase in _stating():
        add(phrase, "", len(phrase))
    keys = sorted(found)
    return [found[key] for key in keys], keys


def _stating() -> Iterator[str]:
    """The words of parameters and connectives."""
    yield from ("left", "right", "both hands", "左手", "右手", "双手")
    for lexicon in load().values():
        for name in ("speed", "direction", "times"):
            for group in lexicon.get(name, {}).values():
                yield from flatten(group)
    for kind in _CONNECTIVES:
        yield from words(kind)


@lru_cache(maxsize=2)
def _vocabulary(matcher: Matcher) -> dict[str, int]:
    """All English words of all phrases, and inflections of those that begin an action, with their ranks."""
    known: dict[str, int] = {}
    for saying in sorted(_sayings(matcher)[0], key=lambda saying: saying.rank):
        first, *others = saying.text.lower().split()
        for word in (first, *(inflections(first) if saying.action else ()), *others):
            if word.isascii() and len(word) > 1:
                known.setdefault(word, len(known))
    return known
