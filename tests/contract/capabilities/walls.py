"""Walls: a screen that asks, and one that was let be."""

from typing import Any

from hub.access.walls import Asked
from hub.model.people import CENTRE
from hub.model.walls import WallPage
from tests.contract.examples import Bad, Doing, Examples
from tests.contract.scene import Scene
from tests.operations.operations_builders import fresh

APPROVE = (
    "mutation ($input: ApproveWallInput!) { approveWall(input: $input) { userErrors { code } } }"
)


async def asking(scene: Scene) -> Asked:
    """A screen that shows its code."""
    return await scene.context.walls.ask(address=fresh("room"))


async def wish(scene: Scene) -> dict[str, Any]:
    return {
        "code": (await asking(scene)).user_code,
        "name": "大厅左屏",
        "pages": [WallPage.MAP_AND_BOARDS, WallPage.ALARMS_AND_ORDERS],
        "turnSeconds": 15,
    }


async def code(scene: Scene) -> dict[str, Any]:
    return {"code": (await asking(scene)).user_code}


async def wall(scene: Scene) -> str:
    """A screen that is a wall."""
    asked = await asking(scene)
    await scene.ask(
        "watch",
        APPROVE,
        input={**await wish(scene), "code": asked.user_code, "clientMutationId": fresh("key")},
    )
    return (await scene.context.walls.redeem(asked.device_code)).session_id


async def hung(scene: Scene) -> dict[str, Any]:
    return {"wall": await wall(scene)}


UNKNOWN = Bad({"code": "BCDF-0000"}, "WALL_CODE", "input.code")
EXAMPLES = Examples(
    mutations={
        "approveWall": Doing(
            given=wish,
            bad=(
                UNKNOWN,
                Bad({"name": "屏" * 41}, "BAD_TEXT", "input.name"),
                Bad({"pages": []}, "BAD_VALUE", "input.pages"),
                Bad({"pages": ["MAP_AND_BOARDS"] * 2}, "BAD_VALUE", "input.pages"),
                Bad({"turnSeconds": 4}, "BAD_VALUE", "input.turnSeconds"),
            ),
        ),
        "refuseWall": Doing(given=code, bad=(UNKNOWN,)),
        "endWall": Doing(given=hung, bad=(Bad({"wall": "nothing"}, "NOT_FOUND", "input.wall"),)),
    },
    rows={"Wall": wall},
    may=dict.fromkeys(
        ("walls", "wall", "wallRequest", "approveWall", "refuseWall", "endWall"), CENTRE
    ),
)
