"""The default store: one SQLite file, in the process; see `action_library.store.Store` for what it promises."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from action_library.sqlite_file import SqliteFile
from action_library.store import REVISION, Change, Entry, Query, Row

APPLICATION = 0x4D454C42  # "MELB" in the header: an SQLite file of ours
LAST = "\U0010ffff"  # comes after every other character
NARROW = 1000  # documents that are sorted rather than looked for in order
MOST_VARIABLES = 500  # in one statement; SQLite's own limit is 999 in old builds

# Facets carry what can be sorted by, so that a filtered and sorted page is read from one index.
_SCHEMA = """
CREATE TABLE tracks (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE documents (
    name TEXT PRIMARY KEY, kind TEXT NOT NULL, document TEXT NOT NULL, track TEXT REFERENCES tracks (sha256),
    text TEXT NOT NULL, duration REAL NOT NULL, created TEXT NOT NULL,
    version INTEGER NOT NULL, revision INTEGER NOT NULL
);
CREATE INDEX documents_by_kind ON documents (kind, name);
CREATE INDEX documents_by_track ON documents (track);
CREATE INDEX documents_by_revision ON documents (revision);
CREATE TABLE past (
    name TEXT NOT NULL, kind TEXT NOT NULL, document TEXT NOT NULL, track TEXT REFERENCES tracks (sha256),
    text TEXT NOT NULL, duration REAL NOT NULL, created TEXT NOT NULL,
    version INTEGER NOT NULL, revision INTEGER NOT NULL, removed INTEGER NOT NULL, PRIMARY KEY (name, version)
);
CREATE INDEX past_by_track ON past (track);
CREATE INDEX past_by_removal ON past (removed);
CREATE TABLE words (word TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (word, name)) WITHOUT ROWID;
CREATE INDEX words_by_name ON words (name);
CREATE TABLE facets (
    facet TEXT NOT NULL, name TEXT NOT NULL, duration REAL NOT NULL, created TEXT NOT NULL, PRIMARY KEY (facet, name)
) WITHOUT ROWID;
CREATE INDEX facets_by_name ON facets (name);
CREATE INDEX facets_by_duration ON facets (facet, duration, name);
CREATE INDEX facets_by_created ON facets (facet, created, name);
CREATE TABLE vectors (key TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE marks (key TEXT PRIMARY KEY, value TEXT NOT NULL)
"""

# Version 1 had actions only, and neither facets nor a past; what is found by is written by `Library` afterwards.
_FROM_1 = f"""
ALTER TABLE tracks RENAME TO old_tracks;
ALTER TABLE vectors RENAME TO old_vectors;
ALTER TABLE marks RENAME TO old_marks;
{_SCHEMA};
INSERT INTO tracks SELECT * FROM old_tracks;
INSERT INTO vectors SELECT * FROM old_vectors;
INSERT INTO marks SELECT * FROM old_marks;
INSERT INTO documents SELECT name, 'action', document, track, '', 0, '', 1, rowid FROM actions;
INSERT OR REPLACE INTO marks SELECT '{REVISION}', COALESCE(MAX(rowid), 0) FROM actions;
DROP TABLE terms;
DROP TABLE actions;
DROP TABLE old_tracks;
DROP TABLE old_vectors;
DROP TABLE old_marks
"""

_DOCUMENT = "name, kind, document, COALESCE(track, ''), text, duration, created, version, revision"

_OF_FACET = "d.name, kind, document, COALESCE(track, ''), text, d.duration, d.created, version, revision"


class SqliteStore:
    """A library in one file; it is made if it does not exist."""

    def __init__(self, path: Path | str) -> None:
        """Open or make the file at `path`; LibraryUnavailable as of `SqliteFile`."""
        self._file = SqliteFile(path, APPLICATION, {0: _SCHEMA, 1: _FROM_1})
        self.path = self._file.path
        self.url = str(self.path)

    @property
    def writable(self) -> bool:
        """Whether the file may be written."""
        return self._file.writable

    # ── Reading ───────────────────────────────────────────────────────────────────────────────────────────

    def get(self, name: str) -> Row | None:
        """One document."""
        rows = self.get_many((name,))
        return rows[0] if rows else None

    def get_many(self, names: Collection[str]) -> list[Row]:
        """Those of these names that there are."""
        rows: list[Row] = []
        for some in _batches(names):
            sql = f"SELECT {_DOCUMENT} FROM documents WHERE name IN ({_places(some)})"
            rows += [_row(row) for row in self._file.read(sql, *some)]
        return rows

    def all(self, kind: str) -> list[Row]:
        """All of a kind, by name."""
        sql = f"SELECT {_DOCUMENT} FROM documents WHERE kind = ? ORDER BY name"
        return [_row(row) for row in self._file.read(sql, kind)]

    def find(self, query: Query) -> list[Row]:
        """One page, in the order of the index of its first facet."""
        where, values = _conditions(query, self._is_narrow(query))
        sql = f"SELECT {_OF_FACET} FROM facets f CROSS JOIN documents d ON d.name = f.name {where}"
        return [_row(row) for row in self._file.read(sql, *values)]

    def names(self, query: Query) -> list[str]:
        """The names of one page."""
        where, values = _conditions(query, self._is_narrow(query))
        return [name for (name,) in self._file.read(f"SELECT f.name FROM facets f {where}", *values)]

    def _is_narrow(self, query: Query) -> bool:
        """Whether so few lie in the range of durations that sorting them is quicker than looking for them in order."""
        if query.duration is None or query.sort == "duration":
            return True
        sql = "SELECT COUNT(*) FROM (SELECT 1 FROM facets WHERE facet = ? AND duration BETWEEN ? AND ? LIMIT ?)"
        return self._file.value(sql, query.facets[0], *query.duration, NARROW) < NARROW

    def passing(self, names: Collection[str], query: Query) -> set[str]:
        """Those of `names` that have the facets and lie in the range of a query."""
        left = set(names)
        shortest, longest = query.duration or (-1.0, 1e300)
        for facet in query.facets:
            found: set[str] = set()
            for some in _batches(left):
                among = f"name IN ({_places(some)}) AND +duration BETWEEN ? AND ?"
                sql = f"SELECT name FROM facets WHERE facet = ? AND {among}"
                found |= {name for (name,) in self._file.read(sql, facet, *some, shortest, longest)}
            left = found
        return left

    def count(self, facet: str, limit: int) -> int:
        """How many have `facet`."""
        return self._file.value("SELECT COUNT(*) FROM (SELECT 1 FROM facets WHERE facet = ? LIMIT ?)", facet, limit)

    def count_words(self, word: str, limit: int) -> int:
        """How many have `word`."""
        return self._file.value("SELECT COUNT(*) FROM (SELECT 1 FROM words WHERE word = ? LIMIT ?)", word, limit)

    def names_with(self, words: Iterable[str]) -> dict[str, int]:
        """Those that have any of `words`, and how many of them."""
        some = sorted(set(words))[:MOST_VARIABLES]
        sql = f"SELECT name, COUNT(*) FROM words WHERE word IN ({_places(some)}) GROUP BY name"
        return dict(self._file.read(sql, *some))

    def changes(self, since: int) -> list[Change]:
        """What was written or removed after `since`."""
        written = "SELECT revision, name, kind, COALESCE(track, ''), text FROM documents WHERE revision > ?"
        gone = (
            "SELECT removed, name, kind, COALESCE(track, ''), text, TRUE FROM past p WHERE removed > ? "
            "AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.name = p.name)"
        )
        return [Change(*row) for sql in (gone, written) for row in self._file.read(sql, since)]

    def past(self, name: str) -> list[Row]:
        """Former versions of a name, the latest first."""
        sql = f"SELECT {_DOCUMENT}, removed FROM past WHERE name = ? ORDER BY version DESC"
        return [_row(row) for row in self._file.read(sql, name)]

    def bin(self) -> list[Row]:
        """Those that were removed and whose names are free, by name."""
        sql = (
            f"SELECT {_DOCUMENT}, removed FROM past p WHERE removed > 0 AND version = (SELECT MAX(version) FROM past q "
            "WHERE q.name = p.name) AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.name = p.name) ORDER BY name"
        )
        return [_row(row) for row in self._file.read(sql)]

    def mark(self, key: str) -> str | None:
        """The value of a mark."""
        return self._file.value("SELECT value FROM marks WHERE key = ?", key)

    def marks(self, prefix: str) -> dict[str, str]:
        """All marks whose keys begin with `prefix`."""
        sql = "SELECT key, value FROM marks WHERE key >= ? AND key < ?"
        return dict(self._file.read(sql, prefix, prefix + LAST))

    def track(self, key: str) -> bytes | None:
        """The bytes of a track."""
        return self._file.value("SELECT data FROM tracks WHERE sha256 = ?", key)

    def track_keys(self) -> set[str]:
        """The keys of all tracks."""
        return {key for (key,) in self._file.read("SELECT sha256 FROM tracks")}

    def vectors(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """All cached vectors whose keys begin with `prefix`, and the keys."""
        sql = "SELECT key, data FROM vectors WHERE key >= ? AND key < ?"
        return self._file.stream(sql, prefix, prefix + LAST)

    def vector(self, key: str) -> bytes | None:
        """A cached vector."""
        return self._file.value("SELECT data FROM vectors WHERE key = ?", key)

    # ── Writing ───────────────────────────────────────────────────────────────────────────────────────────

    def put(self, entry: Entry, data: bytes | None, *, expect: int | None = None) -> Row | None:
        """Writes a document and its track."""
        with self._file.writing() as db:
            old = db.execute("SELECT revision FROM documents WHERE name = ?", (entry.name,)).fetchone()
            if expect is not None and (old[0] if old else 0) != expect:
                return None
            if old:
                _to_past(db, entry.name, 0)
            return _insert(db, entry, data)

    def put_new(
        self, entries: Sequence[tuple[Entry, bytes | None]], key: str, before: str | None, after: str
    ) -> tuple[str, ...] | None:
        """Adds documents and changes a mark, in one transaction."""
        with self._file.writing() as db:
            row = db.execute("SELECT value FROM marks WHERE key = ?", (key,)).fetchone()
            if (row[0] if row else None) != before:
                return None
            names = [entry.name for entry, _ in entries]
            taken = [
                name
                for some in _batches(names)
                for (name,) in db.execute(f"SELECT name FROM documents WHERE name IN ({_places(some)})", some)
            ]
            if taken:
                return tuple(taken)
            for entry, data in entries:
                _insert(db, entry, data)
            db.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (key, after))
            return ()

    def reindex(self, entries: Sequence[Entry]) -> None:
        """Writes what documents are found by anew."""
        with self._file.writing() as db:
            for entry in entries:
                values = (entry.text, entry.duration, entry.created, entry.name)
                db.execute("UPDATE documents SET text = ?, duration = ?, created = ? WHERE name = ?", values)
                _unindex(db, entry.name)
                _index(db, entry)

    def remove(self, name: str, *, expect: int | None = None) -> bool:
        """Puts a document in the bin."""
        with self._file.writing() as db:
            row = db.execute("SELECT revision FROM documents WHERE name = ?", (name,)).fetchone()
            if row is None or expect not in (None, row[0]):
                return False
            _to_past(db, name, _next_revision(db))
            return True

    def forget(self, names: Iterable[str]) -> None:
        """Deletes the past of these names."""
        with self._file.writing() as db:
            db.executemany("DELETE FROM past WHERE name = ?", [(name,) for name in names])
            _collect(db)

    def collect(self, grace: float) -> int:
        """Deletes tracks that nothing refers to; a track and its document are written together, so none is too new."""
        with self._file.writing() as db:
            return _collect(db)

    def set_mark(self, key: str, value: str) -> None:
        """Writes a mark."""
        with self._file.writing() as db:
            db.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (key, value))

    def put_vectors(self, vectors: Mapping[str, bytes]) -> None:
        """Caches vectors."""
        with self._file.writing() as db:
            db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", list(vectors.items()))

    def close(self) -> None:
        """Ends all connections; the next use opens new ones."""
        self._file.close()


def _row(values: tuple[object, ...]) -> Row:
    """A row of `_DOCUMENT`, and perhaps `removed`."""
    name, kind, document, track, text, duration, created, version, revision, *removed = values
    entry = Entry(name, kind, document, track, text, duration, created)  # type: ignore[arg-type]
    return Row(entry, version, revision, *removed)  # type: ignore[arg-type]


def _conditions(query: Query, narrow: bool) -> tuple[str, list[object]]:
    """What stands after FROM facets f, and its values; the plus keeps SQLite from the index of a range that is wide."""
    where, values = ["f.facet = ?"], list[object](query.facets[:1])
    for facet in query.facets[1:]:
        where.append("EXISTS (SELECT 1 FROM facets g WHERE g.facet = ? AND g.name = f.name)")
        values.append(facet)
    if query.duration is not None:
        where.append(f"{'' if narrow else '+'}f.duration BETWEEN ? AND ?")
        values += query.duration
    if query.after is not None:
        where.append(f"(f.{query.sort}, f.name) {'<' if query.descending else '>'} (?, ?)")
        values += query.after
    down = " DESC" if query.descending else ""
    order = f"f.{query.sort}{down}, f.name{down}" if query.sort != "name" else f"f.name{down}"
    return f"WHERE {' AND '.join(where)} ORDER BY {order} LIMIT ?", [*values, query.limit]


def _batches(names: Collection[str]) -> Iterator[list[str]]:
    listed = list(names)
    for start in range(0, len(listed), MOST_VARIABLES):
        yield listed[start : start + MOST_VARIABLES]


def _places(values: Collection[str]) -> str:
    return ",".join("?" * len(values))


def _next_revision(db: sqlite3.Connection) -> int:
    sql = "INSERT INTO marks VALUES (?, '1') ON CONFLICT (key) DO UPDATE SET value = value + 1 RETURNING value"
    return int(db.execute(sql, (REVISION,)).fetchone()[0])


def _insert(db: sqlite3.Connection, entry: Entry, data: bytes | None) -> Row:
    """Adds a document whose name is free."""
    if data is not None:  # one that is there but damaged is mended
        mend = "ON CONFLICT DO UPDATE SET data = excluded.data WHERE data <> excluded.data"
        db.execute(f"INSERT INTO tracks VALUES (?, ?) {mend}", (entry.track, data))
    last = db.execute("SELECT COALESCE(MAX(version), 0) FROM past WHERE name = ?", (entry.name,)).fetchone()[0]
    row = Row(entry, last + 1, _next_revision(db))
    values = (entry.name, entry.kind, entry.document, entry.track or None, entry.text, entry.duration, entry.created)
    db.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*values, row.version, row.revision))
    _index(db, entry)
    return row


def _to_past(db: sqlite3.Connection, name: str, removed: int) -> None:
    """Takes a document away and keeps it in the past; `removed`: the revision if it goes to the bin, else 0."""
    db.execute("INSERT INTO past SELECT *, ? FROM documents WHERE name = ?", (removed, name))
    db.execute("DELETE FROM documents WHERE name = ?", (name,))
    _unindex(db, name)


def _index(db: sqlite3.Connection, entry: Entry) -> None:
    db.executemany("INSERT INTO words VALUES (?, ?)", [(word, entry.name) for word in sorted(entry.words)])
    rows = [(facet, entry.name, entry.duration, entry.created) for facet in sorted(entry.facets)]
    db.executemany("INSERT INTO facets VALUES (?, ?, ?, ?)", rows)


def _unindex(db: sqlite3.Connection, name: str) -> None:
    db.execute("DELETE FROM words WHERE name = ?", (name,))
    db.execute("DELETE FROM facets WHERE name = ?", (name,))


def _collect(db: sqlite3.Connection) -> int:
    return db.execute(
        "DELETE FROM tracks WHERE NOT EXISTS (SELECT 1 FROM documents WHERE track = sha256) "
        "AND NOT EXISTS (SELECT 1 FROM past WHERE track = sha256)"
    ).rowcount
