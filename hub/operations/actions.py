"""Actions of the field app: each one idempotent, each one a single transaction."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ActionStatus(StrEnum):
    """What became of an action: done now, done before, not possible, or too late."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class FieldAction:
    """One action of a phone. `id` is made by the phone and unique on it.

    `at` is the phone's time for it: recorded, never used to order or to judge.
    """

    id: str
    kind: str
    at: datetime
    device_id: str
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActionResult:
    """The answer to one action. `code` is stable, `message` is Chinese first, English second."""

    id: str
    status: ActionStatus
    code: str | None = None
    message: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
