from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from action_library.action import Action, new_action, normal_name, sort_aliases
from motion_engine.errors import BadClip

FIELDS = {"name": "wave", "duration": 2.0, "fps": 30.0, "frames": 60}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("wave", "wave"),
        ("Front Kick!", "front_kick"),
        ("  a/b\\c..d  ", "a_b_c_d"),
        ("挥手", "挥手"),
        ("Ｗａｖｅ２", "wave2"),
        ("Überschlag", "überschlag"),
        ("../../etc/passwd", "etc_passwd"),
    ],
)
def test_names_are_normal(text: str, name: str) -> None:
    assert normal_name(text) == name


@pytest.mark.parametrize("text", ["", "  ", "!?", "_", "/", "👋"])
def test_names_need_a_letter(text: str) -> None:
    with pytest.raises(BadClip, match="letter or a digit"):
        normal_name(text)


def test_long_names_are_refused() -> None:
    assert len(normal_name("x" * 64)) == 64
    with pytest.raises(BadClip, match="10000 characters; 64 are allowed"):
        normal_name("x" * 10_000)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(max_size=60))
def test_a_normal_name_stays_as_it_is(text: str) -> None:
    try:
        name = normal_name(text)
    except BadClip:
        return
    assert normal_name(name) == name
    assert new_action(**FIELDS | {"name": name}).name == name


def test_the_document_survives_json_and_cannot_be_changed() -> None:
    action = new_action(
        **FIELDS, aliases={"en": ["greet"], "zh": ["挥手"]}, tags=["arm"], loop=(0.5, 1.5), side="right"
    )
    again = Action.model_validate_json(action.model_dump_json())
    assert again == action
    with pytest.raises(ValidationError):
        action.name = "other"  # type: ignore[misc]


def test_info_says_what_the_schedule_needs() -> None:
    info = new_action(**FIELDS, loop=(0.5, 1.5), mask="right_arm", side="right", cycles=3, turn=1.0).info()
    assert (info.name, info.duration, info.loop, info.cycles) == ("wave", 2.0, (0.5, 1.5), 3)
    assert (info.mask, info.side, info.turn, info.end_posture) == ("right_arm", "right", 1.0, "stand")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "Not Normal"}, "not_normal"),
        ({"loop": (1.0, 3.0)}, "loop 1 to 3 s is not inside 2 s"),
        ({"loop": (1.0, 0.5)}, "loop"),
        ({"duration": 0.0}, "duration"),
        ({"duration": float("nan")}, "duration"),
        ({"description": "x" * 501}, "description"),
        ({"aliases": {"en": ["x"] * 65}}, "65 in en; 64 are allowed"),
        ({"aliases": {"en": ["x" * 81]}}, "aliases"),
        ({"aliases": {"fr": ["salut"]}}, "aliases"),
        ({"tags": ["x"] * 65}, "tags"),
        ({"mask": "legs"}, "mask"),
        ({"side": "up"}, "side"),
        ({"cycles": 0}, "cycles"),
        ({"start_posture": "On The Floor"}, "start_posture"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_fields_are_named(fields: dict[str, object], words: str) -> None:
    with pytest.raises(BadClip, match=words):
        new_action(**FIELDS | fields)


def test_aliases_are_sorted_by_their_letters() -> None:
    assert sort_aliases(["greet", "挥手", " greet ", "", "hi 你好"]) == {"en": ("greet",), "zh": ("挥手", "hi 你好")}
    assert sort_aliases({"zh": ["a", "a"]}) == {"zh": ("a",)}
