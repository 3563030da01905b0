"""An order's ledgers (签收记录): how they are opened, moved, cancelled, and when an order is done.

Everything here runs inside a transaction of its caller and changes the given documents to what
it wrote.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.model.operations import ENDED, OrderState, Stage
from hub.operations.desk import CANCELLED, CREATED, Desk, entry, wake
from hub.operations.entities import incident_news, order_news
from hub.store.documents import AccountDoc, IncidentDoc, LedgerEntry, OrderDoc, RecipientDoc
from hub.store.driver import Tx
from hub.store.orders import Step, recipient_id


def open_ledger(
    order: OrderDoc,
    account: AccountDoc,
    at: datetime,
    *,
    channel: str = "hub",
    escalated_from: str | None = None,
) -> RecipientDoc:
    """A new ledger: queued, with the timer running."""
    return RecipientDoc(
        id=recipient_id(order.id, account.id),
        order_id=order.id,
        incident_id=order.incident_id,
        account_id=account.id,
        unit=account.unit,
        entries=[LedgerEntry(stage=Stage.QUEUED, at=at, channel=channel)],
        next_step_at=at + timedelta(seconds=order.accept_within_s),
        escalated_from=escalated_from,
        created_at=at,
    )


async def announce(
    desk: Desk,
    tx: Tx,
    order: OrderDoc,
    incident: IncidentDoc,
    rows: Sequence[RecipientDoc],
    at: datetime,
) -> None:
    """Put a new order into its recipients' inboxes, with the incident where it is new to them.

    Queues one wake-up each.
    """
    known = set(incident.officers)
    news = [incident_news(row.account_id, incident) for row in rows if row.account_id not in known]
    news += [order_news(order, row, incident) for row in rows]
    await desk.inbox.append(tx, news, at)
    await desk.outbox.add(tx, [wake(row, CREATED, at, priority=order.priority) for row in rows])


def step(
    row: RecipientDoc,
    stage: Stage,
    at: datetime,
    channel: str,
    *,
    device_at: datetime | None = None,
    note: str | None = None,
    moves: bool = True,
) -> Step:
    """A line for `row`, which is changed accordingly; without `moves` the stage stays.

    The timer stops as soon as no answer is awaited any more.
    """
    line = LedgerEntry(stage=stage, at=at, channel=channel, device_at=device_at, note=note)
    row.entries.append(line)
    if moves:
        row.stage = stage
        if stage not in {Stage.SENT, Stage.RECEIVED, Stage.SEEN}:
            row.next_step_at = None
    return Step(row.id, line, row.stage, row.next_step_at)


async def cancel_within(
    desk: Desk,
    tx: Tx,
    order: OrderDoc,
    incident: IncidentDoc,
    *,
    by: str,
    reason: str,
    at: datetime,
) -> None:
    """Cancel an open order: every part that has not ended, a wake-up for each, news for all."""
    rows = await desk.orders.recipients(tx, order.id)
    live = [row for row in rows if row.stage not in ENDED]
    await desk.orders.touch_recipients(tx, order.id)
    steps = [step(row, Stage.CANCELLED, at, "hub", note=reason) for row in live]
    await desk.orders.steps(tx, steps)
    order.state, order.ended_at = OrderState.CANCELLED, at
    await desk.orders.change(tx, order.id, state=order.state, ended_at=at)
    await desk.outbox.add(tx, [wake(row, CANCELLED, at, priority=order.priority) for row in live])
    await desk.inbox.append(tx, [order_news(order, row, incident) for row in rows], at)
    words = f"指令 {order.number} 已撤销 / Order cancelled: {reason}"
    await desk.incidents.note(tx, incident.id, entry(at, by, "order.cancelled", words, order.units))


async def complete_if_ended(
    desk: Desk, tx: Tx, order: OrderDoc, incident: IncidentDoc, at: datetime
) -> bool:
    """Complete the order once everybody's part has ended and somebody's by DONE.

    Tells all recipients. The caller has changed the order in this transaction, so two last parts
    that end at once cannot overlook each other.
    """
    ended, done = await desk.orders.outcome(tx, order.id)
    if not (ended and done):
        return False
    order.state, order.ended_at = OrderState.COMPLETED, at
    await desk.orders.change(tx, order.id, state=order.state, ended_at=at)
    rows = await desk.orders.recipients(tx, order.id)
    await desk.inbox.append(tx, [order_news(order, row, incident) for row in rows], at)
    words = f"指令 {order.number} 处置完毕 / Order completed"
    await desk.incidents.note(
        tx, incident.id, entry(at, "hub", "order.completed", words, order.units)
    )
    return True
