"""Work spread over processes, its results in order, a few at a time: a film of an hour needs no more memory than one
of a second."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from motion_engine.errors import RenderFailed

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 2  # results a process that may wait to be taken

_work: Callable[[Any], Any] | None = None


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ordered_map(
    make: Callable[[], Callable[[Item], Result]], items: Iterable[Item], *, workers: int
) -> Iterator[Result]:
    """The results of a function for all items, in their order, worked out ahead by `workers` processes.

    Everything goes between processes, so it must be possible to pickle `make`, items and results; and a script that
    asks for more than one worker must do so below `if __name__ == "__main__"`. The processes end with the generator.

    Args:
        make: Gives the function; called once in each process.
        items: Taken as they are needed.
        workers: How many processes; 1: this one.

    Raises:
        RenderFailed: A process died. What the function raises is raised here.
    """
    if workers <= 1:
        yield from map(make(), items)
        return
    from concurrent.futures import Future, ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    context = get_context("spawn")  # a fork would copy the threads' locks of encoders and numeric libraries
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(make,))
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(_call, item))
            if len(waiting) >= workers * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise RenderFailed(
            "a process that draws pictures died; is there too little memory? Draw smaller ones."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start(make: Callable[[], Callable[[Any], Any]]) -> None:
    """Prepares a process: Ctrl-C is for the one that started it, and it computes with one thread."""
    global _work  # noqa: PLW0603  a worker has no other place to keep it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _work = make()


def _call(item: Any) -> Any:
    assert _work is not None
    return _work(item)
