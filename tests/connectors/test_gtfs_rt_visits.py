"""Which call of a trip a StopTimeUpdate is of where stop_sequence does not say it."""

from datetime import timedelta
from itertools import count

import pytest
from google.transit import gtfs_realtime_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from connectors.gtfs_rt import matching
from hub.model.journeys import CallStatus, JourneyState
from tests.connectors.gtfs_builder import (
    NOON,
    TABLES,
    Message,
    by_order,
    only_journey,
    reasons,
    shanghai,
    statuses,
    stop,
    timetable,
    zipped,
)

feeds = count()
ROWS = (
    *("RING,13:00:00,13:00:00,SHRS-1,1,,", "RING,13:10:00,13:10:00,PS,2,,"),
    *("RING,13:20:00,13:20:00,SHRS-2,3,,", "RING,13:30:00,13:30:00,XZ,4,,"),
    *("RING,13:40:00,13:40:00,SHRS-1,5,,", "RING,13:50:00,13:50:00,FJ,6,,"),
    *("GAPS,14:00:00,14:00:00,XZ,1,,", "GAPS,,,PS,2,,", "GAPS,14:30:00,14:30:00,FJ,3,,"),
)
RING = {1: ("SHRS-1", "13:00"), 2: ("PS", "13:10"), 3: ("SHRS-2", "13:20")}
RING |= {4: ("XZ", "13:30"), 5: ("SHRS-1", "13:40"), 6: ("FJ", "13:50")}
"""The station is called at three times, once at another platform."""


@pytest.fixture(scope="module")
def reference():
    """The builder's timetable, with a ring and a trip with a stop without a time."""
    trips = TABLES["trips.txt"] + "L1,all,RING,,,1\nL1,all,GAPS,,,0\n"
    times = TABLES["stop_times.txt"] + "\n".join(ROWS) + "\n"
    return timetable(zipped({"trips.txt": trips, "stop_times.txt": times}))


def read(message, reference):
    return message.read(feed_id=f"visits-{next(feeds)}", reference=reference)


def ring(at="12:30"):
    """A message of the ring, of a day and a time."""
    message = Message(at=shanghai(f"2026-03-04 {at}"))
    return message, message.trip("RING", start_date="20260304")


def moment(text, late=0):
    return shanghai(f"2026-03-04 {text}") + timedelta(minutes=late)


def test_predictions_that_only_the_last_leg_can_be(reference):
    """The station at 13:42 and Fujin Road at 13:52 are the last two calls, not the first and last.

    From the first call it is fifty minutes to the last.
    """
    message, update = ring()
    stop(update, stop_id="SHRS-1", arrival=moment("13:42"), departure=moment("13:42"))
    stop(update, stop_id="FJ", arrival=moment("13:52"))
    batch = read(message, reference)
    calls = by_order(only_journey(batch))
    assert list(calls) == [5, 6]
    assert calls[5].expected.arrival == moment("13:42")
    assert batch.notes == []


def test_a_prediction_alone_is_noted_and_has_no_time(reference):
    """It could be either visit of the platform: neither is touched, nor what comes behind."""
    message, update = ring()
    stop(update, stop_id="SHRS-1", arrival=moment("13:42"))
    batch = read(message, reference)
    assert only_journey(batch).calls == ()
    assert reasons(batch.notes) == ["AMBIGUOUS_MATCH"]
    assert "1, 5" in batch.notes[0].detail


def test_a_delay_does_not_pass_a_call_that_may_have_another(reference):
    """Behind the update at People's Square one may be of call 3 or 5: of both nothing is known."""
    message, update = ring()
    stop(update, stop_id="PS", departure=60)
    stop(update, stop_id="SHRS", departure=600)
    batch = read(message, reference)
    found = statuses(only_journey(batch))
    assert found[2] == CallStatus.DELAYED
    assert {found[order] for order in (3, 4, 5, 6)} == {CallStatus.NO_DATA}
    assert reasons(batch.notes) == ["AMBIGUOUS_MATCH"]


