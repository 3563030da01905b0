"""Parking, shared vehicles, facilities, coach boarding and alert areas, as they are asked for."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from schema_builders import (
    NOW,
    OFFICER,
    PARTNER,
    Followed,
    Run,
    call_doc,
    code_of,
    condition_doc,
    feed_doc,
    parking_doc,
    principal,
    station_doc,
    stop_place_doc,
)

from hub.bus import Bus, Change, ChangeKind, Cursor
from hub.clock import ManualClock, manual
from hub.connector import Batch
from hub.model.parking import ParkingStatus
from hub.model.people import Principal, Role
from hub.settings import FeedSettings
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from hub.store.tail import ChangeTail
from schema.context import Services
from schema.executing.documents import Documents
from schema.live.engine import LiveEngine
from schema.live.source import SOURCES
from schema.nodes import global_id
from schema.root import build_schema, graphql_schema

PARKING = """query ($within: CircleInput) { parkingFacilities(within: $within) { nodes {
    scopedId name nameEn: name(language: EN)
    position { lat } parkAndRide capacity vacant occupied opening observedAt
    freshness { asOf source state } } } }"""
STATIONS = """{ sharingStations { nodes { scopedId name capacity vehiclesAvailable docksAvailable
    renting returning observedAt freshness { state source } } } }"""
CONDITIONS = """query ($stop: ID) { facilityConditions(stopPlace: $stop) { nodes {
    name category status reason reasonEn: reason(language: EN)
    validity { start end } stopPlace { name }
    freshness { state asOf } } } }"""


@pytest.fixture
async def clock() -> AsyncIterator[ManualClock]:
    """The hub's clock at NOW."""
    with manual(NOW) as mine:
        yield mine


@pytest.fixture(autouse=True)
async def picture(store: Store, services: Services, clock: ManualClock) -> None:
    """Feeds whose last publication is of now, and one place of each kind."""
    for name in (
        *("feeds", "parking_facilities", "sharing_stations", "facility_conditions"),
        *("stop_places", "calls", "situations"),
    ):
        await store.db[name].delete_many({})
    await store.db["feeds"].insert_many([feed_doc(), feed_doc("parking"), feed_doc("bikes")])
    await store.db["stop_places"].insert_one(stop_place_doc())
    await store.db["parking_facilities"].insert_one(parking_doc())
    await store.db["sharing_stations"].insert_one(station_doc())
    await store.db["facility_conditions"].insert_one(condition_doc())
    await services.feeds.load()


async def asked(run: Run, text: str, **variables: Any) -> list[dict[str, Any]]:
    """The rows of the only root field."""
    (page,) = (await run(text, **variables))["data"].values()
    return list(page["nodes"])


async def test_a_parking_facility_shows_what_is_free(run: Run) -> None:
    """The facility's description and its status read as one."""
    assert await asked(run, PARKING) == [
        {
            "scopedId": "parking:P1",
            "name": "北广场停车场",
            "nameEn": "North Square",
            "position": {"lat": 31.2496},
            "parkAndRide": True,
            "capacity": 300,
            "vacant": 12,
            "occupied": 288,
            "opening": "OPEN",
            "observedAt": "2026-03-02T09:00:00Z",
            "freshness": {"asOf": "2026-03-02T09:00:00Z", "source": "parking", "state": "FRESH"},
        }
    ]


