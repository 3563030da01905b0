"""The way into operations for every API: one method per thing a person can do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hub import clock
from hub.errors import NotFound
from hub.model.common import Position
from hub.model.operations import IncidentKind, OrderPriority
from hub.model.people import Principal
from hub.model.situations import Severity
from hub.operations import fieldwork
from hub.operations.actions import ActionResult, FieldAction
from hub.operations.alarms.acknowledging import acknowledge_alarm
from hub.operations.alarms.documents import AlarmDoc
from hub.operations.alarms.store import AlarmRepository
from hub.operations.asking.store import Recipients
from hub.operations.desk import Desk
from hub.operations.incidents import actions as incidents
from hub.operations.incidents.documents import IncidentDoc
from hub.operations.incidents.store import IncidentRepository
from hub.operations.orders import actions as orders
from hub.operations.orders.documents import OrderDoc
from hub.operations.orders.store import OrderRepository
from hub.operations.telling.inbox import Inbox, SyncPage
from hub.settings import OrderSettings
from hub.store.driver import Store

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Metrics:
    """The signals of operations; ages in seconds, None where nothing waits.

    `oldest_unsent` counts from when a wake-up was queued, and grows while a push service is down.
    `dispatch_lag` counts from when one was due: it tells whether the dispatchers keep up.
    `dead` wake-ups were given up. `unacknowledged` parts await an answer; those `overdue` should
    have been escalated.
    """

    unsent: int
    oldest_unsent: float | None
    dispatch_lag: float
    dead: int
    unacknowledged: int
    oldest_unacknowledged: float | None
    overdue: int


def _age(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else max(0.0, (now - since).total_seconds())


class Operations:
    """Incidents, orders, field actions and sync.

    Every write takes a client-made `key` (field actions: their id) and works once: the same key
    with the same body gives the same result, with another body UserFault IDEMPOTENCY_CONFLICT.
    Faults are UserFault with a stable `code` and the `path` of the argument; AccessDenied without
    the scope; NotFound for what is absent or not the caller's to see. Nothing is written then.
    """

    def __init__(
        self,
        store: Store,
        settings: OrderSettings,
        *,
        zone: ZoneInfo = SHANGHAI,
        channels: frozenset[str] | None = None,
    ) -> None:
        self.desk = Desk.over(store, settings, zone, channels)
        self.inbox = Inbox(self.desk)

    async def open_incident(
        self,
        by: Principal,
        *,
        kind: IncidentKind | str,
        title: str,
        description: str | None = None,
        severity: Severity | str = Severity.UNKNOWN,
        place: str | None = None,
        position: Position | None = None,
        units: Sequence[str] = (),
        exercise: bool = False,
        key: str,
    ) -> IncidentDoc:
        """Open an incident (事件), numbered `YYYYMMDD-NNN` in the area's day.

        Needs INCIDENTS_WRITE; a liaison opens incidents of its own unit only.
        Codes: BAD_TEXT, BAD_VALUE, BAD_POSITION, TOO_MANY_UNITS, UNIT_UNKNOWN.
        """
        asked = incidents.request_of(
            kind=kind,
            title=title,
            description=description,
            severity=severity,
            place=place,
            position=position,
            units=units,
            exercise=exercise,
        )
        return await self._incident(by, await incidents.open_incident(self.desk, by, asked, key))

    async def close_incident(
        self, by: Principal, *, incident_id: str, outcome: str, key: str
    ) -> IncidentDoc:
        """Close an incident and cancel its open orders, in one transaction.

        Needs INCIDENTS_WRITE, and ORDERS_WRITE where orders are open; a liaison closes only what
        involves no other unit. Codes: NOT_FOUND, INCIDENT_CLOSED, BAD_TEXT.
        """
        closed = await incidents.close_incident(
            self.desk, by, incident_id=incident_id, outcome=outcome, key=key
        )
        return await self._incident(by, closed)

    async def dispatch_order(
        self,
        by: Principal,
        *,
        incident_id: str,
        text: str,
        recipients: Sequence[str],
        escalation: Sequence[str] = (),
        priority: OrderPriority | str = OrderPriority.URGENT,
        accept_within_s: int | None = None,
        key: str,
    ) -> OrderDoc:
        """Dispatch an order (指令) to accounts named by id or login. Needs ORDERS_WRITE.

        Recipients must be officers or liaisons on duty; `escalation` names who else is asked, in
        that order, and may be off duty now. Whom it will not reach is said in the order's
        `warnings`. Codes: NOT_FOUND, INCIDENT_CLOSED, BAD_TEXT, BAD_VALUE, RECIPIENT_COUNT,
        RECIPIENT_UNKNOWN, RECIPIENT_ROLE, RECIPIENT_OFF_DUTY, RECIPIENT_DUPLICATE,
        ESCALATION_NAMES_RECIPIENT.
        """
        if accept_within_s is None:
            accept_within_s = self.desk.settings.accept_within // timedelta(seconds=1)
        asked = orders.request_of(
            incident_id=incident_id,
            text=text,
            recipients=recipients,
            escalation=escalation,
            priority=priority,
            accept_within_s=accept_within_s,
        )
        return await self._order(by, await orders.dispatch_order(self.desk, by, asked, key))

    async def cancel_order(
        self, by: Principal, *, order_id: str, reason: str, key: str
    ) -> OrderDoc:
        """Cancel an open order. Needs ORDERS_WRITE. Codes: NOT_FOUND, ORDER_ENDED, BAD_TEXT."""
        cancelled = await orders.cancel_order(
            self.desk, by, order_id=order_id, reason=reason, key=key
        )
        return await self._order(by, cancelled)

    async def acknowledge_alarm(self, by: Principal, *, alarm_id: str, key: str) -> AlarmDoc:
        """Say that the caller sees to an alarm. Needs ALARMS_WRITE. Codes: NOT_FOUND, BAD_ID."""
        done = await acknowledge_alarm(self.desk, by, alarm_id=alarm_id, key=key)
        found = await self.desk.of(AlarmRepository).get(done, by.viewer)
        if found is None:
            raise NotFound("alarm", done)
        return found

    async def act(self, by: Principal, action: FieldAction) -> ActionResult:
        """Apply one action of the field app; see `fieldwork.act`. Needs FIELD_WORK."""
        return await fieldwork.act(self.desk, by, action)

    async def sync(self, account_id: str, seq: int | None, limit: int) -> SyncPage:
        """A page of the account's sync stream; see `Inbox.changes_since`."""
        return await self.inbox.changes_since(account_id, seq, limit)

    async def snapshot(self, account_id: str) -> SyncPage:
        """What the account's phone should hold now; see `Inbox.snapshot`."""
        return await self.inbox.snapshot(account_id)

    async def database_answers(self) -> bool:
        """Whether what failed, or is late, may be laid to the database."""
        return await self.desk.store.answers()

    async def metrics(self) -> Metrics:
        """What waits, and for how long."""
        now = clock.now()
        backlog = await self.desk.outbox.backlog()
        waiting = await self.desk.of(Recipients).waiting(now)
        return Metrics(
            unsent=backlog.queued,
            oldest_unsent=_age(backlog.oldest, now),
            dispatch_lag=_age(backlog.due_since, now) or 0.0,
            dead=backlog.dead,
            unacknowledged=waiting.count,
            oldest_unacknowledged=_age(waiting.since, now),
            overdue=waiting.overdue,
        )

    async def dispatch_lag(self) -> float:
        """As in `metrics`."""
        return _age((await self.desk.outbox.backlog()).due_since, clock.now()) or 0.0

    async def _incident(self, by: Principal, incident_id: str) -> IncidentDoc:
        """The incident as far as the caller may read it."""
        found = await self.desk.of(IncidentRepository).get(incident_id, by.viewer)
        if found is None:
            raise NotFound("incident", incident_id)
        return found

    async def _order(self, by: Principal, order_id: str) -> OrderDoc:
        found = await self.desk.of(OrderRepository).get(order_id, by.viewer)
        if found is None:
            raise NotFound("order", order_id)
        return found
