"""Boards: windows, pages, freshness, and what the database is asked for."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from schema_builders import NOW, Run, call_doc, code_of, feed_doc, stop_place_doc

from hub.clock import ManualClock, manual
from hub.store.driver import Store
from schema.context import Services
from schema.nodes import global_id

BOARD = """query ($stop: ID!, $first: Int! = 50, $after: String, $modes: [TransportMode!],
    $from: DateTime, $until: DateTime) {
  departures(stopPlace: $stop, first: $first, after: $after, modes: $modes,
      from: $from, until: $until) {
    nodes { journey { publicCode mode line { publicCode } serviceDate
        destination destinationEn: destination(language: EN) }
      stopPlace { name nameEn: name(language: EN) }
      plannedPlatform actualPlatform aimedDeparture expectedDeparture
      status delaySeconds occupancy { percent } freshness { asOf source state } }
    pageInfo { hasNextPage hasPreviousPage endCursor } } }"""


@pytest.fixture
async def clock() -> AsyncIterator[ManualClock]:
    """The hub's clock at NOW."""
    with manual(NOW) as mine:
        yield mine


@pytest.fixture(autouse=True)
async def board(store: Store, services: Services, clock: ManualClock) -> None:
    """A board of three departures: one soon and late, one known by timetable only, a coach."""
    for name in ("calls", "stop_places", "feeds", "journeys"):
        await store.db[name].delete_many({})
    await store.db["feeds"].insert_one(feed_doc())
    await store.db["stop_places"].insert_many([stop_place_doc(), stop_place_doc("coach:SHLD")])
    await store.db["calls"].insert_many(
        [
            call_doc("G1", minutes=10),
            call_doc("G2", minutes=20, late=None),
            call_doc("K3", minutes=15, mode="COACH"),
            call_doc("G9", minutes=-30, late=0),
            call_doc("G8", minutes=300),
        ]
    )
    await services.feeds.load()


def codes(answer: dict[str, Any]) -> list[str]:
    """The public codes on the board, in its order."""
    return [row["journey"]["publicCode"] for row in answer["data"]["departures"]["nodes"]]


async def test_a_board_shows_the_next_two_hours_by_the_best_known_time(run: Run) -> None:
    """G1 is expected 9:13, K3 9:18, G2 is timetabled 9:20; what left long ago is gone."""
    answer = await run(BOARD, stop="railway:SHH")
    assert codes(answer) == ["G1", "K3", "G2"]
    assert answer["data"]["departures"]["nodes"][0] == {
        "journey": {
            "publicCode": "G1",
            "mode": "RAIL",
            "destination": "北京南",
            "destinationEn": "Beijing South",
            "line": {"publicCode": "京沪"},
            "serviceDate": "2026-03-02",
        },
        "stopPlace": {"name": "上海站", "nameEn": "Shanghai"},
        "plannedPlatform": "1",
        "actualPlatform": "3",
        "aimedDeparture": "2026-03-02T09:10:00Z",
        "expectedDeparture": "2026-03-02T09:13:00Z",
        "status": "DELAYED",
        "delaySeconds": 180,
        "occupancy": {"percent": 80},
        "freshness": {"asOf": "2026-03-02T09:00:00Z", "source": "rail-et", "state": "FRESH"},
    }


async def test_a_timetabled_call_is_scheduled_and_its_delay_unknown(run: Run) -> None:
    """Where nothing is observed the delay is null, never 0."""
    row = (await run(BOARD, stop="railway:SHH"))["data"]["departures"]["nodes"][2]
    assert (row["status"], row["delaySeconds"]) == ("SCHEDULED", None)
    assert row["freshness"]["state"] == "SCHEDULED"


async def test_a_state_said_of_another_timetable_does_not_stand_beside_its_delay(
    run: Run, store: Store
) -> None:
    """ON_TIME and three minutes late, because a new timetable was read since: it is DELAYED."""
    await store.db["calls"].update_one(
        {"journey.public_code": "G1"}, {"$set": {"status": "ON_TIME"}}
    )
    row = (await run(BOARD, stop="railway:SHH"))["data"]["departures"]["nodes"][0]
    assert (row["status"], row["delaySeconds"]) == ("DELAYED", 180)


ENDS = """query ($stop: ID!) { departures(stopPlace: $stop) { nodes { journey { publicCode }
    arrivalProgress departureProgress arrivalPunctuality departurePunctuality } } }"""


async def test_progress_and_punctuality_are_told_of_each_end(
    run: Run, store: Store, clock: ManualClock
) -> None:
    """Here on time, and not yet away, late; where it begins nothing is said of an arrival; what
    only a timetable knows, and what a silent source has said, is unknown."""
    times = {"arrival": NOW, "departure": NOW + timedelta(minutes=4)}
    late = {**times, "departure": NOW + timedelta(minutes=9)}
    stands = {"aimed": times, "expected": late, "actual": {"arrival": NOW, "departure": None}}
    await store.db["calls"].insert_many(
        [
            call_doc("X1", minutes=4, status="ARRIVED", **stands),
            call_doc("X2", minutes=30, status="CANCELLED"),
        ]
    )

    async def shown() -> dict[str, tuple[str | None, ...]]:
        rows = (await run(ENDS, stop="railway:SHH"))["data"]["departures"]["nodes"]
        return {row.pop("journey")["publicCode"]: tuple(row.values()) for row in rows}

    found = await shown()
    assert found["X1"] == ("DONE", "NOT_YET", "ON_TIME", "DELAYED")
    assert found["G1"] == (None, "NOT_YET", None, "DELAYED")
    assert found["X2"] == (None, "CANCELLED", None, None)
    assert (None, "UNKNOWN", None, "NO_DATA") in found.values()
    clock.advance(minutes=6)
    assert (await shown())["X1"] == ("UNKNOWN", "UNKNOWN", "UNKNOWN", "UNKNOWN")


EXCHANGE = """query ($stop: ID!) { departures(stopPlace: $stop) {
    nodes { journey { publicCode } status boarding alighting aimedApproximate } } }"""


async def test_nobody_boards_at_a_call_that_is_not_served(
    run: Run, store: Store, clock: ManualClock
) -> None:
    """A cancelled or skipped call stays on the board; of a silent source it is as planned."""
    await store.db["calls"].insert_many(
        [
            call_doc("X1", minutes=30, status="CANCELLED", alighting=True),
            call_doc("X2", minutes=31, status="SKIPPED", alighting=True),
        ]
    )

    async def shown() -> dict[str, tuple[str, bool, bool]]:
        rows = (await run(EXCHANGE, stop="railway:SHH"))["data"]["departures"]["nodes"]
        return {
            row["journey"]["publicCode"]: (row["status"], row["boarding"], row["alighting"])
            for row in rows
        }

    found = await shown()
    assert found["G1"] == ("DELAYED", True, False)
    assert found["X1"] == ("CANCELLED", False, False)
    assert found["X2"] == ("SKIPPED", False, False)
    clock.advance(minutes=6)
    assert (await shown())["X1"] == ("UNKNOWN", True, True)


async def test_a_board_marks_times_that_nobody_published(run: Run, store: Store) -> None:
    """aimedApproximate; false where the document was written before there was such a mark."""
    await store.db["calls"].insert_one(call_doc("X1", minutes=30, aimed_approximate=True))
    rows = (await run(EXCHANGE, stop="railway:SHH"))["data"]["departures"]["nodes"]
    marks = {row["journey"]["publicCode"]: row["aimedApproximate"] for row in rows}
    assert (marks["X1"], marks["G1"]) == (True, False)


async def test_a_silent_source_turns_its_values_stale_and_then_unknown(
    run: Run, clock: ManualClock
) -> None:
    """After 90 s the state is STALE; after 300 s only what was planned is shown."""
    clock.advance(seconds=91)
    row = (await run(BOARD, stop="railway:SHH"))["data"]["departures"]["nodes"][0]
    assert (row["freshness"]["state"], row["status"]) == ("STALE", "DELAYED")
    clock.advance(seconds=210)
    row = (await run(BOARD, stop="railway:SHH"))["data"]["departures"]["nodes"][0]
    assert row["freshness"]["state"] == "UNKNOWN"
    assert row["status"] == "UNKNOWN"
    assert row["plannedPlatform"] == "1"
    assert row["aimedDeparture"] == "2026-03-02T09:10:00Z"
    unknown = ("expectedDeparture", "actualPlatform", "delaySeconds", "occupancy")
    assert {row[name] for name in unknown} == {None}


async def test_a_stop_place_is_named_by_either_id(run: Run) -> None:
    """The Relay id and the scoped id give the same board."""
    relay = await run(BOARD, stop=global_id("StopPlace", "railway:SHH"))
    assert relay == await run(BOARD, stop="railway:SHH")


async def test_modes_and_window_filter_the_board(run: Run) -> None:
    """Only coaches; only from an hour ago to now; only five hours from now."""
    assert codes(await run(BOARD, stop="railway:SHH", modes=["COACH"])) == ["K3"]
    early = {"from": (NOW - timedelta(hours=1)).isoformat(), "until": NOW.isoformat()}
    assert codes(await run(BOARD, stop="railway:SHH", **early)) == ["G9"]
    late = {"from": (NOW + timedelta(hours=4)).isoformat()}
    assert codes(await run(BOARD, stop="railway:SHH", **late)) == ["G8"]