async def test_full_and_a_percentage_reach_the_reader(run: Run, store: Store) -> None:
    """The word and the percentage as told; counts of them where the facility's capacity is known.

    What another source says is there, too; a status that is too old shows nothing of all this.
    """
    said = {"vacant": None, "opening": "UNKNOWN"}
    full, half, old = (parking_doc(ref) for ref in ("P1", "P2", "P3"))
    full["status"] |= said | {"status": "FULL", "occupancy_percent": None}
    half["status"] |= said | {"status": "SPACES_AVAILABLE", "occupancy_percent": 62.5}
    half["status"]["others"] = [full["status"] | {"feed": "bikes"}]
    old["status"] |= half["status"] | {"observed_at": NOW - timedelta(hours=1), "others": []}
    bare = parking_doc("P4", capacity=None)
    bare["status"] |= said | {"status": "FULL", "occupancy_percent": 100}
    await store.db["parking_facilities"].delete_many({})
    await store.db["parking_facilities"].insert_many([full, half, old, bare])
    rows = await asked(
        run,
        "{ parkingFacilities { nodes { status occupancyPercent vacant occupied"
        " otherReports { source status occupancyPercent } } } }",
    )
    shown = [tuple(row.values())[:4] for row in rows]
    assert shown == [
        ("FULL", None, 0, 300),
        ("SPACES_AVAILABLE", 62.5, 112, 188),
        (None, None, None, None),
        ("FULL", 100, None, None),
    ]
    assert rows[1]["otherReports"] == [
        {"source": "bikes", "status": "FULL", "occupancyPercent": None}
    ]


async def test_a_fresh_publication_of_an_hour_old_status_is_unknown(run: Run, store: Store) -> None:
    """Each facility's own status time decides: its neighbour in the same message is fresh."""
    old = parking_doc("P2", 7, name=None)
    old["status"] |= {"observed_at": NOW - timedelta(hours=1), "capacity": 250}
    await store.db["parking_facilities"].insert_one(old)
    fresh, stale = await asked(run, PARKING)
    assert (fresh["freshness"]["state"], fresh["vacant"]) == ("FRESH", 12)
    assert stale["freshness"] == {
        "asOf": "2026-03-02T08:00:00Z",
        "source": "parking",
        "state": "UNKNOWN",
    }
    assert (stale["vacant"], stale["opening"], stale["capacity"]) == (None, "UNKNOWN", 300)
    assert stale["observedAt"] == "2026-03-02T08:00:00Z"


async def test_a_status_turns_stale_and_then_unknown(run: Run, clock: ManualClock) -> None:
    """By the feed's own limits, 90 and 300 s; what is stale is still shown."""
    clock.advance(seconds=91)
    (row,) = await asked(run, PARKING)
    assert (row["freshness"]["state"], row["vacant"]) == ("STALE", 12)
    clock.advance(seconds=210)
    (row,) = await asked(run, PARKING)
    assert (row["freshness"]["state"], row["vacant"]) == ("UNKNOWN", None)


async def test_what_has_no_status_time_of_its_own_is_unknown(run: Run, store: Store) -> None:
    """The publication's time never stands in: not for parking, not for stations."""
    timeless = parking_doc()
    timeless["status"]["observed_at"] = None
    described = parking_doc("P2")
    del described["status"]
    await store.db["parking_facilities"].replace_one({"_id": "parking:P1"}, timeless)
    await store.db["parking_facilities"].insert_one(described)
    await store.db["sharing_stations"].update_one({}, {"$set": {"observed_at": None}})
    first, second = await asked(run, PARKING)
    assert (first["vacant"], first["freshness"]["state"]) == (None, "UNKNOWN")
    assert first["freshness"]["asOf"] is None
    assert (second["vacant"], second["opening"], second["capacity"]) == (None, "UNKNOWN", 300)
    assert second["freshness"] == {"asOf": None, "source": None, "state": "UNKNOWN"}
    (station,) = await asked(run, STATIONS)
    assert (station["vehiclesAvailable"], station["renting"]) == (None, None)
    assert station["capacity"] == 20


async def test_a_status_of_a_facility_nobody_describes_is_listed(run: Run, store: Store) -> None:
    """The dynamic publication may come before the static one."""
    bare = {"_id": "parking:P9", "dataset": "parking", "status": parking_doc("P9", 3)["status"]}
    await store.db["parking_facilities"].insert_one(bare)
    _, row = await asked(run, PARKING)
    assert (row["name"], row["vacant"], row["parkAndRide"]) == (None, 3, False)
    assert row["position"] is None


async def test_the_status_overrides_the_described_capacity(run: Run, store: Store) -> None:
    """Spaces closed for works are not counted while the status is trusted."""
    await store.db["parking_facilities"].update_one({}, {"$set": {"status.capacity": 120}})
    (row,) = await asked(run, PARKING)
    assert row["capacity"] == 120


