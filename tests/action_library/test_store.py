"""The contract of the stores, on SQLite and on a real MongoDB."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from action_library.store import NEW, REVISION, SORTS, Change, Entry, Query, Row, Store
from action_library.stores import open_store

ROOT = Path(__file__).parents[2]
Open = Callable[[], Store]


def entry(name: str, words: tuple[str, ...] = (), version: int = 0, **more: object) -> tuple[Entry, bytes]:
    track = str(more.pop("track", "") or f"track of {name} {version}")
    document = f'{{"name": "{name}", "version": {version}}}'
    return Entry(name, "action", document, track, words=frozenset(words), **more), track.encode()  # type: ignore[arg-type]


def document(store: Store, name: str) -> str | None:
    row = store.get(name)
    return row.entry.document if row else None


def names(rows: list[Row]) -> list[str]:
    return [row.entry.name for row in rows]


def test_what_was_written_is_read_after_opening_again(open_one: Open) -> None:
    store = open_one()
    wave = replace(entry("wave")[0], text="sum", duration=1.5, created="2026-01-02", words=frozenset({"arm", "挥手"}))
    assert store.put(wave, b"track") == Row(wave, 1, 1)
    assert store.put(*entry("挥手"))
    store.put_vectors({"model\nwave": b"\x00\x01\xff", "other": b"1"})
    store.set_mark("a", "b")
    store.set_mark("a:1", "c")
    other = open_one()
    assert other.get("wave") == Row(replace(wave, words=frozenset()), 1, 1)
    assert names(other.all("action")) == ["wave", "挥手"]
    assert names(sorted(other.get_many(["挥手", "wave", "none"]), key=lambda row: row.revision)) == ["wave", "挥手"]
    assert other.track(wave.track) == b"track"
    assert other.track_keys() == {wave.track, "track of 挥手 0"}
    assert other.vector("model\nwave") == b"\x00\x01\xff"
    assert list(other.vectors("model\n")) == [("model\nwave", b"\x00\x01\xff")]
    assert other.mark("a") == "b"
    assert (other.marks("a"), other.marks("a:")) == ({"a": "b", "a:1": "c"}, {"a:1": "c"})
    assert other.mark(REVISION) == "2"
    assert other.get("bow") is other.track("x") is other.vector("x") is other.mark("x") is None


def test_put_heeds_what_is_expected(open_one: Open) -> None:
    store = open_one()
    first = store.put(*entry("wave"), expect=NEW)
    assert first
    assert store.put(*entry("wave", version=1), expect=NEW) is None
    assert store.put(*entry("wave", version=1), expect=first.revision + 5) is None
    assert document(store, "wave") == '{"name": "wave", "version": 0}'
    second = store.put(*entry("wave", version=1), expect=first.revision)
    assert second
    assert (second.version, second.revision > first.revision) == (2, True)
    assert store.put(*entry("wave", version=2), expect=first.revision) is None
    assert not store.remove("wave", expect=first.revision)
    assert document(store, "wave") == '{"name": "wave", "version": 1}'
    assert store.remove("wave", expect=second.revision)


def test_what_is_replaced_stays_in_the_past(open_one: Open) -> None:
    store = open_one()
    store.put(*entry("wave", ("old",)))
    store.put(*entry("wave", ("new",), version=1))
    store.put(*entry("wave", ("new",), version=2))
    assert (store.names_with(["old"]), store.names_with(["new"])) == ({}, {"wave": 1})
    past = store.past("wave")
    assert [(row.version, row.entry.document, row.removed) for row in past] == [
        (2, '{"name": "wave", "version": 1}', 0),
        (1, '{"name": "wave", "version": 0}', 0),
    ]
    assert store.collect(0.0) == 0
    assert all(store.track(row.entry.track) for row in past)
    assert store.bin() == []
    store.forget(["wave"])
    store.collect(0.0)
    assert store.past("wave") == []
    assert store.track_keys() == {"track of wave 2"}
    assert document(store, "wave") == '{"name": "wave", "version": 2}'


def test_what_is_removed_is_in_the_bin(open_one: Open) -> None:
    store = open_one()
    store.put(*entry("wave", ("word",), facets=frozenset({"f"})))
    store.put(*entry("bow", ("word",)))
    assert store.remove("wave")
    assert not store.remove("wave")
    assert not store.remove("none")
    assert store.names_with(["word"]) == {"bow": 1}
    assert (store.get("wave"), store.find(Query(("f",)))) == (None, [])
    assert [(row.entry.name, row.removed > 0) for row in store.bin()] == [("wave", True)]
    again = store.put(*entry("wave", version=1))
    assert again
    assert again.version == 2
    assert store.bin() == []
    store.remove("wave")
    assert [row.version for row in store.bin()] == [2]
    store.forget(["wave"])
    assert (store.bin(), store.past("wave")) == ([], [])
    assert store.collect(3600.0) in (0, 1)  # one store needs a time of grace, one does not
    store.collect(0.0)
    assert store.track_keys() == {"track of bow 0"}


def test_tracks_that_others_use_stay(open_one: Open) -> None:
    store = open_one()
    store.put(*entry("one", track="same"))
    store.put(*entry("two", track="same"))
    store.remove("one")
    store.forget(["one"])
    assert store.collect(0.0) == 0
    assert store.track("same") == b"same"


def test_a_damaged_track_is_mended_by_writing_it_again(open_one: Open) -> None:
    store = open_one()
    wave, data = entry("wave")
    store.put(wave, b"broken")
    assert store.track(wave.track) == b"broken"
    store.put(wave, data)
    assert store.track(wave.track) == data


def test_changes_say_what_to_read_again(open_one: Open) -> None:
    store = open_one()
    for number in range(150):
        store.put(*entry(f"a{number:03}"))
    now = int(store.mark(REVISION) or 0)
    assert {change.name for change in store.changes(0)} == {f"a{number:03}" for number in range(150)}
    store.put(*entry("a001", version=1, text="sum"))
    store.remove("a002")
    store.put(*entry("new"))
    store.remove("new")
    store.put(*entry("new", version=1))
    seen = {change.name: change for change in store.changes(now)}
    assert {"a001", "a002", "new"} <= seen.keys()
    assert "a003" not in seen
    assert seen["a001"] == Change(now + 1, "a001", "action", "track of a001 1", "sum")
    assert seen["a002"].removed
    assert (seen["new"].removed, seen["new"].track) == (False, "track of new 1")
    assert "a002" not in {change.name for change in store.changes(0) if not change.removed}


def test_words_are_counted(open_one: Open) -> None:
    store = open_one()
    store.put(*entry("spin_kick", ("spin", "kick")))
    store.put(*entry("kick", ("kick",)))
    assert store.names_with(["spin", "kick", "other"]) == {"spin_kick": 2, "kick": 1}
    assert store.names_with([]) == {}
    assert [store.count_words(word, 5) for word in ("kick", "spin", "other")] == [2, 1, 0]
    assert store.count_words("kick", 1) == 1


def collection(store: Store, count: int = 60) -> list[Entry]:
    """Documents with facets, durations that many share, and dates."""
    chance, made = random.Random(3), []
    for number in range(count):
        facets = {"all", f"side:{'lr'[number % 2]}", f"tag:{number % 7}"}
        made.append(
            replace(
                entry(f"{chance.choice('abz挥')}{number}")[0],
                facets=frozenset(facets),
                duration=float(chance.randrange(1, 8)),
                created=f"2026-0{chance.randrange(1, 9)}-01",
            )
        )
        store.put(made[-1], b"x")
    return made


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", SORTS)
def test_pages_are_filtered_and_in_order(open_one: Open, sort: str, descending: bool) -> None:
    store = open_one()
    made = collection(store)
    wanted = [e for e in made if {"all", "side:l"} <= e.facets and 2.0 <= e.duration <= 6.0]
    key = {"name": lambda e: e.name, "duration": lambda e: e.duration, "created": lambda e: e.created}[sort]
    wanted.sort(key=lambda e: (key(e), e.name), reverse=descending)
    query = Query(("all", "side:l"), (2.0, 6.0), sort, descending, limit=7)  # type: ignore[arg-type]
    assert store.names(replace(query, limit=1000)) == [e.name for e in wanted]
    assert store.passing([e.name for e in made[:30]], query) == {e.name for e in wanted} & {e.name for e in made[:30]}
    found: list[str] = []
    while page := store.find(query):
        found += names(page)
        assert len(page) == min(7, len(wanted) - len(found) + len(page))
        last = page[-1].entry
        query = replace(query, after=(key(last), last.name))
    assert found == [e.name for e in wanted]


def test_facets_are_counted_up_to_a_limit(open_one: Open) -> None:
    store = open_one()
    collection(store, 20)
    assert [store.count(facet, 100) for facet in ("all", "side:l", "none")] == [20, 10, 0]
    assert store.count("all", 5) == 5


def test_reindexing_changes_only_what_is_found_by(open_one: Open) -> None:
    store = open_one()
    store.put(*entry("wave", ("old",), facets=frozenset({"old"})))
    before = store.get("wave")
    assert before
    store.reindex([replace(before.entry, words=frozenset({"new"}), facets=frozenset({"new"}), duration=3.0, text="t")])
    assert store.get("wave") == Row(replace(before.entry, duration=3.0, text="t"), before.version, before.revision)
    assert (store.names_with(["old"]), store.names_with(["new"])) == ({}, {"wave": 1})
    assert (store.find(Query(("old",))), names(store.find(Query(("new",), (3.0, 3.0))))) == ([], ["wave"])


def test_put_new_happens_once_or_not_at_all(open_one: Open) -> None:
    store = open_one()
    store.put(*entry("wave", version=7))
    entries = [entry("wave"), entry("bow")]
    assert store.put_new(entries, "starter", None, "a") == ("wave",)
    assert (document(store, "bow"), store.mark("starter")) == (None, None)
    assert store.put_new(entries[1:], "starter", None, "a") == ()
    store.remove("bow")
    assert store.put_new(entries[1:], "starter", None, "a") is None
    assert document(store, "bow") is None
    assert store.put_new([entry("nod")], "starter", "a", "a b") == ()
    assert store.mark("starter") == "a b"
    assert store.put_new([entry("nod", version=1)], "more", None, "c") == ("nod",)


def test_names_and_words_are_only_data(open_one: Open) -> None:
    store = open_one()
    for name in ("'; DROP TABLE documents; --", "$where", "a.b", "{$gt: 1}"):
        assert store.put(*entry(name, (name,)))
        assert store.names_with([name]) == {name: 1}
        assert store.remove(name)


def test_threads_lose_no_update(open_one: Open) -> None:
    store, threads, each = open_one(), 8, 12
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for i in range(each):
                assert store.put(*entry(f"t{number}_{i}"), expect=NEW)
                assert store.get(f"t{number}_{i}")
                store.put(*entry("shared", version=number))
                while True:  # one more, whatever others do
                    row = store.get("sum")
                    count = int(row.entry.document) + 1 if row else 1
                    counted = Entry("sum", "action", str(count))
                    if store.put(counted, None, expect=row.revision if row else NEW):
                        break
        except BaseException as error:
            failed.append(error)

    workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failed
    assert len(store.all("action")) == threads * each + 2
    assert document(store, "sum") == str(threads * each)
    shared = store.get("shared")
    assert shared
    assert shared.version == threads * each
    assert [row.version for row in store.past("shared")] == list(range(threads * each - 1, 0, -1))


# ── Processes ─────────────────────────────────────────────────────────────────────────────────────────────

WRITER = """
import sys, threading
from action_library.stores import open_store
from action_library.store import Entry
store, who, count = open_store(sys.argv[1]), sys.argv[2], int(sys.argv[3])
def work(thread):
    for i in range(count):
        name = f"{who}_{thread}_{i}"
        assert store.put(Entry(name, "action", name, name, words=frozenset({who})), name.encode() * 500)
        sys.stdout.write(name + "\\n")  # in one piece: print writes the line end apart
        sys.stdout.flush()
threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
"""


def run(code: str, *args: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def test_processes_that_start_and_write_at_once_lose_nothing(store_url: str) -> None:
    writers = [run(WRITER, store_url, who, 15) for who in ("a", "b")]
    said = [writer.communicate(timeout=60) for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], "".join(error for _, error in said)
    store = open_store(store_url)
    assert names(store.all("action")) == sorted("".join(out for out, _ in said).split())
    assert len(store.all("action")) == 120
    assert store.mark(REVISION) == "120"
    store.close()


def test_killed_writers_lose_nothing_that_they_had_reported(store_url: str) -> None:
    chance, reported = random.Random(5), set[str]()
    for attempt in range(4):
        writer = run(WRITER, store_url, f"w{attempt}", 10_000)
        assert writer.stdout
        reported.add(writer.stdout.readline().strip())
        time.sleep(chance.uniform(0.0, 0.15))
        os.kill(writer.pid, signal.SIGKILL)
        reported |= {line for line in writer.communicate(timeout=30)[0].split("\n")[:-1] if line}
        store = open_store(store_url)
        there = set(names(store.all("action")))
        assert reported <= there
        assert all(store.track(name) == name.encode() * 500 for name in there)
        store.collect(0.0)
        assert store.track_keys() == there
        store.close()


def test_a_forked_process_has_its_own_connection(store_url: str) -> None:
    code = (
        "import os, sys, warnings\nfrom action_library.stores import open_store\n"
        "from action_library.store import Entry\n"
        "store = open_store(sys.argv[1])\n"
        "warnings.simplefilter('ignore')\n"  # pymongo advises against it
        "child = os.fork()\n"
        "for i in range(20):\n"
        "    name = f'{bool(child)}_{i}'\n"
        "    assert store.put(Entry(name, 'action', name, name), b'x')\n"
        "assert not child or os.waitpid(child, 0)[1] == 0\n"
    )
    process = run(code, store_url)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    store = open_store(store_url)
    assert len(store.all("action")) == 40
    store.close()
