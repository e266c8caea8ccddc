"""`CommandEngine`, the facade that the command line, REST and live use share: text in, Track out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock

from action_library.library import Library, Progress
from motion_engine.compose import compose
from motion_engine.schedule import schedule
from motion_engine.stream import MotionStream
from motion_engine.types import LIBRARY_FPS, ActionInfo, Language, Plan, Timeline, Track
from nlp.account import Word
from nlp.audio import Source
from nlp.match import Matcher, Phrasebook
from nlp.models import open_embedder
from nlp.parse import explain, notation, parse
from nlp.speech import Listener, Transcript, open_recognizer, vocabulary_of


@dataclass(frozen=True)
class Explanation:
    """A plan, the role of each word, and for each of its actions the nearest others with their scores 0..1."""

    plan: Plan
    words: tuple[Word, ...]
    alternatives: tuple[tuple[tuple[str, float], ...], ...]


@dataclass(frozen=True)
class _Known:
    """The actions of the library at one revision."""

    revision: str
    infos: dict[str, ActionInfo]
    matcher: Matcher


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
    def matcher(self) -> Matcher:
        """Knows the words of all actions."""
        return self._current().matcher

    def _current(self) -> _Known:
        """What is known of the library as it is now: an action added by anybody is understood at once."""
        revision = self.library.revision()
        with self._lock:
            if self._known is None or self._known.revision != revision:
                actions = self.library.actions()
                books = [
                    Phrasebook(a.name, a.description, tuple(a.aliases.get("en", ())), tuple(a.aliases.get("zh", ())))
                    for a in actions
                ]
                matcher = Matcher(books, self._embedder, cache=self.library.vectors)
                self._known = _Known(revision, {action.name: action.info() for action in actions}, matcher)
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

    def explain(self, text: str) -> Explanation:
        """What `text` asks for, what became of each word, and what else could be meant; the errors of `parse`."""
        plan, words = explain(text, self.matcher)
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

    def timeline(self, plan: Plan, *, fps: float = LIBRARY_FPS) -> Timeline:
        """When each action of `plan` plays."""
        return schedule(plan, self.infos, fps=fps)

    def perform(self, timeline: Timeline) -> Track:
        """The motion that plays `timeline`."""
        names = {segment.action for segment in timeline.segments}
        return compose(timeline, {name: self.library.clip(name) for name in names}, self.infos)

    def stream(self, *, fps: float = LIBRARY_FPS) -> MotionStream:
        """A body that performs plans live, frame by frame; see `motion_engine.stream`."""
        return MotionStream(self.infos, self.library.clip, fps=fps)

    def say(self, text: str, *, fps: float = LIBRARY_FPS) -> Track:
        """The motion that `text` asks for; the errors of `parse`."""
        return self.perform(self.timeline(self.parse(text), fps=fps))
