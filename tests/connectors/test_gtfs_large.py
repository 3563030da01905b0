"""A large dataset is read for what calls at the interchange, and says how far it has come."""

import tracemalloc
from dataclasses import replace

import pytest

from bench.feed_data import NOON, schedule_zip
from connectors.gtfs import CONNECTOR, GtfsConfig
from connectors.gtfs_rt import CONNECTOR as GTFS_RT
from hub.connector import Envelope
from hub.errors import PayloadError, Reason
from hub.model.network import StopPlace
from tests.connectors.gtfs_builder import TABLES, Message, context, stop, timetable, zipped

HERE = frozenset({"S7"})


def peak(body: bytes, stop_places: frozenset[str]) -> int:
    """Bytes held at most while a reference is loaded, beyond those of the zip."""
    tracemalloc.start()
    CONNECTOR.load_reference(Envelope(body, NOON), context(CONNECTOR, stop_places=stop_places))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_memory_follows_what_is_kept():
    """Where one trip in twenty calls at the interchange, the others cost a fraction."""
    body = schedule_zip(4000, 20)
    assert peak(body, HERE) < peak(body, frozenset()) / 2


def test_what_is_kept_is_the_same_as_of_the_whole():
    """The records are those of a dataset that was kept whole; the network keeps its modes."""
    body = schedule_zip(500, 20)
    at = Envelope(body, NOON)
    some = CONNECTOR.parse(at, context(CONNECTOR, stop_places=HERE))
    whole = CONNECTOR.parse(at, context(CONNECTOR))
    journeys = {
        record
        for record in whole.records
        if hasattr(record, "calls")
        and any(call.stop_place_id == "metro:S7" for call in record.calls)
    }
    called = {call.stop_place_id for record in journeys for call in record.calls}
    assert journeys
    assert {record for record in some.records if hasattr(record, "calls")} == journeys
    assert set(some.records) <= set(whole.records)
    places = {record.id for record in some.records if isinstance(record, StopPlace)}
    assert called <= places
    assert (some.entities, some.rejects, some.notes) == (whole.entities, [], [])


def test_stops_far_from_the_interchange_are_left_out():
    """Kept are those where its journeys call and those within some two kilometres; never more."""
    stops = (
        "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
        "S,Station,31.25,121.45,1,\nS1,Station,31.25,121.45,0,S\nFAR,Far,40.0,116.0,0,\n"
        "NEAR,Near,31.26,121.46,0,\nEND,End,30.0,120.0,0,\nOTHER,Other,39.0,117.0,0,\n"
    )
    times = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "T1,08:00:00,08:00:00,S1,1\nT1,09:00:00,09:00:00,END,2\n"
        "T2,08:00:00,08:00:00,FAR,1\nT2,09:00:00,09:00:00,OTHER,2\n"
    )
    trips = "route_id,service_id,trip_id\nR1,WD,T1\nR1,WD,T2\n"
    tables = {"stops.txt": stops, "stop_times.txt": times, "trips.txt": trips}
    days = {"calendar.txt": TABLES["calendar.txt"]}
    service = days["calendar.txt"].split("\n")[1].split(",")[0]
    route = TABLES["routes.txt"].split("\n")[1].split(",")[0]
    tables["trips.txt"] = trips.replace("R1", route).replace("WD", service)
    gone = dict.fromkeys(("frequencies.txt", "translations.txt", "calendar_dates.txt"), "")
    body = zipped(tables | gone)
    read = CONNECTOR.parse(Envelope(body, NOON), context(CONNECTOR, stop_places=frozenset({"S"})))
    places = {record.native_id for record in read.records if isinstance(record, StopPlace)}
    assert places == {"S", "NEAR", "END"}
    assert read.entities == 6 + 2 + TABLES["routes.txt"].strip().count("\n")
    reference = CONNECTOR.load_reference(
        Envelope(body, NOON), context(CONNECTOR, stop_places=frozenset({"S"}))
    )
    assert "FAR" in reference.stops


def test_a_dataset_over_its_caps_is_refused():
    """Without stop places nothing is left out, and the cap says so in one line."""
    config = GtfsConfig(max_unpacked_bytes=100_000)
    with pytest.raises(PayloadError) as caught:
        CONNECTOR.parse(Envelope(schedule_zip(500, 20), NOON), context(CONNECTOR, config=config))
    assert caught.value.reason is Reason.TOO_LARGE
    assert "100000 are allowed" in caught.value.message
    assert "max_unpacked_bytes" in str(caught.value)
    assert "--stop-place" in str(caught.value)


def test_progress_rises_to_the_whole():
    """The share that was read rises from nothing to 1."""
    told: list[float] = []
    where = replace(context(CONNECTOR, stop_places=HERE), progress=told.append)
    CONNECTOR.load_reference(Envelope(schedule_zip(2000, 20), NOON), where)
    assert told == sorted(told)
    assert told[0] < 0.1
    assert told[-1] == 1.0
    assert len(told) > 5


def test_updates_of_trips_elsewhere_are_accepted_and_yield_nothing():
    """A trip that was left out is known: it is matched, no record, and no UNKNOWN_TRIP."""
    given = context(GTFS_RT, stop_places=frozenset({"NOWHERE"}))
    reference = GTFS_RT.load_reference(Envelope(zipped(), NOON), given)
    assert reference.trips == {}
    assert all(reference.elsewhere(id_) == trip.route_id for id_, trip in timetable().trips.items())
    assert reference.elsewhere("no such trip") is None
    message = Message()
    stop(message.trip("T1"), stop_sequence=2, arrival=300)
    batch = message.read(reference=reference, stop_places=frozenset({"NOWHERE"}))
    assert (batch.accepted, batch.records, batch.rejects) == (1, [], [])
    assert batch.matched_journeys == 1
