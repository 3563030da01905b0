"""Orders: dispatched to an officer, answered stage by stage, reassigned, cancelled."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hub import clock
from hub.operations.orders.actions import cancel_order, reassign_order
from tests.contract.examples import Again, Bad, Doing, Examples
from tests.contract.scene import Scene
from tests.operations.operations_builders import fresh


async def order(scene: Scene) -> str:
    officer, next_ = await scene.person("officer"), await scene.person("liaison")
    return (await scene.world.order(officer.principal, escalation=[next_.id])).id


async def ordered(scene: Scene) -> dict[str, Any]:
    return {"orderId": await order(scene), "note": "明白", "via": "fcm", "round": 1}


async def passed_on(scene: Scene) -> dict[str, Any]:
    """Nothing was heard of the officer: somebody else is asked."""
    given, officer = await ordered(scene), await scene.person("officer")
    row = {"_id": f"{given['orderId']}:{officer.id}"}
    late = {"$set": {"next_step_at": clock.now()}}
    await scene.world.store.db["recipients"].update_one(row, late)
    assert await scene.world.escalator().step()
    return given


async def cancelled(scene: Scene) -> dict[str, Any]:
    given, world = await ordered(scene), scene.world
    told = {"order_id": given["orderId"], "reason": "误报", "key": fresh("key")}
    await cancel_order(world.ops.desk, world.watch, **told)
    return given


async def accepted(scene: Scene) -> dict[str, Any]:
    given, officer = await ordered(scene), await scene.person("officer")
    await scene.world.act(officer.principal, "order.accepted", orderId=given["orderId"])
    return given


async def to_be_dispatched(scene: Scene) -> dict[str, Any]:
    incident = await scene.world.incident()
    officer = await scene.person("officer")
    return {"incident": incident.id, "text": "到北广场疏导旅客", "recipients": [officer.id]}


async def to_be_cancelled(scene: Scene) -> dict[str, Any]:
    return {"order": await order(scene), "reason": "人已散去"}


async def to_be_reassigned(scene: Scene) -> dict[str, Any]:
    given, other = await order(scene), await scene.person("officer elsewhere")
    officer = await scene.person("officer")
    return {"order": given, "officer": officer.id, "to": other.id, "reason": "距离较远"}


async def to_be_given_back(scene: Scene) -> dict[str, Any]:
    """To who had it before."""
    given, world = await to_be_reassigned(scene), scene.world
    keyed = {"order_id": given["order"], "reason": "距离较远", "key": fresh("key")}
    names = {"officer": given["officer"], "to": given["to"]}
    await reassign_order(world.ops.desk, world.watch, **keyed, **names)
    return {**given, "officer": given["to"], "to": given["officer"]}


async def to_be_answered(scene: Scene) -> dict[str, Any]:
    return {"order": await order(scene), "answer": "ACCEPTED", "note": "马上到"}


@asynccontextmanager
async def unanswered(scene: Scene) -> AsyncIterator[Again]:
    """Nobody takes one part of an order, and then the other."""
    one, other = await scene.person("officer"), await scene.person("liaison")
    order = await scene.world.order(one.principal, other.principal)
    await scene.world.act(one.principal, "order.declined", orderId=order.id)
    yield lambda: scene.world.act(other.principal, "order.declined", orderId=order.id)
    await scene.world.cancel(order)


BAD = (
    Bad({"orderId": "nothing"}, "NOT_FOUND", "body.orderId"),
    Bad({"note": {"$gt": ""}}, "BAD_TEXT", "body.note"),
    Bad({"round": 0}, "BAD_VALUE", "body.round"),
)
LATE = {
    **dict.fromkeys(("received", "seen"), (accepted, passed_on, cancelled)),
    **dict.fromkeys(("accepted", "declined"), (passed_on,)),
    **dict.fromkeys(("enRoute", "arrived", "done"), (accepted, passed_on)),
}
NOTHING = Bad({"order": "nothing"}, "NOT_FOUND", "input.order")
EXAMPLES = Examples(
    actions={
        f"order.{stage}": Doing(given=ordered, bad=BAD, also=also) for stage, also in LATE.items()
    },
    mutations={
        "dispatchOrder": Doing(
            given=to_be_dispatched,
            bad=(
                Bad({"incident": "nothing"}, "NOT_FOUND", "input.incident"),
                Bad({"recipients": ["nobody"]}, "RECIPIENT_UNKNOWN", "input.recipients.0"),
                Bad({"recipients": []}, "RECIPIENT_COUNT", "input.recipients"),
                Bad({"acceptWithinSeconds": 1}, "BAD_VALUE", "input.acceptWithinSeconds"),
            ),
        ),
        "cancelOrder": Doing(
            given=to_be_cancelled,
            bad=(NOTHING,),
        ),
        "reassignOrder": Doing(
            given=to_be_reassigned,
            also=(to_be_given_back,),
            bad=(
                NOTHING,
                Bad({"officer": "nobody"}, "NOT_A_RECIPIENT", "input.officer"),
                Bad({"to": "nobody"}, "RECIPIENT_UNKNOWN", "input.to.0"),
            ),
        ),
        "acknowledgeOrder": Doing(given=to_be_answered, by="officer", bad=(NOTHING,)),
    },
    rows={"Order": order},
    alarms={"ORDER_UNANSWERED": unanswered},
)
