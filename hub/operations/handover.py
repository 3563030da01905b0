"""Passing an order on: who is asked next when somebody does not, cannot or will not answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog

from hub.model.operations import ENDED, Stage
from hub.operations.desk import Desk, can_be_ordered, entry
from hub.operations.entities import order_news
from hub.operations.ledger import announce, complete_if_ended, open_ledger, step
from hub.operations.words import people
from hub.store.documents import AccountDoc, IncidentDoc, OrderDoc, RecipientDoc
from hub.store.driver import Tx

log = structlog.get_logger()


class Why(StrEnum):
    """Why an order is passed on, as it is written down."""

    TIMEOUT = "超时未签收 / not accepted in time"
    DECLINED = "不能执行 / declined"
    SIGNED_OUT = "已签退 / signed out of duty"


@dataclass(frozen=True, slots=True)
class Handover:
    """What came of it: the accounts asked now, and how many parts have nobody left to ask."""

    order: str
    why: Why
    asked: tuple[str, ...]
    unanswered: int

    def report(self) -> None:
        """Say it in the log, once committed; nobody left to ask is an alarm."""
        if self.unanswered:
            log.error(
                "order_exhausted", order=self.order, why=self.why.name, unanswered=self.unanswered
            )
        if self.asked:
            log.info("order_escalated", order=self.order, why=self.why.name, asked=self.asked)


async def hand_over(
    desk: Desk,
    tx: Tx,
    order: OrderDoc,
    rows: Sequence[RecipientDoc],
    why: Why,
    at: datetime,
) -> Handover:
    """Ask the next people of the order's escalation list in place of `rows`.

    Parts that have not ended become ESCALATED (a late acceptance stays welcome). Whoever is off
    duty, or is a recipient already, is skipped. With nobody left the order is marked exhausted:
    an alarm for the watch. The order must be open.
    """
    incident = await desk.incidents.for_hub(order.incident_id, tx=tx)
    assert incident is not None  # noqa: S101  # written with the order, never deleted
    asked = (await _free(desk, tx, order))[: len(rows)]
    await desk.orders.steps(
        tx,
        [
            step(row, Stage.ESCALATED, at, "escalation", note=why)
            for row in rows
            if row.stage not in ENDED
        ],
    )
    unanswered = len(rows) - len(asked)
    if unanswered and order.exhausted_at is None:
        order.exhausted_at = at
    await desk.orders.change(tx, order.id, exhausted_at=order.exhausted_at)
    await desk.inbox.append(
        tx, [order_news(row.account_id, order, row.stage, incident) for row in rows], at
    )
    await _ask(desk, tx, order, incident, rows, asked, at)
    await _note(desk, tx, order, rows, asked, why, at)
    if not asked:
        await complete_if_ended(desk, tx, order, incident, at)
    return Handover(order.number, why, tuple(account.id for account in asked), unanswered)


async def _free(desk: Desk, tx: Tx, order: OrderDoc) -> list[AccountDoc]:
    """Those on the escalation list who can be asked now, in its order."""
    left = [account for account in order.escalation if account not in order.recipients]
    known = await desk.accounts.by_logins_or_ids(left, tx=tx)
    found = [known[account] for account in left if account in known]
    return [account for account in found if account.duty.on and can_be_ordered(account)]


async def _ask(
    desk: Desk,
    tx: Tx,
    order: OrderDoc,
    incident: IncidentDoc,
    rows: Sequence[RecipientDoc],
    asked: Sequence[AccountDoc],
    at: datetime,
) -> None:
    if not asked:
        return
    opened = [
        open_ledger(order, account, at, channel="escalation", escalated_from=row.account_id)
        for row, account in zip(rows, asked, strict=False)  # the list may be the shorter
    ]
    await desk.orders.add_recipients(tx, order.id, opened)
    order.recipients += [account.id for account in asked]
    await announce(desk, tx, order, incident, opened, at)


async def _note(
    desk: Desk,
    tx: Tx,
    order: OrderDoc,
    rows: Sequence[RecipientDoc],
    asked: Sequence[AccountDoc],
    why: Why,
    at: datetime,
) -> None:
    known = await desk.accounts.by_logins_or_ids([row.account_id for row in rows], tx=tx)
    before = people([known[row.account_id] for row in rows if row.account_id in known])
    units = [row.unit for row in rows] + [account.unit for account in asked]
    lines = []
    if asked:
        words = f"指令 {order.number} 升级 / escalated ({before}: {why}) → {people([*asked])}"
        lines.append(entry(at, "hub", "order.escalated", words, units))
    if len(asked) < len(rows):
        words = (
            f"指令 {order.number} 已无可升级人员，请值班员处理 / "
            f"nobody left to ask, the watch must act ({before}: {why})"
        )
        lines.append(entry(at, "hub", "order.exhausted", words, units))
    await desk.incidents.note(
        tx,
        order.incident_id,
        *lines,
        officers=[account.id for account in asked],
        units=[account.unit for account in asked if account.unit is not None],
    )
