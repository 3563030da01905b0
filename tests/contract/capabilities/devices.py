"""Devices: a push has woken the phone."""

from typing import Any

from hub import clock
from hub.operations.desk import new_id
from hub.store.documents import OutboxDoc
from tests.contract.examples import Bad, Doing, Examples
from tests.contract.scene import Scene


async def woken(scene: Scene) -> dict[str, Any]:
    officer, now = await scene.person("officer"), clock.now()
    said = {"account_id": officer.id, "topic": "device.test", "state": "SENT", "sent_at": now}
    row = OutboxDoc(id=new_id(), **said, due_at=now, created_at=now)
    await row.insert()
    return {"event": row.id}


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
)
