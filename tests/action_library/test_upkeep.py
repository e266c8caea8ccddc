"""Checking, counting and copying libraries, in both kinds of store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from action_library.entry import entry_of
from action_library.ingest import document
from action_library.library import Library
from action_library.search import Filter
from action_library.sequence import Call, Sequence
from action_library.store import Entry
from action_library.stores import open_store
from action_library.upkeep import check, copy, stats
from motion_engine.errors import LibraryUnavailable


def fill(library: Library, make: Any) -> None:
    for number, name in enumerate(("walk", "wave", "bow")):
        clip = make.clip(30 + number, arm=0.1 * number)
        library.add(document(clip, name=name, licence="MIT" if number else "CC0"), clip)
    library.save(Sequence(name="greeting", steps=((Call(action="wave"),), (Call(action="bow"),))))


@pytest.fixture
def library(store_url: str, make: Any) -> Iterator[Library]:
    opened = Library(open_store(store_url))
    fill(opened, make)
    yield opened
    opened.close()


def test_a_sound_library_has_no_findings(library: Library) -> None:
    steps: list[tuple[int, int, str]] = []
    assert check(library, progress=lambda *step: steps.append(step)) == []
    assert [done for done, _, _ in steps] == list(range(5))


def damage(library: Library) -> None:
    """A track that is not what it was, one that is missing, a document that is none, a sequence without its action."""
    row = library.row("walk")
    library.store.put(row.entry, b"broken")
    other = library.get("wave").model_copy(update={"name": "lost", "track": "f" * 64})
    if library.url.endswith(".sqlite"):
        library.store.put(replace(entry_of(other), track=library.get("bow").track), None)  # no such track can be named
    else:
        library.store.put(entry_of(other), None)
    library.store.put(Entry("odd", "action", "{}", facets=frozenset({"kind:action"})), None)
    library.save(Sequence(name="show", steps=((Call(action="bow"),),)))
    library.store.remove("bow")


@pytest.mark.parametrize("repair", [False, True])
def test_what_is_damaged_is_told_and_put_away_if_wanted(library: Library, repair: bool) -> None:
    damage(library)
    found = {finding.name: finding for finding in check(library, repair=repair)}
    mongo = library.url.startswith("mongodb")
    assert set(found) == {"walk", "odd", "greeting", "show"} | ({"lost"} if mongo else set())
    assert "wrong sha256" in found["walk"].problem
    assert "document of odd is damaged" in found["odd"].problem
    assert "uses bow, which the library does not have" in found["show"].problem
    if mongo:
        assert "track is missing" in found["lost"].problem
    assert all(bool(finding.done) is repair for finding in found.values())
    again = {finding.name for finding in check(library)}
    assert again == (set() if repair else set(found))
    assert library.clip("wave")
    if not repair:
        with pytest.raises(LibraryUnavailable):
            library.actions()


def test_checking_makes_the_indexes_anew(library: Library) -> None:
    row = library.row("wave")
    library.store.reindex([replace(row.entry, words=frozenset({"wrong"}), facets=frozenset({"kind:wrong"}))])
    assert (library.search("wave"), [r.entry.name for r in library.index.page(Filter()).rows]) == ([], ["bow", "walk"])
    assert check(library) == []
    assert [action.name for action in library.search("wave")] == ["wave"]
    assert len(library.index.page(Filter()).rows) == 3


def test_stats(library: Library) -> None:
    library.remove("walk")
    found = stats(library)
    assert (found.actions, found.sequences, found.frames, found.in_bin) == (2, 1, 63, 1)
    assert found.licences == (("MIT", 2),)
    assert found.seconds == pytest.approx(63 / 30)
    assert (found.bytes or 0) > 500 if library.url.endswith(".sqlite") else found.bytes is None


def test_a_library_moves_to_another_store_and_the_copy_goes_on_where_it_ended(
    library: Library, tmp_path: Path, make: Any
) -> None:
    library.vectors.put("key", library.clip("walk").root_position[0])
    library.store.set_mark("starter", "a")
    target = Library(open_store(tmp_path / "target.sqlite"))
    clip = make.clip(90)
    target.add(document(clip, name="wave"), clip)
    half = copy(library, target)
    assert [next(half).name, next(half).name] == ["bow", "walk"]
    half.close()  # interrupted
    states = {copied.name: copied.state for copied in copy(library, target)}
    assert states == {"bow": "there", "walk": "there", "wave": "different", "greeting": "copied"}
    assert target.get("wave").frames == 90
    assert {copied.state for copied in copy(library, target, replace=True)} == {"there", "copied"}
    assert {copied.state for copied in copy(library, target)} == {"there"}
    assert target.actions() == library.actions()
    assert target.sequences() == library.sequences()
    assert (target.clip("walk").rotation == library.clip("walk").rotation).all()
    assert target.vectors.get("key") is not None
    assert target.store.mark("starter") == "a"
    assert [action.name for action in target.search("walk")] == ["walk"]
    assert check(target) == []
    target.close()


def test_what_is_damaged_is_not_copied(library: Library, tmp_path: Path) -> None:
    damage(library)
    target = Library(open_store(tmp_path / "target.sqlite"))
    states = {copied.name: copied.state for copied in copy(library, target)}
    assert (states["walk"], states["odd"], states["wave"]) == ("damaged", "damaged", "copied")
    target.close()
