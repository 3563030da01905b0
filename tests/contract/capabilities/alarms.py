"""Alarms: of an order that its one officer has declined."""

from typing import Any

from hub.operations.alarming.documents import AlarmDoc
from tests.contract.examples import Bad, Doing, Examples
from tests.contract.scene import Scene


async def alarm(scene: Scene) -> str:
    officer = await scene.person("officer")
    order = await scene.world.order(officer.principal)
    await scene.world.act(officer.principal, "order.declined", orderId=order.id)
    (found,) = await AlarmDoc.find({"about.order": order.id}).to_list()
    return found.id


async def raised(scene: Scene) -> dict[str, Any]:
    return {"alarm": await alarm(scene)}


EXAMPLES = Examples(
    mutations={
        "acknowledgeAlarm": Doing(
            given=raised, bad=(Bad({"alarm": "nothing"}, "NOT_FOUND", "input.alarm"),)
        ),
    },
    rows={"Alarm": alarm},
)
