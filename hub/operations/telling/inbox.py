"""A person's sync stream: everything that changed for them, numbered without gaps."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub import clock
from hub.operations import capabilities
from hub.operations.desk import Desk
from hub.store.documents import AccountDoc
from hub.store.driver import Tx
from hub.store.inbox import News

RECENT = timedelta(days=7)
"""How far back a snapshot shows what has ended."""
RECENT_ROWS = 200
"""How many ended orders, closed incidents and so on a snapshot shows at most."""
RENEWED = timedelta(days=7)
"""How old what a phone holds may be: what has had its time is gone from it no later than that."""


@dataclass(frozen=True, slots=True)
class InboxChange:
    """One change. `entity` as capabilities name it; `op`: upsert, remove; `data` is JSON-ready."""

    seq: int
    entity: str
    op: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SyncPage:
    """A page of the stream. Ask again from `next_cursor`; at once if `limited`.

    `reset`: there was no cursor, or it is unknown or too old. `changes` is then the whole current
    state, every change with the number it holds for, and what the phone held must be dropped.
    """

    changes: tuple[InboxChange, ...]
    next_cursor: int
    limited: bool
    reset: bool


class Inbox:
    """Sync streams, read by their owner. The owner is the row policy."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def snapshot(self, account_id: str) -> SyncPage:
        """The current state in one piece, in the order of the registry.

        All that is open, and of each kind the last RECENT_ROWS that ended within RECENT. It is read
        in one transaction with its number, so the changes after it neither miss nor repeat any.
        """
        desk = self._desk
        now = clock.now()
        since = now - RECENT
        await desk.inbox.begin(account_id, now)

        async def read(tx: Tx) -> tuple[int, list[News]]:
            head = await desk.inbox.head(account_id, tx=tx)
            account = await desk.accounts.by_id(account_id, tx=tx)
            return head, await _state(desk, tx, account, since) if account else []

        head, news = await desk.store.transaction(read)
        changes = tuple(InboxChange(head, item.entity, item.op, item.data) for item in news)
        return SyncPage(changes, head, limited=False, reset=True)

    async def changes_since(self, account_id: str, seq: int | None, limit: int) -> SyncPage:
        """At most `limit` changes after `seq`; a snapshot where that cannot be answered.

        None asks for a snapshot. A number beyond the head is not ours; one older than what is
        retained (30 days) would leave a gap: both get a snapshot with `reset`. So does each phone
        once in RENEWED: nobody tells of what the database removes when its time has come.
        """
        if seq is None or seq < 0:
            return await self.snapshot(account_id)
        standing, now = await self._desk.inbox.standing(account_id), clock.now()
        if standing is None:
            await self._desk.inbox.begin(account_id, now)
        elif standing.renewed_at is None or standing.renewed_at < now - RENEWED:
            await self._desk.inbox.renew(standing, now)
            return await self.snapshot(account_id)
        head = standing.seq if standing else 0
        if seq == head:
            return SyncPage((), head, limited=False, reset=False)
        rows = await self._desk.inbox.after(account_id, seq, limit + 1) if seq < head else []
        wanted = range(seq + 1, seq + 1 + len(rows))
        if not rows or [row.seq for row in rows] != list(wanted):
            return await self.snapshot(account_id)
        page = rows[:limit]
        return SyncPage(
            tuple(InboxChange(row.seq, row.entity, row.op, row.data) for row in page),
            page[-1].seq,
            limited=len(rows) > limit,
            reset=False,
        )


async def _state(desk: Desk, tx: Tx, account: AccountDoc, since: datetime) -> list[News]:
    """What each capability has for the account; what two tell of is told once."""
    found: dict[tuple[str, str], News] = {}
    for capability in capabilities().values():
        if capability.snapshot is not None:
            for news in await capability.snapshot(desk, tx, account, since, RECENT_ROWS):
                found.setdefault((news.entity, news.data["id"]), news)
    return list(found.values())
