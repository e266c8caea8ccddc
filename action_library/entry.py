"""What a document is found by, worked out once for every store: its words, its facets and the text of its meaning."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from pydantic import ValidationError

from action_library.action import UNKNOWN, Action, Described
from action_library.sequence import Sequence
from action_library.store import Entry, Row
from motion_engine.errors import LibraryUnavailable

INDEX = "1"  # raise it when the same document would give another entry: libraries are then indexed anew
KINDS: dict[str, type[Described]] = {"action": Action, "sequence": Sequence}

_GAPS = re.compile(r"[\W_]+")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")


def parse_row(row: Row) -> Described:
    """The document of a row.

    Raises:
        LibraryUnavailable: It is damaged.
    """
    try:
        return KINDS[row.entry.kind].model_validate_json(row.entry.document)
    except (ValidationError, KeyError) as error:
        what = error.errors()[0]["msg"] if isinstance(error, ValidationError) else "unknown kind"
        raise LibraryUnavailable(
            f"the document of {row.entry.name} is damaged ({what}: {row.entry.document[:60]}...). All others are safe. "
            "`motion library check --repair` takes it out."
        ) from None


def kind_of(document: Described) -> str:
    """`action` or `sequence`."""
    return next(kind for kind, model in KINDS.items() if isinstance(document, model))


def entry_of(document: Described) -> Entry:
    """The document as a store keeps it."""
    kind = kind_of(document)
    action = document if isinstance(document, Action) else None
    return Entry(
        name=document.name,
        kind=kind,
        document=document.model_dump_json(),
        track=action.track if action else "",
        text=text_key(meaning(document)),
        duration=action.duration if action else 0.0,
        created=document.created.isoformat(),
        words=frozenset(words_of(document)),
        facets=frozenset(facets_of(document)),
    )


def meaning(document: Described) -> str:
    """The text whose embedding stands for the document: its name, what it says of itself, and how else it is called."""
    aliases = [alias for words in document.aliases.values() for alias in words]
    parts = (
        document.name.replace("_", " "),
        document.description,
        document.description_zh,
        ", ".join(aliases),
        ", ".join(document.tags),
    )
    return ". ".join(part for part in parts if part)


def text_key(text: str) -> str:
    """The sha256 of a text, short: under it and the model's name its vector is cached."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def words_of(document: Described) -> set[str]:
    """All search terms of what the document says."""
    texts = [document.name, document.description, document.description_zh, *document.tags]
    for aliases in document.aliases.values():
        texts += aliases
    return set().union(*(search_terms(text) for text in texts))


def facets_of(document: Described) -> set[str]:
    """What the document is filtered by; one that all of a kind have is among them."""
    facets = {f"kind:{kind_of(document)}"}
    facets |= {facet("tag", tag) for tag in document.tags}
    for name in ("source", "licence"):
        facets |= {f"{name}:{word}" for word in search_terms(getattr(document, name))}
    if document.licence == UNKNOWN:
        facets.add("licence:unknown")
    if isinstance(document, Action):
        facets |= {facet("part", part) for part in document.parts}
        facets |= {f"start:{document.start_posture}", f"end:{document.end_posture}", f"track:{document.track}"}
        facets |= {f"side:{document.side}"} if document.side else set()
        facets |= {"cyclic:yes" if document.cyclic else "cyclic:no"}
    return facets


def facet(name: str, value: str) -> str:
    """`value` as it is compared: of one case and width."""
    return f"{name}:{unicodedata.normalize('NFKC', value).casefold().strip()}"


def search_terms(text: str) -> set[str]:
    """The terms under which `text` is found: its words, and the pairs of neighbours in Chinese (or a lone character).

    Pairs, since Chinese has no spaces: a store then needs no full-text search of its own.
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    terms = set(_GAPS.sub(" ", _HAN.sub(" ", text)).split())
    for run in _HAN.findall(text):
        terms |= {run[i : i + 2] for i in range(max(1, len(run) - 1))}
    return terms
