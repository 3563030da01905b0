"""What an action of the field app is, and what its handlers are given and give back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from hub.errors import UserFault
from hub.model.people import Principal
from hub.operations.desk import Desk
from hub.operations.telling.wire import Message
from hub.store.documents import AccountDoc
from hub.store.driver import Tx
from hub.store.group_commit import NO_READS, Reads


class ActionStatus(StrEnum):
    """What became of an action: done now, done before, not possible, or too late."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class FieldAction:
    """One action of a phone. `id` is made by the phone and unique on it.

    `at` is the phone's time for it: recorded, never used to order or to judge; None where it came
    from no phone, and `device_id` then only says by which way.
    """

    id: str
    kind: str
    at: datetime | None
    device_id: str
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActionResult:
    """The answer to one action. `code` is stable, `message` is Chinese first, English second.

    `path` names the part of the action that it was refused for: `body`, `orderId`.
    """

    id: str
    status: ActionStatus
    code: str | None = None
    message: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One attempt at applying an action: who, what, and the hub's times for it.

    `at` is when the hub received it; `written_at`, when this attempt writes it, starts what timers
    it leads to. `device_id` is the phone it came from. `afterwards` collects what is to be said
    once the transaction has committed.
    """

    officer: AccountDoc
    body: dict[str, Any]
    at: datetime
    written_at: datetime
    device_at: datetime | None
    device_id: str
    afterwards: list[Callable[[], None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action did; kept with its id, so that a repetition gets the same answer.

    `target`, `before` and `after` are for the audit log alone.
    """

    status: ActionStatus
    code: str | None = None
    message: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    target: str = ""
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


class ActionRefused(UserFault):
    """An action that does not fit the state of things, with that state as `data`."""

    def __init__(
        self,
        status: ActionStatus,
        code: str,
        message: str,
        *,
        data: dict[str, Any] | None = None,
        path: tuple[str, ...] = (),
    ) -> None:
        super().__init__(code, message, path=path)
        self.status = status
        self.data = data or {}


class Touched(NamedTuple):
    """Whose lane an action is written in ("" for nobody's), and the rows it will ask for."""

    lane: str
    reads: Reads


async def nothing_beside(_desk: Desk, _by: Principal, _body: dict[str, Any]) -> Touched:
    """Nobody's lane, no rows but the caller's account, which is always read."""
    return Touched("", NO_READS)


@dataclass(frozen=True, slots=True)
class Action:
    """An action of the field app: the shape of its body, what it does, means, and touches.

    `means` is for the manual: English, with the Chinese term in brackets.
    `carry_out(desk, tx, turn)` may run more than once and does nothing but database calls with its
    session. It judges the body itself: a fault has the code and the path of the argument.
    """

    body: type[Message]
    carry_out: Callable[[Desk, Tx, Turn], Awaitable[Effect]]
    means: str
    touches: Callable[[Desk, Principal, dict[str, Any]], Awaitable[Touched]] = nothing_beside
