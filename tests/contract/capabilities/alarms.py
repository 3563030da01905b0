"""Alarms: of an order that its one officer has declined, and those of the hub itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from hub import clock
from hub.model.people import CENTRE
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.alarms.clock_off import CLOCK_OFF
from hub.operations.alarms.shelving import shelve_alarm
from hub.operations.asking.parts import PART
from hub.operations.bulletins.actions import publish_bulletin, request_of
from hub.operations.words import Both
from tests.contract.examples import Again, Bad, Doing, Examples, nothing_more
from tests.contract.scene import Scene
from tests.operations.operations_builders import fresh


async def alarm(scene: Scene) -> str:
    officer = await scene.person("officer")
    order = await scene.world.order(officer.principal)
    await scene.world.act(officer.principal, "order.declined", orderId=order.id)
    (found,) = await AlarmDoc.find({"about.order": order.id}).to_list()
    return found.id


async def raised(scene: Scene) -> dict[str, Any]:
    return {"alarm": await alarm(scene)}


@asynccontextmanager
async def escalation_late(scene: Scene) -> AsyncIterator[Again]:
    """Somebody should have been asked next a while ago; then one more."""

    async def overdue() -> None:
        order = await scene.world.order((await scene.person("officer")).principal)
        late = {"$set": {"next_step_at": clock.ago(6)}}
        await scene.world.store.db["recipients"].update_many({"subject_id": order.id}, late)

    await overdue()
    yield overdue
    await scene.world.escalator().step()


@asynccontextmanager
async def telling_late(scene: Scene) -> AsyncIterator[Again]:
    """A bulletin to many was published a while ago, and nobody is told of it."""
    names = [one.account_id for one in await scene.world.crowd(PART + 1)]
    request = request_of(title="出口关闭", text="请走东侧", officers=names)
    world = scene.world
    made = await publish_bulletin(world.ops.desk, world.watch, request, fresh("key"))
    before = {"$set": {"created_at": clock.ago(61)}}
    await world.store.db["bulletins"].update_one({"_id": made.id}, before)
    yield nothing_more
    await world.teller().step()


@asynccontextmanager
async def clock_off(_scene: Scene) -> AsyncIterator[Again]:
    """This machine's clock is an hour ahead."""
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1), tick=True):
        yield nothing_more


async def shelvable(scene: Scene) -> dict[str, Any]:
    """A machine's alarm, of a level that can wait."""
    trouble = Both("慢 5 秒", "5 s behind")
    found = CLOCK_OFF.alarm(trouble, clock.now(), of=fresh("hub"), step={"most": 2})
    await found.insert()
    return {"alarm": found.id}


async def to_shelve(scene: Scene) -> dict[str, Any]:
    until = (clock.now() + timedelta(hours=1)).isoformat()
    return {**await shelvable(scene), "reason": "正在维修", "until": until}


async def shelved(scene: Scene) -> dict[str, Any]:
    given = await to_shelve(scene)
    desk, by = scene.world.ops.desk, scene.world.watch
    until = clock.now() + timedelta(hours=1)
    await shelve_alarm(
        desk, by, alarm_id=given["alarm"], reason="正在维修", until=until, key=fresh("key")
    )
    return {"alarm": given["alarm"]}


EXAMPLES = Examples(
    mutations={
        "acknowledgeAlarm": Doing(
            given=raised, bad=(Bad({"alarm": "nothing"}, "NOT_FOUND", "input.alarm"),)
        ),
        "shelveAlarm": Doing(
            given=to_shelve,
            bad=(
                Bad({"alarm": "nothing"}, "NOT_FOUND", "input.alarm"),
                Bad({"reason": " "}, "BAD_TEXT", "input.reason"),
                Bad({"until": "2020-01-01T00:00:00Z"}, "BAD_UNTIL", "input.until"),
            ),
        ),
        "unshelveAlarm": Doing(
            given=shelved, bad=(Bad({"alarm": "nothing"}, "NOT_FOUND", "input.alarm"),)
        ),
    },
    rows={"Alarm": alarm},
    alarms={
        "ESCALATION_LATE": escalation_late,
        "TELLING_LATE": telling_late,
        "CLOCK_OFF": clock_off,
    },
    may=dict.fromkeys(("shelveAlarm", "unshelveAlarm"), CENTRE),
)
