"""Phrase to action: the lexicon first, then what was learnt from the phrase bank, with a threshold and a margin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

from motion_engine.errors import UnknownAction
from nlp.bank import Phrases
from nlp.items import Item, grammar_words, read_items
from nlp.lexicon import Entry, Params, flatten, load, words
from nlp.lexicon import Phrases as Table
from nlp.models import Embedder, VectorCache
from nlp.nearness import Calibration, Nearness, Ranking
from nlp.tokens import simplify, tokenize

THRESHOLD = 0.65  # the chance from which on an action is taken as meant: refuse rather than guess
SINGLE_WORD = 0.1  # how much surer a single word must be: it has no context
MARGIN = 0.03  # scores nearer than this are a close call: refused, and the message names both
_SHORT = 3  # Chinese characters that count as one word
_NEAREST = 3
_REMEMBERED = 2048  # phrases whose match is kept
_ACTION = ("action", "动作")  # said in front of a name that is a word of the grammar: "do the action left"


@dataclass(frozen=True)
class Phrasebook:
    """What an action is called: its library name, one sentence about it, and other names in both languages."""

    name: str
    description: str = ""
    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()

    def phrases(self) -> list[str]:
        """The name and all other names."""
        return [self.name, self.name.replace("_", " "), *self.en, *self.zh]


def explained(error: UnknownAction, reason: str) -> UnknownAction:
    """The error, with the reason in front of its message."""
    error.args = (f"{reason} {error}",)
    return error


class Matcher:
    """Knows the actions of one library by their names, the lexicon and the meaning of their descriptions."""

    def __init__(
        self,
        actions: Sequence[Phrasebook],
        embedder: Callable[[], Embedder] | Embedder | None = None,
        cache: VectorCache | None = None,
        bank: Phrases | None = None,
    ) -> None:
        """Enter all names into one table of phrases; no model is loaded.

        Args:
            actions: The library's actions.
            embedder: A model, or a function that opens one when a phrase first needs it; None: lexicon only.
            cache: Where the vectors of the actions are kept, so that a new process need not compute them.
            bank: Phrases by action to learn from, in place of `data/phrases`.
        """
        self.books = {book.name: book for book in actions}
        self.phrases = _words_of_all().copied()
        self._open, self._cache, self._bank = embedder, cache, bank
        self._known: dict[str, Ranking] = {}
        self._index: Nearness | None = None
        self._lock = Lock()  # the index is made once, also when several threads ask at once
        for book in actions:
            for phrase in book.phrases():
                self._add_name(book.name, phrase)

    def _add_name(self, name: str, phrase: str) -> None:
        """Enter what the library calls an action.

        It never wins over words of the grammar: an action called "then" or "two" is meant by "action then" or "do the
        action two". It wins over the lexicon where that means an action which the library lacks,
        or if it is the action's own name: an alias never takes a word from another action.
        """
        tokens = tokenize(phrase)
        known = self.phrases.get(tokens)
        own = phrase in (name, name.replace("_", " "))
        if (
            known
            and known.kind in ("action", "weak")
            and (known.value == name or (known.value in self.books and not own))
        ):
            return
        items = read_items(tokens, self.phrases)
        if _is_grammar(items):
            for word in _ACTION if own else ():
                self.phrases.add(f"{word} {phrase}", Entry("action", name))
        elif not self._says_the_same(name, phrase, items):
            self.phrases.add(tokens, Entry("action", name))

    def _says_the_same(self, name: str, phrase: str, items: Sequence[Item]) -> bool:
        """Whether the grammar reads the phrase already: a known name of the action and parameters ("turn left"), which
        would be lost, or another action and a direction ("walk forward")."""
        items = [item for item in items if item.kind not in ("function", "filler")]
        named = [item for item in items if item.is_action and item.entry and item.entry.value == name]
        rest = [item for item in items if item not in named]
        if len(named) == 1:
            return all(item.kind in ("param", "lr", "number") for item in rest)
        known = [item for item in items if item.kind == "action" and item.entry and item.entry.value in self.books]
        where = [item for item in items if item.kind == "lr" or dict(item.params).keys() == {"direction"}]
        return " " in phrase and len(known) == 1 and len(where) == len(items) - 1 > 0

    def named(self, text: str) -> str | None:
        """The action that the library calls exactly `text`; for words that are grammar elsewhere ("hello")."""
        text = simplify(text).strip(" .,!?。，！？")
        return next((book.name for book in self.books.values() if text in map(simplify, book.phrases())), None)

    def require(self, name: str, phrase: str) -> None:
        """Check that the library has the action that the lexicon means by `phrase`; UnknownAction if not."""
        if name not in self.books:
            raise explained(self.unknown(phrase), f'"{phrase}" means {name}, which this library does not have.')

    def unknown(self, phrase: str) -> UnknownAction:
        """The error for a phrase that names no action, with the nearest actions if a model is at hand."""
        return UnknownAction(phrase[:200], self.ranking(phrase)[:_NEAREST])

    def match(self, phrase: str) -> tuple[str, float]:
        """The action meant by a phrase without lexicon words, and the chance 0..1 that it is.

        Raises:
            UnknownAction: The chance is below the threshold, or a second action is as near: then both are named.
            ModelUnavailable: The embedding model cannot be used.
        """
        found = self._ranked(phrase)
        single = " " not in phrase and (phrase.isascii() or len(phrase) <= _SHORT)
        if found.actions and not found.close and found.actions[0][1] >= THRESHOLD + SINGLE_WORD * single:
            return found.actions[0]
        error = UnknownAction(phrase[:200], found.actions[:_NEAREST])
        if found.close:
            raise explained(error, f'"{phrase[:200]}" may mean {found.actions[0][0]} or {found.close}.')
        raise error

    def ranking(self, phrase: str) -> list[tuple[str, float]]:
        """The ten actions likeliest meant by a phrase, and the chance 0..1 of each, best first; none without a model.

        Raises:
            ModelUnavailable: The embedding model cannot be used.
        """
        return list(self._ranked(phrase).actions)

    def without_model(self) -> Matcher:
        """The same words, but a phrase without any is refused."""
        bare = copy(self)
        bare._open, bare._known = None, {}
        return bare

    def alternatives(self, phrase: str, name: str) -> tuple[tuple[str, float], ...]:
        """The other actions nearest in meaning to a phrase that was understood as `name`; none without a model.

        Raises:
            ModelUnavailable: The embedding model cannot be used.
        """
        return tuple(found for found in self.ranking(phrase) if found[0] != name)[:_NEAREST]

    def misfit(self, name: str, text: str, leftover: str) -> UnknownAction:
        """The error for a clause with words beside its action which the grammar cannot explain: "run the dishwasher".

        No model is asked: the clause holds a word of the action, so its meaning is always near.
        """
        return explained(self.unknown(text), f'"{leftover}" does not go with {name}.')

    def _ranked(self, phrase: str) -> Ranking:
        """The ranking of a phrase, kept for the next time. Any thread may ask; one at a time is answered."""
        if self._open is None or not self.books or not phrase:
            return Ranking([])
        if (found := self._known.get(phrase)) is None:
            with self._lock:
                found = self._nearness().ranking(phrase, Calibration(), MARGIN)
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[phrase] = found
        return found

    def _nearness(self) -> Nearness:
        if self._index is None:
            model = self._open() if callable(self._open) else self._open
            assert model is not None
            extra: dict[str, list[str]] = {name: [] for name in self.books}
            for name, phrase, _, _ in lexicon_phrases():
                extra.get(name, []).append(phrase)
            said = {
                name: list(dict.fromkeys(filter(None, [book.description, *book.phrases()[1:], *extra[name]])))
                for name, book in self.books.items()
            }
            self._index = Nearness(model, said, self._cache, self._bank)
        return self._index


def _is_grammar(items: Sequence[Item]) -> bool:
    """Whether a phrase is a word of the grammar, a number or a measure: "then", "left", "two"."""
    return len(items) == 1 and items[0].kind not in ("word", "noun", "action", "weak", "refuse")


@lru_cache(maxsize=1)
def _words_of_all() -> Table:
    """The words of the grammar and of the lexicons, which are the same for every library."""
    table = grammar_words()
    for name, phrase, params, timed in lexicon_phrases():
        table.add(phrase, Entry("action", name, params, timed))
    for lexicon in load().values():
        for name, group in lexicon["weak"].items():
            for phrase in group:
                table.add(phrase, Entry("weak", name))
    for phrase in words("refuse"):
        table.add(phrase, Entry("refuse"))
    return table


def lexicon_phrases() -> list[tuple[str, str, Params, str]]:
    """(action, phrase, parameters, timed) for every phrase of both lexicons."""
    found: list[tuple[str, str, Params, str]] = []
    for lexicon in load().values():
        for name, groups in lexicon["actions"].items():
            for group in groups:
                if isinstance(group, dict):
                    stated = {k: v for k, v in group.items() if k not in ("say", "timed")}
                    params = tuple((k, v if k == "direction" else float(v)) for k, v in stated.items())
                    found += [(name, phrase, params, group.get("timed", "")) for phrase in group["say"]]
                else:
                    found += [(name, phrase, (), "") for phrase in flatten(group)]
    return found
