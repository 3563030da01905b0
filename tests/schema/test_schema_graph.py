"""The graph around a stop place, over Caltrain's timetable and what it predicts."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from real_feeds import ingest
from schema_builders import Run, code_of, condition_doc, parking_doc, principal

from hub.clock import manual
from hub.model.area import Area, parse_area
from hub.model.people import SCOPES, Role, Scope
from hub.settings import area_text
from hub.store.driver import Store
from schema.context import Services
from schema.nodes import global_id

AT = datetime(2023, 11, 8, 1, 5, 34, tzinfo=UTC)
"""A Tuesday's evening in California: when the sample of predictions was taken."""
HERE = ("ds:palo_alto", "ds:san_francisco")
TIMETABLE = "gtfs/caltrain-2023.zip"
UPDATES = "gtfs-rt/caltrain-trip-updates.pb"


@pytest.fixture(scope="module")
def area() -> Area:
    """An interchange in California."""
    shipped = parse_area(area_text("shanghai-railway-station"))
    return replace(shipped, stop_places=HERE, timezone="America/Los_Angeles")


@pytest.fixture(scope="module")
async def _feeds(store: Store, services: Services) -> None:
    """The timetable, its predictions, a situation, a lift, two car parks."""
    with manual(AT):
        await ingest(store, "gtfs", TIMETABLE, AT, feed="caltrain")
        await ingest(store, "gtfs_rt", UPDATES, AT, feed="caltrain-rt", static=TIMETABLE)
    await store.db["situations"].insert_many(
        [
            _situation("S1", AT - timedelta(hours=1), stop_places=["ds:palo_alto"]),
            _situation("S2", AT, stop_places=["ds:palo_alto", "ds:san_francisco"]),
            _situation("S3", AT, lines=["ds:L1"], journeys=["ds:124:2023-11-07"]),
            _situation("S4", AT, stop_places=["ds:palo_alto"], progress="CLOSED"),
        ]
    )
    lift = condition_doc(stop_place_id="ds:palo_alto", validity=[], feed="caltrain-rt")
    await store.db["facility_conditions"].insert_one(lift)
    await store.db["parking_facilities"].insert_many(
        [_car_park("far", 37.4520), _car_park("near", 37.4440), _car_park("away", 37.7764)]
    )
    await services.feeds.load()


@pytest.fixture(autouse=True)
async def _now(_feeds: None) -> AsyncIterator[None]:
    with manual(AT):
        yield


def _situation(ref: str, at: datetime, progress: str = "OPEN", **affects: Any) -> dict[str, Any]:
    return {
        "_id": f"ds:{ref}",
        "version": 1,
        "mode": None,
        "severity": "SEVERE",
        "progress": progress,
        "summary": {"zh": None, "en": ref},
        "validity": [],
        "affects": {"stop_places": [], "lines": [], "journeys": [], **affects},
        "feed": "caltrain-rt",
        "observed_at": at,
    }


def _car_park(ref: str, lat: float) -> dict[str, Any]:
    where = {"type": "Point", "coordinates": [-122.16429, lat]}
    return parking_doc(ref, location=where)


HUB = """query ($id: ID!, $first: Int = 50, $after: String) { stopPlace(id: $id) {
    name lines { publicCode mode }
    quays { id scopedId publicCode position { lat lon } stopPlace { name } }
    departures(first: $first, after: $after) { totalCount
        pageInfo { hasNextPage hasPreviousPage endCursor }
        nodes { scopedId status aimedDeparture expectedDeparture
            quay { id scopedId name } journey { publicCode line { publicCode } } } }
    arrivals(first: 3) { nodes { aimedArrival } }
    situations { summary } facilityConditions { name status }
    parkingFacilities { scopedId } } }"""


async def hub(run: Run, **variables: Any) -> dict[str, Any]:
    """The stop place Palo Alto, as asked for."""
    answer = await run(HUB, **{"id": "ds:palo_alto", **variables})
    assert "errors" not in answer
    found: dict[str, Any] = answer["data"]["stopPlace"]
    return found


