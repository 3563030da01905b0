"""Alarms for the tests of operations: made by what raises them, and as they are stored."""

from datetime import datetime

from operations_builders import FakeChannel, World

from hub.clock import ManualClock
from hub.model.people import Principal
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.orders.documents import OrderDoc
from hub.operations.waking.channels import Outcome

REFUSES = FakeChannel(answer=lambda *_: Outcome.failed("403: the key is refused"))


async def alarms(kind: str | None = None, *, active: bool = True) -> list[AlarmDoc]:
    """The stored alarms, newest first."""
    query = {"active": active} | ({"kind": kind} if kind else {})
    return await AlarmDoc.find(query).sort("-raised_at").to_list()


def stored(moment: datetime) -> datetime:
    """As the database keeps it: to the millisecond."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


async def unanswered(world: World, clock: ManualClock, *officers: Principal) -> OrderDoc:
    """An order that nobody took and nobody is left for."""
    order = await world.order(*officers, accept_within_s=30)
    clock.advance(seconds=31)
    assert await world.escalator().step() == len(officers)
    return order
