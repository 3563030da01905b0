"""Delays told at stops without a planned time, and times in milliseconds that tell the visit."""

from datetime import timedelta
from itertools import count

import pytest

from hub.model.journeys import CallStatus
from tests.connectors.gtfs_builder import (
    TABLES,
    Message,
    by_order,
    only_journey,
    reasons,
    shanghai,
    stop,
    timetable,
    zipped,
)

feeds = count()
ROWS = (
    *("ENDS,,,XZ,1,,", "ENDS,12:00:00,12:00:00,PS,2,,", "ENDS,12:10:00,12:10:00,SHRS-1,3,,"),
    *("ENDS,,,FJ,4,,", "RING,10:00:00,10:00:00,XZ,1,,", "RING,10:10:00,10:10:00,PS,2,,"),
    *("RING,10:20:00,10:20:00,XZ,3,,", "RING,10:25:00,10:25:00,FJ,4,,"),
)


@pytest.fixture(scope="module")
def reference():
    """The builder's timetable, with a trip whose ends are untimed and one that comes round."""
    trips = TABLES["trips.txt"] + "L1,all,ENDS,,,1\nL1,all,RING,,,0\n"
    times = TABLES["stop_times.txt"] + "\n".join(ROWS) + "\n"
    return timetable(zipped({"trips.txt": trips, "stop_times.txt": times}))


def read(message, reference, **given):
    return message.read(feed_id=f"delays-{next(feeds)}", reference=reference, **given)


def told(trip_id="ENDS", at="11:50"):
    message = Message(at=shanghai(f"2026-03-04 {at}"))
    return message, message.trip(trip_id, start_date="20260304")


@pytest.mark.parametrize("end", ["arrival", "departure"])
def test_a_delay_at_an_untimed_first_stop_is_inherited(reference, end):
    """Nothing is planned there, but the timed stops behind it are five minutes late."""
    message, update = told()
    stop(update, stop_sequence=1, **{end: 300})
    batch = read(message, reference)
    calls = by_order(only_journey(batch))
    assert calls[2].expected.departure == shanghai("2026-03-04 12:05")
    assert calls[3].expected.departure == shanghai("2026-03-04 12:15")
    assert calls[2].status is CallStatus.DELAYED
    assert batch.notes == []


def test_a_time_with_its_delay_at_an_untimed_stop_is_inherited(reference):
    """The source's own delay is how late its time is, where no plan says it."""
    message, update = told()
    added = stop(update, stop_sequence=1, departure=shanghai("2026-03-04 11:58"))
    added.departure.delay = 240
    calls = by_order(only_journey(read(message, reference)))
    assert calls[1].expected.departure == shanghai("2026-03-04 11:58")
    assert calls[2].expected.departure == shanghai("2026-03-04 12:04")


def test_an_absurd_delay_at_an_untimed_stop_is_noted_and_not_inherited(reference):
    """Two days late: as at a timed stop."""
    message, update = told()
    stop(update, stop_sequence=1, departure=172_800)
    batch = read(message, reference)
    assert by_order(only_journey(batch))[2].expected.departure is None
    assert reasons(batch.notes) == ["BAD_VALUE"]


def test_a_delay_that_gives_no_time_at_all_is_noted(reference):
    """At the last stop nothing is planned and nothing inherits it."""
    message, update = told()
    stop(update, stop_sequence=4, arrival=300)
    batch = read(message, reference)
    assert reasons(batch.notes) == ["MISSING_FIELD"]
    assert "300 s at stop_sequence 4" in batch.notes[0].detail


@pytest.mark.parametrize("how", ["predicted", "scheduled", "delay"])
def test_times_in_milliseconds_tell_the_visit(reference, how):
    """Whether two predictions, a scheduled_time or time less delay: the second visit is meant."""
    message, update = told("RING", at="10:16")
    comes = shanghai("2026-03-04 10:22")
    visit = stop(update, stop_id="XZ")
    visit.arrival.time = int(comes.timestamp()) * 1000
    if how == "scheduled":
        visit.arrival.scheduled_time = int(shanghai("2026-03-04 10:20").timestamp()) * 1000
    elif how == "delay":
        visit.arrival.delay = 120
    else:
        behind = stop(update, stop_id="FJ")
        behind.arrival.time = int((comes + timedelta(minutes=5)).timestamp()) * 1000
    batch = read(message, reference)
    calls = by_order(only_journey(batch))
    assert min(calls) == 3
    assert calls[3].expected.arrival == comes
    assert set(reasons(batch.notes)) == {"BAD_VALUE"}


def test_times_in_milliseconds_tell_the_day(reference):
    """Without a start_date: tomorrow's run, by its first predicted time."""
    message = Message(at=shanghai("2026-03-04 10:16"))
    visit = stop(message.trip("RING"), stop_sequence=1)
    visit.departure.time = int(shanghai("2026-03-05 10:01").timestamp()) * 1000
    assert only_journey(read(message, reference)).service_date.day == 5


def test_times_in_milliseconds_tell_the_run(reference):
    """Of a trip_id that is not the timetable's, by its stops and times."""
    message, update = told("OTHER", at="10:16")
    for stop_id, at in (("PS", "10:11"), ("XZ", "10:21"), ("FJ", "10:26")):
        moment = int(shanghai(f"2026-03-04 {at}").timestamp()) * 1000
        stop(update, stop_id=stop_id).arrival.time = moment
    batch = read(message, reference)
    assert [one.native_id for one in batch.records] == ["RING"]
