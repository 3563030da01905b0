"""What every API asks of operations as a whole: field actions, sync, what waits."""

from dataclasses import dataclass
from datetime import datetime

from hub import clock
from hub.model.people import Principal
from hub.operations import escalating, fieldwork
from hub.operations.actions import ActionResult, FieldAction
from hub.operations.asking.store import Recipients
from hub.operations.desk import Desk
from hub.operations.telling.inbox import Inbox, SyncPage


@dataclass(frozen=True, slots=True)
class Metrics:
    """The signals of operations; ages in seconds, None where nothing waits.

    `oldest_unsent` counts from when a wake-up was queued, and grows while a push service is down.
    `dispatch_lag` counts from when one was due: it tells whether the dispatchers keep up.
    `dead` wake-ups were given up. `unacknowledged` parts await an answer; those `overdue` should
    have been escalated.
    """

    unsent: int
    oldest_unsent: float | None
    dispatch_lag: float
    dead: int
    unacknowledged: int
    oldest_unacknowledged: float | None
    overdue: int


def _age(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else max(0.0, (now - since).total_seconds())


class Operations:
    """What APIs ask of operations as a whole; `desk` is for the actions of each capability.

    Every write takes a client-made `key` (field actions: their id) and works once: the same key
    with the same body gives the same result, with another body UserFault IDEMPOTENCY_CONFLICT.
    Faults are UserFault with a stable `code` and the `path` of the argument; AccessDenied without
    the scope; NotFound for what is absent or not the caller's to see. Nothing is written then.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.inbox = Inbox(desk)

    async def act(self, by: Principal, action: FieldAction) -> ActionResult:
        """Apply one action of the field app; see `fieldwork.act`. Needs FIELD_WORK."""
        return await fieldwork.act(self.desk, by, action)

    async def sync(self, account_id: str, seq: int | None, limit: int) -> SyncPage:
        """A page of the account's sync stream; see `Inbox.changes_since`."""
        return await self.inbox.changes_since(account_id, seq, limit)

    async def snapshot(self, account_id: str) -> SyncPage:
        """What the account's phone should hold now; see `Inbox.snapshot`."""
        return await self.inbox.snapshot(account_id)

    async def database_answers(self) -> bool:
        """Whether what failed, or is late, may be laid to the database."""
        return await self.desk.store.answers()

    async def metrics(self) -> Metrics:
        """What waits, and for how long."""
        now = clock.now()
        backlog = await self.desk.outbox.backlog()
        waiting = await self.desk.of(Recipients).waiting(now, escalating())
        return Metrics(
            unsent=backlog.queued,
            oldest_unsent=_age(backlog.oldest, now),
            dispatch_lag=_age(backlog.due_since, now) or 0.0,
            dead=backlog.dead,
            unacknowledged=waiting.count,
            oldest_unacknowledged=_age(waiting.since, now),
            overdue=waiting.overdue,
        )

    async def dispatch_lag(self) -> float:
        """As in `metrics`."""
        return _age((await self.desk.outbox.backlog()).due_since, clock.now()) or 0.0
