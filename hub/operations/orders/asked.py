"""An order as a subject of asking: what is written beside its ledgers, in its incident."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Self

from hub.model.operations import OrderState
from hub.operations.actions import ActionRefused, ActionStatus
from hub.operations.alarming.store import AlarmRepository
from hub.operations.asking.asked import Asked
from hub.operations.asking.documents import RecipientDoc
from hub.operations.asking.ledger import CANCELLED, PASSED_ON, end_all
from hub.operations.asking.store import Recipients
from hub.operations.asking.unwoken import one_unwoken
from hub.operations.desk import Desk
from hub.operations.incidents.documents import INCIDENTS, IncidentDoc
from hub.operations.incidents.news import incident_news
from hub.operations.incidents.store import IncidentRepository, entry
from hub.operations.orders.alarms import end_not_heard, not_woken, order_unanswered, place
from hub.operations.orders.documents import ORDERS, OrderDoc
from hub.operations.orders.news import order_news
from hub.operations.orders.store import OrderRepository
from hub.operations.words import Both, both, hubs_own, person
from hub.store.documents import AccountDoc, OutboxDoc
from hub.store.driver import Tx
from hub.store.group_commit import Reads
from hub.store.news import News


class OrderAsked(Asked):
    """An order, with its incident: that is its lane, and its timeline tells what happens."""

    kind = "order"
    collection = ORDERS
    subject: OrderDoc

    def __init__(self, desk: Desk, tx: Tx, subject: OrderDoc, incident: IncidentDoc) -> None:
        super().__init__(desk, tx, subject)
        self.incident = incident

    @classmethod
    async def take_up(cls, desk: Desk, tx: Tx, subject_id: str) -> Self | None:
        """The order and its incident, whoever asks."""
        order = await desk.of(OrderRepository).for_hub(subject_id, tx=tx)
        if order is None:
            return None
        incident = await desk.of(IncidentRepository).for_hub(order.incident_id, tx=tx)
        assert incident is not None  # noqa: S101  # written with the order, never deleted
        return cls(desk, tx, order, incident)

    @classmethod
    def beside(cls, lane: str) -> Reads:
        """The incident."""
        return {INCIDENTS: [lane]}

    @property
    def lane(self) -> str:
        """The incident's."""
        return self.subject.incident_id

    @property
    def is_open(self) -> bool:
        """Not completed; one that was cancelled refuses answers by itself."""
        return self.subject.state is not OrderState.COMPLETED

    def news(self, row: RecipientDoc) -> News:
        """The order as the recipient's phone holds it."""
        return order_news(self.subject, row, self.incident)

    def announcement(self, row: RecipientDoc) -> Sequence[News]:
        """The order, and the incident before it to whom that is new."""
        known = row.account_id in self.incident.officers
        told = [] if known else [incident_news(row.account_id, self.incident)]
        return [*told, self.news(row)]

    def data(self, row: RecipientDoc) -> dict[str, Any]:
        """How the order stands with the recipient."""
        order = self.subject
        return {**super().data(row), "number": order.number, "state": str(order.state)}

    def about(self) -> dict[str, str]:
        """The order and its incident."""
        return {**super().about(), "incident": self.incident.id}

    def refuse_after_end(self, row: RecipientDoc, *, moves: bool) -> None:
        """Raise ActionRefused: ORDER_CANCELLED; ORDER_COMPLETED for what would move a stage."""
        too_late, data = ActionStatus.CONFLICT, self.data(row)
        if self.subject.state is OrderState.CANCELLED:
            words = "指令已撤销 / The order was cancelled."
            raise ActionRefused(too_late, "ORDER_CANCELLED", words, data=data)
        if moves and self.subject.state is OrderState.COMPLETED:
            words = "指令已完成 / The order is completed."
            raise ActionRefused(too_late, "ORDER_COMPLETED", words, data=data)

    def refuse_reassigned(self, row: RecipientDoc, reason: str) -> None:
        """Raise ActionRefused: ORDER_REASSIGNED."""
        words = both(
            "已改派他人，不必再去：{reason}",
            "Given to somebody else, do not go: {reason}",
            reason=reason,
        )
        data = self.data(row)
        raise ActionRefused(ActionStatus.CONFLICT, "ORDER_REASSIGNED", str(words), data=data)

    async def note(
        self, at: datetime, by: str, kind: str, words: Both, units: Collection[str | None]
    ) -> None:
        """A line in the incident's timeline."""
        line = entry(at, by, kind, words, units)
        await self.desk.of(IncidentRepository).note(self.tx, self.incident.id, line)

    async def involve(self, asked: Sequence[AccountDoc]) -> None:
        """Make them, and their units, part of the incident."""
        units = [account.unit for account in asked if account.unit is not None]
        names = [account.id for account in asked]
        await self.desk.of(IncidentRepository).involve(self.tx, self.incident, names, units)

    async def unanswered(self, at: datetime) -> None:
        """An alarm for the watch."""
        chains = await self.desk.of(Recipients).chains(self.tx, self.subject.id)
        alarm = order_unanswered(self.subject, self.incident, chains, at)
        await self.desk.of(AlarmRepository).raise_(self.tx, alarm)

    async def unwoken(
        self,
        row: OutboxDoc,
        ledger: RecipientDoc,
        account: AccountDoc | None,
        why: str,
        at: datetime,
    ) -> None:
        """An alarm, and a line in the timeline; not for who was to hear that another has it."""
        if row.topic == f"{self.kind}.{PASSED_ON}":
            return
        withdrawn = row.topic == f"{self.kind}.{CANCELLED}"
        who = person(account) if account else row.account_id
        say = end_not_heard if withdrawn else not_woken
        message = say(self.subject, self.incident, who, hubs_own(why))
        where = place(self.incident)
        alarm = one_unwoken(self, ledger, message, who, at, place=where, withdrawn=withdrawn)
        await self.desk.of(AlarmRepository).raise_(self.tx, alarm)
        words = both(
            "呼叫 {name} 失败：{why}",
            "{name} could not be woken: {why}",
            name=who,
            why=hubs_own(why),
        )
        await self.note(at, "hub", "push.failed", words, [ledger.unit])

    async def completed(self, at: datetime) -> None:
        """The order is completed."""
        self.change(state=OrderState.COMPLETED, ended_at=at, exhausted_at=None)
        words = both("{name} 处置完毕", "{name} completed", name=self.subject.name)
        await self.note(at, "hub", "order.completed", words, self.subject.units)

    async def cancel(self, *, by: str, reason: Both | str, at: datetime) -> None:
        """Cancel the order, which is open: every part that has not ended, a wake-up for each."""
        self.change(state=OrderState.CANCELLED, ended_at=at, exhausted_at=None)
        await end_all(self, at, reason=str(reason))
        words = both(
            "{name} 已撤销：{reason}",
            "{name} cancelled: {reason}",
            name=self.subject.name,
            reason=reason,
        )
        await self.note(at, by, "order.cancelled", words, self.subject.units)