async def test_a_single_field_asks_for_what_it_needs(run: Run) -> None:
    """Each field alone reads as it does among the others."""
    for field, value in (("vacant", 12), ("capacity", 300), ("opening", "OPEN")):
        assert await asked(run, f"{{ parkingFacilities {{ nodes {{ {field} }} }} }}") == [
            {field: value}
        ]
    station = await asked(run, "{ sharingStations { nodes { vehiclesAvailable } } }")
    assert station == [{"vehiclesAvailable": 4}]
    lift = await asked(run, "{ facilityConditions { nodes { status } } }")
    assert lift == [{"status": "NOT_AVAILABLE"}]


async def test_a_station_shows_what_can_be_taken_and_returned(run: Run, clock: ManualClock) -> None:
    """By its own last report; after five minutes of silence nothing is known."""
    (row,) = await asked(run, STATIONS)
    assert (row["vehiclesAvailable"], row["docksAvailable"]) == (4, 16)
    assert (row["renting"], row["returning"]) == (True, False)
    assert row["freshness"] == {"state": "FRESH", "source": "bikes"}
    clock.advance(seconds=301)
    (row,) = await asked(run, STATIONS)
    assert {row[name] for name in ("vehiclesAvailable", "docksAvailable", "returning")} == {None}


async def test_places_are_found_within_a_circle(run: Run) -> None:
    """Metres around a point; an impossible circle is refused."""
    near = {"lat": 31.2496, "lon": 121.4558, "radiusMetres": 300}
    assert len(await asked(run, PARKING, within=near)) == 1
    assert await asked(run, PARKING, within={**near, "lat": 31.3}) == []
    assert code_of(await run(PARKING, within={**near, "radiusMetres": -1})) == "BAD_CIRCLE"
    assert code_of(await run(PARKING, within={**near, "$ne": 1})) == "BAD_USER_INPUT"


async def test_a_lift_is_as_old_as_its_feeds_data(run: Run, clock: ManualClock) -> None:
    """SIRI-FM gives a condition no time of its own; a silent feed makes it UNKNOWN."""
    (row,) = await asked(run, CONDITIONS)
    assert row == {
        "name": "1号电梯",
        "category": "lift",
        "status": "NOT_AVAILABLE",
        "reason": "检修",
        "reasonEn": "Maintenance",
        "validity": [{"start": "2026-03-02T08:00:00Z", "end": None}],
        "stopPlace": {"name": "上海站"},
        "freshness": {"state": "FRESH", "asOf": "2026-03-02T09:00:00Z"},
    }
    clock.advance(seconds=301)
    (row,) = await asked(run, CONDITIONS)
    assert (row["status"], row["freshness"]["state"]) == ("UNKNOWN", "UNKNOWN")


async def test_conditions_are_those_of_a_stop_place_in_force_now(run: Run, store: Store) -> None:
    """Either id of the stop place; tomorrow's outage is not today's."""
    tomorrow = [{"start": NOW + timedelta(days=1), "end": None}]
    await store.db["facility_conditions"].insert_many(
        [
            condition_doc("L2", validity=tomorrow),
            condition_doc("L3", stop_place_id="x:OTHER", validity=[], reason=None),
        ]
    )
    assert len(await asked(run, CONDITIONS)) == 2
    for stop in ("railway:SHH", global_id("StopPlace", "railway:SHH")):
        assert [row["name"] for row in await asked(run, CONDITIONS, stop=stop)] == ["1号电梯"]
    (other,) = await asked(run, CONDITIONS, stop="x:OTHER")
    assert (other["stopPlace"], other["reason"]) == (None, None)
    assert code_of(await run(CONDITIONS, stop="railway:NOWHERE")) == "NOT_FOUND"
    assert code_of(await run(CONDITIONS, stop=global_id("Line", "x"))) == "BAD_ID"


