"""What people had to do, as it stood at a moment: row policies are those of the live lists."""

from datetime import datetime
from typing import TYPE_CHECKING

from hub.model.people import Scope
from hub.operations.incidents.documents import INCIDENTS
from hub.operations.orders.documents import ORDERS
from schema import enums
from schema.history.then import THEN, Then, context_of
from schema.operations.alarms import Alarm, about
from schema.operations.asking import LedgerEntry
from schema.operations.incidents.types import Incident
from schema.operations.orders.types import Order
from schema.people.types import Officer, Unit, person, unit_of
from schema.policy import SIGNED_IN
from schema.projection import Entity, computed, embedded, entity, mirrors, stored

if TYPE_CHECKING:
    from schema.context import SchemaContext


@mirrors(
    Incident,
    *("id", "number", "kind", "severity", "state", "title", "place", "position"),
    *("opened_at", "exercise"),
    at=context_of,
)
@entity(policy=Scope.INCIDENTS_READ)
class PastIncident(Entity):
    """An incident that was open (事件), as it was described then."""


@entity(policy=SIGNED_IN)
class PastRecipient(Entity):
    """An order with one of its recipients: how far it had come (签收情况)."""

    stage: enums.Stage = stored("stage", "How far it had come", zh="阶段")
    entries: list[LedgerEntry] = embedded("entries", "The steps until then", zh="签收记录")
    nobody_next: bool = stored(
        "nobody_next", "Whether nobody was left to be asked in this one's place", zh="无人可接"
    )
    officer: Officer | None = person("account_id", "Who, as they are known now", zh="队员")
    round: int = stored("round", "How often this one had been asked by then", zh="轮次")


@mirrors(
    Order,
    *("id", "number", "text", "priority", "state", "created_at", "accept_within_seconds"),
    *("exhausted_at",),
    at=context_of,
)
@entity(policy=Scope.ORDERS_READ)
class PastOrder(Entity):
    """An order that had not ended (指令), as it stood."""

    @computed(needs=("incident_id",), zh="事件", policy=Scope.INCIDENTS_READ)
    async def incident(self, _context: "SchemaContext") -> PastIncident | None:
        """The incident it belonged to; null if not the caller's to see."""
        row = await _then(self).one(INCIDENTS, self.doc["incident_id"])
        return None if row is None else PastIncident(row)

    @computed(needs=("id",), zh="签收情况", size=5)
    async def recipients(self, _context: "SchemaContext") -> list[PastRecipient]:
        """Its recipients of then the caller may see, in the order they were asked."""
        return [PastRecipient(row) for row in await _then(self).ledgers(self.doc)]


@mirrors(
    Alarm,
    *("id", "kind", "level", "name", "message", "next_step", "place", "raised_at"),
    *("acknowledged_at", "shelved_until", "shelved_because", "state"),
    at=context_of,
)
@entity(policy=Scope.ALARMS_READ)
class PastAlarm(Entity):
    """An alarm whose condition held (告警)."""

    acknowledged_by: Officer | None = person("acknowledged_by", "Who saw to it", zh="确认人")
    shelved_by: Officer | None = person("shelved_by", "Who put it aside", zh="搁置人")
    officer: Officer | None = person("account_id", "Who could not be woken", zh="队员")

    @computed(needs=("about",), zh="指令", policy=Scope.ORDERS_READ)
    async def order(self, _context: "SchemaContext") -> PastOrder | None:
        """The order it was about; null if about none that was open, or not the caller's to see."""
        row = await _then(self).one(ORDERS, about(self, "order"))
        return None if row is None else PastOrder(row)

    @computed(needs=("about",), zh="事件", policy=Scope.INCIDENTS_READ)
    async def incident(self, _context: "SchemaContext") -> PastIncident | None:
        """The incident it was about; null if about none that was open, or not the caller's."""
        row = await _then(self).one(INCIDENTS, about(self, "incident"))
        return None if row is None else PastIncident(row)


@mirrors(Officer, "id", "name", "post", at=context_of)
@entity(policy=Scope.OFFICERS_READ)
class PastOfficer(Entity):
    """An officer who was on duty (在岗队员). Where they were is not kept here."""

    on_duty_since: datetime | None = stored("duty.since", "Since when", zh="签到时间")

    @computed(needs=("unit",), zh="所属单位", policy=Scope.UNITS_READ)
    async def unit(self, context: "SchemaContext") -> Unit | None:
        """The unit they belonged to."""
        return await unit_of(context, self.doc.get("unit"))


def _then(row: Entity) -> Then:
    then: Then = row.doc[THEN]
    return then
