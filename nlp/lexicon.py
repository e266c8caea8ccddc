"""The words of `data/lexicon/{en,zh}.yaml` as one table of phrases, searched longest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from motion_engine.types import data_path
from nlp.english import lemmas
from nlp.tokens import Token, tokenize

Params = tuple[tuple[str, float | str], ...]
_INFLECTED = ("action", "weak", "refuse")
_MOST_GAPS = 6  # words that may stand inside a phrase without belonging to it
_LONGEST_SEARCH = 64  # nodes visited for one match, so that time stays linear


@dataclass(frozen=True)
class Entry:
    """What a phrase means.

    Attributes:
        kind: "action", "weak", "refuse", or a class of grammar words ("then", "while", "not", "param", ...).
        value: The action's name; empty for grammar words.
        params: Parameters that the phrase itself states.
        timed: The action meant instead when the clause states a duration.
    """

    kind: str
    value: str = ""
    params: Params = ()
    timed: str = ""


@dataclass
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    entry: Entry | None = None

    def copied(self) -> _Node:
        return _Node({word: child.copied() for word, child in self.children.items()}, self.entry)


@dataclass(frozen=True)
class Match:
    """An entry found at some index, the index after it, and the indices of words skipped inside it."""

    entry: Entry
    end: int
    skipped: tuple[int, ...] = ()
    literal: bool = True  # the first word is the phrase's own, not inflected


class Phrases:
    """A table of phrases: the longest one that begins at a token is found in time that its own length bounds."""

    def __init__(self, articles: Iterable[str], gaps: Iterable[str]) -> None:
        """`articles` and `gaps` may stand inside the phrases of actions; `articles` are dropped from these."""
        self._root = _Node()
        self._articles = frozenset(articles)
        self._gaps = self._articles | frozenset(gaps)

    def add(self, phrase: str | Sequence[Token], entry: Entry, *, replace: bool = True) -> None:
        """Enter a phrase; without `replace` an earlier meaning is kept. Articles in phrases of actions are dropped."""
        tokens = tokenize(phrase) if isinstance(phrase, str) else phrase
        node, words = self._root, [token.text for token in tokens if token.kind != "comma"]
        if entry.kind == "action":
            words = [word for word in words if word not in self._articles] or words
        for word in words:
            node = node.children.setdefault(word, _Node())
        if words and (replace or node.entry is None):
            node.entry = entry

    def copied(self) -> Phrases:
        """The same phrases in a table of their own."""
        other = copy(self)
        other._root = self._root.copied()
        return other

    def entries(self) -> Iterator[tuple[tuple[str, ...], Entry]]:
        """The words of every phrase, and its meaning."""
        stack: list[tuple[tuple[str, ...], _Node]] = [((), self._root)]
        while stack:
            words, node = stack.pop()
            if node.entry:
                yield words, node.entry
            stack += [((*words, word), child) for word, child in reversed(node.children.items())]

    def get(self, tokens: Sequence[Token]) -> Entry | None:
        """The meaning of exactly this phrase, inflected or not."""
        match = self.find(tokens, 0)
        return match.entry if match and match.end == len(tokens) else None

    def find(self, tokens: Sequence[Token], start: int) -> Match | None:
        """The longest phrase that begins at `start`; inflected forms count for actions only."""
        best: Match | None = None
        best_words = 0
        stack: list[tuple[_Node, int, tuple[int, ...], bool, bool]] = [(self._root, start, (), True, True)]
        visits = 0
        while stack and visits < _LONGEST_SEARCH:
            node, index, skipped, exact, literal = stack.pop()
            visits += 1
            # A phrase ends with a word of its own.
            entry = None if index - 1 in skipped[-1:] or tokens[index - 1].text == "-" else node.entry
            flexible = entry is not None and entry.kind in _INFLECTED and (entry.kind != "refuse" or not skipped)
            # Of two matches the one with more words of its own wins, then the one that ends sooner.
            own = index - start - sum(tokens[k].text not in self._articles for k in skipped)
            better = best is None or (own, -index) > (best_words, -best.end)
            if entry and (flexible or (exact and not skipped)) and better:
                best, best_words = Match(entry, index, skipped, literal), own
            if index < len(tokens) and tokens[index].text == "-" and index > start:
                stack.append((node, index + 1, skipped, exact, literal))  # jumping-jack
            if index >= len(tokens) or tokens[index].kind in ("comma", "stop"):
                continue
            word = tokens[index].text
            if (
                (word in self._gaps or tokens[index].kind == "number")
                and index > start
                and node.children
                and len(skipped) < _MOST_GAPS
            ):
                stack.append((node, index + 1, (*skipped, index), exact, literal))
            forms = lemmas(word) if tokens[index].kind == "word" else (word,)
            for form in reversed(forms):
                if form in node.children:
                    same = form == word
                    stack.append(
                        (node.children[form], index + 1, skipped, exact and same, literal if index > start else same)
                    )
        return best


def flatten(value: Any) -> list[str]:
    """All words of a class: its entries may be grouped into lists for the reader's sake."""
    if isinstance(value, list):
        return [word for item in value for word in flatten(item)]
    return [str(value)]


@lru_cache(maxsize=1)
def load() -> dict[str, dict[str, Any]]:
    """Both lexicons as they are written, all scalars as strings (YAML would read `no` and `yes` as truth values)."""
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    return {
        language: yaml.load(data_path("lexicon", f"{language}.yaml").read_text(encoding="utf-8"), loader)
        for language in ("en", "zh")
    }


@lru_cache(maxsize=64)
def words(name: str) -> tuple[str, ...]:
    """The words of one class in both languages."""
    return tuple(word for lexicon in load().values() for word in flatten(lexicon.get(name, [])))
