"""What every operation has at hand: repositories, settings, and the makers of its records."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from hub.model.operations import OrderPriority
from hub.model.people import SCOPES, Principal, Scope
from hub.operations import checks
from hub.settings import OrderSettings
from hub.store.alarms import AlarmRepository
from hub.store.audit import Audit
from hub.store.devices import Devices
from hub.store.documents import AccountDoc, OutboxDoc, RecipientDoc, TimelineEntry
from hub.store.driver import Store, Tx
from hub.store.group_commit import NO_READS, Reads
from hub.store.idempotency import Idempotency
from hub.store.inbox import InboxRepository
from hub.store.incidents import IncidentRepository, Numbers
from hub.store.orders import OrderRepository
from hub.store.outbox import Outbox
from hub.store.people import Accounts, Units

CREATED = "order.created"
CANCELLED = "order.cancelled"
PASSED_ON = "order.escalated"


@dataclass(frozen=True, slots=True)
class Desk:
    """The repositories operations write to. `zone` decides which day an incident is numbered in.

    `channels` are the push channels in service; None where that is not known.
    """

    store: Store
    settings: OrderSettings
    zone: ZoneInfo
    incidents: IncidentRepository
    orders: OrderRepository
    inbox: InboxRepository
    outbox: Outbox
    alarms: AlarmRepository
    numbers: Numbers
    idempotency: Idempotency
    accounts: Accounts
    units: Units
    devices: Devices
    audit: Audit
    channels: frozenset[str] | None = None

    @classmethod
    def over(
        cls,
        store: Store,
        settings: OrderSettings | None = None,
        zone: ZoneInfo = ZoneInfo("Asia/Shanghai"),  # noqa: B008  # immutable
        channels: frozenset[str] | None = None,
    ) -> "Desk":
        """A desk over one store."""
        return cls(
            store=store,
            settings=settings or OrderSettings(),
            zone=zone,
            incidents=IncidentRepository(store),
            orders=OrderRepository(store),
            inbox=InboxRepository(store),
            outbox=Outbox(store),
            alarms=AlarmRepository(store),
            numbers=Numbers(),
            idempotency=Idempotency(store),
            accounts=Accounts(store),
            units=Units(),
            devices=Devices(store),
            audit=Audit(),
            channels=channels,
        )

    async def once(
        self,
        by: Principal,
        operation: str,
        body: object,
        key: str,
        work: Callable[[Tx], Awaitable[dict[str, Any]]],
        *,
        lane: str | None = None,
        reads: Reads = NO_READS,
    ) -> str:
        """Run a caller's write once per key, in one transaction; the `id` in its result.

        `lane`: the incident it writes to, if there is one already; `reads`: rows it will ask for.
        Raises UserFault IDEMPOTENCY_CONFLICT when the key was used for something else.
        """
        sealed = checks.fingerprint("call", [by.account_id, checks.key(key)])
        asked = checks.fingerprint(operation, body)
        kept = await self.idempotency.once(sealed, asked, work, lane=lane or "", reads=reads)
        return str(kept.result["id"])

    def day(self, at: datetime) -> date:
        """The area's day at this moment."""
        return at.astimezone(self.zone).date()


def new_id() -> str:
    """An id that says nothing."""
    return uuid4().hex


def entry(
    at: datetime, by: str, kind: str, words: str, units: Iterable[str | None] = ()
) -> TimelineEntry:
    """A line of an incident's timeline; `by` is an account, or `hub`.

    `units`: those of whom it speaks.
    """
    named = sorted({unit for unit in units if unit is not None})
    return TimelineEntry(at=at, by=by, kind=kind, text=words, units=named)


def can_be_ordered(account: AccountDoc) -> bool:
    """Whether an account can receive an order: only who may answer it (officers and liaisons)."""
    return account.active and Scope.FIELD_WORK in SCOPES[account.role]


def wake(
    recipient: RecipientDoc, topic: str, at: datetime, *, priority: OrderPriority
) -> OutboxDoc:
    """A wake-up for a recipient. Its id is the event id the phone sees: random, and kept."""
    return OutboxDoc(
        id=new_id(),
        account_id=recipient.account_id,
        recipient_id=recipient.id,
        topic=topic,
        priority=priority,
        due_at=at,
        created_at=at,
    )
