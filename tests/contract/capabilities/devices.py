"""Devices: a push has woken the phone, or none could."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hub import clock
from hub.operations.desk import new_id
from hub.operations.waking.channels import Outcome
from hub.store.documents import OutboxDoc
from tests.contract.examples import Again, Bad, Doing, Examples, nothing_more
from tests.contract.scene import Scene
from tests.operations.operations_builders import FakeChannel


async def woken(scene: Scene) -> dict[str, Any]:
    officer, now = await scene.person("officer"), clock.now()
    said = {"account_id": officer.id, "topic": "device.test", "state": "SENT", "sent_at": now}
    row = OutboxDoc(id=new_id(), **said, due_at=now, created_at=now)
    await row.insert()
    return {"event": row.id}


@asynccontextmanager
async def unwoken(scene: Scene) -> AsyncIterator[Again]:
    """The push service refuses an order to the officer's phone, until the phone is heard of."""
    officer, world = (await scene.person("officer")).principal, scene.world
    await world.phone(officer.account_id)
    order = await world.order(officer)
    await world.send_all(FakeChannel(answer=lambda *_: Outcome.failed("403: the key is refused")))
    yield nothing_more
    await world.act(officer, "order.received", orderId=order.id)


EXAMPLES = Examples(
    actions={
        "wake.confirmed": Doing(
            given=woken,
            bad=(
                Bad({"event": "nothing"}, "NOT_FOUND", "body.event"),
                Bad({"event": {"$gt": ""}}, "BAD_ID", "body.event"),
            ),
        ),
    },
    alarms={"WAKE_UP_DEAD": unwoken},
)
