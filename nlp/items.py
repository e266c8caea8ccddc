"""Tokens to items: what each stretch of words does in a command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nlp.english import is_gerund
from nlp.lexicon import Entry, Match, Params, Phrases, flatten, load, words
from nlp.quantities import read_quantity, units
from nlp.tokens import Token

# Later classes win where a word belongs to two; actions are entered after them.
_CLASSES = (
    "function", "filler", "noun", "manner_ok", "prep", "and", "or", "then", "ordinal", "together", "while", "before",
    "after", "before_that", "until", "beside", "when", "before_post", "after_post", "not",
    "instead_of", "correct", "again", "each",
)  # fmt: skip
_SIDES = {
    "left": "left",
    "right": "right",
    "l": "left",
    "r": "right",
    "both": "both",
    "左": "left",
    "右": "right",
    "双": "both",
    "左右": "both",
}

_ONE = ("one", "一", "一 个", "一 下")  # inside a phrase these are articles: 鞠一个躬
_COUNT = {"number": "repetitions"}


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
    inside: tuple[tuple[int, int, str], ...] = ()  # tokens in an action's phrase that state a parameter, and which

    @property
    def is_action(self) -> bool:
        """Whether it names an action."""
        return self.kind in ("action", "weak")


def grammar_words() -> Phrases:
    """A fresh table of all grammar words; actions are added to it by the matcher."""
    table = Phrases(words("article"), words("gap"))
    for kind in _CLASSES:
        for phrase in words(kind):
            table.add(phrase, Entry(kind))
    for lexicon in load().values():
        for concept, group in lexicon["unmet"].items():
            for phrase in group:
                table.add(phrase, Entry("filler", concept))
        for name in ("speed", "direction", "times"):
            for value, group in lexicon.get(name, {}).items():
                key = "repetitions" if name == "times" else name
                number: float | str = value if name == "direction" else float(value)
                for phrase in flatten(group):
                    table.add(phrase, Entry("param", params=((key, number),)))
        for side in ("left", "right", "l", "r", "左", "右"):
            table.add(side, Entry("lr", _SIDES[side]))
    return table


def read_items(tokens: Sequence[Token], table: Phrases) -> list[Item]:
    """The items of a command, in order, each by itself; every token belongs to exactly one. Linear in their number."""
    items: list[Item] = []
    index = 0
    while index < len(tokens):
        item = _limb(tokens, index, table) or _next(tokens, index, table)
        items.append(item)
        index = item.end
    return items


def _next(tokens: Sequence[Token], start: int, table: Phrases) -> Item:
    token = tokens[start]
    if token.kind in ("comma", "stop", "foreign"):
        return Item("word" if token.kind == "foreign" else token.kind, start, start + 1, token.text)
    match = table.find(tokens, start)
    quantity = read_quantity(tokens, start)
    end = _as_can_be(tokens, start)
    if end and (match is None or match.end < end):
        return Item("manner_ok", start, end, _text(tokens, start, end))
    if quantity and (match is None or quantity.end > match.end):
        kind = "number" if quantity.name == "number" else "param"
        between = table.find(tokens[: quantity.inside + 1], quantity.inside) if quantity.inside > 0 else None
        params = (quantity[:2], *(between.entry.params if between else ()))  # three slow steps
        return Item(kind, start, quantity.end, _text(tokens, start, quantity.end), params=params)
    if match is None:
        return Item("word", start, start + 1, token.text)
    match = _without_next_side(tokens, start, match, table)
    if match.entry.kind == "refuse" and tokens[match.end - 1].text == "a":  # "run a mile" is not "run a server"
        measure = read_quantity(tokens, match.end - 1)
        if measure and measure.name != "number":
            match = table.find(tokens[: match.end - 1], start) or match
    entry = match.entry
    behind = tokens[match.end].text if match.end < len(tokens) else ""
    if (
        entry.params and tokens[match.end - 1].text in _SIDES and behind in units().limbs
    ):  # "on your left" before "knee"
        return Item("prep", start, start + 1, token.text)
    text = _text(tokens, start, match.end)
    if entry.kind in ("action", "weak"):
        gerund = is_gerund(token.text) and not match.literal  # not "jumping jack"
        params, inside = _inner(tokens, start, match, table)
        return Item(entry.kind, start, match.end, text, entry, params, gerund, inside)
    return Item(entry.kind, start, match.end, text, entry, entry.params)


def _without_next_side(tokens: Sequence[Token], start: int, match: Match, table: Phrases) -> Match:
    """The match, shorter if the side inside it is of the next verb: 挥三下右手挥两下 is not "wave the right hand"."""
    inside = next((k for k in match.skipped if tokens[k].kind == "han" and tokens[k].text in _SIDES), None)
    if inside is None or inside - 1 not in match.skipped:
        return match
    following = table.find(tokens, match.end)
    shorter = table.find(tokens[:inside], start) if following and following.entry.kind == "action" else None
    return shorter or match


def _as_can_be(tokens: Sequence[Token], start: int) -> int:
    """Where "as loud as you can" ends that begins at `start`; 0 if there is none."""
    text = [token.text for token in tokens[start : start + 5]]
    if len(text) < 4 or text[0] != "as" or text[2] != "as":
        return 0
    if text[3] in ("possible", "ever"):
        return start + 4
    return start + 5 if text[4:] and text[4] in ("can", "could", "like", "want", "wish", "please") else 0


def _text(tokens: Sequence[Token], start: int, end: int) -> str:
    return " ".join(token.text for token in tokens[start:end])


def _inner(
    tokens: Sequence[Token], start: int, match: Match, table: Phrases
) -> tuple[Params, tuple[tuple[int, int, str], ...]]:
    """The parameters of an action's phrase and of the words inside it (both hands, 三下), and where those stand."""
    params = dict(match.entry.params)
    inside = [tokens[i] for i in match.skipped]
    stated: list[tuple[int, int, str]] = []
    surface = [tokens[i].text for i in range(start, match.end)]
    limb = any(word in units().limbs for word in surface)
    index = 0
    while index < len(inside):
        word, before = inside[index].text, dict(params)
        found, phrase = read_quantity(inside, index), table.find(inside, index)
        end = found.end if found else index + 1
        if word in _SIDES:
            params["side"] = _SIDES[word]
        elif (
            found and limb and word in ("two", "两") and (found.name == "number" and match.entry.value == "raise_hand")
        ):
            params["side"] = "both"
        elif found and _text(inside, index, end) == "一 下" and match.entry.value in words("punctual"):
            params["repetitions"] = 1.0
        elif found and ("steps" in params or _text(inside, index, end) not in _ONE):
            params["steps" if "steps" in params else _COUNT.get(found.name, found.name)] = found.value
        elif phrase and phrase.entry.kind == "param":
            params.update(phrase.entry.params)
        if name := next((name for name, value in params.items() if before.get(name) != value), ""):
            first, last = match.skipped[index], match.skipped[end - 1] + 1
            limb_behind = name == "side" and last < match.end and tokens[last].text in units().limbs
            stated.append((first, last + limb_behind, name))
        index = end
    if match.entry.value in words("paired") and "side" not in params and units().plural & set(surface):
        params["side"] = "both"
    return tuple(params.items()), tuple(stated)


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
    for length in (2, 1) if at + 1 < len(text) else (1,):
        word = "".join(text[at : at + length])
        if word in units().limbs and (text[0] not in ("two", "两") or word not in ("feet", "脚", "拳")):
            side = _SIDES[sides[0]]
            action = table.find(tokens, start + at)
            end = start + at + length
            if action and action.entry.kind == "action" and action.end > end:
                end = start + at  # "left hand up": the limb is part of the action's phrase
            return Item("param", start, end, " ".join(text[: end - start]), params=(("side", side),))
    return None
