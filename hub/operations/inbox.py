"""A person's sync stream: everything that changed for them, numbered without gaps."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class InboxChange:
    """One change. `entity`: order, incident, duty; `op`: upsert, remove; `data` is JSON-ready."""

    seq: int
    entity: str
    op: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SyncPage:
    """A page of the stream. Ask again from `next_cursor`; at once if `limited`.

    `reset`: the cursor was unknown or too old; `changes` is then the start of a snapshot of the
    current state, and what the phone held before must be dropped.
    """

    changes: tuple[InboxChange, ...]
    next_cursor: int
    limited: bool
    reset: bool