async def test_a_coach_departure_shows_seats_and_ticket_check_while_they_are_fresh(
    run: Run, store: Store, clock: ManualClock
) -> None:
    """Seats of an hour ago are worse than none."""
    coach = {"seats_total": 45, "seats_available": 7, "check_in": "OPEN", "sale": "ON_SALE"}
    await store.db["calls"].insert_many(
        [call_doc("K1", mode="COACH", coach=coach), call_doc("K2", minutes=20)]
    )
    text = """{ departures(stopPlace: "railway:SHH") { nodes {
        coach { seatsTotal seatsAvailable checkIn sale } } } }"""
    shown = {"seatsTotal": 45, "seatsAvailable": 7, "checkIn": "OPEN", "sale": "ON_SALE"}
    assert (await run(text))["data"]["departures"]["nodes"] == [{"coach": shown}, {"coach": None}]
    clock.advance(seconds=301)
    assert (await run(text))["data"]["departures"]["nodes"] == [{"coach": None}] * 2


async def test_an_alert_shows_where_it_holds_and_whether_it_is_a_drill(
    run: Run, store: Store
) -> None:
    """CAP's areas, urgency and certainty; what was stored before they were known reads as empty."""
    ring = [{"lat": 31.2, "lon": 121.4}, {"lat": 31.3, "lon": 121.4}, {"lat": 31.2, "lon": 121.4}]
    alert = {
        "_id": "cap:1",
        "version": 1,
        "severity": "SEVERE",
        "progress": "OPEN",
        "summary": {"zh": "暴雨橙色预警", "en": None},
        "validity": [],
        "areas": [{"description": "静安区", "polygons": [ring], "geocodes": ["adcode:310106"]}],
        "urgency": "Immediate",
        "certainty": "Likely",
        "exercise": True,
        "feed": "rail-et",
        "observed_at": NOW,
    }
    new = ("areas", "urgency", "certainty", "exercise")
    before = {name: value for name, value in alert.items() if name not in new} | {"_id": "cap:0"}
    await store.db["situations"].insert_many([alert, before])
    text = """{ situations { nodes { urgency certainty exercise
        areas { description geocodes polygons { points { lat lon } } } } } }"""
    bare, full = await asked(run, text)
    assert bare == {"urgency": None, "certainty": None, "exercise": False, "areas": []}
    assert (full["urgency"], full["certainty"], full["exercise"]) == ("IMMEDIATE", "LIKELY", True)
    assert full["areas"] == [
        {"description": "静安区", "geocodes": ["adcode:310106"], "polygons": [{"points": ring}]}
    ]


@pytest.mark.parametrize("text", [PARKING, STATIONS, CONDITIONS])
async def test_nothing_is_shown_without_the_scope(run: Run, text: str) -> None:
    """A token without transit:read gets no data, neither by root field nor by node."""
    whole = principal(Role.PARTNER)
    bare = Principal("x", "x", Role.PARTNER, None, frozenset(), "s", whole.expires_at)
    answer = await run(text, bare)
    assert code_of(answer) == "FORBIDDEN"
    assert "data" not in answer
    node = global_id("ParkingFacility", "parking:P1")
    found = await run("query ($id: ID!) { node(id: $id) { id } }", bare, id=node)
    assert found == {"data": {"node": None}}


@pytest.mark.parametrize("by", [OFFICER, PARTNER])
async def test_every_role_reads_them(run: Run, by: Principal) -> None:
    """Officers and partner units see what is free."""
    for text in (PARKING, STATIONS, CONDITIONS):
        assert "errors" not in await run(text, by)


async def test_sources_follow_what_their_queries_answer(services: Services) -> None:
    """Same arguments by their GraphQL names, same rows."""
    context = services.context(OFFICER)
    near = {"within": {"lat": 31.2496, "lon": 121.4558, "radiusMetres": 300.0}}
    for name, arguments in (
        ("parkingFacilities", near),
        ("sharingStations", near),
        ("facilityConditions", {"stopPlace": "railway:SHH"}),
    ):
        source = SOURCES[name]
        (row,) = await source.rows(context, arguments)
        assert source.wrap(row).key == row["_id"]
        assert source.volatile(row, context) == "FRESH"
    far = {"within": {"lat": 0.0, "lon": 0.0, "radiusMetres": 1.0}}
    assert await SOURCES["parkingFacilities"].rows(context, far) == []


