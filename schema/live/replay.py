"""What a group remembers of what it told, and the cursors that say how far a client was told.

`EPOCH.NUMBER` is the place behind the event of that number. The events of a snapshot that is not
told to its end carry `EPOCH.NUMBER.ROW`: behind that row of a snapshot begun at NUMBER, so that a
client cut off in the middle is told the other rows and all that has happened since. The epoch is
one group's own: the cursor of another query, process or life names no place here, and is answered
by a RESET, never by a guess.
"""

import secrets
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

REPLAYED = 2_000
REPLAYED_BYTES = 1024 * 1024
_OVERHEAD = 256
"""Bytes of an event besides its payload, about."""
_LONGEST = 15
"""Digits of a number in a cursor, at most."""


class Told(NamedTuple):
    """One event: the JSON of its ExecutionResult, and the cursor that it carries."""

    cursor: str
    payload: bytes


class Place(NamedTuple):
    """How far a client was told: to which event, and of a snapshot to which row; None: all."""

    number: int
    row: int | None


class Replay:
    """The last 2,000 events of a group, or 1 MB of them, by their numbers."""

    def __init__(self) -> None:
        self._epoch = secrets.token_urlsafe(6)
        self._events: deque[Told] = deque()
        self.head = 0
        self.held = 0

    def cursor(self, number: int, row: int | None = None) -> str:
        """The cursor of a place."""
        return f"{self._epoch}.{number}" if row is None else f"{self._epoch}.{number}.{row}"

    def add(self, payload: Callable[[str], bytes]) -> Told:
        """Number an event and remember it; `payload` makes it of its cursor."""
        self.head += 1
        cursor = self.cursor(self.head)
        told = Told(cursor, payload(cursor))
        self._events.append(told)
        self.held += len(told.payload) + _OVERHEAD
        while len(self._events) > REPLAYED or self.held > REPLAYED_BYTES:
            self.held -= len(self._events.popleft().payload) + _OVERHEAD
        return told

    def place(self, cursor: str) -> Place | None:
        """Where a cursor points; None unless all that happened since is remembered."""
        epoch, *rest = cursor.split(".")
        if epoch != self._epoch or len(rest) not in {1, 2} or not all(map(_is_number, rest)):
            return None
        number, *row = map(int, rest)
        if not self.head - len(self._events) <= number <= self.head:
            return None
        return Place(number, row[0] if row else None)

    def since(self, number: int) -> list[Told]:
        """The events behind a place, in order."""
        return list(islice(self._events, len(self._events) - (self.head - number), None))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST
