"""MDS 2.0 passenger-services: vehicle status, trips, stops, and the normative state table."""

import json
import re
from datetime import timedelta

import pytest
from given import AT, context_of, notes, read, refusals, sample

from connectors.mds import follow_up, request
from connectors.mds.states import TAXI_STATES, TO_STATES, taxi_state
from hub.connector import Envelope, Link
from hub.errors import PayloadError, Reason
from hub.formats.common.bundle import Document, pack
from hub.model.common import Mode, Name, Position
from hub.model.network import StopPlaceKind
from hub.model.vehicles import TaxiState

MS = int(AT.timestamp() * 1000)


def answer(**payload: object) -> bytes:
    return json.dumps({"version": "2.0.1", "last_updated": MS, "ttl": 5000} | payload).encode()


def place(lat: float = 31.2, lng: float = 121.3, **more: object) -> dict:
    return {"lat": lat, "lng": lng} | more


def status(
    device: object = "d1", state: str | None = "available", event: dict | None = None, **fix: object
) -> dict:
    return {
        "device_id": device,
        "provider_id": "p",
        "last_event": {
            "vehicle_state": state,
            "event_types": ["service_start"],
            "timestamp": MS - 60_000,
            "location": place(31.0, 121.0),
            "trip_ids": ["t9"],
        }
        | (event or {}),
        "last_telemetry": {
            "timestamp": MS - 5000,
            "location": place(heading=90, speed=10),
            "journey_id": "j9",
        }
        | fix,
    }


def statuses(*found: dict) -> bytes:
    return answer(vehicles_status=list(found))