async def test_pages_follow_each_other_without_gap_or_overlap(run: Run) -> None:
    """Two pages of two and one make the whole board."""
    first = await run(BOARD, stop="railway:SHH", first=2)
    info = first["data"]["departures"]["pageInfo"]
    assert info["hasNextPage"]
    assert not info["hasPreviousPage"]
    rest = await run(BOARD, stop="railway:SHH", first=2, after=info["endCursor"])
    assert codes(first) + codes(rest) == ["G1", "K3", "G2"]
    assert rest["data"]["departures"]["pageInfo"]["hasNextPage"] is False


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"after": "bm9uc2Vuc2U="}, "BAD_CURSOR"),
        ({"after": "北京"}, "BAD_CURSOR"),
        ({"after": ""}, "BAD_CURSOR"),
        ({"first": 201}, "BAD_FIRST"),
        ({"first": 0}, "BAD_FIRST"),
        ({"first": -5}, "BAD_FIRST"),
        ({"stop": "railway:NOWHERE"}, "NOT_FOUND"),
        ({"stop": ""}, "NOT_FOUND"),
        ({"stop": global_id("Incident", "x")}, "BAD_ID"),
        ({"stop": '{"$ne": null}'}, "NOT_FOUND"),
        ({"stop": "$where"}, "NOT_FOUND"),
        ({"from": "2026-03-02T10:00:00Z", "until": "2026-03-02T09:00:00Z"}, "BAD_WINDOW"),
        ({"from": "2026-03-02T10:00:00"}, "BAD_USER_INPUT"),
        ({"modes": ["SPACESHIP"]}, "BAD_USER_INPUT"),
        ({"stop": {"$ne": None}}, "BAD_USER_INPUT"),
    ],
)
async def test_bad_arguments_get_a_code_and_no_data(
    run: Run, arguments: dict[str, Any], code: str
) -> None:
    """Nothing is guessed: each is refused with a stable code."""
    answer = await run(BOARD, **{"stop": "railway:SHH", **arguments})
    assert code_of(answer) == code
    assert not answer.get("data")


async def test_a_board_asks_the_database_for_the_selected_fields_only(
    run: Run, store: Store, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The projection holds what is selected, what it is computed from, and the sort key."""
    asked: list[Any] = []
    real = services.transit.calls

    async def spy(stop_place: str, **arguments: Any) -> Any:
        asked.append(arguments["projection"])
        return await real(stop_place, **arguments)

    monkeypatch.setattr(services.transit, "calls", spy)
    text = """query { departures(stopPlace: "railway:SHH") { nodes { ...Row } } }
        fragment Row on Call {
          status journey { publicCode ... on DatedJourney { destination } } }"""
    answer = await run(text)
    assert codes(answer) == ["G1", "K3", "G2"]
    assert set(asked[0]) == {
        "_id",
        "actual",
        "aimed",
        "board.departure",
        "boarding",
        "expected",
        "feed",
        "journey.destination",
        "journey.public_code",
        "observed_at",
        "realtime",
        "source",
        "status",
    }


async def test_an_embedded_object_is_read_whole_only_when_asked(run: Run, store: Store) -> None:
    """A call embeds id and name of its stop place; its kind costs one more find for all rows."""
    text = """{ departures(stopPlace: "railway:SHH") { edges { cursor node {
        stopPlace { id scopedId name kind modes position { lat } quays { publicCode }
          freshness { state } } } } } }"""
    edges = (await run(text))["data"]["departures"]["edges"]
    assert len(edges) == 3
    assert edges[0]["node"]["stopPlace"] == {
        "id": global_id("StopPlace", "railway:SHH"),
        "scopedId": "railway:SHH",
        "name": "上海站",
        "kind": "RAIL_STATION",
        "modes": ["RAIL"],
        "position": {"lat": 31.2496},
        "quays": [{"publicCode": "1"}],
        "freshness": {"state": "SCHEDULED"},
    }


async def test_a_journey_lists_its_calls_with_their_own_freshness(run: Run, store: Store) -> None:
    """Calls inside a journey read like rows of a board; those not observed are SCHEDULED."""
    call = call_doc("G1")
    kept = ("order", "stop_place", "aimed", "expected", "actual", "platform", "status")
    first = {name: call[name] for name in (*kept, "boarding", "alighting", "realtime", "occupancy")}
    second = {**first, "order": 2, "realtime": False, "status": "SCHEDULED"}
    part = journey = call["journey"]
    journey = {**part, "_id": part["id"], "dataset": "railway", "calls": [first, second]}
    journey |= {
        "timetable": {"feed": "rail-gtfs"},
        "realtime": {"feed": "rail-et", "observed_at": NOW},
    }
    journey.pop("id")
    await store.db["journeys"].insert_one(journey)
    text = """query ($id: ID!) { journey(id: $id) { publicCode freshness { state source }
        calls { id order status freshness { state source } journey { publicCode } } } }"""
    answer = await run(text, id=part["id"])
    calls = answer["data"]["journey"].pop("calls")
    assert answer["data"]["journey"]["freshness"] == {"state": "FRESH", "source": "rail-et"}
    assert [row["freshness"]["state"] for row in calls] == ["FRESH", "SCHEDULED"]
    assert calls[1]["freshness"]["source"] == "rail-gtfs"
    assert calls[0]["id"] == global_id("Call", "railway:G1:2026-03-02#1")
    board = """{ departures(stopPlace: "railway:SHH", first: 1) {
        nodes { journey { calls { order } freshness { state } } } } }"""
    row = (await run(board))["data"]["departures"]["nodes"][0]["journey"]
    assert row == {"calls": [{"order": 1}, {"order": 2}], "freshness": {"state": "FRESH"}}
