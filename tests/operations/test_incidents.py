"""Opening, closing and seeing incidents."""

from datetime import UTC, datetime
from typing import Any

import pytest
from operations_builders import World, fresh, principal

from hub.clock import ManualClock
from hub.errors import AccessDenied, NotFound, UserFault
from hub.model.common import Position
from hub.model.operations import IncidentState, OrderState, Stage
from hub.model.people import Role
from hub.operations.incidents.actions import close_incident
from hub.operations.incidents.documents import IncidentDoc
from hub.operations.incidents.store import IncidentRepository
from hub.store.listing import Place


async def test_numbers_follow_the_areas_day(world: World, clock: ManualClock) -> None:
    """Incident numbers count within the day of the area's zone, not of UTC."""
    clock.current = datetime(2026, 3, 14, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    assert [(await world.incident()).number for _ in range(2)] == ["20260314-001", "20260314-002"]
    clock.advance(minutes=2)
    assert (await world.incident()).number == "20260315-001"


async def test_an_incident_is_stored_as_asked(world: World) -> None:
    """What was asked for is what is stored, trimmed, with a first timeline entry."""
    opened = await world.incident(
        title="  南广场火情 ", kind="FIRE", severity="SEVERE", position=Position(31.25, 121.45)
    )
    assert (opened.title, opened.kind, opened.severity) == ("南广场火情", "FIRE", "SEVERE")
    assert opened.location == {"type": "Point", "coordinates": [121.45, 31.25]}
    assert (opened.opened_by, opened.state) == ("watch", IncidentState.OPEN)
    assert await world.timeline(opened.id) == ["incident.opened"]


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"title": "  "}, "BAD_TEXT", "title"),
        ({"title": "x" * 201}, "BAD_TEXT", "title"),
        ({"title": "\ud800"}, "BAD_TEXT", "title"),
        ({"kind": "PARTY"}, "BAD_VALUE", "kind"),
        ({"severity": "AWFUL"}, "BAD_VALUE", "severity"),
        ({"units": ["NOPE"]}, "UNIT_UNKNOWN", "units"),
        ({"units": ["RPS"] * 51}, "TOO_MANY_UNITS", "units"),
        ({"position": Position(91, 0)}, "BAD_POSITION", "position"),
        ({"position": Position(float("nan"), 0)}, "BAD_POSITION", "position"),
        ({"key": ""}, "BAD_KEY", "key"),
    ],
)
async def test_bad_input_names_its_argument(
    world: World, given: dict[str, Any], code: str, path: str
) -> None:
    """A bad argument is refused with a stable code and its path, and nothing is written."""
    before = await world.counts()
    with pytest.raises(UserFault) as fault:
        await world.incident(**given)
    assert (fault.value.code, fault.value.path[0]) == (code, path)
    assert await world.counts() == before


@pytest.mark.parametrize("role", [Role.OFFICER, Role.PARTNER])
async def test_who_may_not_open_changes_nothing(world: World, role: Role) -> None:
    """Officers and partners may not open incidents; the refusal leaves no trace."""
    before = await world.counts()
    with pytest.raises(AccessDenied):
        await world.incident(principal("someone", role, "RPS"))
    assert await world.counts() == before


async def test_a_liaison_opens_incidents_of_its_own_unit_only(world: World) -> None:
    """A liaison's incident involves its unit, said or not, and never another."""
    liaison = principal("liaison", Role.LIAISON, "RPS")
    assert (await world.incident(liaison, units=[])).units == ["RPS"]
    before = await world.counts()
    with pytest.raises(AccessDenied):
        await world.incident(liaison, units=["RPS", "MTR"])
    assert await world.counts() == before


async def test_one_key_opens_one_incident(world: World) -> None:
    """The same key and body give the same incident; another body is a conflict."""
    key = fresh("key")
    first = await world.incident(key=key)
    assert (await world.incident(key=key)).id == first.id
    with pytest.raises(UserFault) as fault:
        await world.incident(key=key, title="别的事")
    assert fault.value.code == "IDEMPOTENCY_CONFLICT"
    assert await IncidentDoc.count() == 1


async def test_keys_of_two_people_do_not_meet(world: World) -> None:
    """Another person's use of the same key is another request."""
    await world.incident(key="same")
    await world.incident(principal("commander", Role.COMMANDER), key="same")
    assert await IncidentDoc.count() == 2


async def test_closing_cancels_open_orders_and_tells_everybody(world: World) -> None:
    """A closed incident leaves no order running, and its officers hear of both."""
    officer = await world.officer()
    order = await world.order(officer)
    closed = await close_incident(
        world.ops.desk,
        world.watch,
        incident_id=order.incident_id,
        outcome="客流已疏散",
        key=fresh("key"),
    )
    assert (closed.state, closed.outcome) == (IncidentState.CLOSED, "客流已疏散")
    assert (await world.read_order(order)).state is OrderState.CANCELLED
    assert await world.stages(order) == {officer.account_id: Stage.CANCELLED}
    page = await world.ops.sync(officer.account_id, 0, 100)
    told = [(change.entity, change.data["state"]) for change in page.changes]
    assert told[-2:] == [("order", "CANCELLED"), ("incident", "CLOSED")]
    with pytest.raises(UserFault) as fault:
        await world.order(officer, incident=order.incident_id)
    assert fault.value.code == "INCIDENT_CLOSED"


