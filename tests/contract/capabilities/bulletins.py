"""Bulletins: published to an officer and the officer's unit, read, corrected, withdrawn."""

from typing import Any

from hub.model.people import CENTRE, Role
from hub.operations.asking.parts import PART
from hub.operations.bulletins.actions import publish_bulletin, request_of, withdraw_bulletin
from tests.contract.examples import Bad, Doing, Examples
from tests.contract.scene import Scene
from tests.operations.operations_builders import fresh


async def bulletin(scene: Scene) -> str:
    officer = await scene.person("officer")
    request = request_of(title="出口关闭", text="请引导旅客走东侧", officers=[officer.id])
    world = scene.world
    return (await publish_bulletin(world.ops.desk, world.watch, request, fresh("key"))).id


async def of_many(scene: Scene) -> str:
    """One that goes to more than are told at once, all of whom have been told."""
    officer, crowd = await scene.person("officer"), await scene.world.crowd(PART)
    names = [officer.id, *(one.account_id for one in crowd)]
    request = request_of(title="出口关闭", text="请引导旅客走东侧", officers=names)
    world = scene.world
    made = await publish_bulletin(world.ops.desk, world.watch, request, fresh("key"))
    await world.teller().step()
    return made.id


async def ending(scene: Scene) -> dict[str, Any]:
    """One that is withdrawn, of which nobody has heard yet."""
    given, world = {"bulletinId": await of_many(scene)}, scene.world
    told = {"bulletin_id": given["bulletinId"], "reason": "误发", "key": fresh("key")}
    await withdraw_bulletin(world.ops.desk, world.watch, **told)
    return given


async def published(scene: Scene) -> dict[str, Any]:
    return {"bulletinId": await bulletin(scene), "note": "已转告", "via": "sync"}


async def withdrawn(scene: Scene) -> dict[str, Any]:
    given, world = await published(scene), scene.world
    told = {"bulletin_id": given["bulletinId"], "reason": "误发", "key": fresh("key")}
    await withdraw_bulletin(world.ops.desk, world.watch, **told)
    return given


async def read(scene: Scene) -> dict[str, Any]:
    given, officer = await published(scene), await scene.person("officer")
    await scene.world.act(officer.principal, "bulletin.read", bulletinId=given["bulletinId"])
    return given


async def correction(scene: Scene) -> dict[str, Any]:
    return {"title": "出口恢复", "text": "请走北侧", "corrects": await bulletin(scene)}


async def to_be_withdrawn(scene: Scene) -> dict[str, Any]:
    return {"bulletin": await bulletin(scene), "reason": "误发"}


async def of_many_to_be_withdrawn(scene: Scene) -> dict[str, Any]:
    return {"bulletin": await of_many(scene), "reason": "误发"}


async def of_many_corrected(scene: Scene) -> dict[str, Any]:
    return {"title": "出口恢复", "text": "请走北侧", "corrects": await of_many(scene)}


async def to_be_read(scene: Scene) -> dict[str, Any]:
    return {"bulletin": await bulletin(scene)}


NOTHING = Bad({"bulletinId": "nothing"}, "NOT_FOUND", "body.bulletinId")
NONE = Bad({"bulletin": "nothing"}, "NOT_FOUND", "input.bulletin")
NOBODY = {"units": [], "officers": [], "allOnDuty": False}
DESKS, READERS = CENTRE | {Role.LIAISON}, frozenset(Role) - {Role.PARTNER, Role.WALL}
EXAMPLES = Examples(
    actions={
        "bulletin.received": Doing(given=published, bad=(NOTHING,), also=(withdrawn, read, ending)),
        "bulletin.read": Doing(given=published, bad=(NOTHING,), also=(withdrawn, ending)),
    },
    mutations={
        "publishBulletin": Doing(
            given=correction,
            also=(of_many_corrected,),
            of_unit=True,
            bad=(
                Bad({"corrects": "nothing"}, "NOT_FOUND", "input.corrects"),
                Bad({"corrects": None}, "AUDIENCE_EMPTY", "input.audience"),
                Bad({"corrects": None, "audience": NOBODY}, "AUDIENCE_EMPTY", "input.audience"),
                Bad({"audience": {"units": ["XXX"]}}, "UNIT_UNKNOWN", "input.audience.units.0"),
                Bad({"audience": {"units": [""]}}, "BAD_ID", "input.audience.units"),
                Bad(
                    {"audience": {"officers": ["nobody"]}},
                    "RECIPIENT_UNKNOWN",
                    "input.audience.officers.0",
                ),
                Bad(
                    {"audience": {"officers": ["watch"]}},
                    "RECIPIENT_ROLE",
                    "input.audience.officers.0",
                ),
                Bad({"remindAfterSeconds": 1}, "BAD_VALUE", "input.remindAfterSeconds"),
                Bad({"title": "长" * 201}, "BAD_TEXT", "input.title"),
            ),
        ),
        "withdrawBulletin": Doing(
            given=to_be_withdrawn,
            also=(of_many_to_be_withdrawn,),
            bad=(NONE,),
        ),
        "readBulletin": Doing(given=to_be_read, by="officer", bad=(NONE,)),
    },
    rows={"Bulletin": bulletin},
    may={
        "bulletin": READERS,
        "bulletins": READERS,
        "bulletinRecipients": READERS,
        "bulletinAudience": DESKS,
        "publishBulletin": DESKS,
        "withdrawBulletin": DESKS,
        "readBulletin": frozenset({Role.OFFICER, Role.LIAISON}),
    },
)
