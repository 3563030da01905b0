"""What every operation has at hand: repositories, settings, and the makers of its records."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo

from hub.model.people import Principal
from hub.operations import checks
from hub.settings import OrderSettings
from hub.store.audit import Audit, Author
from hub.store.devices import Devices
from hub.store.driver import Store, Tx
from hub.store.group_commit import NO_READS, Reads
from hub.store.idempotency import Idempotency
from hub.store.inbox import InboxRepository
from hub.store.numbers import Numbers
from hub.store.outbox import Outbox
from hub.store.people import Accounts, Units

Repository = TypeVar("Repository")


@dataclass(frozen=True, slots=True)
class Call:
    """A write that somebody asks for: the operation, its checked arguments, the caller's key.

    `action` is what the audit log calls it.
    """

    operation: str
    action: str
    body: object
    key: str


@dataclass(frozen=True, slots=True)
class Done:
    """What was done to what; `before` and `after` say of it what changed, for the audit log."""

    id: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    changed: bool = True


@dataclass(frozen=True, slots=True)
class Desk:
    """The repositories operations write to. `zone` decides which day an incident is numbered in.

    `channels` are the push channels in service; None where that is not known.
    """

    store: Store
    settings: OrderSettings
    zone: ZoneInfo
    inbox: InboxRepository
    outbox: Outbox
    numbers: Numbers
    idempotency: Idempotency
    accounts: Accounts
    units: Units
    devices: Devices
    audit: Audit
    channels: frozenset[str] | None = None
    _made: dict[Any, Any] = field(default_factory=dict)

    @classmethod
    def over(
        cls,
        store: Store,
        settings: OrderSettings,
        zone: ZoneInfo,
        *,
        channels: frozenset[str] | None = None,
    ) -> "Desk":
        """A desk over one store."""
        return cls(
            store=store,
            settings=settings,
            zone=zone,
            inbox=InboxRepository(store),
            outbox=Outbox(store),
            numbers=Numbers(),
            idempotency=Idempotency(store),
            accounts=Accounts(store),
            units=Units(),
            devices=Devices(store),
            audit=Audit(),
            channels=channels,
        )

    def apart(self) -> "Desk":
        """The same over `Store.apart`: what it writes keeps nobody else's writes waiting."""
        return Desk.over(self.store.apart(), self.settings, self.zone, channels=self.channels)

    def served(self, channels: Collection[str]) -> set[str]:
        """Those push channels that are in service; all of them where that is not known."""
        return {name for name in channels if self.channels is None or name in self.channels}

    def of(self, repository: Callable[[Store], Repository]) -> Repository:
        """A capability's repository over this store, made once."""
        return made_once(self._made, repository, self.store)

    async def once(
        self,
        by: Principal,
        call: Call,
        work: Callable[[Tx], Awaitable[Done]],
        *,
        lane: str | None = None,
        reads: Reads = NO_READS,
    ) -> str:
        """Run a caller's write once per key, in one transaction with its line in the audit log.

        `lane`: whose writers it goes with, if anybody's; `reads`: rows it will ask for. Gives the
        id of what it was done to. Raises UserFault IDEMPOTENCY_CONFLICT when the key was used for
        something else.
        """
        sealed = checks.fingerprint("call", [by.account_id, checks.key(call.key)])
        asked = checks.fingerprint(call.operation, call.body)

        async def audited(tx: Tx) -> dict[str, Any]:
            done = await work(tx)
            if done.changed:
                await self.audit.append(
                    Author.of(by).act(call.action, done.id, before=done.before, after=done.after),
                    tx=tx,
                )
            return {"id": done.id}

        kept = await self.idempotency.once(sealed, asked, audited, lane=lane or "", reads=reads)
        return str(kept.result["id"])

    def day(self, at: datetime) -> date:
        """The area's day at this moment."""
        return at.astimezone(self.zone).date()


def made_once(
    made: dict[Any, Any], repository: Callable[[Store], Repository], store: Store
) -> Repository:
    """The repository out of `made`, where it is kept once it was made."""
    found: Repository | None = made.get(repository)
    if found is None:
        found = made[repository] = repository(store)
    return found


def new_id() -> str:
    """An id that says nothing."""
    return uuid4().hex
