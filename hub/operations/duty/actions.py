"""Signing in to duty and out of it (勤务签到, 签退)."""

from typing import Any

from pydantic import Field

from hub.operations import checks
from hub.operations.actions import ActionStatus, Effect, Turn
from hub.operations.asking.leaving import leave
from hub.operations.asking.reminding import resume
from hub.operations.desk import Desk
from hub.operations.duty.news import duty_news
from hub.operations.duty.store import DutyHours
from hub.operations.telling.wire import Message, moment
from hub.store.documents import Duty
from hub.store.driver import Tx

POST = 100


class SignInToDuty(Message):
    """Signing in to duty (勤务签到)."""

    post: str | None = Field(default=None, max_length=POST, description="post (岗位)")


class SignOutOfDuty(Message):
    """Signing out of duty (签退). Unanswered orders are passed on at once."""


async def sign_in(desk: Desk, tx: Tx, turn: Turn) -> Effect:
    """On duty from now. Body: optionally `post` (岗位)."""
    post = checks.optional_text(turn.body.get("post"), ("body", "post"), most=POST)
    duty = turn.officer.duty
    if duty.on and duty.post == post:
        return Effect(ActionStatus.DUPLICATE, "ALREADY_ON_DUTY", data=_data(duty))
    since = duty.since if duty.on else turn.at
    if not duty.on:
        await resume(desk, tx, turn.officer, turn.written_at)
    return await _set(desk, tx, turn, Duty(on=True, since=since, post=post))


async def sign_out(desk: Desk, tx: Tx, turn: Turn) -> Effect:
    """Off duty from now. Unanswered orders are passed on at once; accepted ones are noted.

    Nobody is kept from going home: what stays open is said where the watch officer reads it.
    """
    if not turn.officer.duty.on:
        return Effect(ActionStatus.DUPLICATE, "ALREADY_OFF_DUTY", data=_data(turn.officer.duty))
    desk.of(DutyHours).ended(tx, turn.officer, turn.at)
    effect = await _set(desk, tx, turn, Duty(on=False, since=turn.at))
    left, afterwards = await leave(desk, tx, turn.officer, turn.written_at)
    turn.afterwards.extend(afterwards)
    effect.data["openOrders"] = left
    return effect


async def _set(desk: Desk, tx: Tx, turn: Turn, duty: Duty) -> Effect:
    before = _data(turn.officer.duty)
    await desk.accounts.set_duty(turn.officer.id, duty, tx=tx)
    turn.officer.duty = duty
    await desk.inbox.append(tx, [duty_news(turn.officer)], turn.at)
    return Effect(
        ActionStatus.APPLIED,
        data=_data(duty),
        target=turn.officer.id,
        before=before,
        after=_data(duty),
    )


def _data(duty: Duty) -> dict[str, Any]:
    return {"on": duty.on, "since": moment(duty.since), "post": duty.post}
