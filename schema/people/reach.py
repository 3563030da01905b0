"""How an officer can be reached, and how far away they are: what is looked at before an order."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from hub.errors import AccessDenied
from hub.model.common import Position as Place
from hub.model.people import Scope
from hub.operations.checks import position as checked
from hub.operations.orders.preview import Reaches
from hub.rules.matching import distance_m
from schema import enums
from schema.common import PositionInput
from schema.people.types import Officer, Whereabouts
from schema.projection import Entity, Info, adds, asked, computed, entity, stored

if TYPE_CHECKING:
    from schema.context import SchemaContext

FromWhere = Annotated[
    PositionInput | None,
    strawberry.argument(name="from", description="From where; null: not known (起点)."),
]
STEP_M = 10
"""To how many metres a distance is said: a phone knows no better where it is."""


@entity(policy=Scope.OFFICERS_READ)
class Reach(Entity):
    """How somebody can be reached now (可达性)."""

    wakeable: bool = stored(
        "wakeable", "Whether they have a phone that push in service can wake", zh="可唤醒"
    )
    listening: bool = stored(
        "listening", "Whether a phone of theirs holds its event stream open", zh="在线"
    )
    heard_at: datetime | None = stored(
        "heard_at", "When a phone of theirs was last heard from, to the minute", zh="最近联系"
    )
    woken_at: datetime | None = stored(
        "woken_at",
        "When a push last woke a phone of theirs, by the phone's own word; null: not known to work",
        zh="最近唤醒",
    )
    channels: list[enums.PushChannel] = stored(
        "channels", "By which push channels in service they can be woken", zh="推送通道"
    )
    open_orders: int = stored(
        "open_orders", "How many orders they have that have not ended", zh="未结指令"
    )

    @computed(needs=("located_at",), zh="定位时间", policy=Scope.ORDERS_WRITE)
    def located_at(self, _context: "SchemaContext") -> datetime | None:
        """When a phone of theirs last said where it is; null: not on this duty, or long ago."""
        found: datetime | None = self.doc["located_at"]
        return found

    @asked(
        "Metres in a straight line; null where either place is not known",
        zh="距离",
        needs=("place", "account"),
        policy=Scope.ORDERS_WRITE,
    )
    async def distance_metres(self, info: Info, from_: FromWhere = None) -> int | None:
        """To ten metres. Each look is on the audit log, so that it is never in a live query."""
        if from_ is None:
            return None
        start = checked(from_.lat, from_.lon, ("from",))
        place: Place | None = self.doc["place"]
        if place is None or start is None:
            return None
        if info.context.shared:
            raise AccessDenied(
                "FORBIDDEN", "距离只能查询，不能订阅 / Distances are queried, never followed live."
            )
        await info.context.part(Whereabouts).looked.load(self.doc["account"])
        return round(distance_m(start, place) / STEP_M) * STEP_M


@adds(Officer)
@computed(needs=("id",), zh="可达性", policy=Scope.OFFICERS_READ)
async def reach(self: Officer, context: "SchemaContext") -> Reach | None:
    """How they can be reached now; null for who is not in the caller's list of officers."""
    known = await context.load.values(Reaches, Reaches.visible).load(self.key)
    if known is None:
        return None
    served = context.services.operations.desk.served(known.channels)
    fix = known.position
    return Reach(
        {
            "wakeable": bool(served),
            "woken_at": known.woken_at,
            "channels": [one for one in enums.PushChannel if one in served],
            "listening": known.listening,
            "heard_at": known.heard_at,
            "open_orders": known.open_orders,
            "located_at": fix and fix.at,
            "place": fix and _place(fix.location),
            "account": self.key,
        }
    )


def _place(location: dict[str, Any]) -> Place:
    lon, lat = location["coordinates"]
    return Place(lat=lat, lon=lon)
