from __future__ import annotations

import pytest

from nlp.numbers import read_number
from nlp.quantities import read_quantity
from nlp.tokens import simplify, spell, tokenize


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7), ("1.5", 1.5), ("twelve", 12), ("twenty-five", 25), ("twenty five", 25), ("one hundred and five", 105),
        ("two thousand", 2000), ("two hundred", 200), ("three point five", 3.5), ("two and a half", 2.5),
        ("三", 3), ("两", 2), ("十", 10), ("十五", 15), ("二十", 20), ("二十五", 25),
        ("一百零五", 105), ("三点五", 3.5),
        ("一万", 10000), ("3万", 30000), ("１２", 12),
    ],
)  # fmt: skip
def test_numbers(text: str, value: float) -> None:
    tokens = tokenize(text)
    assert read_number(tokens, 0) == (value, len(tokens))


@pytest.mark.parametrize("text", ["wave", "and", "走", "hundred", ","])
def test_no_number(text: str) -> None:
    assert read_number(tokenize(text), 0) is None


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("2 meters", "distance", 2.0), ("ten feet", "distance", 3.048), ("half a minute", "duration", 30.0),
        ("a second and a half", "duration", 1.5), ("500 ms", "duration", 0.5), ("45°", "degrees", 45.0),
        ("a couple of times", "repetitions", 2.0), ("half a dozen times", "repetitions", 6.0),
        ("x3", "repetitions", 3.0),
        ("三秒半", "duration", 3.5), ("半分钟", "duration", 30.0), ("一分半钟", "duration", 90.0),
        ("两下", "repetitions", 2.0),
        ("九十度", "degrees", 90.0), ("三步", "steps", 3.0), ("五", "number", 5.0),
    ],
)  # fmt: skip
def test_quantities(text: str, name: str, value: float) -> None:
    tokens = tokenize(text)
    found = read_quantity(tokens, 0)
    assert found is not None and found[:3] == (name, value, len(tokens))


def test_text_is_narrowed_lowered_and_simplified() -> None:
    assert simplify("ＷＡＶＥ　Then 揮手然後") == "wave then 挥手然后"
    assert [token.text for token in tokenize("Don't run—it’s 2.5m!")] == [
        "do", "not", "run", "—", "it", "is", "2.5", "m", "!",
    ]  # fmt: skip
    assert spell(tokenize("take a bow")) == "take a bow" and spell(tokenize("挥手")) == "挥手"
