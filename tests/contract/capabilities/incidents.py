"""Incidents: opened, reported by phone, closed with an order that is open."""

from typing import Any

from tests.contract.examples import Bad, Doing, Examples
from tests.contract.scene import OURS, Scene


async def crowd(_scene: Scene) -> dict[str, Any]:
    return {"kind": "CROWD", "title": "北广场客流积压", "place": "北广场", "units": [OURS]}


async def report(_scene: Scene) -> dict[str, Any]:
    words = {"title": "北广场客流积压", "description": "约三百人", "place": "北广场"}
    return {"kind": "CROWD", **words, "lat": 31.25, "lon": 121.45}


async def with_an_order(scene: Scene) -> dict[str, Any]:
    officer = await scene.person("officer")
    order = await scene.world.order(officer.principal)
    return {"incident": order.incident_id, "outcome": "客流疏散"}


async def opened(scene: Scene) -> str:
    return (await scene.world.incident()).id


EXAMPLES = Examples(
    actions={
        "incident.report": Doing(
            given=report,
            bad=(
                Bad({"kind": "PICNIC"}, "BAD_VALUE", "body.kind"),
                Bad({"title": "长" * 201}, "BAD_TEXT", "body.title"),
                Bad({"place": {"$gt": ""}}, "BAD_TEXT", "body.place"),
                Bad({"lat": 91}, "BAD_POSITION", "body.lat"),
                Bad({"lon": None}, "BAD_POSITION", "body.lat"),
            ),
        ),
    },
    mutations={
        "openIncident": Doing(
            given=crowd,
            of_unit=True,
            bad=(
                Bad({"units": ["XXX"]}, "UNIT_UNKNOWN", "input.units.0"),
                Bad({"position": {"lat": 200, "lon": 0}}, "BAD_POSITION", "input.position.lat"),
            ),
        ),
        "closeIncident": Doing(
            given=with_an_order,
            bad=(Bad({"incident": "nothing"}, "NOT_FOUND", "input.incident"),),
        ),
    },
    rows={"Incident": opened},
)
