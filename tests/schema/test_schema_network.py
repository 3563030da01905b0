"""Places, situations, vehicles, ranks, feeds, and any object by its id."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from schema_builders import (
    NOW,
    OFFICER,
    Run,
    call_doc,
    code_of,
    condition_doc,
    feed_doc,
    journey_part,
    parking_doc,
    station_doc,
    stop_place_doc,
)

from hub.clock import ManualClock, manual
from hub.store.driver import Store
from schema.context import Services
from schema.nodes import NODES, global_id, split_id


@pytest.fixture
async def clock() -> AsyncIterator[ManualClock]:
    """The hub's clock at NOW."""
    with manual(NOW) as mine:
        yield mine


@pytest.fixture(autouse=True)
async def picture(store: Store, services: Services, clock: ManualClock) -> None:
    """A small picture: two feeds, a stop place, a line, a situation, two taxis, one rank seen."""
    for name in ("stop_places", "lines", "situations", "vehicles", "taxi_ranks", "feeds", "calls"):
        await store.db[name].delete_many({})
    await store.db["feeds"].insert_many([feed_doc(), feed_doc("taxi", kind="jtt905", mode="TAXI")])
    await store.db["stop_places"].insert_many(
        [stop_place_doc("metro:L1-SHRS", "上海火车站"), stop_place_doc(), stop_place_doc("x:OTHER")]
    )
    await store.db["lines"].insert_one(
        {
            "_id": "railway:JH",
            "public_code": "京沪",
            "name": {"zh": "京沪高速线", "en": None},
            "mode": "RAIL",
            "operator": {"zh": "国铁", "en": "CR"},
            "feed": "rail-et",
        }
    )
    await store.db["calls"].insert_one(call_doc())
    await store.db["situations"].insert_one(
        {
            "_id": "railway:S1",
            "version": 2,
            "mode": "RAIL",
            "severity": "SEVERE",
            "cause": None,
            "effect": None,
            "progress": "OPEN",
            "summary": {"zh": "大风限速", "en": "Wind"},
            "description": None,
            "validity": [{"start": NOW - timedelta(hours=1), "end": None}],
            "affects": {"stop_places": ["railway:SHH"], "lines": ["railway:JH", "x:GONE"]},
            "feed": "rail-et",
            "observed_at": NOW,
        }
    )
    await store.db["vehicles"].insert_many(
        [
            {
                "_id": f"taxi:{number}",
                "dataset": "taxi",
                "mode": "TAXI",
                "label": f"沪A·{number}",
                "location": {"type": "Point", "coordinates": [121.4558 + number / 100, 31.2496]},
                "speed_kmh": 12.0,
                "taxi_state": "AVAILABLE",
                "carriages": [{"label": "1", "occupancy": {"status": "FULL", "percent": 90}}],
                "alarms": [],
                "feed": "taxi",
                "observed_at": NOW - timedelta(seconds=400 * number),
            }
            for number in (0, 1)
        ]
    )
    await store.db["taxi_ranks"].insert_one(
        {
            "_id": "rank:south",
            "name": {"zh": "南广场出租车候客点", "en": "South Square taxi rank"},
            "vehicles_waiting": 7,
            "holding": 80,
            "departures_15m": 31,
            "feed": "taxi",
            "observed_at": NOW,
        }
    )
    await services.feeds.load()


async def test_the_interchange_lists_its_places_in_configured_order(run: Run) -> None:
    """Only its own stop places, railway first; both ranks."""
    text = """{ interchange { name nameEn: name(language: EN) timezone illustrative centre { lat }
        stopPlaces { scopedId } taxiRanks { name } } stopPlaces { scopedId } }"""
    data = (await run(text))["data"]
    assert data["interchange"]["name"] == "铁路上海站地区"
    assert data["interchange"]["illustrative"] is True
    here = [{"scopedId": "railway:SHH"}, {"scopedId": "metro:L1-SHRS"}]
    assert data["interchange"]["stopPlaces"] == data["stopPlaces"] == here
    assert len(data["interchange"]["taxiRanks"]) == 2


