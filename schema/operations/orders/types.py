"""An order, and what becomes of one that is asked for."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from hub.model.people import Scope
from hub.operations.orders.store import OrderRepository
from schema import enums
from schema.nodes import Node, node_type
from schema.operations.alarms import Alarm, about
from schema.operations.asking import Recipient, recipients_of
from schema.operations.audit import AuditEntry, acted_on
from schema.operations.common import DispatchWarning, Payload
from schema.operations.incidents.types import Incident
from schema.people.types import Officer, officers_of, person
from schema.policy import SIGNED_IN
from schema.projection import adds, computed, described, entity, stored, value

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.ORDERS_READ


@node_type
@entity(policy=READ)
class Order(Node):
    """An order (指令). It ends acknowledged by a person, or escalated; it never rests silently."""

    number: str = stored("number", "The incident's number and a count", zh="编号")
    text: str = stored("text", "What to do", zh="内容")
    priority: enums.OrderPriority = stored("priority", "How loudly to ask", zh="指令等级")
    state: enums.OrderState = stored("state", "State as a whole", zh="指令状态")
    created_by: Officer | None = person("created_by", "Who gave it", zh="下达人")
    created_at: datetime = stored("created_at", "When it was given", zh="下达时间")
    accept_within_seconds: int = stored(
        "within_s", "How long a recipient has before the next is asked", zh="签收时限"
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
        row = await context.load.of(OrderRepository).load(key)
        return cls.of(row)

    @computed(needs=("incident_id",), zh="事件", policy=Scope.INCIDENTS_READ)
    async def incident(self, context: "SchemaContext") -> Incident | None:
        """The incident it belongs to; null if not the caller's to see."""
        return await Incident.load(context, self.doc["incident_id"])

    @computed(needs=("id",), zh="签收情况", size=5)
    async def recipients(self, context: "SchemaContext") -> list[Recipient]:
        """Its recipients the caller may see, in the order they were asked."""
        return await recipients_of(context, self.key)

    @computed(needs=("escalation",), zh="升级顺序")
    async def escalation(self, context: "SchemaContext") -> list[Officer]:
        """Who is asked next, in order, of those the caller may see."""
        return await officers_of(context, self.doc["escalation"])


@adds(Incident)
@computed(needs=("id",), zh="指令", policy=READ, size=5)
async def orders(self: Incident, context: "SchemaContext") -> list[Order]:
    """Its orders, of those the caller may see, newest first."""
    found = context.load.lists(OrderRepository, OrderRepository.of_incidents)
    return [Order(row) for row in await found.load(self.key)]


@adds(Alarm)
@computed(needs=("about",), zh="指令", policy=READ)
async def order(self: Alarm, context: "SchemaContext") -> Order | None:
    """The order it is about; null if about none, or not the caller's to see."""
    key = about(self, "order")
    return await Order.load(context, key) if key else None


@adds(AuditEntry, "order")
@computed(needs=("action", "target"), zh="指令", policy=READ)
async def _of_act(self: AuditEntry, context: "SchemaContext") -> Order | None:
    """The order it was about; null if about none, or not the caller's to see."""
    key = acted_on(self, "order")
    return await Order.load(context, key) if key else None


@value(policy=SIGNED_IN)
class OrderPayload(Payload):
    """What became of the order."""

    warnings: list[DispatchWarning] = described(
        "Whom an order that was dispatched or reassigned will not reach", zh="提示"
    )
    order: Order | None = described("The order after it; null with errors", zh="指令")
