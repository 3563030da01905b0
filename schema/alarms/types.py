"""The alarm: what is wrong, where, since when, what to do, and who sees to it."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from hub.model.people import Scope
from schema import enums
from schema.nodes import Node, node_type
from schema.operations.types import INCIDENTS, ORDERS, Incident, Order
from schema.people.types import Officer
from schema.projection import computed, entity, stored

if TYPE_CHECKING:
    from schema.context import SchemaContext


@node_type
@entity(policy=Scope.ALARMS_READ)
class Alarm(Node):
    """Something a person has to act on (告警). It ends when its condition does, and not before."""

    kind: enums.AlarmKind = stored("kind", "What sort of thing is wrong", zh="告警类型")
    message: str = stored("message", "What is wrong, Chinese first", zh="内容")
    next_step: str = stored("next_step", "What to do now, Chinese first", zh="处置建议")
    place: str | None = stored("place", "Where, in words", zh="地点")
    raised_at: datetime = stored("raised_at", "Since when", zh="发生时间")
    acknowledged_at: datetime | None = stored(
        "acknowledged_at", "When somebody said they see to it", zh="确认时间"
    )
    acknowledged_by: str | None = stored("acknowledged_by", "Login of who does", zh="确认人")
    cleared_at: datetime | None = stored("cleared_at", "When its condition ended", zh="恢复时间")
    cleared_because: str | None = stored("cleared_because", "What ended it", zh="恢复原因")

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The alarm, if the caller may see it."""
        return cls.of(await context.load.alarm.load(key))

    @computed(needs=("active", "acknowledged_at"), zh="告警状态")
    def state(self, _context: "SchemaContext") -> enums.AlarmState:
        """Where it stands."""
        if not self.doc["active"]:
            return enums.AlarmState.CLEARED
        seen = self.doc["acknowledged_at"] is not None
        return enums.AlarmState.ACKNOWLEDGED if seen else enums.AlarmState.ACTIVE

    @computed(needs=("order_id",), zh="指令", policy=ORDERS)
    async def order(self, context: "SchemaContext") -> Order | None:
        """The order it is about; null if about none, or not the caller's to see."""
        key = self.doc["order_id"]
        return await Order.load(context, key) if key else None

    @computed(needs=("incident_id",), zh="事件", policy=INCIDENTS)
    async def incident(self, context: "SchemaContext") -> Incident | None:
        """The incident it is about; null if about none, or not the caller's to see."""
        key = self.doc["incident_id"]
        return await Incident.load(context, key) if key else None

    @computed(needs=("account_id",), zh="队员", policy=Scope.OFFICERS_READ)
    async def officer(self, context: "SchemaContext") -> Officer | None:
        """Who could not be woken; null if it is about nobody, or not the caller's to see."""
        key = self.doc["account_id"]
        return await Officer.load(context, key) if key else None