@pytest.mark.parametrize("scheduled", [True, False])
def test_a_planned_time_tells_the_visits_apart(reference, scheduled):
    """scheduled_time, or time less delay, is the visit's own."""
    message, update = ring()
    added = stop(update, stop_id="SHRS-1", arrival=moment("13:45"))
    if scheduled:
        added.arrival.scheduled_time = int(moment("13:40").timestamp())
    else:
        added.arrival.delay = 300
    assert list(by_order(only_journey(read(message, reference)))) == [5, 6]


def test_a_platform_is_the_planned_stop_where_it_says_one(reference):
    """stop_id is that of stops.txt: the other platform is called at once."""
    message, update = ring()
    stop(update, stop_id="SHRS-2", departure=120)
    assert list(by_order(only_journey(read(message, reference)))) == [3, 4, 5, 6]


def test_a_number_decides_where_its_place_agrees(reference):
    """Whatever platform is told; a number of another place is passed over."""
    message, update = ring()
    stop(update, stop_id="SHRS-2", stop_sequence=5, departure=120)
    assert list(by_order(only_journey(read(message, reference)))) == [5, 6]
    message, update = ring()
    stop(update, stop_id="XZ", stop_sequence=2, departure=120)
    assert list(by_order(only_journey(read(message, reference)))) == [4, 5, 6]


def test_updates_out_of_their_order_are_what_they_are(reference):
    """Numbers put them in sequence; a stop that is called at once needs none."""
    message, update = ring()
    stop(update, stop_id="XZ", stop_sequence=4, departure=120)
    stop(update, stop_id="PS", stop_sequence=2, departure=60)
    stop(update, stop_id="SHRS-1", stop_sequence=5, departure=300)
    calls = by_order(only_journey(read(message, reference)))
    late = {2: 60, 3: 60, 4: 120, 5: 300, 6: 300}
    assert {
        order: int((call.expected.departure - call.aimed.departure).total_seconds())
        for order, call in calls.items()
    } == late


def replacement(*stop_ids):
    """A replacement of the ring's trip at these stops, ten minutes apart."""
    message, update = ring()
    update.trip.schedule_relationship = pb.TripDescriptor.REPLACEMENT
    for number, stop_id in enumerate(stop_ids):
        stop(update, stop_id=stop_id, departure=moment("13:00", 10 * number))
    return message


def test_a_replacement_may_be_of_any_visit(reference):
    """Where it names one of two visits, of both nothing is known; neither is called skipped."""
    batch = read(replacement("SHRS-1"), reference)
    found = statuses(only_journey(batch))
    assert {found[1], found[5]} == {CallStatus.NO_DATA}
    assert {found[order] for order in (2, 3, 4, 6)} == {CallStatus.SKIPPED}
    assert reasons(batch.notes) == ["AMBIGUOUS_MATCH"]


def test_a_replacement_may_add_a_visit(reference):
    """Its stops are the whole journey: one beside all planned calls of its place is another."""
    batch = read(replacement("PS", "XZ", "PS"), reference)
    calls = by_order(only_journey(batch))
    assert [order for order, call in calls.items() if call.extra] == [7]
    assert calls[7].stop_place_id == "metro:PS"
    assert batch.notes == []


@given(
    told=st.lists(st.tuples(st.integers(1, 6), st.booleans(), st.integers(0, 20)), max_size=6),
    now=st.sampled_from(["12:30", "13:15", "13:55"]),
)
def test_the_usual_way_comes_to_what_the_rule_comes_to(reference, told, now):
    """Numbered updates in sequence need no rule, and come to the same by it."""
    message, update = ring(now)
    for order, named, late in told:
        stop_id, at = RING[order]
        about = {"stop_id": stop_id} if named else {}
        stop(update, stop_sequence=order, arrival=moment(at, late), **about)
    quick = read(message, reference)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(matching, "_one_by_one", lambda *_: None)
        long = read(message, reference)
    assert quick.records == long.records
    assert (quick.notes, quick.matched_stops) == (long.notes, long.matched_stops)


