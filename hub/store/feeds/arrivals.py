"""What the archive says of a raw message: which feed's, what it is, when it came."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from hub.connector import Envelope


class Part(StrEnum):
    """What an arrival is: a payload, a static reference, frames of TCP peers, a start of the feed.

    START: from here on the feed's reader knows nothing but what the database holds.
    """

    DATA = "DATA"
    STATIC = "STATIC"
    FRAMES = "FRAMES"
    START = "START"


class Span(NamedTuple):
    """Frames within a message of FRAMES that one peer sent at once.

    `write` numbers the write they were in, `after` are microseconds since the message's first
    frames came, `size` is in bytes.
    """

    write: int
    after: int
    size: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it arrived; `number` orders those of one feed.

    `envelope` is None for a START, and for a message too large to be kept.
    """

    feed: str
    number: int
    part: Part
    at: datetime
    envelope: Envelope | None
    spans: tuple[Span, ...] = ()
    lost: int = 0
    """Frames that came since the arrival before and could not be kept."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the archive has of one feed: arrivals, bytes stored, and the time they span."""

    arrivals: int
    size: int
    first: datetime | None
    last: datetime | None
