"""Incidents: opened, reported by phone, changed, closed with an order that is open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from hub.model.people import Role
from hub.operations.incidents.actions import close_incident
from hub.operations.incidents.changes import note_incident
from tests.contract.examples import Again, Bad, Doing, Examples
from tests.contract.scene import OURS, Scene
from tests.operations.operations_builders import fresh


async def crowd(_scene: Scene) -> dict[str, Any]:
    return {"kind": "CROWD", "title": "北广场客流积压", "place": "北广场", "units": [OURS]}


async def report(_scene: Scene) -> dict[str, Any]:
    words = {"title": "北广场客流积压", "description": "约三百人", "place": "北广场"}
    photographs = {"attachments": [str(uuid4())]}
    return {"kind": "CROWD", **words, "lat": 31.25, "lon": 121.45, **photographs}


async def with_an_order(scene: Scene) -> dict[str, Any]:
    officer = await scene.person("officer")
    order = await scene.world.order(officer.principal)
    return {"incident": order.incident_id, "outcome": "客流疏散"}


async def to_be_updated(scene: Scene) -> dict[str, Any]:
    given = {"incident": await opened(scene), "kind": "MEDICAL", "title": "有人晕倒"}
    words = {"description": "一人", "severity": "SEVERE", "place": "出口"}
    return {**given, **words, "position": {"lat": 31.25, "lon": 121.45}}


async def to_be_noted(scene: Scene) -> dict[str, Any]:
    return {"incident": await opened(scene), "text": "已开放备用出口"}


async def to_be_joined(scene: Scene) -> dict[str, Any]:
    return {"incident": await opened(scene), "units": ["PSS"]}


async def to_be_reopened(scene: Scene) -> dict[str, Any]:
    incident, by = await opened(scene), scene.world.watch
    closing = {"incident_id": incident, "outcome": "疏散", "key": fresh("key")}
    await close_incident(scene.world.ops.desk, by, **closing)
    return {"incident": incident, "reason": "再次聚集"}


async def opened(scene: Scene) -> str:
    return (await scene.world.incident()).id


@asynccontextmanager
async def reported(scene: Scene) -> AsyncIterator[Again]:
    """By a phone, which sends it once more."""
    officer, said = await scene.person("officer"), await report(scene)
    sent = {"action_id": fresh("action"), **said}
    told = await scene.world.act(officer.principal, "incident.report", **sent)
    yield lambda: scene.world.act(officer.principal, "incident.report", **sent)
    noted = {"incident_id": told.data["incidentId"], "text": "已派人", "key": fresh("key")}
    await note_incident(scene.world.ops.desk, scene.world.watch, **noted)


NOTHING = Bad({"incident": "nothing"}, "NOT_FOUND", "input.incident")
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
                Bad({"attachments": ["x"]}, "BAD_ID", "body.attachments.0"),
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
            bad=(NOTHING,),
        ),
        "updateIncident": Doing(
            given=to_be_updated,
            bad=(
                NOTHING,
                Bad({"title": " "}, "BAD_TEXT", "input.title"),
                Bad({"kind": None}, "BAD_VALUE", "input.kind"),
            ),
        ),
        "noteIncident": Doing(given=to_be_noted, bad=(NOTHING,)),
        "addIncidentUnits": Doing(
            given=to_be_joined,
            bad=(
                NOTHING,
                Bad({"units": []}, "NOTHING_ASKED", "input.units"),
                Bad({"units": ["PSS", "XXX"]}, "UNIT_UNKNOWN", "input.units.1"),
            ),
        ),
        "reopenIncident": Doing(given=to_be_reopened, bad=(NOTHING,)),
    },
    rows={"Incident": opened},
    may={"incidentTimeline": frozenset(Role)},
    alarms={"INCIDENT_REPORTED": reported},
)