async def test_a_situation_names_what_it_affects(run: Run) -> None:
    """Stop places and lines the hub knows; a line it does not know is left out."""
    text = """{ situations { nodes {
        summary summaryEn: summary(language: EN) severity
        validity { start end } stopPlaces { name }
        lines { publicCode mode operator } freshness { state } } } }"""
    (found,) = (await run(text))["data"]["situations"]["nodes"]
    assert found["summary"] == "大风限速"
    assert found["validity"] == [{"start": "2026-03-02T08:00:00Z", "end": None}]
    assert found["stopPlaces"] == [{"name": "上海站"}]
    assert found["lines"] == [{"publicCode": "京沪", "mode": "RAIL", "operator": "国铁"}]
    assert found["freshness"] == {"state": "FRESH"}
    metro = await run("{ situations(modes: [METRO]) { nodes { version } } }")
    assert metro["data"]["situations"]["nodes"] == []


async def test_a_vehicle_too_old_has_no_position(run: Run) -> None:
    """After 300 s of silence the taxi's place is null and its state UNKNOWN."""
    text = """{ vehicles { nodes { label position { lat lon } speedKmh taxiState
        freshness { state } carriages { label occupancy { status percent } } } } }"""
    new, old = (await run(text))["data"]["vehicles"]["nodes"]
    carriage = {"label": "1", "occupancy": {"status": "FULL", "percent": 90}}
    assert (new["carriages"], old["carriages"]) == ([carriage], [])
    assert new["position"] == {"lat": 31.2496, "lon": 121.4558}
    assert new["taxiState"] == "AVAILABLE"
    assert (old["position"], old["speedKmh"], old["taxiState"]) == (None, None, "UNKNOWN")
    assert old["freshness"] == {"state": "UNKNOWN"}


async def test_vehicles_are_filtered_by_age_place_and_mode(run: Run) -> None:
    """maxAgeSeconds, a circle in metres, modes."""
    count = "{ vehicles(%s) { nodes { label } } }"
    near = "within: {lat: 31.2496, lon: 121.4558, radiusMetres: 300}"
    for arguments, found in (("maxAgeSeconds: 60", 1), (near, 1), ("modes: [RAIL]", 0)):
        assert len((await run(count % arguments))["data"]["vehicles"]["nodes"]) == found


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("maxAgeSeconds: 0", "BAD_AGE"),
        ("maxAgeSeconds: 1000000", "BAD_AGE"),
        ("within: {lat: 91, lon: 0, radiusMetres: 5}", "BAD_CIRCLE"),
        ("within: {lat: 1, lon: 0, radiusMetres: -5}", "BAD_CIRCLE"),
        ("within: {lat: 1, lon: 0, radiusMetres: 1e9}", "BAD_CIRCLE"),
    ],
)
async def test_vehicles_refuse_impossible_filters(run: Run, arguments: str, code: str) -> None:
    """Each with its code."""
    assert code_of(await run(f"{{ vehicles({arguments}) {{ nodes {{ label }} }} }}")) == code


async def test_a_rank_nothing_is_known_of_is_listed_with_nulls(
    run: Run, clock: ManualClock
) -> None:
    """Null is unknown, never none; a silent taxi feed makes every rank unknown."""
    text = """{ taxiRanks { name vehiclesWaiting holding capacity departures15m position { lat }
        freshness { state } } }"""
    north, south = (await run(text))["data"]["taxiRanks"]
    assert north["vehiclesWaiting"] is None
    assert north["capacity"] == 24
    assert north["position"] == {"lat": 31.25185}
    assert north["freshness"] == {"state": "UNKNOWN"}
    assert (south["vehiclesWaiting"], south["holding"], south["departures15m"]) == (7, 80, 31)
    clock.advance(minutes=6)
    _, south = (await run(text))["data"]["taxiRanks"]
    assert (south["vehiclesWaiting"], south["freshness"]["state"]) == (None, "UNKNOWN")


async def test_feeds_show_health_counts_and_reject_reasons(run: Run) -> None:
    """As the ingest wrote them; nothing of a feed's address or secrets is there to ask."""
    text = """{ feeds { code kind mode state linkState lastReceivedAt dataAsOf detail
        counts { accepted rejected entities } totals { payloads } rejects { reason count }
        warnAfterSeconds expireAfterSeconds } }"""
    rail, taxi = (await run(text, OFFICER))["data"]["feeds"]
    assert (rail["code"], rail["state"], rail["linkState"]) == ("rail-et", "HEALTHY", "UP")
    assert rail["counts"] == {"accepted": 9, "rejected": 1, "entities": 10}
    assert rail["rejects"] == [{"reason": "UNKNOWN_STOP", "count": 1}]
    assert (taxi["kind"], taxi["mode"]) == ("jtt905", "TAXI")


