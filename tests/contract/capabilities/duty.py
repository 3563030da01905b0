"""Duty: who signs out has an order that is passed on."""

from typing import Any

from tests.contract.examples import Bad, Doing, Examples
from tests.contract.scene import Scene


async def at_a_post(_scene: Scene) -> dict[str, Any]:
    return {"post": "北广场"}


async def with_an_order(scene: Scene) -> dict[str, Any]:
    officer, next_ = await scene.person("officer"), await scene.person("liaison")
    await scene.world.order(officer.principal, escalation=[next_.id])
    return {}


EXAMPLES = Examples(
    actions={
        "duty.signIn": Doing(
            given=at_a_post,
            bad=(
                Bad({"post": {"$gt": ""}}, "BAD_TEXT", "body.post"),
                Bad({"post": "岗" * 101}, "BAD_TEXT", "body.post"),
            ),
        ),
        "duty.signOut": Doing(given=with_an_order),
    },
)
