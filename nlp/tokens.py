"""Text to tokens: words, numbers, single Chinese characters and punctuation."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

Kind = Literal["word", "han", "number", "comma", "stop", "foreign"]

# Marks that are one mark here, and the traditional characters which GB 2312 has as well.
_SAME = str.maketrans("‘’′ʼ著後於徵夥乾", "''''着后于征伙干")

_CONTRACTIONS = {
    "don't": ("do", "not"), "dont": ("do", "not"), "doesn't": ("does", "not"), "doesnt": ("does", "not"),
    "mustn't": ("must", "not"), "shouldn't": ("should", "not"), "can't": ("cannot",), "won't": ("do", "not"),
    "didn't": ("do", "not"), "let's": ("let", "us"), "i'd": ("i", "would"), "you'd": ("you", "would"),
    "you're": ("you", "are"), "he's": ("he", "is"), "she's": ("she", "is"), "it's": ("it", "is"),
    "they're": ("they", "are"), "you've": ("you", "have"), "we're": ("we", "are"), "i'm": ("i", "am"),
    "isn't": ("is", "not"), "you'll": ("you", "will"), "i'll": ("i", "will"), "that's": ("that", "is"),
    "he'll": ("he", "will"), "she'll": ("she", "will"), "they'll": ("they", "will"), "let": ("let",),
}  # fmt: skip
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SIGN = r"(?:(?<![\w.)\]-])[-\u2212](?=\.?\d))?"
_TOKEN = re.compile(
    r"(?P<clock>(?<![\d:])\d{1,2}:[0-5]\d(?![\d:]))"
    r"|(?P<fraction>(?:\d{1,6} +)?(?<![\d.])[1-9][/\u2044](?:2|3|4|5|6|8|10)(?![\d/]))"
    rf"|(?P<number>{_SIGN}(?:\d{{1,3}}(?:,\d{{3}})+(?![\d,])|\d{{1,12}})(?:\.\d{{1,6}})?(?:e\d{{1,2}}(?![a-z\d]))?"
    rf"|{_SIGN}(?<![\w.])\.\d{{1,6}})"
    rf"|(?P<han>[{_HAN}])|(?P<word>[a-z\u00df-\u024f]+(?:['_][a-z]+)*|[°&])"
    r"|(?P<comma>[,、:\u2013\u2014()\[\]\"“”>/-])|(?P<stop>[.;!?。…\n]+)|(?P<foreign>[^\W\d_]+)"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number, character or mark, and from where to where it stands in the text."""

    text: str
    kind: Kind
    start: int = 0
    end: int = 0


@lru_cache(maxsize=8192)
def _plain(character: str) -> str:
    """Lower case, narrow, without marks, simplified."""
    form = unicodedata.normalize("NFKC", character).lower().translate(_SAME)
    try:
        form.encode("gb2312")  # the characters of simplified Chinese; everything else may be a traditional one
    except UnicodeEncodeError:
        form = "".join(_converter().convert(c) if c >= "\u3400" else c for c in form)
    return form


@lru_cache(maxsize=1)
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def simplify(text: str) -> str:
    """Lower case, full-width forms narrowed, traditional characters simplified."""
    return _simplified(text)[0]


def _simplified(text: str) -> tuple[str, list[int]]:
    """The text as `simplify` gives it; for each of its characters, and the end, where in `text` it comes from."""
    if text.isascii():
        return text.lower(), list(range(len(text) + 1))
    plain: list[str] = []
    origin: list[int] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        form = _plain(text[start:end])
        form = f" {form}" if "\u2044" in form else form  # 2½ is two and a half, not 21/2
        plain.append(form)
        origin += [start] * len(form)
        start = end
    return "".join(plain), [*origin, len(text)]


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`; emoji and other symbols are left out. Linear in the length of the text."""
    tokens: list[Token] = []
    plain, origin = _simplified(text)
    for match in _TOKEN.finditer(plain):
        word, kind = match.group(), match.lastgroup
        assert kind is not None
        at = origin[match.start()], max(origin[match.end()], origin[match.end() - 1] + 1)
        if kind == "word" and "'" in word:
            parts = _CONTRACTIONS.get(word) or ((word[:-2], "'s") if word.endswith("'s") else (word.replace("'", ""),))
            tokens += [Token(part, "word", *at) for part in parts if part != "'s"]
        elif kind == "word":
            tokens += [Token(part, "word", *at) for part in _CONTRACTIONS.get(word) or (word,)]
        elif kind == "clock":
            minutes, _, seconds = word.partition(":")
            tokens += [Token(str(60 * int(minutes) + int(seconds)), "number", *at), Token("seconds", "word", *at)]
        elif kind == "fraction":
            *whole, share = word.replace("\u2044", "/").split()
            above, below = share.split("/")
            tokens.append(Token(f"{sum(map(int, whole)) + int(above) / int(below):.6g}", "number", *at))
        elif kind == "number" and not word.isdecimal():
            number = float(word.replace(",", "").replace("\u2212", "-"))
            tokens.append(Token(f"{number:.12g}" if abs(number) < 1e12 else str(number), "number", *at))
        else:
            tokens.append(Token(word, kind, *at))  # type: ignore[arg-type]
    return tokens


def spell(tokens: list[Token]) -> str:
    """The tokens as text: spaces between words, none between Chinese characters."""
    out = ""
    for token in tokens:
        if out and not (token.kind in ("han", "comma", "stop") or (out[-1] > "\u2e7f")):
            out += " "
        out += token.text
    return out
