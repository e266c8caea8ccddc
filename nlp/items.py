"""Tokens to items: what each stretch of words does in a command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from nlp.english import is_gerund, lemmas
from nlp.lexicon import Entry, Match, Params, Phrases, flatten, load, words
from nlp.numbers import read_number
from nlp.tokens import Token, tokenize

# Later classes win where a word belongs to two; actions are entered after them.
_CLASSES = (
    "function", "filler", "noun", "manner_ok", "prep", "and", "or", "then", "ordinal", "together", "while", "before",
    "after", "before_that", "until", "beside", "when", "before_post", "after_post", "not", "instead_of", "correct", "again",
)  # fmt: skip
_SIDES = {"left": "left", "right": "right", "both": "both", "左": "left", "右": "right", "双": "both", "左右": "both"}
ARTICLES = ("the", "a", "an", "your", "my", "his", "her", "their", "its", "our", "both", "left", "right", "one", "own")
_GAPS = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "several", "few", "couple", "of", "dozen", "this", "that", "quick", "slow", "fast", "deep", "big", "small", "little", "nice", "polite", "high", "low", "long", "short", "great", "good", "single", "more", "gentle", "friendly", "large", "low", "huge", "proper", "了", "着", "过", "一", "个", "下", "次", "两", "二", "三", "四", "五", "六", "七", "八", "九", "十", "几", "支", "曲", "口", "左", "右", "双", "只", "条", "你", "的", "我", "他", "她", "完", "遍", "回", "起", "们", "又"]


@dataclass(frozen=True, slots=True)
class Item:
    """A stretch of tokens with one meaning; `kind` is a class of the lexicon, or word, number, lr, comma, stop."""

    kind: str
    start: int
    end: int
    text: str
    entry: Entry | None = None
    params: Params = ()
    gerund: bool = False

    @property
    def is_action(self) -> bool:
        """Whether it names an action."""
        return self.kind in ("action", "weak")


@dataclass(frozen=True)
class _Units:
    unit: dict[str, tuple[str, float]]
    amounts: dict[tuple[str, ...], float]
    limbs: frozenset[str]
    plural: frozenset[str]


@lru_cache(maxsize=1)
def _units() -> _Units:
    unit: dict[str, tuple[str, float]] = {}
    amounts: dict[tuple[str, ...], float] = {}
    limbs: list[str] = []
    plural: list[str] = []
    for lexicon in load().values():
        for name, factors in lexicon["units"].items():
            unit |= {word: (name, float(factor)) for factor, group in factors.items() for word in group}
        for phrase, value in lexicon["numbers"].items():
            amounts[tuple(token.text for token in tokenize(phrase))] = float(value)
        limbs += lexicon["limbs"]["one"] + lexicon["limbs"]["many"]
        plural += lexicon["limbs"]["many"]
    return _Units(unit, amounts, frozenset(limbs), frozenset(plural))


def grammar_words() -> Phrases:
    """A fresh table of all grammar words; actions are added to it by the matcher."""
    table = Phrases(ARTICLES, _GAPS)
    for kind in _CLASSES:
        for phrase in words(kind):
            table.add(phrase, Entry(kind))
    for lexicon in load().values():
        for name in ("speed", "direction", "times"):
            for value, group in lexicon.get(name, {}).items():
                key = "repetitions" if name == "times" else name
                number: float | str = value if name == "direction" else float(value)
                for phrase in flatten(group):
                    table.add(phrase, Entry("param", params=((key, number),)))
        for side in ("left", "right", "左", "右"):
            table.add(side, Entry("lr", _SIDES[side]))
    return table


def read_items(tokens: Sequence[Token], table: Phrases) -> list[Item]:
    """The items of a command, in order; every token belongs to exactly one. Linear in the number of tokens."""
    items: list[Item] = []
    index = 0
    while index < len(tokens):
        item = _limb(tokens, index, table) or _next(tokens, index, table)
        items.append(item)
        index = item.end
    return [_in_context(items, k) for k in range(len(items))]


def _next(tokens: Sequence[Token], start: int, table: Phrases) -> Item:
    token = tokens[start]
    if token.kind in ("comma", "stop", "foreign"):
        return Item("word" if token.kind == "foreign" else token.kind, start, start + 1, token.text)
    match = table.find(tokens, start)
    quantity = _quantity(tokens, start)
    if quantity and (match is None or quantity.end > match.end):
        return quantity
    if match is None:
        return Item("word", start, start + 1, token.text)
    entry = match.entry
    text = " ".join(t.text for t in tokens[start : match.end])
    if entry.kind in ("action", "weak"):
        gerund = is_gerund(token.text)
        return Item(entry.kind, start, match.end, text, entry, _inner(tokens, start, match, table), gerund)
    return Item(entry.kind, start, match.end, text, entry, entry.params)


def _inner(tokens: Sequence[Token], start: int, match: Match, table: Phrases) -> Params:
    """The parameters of an action's phrase and of the words inside it: both hands, 三下."""
    params = dict(match.entry.params)
    inside = [tokens[i] for i in match.skipped]
    surface = [tokens[i].text for i in range(start, match.end)]
    index = 0
    while index < len(inside):
        word = inside[index].text
        item = _quantity(inside, index)
        if word in _SIDES:
            params["side"] = _SIDES[word]
        elif item and not (word in ("一", "one") and "steps" not in params):
            name, value = item.params[0]
            params["steps" if "steps" in params else "repetitions" if name == "number" else name] = value
        elif word in ("two", "两") and any(w in _units().limbs for w in surface):
            params["side"] = "both"
        elif (found := table.find(inside, index)) and found.entry.kind == "param":
            params.update(found.entry.params)
        index = item.end if item else index + 1
    limb = any(word in _units().limbs for word in surface)
    if limb and params.get("repetitions") == 2 and {"two", "两"} & set(surface) and not {"下", "次"} & set(surface):
        if match.entry.value == "raise_hand" or "hands" in surface:
            params["side"] = "both"
            del params["repetitions"]
    if match.entry.value in words("paired") and "side" not in params and _units().plural & set(surface):
        params["side"] = "both"
    return tuple(params.items())


