"""`CommandEngine`, the facade that the command line, REST and live use share: text in, Track out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from action_library.action import Action, checked, normal_name, sort_aliases
from action_library.library import Library, Progress
from action_library.search import ANYTHING, Filter, Page
from action_library.sequence import (
    MOST_TEXT,
    Call,
    Groups,
    PlacedCall,
    Sequence,
    TrackOf,
    calls_of,
    plan_of,
    written_out,
)
from motion_engine.compose import compose
from motion_engine.errors import BadCommand, MotionError
from motion_engine.parts import part_of
from motion_engine.schedule import schedule
from motion_engine.steps import hold
from motion_engine.stream import MotionStream
from motion_engine.types import LIBRARY_FPS, ActionCall, ActionInfo, Language, Plan, Timeline, Track
from nlp.account import Word
from nlp.audio import Source
from nlp.draft import Draft, read_draft
from nlp.match import Matcher, Phrasebook
from nlp.models import open_embedder
from nlp.parse import explain, notation, parse
from nlp.speech import Listener, Transcript, open_recognizer, vocabulary_of

MANY = 5000  # actions; of so many the search does not look at all phrases of each
FACETS = 100  # values of one kind that are told
LIKELY = 5  # actions that a phrase may mean, which are looked for first


C = TypeVar("C", bound=Call)


@dataclass(frozen=True)
class Explanation:
    """A plan, the role of each word, and for each of its actions the nearest others with their scores 0..1."""

    plan: Plan
    words: tuple[Word, ...]
    alternatives: tuple[tuple[tuple[str, float], ...], ...]


@dataclass(frozen=True)
class Facets:
    """What actions can be filtered by, and how many have it, the most first."""

    tags: tuple[tuple[str, int], ...]
    parts: tuple[tuple[str, int], ...]
    sources: tuple[tuple[str, int], ...]
    licences: tuple[tuple[str, int], ...]


def _facets(actions: Iterable[Action]) -> Facets:
    tags, parts, sources, licences = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for action in actions:
        tags.update(action.tags)
        parts.update(action.parts)
        sources[action.source] += 1
        licences[action.licence] += 1
    return Facets(*(tuple(counter.most_common(FACETS)) for counter in (tags, parts, sources, licences)))


@dataclass(frozen=True)
class _Known:
    """The actions of the library at one revision."""

    revision: str
    infos: dict[str, ActionInfo]
    sequences: dict[str, Sequence]
    matcher: Matcher
    facets: Facets


class _Infos(Mapping[str, ActionInfo]):
    """What the schedule must know of all actions, as the library is whenever it is asked."""

    def __init__(self, engine: CommandEngine) -> None:
        self._engine = engine

    def __getitem__(self, name: str) -> ActionInfo:
        return self._engine.infos[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._engine.infos)

    def __len__(self) -> int:
        return len(self._engine.infos)


class CommandEngine:
    """Understands commands and performs them with the actions of one library."""

    def __init__(self, library: Library, *, embeddings: str | None = None) -> None:
        """Use `library`.

        Args:
            library: An open action library.
            embeddings: A sentence-transformers model name or folder; by default the environment variable
                MOTION_EMBEDDINGS, else the packaged model.
        """
        self.library = library
        self._embedder = lru_cache(maxsize=1)(partial(open_embedder, embeddings or os.environ.get("MOTION_EMBEDDINGS")))
        self._lock = Lock()
        self._known: _Known | None = None
        self._listener: Listener | None = None

    @property
    def infos(self) -> dict[str, ActionInfo]:
        """What the schedule must know of all actions, by name."""
        return self._current().infos

    @property
    def facets(self) -> Facets:
        """How many actions have which tags, parts, sources and licences."""
        return self._current().facets

    @property
    def matcher(self) -> Matcher:
        """Knows the words of all actions."""
        return self._current().matcher

    def _current(self) -> _Known:
        """What is known of the library as it is now: an action added by anybody is understood at once."""
        revision = self.library.revision()
        with self._lock:
            if self._known is None or self._known.revision != revision:
                actions, sequences = self.library.actions(), self.library.sequences()
                books = [
                    Phrasebook(a.name, a.description, tuple(a.aliases.get("en", ())), tuple(a.aliases.get("zh", ())))
                    for a in (*actions, *sequences.values())
                ]
                matcher = Matcher(books, self._embedder, cache=self.library.vectors)
                infos = {action.name: action.info() for action in actions}
                self._known = _Known(revision, infos, sequences, matcher, _facets(actions))
            return self._known

    @classmethod
    def open(cls, library_url: str | Path | None = None, *, progress: Progress | None = None) -> CommandEngine:
        """Open the library at `library_url` (a path or URL; by default the user's own) and fill it if it is empty.

        Raises:
            LibraryUnavailable: It cannot be opened, read or filled.
        """
        engine = cls(Library.open(library_url, progress=progress))
        engine._current()  # a damaged library is reported here
        return engine

    def parse(self, text: str) -> Plan:
        """What `text` asks for; BadCommand, UnknownAction or LimitExceeded if it cannot be understood."""
        return parse(text, self.matcher)

    def understand(self, text: str) -> tuple[Plan, list[Word]]:
        """What `text` asks for, and what became of each word; the errors of `parse`."""
        return explain(text, self.matcher)

    def draft(self, text: str) -> Draft:
        """What is understood of a command that is still being typed; LimitExceeded if it is too long."""
        return read_draft(text, self.matcher)

    def explain(self, text: str) -> Explanation:
        """What `text` asks for, what became of each word, and what else could be meant; the errors of `parse`."""
        plan, words = self.understand(text)
        others = [self.matcher.alternatives(call.phrase, call.action) for step in plan.steps for call in step.actions]
        return Explanation(plan, tuple(words), tuple(others))

    def notation(self, text: str) -> str:
        """`str(plan)`, or `!unknown` or `!empty`."""
        return notation(text, self.matcher)

    def hear(self, source: Source, language: Language | None = None) -> Transcript:
        """What is said in a recording, in English or Chinese; the errors of `nlp.speech.Listener.hear`."""
        with self._lock:
            if self._listener is None:
                self._listener = Listener(open_recognizer())
        return self._listener.hear(source, language, vocabulary_of(self.matcher.books.values()))

    def written_out(self, plan: Plan) -> Plan:
        """A plan of actions only: saved sequences in it are replaced by their steps; BadCommand if they cannot be."""
        return written_out(plan, self._current().sequences)

    def timeline(self, plan: Plan, *, fps: float = LIBRARY_FPS) -> Timeline:
        """When each action of `plan` plays; BadCommand if a sequence in it cannot do what is asked of it."""
        known = self._current()
        return schedule(written_out(plan, known.sequences), known.infos, fps=fps)

    def compose(self, steps: Groups, tracks: tuple[TrackOf, ...] = ()) -> Plan:
        """The plan of stated steps, or of tracks by the second, with the library's own names of what they use.

        Raises:
            UnknownAction: The library has no such action or sequence; the nearest are told.
            BadCommand: A sequence has no place on a track.
        """
        known = self._current().sequences

        def named(call: C) -> C:
            name = self.library.row(call.action).entry.name
            if isinstance(call, PlacedCall) and name in known:
                raise BadCommand(f"{name} is a sequence: place its actions one by one, or compose it in steps.")
            return call.model_copy(update={"action": name})

        rows = (track.model_copy(update={"clips": tuple(map(named, track.clips))}) for track in tracks)
        return plan_of(tuple(tuple(map(named, step)) for step in steps), tuple(rows))

    def save(
        self,
        name: str,
        command: str | Plan,
        *,
        aliases: Collection[str] = (),
        description: str = "",
        expect: int | None = None,
    ) -> Sequence:
        """Keeps a command under a name, which is a command itself from then on; a former one can be restored.

        Args:
            name: What it is called.
            command: In words, or a plan.
            aliases: Other names.
            description: One sentence.
            expect: As of `Library.save`.

        Raises:
            BadCommand, UnknownAction, LimitExceeded: The text is not understood, or contains the sequence itself.
            BadClip: The name cannot be one, or is that of an action, or the revision is not `expect`.
        """
        plan = self.parse(command) if isinstance(command, str) else command
        fields: dict[str, Any] = {"name": normal_name(name), "text": plan.text[:MOST_TEXT], **calls_of(plan)}
        fields |= {"aliases": sort_aliases(aliases), "description": description, "source": "saved by the user"}
        sequence = checked(Sequence, fields)
        self.timeline(plan)  # what cannot be performed is not saved
        self.library.save(sequence, expect=expect)
        return sequence

    def how_to_say(self, name: str) -> str:
        """Words that mean the action or sequence of this name: its own, unless they mean something else."""
        words = name.replace("_", " ")
        return words if self.notation(words) == name else f"do the action {words}"

    def usual_length(self, action: Action) -> float:
        """How long an action is performed if nobody says, s."""
        info = action.info()
        call = ActionCall(phrase="", action=action.name)
        return part_of(call, info, held=hold(info, self.infos) is not None).duration

    def learn(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Works out what actions mean that were not yet searched; else the next `find` does it, and takes that long."""
        model = self._embedder()
        self.library.index.learn(model.embed, model.id, progress)

    def warm(self) -> None:
        """Load what the first command would else wait for: the words of all actions, and the embedding model."""
        if len(self.infos) <= MANY:
            for text in ("warmm up", "热身饼"):  # each language's words, also to put wrong ones right
                self.draft(text)
        self.find("warm up", limit=1)

    def find(self, text: str, wanted: Filter = ANYTHING, *, limit: int = 20, cursor: str | None = None) -> Page:
        """What the library has that means or says `text`, in English or Chinese; see `action_library.search`."""
        model, matcher = self._embedder(), self.matcher
        if len(matcher.books) > MANY:  # then the search alone says what is near
            matcher = matcher.without_model()
        likely = dict(matcher.ranking(text)[:LIKELY])
        with suppress(MotionError):  # it need not be a command
            likely |= {call.action: call.score for step in parse(text, matcher).steps for call in step.actions}
        return self.library.index.by_text(
            text, wanted, embed=model.embed, model=model.id, likely=likely, limit=limit, cursor=cursor
        )

    def perform(self, timeline: Timeline) -> Track:
        """The motion that plays `timeline`."""
        names = {segment.action for segment in timeline.segments}
        return compose(timeline, {name: self.library.clip(name) for name in names}, self.infos)

    def stream(self, *, fps: float = LIBRARY_FPS) -> MotionStream:
        """A body that performs plans live, frame by frame; see `motion_engine.stream`."""
        return MotionStream(_Infos(self), self.library.clip, fps=fps)

    def say(self, text: str, *, fps: float = LIBRARY_FPS) -> Track:
        """The motion that `text` asks for; the errors of `parse`."""
        return self.perform(self.timeline(self.parse(text), fps=fps))
