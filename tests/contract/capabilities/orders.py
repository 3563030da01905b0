"""Orders: dispatched to an officer, answered stage by stage, reassigned, cancelled."""

from typing import Any

from tests.contract.examples import Bad, Doing, Examples
from tests.contract.scene import Scene


async def order(scene: Scene) -> str:
    officer, next_ = await scene.person("officer"), await scene.person("liaison")
    return (await scene.world.order(officer.principal, escalation=[next_.id])).id


async def ordered(scene: Scene) -> dict[str, Any]:
    return {"orderId": await order(scene), "note": "明白", "via": "fcm"}


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


async def to_be_answered(scene: Scene) -> dict[str, Any]:
    return {"order": await order(scene), "answer": "ACCEPTED", "note": "马上到"}


ANSWER = Doing(
    given=ordered,
    bad=(
        Bad({"orderId": "nothing"}, "NOT_FOUND", "body.orderId"),
        Bad({"note": {"$gt": ""}}, "BAD_TEXT", "body.note"),
    ),
)
STAGES = ("received", "seen", "accepted", "declined", "enRoute", "arrived", "done")
NOTHING = Bad({"order": "nothing"}, "NOT_FOUND", "input.order")
EXAMPLES = Examples(
    actions={f"order.{stage}": ANSWER for stage in STAGES},
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
            bad=(
                NOTHING,
                Bad({"officer": "nobody"}, "NOT_A_RECIPIENT", "input.officer"),
                Bad({"to": "nobody"}, "RECIPIENT_UNKNOWN", "input.to.0"),
            ),
        ),
        "acknowledgeOrder": Doing(given=to_be_answered, by="officer", bad=(NOTHING,)),
    },
    rows={"Order": order},
)