def _quantity(tokens: Sequence[Token], start: int) -> Item | None:
    """A number with its unit ("2 meters", 三次), a number without one, or "x3"."""
    if tokens[start].text in ("x", "×") and start + 1 < len(tokens) and tokens[start + 1].kind == "number":
        value = float(tokens[start + 1].text)
        return Item("param", start, start + 2, f"x{value:g}", params=(("repetitions", value),))
    found = read_number(tokens, start)
    vague = False
    for length in (4, 3, 2, 1):
        value = _units().amounts.get(tuple(token.text for token in tokens[start : start + length]), 0.0)
        if value and (found is None or start + length > found[1]):
            found, vague = (value, start + length), value < 2
    if found is None:
        return None
    value, end = found
    unit_at = end
    for skip in ("more", "extra", "full", "whole", "big", "small", "long", "little", "quick", "slow", "of", "-", "个", "大", "小"):
        if unit_at + 1 < len(tokens) and tokens[unit_at].text == skip and tokens[unit_at + 1].text in _units().unit:
            unit_at += 1
    if unit_at < len(tokens) and tokens[unit_at].text in _units().unit:
        name, factor = _units().unit[tokens[unit_at].text]
        end, value = _and_half(tokens, unit_at + 1, value)
        text = " ".join(t.text for t in tokens[start:end])
        return Item("param", start, end, text, params=((name, _rounded(name, value * factor)),))
    if vague or value <= 0 or value != int(value):
        return None
    return Item("number", start, end, " ".join(t.text for t in tokens[start:end]), params=(("number", value),))


def _and_half(tokens: Sequence[Token], end: int, value: float) -> tuple[int, float]:
    """三秒半, "a second and a half"."""
    if end < len(tokens) and tokens[end].text == "半":
        return end + 1 + (tokens[end + 1 : end + 2] != [] and tokens[end + 1].text == "钟"), value + 0.5
    if [t.text for t in tokens[end : end + 3]] == ["and", "a", "half"]:
        return end + 3, value + 0.5
    return end, value


def _rounded(name: str, value: float) -> float:
    """Whole counts, and lengths to the millimetre."""
    return float(max(1, round(value))) if name in ("repetitions", "steps") else round(value, 3)


def _limb(tokens: Sequence[Token], start: int, table: Phrases) -> Item | None:
    """A side with the limb it belongs to: "left hand", "both of your arms", 双手, 左右手."""
    text = [token.text for token in tokens[start : start + 6]]
    sides = [text[0]] if text[0] in _SIDES else []
    at = 1
    if text[:1] in (["two"], ["两"]):
        sides = ["both"]
    elif text[:3] in (["left", "and", "right"], ["right", "and", "left"]):
        sides, at = ["both"], 3
    elif text[:2] in (["左", "右"], ["右", "左"]):
        sides, at = ["both"], 2
    if not sides:
        return None
    while at < len(text) and text[at] in ("of", "your", "the", "his", "her", "their", "my", "只", "条", "边", "个"):
        at += 1
    for length in (2, 1):
        word = "".join(text[at : at + length])
        if word in _units().limbs and (text[0] not in ("two", "两") or word not in ("feet", "脚", "拳")):
            side = _SIDES[sides[0]]
            action = table.find(tokens, start + at)
            end = start + at + length
            if action and action.entry.kind == "action" and action.end > end:
                end = start + at  # "left hand up": the limb is part of the action's phrase
            return Item("param", start, end, " ".join(text[: end - start]), params=(("side", side),))
    return None


def _in_context(items: list[Item], k: int) -> Item:
    """The item with what only its neighbours tell: "no jumping", "with a wave", "as", 着."""
    item = items[k]
    if item.kind not in ("correct", "prep", "when", "ordinal", "word", "filler", "comma"):
        return item
    rest = [i for i in items[k + 1 : k + 5] if i.kind not in ("function", "filler", "param", "lr", "manner_ok")]
    follows = rest[0] if rest else None
    before = items[k - 1] if k else None
    if item.text == "-" and before and follows and before.kind != "stop" and not before.text.isdigit():
        return replace(item, kind="function")
    if item.text == "no" and items[k + 1 : k + 2] and items[k + 1].gerund:
        return replace(item, kind="not")
    if item.text == "with" and follows and follows.is_action:
        return replace(item, kind="while")
    if item.text == "as" and follows and follows.is_action and not items[k + 1].text == "a":
        return replace(item, kind="while")
    if item.text in ("when", "whenever"):
        return replace(item, kind="while" if follows and follows.gerund else "after")
    if item.kind == "when" and item.text == "着" and not (before and before.is_action):
        return replace(item, kind="filler")
    return item


def base_forms(text: str) -> set[str]:
    """The words of `text` with all their base forms."""
    return {form for word in text.split() for form in lemmas(word)}