@given(
    part=st.sets(st.integers(1, 6), min_size=1),
    lates=st.lists(st.integers(0, 8), min_size=6, max_size=6),
    first=st.integers(0, 90),
)
def test_predictions_never_reach_another_visit(reference, part, lates, first):
    """Any part of the ring, without numbers, however late it becomes: itself, or nothing."""
    message, update = ring()
    late, expected = first, {}
    for order, (stop_id, at) in RING.items():
        late += lates[order - 1]
        expected[order] = moment(at, late)
        if order in part:
            place = "SHRS" if stop_id.startswith("SHRS") else stop_id
            stop(update, stop_id=place, arrival=expected[order], departure=expected[order])
    told = {expected[order] for order in part}
    for order, call in by_order(only_journey(read(message, reference))).items():
        shown = call.expected.arrival
        assert shown not in told or shown == expected[order]


def test_a_vehicle_at_a_station_of_several_visits(reference):
    """Without coordinates it tells of a call by its number; without one of none, with a note."""
    for sequence, found in ((5, CallStatus.ARRIVED), (None, CallStatus.ON_TIME)):
        message, update = ring()
        stop(update, stop_sequence=1, departure=0)
        entity = message.feed.entity.add(id="v")
        entity.vehicle.trip.trip_id = "RING"
        entity.vehicle.trip.start_date = "20260304"
        entity.vehicle.stop_id = "SHRS-1"
        entity.vehicle.current_status = pb.VehiclePosition.STOPPED_AT
        if sequence:
            entity.vehicle.current_stop_sequence = sequence
        batch = read(message, reference)
        assert statuses(only_journey(batch))[5] == found
        assert ("AMBIGUOUS_MATCH" in reasons(batch.notes)) is (sequence is None)


def test_nobody_boards_or_leaves_where_a_vehicle_does_not_stop(reference):
    """A skipped call, and every call of a cancelled trip."""
    message, update = ring()
    stop(update, stop_sequence=2, relationship="SKIPPED")
    calls = by_order(only_journey(read(message, reference)))
    assert [(calls[order].boarding, calls[order].alighting) for order in (2, 3)] == [
        (False, False),
        (True, True),
    ]
    message, update = ring()
    update.trip.schedule_relationship = pb.TripDescriptor.CANCELED
    gone = only_journey(read(message, reference)).calls
    assert {(call.boarding, call.alighting) for call in gone} == {(False, False)}


def test_a_trip_all_of_whose_stops_are_skipped_is_cancelled(reference):
    """Nothing of it is left to run; where one stop is served it runs."""
    for last, state in (("SKIPPED", JourneyState.CANCELLED), ("SCHEDULED", JourneyState.RUNNING)):
        message = Message(at=NOON)
        update = message.trip("T1", start_date="20260304")
        for number, relationship in ((1, "SKIPPED"), (2, "SKIPPED"), (5, "SKIPPED"), (9, last)):
            stop(update, stop_sequence=number, relationship=relationship)
        assert only_journey(read(message, reference)).state is state


def test_a_call_that_was_left_is_no_scheduled_one(reference):
    """The only stop that is told of an unscheduled trip is its last, and was departed from."""
    message = Message(at=moment("14:00"))
    stop(message.trip("U1", "UNSCHEDULED"), stop_id="XZ", departure=moment("13:50"))
    (call,) = only_journey(read(message, reference)).calls
    assert (call.actual.departure, call.status) == (moment("13:50"), CallStatus.DEPARTED)


def gaps():
    message = Message(at=shanghai("2026-03-04 13:30"))
    return message, message.trip("GAPS", start_date="20260304")


