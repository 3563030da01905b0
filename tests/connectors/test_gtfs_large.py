"""A large dataset is read for what calls at the interchange, and says how far it has come."""

import tracemalloc
from dataclasses import replace

import pytest

from bench.feed_data import NOON, schedule_zip
from connectors.gtfs import CONNECTOR, GtfsConfig
from connectors.gtfs_rt import CONNECTOR as GTFS_RT
from hub.connector import Envelope
from hub.errors import PayloadError, Reason
from tests.connectors.gtfs_builder import Message, context, stop, timetable, zipped

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
    ours = {
        record
        for record in whole.records
        if not hasattr(record, "calls")
        or any(call.stop_place_id == "metro:S7" for call in record.calls)
    }
    assert set(some.records) == ours
    assert (some.entities, some.rejects, some.notes) == (whole.entities, [], [])


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