async def test_one_query_tells_all_around_a_stop_place(run: Run) -> None:
    """Lines, platforms, both boards, what is in force, what is broken, where to park."""
    place = await hub(run)
    assert [line["publicCode"] for line in place["lines"]] == ["B7", "L1", "L2", "L3", "L4", "L5"]
    assert [quay["scopedId"] for quay in place["quays"]] == ["ds:70172", "ds:70171"]
    assert place["quays"][0]["position"] == {"lat": 37.443405, "lon": -122.164697}
    assert place["quays"][0]["stopPlace"] == {"name": "Palo Alto"}
    assert [one["summary"] for one in place["situations"]] == ["S2", "S1"]
    assert [one["status"] for one in place["facilityConditions"]] == ["NOT_AVAILABLE"]
    assert [one["scopedId"] for one in place["parkingFacilities"]] == [
        "parking:near",
        "parking:far",
    ]
    assert len(place["arrivals"]["nodes"]) == 3


async def test_a_call_names_its_quay(run: Run) -> None:
    """Train 310, southbound, ten minutes late, at the southbound platform."""
    calls = (await hub(run))["departures"]["nodes"]
    assert next(one for one in calls if one["journey"]["publicCode"] == "310") == {
        "scopedId": "ds:310:2023-11-07#8",
        "status": "DELAYED",
        "aimedDeparture": "2023-11-08T01:14:00Z",
        "expectedDeparture": "2023-11-08T01:24:36Z",
        "quay": {
            "id": global_id("Quay", "ds:70172"),
            "scopedId": "ds:70172",
            "name": "Palo Alto Caltrain Station",
        },
        "journey": {"publicCode": "310", "line": {"publicCode": "L3"}},
    }


async def test_a_silent_source_leaves_the_planned_quay(run: Run, store: Store) -> None:
    """What was announced is not shown any more; the quay of the timetable is."""
    text = """query ($id: ID!) { node(id: $id) { ... on Call { status quay { scopedId } } } }"""
    id_ = global_id("Call", "ds:310:2023-11-07#8")
    change = {"$set": {"quay_id": "ds:70171"}}
    await store.db["calls"].update_one({"_id": "ds:310:2023-11-07#8"}, change)
    announced = await run(text, id=id_)
    assert announced["data"]["node"] == {"status": "DELAYED", "quay": {"scopedId": "ds:70171"}}
    with manual(AT + timedelta(hours=3)):
        planned = await run(text, id=id_)
    assert planned["data"]["node"] == {"status": "UNKNOWN", "quay": {"scopedId": "ds:70172"}}
    change = {"$set": {"quay_id": "ds:70172"}}
    await store.db["calls"].update_one({"_id": "ds:310:2023-11-07#8"}, change)


async def test_page_info_is_true_both_ways(run: Run) -> None:
    """A page that follows another has rows before it, unless the window has left them behind."""
    first = (await hub(run, first=10))["departures"]
    assert first["totalCount"] == 16
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    cursor = first["pageInfo"]["endCursor"]
    second = (await hub(run, first=10, after=cursor))["departures"]
    assert (second["totalCount"], len(second["nodes"])) == (16, 6)
    assert second["pageInfo"]["hasNextPage"] is False
    assert second["pageInfo"]["hasPreviousPage"] is True
    text = """query ($from: DateTime!, $after: String) { departures(
        stopPlace: "ds:palo_alto", from: $from, after: $after) {
        totalCount pageInfo { hasPreviousPage } nodes { expectedDeparture } } }"""
    start = second["nodes"][0]["expectedDeparture"]
    moved = (await run(text, **{"from": start, "after": cursor}))["data"]["departures"]
    assert moved["nodes"][0]["expectedDeparture"] == start
    assert moved["pageInfo"] == {"hasPreviousPage": False}


async def test_a_page_behind_the_last_row_has_all_rows_before_it(run: Run) -> None:
    """It is empty, and says so both ways."""
    last = (await hub(run))["departures"]["pageInfo"]["endCursor"]
    page = (await hub(run, after=last))["departures"]
    assert page["nodes"] == []
    assert (page["pageInfo"]["hasNextPage"], page["pageInfo"]["hasPreviousPage"]) == (False, True)


