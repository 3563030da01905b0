"""Many at once on one incident: every write exactly once, nothing lost, nobody in another's way."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, TypeVar

import pytest
import structlog.testing
from operations_builders import World, fresh, operations
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import NetworkTimeout, OperationFailure

from hub.bus import Bus
from hub.clock import ManualClock
from hub.errors import AccessDenied, RetryLater, UserFault
from hub.model.operations import IncidentState, OrderState, Stage
from hub.model.people import Principal
from hub.operations.asking.documents import RecipientDoc
from hub.operations.asking.escalator import Escalator
from hub.operations.bulletins.actions import publish_bulletin, request_of
from hub.operations.facade import Operations
from hub.operations.incidents.actions import close_incident
from hub.operations.incidents.store import IncidentRepository
from hub.operations.orders.actions import cancel_order
from hub.operations.orders.documents import OrderDoc
from hub.store.audit import Audit
from hub.store.documents import InboxDoc, OutboxDoc
from hub.store.driver import Tx
from hub.store.numbers import Numbers

Result = TypeVar("Result")
WRITERS, ORDERS = 16, 5
ANSWERS = ("received", "seen", "accepted", "enRoute", "arrived", "done")


async def persistent(call: Callable[[], Awaitable[Result]]) -> Result:
    """As a client does it: told to come again, it comes again with the same id."""
    while True:
        try:
            return await call()
        except RetryLater:
            continue


@dataclass
class Storm:
    """Sixteen writers on one incident, each with officers of its own and one whom all order."""

    world: World
    incident: str
    everybodys: Principal
    orders: list[OrderDoc] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    applied: Counter[str] = field(default_factory=Counter)

    async def writer(self, number: int, ops: Operations) -> None:
        """Order, answer, decline, cancel; every second call is made twice, with one key."""
        dice = Random(number)
        world = World(self.world.store, ops)
        mine, spare = await world.officer(), await world.officer()
        for _ in range(ORDERS):
            to = [mine, self.everybodys] if dice.random() < 0.3 else [mine]
            key = fresh("key")
            call = partial(
                world.order, *to, incident=self.incident, escalation=[spare.account_id], key=key
            )
            sent = [persistent(call) for _ in range(dice.choice((1, 2)))]
            order, *again = await asyncio.gather(*sent)
            assert all(other.id == order.id for other in again)
            self.orders.append(order)
            match dice.choice(("work", "decline", "cancel", "silence")):
                case "work":
                    for answer in ANSWERS:
                        await self._act(world, mine, answer, order)
                case "decline":
                    await self._act(world, mine, "declined", order)
                    await self._act(world, spare, "accepted", order)
                case "cancel":
                    call = partial(
                        cancel_order, ops.desk, world.watch, order_id=order.id, reason="误报"
                    )
                    await persistent(partial(call, key=fresh("key")))
                    self.cancelled.append(order.id)

    async def _act(self, world: World, by: Principal, answer: str, order: OrderDoc) -> None:
        action = fresh("action")
        call = partial(world.act, by, f"order.{answer}", action_id=action, orderId=order.id)
        results = await asyncio.gather(persistent(call), persistent(call))
        statuses = sorted(result.status for result in results)
        assert statuses in (["applied", "duplicate"], ["conflict", "conflict"]), results
        self.applied[answer] += statuses[0] == "applied"

    async def check(self) -> None:
        """Nothing is missing, nothing is there twice."""
        stored = await OrderDoc.find_all().to_list()
        assert {order.id for order in stored} == {order.id for order in self.orders}
        assert len(stored) == WRITERS * ORDERS
        assert len({order.number for order in stored}) == len(stored)
        kinds = Counter(await self.world.timeline(self.incident))
        assert kinds["order.dispatched"] == len(stored)
        assert kinds["order.cancelled"] == len(self.cancelled)
        for answer, kind in (
            ("accepted", "order.accepted"),
            ("enRoute", "order.en_route"),
            ("arrived", "order.arrived"),
            ("done", "order.done"),
            ("declined", "order.declined"),
        ):
            assert kinds[kind] == self.applied[answer]
        states = Counter(order.state for order in stored)
        assert states[OrderState.CANCELLED] == len(self.cancelled)
        assert kinds["order.completed"] == states[OrderState.COMPLETED]
        ledgers = await RecipientDoc.find_all().to_list()
        for ledger in ledgers:  # a stage is once in a ledger, but for what the hub says again
            stages = Counter(line.stage for line in ledger.entries)
            assert max(stages.values()) == 1, ledger
        created = await OutboxDoc.find({"topic": "order.created"}).to_list()
        assert Counter(row.recipient_id for row in created) == Counter(row.id for row in ledgers)
        await self._inboxes({ledger.account_id for ledger in ledgers})

    async def _inboxes(self, accounts: set[str]) -> None:
        for account in accounts:
            rows = await InboxDoc.find({"account_id": account}).sort("seq").to_list()
            assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
            assert await self.world.ops.desk.inbox.head(account) == len(rows)
            told = {row.data["id"] for row in rows if row.entity == "order"}
            mine = await RecipientDoc.find({"account_id": account}).to_list()
            assert told == {ledger.subject_id for ledger in mine}


async def _escalate_until(done: asyncio.Event, escalator: Escalator, clock: ManualClock) -> None:
    while not done.is_set():
        clock.advance(seconds=20)
        await escalator.step()
        await asyncio.sleep(0)


async def _storm(world: World, clock: ManualClock, *others: Operations) -> Storm:
    storm = Storm(world, (await world.incident()).id, await world.officer())
    sides = (world.ops, *others)
    done = asyncio.Event()
    escalating = asyncio.create_task(_escalate_until(done, world.escalator(), clock))
    try:
        async with asyncio.TaskGroup() as writers:
            for number in range(WRITERS):
                writers.create_task(storm.writer(number, sides[number % len(sides)]))
    finally:
        done.set()
        await escalating
    await storm.check()
    return storm


async def test_a_storm_on_one_incident_repeats_nothing(world: World, clock: ManualClock) -> None:
    """Orders, answers, escalations and cancellations at once in one process: none is aborted."""
    before = world.store.lanes.conflicts
    await _storm(world, clock)
    assert world.store.lanes.conflicts == before


async def test_a_storm_from_three_processes_loses_nothing(world: World, clock: ManualClock) -> None:
    """Other processes know nothing of this one's lanes: what meets is repeated, and comes out."""
    others = [world.store.beside(world.store.db.name) for _ in range(2)]
    await _storm(world, clock, *(operations(store) for store in others))


