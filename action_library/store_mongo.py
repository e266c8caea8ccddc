"""A library in MongoDB (5.0 or newer, through the Stable API); see `action_library.store.Store` for what it promises.

There are no transactions: a single document is the unit that is written wholly or not at all. Tracks are written before
what refers to them, the past before the present, marks last; each step may be repeated, so that whatever is interrupted
is completed by doing it again. Writes wait for a majority of the servers, and the driver repeats one whose connection
broke.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from action_library.store import RETRIES, REVISION, Change, Entry, Query, Row
from motion_engine.errors import LibraryUnavailable, ModelUnavailable

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.database import Database

SCHEMA = "1"  # in the mark "schema"
DATABASE = "motion"  # if the URL names none
PATIENCE = 15_000  # ms, until a server must be found; an URL may say otherwise
LAST = "\U0010ffff"  # comes after every other character
BATCH = 1000  # documents asked for at once

_INDEXES = {
    "documents": (
        [("kind", 1), ("_id", 1)],
        [("track", 1)],
        [("revision", 1)],
        [("words", 1)],
        [("facets", 1), ("_id", 1)],
        [("facets", 1), ("duration", 1), ("_id", 1)],
        [("facets", 1), ("created", 1), ("_id", 1)],
    ),
    "past": ([("name", 1), ("version", -1)], [("track", 1)], [("removed", 1)]),
}


class MongoStore:
    """A library in one database."""

    def __init__(self, url: str) -> None:
        """Connect to `mongodb://...`; the path names the database.

        Raises:
            LibraryUnavailable: There is no server, it refuses, or the library is of a newer version.
            ModelUnavailable: pymongo is not installed.
        """
        self._connect_to = url
        self._lock = threading.Lock()
        self._client: MongoClient[dict[str, Any]] | None = None
        self._process = 0
        self._writable = True
        with self._explained():
            from pymongo.errors import InvalidURI
            from pymongo.uri_parser import parse_uri

            try:
                server = parse_uri(url, warn=False)
            except ValueError as error:  # a port that is no number
                raise InvalidURI(str(error)) from None
            self._database = server["database"] or DATABASE
            hosts = ",".join(f"{host}:{port}" for host, port in server["nodelist"])
            self.url = f"mongodb://{hosts}/{self._database}"  # without the password
            try:
                self._prepare()
            except BaseException:
                self.close()
                raise

    @property
    def writable(self) -> bool:
        """Whether this user may write."""
        return self._writable

    def _prepare(self) -> None:
        """Makes the indexes; the mark of the schema is checked first and written last."""
        from pymongo.errors import OperationFailure

        schema = self.mark("schema")
        if schema not in (None, SCHEMA):
            raise LibraryUnavailable(
                f"{self.url} was made by a newer version of this program (schema {schema}, known is {SCHEMA}). "
                "It was not changed. Update the program, or name another database with --library or MOTION_LIBRARY."
            )
        try:
            for collection, indexes in _INDEXES.items():
                for keys in indexes:
                    self._db[collection].create_index(keys)
            if schema is None:
                self.set_mark("schema", SCHEMA)
        except OperationFailure as error:
            if error.code != 13:  # Unauthorized: this user may only read
                raise
            self._writable = False

    # ── Reading ───────────────────────────────────────────────────────────────────────────────────────────

    def get(self, name: str) -> Row | None:
        """One document."""
        with self._explained():
            found = self._db.documents.find_one({"_id": name}, _FIELDS)
        return _row(found) if found else None

    def get_many(self, names: Collection[str]) -> list[Row]:
        """Those of these names that there are."""
        listed, rows = list(names), list[Row]()
        with self._explained():
            for start in range(0, len(listed), BATCH):
                some = {"_id": {"$in": listed[start : start + BATCH]}}
                rows += [_row(found) for found in self._db.documents.find(some, _FIELDS)]
        return rows

    def all(self, kind: str) -> list[Row]:
        """All of a kind, by name."""
        with self._explained():
            return [_row(found) for found in self._db.documents.find({"kind": kind}, _FIELDS).sort("_id", 1)]

    def find(self, query: Query) -> list[Row]:
        """One page."""
        with self._explained():
            return [_row(found) for found in self._page(query, _FIELDS)]

    def names(self, query: Query) -> list[str]:
        """The names of one page."""
        with self._explained():
            return [found["_id"] for found in self._page(query, {"_id": 1})]

    def passing(self, names: Collection[str], query: Query) -> set[str]:
        """Those of `names` that have the facets and lie in the range of a query."""
        wanted = {"$and": [{"_id": {"$in": list(names)}}, *_conditions(query)]}
        with self._explained():
            return {found["_id"] for found in self._db.documents.find(wanted, {"_id": 1})}

    def _page(self, query: Query, fields: Mapping[str, int]) -> Iterable[dict[str, Any]]:
        wanted, key = _conditions(query), "_id" if query.sort == "name" else query.sort
        if query.after is not None:
            value, name = query.after
            beyond = "$lt" if query.descending else "$gt"
            same = {key: value, "_id": {beyond: name}}
            wanted.append({"_id": {beyond: name}} if key == "_id" else {"$or": [{key: {beyond: value}}, same]})
        direction = -1 if query.descending else 1
        order = [(key, direction)] if key == "_id" else [(key, direction), ("_id", direction)]
        return self._db.documents.find({"$and": wanted}, fields).sort(order).limit(query.limit)

    def count(self, facet: str, limit: int) -> int:
        """How many have `facet`."""
        with self._explained():
            return self._db.documents.count_documents({"facets": facet}, limit=limit)

    def count_words(self, word: str, limit: int) -> int:
        """How many have `word`."""
        with self._explained():
            return self._db.documents.count_documents({"words": word}, limit=limit)

    def names_with(self, words: Iterable[str]) -> dict[str, int]:
        """Those that have any of `words`, and how many of them."""
        some = sorted(set(words))
        count = {"$size": {"$setIntersection": ["$words", {"$literal": some}]}}
        steps: list[dict[str, Any]] = [{"$match": {"words": {"$in": some}}}, {"$project": {"count": count}}]
        with self._explained():
            return {found["_id"]: found["count"] for found in self._db.documents.aggregate(steps)}

    def changes(self, since: int) -> list[Change]:
        """What was written or removed after `since`; of writes at the same time, also a few that were before."""
        since -= 100 if since else 0  # a number is taken before it is written, so a lower one may come later
        fields = {"kind": 1, "track": 1, "text": 1, "revision": 1}
        with self._explained():
            written = {
                found["_id"]: Change(found["revision"], found["_id"], found["kind"], found["track"], found["text"])
                for found in self._db.documents.find({"revision": {"$gt": since}}, fields)
            }
            if since <= 0:
                return list(written.values())
            gone = {
                found["name"]: Change(found["removed"], found["name"], found["kind"], "", "", removed=True)
                for found in self._db.past.find(
                    {"removed": {"$gt": max(since, 0)}}, {"name": 1, "kind": 1, "removed": 1}
                )
            }
            back = {found["_id"] for found in self._db.documents.find({"_id": {"$in": list(gone)}}, {"_id": 1})}
        return [change for name, change in gone.items() if name not in back] + list(written.values())

    def past(self, name: str) -> list[Row]:
        """Former versions of a name, the latest first."""
        with self._explained():
            now = self._db.documents.find_one({"_id": name}, {"version": 1})
            wanted = {"name": name} | ({"version": {"$lt": now["version"]}} if now else {})
            return [_row(found) for found in self._db.past.find(wanted).sort("version", -1)]

    def bin(self) -> list[Row]:
        """Those that were removed and whose names are free, by name."""
        with self._explained():
            latest: dict[str, dict[str, Any]] = {}
            for found in self._db.past.find({"removed": {"$gt": 0}}).sort([("name", 1), ("version", 1)]):
                latest[found["name"]] = found
            taken = {found["_id"] for found in self._db.documents.find({"_id": {"$in": list(latest)}}, {"_id": 1})}
        return [_row(found) for name, found in latest.items() if name not in taken]

    def mark(self, key: str) -> str | None:
        """The value of a mark."""
        with self._explained():
            found = self._db.marks.find_one({"_id": key})
        return str(found["value"]) if found else None

    def marks(self, prefix: str) -> dict[str, str]:
        """All marks whose keys begin with `prefix`."""
        with self._explained():
            found = self._db.marks.find({"_id": {"$gte": prefix, "$lt": prefix + LAST}})
            return {mark["_id"]: str(mark["value"]) for mark in found}

    def track(self, key: str) -> bytes | None:
        """The bytes of a track."""
        return self._data("tracks", key)

    def track_keys(self) -> set[str]:
        """The keys of all tracks."""
        with self._explained():
            return {found["_id"] for found in self._db.tracks.find({}, {"_id": 1})}

    def vectors(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """All cached vectors whose keys begin with `prefix`, and the keys."""
        with self._explained():
            for found in self._db.vectors.find({"_id": {"$gte": prefix, "$lt": prefix + LAST}}):
                yield found["_id"], bytes(found["data"])

    def vector(self, key: str) -> bytes | None:
        """A cached vector."""
        return self._data("vectors", key)

    def _data(self, collection: str, key: str) -> bytes | None:
        with self._explained():
            found = self._db[collection].find_one({"_id": key}, {"data": 1})
        return bytes(found["data"]) if found else None

    # ── Writing ───────────────────────────────────────────────────────────────────────────────────────────

    def put(self, entry: Entry, data: bytes | None, *, expect: int | None = None) -> Row | None:
        """Writes a document and its track."""
        with self._writing():
            old = self._state(entry.name)
            if expect is not None and (old["revision"] if old else 0) != expect:
                return None
            self._put_track(entry, data)
            for _ in range(RETRIES):
                row: Row | None
                if old is None:
                    row = self._insert(entry)
                else:
                    self._to_past(old, 0)
                    row = Row(entry, old["version"] + 1, self._next_revision())
                    same = {"_id": entry.name, "revision": old["revision"]}
                    if not self._db.documents.replace_one(same, _stored(row)).matched_count:
                        row = None
                if row:
                    return row
                old = self._state(entry.name)  # somebody else was first
                if expect is not None:
                    return None
            raise LibraryUnavailable(f"{self.url}: {entry.name} is being written by others all the time: try again.")

    def put_new(
        self, entries: Sequence[tuple[Entry, bytes | None]], key: str, before: str | None, after: str
    ) -> tuple[str, ...] | None:
        """Adds documents one by one and sets the mark last; one of the same name and track is as good as added."""
        from pymongo.errors import DuplicateKeyError

        with self._writing():
            if self.mark(key) != before:
                return None
            there = {row.entry.name: row.entry.track for row in self.get_many([entry.name for entry, _ in entries])}
            missing = [pair for pair in entries if there.get(pair[0].name) != pair[0].track]
            taken = [entry.name for entry, _ in missing if entry.name in there]
            if taken:
                return tuple(taken)
            for entry, data in missing:
                self._put_track(entry, data)
                if self._insert(entry) is None and (self._state(entry.name) or {}).get("track") != entry.track:
                    return (entry.name,)
            if before is None:
                try:
                    self._db.marks.insert_one({"_id": key, "value": after})
                except DuplicateKeyError:
                    return None
                return ()
            same = {"_id": key, "value": before}
            return () if self._db.marks.update_one(same, {"$set": {"value": after}}).matched_count else None

    def reindex(self, entries: Sequence[Entry]) -> None:
        """Writes what documents are found by anew."""
        from pymongo import UpdateOne

        with self._writing():
            changes = [
                UpdateOne(
                    {"_id": entry.name, "document": entry.document},  # else it was written meanwhile, index and all
                    {
                        "$set": {
                            "text": entry.text,
                            "duration": entry.duration,
                            "created": entry.created,
                            "words": sorted(entry.words),
                            "facets": sorted(entry.facets),
                        }
                    },
                )
                for entry in entries
            ]
            if changes:
                self._db.documents.bulk_write(changes)

    def remove(self, name: str, *, expect: int | None = None) -> bool:
        """Puts a document in the bin."""
        with self._writing():
            for _ in range(RETRIES):
                old = self._state(name)
                if old is None or expect not in (None, old["revision"]):
                    return False
                self._to_past(old, self._next_revision())
                if self._db.documents.delete_one({"_id": name, "revision": old["revision"]}).deleted_count:
                    return True
            raise LibraryUnavailable(f"{self.url}: {name} is being written by others all the time: try again.")

    def forget(self, names: Iterable[str]) -> None:
        """Deletes the past of these names; their tracks are left to `collect`."""
        with self._writing():
            self._db.past.delete_many({"name": {"$in": list(names)}})

    def collect(self, grace: float) -> int:
        """Deletes tracks that nothing refers to and that were not written in the last `grace` seconds."""
        with self._writing():
            places = (self._db.documents, self._db.past)
            used = {found["track"] for place in places for found in place.find({}, {"track": 1})}
            old = {"at": {"$lte": datetime.now(UTC) - timedelta(seconds=grace)}}
            orphans = [found["_id"] for found in self._db.tracks.find(old, {"_id": 1}) if found["_id"] not in used]
            return self._db.tracks.delete_many({"_id": {"$in": orphans}, **old}).deleted_count

    def set_mark(self, key: str, value: str) -> None:
        """Writes a mark."""
        with self._writing():
            self._db.marks.replace_one({"_id": key}, {"value": value}, upsert=True)

    def put_vectors(self, vectors: Mapping[str, bytes]) -> None:
        """Caches vectors."""
        from pymongo import ReplaceOne

        with self._writing():
            if vectors:
                changes = [ReplaceOne({"_id": key}, {"data": data}, upsert=True) for key, data in vectors.items()]
                self._db.vectors.bulk_write(changes, ordered=False)

    def close(self) -> None:
        """Ends all connections; the next use opens new ones."""
        with self._lock:
            if self._client is not None and self._process == os.getpid():
                self._client.close()
            self._client = None

    # ── Steps of a write ──────────────────────────────────────────────────────────────────────────────────

    def _state(self, name: str) -> dict[str, Any] | None:
        return self._db.documents.find_one({"_id": name}, _FIELDS)

    def _put_track(self, entry: Entry, data: bytes | None) -> None:
        if data is not None:
            track = {"data": data, "at": datetime.now(UTC)}
            self._db.tracks.replace_one({"_id": entry.track}, track, upsert=True)

    def _insert(self, entry: Entry) -> Row | None:
        """Adds a document; None if its name is taken."""
        from pymongo.errors import DuplicateKeyError

        last = self._db.past.find_one({"name": entry.name}, {"version": 1}, sort=[("version", -1)])
        row = Row(entry, (last["version"] if last else 0) + 1, self._next_revision())
        try:
            self._db.documents.insert_one(_stored(row))
        except DuplicateKeyError:
            return None
        return row

    def _to_past(self, old: Mapping[str, Any], removed: int) -> None:
        """Keeps a version; until the present one goes it is not seen there."""
        past = {**old, "_id": f"{old['_id']}\n{old['version']}", "name": old["_id"], "removed": removed}
        self._db.past.replace_one({"_id": past["_id"]}, past, upsert=True)

    def _next_revision(self) -> int:
        from pymongo import ReturnDocument

        found: Any = self._db.marks.find_one_and_update(
            {"_id": REVISION}, {"$inc": {"value": 1}}, upsert=True, return_document=ReturnDocument.AFTER
        )
        return int(found["value"])

    # ── Connections ───────────────────────────────────────────────────────────────────────────────────────

    @property
    def _db(self) -> Database[dict[str, Any]]:
        """The database; after a fork, through this process's own connections."""
        from pymongo import MongoClient
        from pymongo.server_api import ServerApi

        with self._lock:
            if self._client is None or self._process != os.getpid():
                options: dict[str, Any] = (
                    {}
                    if "serverselectiontimeoutms" in self._connect_to.lower()
                    else {"serverSelectionTimeoutMS": PATIENCE}
                )
                self._client = MongoClient(
                    self._connect_to,
                    server_api=ServerApi("1", strict=True, deprecation_errors=True),
                    w="majority",
                    journal=True,
                    retryWrites=True,
                    tz_aware=True,
                    **options,
                )
                self._process = os.getpid()
            return self._client[self._database]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if not self.writable:
            raise LibraryUnavailable(f"{self.url} may only be read by this user: ask for the role readWrite.")
        with self._explained(" What it was about is stored wholly or not at all, all else is safe: repeat it."):
            yield

    @contextmanager
    def _explained(self, kept: str = "") -> Iterator[None]:
        """The driver's errors in words: what, where, and what to do."""
        try:
            from bson.errors import BSONError
            from pymongo import errors
        except ModuleNotFoundError:
            raise ModelUnavailable("A library in MongoDB needs pymongo: pip install 'motion-engine[mongo]'") from None
        try:
            yield
        except (errors.PyMongoError, BSONError) as error:
            where = getattr(self, "url", "the library")
            raise LibraryUnavailable(f"{where}: {_words(error)}{kept}") from None


