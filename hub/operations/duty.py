"""Signing in to duty and out of it (勤务签到, 签退)."""

from hub.model.operations import Stage
from hub.operations import checks
from hub.operations.actions import ActionStatus, Effect, Turn
from hub.operations.desk import Desk, entry
from hub.operations.entities import duty_news, moment
from hub.operations.handover import hand_over
from hub.operations.words import Why, person
from hub.store.documents import Duty
from hub.store.driver import Tx
from hub.store.orders import UNANSWERED

POST = 100


async def sign_in(desk: Desk, tx: Tx, turn: Turn) -> Effect:
    """On duty from now. Body: optionally `post` (岗位)."""
    post = checks.optional_text(turn.body.get("post"), ("body", "post"), most=POST)
    duty = turn.officer.duty
    if duty.on and duty.post == post:
        return Effect(ActionStatus.DUPLICATE, "ALREADY_ON_DUTY", data=_data(duty))
    since = duty.since if duty.on else turn.at
    return await _set(desk, tx, turn, Duty(on=True, since=since, post=post))


async def sign_out(desk: Desk, tx: Tx, turn: Turn) -> Effect:
    """Off duty from now. Unanswered orders are passed on at once; accepted ones are noted.

    Nobody is kept from going home: what stays open is said where the watch officer reads it.
    """
    if not turn.officer.duty.on:
        return Effect(ActionStatus.DUPLICATE, "ALREADY_OFF_DUTY", data=_data(turn.officer.duty))
    effect = await _set(desk, tx, turn, Duty(on=False, since=turn.at))
    rows = await desk.orders.live_of_account(tx, turn.officer.id)
    orders = await desk.orders.by_ids(tx, {row.order_id for row in rows})
    for row in rows:
        order = orders[row.order_id]
        if row.stage in UNANSWERED:
            passed = await hand_over(desk, tx, order, [row], Why.SIGNED_OUT, turn.written_at)
            turn.handovers.append(passed)
            continue
        words = (
            f"指令 {order.number} {person(turn.officer)} 已签退，指令未完成 / "
            f"signed out of duty at stage {row.stage}"
        )
        await desk.incidents.note(
            tx,
            order.incident_id,
            entry(turn.at, turn.officer.id, "duty.signedOut", words, [turn.officer.unit]),
        )
    left = sum(row.stage in {Stage.ACCEPTED, Stage.EN_ROUTE, Stage.ARRIVED} for row in rows)
    effect.data["openOrders"] = left
    return effect


async def _set(desk: Desk, tx: Tx, turn: Turn, duty: Duty) -> Effect:
    await desk.accounts.set_duty(turn.officer.id, duty, tx=tx)
    turn.officer.duty = duty
    await desk.inbox.append(tx, [duty_news(turn.officer)], turn.at)
    return Effect(ActionStatus.APPLIED, data=_data(duty))


def _data(duty: Duty) -> dict[str, object]:
    return {"on": duty.on, "since": moment(duty.since), "post": duty.post}