@pytest.mark.parametrize("processes", [1, 2])
async def test_closing_while_orders_are_dispatched_leaves_none_open(
    world: World, processes: int
) -> None:
    """Whoever is first: an order is refused, or it is cancelled with its incident."""
    other = world.store.beside(world.store.db.name)
    second = operations(other) if processes == 2 else world.ops
    for _ in range(4):
        officers = [await world.officer() for _ in range(4)]
        incident = await world.incident()
        await world.order(officers[0], incident=incident.id)
        told = await asyncio.gather(
            *(world.order(officers[number % 4], incident=incident.id) for number in range(WRITERS)),
            close_incident(
                second.desk, world.watch, incident_id=incident.id, outcome="好", key=fresh("key")
            ),
            return_exceptions=True,
        )
        refused = [item for item in told if isinstance(item, BaseException)]
        assert {item.code for item in refused if isinstance(item, UserFault)} <= {"INCIDENT_CLOSED"}
        assert all(isinstance(item, UserFault) for item in refused)
        closed = await world.ops.desk.of(IncidentRepository).for_hub(incident.id)
        assert closed is not None
        assert closed.state is IncidentState.CLOSED
        stored = await OrderDoc.find({"incident_id": incident.id}).to_list()
        assert len(stored) == 1 + WRITERS - len(refused)
        assert {order.state for order in stored} == {OrderState.CANCELLED}


async def test_orders_at_once_draw_their_numbers_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of sixteen orders that wait together three are refused: one call, no number is missing."""
    officer, off = await world.officer(), await world.officer(on_duty=False)
    incident = await world.incident()
    drawn: list[int] = []
    draw = Numbers._next

    async def counted(numbers: Numbers, series: str, many: int = 1) -> int:
        drawn.append(many)
        return await draw(numbers, series, many)

    monkeypatch.setattr(Numbers, "_next", counted)
    told = await _at_once(
        world, incident.id, *(off if n in {2, 8, 15} else officer for n in range(16))
    )
    numbers = {order.number for order in told if isinstance(order, OrderDoc)}
    assert numbers == {f"{incident.number}-{n:02}" for n in range(1, 14)}
    assert drawn == [16]
    assert (await world.order(officer, incident=incident.id)).number == f"{incident.number}-14"


async def test_numbers_of_an_attempt_that_was_given_up_are_put_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conflict after the numbers were drawn, twice: the third attempt has the same numbers."""
    officer = await world.officer()
    incident = await world.incident()
    drawn: list[int] = []
    draw = Numbers._next

    async def counted(numbers: Numbers, series: str, many: int = 1) -> int:
        drawn.append(await draw(numbers, series, many))
        return drawn[-1]

    note, meets = world.ops.desk.of(IncidentRepository).note, iter([True, True])

    async def noted(*given: Any) -> None:
        if next(meets, False):
            conflict = OperationFailure("conflict", 112)
            conflict._add_error_label("TransientTransactionError")
            raise conflict
        await note(*given)

    monkeypatch.setattr(Numbers, "_next", counted)
    monkeypatch.setattr(world.ops.desk.of(IncidentRepository), "note", noted)
    order = await world.order(officer, incident=incident.id)
    assert (order.number, drawn) == (f"{incident.number}-01", [1, 1, 1])
    assert (await world.order(officer, incident=incident.id)).number == f"{incident.number}-02"


@pytest.mark.parametrize("series", ["incident", "bulletin"])
async def test_a_number_of_the_day_that_was_given_up_is_given_again(
    world: World, monkeypatch: pytest.MonkeyPatch, series: str
) -> None:
    """Who reads the numbers of a day finds none missing that another's conflict has cost."""
    reader = await world.officer()
    audit, meets = Audit.append, iter([True, True])

    async def conflicting(*given: Any, **named: Any) -> None:
        if next(meets, False):
            conflict = OperationFailure("conflict", 112)
            conflict._add_error_label("TransientTransactionError")
            raise conflict
        await audit(*given, **named)

    async def given() -> str:
        if series == "incident":
            return (await world.incident()).number
        asked = request_of(title="出口关闭", text="请走东侧", officers=[reader.account_id])
        made = await publish_bulletin(world.ops.desk, world.watch, asked, fresh("key"))
        return made.number

    first = await given()
    monkeypatch.setattr(Audit, "append", conflicting)
    second = await given()
    assert next(meets, None) is None
    assert int(second[-3:]) == int(first[-3:]) + 1


async def test_numbers_that_others_have_drawn_behind_are_not_put_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one would be given twice: that of the attempt that was given up is missing."""
    officer = await world.officer()
    incident = await world.incident()
    note, meets = world.ops.desk.of(IncidentRepository).note, iter([True])

    async def noted(tx: Tx, *given: Any) -> None:
        if next(meets, False):
            await Numbers()._next(f"order:{incident.number}")
            raise AccessDenied("FORBIDDEN", "no")
        await note(tx, *given)

    monkeypatch.setattr(world.ops.desk.of(IncidentRepository), "note", noted)
    with pytest.raises(AccessDenied):
        await world.order(officer, incident=incident.id)
    assert (await world.order(officer, incident=incident.id)).number == f"{incident.number}-03"


async def test_numbers_that_cannot_be_put_back_fail_no_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two orders of which one is refused: the other is given, and it is said what is missing."""
    officer, off = await world.officer(), await world.officer(on_duty=False)
    incident = await world.incident()
    monkeypatch.setattr(AsyncCollection, "update_one", _not_taken(AsyncCollection.update_one))
    with structlog.testing.capture_logs() as logs:
        order, refused = await _at_once(world, incident.id, officer, off)
    assert isinstance(order, OrderDoc)
    assert order.number == f"{incident.number}-01"
    assert isinstance(refused, UserFault)
    assert [(line["event"], line["many"]) for line in logs if "numbers" in line["event"]] == [
        ("numbers_not_put_back", 1)
    ]


