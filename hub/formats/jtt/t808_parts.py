"""JT/T 808 sub-packages put together again, within bounds.

Sub-packages of one message have consecutive serials, so that the serial of the first names it.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hub.errors import PayloadError, Reason
from hub.formats.jtt.t808 import Frame

MAX_BYTES = 64 * 1024
"""Bytes of unfinished messages of one connection."""
MAX_MESSAGES = 64
"""Unfinished messages of one connection, and finished ones that are remembered."""
MAX_PARTS = 64
PATIENCE = timedelta(minutes=5)
"""How long a message may take to arrive."""

_Key = tuple[str, int, int, int]


@dataclass(slots=True)
class _Unfinished:
    began: datetime
    parts: dict[int, bytes] = field(default_factory=dict)
    size: int = 0
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """A message given up: how many of its sub-packages had come."""

    terminal: str
    message_id: int
    held: int
    total: int


class Reassembly:
    """The unfinished messages of one connection.

    The oldest is given up when the bounds are reached or it takes longer than PATIENCE; `lost`
    says which since it was last asked.
    """

    def __init__(self) -> None:
        self._unfinished: dict[_Key, _Unfinished] = {}
        self._finished: dict[_Key, datetime] = {}
        self._lost: list[Lost] = []

    def add(self, frame: Frame, at: datetime) -> Frame | None:
        """Take a sub-package; the whole message if it is the last one wanted.

        The whole has the serial of its first sub-package and no `part`. One of a message that is
        whole already (its answer was lost) changes nothing. Raises PayloadError TOO_LARGE.
        """
        if frame.part is None:
            return frame
        if frame.part.total > MAX_PARTS:
            raise PayloadError(
                Reason.TOO_LARGE, f"{frame.part.total} sub-packages are more than {MAX_PARTS}."
            )
        self._expire(at)
        key = _key(frame)
        if key in self._finished:
            return None
        message = self._unfinished.setdefault(key, _Unfinished(at))
        message.size += len(frame.body) - len(message.parts.get(frame.part.number, b""))
        message.parts[frame.part.number] = frame.body
        if len(message.parts) == frame.part.total:
            del self._unfinished[key]
            self._finished[key] = at
            if len(self._finished) > MAX_MESSAGES:
                del self._finished[next(iter(self._finished))]
            body = b"".join(message.parts[number + 1] for number in range(frame.part.total))
            return replace(frame, serial=key[-1], body=body, part=None)
        self._bound()
        return None

    def missing(self, frame: Frame) -> tuple[int, list[int]]:
        """After the last sub-package: first serial and the numbers that have not come.

        Nothing is missing before the last one came, and each message is asked for once.
        """
        key = _key(frame)
        message = self._unfinished.get(key)
        part = frame.part
        if message is None or part is None or part.number != part.total or message.asked:
            return key[-1], []
        message.asked = True
        return key[-1], [n for n in range(1, part.total) if n not in message.parts]

    def lost(self) -> list[Lost]:
        """Messages given up since this was last asked."""
        lost, self._lost = self._lost, []
        return lost

    def give_up(self) -> None:
        """Nothing more will come."""
        for key in list(self._unfinished):
            self._drop(key)

    def _expire(self, at: datetime) -> None:
        for key, message in list(self._unfinished.items()):
            if at - message.began > PATIENCE:
                self._drop(key)
        self._finished = {
            key: then for key, then in self._finished.items() if at - then <= PATIENCE
        }

    def _bound(self) -> None:
        size = sum(message.size for message in self._unfinished.values())
        while size > MAX_BYTES or len(self._unfinished) > MAX_MESSAGES:
            oldest = next(iter(self._unfinished))
            size -= self._unfinished[oldest].size
            self._drop(oldest)

    def _drop(self, key: _Key) -> None:
        message = self._unfinished.pop(key)
        self._lost.append(Lost(key[0], key[1], len(message.parts), key[2]))


def _key(frame: Frame) -> _Key:
    """Terminal, message, number of sub-packages, serial of the first one."""
    total, number = (frame.part.total, frame.part.number) if frame.part else (1, 1)
    return frame.terminal, frame.message_id, total, (frame.serial - number + 1) & 0xFFFF