def test_a_delay_told_before_a_stop_without_a_time_reaches_it(reference):
    """Five minutes late from the start on: so is the approximate time, and the end."""
    message, update = gaps()
    stop(update, stop_sequence=1, departure=300)
    calls = by_order(only_journey(read(message, reference)))
    assert [call.aimed_approximate for call in calls.values()] == [False, True, False]
    assert calls[2].expected.arrival == calls[2].aimed.arrival + timedelta(minutes=5)
    assert calls[3].expected.arrival == moment("14:35")


def test_a_delay_told_at_a_stop_without_a_time_carries_on(reference):
    """It is no less told there than anywhere."""
    message, update = gaps()
    stop(update, stop_sequence=2, arrival=300)
    calls = by_order(only_journey(read(message, reference)))
    assert calls[2].status is calls[3].status is CallStatus.DELAYED
    assert calls[3].expected.arrival == moment("14:35")


@pytest.mark.parametrize("late", [2, 4])
def test_a_told_time_tells_runs_apart_though_it_is_approximate(late):
    """timepoint=0: two trips of the same stops, of which one is at the second at 14:25."""
    rows = "".join(
        f"{trip},{at}:00,{at}:00,{stop_id},{number},{timepoint}\n"
        for trip, between in (("A", "14:10"), ("B", "14:25"))
        for number, (stop_id, at, timepoint) in enumerate(
            (("XZ", "14:00", 1), ("PS", between, 0), ("FJ", "14:30", 1)), start=1
        )
    )
    head = "trip_id,arrival_time,departure_time,stop_id,stop_sequence,timepoint\n"
    trips = "route_id,service_id,trip_id\nL1,all,A\nL1,all,B\n"
    approximate = timetable(zipped({"trips.txt": trips, "stop_times.txt": head + rows}))
    message = Message(at=shanghai("2026-03-04 13:30"))
    update = message.trip("another id", start_date="20260304")
    for stop_id, at in (("XZ", "14:00"), ("PS", "14:25"), ("FJ", "14:30")):
        stop(update, stop_id=stop_id, arrival=moment(at, late)).arrival.delay = 60 * late
    journey = only_journey(read(message, approximate))
    assert journey.native_id == "B"
    assert [call.aimed_approximate for call in journey.calls] == [False, True, False]


def test_an_approximate_time_tells_no_run_from_another(reference):
    """A trip under another id is found by its published times; what was worked out is none."""
    message = Message(at=shanghai("2026-03-04 13:30"))
    update = message.trip("another id", start_date="20260304")
    for stop_id, at in (("XZ", "14:00"), ("PS", "14:25"), ("FJ", "14:30")):
        added = stop(update, stop_id=stop_id, arrival=moment(at, 2))
        added.arrival.delay = 120
    assert only_journey(read(message, reference)).native_id == "GAPS"


def test_a_stop_under_the_number_of_another_call_is_noted(reference):
    """The stop counts: that the number says otherwise is not passed over in silence."""
    message, update = ring()
    stop(update, stop_id="PS", stop_sequence=4, departure=60)
    stop(update, stop_id="FJ", stop_sequence=5, departure=120)
    batch = read(message, reference)
    told = by_order(only_journey(batch))
    assert told[2].expected.departure == moment("13:10", late=1)
    assert told[6].expected.departure == moment("13:50", late=2)
    assert reasons(batch.notes) == ["BAD_VALUE"]
    assert batch.notes[0].detail == (
        "stop_sequence 4 is not at stop PS; the stop counts, which is stop_sequence 2 (1 more)"
    )


def test_another_platform_under_its_number_is_no_matter(reference):
    """Nor is a number that the trip does not have."""
    message, update = ring()
    stop(update, stop_id="SHRS-2", stop_sequence=1, departure=60)
    stop(update, stop_id="PS", stop_sequence=40, departure=60)
    assert "BAD_VALUE" not in reasons(read(message, reference).notes)