async def _at_once(
    world: World, incident: str, *officers: Principal
) -> list[OrderDoc | BaseException]:
    """What becomes of an order to each of these, written together."""
    waiting = world.ops.desk.idempotency._commits._waiting
    async with world.store.lanes.held(incident):
        calls = [
            asyncio.create_task(world.order(officer, incident=incident)) for officer in officers
        ]
        while True:
            await asyncio.sleep(0)
            if len(waiting.get(incident, ())) == len(officers):
                break
    return await asyncio.gather(*calls, return_exceptions=True)


def _not_taken(update: Any) -> Any:
    async def updated(rows: AsyncCollection[dict[str, Any]], *given: Any, **more: Any) -> Any:
        if rows.name == "counters":
            raise NetworkTimeout("the connection is dead")
        return await update(rows, *given, **more)

    return updated


async def test_a_fault_among_many_is_its_callers_alone(world: World) -> None:
    """Of sixteen orders at once three are wrong: those are refused, each with its own code."""
    officer, off = await world.officer(), await world.officer(on_duty=False)
    incident = await world.incident()
    wrong = {3: "nobody", 7: off.account_id, 11: officer.account_id}
    told = await asyncio.gather(
        *(
            world.order(
                incident=incident.id,
                recipients=[officer.account_id, wrong[n]] if n in wrong else [officer.account_id],
            )
            for n in range(16)
        ),
        return_exceptions=True,
    )
    codes = [item.code if isinstance(item, UserFault) else None for item in told]
    expected = {3: "RECIPIENT_UNKNOWN", 7: "RECIPIENT_OFF_DUTY", 11: "RECIPIENT_DUPLICATE"}
    assert codes == [expected.get(number) for number in range(16)]
    assert await OrderDoc.count() == 13
    assert await world.stages_of(officer) == [Stage.QUEUED] * 13
    assert (await world.timeline(incident.id)).count("order.dispatched") == 13


async def test_one_key_in_two_processes_is_one_order(world: World) -> None:
    """Two processes are given one call at the same moment: one order, and both answer with it."""
    other = world.store.beside(world.store.db.name)
    there = World(other, operations(other))
    officer, incident = await world.officer(), await world.incident()
    for _ in range(5):
        key = fresh("key")
        orders = await asyncio.gather(
            *(
                side.order(officer, incident=incident.id, key=key)
                for side in (world, there, world, there)
            )
        )
        assert len({order.id for order in orders}) == 1
    assert await OrderDoc.count() == 5


async def test_an_escalator_in_another_process_and_an_answer_agree(
    world: World, clock: ManualClock
) -> None:
    """Two processes act on the same orders: each part is passed on or accepted, never both."""
    other = world.store.beside(world.store.db.name)
    incident = (await world.incident()).id
    officers = [await world.officer() for _ in range(12)]
    spare = await world.officer()
    orders = [
        await world.order(officer, incident=incident, escalation=[spare.account_id])
        for officer in officers
    ]
    clock.advance(minutes=2)
    await asyncio.gather(
        Escalator(operations(other).desk, Bus(), "two").step(),
        *(
            world.act(officer, "order.accepted", orderId=order.id)
            for officer, order in zip(officers, orders, strict=True)
        ),
    )
    clock.advance(minutes=2)
    await world.escalator().step()
    for officer, order in zip(officers, orders, strict=True):
        stages = await world.stages(order)
        assert stages[officer.account_id] is Stage.ACCEPTED
        assert stages.get(spare.account_id) in {None, Stage.ESCALATED}
        assert (await world.read_order(order)).exhausted_at is None
