"""What docs/commands.md shows is what the engine does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.engine import CommandEngine

TOUR = Path(__file__).parents[2] / "docs/commands.md"
SHOWN = [
    tuple(part.strip() for part in line.split(" → "))
    for line in TOUR.read_text(encoding="utf-8").splitlines()
    if " → " in line
]


@pytest.mark.parametrize(("text", "plan"), SHOWN)
def test_the_tour_shows_real_plans(engine: CommandEngine, text: str, plan: str) -> None:
    assert engine.notation(text) == plan


def test_the_tour_shows_a_real_explanation(library_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    found = re.search(r'^\$ motion parse --explain "(.*?)"\n(.*?)^```', TOUR.read_text(encoding="utf-8"), re.M | re.S)
    assert found is not None
    done = CliRunner().invoke(app, ["parse", "--explain", found[1], "--library", str(library_file)])
    assert done.exit_code == 0, done.output
    assert [line.rstrip() for line in done.output.splitlines()] == [line.rstrip() for line in found[2].splitlines()]