def test_seconds_for_milliseconds_are_read_as_such() -> None:
    """Whoever writes 1772438395 for a timestamp means seconds: the taxi is there, with a note."""
    told = status(timestamp=MS // 1000 - 5, location=place())
    batch = read("mds", statuses(told))
    (taxi,) = batch.records
    assert (taxi.position, taxi.observed_at) == (Position(31.2, 121.3), AT - timedelta(seconds=5))
    assert notes(batch) == [("BAD_VALUE", "d1")]


def test_a_status_is_a_taxi_at_its_newest_fix() -> None:
    """Telemetry is newer than the event: its place; the event's state. Metres a second to km/h."""
    batch = read("mds", statuses(status()))
    (taxi,) = batch.records
    assert (taxi.id, taxi.mode, taxi.taxi_state) == ("ds:d1", Mode.TAXI, TaxiState.AVAILABLE)
    assert (taxi.position, taxi.observed_at) == (Position(31.2, 121.3), AT - timedelta(seconds=5))
    assert (taxi.bearing, taxi.speed_kmh) == (90, 36.0)
    assert (batch.as_of, batch.complete, notes(batch)) == (AT, True, [])


def test_a_newer_event_gives_the_place() -> None:
    """A trip may start after the last telemetry."""
    event = {"event_types": ["trip_start"], "timestamp": MS}
    (taxi,) = read("mds", statuses(status(state="on_trip", event=event))).records
    assert (taxi.position, taxi.observed_at) == (Position(31.0, 121.0), AT)
    assert taxi.taxi_state is TaxiState.ON_TRIP


def test_what_people_did_is_dropped() -> None:
    """No trip, journey, driver, plate or fare is in what comes out."""
    trip = {
        "trip_id": "t1",
        "device_id": "d1",
        "trip_attributes": {"driver_id": "SECRET", "pickup_address": "SECRET"},
        "fare_attributes": {"tip": "SECRET"},
        "start_time": MS - 60_000,
        "start_location": place(),
    }
    vehicle = {"device_id": "d2", "vehicle_id": "SECRET", "vehicle_attributes": {"vin": "SECRET"}}
    for body in (
        statuses(status() | {"driver_id": "SECRET"}),
        answer(trips=[trip]),
        answer(vehicles=[vehicle]),
    ):
        shown = repr(read("mds", body))
        assert not re.search("SECRET|t9|j9", shown)


def rows_of_the_standard() -> list[tuple[str, str, str]]:
    text = sample("mds/passenger-services-states.md").decode()
    table = text.partition("### Vehicle States Events")[2]
    found = re.findall(r"^\| `(\w+)`\s*\| `(\w+)`\s*\|[^|]*\| `(\w+)`", table, re.MULTILINE)
    assert len(found) > 40
    return found


@pytest.mark.samples
def test_the_state_machine_is_the_standards() -> None:
    """Every event leads to the states the normative table says, and there is no other event."""
    expected: dict[str, set[str]] = {}
    for _, state, event in rows_of_the_standard():
        expected.setdefault(event, set()).add(state)
    assert {event: set(states) for event, states in TO_STATES.items()} == expected
    assert {state for states in expected.values() for state in states} == set(TAXI_STATES)


@pytest.mark.samples
def test_every_transition_of_the_standard_is_read_without_a_fault() -> None:
    """Each row's state becomes its taxi state; without the state an unambiguous event says it."""
    for _, state, event in rows_of_the_standard():
        assert taxi_state(state, [event]) == (TAXI_STATES[state], [])
        derived, faults = taxi_state(None, [event])
        assert derived in {TAXI_STATES[state], TaxiState.UNKNOWN}
        assert (derived is TaxiState.UNKNOWN) == (
            len(TO_STATES[event]) > 1 or TAXI_STATES[state] is TaxiState.UNKNOWN
        )
        assert [fault.reason for fault in faults] == [Reason.MISSING_FIELD]


@pytest.mark.parametrize(
    ("state", "events", "expected"),
    [
        ("available", ["trip_start"], TaxiState.AVAILABLE),
        ("missing", ["comms_lost"], TaxiState.UNKNOWN),
        ("on_trip", ["battery_low"], TaxiState.ON_TRIP),
        (None, [], TaxiState.UNKNOWN),
        (None, ["battery_low"], TaxiState.UNKNOWN),
    ],
)
def test_states_and_events_that_do_not_go_together_are_noted(
    state: str | None, events: list[str], expected: TaxiState
) -> None:
    """The state that is given counts; nothing else is taken for granted."""
    found, faults = taxi_state(state, events)
    assert found is expected
    assert faults


def test_several_events_at_once_need_one_that_leads_to_the_state() -> None:
    """trip_end and service_end in one event leave the taxi out of service."""
    assert taxi_state("non_operational", ["trip_end", "service_end"]) == (
        TaxiState.NON_OPERATIONAL,
        [],
    )


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (status(None), "MISSING_FIELD"),
        (status(event={"location": None}, location=None), "MISSING_FIELD"),
        (status(event={"location": place(95)}, location=place(0, 0)), "POSITION_OUT_OF_RANGE"),
        (status(event={"timestamp": 0}, timestamp=0), "TIMESTAMP_EPOCH"),
        (status(event={"timestamp": None}, timestamp=None), "TIMESTAMP_MISSING"),
        (
            status(event={"timestamp": MS + 600_000}, timestamp=MS + 600_000),
            "TIMESTAMP_IN_FUTURE",
        ),
    ],
)
def test_a_status_without_a_usable_fix_is_refused(broken: dict, reason: str) -> None:
    """Each with its reason; the other taxis stay, and nobody is withdrawn."""
    batch = read("mds", statuses(status("ok"), broken))
    assert [record.native_id for record in batch.records] == ["ok"]
    assert [found for found, _ in refusals(batch)] == [reason]
    assert not batch.complete


def test_one_good_fix_is_enough() -> None:
    """Telemetry at 0, 0 leaves the event's place."""
    batch = read("mds", statuses(status(location=place(0, 0))))
    assert batch.records[0].position == Position(31.0, 121.0)
    assert notes(batch) == [("POSITION_OUT_OF_RANGE", "d1")]


def test_a_taxi_said_twice_is_taken_once() -> None:
    """The later fix counts."""
    batch = read("mds", statuses(status(), status(timestamp=MS - 1000)))
    assert refusals(batch) == [("DUPLICATE", "d1")]
    assert batch.records[0].observed_at == AT - timedelta(seconds=1)


def trip(trip_id: object, **more: object) -> dict:
    return {
        "trip_id": trip_id,
        "device_id": "d1",
        "trip_type": "private",
        "start_time": MS - 600_000,
        "start_location": place(),
        "end_time": None,
        "end_location": None,
    } | more