async def test_a_feed_that_has_not_begun_counts_zero(run: Run, store: Store) -> None:
    """Before the first payload: zeros, no times."""
    await store.db["feeds"].update_one(
        {"_id": "taxi"},
        {
            "$set": {"state": "STARTING", "counts": None, "data_as_of": None},
            "$unset": {"totals": 1},
        },
    )
    text = "{ feeds { code state counts { accepted } totals { payloads } dataAsOf } }"
    _, taxi = (await run(text))["data"]["feeds"]
    assert taxi == {
        "code": "taxi",
        "state": "STARTING",
        "counts": {"accepted": 0},
        "totals": {"payloads": 0},
        "dataAsOf": None,
    }


async def test_any_object_is_found_by_its_id(run: Run, store: Store) -> None:
    """`nodes` answers in the order asked, null for what is absent, forbidden or no id at all."""
    journey = {**journey_part(), "_id": "railway:G1:2026-03-02", "calls": []}
    await store.db["journeys"].replace_one({"_id": journey["_id"]}, journey, upsert=True)
    await store.db["parking_facilities"].insert_one(parking_doc())
    await store.db["sharing_stations"].insert_one(station_doc())
    await store.db["facility_conditions"].insert_one(condition_doc())
    await store.db["id_mappings"].insert_one({"_id": "STOP_PLACE:netex:1=railway:SHH"})
    asked = {
        "StopPlace": "railway:SHH",
        "Quay": "railway:SHH-1",
        "Line": "railway:JH",
        "DatedJourney": journey["_id"],
        "Call": "railway:G1:2026-03-02#1",
        "Situation": "railway:S1",
        "VehiclePosition": "taxi:0",
        "TaxiRank": "rank:north",
        "ParkingFacility": "parking:P1",
        "SharingStation": "bikes:B1",
        "FacilityCondition": "railway:L1",
        "Feed": "rail-et",
        "IdMapping": "STOP_PLACE:netex:1=railway:SHH",
        "Unit": "PSS",
        "Officer": "officer1",
        "Interchange": "shanghai-railway-station",
    }
    of_people = {n for n, cls in NODES.items() if cls.__module__.startswith("schema.operations.")}
    assert NODES.keys() - of_people == asked.keys()  # those are the contract suite's
    ids = [global_id(type_name, key) for type_name, key in asked.items()]
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    found = (await run(text, ids=[*ids, "railway:SHH", "????", global_id("Call", "no")]))["data"]
    assert found["nodes"] == [
        *({"__typename": name, "id": global_id(name, key)} for name, key in asked.items()),
        None,
        None,
        None,
    ]
    assert code_of(await run(text, ids=["x"] * 101)) == "TOO_MANY_IDS"


async def test_entities_follow_the_same_rules_as_nodes(run: Run) -> None:
    """What is foreign or forbidden is null; what is no representation is null, and said."""
    text = """query ($r: [_Any!]!) { _entities(representations: $r) {
        ... on StopPlace { name } ... on Unit { code } } }"""
    good = {"__typename": "StopPlace", "id": global_id("StopPlace", "railway:SHH")}
    given = [
        good,
        {"__typename": "Unit", "id": global_id("Unit", "PSS"), "extra": 1},
        {"__typename": "Unit", "id": good["id"]},
        {"__typename": "Alarm", "id": global_id("Alarm", "alarm1")},
        {"__typename": "Nothing", "id": "x"},
        {"__typename": "StopPlace", "id": {"$ne": None}},
        {"id": good["id"]},
        "text",
    ]
    answer = await run(text, OFFICER, r=given)
    assert answer["data"] == {"_entities": [{"name": "上海站"}, {"code": "PSS"}, *[None] * 6]}
    told = [error["extensions"] for error in answer["errors"]]
    assert {one["code"] for one in told} == {"BAD_REPRESENTATION"}
    assert [one["argument"][1] for one in told] == ["2", "4", "5", "6", "7"]


def test_an_id_is_either_kind_and_never_both() -> None:
    """Relay ids carry a type the schema has; anything else is a plain id."""
    assert split_id(global_id("StopPlace", "railway:SHH")) == ("StopPlace", "railway:SHH")
    for plain in ("railway:SHH", "officer1", "", "....", global_id("Nothing", "x"), "中文"):
        assert split_id(plain) is None
