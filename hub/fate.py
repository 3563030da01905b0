"""Whether a write happened, as far as whoever asked for it can be told.

The store notes it as a transaction goes; the face that answers a caller watches. Where nobody
watches, nothing is noted.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

Given = TypeVar("Given")
Result = TypeVar("Result")


class Fate(StrEnum):
    """What became of a write. UNKNOWN: its commit was sent, and not answered."""

    NOT_DONE = "NOT_DONE"
    UNKNOWN = "UNKNOWN"
    DONE = "DONE"


@dataclass(slots=True)
class Write:
    """One write that is watched."""

    fate: Fate = Fate.NOT_DONE


def together(writes: Iterable[Write]) -> Fate:
    """The fate of several: UNKNOWN for what is done in part, NOT_DONE where none was begun."""
    fates = {write.fate for write in writes} or {Fate.NOT_DONE}
    return fates.pop() if len(fates) == 1 else Fate.UNKNOWN


_watched: ContextVar[Write | None] = ContextVar("watched", default=None)


@contextmanager
def watched() -> Iterator[Write]:
    """What is written inside tells here how far it has come."""
    write = Write()
    token = _watched.set(write)
    try:
        yield write
    finally:
        _watched.reset(token)


def watching() -> Write | None:
    """The write that is watched here, for work that goes on elsewhere in its name."""
    return _watched.get()


def mark(fate: Fate) -> None:
    """Note how far the write that is watched here has come."""
    write = _watched.get()
    if write is not None:
        write.fate = fate


def told(work: Callable[[Given], Awaitable[Result]]) -> Callable[[Given], Awaitable[Result]]:
    """The work of a transaction, noting where it stands; the commit comes right after it."""

    async def noted(given: Given) -> Result:
        mark(Fate.NOT_DONE)
        result = await work(given)
        mark(Fate.UNKNOWN)
        return result

    return noted