async def test_a_liaison_closes_neither_what_it_shares_nor_what_has_orders(world: World) -> None:
    """A liaison may not end what involves another unit, nor an order it could not give."""
    liaison = principal("liaison", Role.LIAISON, "RPS")
    shared = await world.incident(units=["RPS", "MTR"])
    order = await world.order(await world.officer(unit="RPS"))
    own = await world.incident(liaison)
    for incident_id in (shared.id, order.incident_id):
        before = await world.counts()
        with pytest.raises(AccessDenied):
            await close_incident(
                world.ops.desk, liaison, incident_id=incident_id, outcome="好", key=fresh("key")
            )
        assert await world.counts() == before
    closed = await close_incident(
        world.ops.desk, liaison, incident_id=own.id, outcome="好", key=fresh("key")
    )
    assert closed.state is IncidentState.CLOSED


async def test_forbidden_looks_like_absent(world: World) -> None:
    """Closing an incident of another unit answers as if there were none."""
    foreign = await world.incident(units=["MTR"])
    liaison = principal("liaison", Role.LIAISON, "RPS")
    said = []
    for incident_id in (foreign.id, "0" * 32):
        with pytest.raises(NotFound) as fault:
            await close_incident(
                world.ops.desk, liaison, incident_id=incident_id, outcome="好", key=fresh("key")
            )
        said.append(fault.value.message.replace(incident_id, "?"))
    assert said[0] == said[1]


async def test_each_role_sees_its_own_incidents(world: World) -> None:
    """The centre sees all, a unit its own, an officer also what it is ordered to."""
    officer = await world.officer(unit="TEB")
    own = await world.incident(units=["RPS"])
    foreign = await world.incident(units=["MTR"])
    await world.order(officer, incident=foreign.id)
    repository = world.ops.desk.of(IncidentRepository)

    async def seen(role: Role, unit: str | None, login: str = "x") -> set[str]:
        viewer = principal(login, role, unit).viewer
        rows = await repository.page(viewer, first=10)
        by_id = await repository.visible(viewer, [own.id, foreign.id])
        one_by_one = [await repository.get(id_, viewer) for id_ in (own.id, foreign.id)]
        assert {row.id for row in rows} == by_id.keys() == {row.id for row in one_by_one if row}
        return set(by_id)

    assert await seen(Role.WATCH, None) == {own.id, foreign.id}
    assert await seen(Role.LIAISON, "RPS") == {own.id}
    assert await seen(Role.PARTNER, "MTR") == {foreign.id}
    assert await seen(Role.PARTNER, None) == set()
    assert await seen(Role.OFFICER, "SAN") == set()
    assert await seen(Role.OFFICER, None) == set()
    assert await seen(Role.OFFICER, None, officer.account_id) == {foreign.id}


async def test_a_timeline_speaks_of_strangers_to_the_centre_only(world: World) -> None:
    """Of a joint order each liaison reads what its own officer did, a partner nothing."""
    ours, theirs = await world.officer(unit="RPS"), await world.officer(unit="MTR")
    order = await world.order(ours, theirs)
    for officer in (ours, theirs):
        await world.act(officer, "order.accepted", orderId=order.id)

    async def read(role: Role, unit: str | None, login: str = "x") -> list[str]:
        viewer = principal(login, role, unit).viewer
        found = await world.ops.desk.of(IncidentRepository).timelines(viewer, [order.incident_id])
        return [f"{line.kind} {line.by}" for line in found[order.incident_id]]

    opened, dispatched = "incident.opened watch", "order.dispatched watch"
    by_us, by_them = (f"order.accepted {x.account_id}" for x in (ours, theirs))
    assert await read(Role.WATCH, None) == [opened, dispatched, by_us, by_them]
    assert await read(Role.LIAISON, "RPS") == [opened, by_us]
    assert await read(Role.PARTNER, "MTR") == [opened]
    assert await read(Role.OFFICER, "MTR", theirs.account_id) == [opened, by_them]


async def test_a_listing_goes_on_behind_its_last_row(world: World, clock: ManualClock) -> None:
    """Pages neither overlap nor skip, also where several incidents share one time."""
    opened = [await world.incident() for _ in range(3)]
    clock.advance(seconds=1)
    opened += [await world.incident() for _ in range(2)]
    viewer, found, after = world.watch.viewer, [], None
    while rows := await world.ops.desk.of(IncidentRepository).page(viewer, first=2, after=after):
        found += [row.id for row in rows]
        after = Place(rows[-1].opened_at, rows[-1].id)
    assert len(found) == 5
    assert set(found) == {incident.id for incident in opened}
