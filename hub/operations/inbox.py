"""A person's sync stream: everything that changed for them, numbered without gaps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub import clock
from hub.operations.desk import Desk
from hub.operations.entities import duty_news, incident_news, order_news
from hub.store.documents import AccountDoc
from hub.store.driver import Tx
from hub.store.inbox import News

RECENT = timedelta(days=7)
"""How far back a snapshot shows what has ended."""
RECENT_ROWS = 200
"""How many ended orders, and closed incidents, a snapshot shows at most."""


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
        """The current state in one piece: duty, incidents, orders.

        All that is open, and the last RECENT_ROWS that ended within RECENT. It is read in one
        transaction with its number, so the changes after it neither miss nor repeat anything.
        """
        desk = self._desk
        since = clock.now() - RECENT

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
        retained (30 days) would leave a gap: both get a snapshot with `reset`.
        """
        if seq is None or seq < 0:
            return await self.snapshot(account_id)
        head = await self._desk.inbox.head(account_id)
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
    incidents = await desk.incidents.of_officer(
        account.id, closed_since=since, limit=RECENT_ROWS, tx=tx
    )
    rows = await desk.orders.of_account(account.id, since=since, limit=RECENT_ROWS, tx=tx)
    orders = await desk.orders.by_ids(tx, {row.order_id for row in rows})
    known = {incident.id: incident for incident in incidents}
    for incident_id in {row.incident_id for row in rows} - known.keys():
        found = await desk.incidents.for_hub(incident_id, tx=tx)
        if found is not None:
            known[incident_id] = found
    news: Sequence[News] = [
        duty_news(account),
        *(incident_news(account.id, incident) for incident in known.values()),
        *(
            order_news(orders[row.order_id], row, known[row.incident_id])
            for row in sorted(rows, key=lambda row: row.created_at)
        ),
    ]
    return list(news)
