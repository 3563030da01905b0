"""Incidents, orders, and the ledger of who received what."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from hub.model.people import Scope
from schema import enums
from schema.common import Position, position
from schema.nodes import Node, node_type
from schema.people.types import Officer, Unit, officers_of, units_of
from schema.projection import Entity, computed, embedded, entity, stored

if TYPE_CHECKING:
    from schema.context import SchemaContext

INCIDENTS = Scope.INCIDENTS_READ
ORDERS = Scope.ORDERS_READ


@entity(policy=INCIDENTS)
class TimelineEntry(Entity):
    """One line of an incident's timeline (时间线), which only grows."""

    at: datetime = stored("at", "When, by the hub's clock", zh="时间")
    by: str = stored("by", "Login of who, or hub", zh="人员")
    kind: str = stored("kind", "What sort of line", zh="类别")
    text: str = stored("text", "What happened", zh="内容")


@node_type
@entity(policy=INCIDENTS, keys=("id",))
class Incident(Node):
    """An incident (事件、警情)."""

    number: str = stored("number", "YYYYMMDD-NNN", zh="编号")
    kind: enums.IncidentKind = stored("kind", "What happened", zh="事件类型")
    severity: enums.Severity = stored("severity", "How bad", zh="严重程度")
    state: enums.IncidentState = stored("state", "Open or closed", zh="事件状态")
    title: str = stored("title", "Title", zh="标题")
    description: str | None = stored("description", "What is known", zh="描述")
    place: str | None = stored("place", "Where, in words", zh="地点")
    opened_by: str = stored("opened_by", "Login of who opened it", zh="登记人")
    opened_at: datetime = stored("opened_at", "When it was opened", zh="登记时间")
    closed_by: str | None = stored("closed_by", "Login of who closed it", zh="办结人")
    closed_at: datetime | None = stored("closed_at", "When it was closed", zh="办结时间")
    outcome: str | None = stored("outcome", "How it ended", zh="处置结果")
    exercise: bool = stored("exercise", "Whether it is a drill", zh="演练")

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The incident, if the caller may see it."""
        row = await context.load.incident.load(key)
        return cls.of(row)

    @computed(needs=("location",), zh="位置")
    def position(self, _context: "SchemaContext") -> Position | None:
        """Where, on the map."""
        return position(self.doc.get("location"))

    @computed(needs=("units",), zh="涉及单位", policy=Scope.UNITS_READ)
    async def units(self, context: "SchemaContext") -> list[Unit]:
        """Units involved, the lead unit first."""
        return await units_of(context, self.doc["units"])

    @computed(needs=("id",), zh="时间线", size=20)
    async def timeline(self, context: "SchemaContext") -> list[TimelineEntry]:
        """What happened, oldest first."""
        return [TimelineEntry(row) for row in await context.load.timeline_of.load(self.key)]

    @computed(needs=("id",), zh="指令", policy=ORDERS, size=5)
    async def orders(self, context: "SchemaContext") -> list["Order"]:
        """Its orders, of those the caller may see, newest first."""
        return [Order(row) for row in await context.load.orders_of.load(self.key)]


@entity(policy=ORDERS)
class LedgerEntry(Entity):
    """One step of an order with one recipient (签收记录)."""

    stage: enums.Stage = stored("stage", "Which step", zh="阶段")
    at: datetime = stored("at", "When, by the hub's clock", zh="时间")
    channel: str = stored("channel", "How it was learnt", zh="渠道")
    device_at: datetime | None = stored("device_at", "When, by the phone's clock", zh="设备时间")
    note: str | None = stored("note", "Remark", zh="备注")


@entity(policy=ORDERS)
class Recipient(Entity):
    """An order with one of its recipients: how far it has come (签收情况)."""

    stage: enums.Stage = stored("stage", "How far it has come", zh="阶段")
    entries: list[LedgerEntry] = embedded("entries", "Every step, oldest first", zh="签收记录")
    next_step_at: datetime | None = stored(
        "next_step_at", "When it escalates if not accepted", zh="升级时间"
    )
    nobody_next: bool = stored(
        "nobody_next", "Whether nobody was left to be asked in this one's place", zh="无人可接"
    )
    escalated_from: str | None = stored(
        "escalated_from", "Login of who did not answer", zh="升级自"
    )

    @computed(needs=("account_id",), zh="队员", policy=Scope.OFFICERS_READ)
    async def officer(self, context: "SchemaContext") -> Officer | None:
        """Who; null if not the caller's to see."""
        return await Officer.load(context, self.doc["account_id"])


@node_type
@entity(policy=ORDERS)
class Order(Node):
    """An order (指令). It ends acknowledged by a person, or escalated; it never rests silently."""

    number: str = stored("number", "The incident's number and a count", zh="编号")
    text: str = stored("text", "What to do", zh="内容")
    priority: enums.OrderPriority = stored("priority", "How loudly to ask", zh="指令等级")
    state: enums.OrderState = stored("state", "State as a whole", zh="指令状态")
    created_by: str = stored("created_by", "Login of who gave it", zh="下达人")
    created_at: datetime = stored("created_at", "When it was given", zh="下达时间")
    accept_within_seconds: int = stored(
        "accept_within_s", "How long a recipient has before the next is asked", zh="签收时限"
    )
    ended_at: datetime | None = stored("ended_at", "When it ended", zh="结束时间")
    exhausted_at: datetime | None = stored(
        "exhausted_at",
        "Since when somebody's part has nobody who took it and nobody left to ask: an alarm. "
        "Null again once each such part has been accepted after all",
        zh="升级无人时间",
    )

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The order, if the caller may see it."""
        row = await context.load.order.load(key)
        return cls.of(row)

    @computed(needs=("incident_id",), zh="事件", policy=INCIDENTS)
    async def incident(self, context: "SchemaContext") -> Incident | None:
        """The incident it belongs to; null if not the caller's to see."""
        return await Incident.load(context, self.doc["incident_id"])

    @computed(needs=("id",), zh="签收情况", size=5)
    async def recipients(self, context: "SchemaContext") -> list[Recipient]:
        """Its recipients the caller may see, in the order they were asked."""
        return [Recipient(row) for row in await context.load.ledgers_of.load(self.key)]

    @computed(needs=("escalation",), zh="升级顺序", policy=Scope.OFFICERS_READ)
    async def escalation(self, context: "SchemaContext") -> list[Officer]:
        """Who is asked next, in order."""
        return await officers_of(context, self.doc["escalation"])