_FIELDS = {"words": 0, "facets": 0}


def _conditions(query: Query) -> list[dict[str, Any]]:
    wanted: list[dict[str, Any]] = [{"facets": facet} for facet in query.facets]
    if query.duration is not None:
        wanted.append({"duration": {"$gte": query.duration[0], "$lte": query.duration[1]}})
    return wanted


def _stored(row: Row) -> dict[str, Any]:
    entry = row.entry
    return {
        "_id": entry.name,
        "kind": entry.kind,
        "document": entry.document,
        "track": entry.track,
        "text": entry.text,
        "duration": entry.duration,
        "created": entry.created,
        "version": row.version,
        "revision": row.revision,
        "words": sorted(entry.words),
        "facets": sorted(entry.facets),
    }


def _row(found: Mapping[str, Any]) -> Row:
    names = ("kind", "document", "track", "text", "duration", "created")
    entry = Entry(found.get("name", found["_id"]), *(found[name] for name in names))
    return Row(entry, found["version"], found["revision"], found.get("removed", 0))


def _words(error: Exception) -> str:
    """What the driver complains of, and what to do."""
    from pymongo import errors

    message = str(error).split(", Timeout:")[0].split(" (configured timeouts")[0][:200]
    if isinstance(error, errors.InvalidURI | errors.ConfigurationError | errors.InvalidName):
        return f"not an address of MongoDB ({message}): write mongodb://HOST:27017/DATABASE."
    if isinstance(error, errors.ConnectionFailure):
        return f"MongoDB does not answer ({message}): start it, or check the address and the network."
    if isinstance(error, errors.OperationFailure) and error.code in (13, 18):
        return f"MongoDB refuses this user ({message}): check name, password and roles in the address."
    if isinstance(error, errors.DocumentTooLarge):
        return f"a document of MongoDB cannot be that large ({message}): crop the clip."
    if isinstance(error, errors.OperationFailure) and error.code == 14031:
        return "the disk of MongoDB is full: free some space."
    return f"MongoDB says: {message}."
