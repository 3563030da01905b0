"""People, incidents, orders and a push channel for the tests of operations."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from hub import clock
from hub.bus import Bus
from hub.model.operations import Stage
from hub.model.people import SCOPES, Principal, Role
from hub.operations.actions import ActionResult, FieldAction
from hub.operations.asking.documents import RecipientDoc
from hub.operations.asking.escalator import Escalator
from hub.operations.asking.parts import Teller
from hub.operations.desk import Desk
from hub.operations.facade import Operations
from hub.operations.incidents import actions as incidents
from hub.operations.incidents.documents import IncidentDoc
from hub.operations.incidents.store import IncidentRepository
from hub.operations.orders import actions as orders
from hub.operations.orders.documents import OrderDoc
from hub.operations.waking.channels import Outcome, Wake
from hub.operations.waking.dispatcher import Dispatcher
from hub.settings import OrderSettings
from hub.store.devices import DeviceInfo, Devices, PushAddress
from hub.store.documents import AccountDoc, DeviceDoc, Duty, NameDoc, OutboxDoc
from hub.store.driver import Store, Tx

Answer = Callable[[DeviceDoc, Wake], Outcome | Awaitable[Outcome]]
_ids = count(1)


def operations(store: Store, *, channels: frozenset[str] | None = None) -> Operations:
    """Operations over a store, as configured by default, in Shanghai."""
    zone = ZoneInfo("Asia/Shanghai")
    return Operations(Desk.over(store, OrderSettings(), zone, channels=channels))


def fresh(prefix: str) -> str:
    """An id that no other test uses."""
    return f"{prefix}-{next(_ids)}"


def principal(login: str, role: Role, unit: str | None = None) -> Principal:
    """A signed-in caller."""
    return Principal(
        account_id=login,
        login=login,
        role=role,
        unit=unit,
        scopes=SCOPES[role],
        session_id="session",
        expires_at=clock.now() + timedelta(hours=1),
    )


class Abandoned(Exception):  # no error: a test's own rollback
    """Raised to roll a transaction back."""


@dataclass
class FakeChannel:
    """A push service that takes everything, or answers as told; it remembers what it was sent."""

    answer: Answer = lambda _device, _wake: Outcome.sent("vendor-id")
    name: str = "fcm"
    sent: list[tuple[str, Wake]] = field(default_factory=list)
    taken: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, device: DeviceDoc, wake: Wake) -> Outcome:
        self.sent.append((device.account_id, wake))
        self.taken.set()
        outcome = self.answer(device, wake)
        return outcome if isinstance(outcome, Outcome) else await outcome

    @property
    def woken(self) -> list[str]:
        """The accounts, in the order they were woken."""
        return [account for account, _ in self.sent]


@dataclass
class World:
    """The operations under test over a real database, and shorthand for what tests do."""

    store: Store
    ops: Operations
    watch: Principal = field(default_factory=lambda: principal("watch", Role.WATCH))

    async def officer(
        self,
        login: str = "",
        *,
        unit: str | None = "RPS",
        on_duty: bool = True,
        role: Role = Role.OFFICER,
        phone: bool = True,
        active: bool = True,
    ) -> Principal:
        """A stored account with a phone that can be woken; as a caller."""
        login = login or fresh("officer")
        await AccountDoc(
            id=login,
            login=login,
            password_hash="x",
            role=role,
            unit=unit,
            name=NameDoc(zh=f"队员{login}"),
            duty=Duty(on=on_duty, since=clock.now() if on_duty else None),
            active=active,
            created_at=clock.now(),
        ).insert()
        if phone:
            await self.phone(login)
        return principal(login, role, unit)

    async def crowd(self, many: int, *, unit: str = "RPS") -> list[Principal]:
        """Officers of one unit on duty, without phones; as callers."""
        people = [principal(fresh("one"), Role.OFFICER, unit) for _ in range(many)]
        now = clock.now()
        await AccountDoc.insert_many(
            [
                AccountDoc(
                    id=one.account_id,
                    login=one.login,
                    password_hash="x",
                    role=one.role,
                    unit=unit,
                    name=NameDoc(zh=one.login),
                    duty=Duty(on=True, since=now),
                    created_at=now,
                )
                for one in people
            ]
        )
        return people

    async def phone(self, login: str, device: str = "phone", channel: str = "fcm") -> None:
        """A phone with a push token of its own."""
        devices = Devices(self.store)
        await devices.register(login, DeviceInfo(device, "android"))
        await devices.set_push(login, device, PushAddress(channel, token=f"token-{login}-{device}"))

    async def incident(self, by: Principal | None = None, **given: Any) -> IncidentDoc:
        """An open incident."""
        key = given.pop("key", fresh("key"))
        asked = {"kind": "CROWD", "title": "北广场客流积压", "units": ["RPS"]}
        request = incidents.request_of(**{**asked, **given})
        return await incidents.open_incident(self.ops.desk, by or self.watch, request, key)

    async def order(self, *to: Principal, incident: str | None = None, **given: Any) -> OrderDoc:
        """A dispatched order to these officers."""
        asked = {
            "incident_id": incident or (await self.incident()).id,
            "text": "请到北广场疏导旅客",
            "recipients": [person.account_id for person in to],
        }
        key = given.pop("key", fresh("key"))
        request = orders.request_of(**{**asked, **given})
        return await orders.dispatch_order(self.ops.desk, self.watch, request, key)

    async def cancel(self, order: OrderDoc, *, key: str | None = None) -> OrderDoc:
        """The order, cancelled by the watch."""
        asked = {"order_id": order.id, "reason": "误报", "key": key or fresh("key")}
        return await orders.cancel_order(self.ops.desk, self.watch, **asked)

    async def reassign(
        self, order: OrderDoc, officer: Principal, to: Principal, *, stage: Stage | None = None
    ) -> OrderDoc:
        """The order after the watch, who knows how it stands (or `stage`), gave one's part on."""
        known = await self.stages(order)
        return await orders.reassign_order(
            self.ops.desk,
            self.watch,
            order_id=order.id,
            officer=officer.account_id,
            to=to.account_id,
            reason="距离较远",
            key=fresh("key"),
            stage=stage or known.get(officer.account_id),
        )

    async def act(
        self,
        by: Principal,
        kind: str,
        /,
        *,
        action_id: str | None = None,
        at: datetime | None = None,
        device: str = "phone",
        **body: Any,
    ) -> ActionResult:
        """One action of an officer's phone."""
        action = FieldAction(
            id=action_id or fresh("action"),
            kind=kind,
            at=at or clock.now(),
            device_id=device,
            body=body,
        )
        return await self.ops.act(by, action)

    async def ledger(self, order: OrderDoc, officer: Principal) -> RecipientDoc:
        """The officer's ledger in the order."""
        found = await RecipientDoc.get(f"{order.id}:{officer.account_id}")
        assert found is not None
        return found

    async def stages(self, order: OrderDoc) -> dict[str, Stage]:
        """How far the order has come with each recipient."""
        rows = await RecipientDoc.find({"subject_id": order.id}).to_list()
        return {row.account_id: row.stage for row in rows}

    async def stages_of(self, officer: Principal) -> list[Stage]:
        """How far each of the officer's orders has come, oldest first."""
        rows = RecipientDoc.find({"account_id": officer.account_id}).sort("created_at", "_id")
        return [row.stage for row in await rows.to_list()]

    async def read_order(self, order: OrderDoc) -> OrderDoc:
        """The order as it is stored now."""
        found = await OrderDoc.get(order.id)
        assert found is not None
        return found

    async def timeline(self, incident_id: str) -> list[str]:
        """The kinds of the incident's timeline entries, in order."""
        found = await self.ops.desk.of(IncidentRepository).timelines(
            self.watch.viewer, [incident_id]
        )
        return [line.kind for line in found[incident_id]]

    async def outbox(self) -> dict[str, str]:
        """The state of each account's last wake-up."""
        rows = await OutboxDoc.find_all().sort("created_at").to_list()
        return {row.account_id: row.state for row in rows}

    async def counts(self) -> dict[str, int]:
        """How many documents each collection of operations holds."""
        names = ("incidents", "timeline", "orders", "recipients", "outbox", "inbox", "inbox_heads")
        more = ("idempotency", "counters", "audit")
        return {name: await self.store.db[name].count_documents({}) for name in (*names, *more)}

    def dispatcher(self, channel: FakeChannel, owner: str = "one", **given: Any) -> Dispatcher:
        """A dispatcher with this channel."""
        return Dispatcher(self.ops.desk, Bus(), {channel.name: channel}, owner, **given)

    async def send_all(self, channel: FakeChannel, **given: Any) -> int:
        """One pass of a dispatcher, with what it leads to; how many rows it took."""
        dispatcher = self.dispatcher(channel, **given)
        taken = await dispatcher.take_all()
        await dispatcher.drain(30)
        return taken

    def escalator(self) -> Escalator:
        """An escalator."""
        return Escalator(self.ops.desk, Bus(), "one")

    def teller(self, owner: str = "one") -> Teller:
        """Who tells what many are told."""
        return Teller(self.ops.desk, Bus(), owner)

    async def until(self, collection: str, query: dict[str, Any]) -> dict[str, Any]:
        """The first document that answers the query, as soon as it is written."""
        rows = self.store.db[collection]
        async with await rows.watch() as stream:
            while (found := await rows.find_one(query)) is None:
                await anext(stream)
        return found

    @asynccontextmanager
    async def held(self, collection: str, query: dict[str, Any]) -> AsyncIterator[None]:
        """A document held by somebody's open transaction, as a killed process leaves it behind."""
        locked, release = asyncio.Event(), asyncio.Event()

        async def hold(tx: Tx) -> None:
            await self.store.db[collection].update_one(query, {"$set": {"held": 1}}, session=tx)
            locked.set()
            await release.wait()
            raise Abandoned

        holding = asyncio.create_task(self.store.transaction(hold))
        await locked.wait()
        yield
        release.set()
        with suppress(Abandoned):
            await holding

    async def expire_leases(self) -> None:
        """As if the time of every lease in the outbox had passed."""
        await self.store.db["outbox"].update_many(
            {"lease_until": {"$ne": None}},
            {"$set": {"lease_until": datetime(2000, 1, 1, tzinfo=UTC)}},
        )
