"""The studio's Chinese of what the service says: nothing of it is out of date, and nothing is missing."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from api.engine import CommandEngine
from motion_engine.errors import UnknownAction

ROOT = Path(__file__).parents[2]
PACKAGES = ("action_library", "animator", "api", "motion_engine", "nlp")
TOLD = ROOT / "web/src/told"
# What somebody meets who commands, composes, saves, films or goes live on the page; its place in the error's arguments.
RAISED = {"BadCommand": 0, "LimitExceeded": 0, "HTTPException": 1}
FILES = (
    "action_library/ingest.py",
    "action_library/sequence.py",
    "action_library/track.py",
    "api/engine.py",
    "api/gate.py",
    "api/limits.py",
    "api/live/room.py",
    "api/live/rooms.py",
    "api/render_checks.py",
    "api/renders.py",
    "api/revisions.py",
    "api/routes/live.py",
    "api/routes/sequences.py",
    "api/routes/track_files.py",
    "api/service.py",
    "api/tracks.py",
    "motion_engine/parts.py",
    "motion_engine/placed.py",
    "motion_engine/schedule.py",
    "motion_engine/steps.py",
    "nlp/audio.py",
    "nlp/parse.py",
    "nlp/speech.py",
)


def template(node: ast.expr) -> str:
    """A string as the studio has it: {0}, {1} ... stand for what is put there; empty for other expressions."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.JoinedStr):
        return ""
    numbers = count()
    return "".join(str(v.value) if isinstance(v, ast.Constant) else f"{{{next(numbers)}}}" for v in node.values)


def strings(tree: ast.AST) -> Iterator[str]:
    """All strings of a module."""
    yield from (template(node) for node in ast.walk(tree) if isinstance(node, ast.Constant | ast.JoinedStr))


def raised(tree: ast.AST) -> Iterator[str]:
    """The messages of errors of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED:
            place = RAISED[node.func.id]
            if len(node.args) > place and (text := template(node.args[place])):
                yield text


@pytest.fixture(scope="module")
def messages() -> dict[str, str]:
    """The Chinese of each message."""
    loaded: dict[str, str] = json.loads((TOLD / "messages.zh.json").read_text(encoding="utf-8"))
    return loaded


def test_each_is_still_said(messages: dict[str, str]) -> None:
    said = {
        text
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        for text in strings(ast.parse(file.read_text(encoding="utf-8")))
    }
    said |= {str(UnknownAction("{0}")), str(UnknownAction("{0}", [("x", 1.0)])).replace("x (1.00)", "{1}")}
    everything = re.sub(r"\{\d+\}", "{}", "\n".join(said))  # a message may be a part of what is put together
    assert [message for message in messages if re.sub(r"\{\d+\}", "{}", message) not in everything] == []


def test_nothing_is_missing(messages: dict[str, str]) -> None:
    for file in FILES:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        missing = [text for text in raised(tree) if text not in messages and not re.fullmatch(r"[^a-zA-Z]*", text)]
        assert missing == [], file


def test_nothing_that_is_put_into_a_message_is_lost(messages: dict[str, str]) -> None:
    for english, chinese in messages.items():
        assert set(re.findall(r"\{\d+\}", chinese)) <= set(re.findall(r"\{\d+\}", english)), english
        assert not re.search(r"[\u4e00-\u9fff]", english) and re.search(r"[\u4e00-\u9fff]", chinese), english


def test_all_tags_of_the_starter_library_are_known(engine: CommandEngine, messages: dict[str, str]) -> None:
    tags = json.loads((TOLD / "tags.zh.json").read_text(encoding="utf-8"))
    assert {tag for tag, _ in engine.facets.tags} <= {*tags, *messages}