async def test_a_status_that_is_written_reaches_its_subscribers(
    store: Store, services: Services, bus: Bus
) -> None:
    """From a connector's record to the socket: the present state, then the change."""
    told = Followed()
    text = "subscription { parkingFacilities { change node { vacant freshness { state } } } }"
    schema = graphql_schema(build_schema())
    engine = LiveEngine(schema, bus, services.context, services.operations.database_answers)
    tail = ChangeTail(store, bus, "places")
    following = asyncio.create_task(tail.run())
    feed = FeedSettings(id="parking", kind="parkapi", dataset="parking", url="http://127.0.0.1/")
    status = ParkingStatus(facility_id="parking:P1", dataset="parking", vacant=3, observed_at=NOW)
    try:
        async with asyncio.timeout(60):
            await tail.ready.wait()
            await engine.subscribe(Documents(schema).prepare(text), {}, OFFICER, told)
            first = await told.next()
            await FeedWriter(store, feed, frozenset()).apply(Batch(records=[status], entities=1))
            second = await told.next()
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await engine.close()
    fresh = {"freshness": {"state": "FRESH"}}
    assert first == {"change": "SNAPSHOT", "node": {"vacant": 12, **fresh}}
    assert second == {"change": "UPDATED", "node": {"vacant": 3, **fresh}}


def test_only_conditions_of_the_stop_place_are_asked_for_again(services: Services) -> None:
    """Another stop place's lift concerns nobody here; a deleted one might, ids may."""
    concerns = SOURCES["facilityConditions"].concerns
    here = {"stopPlace": global_id("StopPlace", "railway:SHH")}
    context = services.context(OFFICER)

    def changed(document: dict[str, Any] | None, to: str = "facility_conditions") -> Change:
        return Change(Cursor(1, 1, 0), to, ChangeKind.UPDATED, "x", document)

    assert concerns(changed(condition_doc()), here, context)
    assert concerns(changed(None), here, context)
    assert concerns(changed(condition_doc(stop_place_id="x:OTHER")), {}, context)
    assert not concerns(changed(condition_doc(stop_place_id="x:OTHER")), here, context)
    assert concerns(changed({"state": "REJECTED"}, "id_mappings"), here, context)


def test_whatever_only_moves_its_time_is_asked_again_now_and_then() -> None:
    """A value that stands moves its observed_at unheard: without asking it would turn stale."""
    observed = {
        *("calls", "situations", "vehicles", "taxi_ranks"),
        *("parking_facilities", "sharing_stations", "facility_conditions"),
    }
    followed = {name: source for name, source in SOURCES.items() if source.collections & observed}
    assert len(followed) == 8
    assert [name for name, source in followed.items() if source.refresh_s is None] == []


@pytest.mark.parametrize(
    ("said", "spaces"),
    [
        ({"occupied": 40}, (260, 40)),
        ({"occupied": 320}, (0, 320)),
        ({"occupied": 0}, (300, 0)),
        ({"vacant": 120}, (120, 180)),
        ({"vacant": 0}, (0, 300)),
        ({"vacant": 301}, (301, None)),
        ({"vacant": 10, "occupied": 280}, (10, 280)),
        ({"occupied": 300, "status": "FULL"}, (0, 300)),
        ({"vacant": 0, "status": "FULL"}, (0, 300)),
        ({"occupied": 40, "occupancy_percent": 50}, (260, 40)),
        ({"occupied": 40, "capacity": 0}, (None, 40)),
    ],
)
async def test_of_two_counts_the_one_not_told_follows(
    run: Run, store: Store, said: dict[str, Any], spaces: tuple[int | None, int | None]
) -> None:
    """From the other and the capacity; an overcrowded car park has none vacant, not fewer."""
    document = parking_doc("P1")
    blank = dict.fromkeys(("vacant", "occupied", "occupancy_percent", "status", "capacity"))
    document["status"] |= blank | said
    await store.db["parking_facilities"].delete_many({})
    await store.db["parking_facilities"].insert_one(document)
    (row,) = await asked(run, "{ parkingFacilities { nodes { vacant occupied } } }")
    assert (row["vacant"], row["occupied"]) == spaces
