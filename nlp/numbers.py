"""Numbers in digits and in English and Chinese words."""

from __future__ import annotations

from collections.abc import Sequence

from nlp.tokens import Token

_ONES = {word: value for value, word in enumerate([
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
])}  # fmt: skip
_TENS = {word: 10 * value for value, word in enumerate([
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
], start=2)}  # fmt: skip
_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_LONGEST = 16  # tokens in one number

Found = tuple[float, int]  # the value and the index after it


def read_number(tokens: Sequence[Token], start: int) -> Found | None:
    """The number that begins at `start`, as (value, index after it); None if there is none."""
    if start >= len(tokens):
        return None
    token = tokens[start]
    if token.kind == "number":
        return _fraction(tokens, float(token.text), start + 1)
    if token.kind == "han":
        return _chinese(tokens, start)
    return _english(tokens, start)


def _fraction(tokens: Sequence[Token], value: float, end: int) -> Found:
    """`value`, with "and a half" or 万 behind it."""
    words = [token.text for token in tokens[end : end + 3]]
    if words == ["and", "a", "half"]:
        return value + 0.5, end + 3
    if words[:1] and words[0] in _PLACES:
        return value * _PLACES[words[0]], end + 1
    return value, end


def _english(tokens: Sequence[Token], start: int) -> Found | None:
    total, group, index = 0.0, -1.0, start
    while index < min(len(tokens), start + _LONGEST):
        word = tokens[index].text
        last = group % 100 if group >= 0 else -1.0
        if word in _ONES and (
            group < 0 or (last == 0 and group >= 100) or (last >= 20 and last % 10 == 0 and _ONES[word] < 10)
        ):
            group = max(group, 0.0) + _ONES[word]
        elif word in _TENS and (group < 0 or (last == 0 and group >= 100)):
            group = max(group, 0.0) + _TENS[word]
        elif word == "hundred" and 0 < group < 100:
            group *= 100
        elif word == "thousand" and group > 0 and not total:
            total, group = group * 1000, 0.0
        elif word == "point" and group >= 0 and index + 1 < len(tokens) and _ONES.get(tokens[index + 1].text, 10) < 10:
            return total + group + _ONES[tokens[index + 1].text] / 10, index + 2
        elif word == "and" and group >= 100 and index + 1 < len(tokens) and tokens[index + 1].text in _ONES | _TENS:
            pass
        elif word != "-" or group < 0 or index + 1 >= len(tokens) or tokens[index + 1].text not in _ONES:
            break
        index += 1
    return None if group < 0 else _fraction(tokens, total + group, index)


def _chinese(tokens: Sequence[Token], start: int) -> Found | None:
    total, digit, index, plain = 0.0, -1.0, start, ""
    while index < min(len(tokens), start + _LONGEST):
        character = tokens[index].text
        if digit > 0 and len(plain) == 1 and digit < _DIGITS.get(character, 0):
            digit = float(_DIGITS[character])  # 两三步: about three
            return total + digit, index + 1
        if character in _DIGITS:
            plain += str(_DIGITS[character])
            digit = float(plain)
        elif character in _PLACES and (digit >= 0 or character == "十"):
            place, digit_value = _PLACES[character], 1.0 if digit < 0 else digit
            total = (total + digit_value) * place if place == 10000 else total + digit_value * place
            digit, plain = 0.0, ""
        else:
            break
        index += 1
    if index == start:
        return None
    value = total + max(digit, 0.0)
    if index + 1 < len(tokens) and tokens[index].text == "点" and tokens[index + 1].text in _DIGITS:
        return value + _DIGITS[tokens[index + 1].text] / 10, index + 2
    return value, index
