"""What an officer answers to an order, and what follows from it.

An offline phone may send its answers late and in any order. Nothing is filled in silently: each
stage that was answered gets its own line in the ledger, and the stage itself only moves on.
"""

from enum import StrEnum

from hub.model.operations import PROGRESS, TAKEN, OrderState, Stage, advances
from hub.operations import checks
from hub.operations.actions import ActionRefused, ActionStatus, Effect, Turn
from hub.operations.desk import Desk, entry
from hub.operations.entities import order_news
from hub.operations.handover import hand_over, stand_down
from hub.operations.ledger import complete_if_ended, step
from hub.operations.words import STAGES, Why, person
from hub.store.documents import IncidentDoc, OrderDoc, RecipientDoc
from hub.store.driver import Tx

CARRIERS = frozenset({"fcm", "webpush", "jpush", "sync", "events"})
"""What a phone may name, in `via`, as the way the order reached it."""
NOTE = 500
_QUIET = frozenset({Stage.RECEIVED, Stage.SEEN})
"""Known to the ledger only: not worth a line in the incident's timeline."""


class Verdict(StrEnum):
    """What an answer does: move the stage, only add its line, or nothing (it is there already)."""

    MOVES = "MOVES"
    RECORDED = "RECORDED"
    REPEATED = "REPEATED"


def judge(order: OrderDoc, row: RecipientDoc, to: Stage) -> Verdict:
    """What answering `to` does now.

    A stage that is in the ledger already is repeated, from whichever of the officer's phones.
    One that was passed is recorded without going back; so are received and seen even after the
    end. Raises ActionRefused: ORDER_CANCELLED, ORDER_COMPLETED, STAGE_PASSED.
    """
    if any(line.stage is to for line in row.entries):
        return Verdict.REPEATED
    moves = advances(row.stage, to)
    if to in _QUIET and not moves:
        return Verdict.RECORDED
    if order.state is OrderState.CANCELLED:
        raise _refused("ORDER_CANCELLED", "指令已撤销 / The order was cancelled.", order, row)
    if moves and order.state is OrderState.COMPLETED:
        raise _refused("ORDER_COMPLETED", "指令已完成 / The order is completed.", order, row)
    if moves:
        return Verdict.MOVES
    if to in PROGRESS and row.stage in PROGRESS:
        return Verdict.RECORDED
    raise _refused(
        "STAGE_PASSED", f"当前阶段 {row.stage} / The order is at {row.stage}.", order, row
    )


async def answer(desk: Desk, tx: Tx, turn: Turn, to: Stage) -> Effect:
    """Apply one `order.*` action. Body: `orderId`, and optionally `note` and `via`."""
    order, row, incident = await _theirs(desk, tx, turn)
    verdict = judge(order, row, to)
    if verdict is Verdict.REPEATED:
        return Effect(ActionStatus.DUPLICATE, "ALREADY_RECORDED", data=_data(order, row))
    before = row.stage
    via = turn.body.get("via")
    line = step(
        row,
        to,
        turn.at,
        via if isinstance(via, str) and via in CARRIERS else "actions",
        device_at=turn.device_at,
        note=checks.remark(turn.body.get("note"), ("body", "note"), most=NOTE),
        moves=verdict is Verdict.MOVES,
    )
    await desk.orders.steps(tx, [line])
    await _note(desk, tx, turn, order, to, line.entry.note)
    if verdict is Verdict.MOVES:
        told = await _follow(desk, tx, turn, order, row, incident, before)
        if not told:
            news = order_news(order, row, incident)
            await desk.inbox.append(tx, [news], turn.at)
    return Effect(ActionStatus.APPLIED, data=_data(order, row))


async def _follow(
    desk: Desk,
    tx: Tx,
    turn: Turn,
    order: OrderDoc,
    row: RecipientDoc,
    incident: IncidentDoc,
    before: Stage,
) -> bool:
    """What a move leads to; True when the officer's inbox has been told of it already."""
    if row.stage is Stage.DECLINED and before is not Stage.ESCALATED:
        turn.handovers.append(
            await hand_over(desk, tx, order, [row], Why.DECLINED, turn.written_at)
        )
        return True
    if row.stage is Stage.DONE or before is Stage.ESCALATED:
        await desk.orders.change(tx, order.id)
    in_chain = before is Stage.ESCALATED or row.escalated_from is not None
    if in_chain and row.stage in TAKEN and before not in TAKEN:
        await stand_down(desk, tx, order, row, incident, turn.written_at)
    if order.state is OrderState.COMPLETED:
        return True
    return row.stage is Stage.DONE and await complete_if_ended(desk, tx, order, incident, turn.at)


async def _theirs(desk: Desk, tx: Tx, turn: Turn) -> tuple[OrderDoc, RecipientDoc, IncidentDoc]:
    order_id = checks.identifier(turn.body.get("orderId"), ("body", "orderId"))
    row = await desk.orders.recipient(order_id, turn.officer.id, tx=tx)
    order = row and await desk.orders.for_hub(row.order_id, tx=tx)
    incident = order and await desk.incidents.for_hub(order.incident_id, tx=tx)
    if row is None or order is None or incident is None:
        raise ActionRefused(
            ActionStatus.REJECTED, "NOT_FOUND", f"无此指令 / Order {order_id!r} was not found."
        )
    return order, row, incident


async def _note(
    desk: Desk, tx: Tx, turn: Turn, order: OrderDoc, to: Stage, note: str | None
) -> None:
    if to in _QUIET:
        return
    words = f"指令 {order.number} {person(turn.officer)} {STAGES[to]}"
    words = f"{words}: {note}" if note else words
    kind = f"order.{to.lower()}"
    await desk.incidents.note(
        tx, order.incident_id, entry(turn.at, turn.officer.id, kind, words, [turn.officer.unit])
    )


def _data(order: OrderDoc, row: RecipientDoc) -> dict[str, str]:
    return {
        "orderId": order.id,
        "number": order.number,
        "state": str(order.state),
        "stage": str(row.stage),
    }


def _refused(code: str, message: str, order: OrderDoc, row: RecipientDoc) -> ActionRefused:
    return ActionRefused(ActionStatus.CONFLICT, code, message, data=_data(order, row))
