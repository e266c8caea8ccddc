"""What speech-to-text mishears and fingers run together, put right: 回收然后跑步, "bough", "jumpthenbow".

Only a command with words that the lexicon does not know is repaired, and a repair counts only if every word of it is
understood then; so a word that says something else (回收瓶子) is never bent into an action.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from nlp.english import lemmas
from nlp.items import Item
from nlp.lexicon import Phrases, load
from nlp.tokens import Token

REPAIRED = 0.9  # the score of an action that was understood by a repair
_LONGEST = 6  # characters of a phrase that is compared by its sound
_SHORTEST_RUN = 5  # letters of words run together
_MOST_PIECES = 8
_LONGEST_WORD = 16
# Sounds that speakers and recognizers of Chinese do not tell apart, in pinyin without tones.
_SILENT = ("noun", "filler", "function", "refuse", "manner_ok")
_NEAR = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ing", "in"), ("eng", "en"), ("ang", "an"), ("n", "l"))


def repairs(tokens: Sequence[Token], items: Sequence[Item], phrases: Phrases) -> Iterator[list[Token]]:
    """The tokens with misheard words replaced, the least change first; offsets still point into the text as typed."""
    doubtful = {k for item in items if item.kind in ("word", "noun", "foreign") for k in range(item.start, item.end)}
    spelled = _by_spelling(tokens, doubtful, phrases)
    if spelled != list(tokens):
        yield spelled
    if any(tokens[k].kind == "han" for k in doubtful):
        spoken = [token for token in spelled if token.kind != "comma"]  # recognizers put commas where somebody breathes
        for words, near in ((spelled, False), (spelled, True), (spoken, False), (spoken, True)):
            sounded = _by_sound(words, phrases, near)
            if sounded != list(tokens):
                yield sounded


def _by_spelling(tokens: Sequence[Token], doubtful: set[int], phrases: Phrases) -> list[Token]:
    """English words that sound like ours, or are several of ours in one."""
    found: list[Token] = []
    for k, token in enumerate(tokens):
        if k not in doubtful or token.kind != "word":
            found.append(token)
        elif token.text in _sounds_like():
            found.append(replace(token, text=_sounds_like()[token.text]))
        else:
            found += _pieces(token, phrases)
    return found


@lru_cache(maxsize=1)
def _sounds_like() -> dict[str, str]:
    return {heard: word for word, group in load()["en"]["sounds_like"].items() for heard in group}


def _pieces(token: Token, phrases: Phrases) -> list[Token]:
    """The words that are run together in a token, or the token itself; the first must begin an action."""
    text = token.text
    if len(text) < _SHORTEST_RUN or not text.isascii():
        return [token]
    known, openers = _words(phrases)
    best: list[tuple[str, ...] | None] = [(), *[None] * len(text)]
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - _LONGEST_WORD), end):
            before, word = best[start], text[start:end]
            if before is None or len(before) >= _MOST_PIECES or known.isdisjoint(lemmas(word)):
                continue
            if best[end] is None or len(before) + 1 < len(best[end] or ()):
                best[end] = (*before, word)
    words = best[-1] or ()
    if len(words) < 2 or openers.isdisjoint(lemmas(words[0])):
        return [token]
    pieces, at = [], token.start
    narrow = token.end - token.start == len(text)  # else one place in the text stands for several letters
    for word in words:
        pieces.append(Token(word, "word", at, at + len(word)) if narrow else replace(token, text=word))
        at += len(word)
    return pieces


def _by_sound(tokens: Sequence[Token], phrases: Phrases, near: bool) -> list[Token]:
    """Chinese phrases of ours put in the place of what sounds the same; the longest first, from left to right."""
    table, known = _sounds(phrases, near), _chinese(phrases)
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        phrase = ""
        for length in range(min(_LONGEST, len(tokens) - at), 1, -1):
            stretch = tokens[at : at + length]
            if all(token.kind == "han" for token in stretch):
                text = "".join(token.text for token in stretch)
                phrase = text if text in known else table.get(_sound(text, near), "")
            if phrase:
                break
        if phrase:
            found += [replace(tokens[at + k], text=character) for k, character in enumerate(phrase)]
        else:
            found.append(tokens[at])
        at += max(1, len(phrase))
    return found


@lru_cache(maxsize=16384)
def _sound(text: str, near: bool) -> tuple[str, ...]:
    """The syllables of Chinese text, without tones; with `near`, those that are easily confused are the same."""
    from pypinyin import lazy_pinyin

    syllables = lazy_pinyin(text)
    return tuple(map(_nearly, syllables)) if near else tuple(syllables)


def _nearly(syllable: str) -> str:
    for one, other in _NEAR:
        if syllable.startswith(one):
            syllable = other + syllable[len(one) :]
        if syllable.endswith(one) and len(syllable) > len(one):
            syllable = syllable[: -len(one)] + other
    return syllable


@lru_cache(maxsize=4)
def _sounds(phrases: Phrases, near: bool) -> dict[tuple[str, ...], str]:
    """By its sound, every Chinese phrase of two to six characters; of two that sound alike the first one."""
    table: dict[tuple[str, ...], str] = {}
    for phrase in _chinese(phrases):
        table.setdefault(_sound(phrase, near), phrase)
    return table


@lru_cache(maxsize=4)
def _chinese(phrases: Phrases) -> dict[str, None]:
    """The Chinese phrases that mean something, and small measures (两米), in order."""
    units = [unit for group in load()["zh"]["units"].values() for words in group.values() for unit in words]
    found = ["".join(words) for words, entry in phrases.entries() if entry.kind not in _SILENT]
    found += [number + unit for number in "一二两三四五六七八九十" for unit in units]
    return dict.fromkeys(phrase for phrase in found if not phrase.isascii() and 1 < len(phrase) <= _LONGEST)


@lru_cache(maxsize=4)
def _words(phrases: Phrases) -> tuple[frozenset[str], frozenset[str]]:
    """All words of all phrases, and those that begin an action."""
    entries = [(words, entry) for words, entry in phrases.entries() if words[0].isascii()]
    known = frozenset(word for words, _ in entries for word in words if len(word) > 1 or word == "a")
    return known, frozenset(words[0] for words, entry in entries if entry.kind == "action")
