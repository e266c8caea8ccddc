"""What becomes of the commands of an audience: how often, in which words, and by which policy."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field

from motion_engine.types import Plan

BURST = 3  # commands of one sender at once


class WordFilter:
    """Finds words that an audience may not use: whole words of alphabets, and anything in Chinese."""

    def __init__(self, words: Collection[str]) -> None:
        found = sorted({_plain(word) for word in words if word.strip()}, key=len, reverse=True)
        parts = [re.escape(word) if _ideographic(word) else rf"(?<!\w){re.escape(word)}(?!\w)" for word in found]
        self._pattern = re.compile("|".join(parts)) if parts else None

    def refuses(self, text: str) -> bool:
        """Whether one of the words stands in `text`, however it is written."""
        return bool(self._pattern and self._pattern.search(_plain(text)))


def _plain(text: str) -> str:
    """Without case, accents, width and what cannot be seen."""
    letters = unicodedata.normalize("NFKD", text.strip()).casefold()
    return "".join(c for c in letters if unicodedata.category(c) not in ("Mn", "Cf"))


def _ideographic(word: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in word)


@dataclass(eq=False)
class Option:
    """Something that was proposed."""

    number: int
    text: str
    plan: Plan
    votes: set[str]  # of senders


@dataclass(eq=False)
class Ballot:
    """One vote at a time: everybody has one voice, and may change it."""

    options: dict[str, Option] = field(default_factory=dict)  # by plan
    ends: float | None = None  # s, of the clock of the caller

    def propose(self, text: str, plan: Plan, sender: str) -> Option:
        """A proposal with its sender's voice; one that was made before gets just that."""
        option = self.options.setdefault(str(plan), Option(len(self.options) + 1, text, plan, set()))
        self._give(option, sender)
        return option

    def vote(self, number: int, sender: str) -> bool:
        """Give a voice to an option; whether there is one of this number."""
        found = next((option for option in self.options.values() if option.number == number), None)
        if found:
            self._give(found, sender)
        return found is not None

    def _give(self, option: Option, sender: str) -> None:
        for other in self.options.values():
            other.votes.discard(sender)
        option.votes.add(sender)

    def close(self) -> Option:
        """The winner, of equals the one proposed first; the next vote begins."""
        winner = max(self.options.values(), key=lambda option: (len(option.votes), -option.number))
        self.options, self.ends = {}, None
        return winner