def test_only_trips_that_last_say_where_a_taxi_is() -> None:
    """A trip that is over gives nothing but a note; the newest of a shared taxi counts."""
    batch = read(
        "mds",
        answer(
            trips=[
                trip("t1", end_time=MS - 1000, device_id="d0"),
                trip("t2"),
                trip("t3", start_time=MS - 60_000, trip_type="shared"),
                trip("t4", device_id="d2", trip_type="reservation"),
                trip("t5", device_id="d3", start_location=None),
                trip(None),
            ]
        ),
    )
    assert [(r.native_id, r.taxi_state) for r in batch.records] == [
        ("d1", TaxiState.ON_TRIP),
        ("d2", TaxiState.RESERVED),
    ]
    assert batch.records[0].observed_at == AT - timedelta(minutes=1)
    assert refusals(batch) == [("MISSING_FIELD", "t5"), ("MISSING_FIELD", "(no id)")]
    assert sorted(notes(batch)) == [("DUPLICATE", "t2"), ("EMPTY_ENTITY", "t1")]
    assert not batch.complete


def test_registered_vehicles_are_counted_and_give_no_record() -> None:
    """/vehicles says nothing of where they are; it must not withdraw anybody."""
    batch = read("mds", answer(vehicles=[{"device_id": "d1"}, {"device_id": None}, 7]))
    assert (batch.entities, batch.accepted, batch.records, batch.complete) == (3, 1, [], False)
    assert ("UNSUPPORTED_MESSAGE", "d1") in notes(batch)


def test_stops_are_taxi_ranks() -> None:
    """/stops become stop places of kind TAXI_RANK; a stop without a place is refused."""
    stop = {"stop_id": "s1", "name": "北广场候客点", "location": place(), "last_updated": MS}
    batch = read("mds", answer(stops=[stop, stop | {"stop_id": "s2", "location": None}]))
    (rank,) = batch.records
    assert (rank.id, rank.kind, rank.modes) == ("ds:s1", StopPlaceKind.TAXI_RANK, (Mode.TAXI,))
    assert (rank.name, rank.position) == (Name(zh="北广场候客点"), Position(31.2, 121.3))
    assert refusals(batch) == [("MISSING_FIELD", "s2")]


def test_pages_are_followed_and_only_together_complete() -> None:
    """links.next names the next page; null is the last."""
    first = answer(vehicles_status=[status()], links={"next": "/vehicles/status?page=2"})
    last = answer(vehicles_status=[status("d2")], links={"next": None})
    context = context_of("mds")
    assert follow_up(Envelope(first, AT), context) == (Link("next", "/vehicles/status?page=2"),)
    for other in (last, statuses(), b"\xff", b"[]"):
        assert follow_up(Envelope(other, AT), context) == ()
    assert not read("mds", first).complete
    batch = read("mds", pack([Document("", first), Document("next", last)]))
    assert (len(batch.records), batch.complete) == (2, True)


def test_the_version_is_asked_for() -> None:
    """Without an Accept header a provider must answer as version 0.2."""
    asked = request(context_of("mds"), AT)
    assert asked.headers == (("Accept", "application/vnd.mds+json;version=2.0"),)


def test_times_as_texts_and_bare_lists_are_read() -> None:
    """The standard's own example has "12345" for a timestamp; some answer with the list alone."""
    assert read("mds", answer(last_updated=str(MS), vehicles_status=[])).as_of == AT
    batch = read("mds", json.dumps([status()]).encode())
    assert len(batch.records) == 1
    assert batch.as_of == AT - timedelta(seconds=5)


def test_other_payloads_are_refused() -> None:
    """A policy, a geography that is no stop, no JSON."""
    zone = {"geography_id": "g", "geography_type": "no_ride_zone", "geography_json": {}}
    for body in (answer(policies=[]), answer(geography=zone), b"{}", b"[1]", b"", b"nope"):
        with pytest.raises(PayloadError):
            read("mds", body)


@pytest.mark.samples
def test_the_geography_of_the_sample_has_nine_stops() -> None:
    """Each point is a rank, called by the geography's name and its number."""
    batch = read("mds", sample("mds/stop.json"))
    assert len(batch.records) == 9
    assert batch.records[0].name == Name(en="Parking areas 1")
    assert batch.records[0].position == Position(38.24042011, -85.72414507)
