"""Passing an order on: who is asked next when somebody does not, cannot or will not answer.

Each recipient of an order begins a chain: who is asked in their place, who in that one's place,
and so on (`RecipientDoc.escalated_from`). An acceptance anywhere in a chain ends it, and no other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from hub.model.operations import ENDED, TAKEN, Stage
from hub.operations.alarms.raising import lost, order_unanswered
from hub.operations.desk import PASSED_ON, Desk, can_be_ordered, entry, wake
from hub.operations.entities import order_news
from hub.operations.ledger import announce, complete_if_ended, open_ledger, step
from hub.operations.words import Why, people
from hub.store.documents import AccountDoc, IncidentDoc, OrderDoc, RecipientDoc
from hub.store.driver import Tx
from hub.store.orders import Link

log = structlog.get_logger()


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

    Parts that have not ended become ESCALATED (a late acceptance stays welcome), and whoever held
    one is woken to be told that somebody else has it. Nobody is asked in place of a part whose
    chain has been accepted: it only ends. Whoever is off duty, or is a recipient already, is
    skipped. With nobody left the order is marked exhausted, and an alarm is raised. The order
    must be open.
    """
    incident = await desk.incidents.for_hub(order.incident_id, tx=tx)
    assert incident is not None  # noqa: S101  # written with the order, never deleted
    taken = await _taken(desk, tx, order, rows)
    left = [row for row in rows if row.id not in taken]
    await desk.orders.taken_by_other(tx, [row for row in rows if row.id in taken])
    asked = (await _free(desk, tx, order))[: len(left)]
    await desk.orders.nobody_next(tx, left[len(asked) :])
    ended = [row for row in rows if row.stage not in ENDED]
    await desk.orders.steps(
        tx,
        [
            step(row, Stage.ESCALATED, at, "escalation", note=Why.TAKEN if row.id in taken else why)
            for row in ended
        ],
    )
    # who has signed out is not woken, and who is left with nobody in their place may still come
    gone = {row.id for row in left[: len(asked)]} | taken if why is not Why.SIGNED_OUT else taken
    told = [wake(row, PASSED_ON, at, priority=order.priority) for row in ended if row.id in gone]
    await desk.outbox.add(tx, told)
    unanswered = len(left) - len(asked)
    if unanswered and order.exhausted_at is None:
        order.exhausted_at = at
    await desk.orders.change(tx, order.id, exhausted_at=order.exhausted_at)
    await desk.inbox.append(tx, [order_news(order, row, incident) for row in rows], at)
    await _ask(desk, tx, order, incident, left, asked, at)
    if unanswered:
        links = await desk.orders.links(tx, order.id)
        await desk.alarms.raise_(tx, order_unanswered(order, incident, links, at))
    await _note(desk, tx, order, (rows, left, asked), why, at)
    await desk.incidents.involve(
        tx,
        incident,
        [account.id for account in asked],
        [account.unit for account in asked if account.unit is not None],
    )
    if not asked:
        await complete_if_ended(desk, tx, order, incident, at)
    return Handover(order.number, why, tuple(account.id for account in asked), unanswered)


async def stand_down(
    desk: Desk, tx: Tx, order: OrderDoc, row: RecipientDoc, incident: IncidentDoc, at: datetime
) -> None:
    """End what is still asked in place of `row`, who has accepted; tell the others of its chain.

    Those who may still come learn that they need not, those who have it too that they are two: by
    sync, without a push. The order is not exhausted any more once every chain has somebody who took
    it or is asked. Where `row` was escalated the caller has changed the order in this transaction,
    so that this and a hand-over of the same chain cannot overlook each other.
    """
    links = await desk.orders.links(tx, order.id)
    if order.exhausted_at is not None and not lost(links):
        order.exhausted_at = None
        await desk.orders.change(tx, order.id, exhausted_at=None)
    chain = _chain(links, row.account_id)
    told = [name for name in chain if links[name].stage in TAKEN | {Stage.ESCALATED}]
    told.remove(row.account_id)
    others = await desk.orders.ledgers_of(tx, order.id, told)
    others = [other for other in others if not other.taken_by_other]
    await desk.orders.taken_by_other(tx, others)
    await desk.inbox.append(tx, [order_news(order, other, incident) for other in others], at)
    last = chain[-1]
    if links[last].stage in ENDED | TAKEN:
        return
    waiting = await desk.orders.recipient(order.id, last, tx=tx)
    assert waiting is not None  # noqa: S101  # its link was read in this snapshot
    await hand_over(desk, tx, order, [waiting], Why.TAKEN, at)


def _chain(links: Mapping[str, Link], name: str) -> list[str]:
    """The accounts of the chain that this one is in, in the order they were asked."""
    chain, successor = [name], {link.escalated_from: name for name, link in links.items()}
    while (before := links[chain[0]].escalated_from) is not None:
        chain.insert(0, before)
    while (after := successor.get(chain[-1])) is not None:
        chain.append(after)
    return chain


async def _taken(
    desk: Desk, tx: Tx, order: OrderDoc, rows: Sequence[RecipientDoc]
) -> frozenset[str]:
    """The ids of those rows whose chain was accepted by somebody who was asked before."""
    if all(row.escalated_from is None for row in rows):
        return frozenset()
    links = await desk.orders.links(tx, order.id)
    return frozenset(row.id for row in rows if _accepted(links, row.escalated_from))


def _accepted(links: Mapping[str, Link], name: str | None) -> bool:
    """Whether this account, or one in whose place it was asked, has taken the order on."""
    while name is not None:
        if links[name].stage in TAKEN:
            return True
        name = links[name].escalated_from
    return False


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
    parts: tuple[Sequence[RecipientDoc], Sequence[RecipientDoc], Sequence[AccountDoc]],
    why: Why,
    at: datetime,
) -> None:
    """Lines for the timeline; `parts`: all rows, those still unanswered, who is asked for them."""
    rows, left, asked = parts
    known = await desk.accounts.by_logins_or_ids([row.account_id for row in rows], tx=tx)

    def named(some: Sequence[RecipientDoc]) -> str:
        return people([known[row.account_id] for row in some if row.account_id in known])

    number, before = order.number, named(left)
    units = [row.unit for row in rows] + [account.unit for account in asked]
    lines = []
    if asked:
        words = f"指令 {number} 升级 / escalated ({before}: {why}) → {people([*asked])}"
        lines.append(entry(at, "hub", "order.escalated", words, units))
    if len(asked) < len(left):
        words = (
            f"指令 {number} 已无可升级人员，请值班员处理 / "
            f"nobody left to ask, the watch must act ({before}: {why})"
        )
        lines.append(entry(at, "hub", "order.exhausted", words, units))
    if spared := [row for row in rows if row not in left]:
        words = f"指令 {number} {named(spared)} 无需再应答 / need not answer any more: {Why.TAKEN}"
        lines.append(entry(at, "hub", "order.taken", words, [row.unit for row in spared]))
    await desk.incidents.note(tx, order.incident_id, *lines)
