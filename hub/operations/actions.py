"""What an action of the field app is, and what its handlers are given and give back."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from hub.errors import UserFault
from hub.operations.handover import Handover
from hub.store.documents import AccountDoc


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


@dataclass(frozen=True, slots=True)
class Turn:
    """One attempt at applying an action: who, what, and the hub's times for it.

    `at` is when the hub received it; `written_at`, when this attempt writes it, starts what timers
    it leads to. `handovers` collects what is to be reported once the transaction has committed.
    """

    officer: AccountDoc
    body: dict[str, Any]
    at: datetime
    written_at: datetime
    device_at: datetime
    handovers: list[Handover] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action did; kept with its id, so that a repetition gets the same answer."""

    status: ActionStatus
    code: str | None = None
    message: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


class ActionRefused(UserFault):
    """An action that does not fit the state of things, with that state as `data`."""

    def __init__(
        self,
        status: ActionStatus,
        code: str,
        message: str,
        *,
        data: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(code, message)
        self.status = status
        self.data = data or {}