async def test_the_same_board_within_many_rows_is_read_once(
    run: Run, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixteen calls at one place ask for its next departures: that is one more find."""
    finds = []
    calls = services.transit.calls

    async def counted(*arguments: Any, **named: Any) -> Any:
        finds.append(arguments)
        return await calls(*arguments, **named)

    monkeypatch.setattr(services.transit, "calls", counted)
    text = """{ departures(stopPlace: "ds:palo_alto") { nodes { stopPlace {
        departures(first: 2) { nodes { scopedId } } parkingFacilities { scopedId } } } } }"""
    nodes = (await run(text))["data"]["departures"]["nodes"]
    assert len(nodes) == 16
    assert all(len(node["stopPlace"]["departures"]["nodes"]) == 2 for node in nodes)
    assert len(finds) == 2


LINE = """query ($id: ID!) { line(id: $id) { publicCode operator situations { summary
    lines { publicCode } journeys { publicCode situations { summary } } }
    journeys(date: "2023-11-07", first: 2) { totalCount nodes { publicCode serviceDate } } } }"""


async def test_a_line_leads_to_its_journeys_and_situations(run: Run) -> None:
    """By its id or scoped id."""
    for id_ in ("ds:L1", global_id("Line", "ds:L1")):
        line = (await run(LINE, id=id_))["data"]["line"]
        assert (line["publicCode"], line["operator"]) == ("L1", "Caltrain")
        (found,) = line["situations"]
        assert (found["summary"], found["lines"]) == ("S3", [{"publicCode": "L1"}])
        assert found["journeys"] == [{"publicCode": "124", "situations": [{"summary": "S3"}]}]
        assert [one["publicCode"] for one in line["journeys"]["nodes"]] == ["101", "102"]
        assert line["journeys"]["totalCount"] == 46
    assert (await run(LINE, id="ds:none"))["data"]["line"] is None


JOURNEYS = """query ($line: ID!, $date: Date, $first: Int = 200, $after: String) {
    journeys(line: $line, date: $date, first: $first, after: $after) { totalCount
        pageInfo { hasNextPage hasPreviousPage endCursor }
        nodes { publicCode serviceDate calls { aimedDeparture } } } }"""


async def test_journeys_of_a_line_come_by_their_start(run: Run) -> None:
    """All of a day, in one page as in several; the day is today's where none is given."""
    whole = (await run(JOURNEYS, line="ds:L1", date="2023-11-07"))["data"]["journeys"]
    starts = [node["calls"][0]["aimedDeparture"] for node in whole["nodes"]]
    assert starts == sorted(starts)
    assert whole["totalCount"] == len(starts) == 46
    paged, after = [], None
    while True:
        page = (await run(JOURNEYS, line="ds:L1", first=15, after=after))["data"]["journeys"]
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        paged += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert paged == whole["nodes"]
    other = (await run(JOURNEYS, line="ds:L1", date="2023-11-05"))["data"]["journeys"]
    assert (other["nodes"], other["totalCount"]) == ([], 0)


async def test_lines_are_listed_by_mode(run: Run) -> None:
    """Nine lines, one of them of buses."""
    text = """query ($modes: [TransportMode!], $after: String) {
        lines(modes: $modes, first: 5, after: $after) { totalCount
          pageInfo { hasNextPage hasPreviousPage endCursor } nodes { scopedId mode operator } } }"""
    page = (await run(text))["data"]["lines"]
    assert (page["totalCount"], len(page["nodes"])) == (9, 5)
    assert page["nodes"][0] == {"scopedId": "ds:B7", "mode": "RAIL", "operator": "Caltrain"}
    rest = (await run(text, after=page["pageInfo"]["endCursor"]))["data"]["lines"]
    assert (len(rest["nodes"]), rest["pageInfo"]["hasPreviousPage"]) == (4, True)
    buses = (await run(text, modes=["BUS"]))["data"]["lines"]
    assert (buses["totalCount"], buses["nodes"][0]["scopedId"]) == (1, "ds:Bus Bridge")


async def test_a_line_leads_to_where_it_calls(run: Run) -> None:
    """The expresses call at ten stations, those of the interchange among them."""
    text = "query ($id: ID!) { line(id: $id) { stopPlaces { scopedId lines { publicCode } } } }"
    places = (await run(text, id="ds:B7"))["data"]["line"]["stopPlaces"]
    ids = [place["scopedId"] for place in places]
    assert ids == sorted(ids)
    assert set(HERE) < set(ids)
    assert all({"publicCode": "B7"} in place["lines"] for place in places)


async def test_a_line_shows_its_way_on_the_map(run: Run) -> None:
    """Both directions of the local trains, from San Jose to San Francisco and back."""
    text = "query ($id: ID!) { line(id: $id) { geometry { direction length points } } }"
    ways = (await run(text, id="ds:L1"))["data"]["line"]["geometry"]
    assert [way["direction"] for way in ways] == [0, 1]
    north, south = (_decoded(way["points"]) for way in ways)
    assert len(north) == ways[0]["length"] > 50
    for first, last in ((north[-1], south[0]), (south[-1], north[0])):
        assert first == pytest.approx(last, abs=0.01)
    assert max(north) == pytest.approx((37.7764, -122.3949), abs=0.01)
    assert (await run(text, id="ds:Bus Bridge"))["data"]["line"]["geometry"] == []


def _decoded(points: str) -> list[tuple[float, float]]:
    """Google's format backwards, written from its description."""
    numbers, value, shift = [], 0, 0
    for character in points:
        digit = ord(character) - 63
        value |= (digit & 31) << shift
        shift += 5
        if digit < 32:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    lat, lon, found = 0, 0, []
    for north, east in zip(numbers[::2], numbers[1::2], strict=True):
        lat, lon = lat + north, lon + east
        found.append((lat / 1e5, lon / 1e5))
    return found


async def test_stop_places_are_narrowed(run: Run) -> None:
    """By a part of a name in any case, by modes, and by a circle, the nearest first."""
    text = """query ($query: String, $near: CircleInput, $modes: [TransportMode!]) {
        stopPlaces(query: $query, near: $near, modes: $modes) { scopedId } }"""

    async def found(**narrowed: Any) -> list[str]:
        rows = (await run(text, **narrowed))["data"]["stopPlaces"]
        return [row["scopedId"] for row in rows]

    assert await found() == list(HERE)
    assert await found(query="  ") == list(HERE)
    assert await found(query="san FRAN") == ["ds:san_francisco"]
    assert await found(query="(") == []
    assert await found(modes=["BUS"]) == []
    assert await found(modes=["RAIL", "BUS"]) == list(HERE)
    city = {"lat": 37.7764, "lon": -122.3949}
    assert await found(near={**city, "radiusMetres": 1000.0}) == ["ds:san_francisco"]
    assert await found(near={**city, "radiusMetres": 50000.0}) == list(reversed(HERE))


async def test_one_situation_and_one_feed_by_id(run: Run) -> None:
    """By either kind of id; null for what there is not."""
    text = """query ($s: ID!, $f: ID!) { situation(id: $s) { summary stopPlaces { name } }
        feed(id: $f) { code kind } }"""
    expected = {
        "situation": {"summary": "S1", "stopPlaces": [{"name": "Palo Alto"}]},
        "feed": {"code": "caltrain", "kind": "gtfs"},
    }
    assert (await run(text, s="ds:S1", f="caltrain"))["data"] == expected
    ids = {"s": global_id("Situation", "ds:S1"), "f": global_id("Feed", "caltrain")}
    assert (await run(text, **ids))["data"] == expected
    assert (await run(text, s="x", f="x"))["data"] == {"situation": None, "feed": None}


async def test_a_gateway_joins_by_scoped_id(run: Run) -> None:
    """The second key of every entity that a dataset names."""
    text = """query ($r: [_Any!]!) { _entities(representations: $r) { __typename
        ... on StopPlace { name } ... on Quay { stopPlace { name } } ... on Line { publicCode }
        ... on DatedJourney { serviceDate } ... on Call { order }
        ... on Situation { summary } } }"""
    given = {
        "StopPlace": "ds:palo_alto",
        "Quay": "ds:70172",
        "Line": "ds:L1",
        "DatedJourney": "ds:124:2023-11-07",
        "Call": "ds:310:2023-11-07#8",
        "Situation": "ds:S1",
    }
    by_scoped = [{"__typename": name, "scopedId": key} for name, key in given.items()]
    by_id = [{"__typename": name, "id": global_id(name, key)} for name, key in given.items()]
    found = (await run(text, r=by_scoped))["data"]["_entities"]
    assert [one["__typename"] for one in found] == list(given)
    assert found[1]["stopPlace"] == {"name": "Palo Alto"}
    assert (await run(text, r=by_id))["data"]["_entities"] == found
    wrong = [{"__typename": "Line", "scopedId": key} for key in ("ds:palo_alto", "", {"$ne": 1})]
    assert (await run(text, r=wrong))["data"]["_entities"] == [None] * 3


async def test_what_is_no_entity_of_the_schema_is_said_so(run: Run) -> None:
    """An interface, a type nobody knows: null alone would read as "not there"."""
    names = ("Nope", "Node", "_Entity", "Query")
    given = [{"__typename": name, "id": global_id("Line", "x")} for name in names]
    given[1:] = [{"__typename": name, "id": "x"} for name in names[1:]]
    answer = await run(
        "query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }", r=given
    )
    assert answer["data"]["_entities"] == [None] * 4
    codes = [error["extensions"]["code"] for error in answer["errors"]]
    assert codes == ["BAD_REPRESENTATION"] * 4


async def test_a_representation_without_type_or_key_is_an_error_of_its_own(run: Run) -> None:
    """At its place; the others are answered. What is not there is null, without an error."""
    text = (
        """query ($r: [_Any!]!) { _entities(representations: $r) { ... on StopPlace { name } } }"""
    )
    good = {"__typename": "StopPlace", "scopedId": "ds:palo_alto"}
    absent = {"__typename": "StopPlace", "scopedId": "ds:nowhere"}
    bad = [
        {},
        {"__typename": "StopPlace"},
        {"scopedId": "ds:palo_alto"},
        {"__typename": "StopPlace", "id": 7},
        {"__typename": "StopPlace", "id": global_id("Line", "ds:L1")},
        "StopPlace",
    ]
    answer = await run(text, r=[*bad, good, absent])
    assert answer["data"]["_entities"] == [None] * len(bad) + [{"name": "Palo Alto"}, None]
    assert [error["extensions"]["code"] for error in answer["errors"]] == (
        ["BAD_REPRESENTATION"] * len(bad)
    )
    assert [error["path"] for error in answer["errors"]] == [
        ["_entities", place] for place in range(len(bad))
    ]
    assert all(" / " in error["message"] for error in answer["errors"])


WRONG = global_id("Unit", "PSS")
LONG = "x" * 101
PLACE = 'stopPlace(id: "ds:palo_alto")'


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ('journeys(line: "ds:none") { totalCount }', "NOT_FOUND"),
        ('journeys(line: "ds:L1", first: 0) { totalCount }', "BAD_FIRST"),
        ('journeys(line: "ds:L1", after: "x") { totalCount }', "BAD_CURSOR"),
        (f'journeys(line: "{WRONG}") {{ totalCount }}', "BAD_ID"),
        ("lines(first: 201) { totalCount }", "BAD_FIRST"),
        ('lines(after: "x") { totalCount }', "BAD_CURSOR"),
        (f'line(id: "{WRONG}") {{ name }}', "BAD_ID"),
        (f'situation(id: "{WRONG}") {{ summary }}', "BAD_ID"),
        (f'feed(id: "{WRONG}") {{ code }}', "BAD_ID"),
        ("stopPlaces(near: {lat: 91, lon: 0, radiusMetres: 1}) { name }", "BAD_CIRCLE"),
        (f'stopPlaces(query: "{LONG}") {{ name }}', "BAD_TEXT"),
        (f"{PLACE} {{ parkingFacilities(radiusMetres: 0) {{ name }} }}", "BAD_VALUE"),
        (f"{PLACE} {{ parkingFacilities(radiusMetres: 50001) {{ name }} }}", "BAD_VALUE"),
        (f"{PLACE} {{ departures(first: 0) {{ totalCount }} }}", "BAD_FIRST"),
        (f'{PLACE} {{ arrivals(after: "x") {{ totalCount }} }}', "BAD_CURSOR"),
        ('line(id: "ds:L1") { journeys(first: 0) { totalCount } }', "BAD_FIRST"),
    ],
)
async def test_what_cannot_be_is_refused_by_name(run: Run, field: str, code: str) -> None:
    """Each argument that is wrong has its code."""
    assert code_of(await run(f"{{ {field} }}")) == code


@pytest.mark.parametrize(
    ("field", "scope"),
    [
        ('line(id: "ds:L1") { name }', Scope.TRANSIT_READ),
        ("lines { totalCount }", Scope.TRANSIT_READ),
        ('journeys(line: "ds:L1") { totalCount }', Scope.TRANSIT_READ),
        ('situation(id: "ds:S1") { summary }', Scope.TRANSIT_READ),
        ('stopPlaces(query: "x") { name }', Scope.TRANSIT_READ),
        ('feed(id: "caltrain") { code }', Scope.FEEDS_READ),
    ],
)
async def test_who_lacks_the_scope_reads_nothing(run: Run, field: str, scope: Scope) -> None:
    """Refused before anything runs."""
    caller = principal(Role.WATCH)
    lacking = replace(caller, scopes=SCOPES[Role.WATCH] - {scope})
    answer = await run(f"{{ {field} }}", lacking)
    assert code_of(answer) == "FORBIDDEN"
    assert "data" not in answer


@pytest.mark.parametrize(
    ("root", "ids"),
    [
        ("situations", ["ds:S2", "ds:S3", "ds:S1"]),
        ("parkingFacilities", ["parking:away", "parking:far", "parking:near"]),
        ("facilityConditions", ["railway:L1"]),
        ("sharingStations", []),
    ],
)
async def test_lists_that_grow_come_in_pages(run: Run, root: str, ids: list[str]) -> None:
    """Row by row, each knows what is before it and behind it, and how many there are."""
    text = f"""query ($after: String) {{ {root}(first: 1, after: $after) {{ totalCount
        pageInfo {{ hasNextPage hasPreviousPage endCursor }} nodes {{ scopedId }} }} }}"""
    found, after = [], None
    while True:
        page = (await run(text, after=after))["data"][root]
        assert page["totalCount"] == len(ids)
        assert page["pageInfo"]["hasPreviousPage"] is bool(found)
        found += [node["scopedId"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert found == ids


async def test_vehicles_come_in_pages(run: Run, store: Store) -> None:
    """Of those heard of lately and inside the circle."""
    taxi = {"mode": "TAXI", "feed": "caltrain-rt", "observed_at": AT}
    where = {"type": "Point", "coordinates": [-122.1643, 37.4432]}
    rows = [{"_id": f"taxi:{number}", "location": where, **taxi} for number in range(3)]
    rows[1] = {**rows[1], "observed_at": AT - timedelta(hours=1)}
    await store.db["vehicles"].insert_many(rows)
    text = """query ($after: String) { vehicles(first: 1, after: $after,
        within: {lat: 37.4432, lon: -122.1643, radiusMetres: 100}) { totalCount
        pageInfo { hasNextPage hasPreviousPage endCursor } nodes { scopedId mode } } }"""
    first = (await run(text))["data"]["vehicles"]
    assert (first["totalCount"], first["nodes"][0]["scopedId"]) == (2, "taxi:0")
    last = (await run(text, after=first["pageInfo"]["endCursor"]))["data"]["vehicles"]
    assert last["nodes"] == [{"scopedId": "taxi:2", "mode": "TAXI"}]
    assert (last["pageInfo"]["hasNextPage"], last["pageInfo"]["hasPreviousPage"]) == (False, True)
    await store.db["vehicles"].delete_many({})


@pytest.mark.parametrize(
    "root",
    ["situations", "vehicles", "parkingFacilities", "sharingStations", "facilityConditions"],
)
async def test_a_page_that_cannot_be_is_refused(run: Run, root: str) -> None:
    """As of every list."""
    assert code_of(await run(f"{{ {root}(first: 0) {{ totalCount }} }}")) == "BAD_FIRST"
    assert code_of(await run(f'{{ {root}(after: "x") {{ totalCount }} }}')) == "BAD_CURSOR"
