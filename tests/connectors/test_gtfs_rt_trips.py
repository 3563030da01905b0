"""TripUpdates over a timetable: matching, propagation of delays, status, service days."""

from datetime import date, timedelta

import pytest
from google.transit import gtfs_realtime_pb2 as pb

from hub.model.common import Name, OccupancyStatus
from hub.model.journeys import JourneyState, Layer
from tests.connectors.gtfs_builder import (
    NOON,
    Message,
    by_order,
    only_journey,
    reasons,
    shanghai,
    statuses,
    stop,
    timetable,
    with_rows,
    zipped,
)

TODAY = date(2026, 3, 4)


@pytest.fixture(scope="module")
def reference():
    """The timetable of the builder."""
    return timetable()


def test_a_delay_holds_for_the_stops_after_it(reference):
    """A delay told at one stop is expected at every later one, until another is told."""
    message = Message()
    update = message.trip("T1")
    stop(update, stop_sequence=2, arrival=300)
    stop(update, stop_sequence=9, arrival=30)
    journey = only_journey(message.read(reference=reference))
    calls = by_order(journey)
    assert list(calls) == [2, 5, 9]  # what lies before the first update keeps what it has
    assert calls[2].expected.departure == shanghai("2026-03-04 12:16")
    assert calls[5].expected.arrival == shanghai("2026-03-04 12:20")
    assert calls[9].expected.arrival == shanghai("2026-03-04 12:30") + timedelta(seconds=30)
    assert statuses(journey) == {2: "DELAYED", 5: "DELAYED", 9: "ON_TIME"}
    assert calls[5].aimed.arrival == shanghai("2026-03-04 12:15")


def test_a_time_goes_before_a_delay(reference):
    """Where an event gives both, the time counts, and it is what later stops inherit."""
    message = Message()
    added = stop(message.trip("T1"), stop_sequence=2, arrival=shanghai("2026-03-04 12:12"))
    added.arrival.delay = 999
    calls = by_order(only_journey(message.read(reference=reference)))
    assert calls[2].expected.arrival == shanghai("2026-03-04 12:12")
    assert calls[9].expected.arrival == shanghai("2026-03-04 12:32")


def test_no_data_ends_a_delay(reference):
    """From a stop with NO_DATA on nothing is expected, until a stop that says something."""
    message = Message()
    update = message.trip("T1")
    stop(update, stop_sequence=1, departure=120)
    stop(update, stop_sequence=2, relationship="NO_DATA")
    stop(update, stop_sequence=9, arrival=60)
    journey = only_journey(message.read(reference=reference))
    assert statuses(journey) == {1: "DELAYED", 2: "NO_DATA", 5: "NO_DATA", 9: "DELAYED"}
    assert by_order(journey)[5].expected.arrival is None


def test_a_skipped_stop_passes_the_delay_on(reference):
    """A skipped stop has no time; the delay before it holds after it."""
    message = Message()
    update = message.trip("T1")
    stop(update, stop_sequence=1, departure=180)
    stop(update, stop_sequence=2, relationship="SKIPPED")
    journey = only_journey(message.read(reference=reference))
    assert statuses(journey) == {1: "DELAYED", 2: "SKIPPED", 5: "DELAYED", 9: "DELAYED"}
    assert by_order(journey)[2].expected.departure is None
    assert by_order(journey)[5].expected.arrival == shanghai("2026-03-04 12:18")


def test_an_update_without_times_says_on_time(reference):
    """A scheduled StopTimeUpdate with neither arrival nor departure means a delay of 0."""
    message = Message()
    update = message.trip("T1")
    stop(update, stop_sequence=1, departure=300)
    stop(update, stop_sequence=5)
    journey = only_journey(message.read(reference=reference))
    assert statuses(journey) == {1: "DELAYED", 2: "DELAYED", 5: "ON_TIME", 9: "ON_TIME"}


def test_a_delay_of_the_whole_trip_holds_until_the_first_update(reference):
    """TripUpdate.delay is what stops ahead inherit; a stop's own delay goes before it."""
    message = Message(at=shanghai("2026-03-04 12:05"))
    update = message.trip("T1")
    update.delay = 120
    stop(update, stop_sequence=5, arrival=0)
    journey = only_journey(message.read(reference=reference))
    assert statuses(journey) == {2: "DELAYED", 5: "ON_TIME", 9: "ON_TIME"}
    assert by_order(journey)[2].expected.arrival == shanghai("2026-03-04 12:12")


def test_the_departure_catches_up_in_the_dwell(reference):
    """A train late at arrival and on time at departure is on time from there."""
    message = Message()
    update = message.trip("T1")
    stop(update, stop_sequence=2, arrival=60, departure=0)
    journey = only_journey(message.read(reference=reference))
    assert statuses(journey) == {2: "ON_TIME", 5: "ON_TIME", 9: "ON_TIME"}


@pytest.mark.parametrize(
    ("delay", "status"),
    [(59, "ON_TIME"), (60, "DELAYED"), (-59, "ON_TIME"), (-60, "EARLY"), (0, "ON_TIME")],
)
def test_a_minute_makes_the_difference(reference, delay, status):
    """From 60 seconds on a call is delayed, or early."""
    message = Message()
    stop(message.trip("T1"), stop_sequence=5, arrival=delay, departure=delay)
    assert statuses(only_journey(message.read(reference=reference)))[5] == status


def test_what_has_passed_is_actual(reference):
    """Told times that lie before the message's own time are actual, not expected."""
    message = Message(at=shanghai("2026-03-04 12:12"))
    update = message.trip("T1")
    stop(update, stop_sequence=1, departure=0)
    stop(update, stop_sequence=2, arrival=0, departure=240)
    journey = only_journey(message.read(reference=reference))
    calls = by_order(journey)
    assert statuses(journey) == {1: "DEPARTED", 2: "ARRIVED", 5: "DELAYED", 9: "DELAYED"}
    assert calls[1].actual.departure == shanghai("2026-03-04 12:00")
    assert calls[1].expected.departure is None
    assert calls[2].actual.arrival == shanghai("2026-03-04 12:10")
    assert calls[2].expected.departure == shanghai("2026-03-04 12:15")
    assert journey.state is JourneyState.RUNNING


@pytest.mark.parametrize(
    ("clock", "state"), [("11:00", JourneyState.PLANNED), ("12:01", JourneyState.RUNNING)]
)
@pytest.mark.parametrize("first", [None, "SKIPPED", "NO_DATA"])
def test_a_trip_whose_first_stop_tells_nothing_waits_for_its_departure(
    reference, clock, state, first
):
    """An hour before it nothing is under way, however few stops are spoken of."""
    message = Message(at=shanghai(f"2026-03-04 {clock}"))
    update = message.trip("T1", start_date="20260304")
    if first:
        stop(update, stop_sequence=1, relationship=first)
    stop(update, stop_sequence=5, arrival=120)
    assert only_journey(message.read(reference=reference)).state is state


def test_the_last_stop_is_arrived_at(reference):
    """At its last stop a journey arrives and does not depart."""
    message = Message(at=shanghai("2026-03-04 12:40"))
    stop(message.trip("T1"), stop_sequence=9, arrival=0, departure=0)
    assert statuses(only_journey(message.read(reference=reference))) == {9: "ARRIVED"}


def test_a_journey_ahead_is_planned(reference):
    """Before it leaves its first stop a journey is planned, though its delay is known."""
    message = Message(at=shanghai("2026-03-04 11:50"))
    stop(message.trip("T1"), stop_sequence=1, departure=60)
    assert only_journey(message.read(reference=reference)).state is JourneyState.PLANNED


def test_a_loop_is_matched_visit_by_visit(reference):
    """A stop that is visited twice is told apart by stop_sequence, else by what came before."""
    for numbered in (True, False):
        message = Message()
        update = message.trip("LOOP")
        for sequence, stop_id, delay in ((1, "SHRS-1", 0), (2, "PS", 60), (3, "SHRS-1", 300)):
            about = {"stop_sequence": sequence} if numbered else {}
            stop(update, stop_id=stop_id, departure=delay, **about)
        batch = message.read(reference=reference)
        calls = by_order(only_journey(batch))
        assert calls[1].expected.departure == shanghai("2026-03-04 13:00")
        assert calls[3].expected.departure == shanghai("2026-03-04 13:25")
        assert (batch.matched_stops, batch.notes) == (3, [])


def test_the_second_visit_alone_is_found_by_its_number(reference):
    """stop_sequence goes before stop_id."""
    message = Message()
    stop(message.trip("LOOP"), stop_sequence=3, stop_id="SHRS-1", departure=120)
    assert list(by_order(only_journey(message.read(reference=reference)))) == [3, 4]


def test_another_platform_of_the_station_is_a_platform_change(reference):
    """A stop_id of a sibling platform, or an assigned stop, matches and shows the platform."""
    told, assigned = Message(), Message()
    stop(told.trip("T1"), stop_sequence=5, stop_id="SHRS-2", departure=0)
    added = stop(assigned.trip("T1"), stop_sequence=5, departure=0)
    added.stop_time_properties.assigned_stop_id = "SHRS-2"
    for message in (told, assigned):
        batch = message.read(reference=reference)
        call = by_order(only_journey(batch))[5]
        assert (call.planned_platform, call.actual_platform) == ("1", "2")
        assert call.quay_id == "metro:SHRS-2"
        assert batch.matched_stops == 1


def test_a_stop_that_is_not_on_the_trip_is_noted(reference):
    """An update for a foreign stop is refused; the others of the trip are used."""
    message = Message()
    update = message.trip("T1")
    stop(update, stop_id="NOWHERE", departure=60)
    stop(update, stop_sequence=77, departure=60)
    stop(update, stop_id="PS", departure=60)
    batch = message.read(reference=reference)
    assert reasons(batch.notes) == ["UNKNOWN_STOP", "UNKNOWN_STOP"]
    assert (batch.accepted, batch.matched_journeys, batch.matched_stops) == (1, 1, 1)
    assert statuses(only_journey(batch))[2] == "DELAYED"


def test_times_that_run_backwards_are_noted(reference):
    """A call that is reached before the last one is left stays, with a note TIME_ORDER."""
    message = Message()
    update = message.trip("T1")
    stop(update, stop_sequence=2, departure=1200)
    stop(update, stop_sequence=5, arrival=0, departure=0)
    batch = message.read(reference=reference)
    assert statuses(only_journey(batch)) == {2: "DELAYED", 5: "ON_TIME", 9: "ON_TIME"}
    assert reasons(batch.notes) == ["TIME_ORDER"]


def test_departing_before_arriving_is_noted(reference):
    """Of two told times that exclude each other the arrival is left out."""
    message = Message()
    stop(message.trip("T1"), stop_sequence=5, arrival=600, departure=0)
    batch = message.read(reference=reference)
    assert reasons(batch.notes) == ["NEGATIVE_DWELL"]
    call = by_order(only_journey(batch))[5]
    assert (call.expected.arrival, call.expected.departure) == (
        None,
        shanghai("2026-03-04 12:16"),
    )


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-03-04 23:55", date(2026, 3, 4)),
        ("2026-03-05 00:10", date(2026, 3, 4)),  # running past midnight: yesterday's service day
        ("2026-03-05 11:00", date(2026, 3, 4)),
        ("2026-03-05 13:00", date(2026, 3, 5)),
    ],
)
def test_without_a_start_date_the_nearest_service_day_is_meant(reference, at, day):
    """The service day is the one whose planned times are nearest to the message's."""
    message = Message(at=shanghai(at))
    stop(message.trip("LATE"), stop_sequence=3, arrival=60)
    assert only_journey(message.read(reference=reference)).service_date == day


def test_predicted_times_tell_the_service_day(reference):
    """A prediction for tomorrow's run is of tomorrow, though today's run is nearer to now."""
    message = Message(at=shanghai("2026-03-04 20:00"))
    stop(message.trip("T1"), stop_sequence=1, departure=shanghai("2026-03-05 12:01"))
    assert only_journey(message.read(reference=reference)).service_date == date(2026, 3, 5)


def test_a_day_on_which_the_service_rests_is_not_meant(reference):
    """On Saturday noon a workday train without a start_date is Friday's."""
    message = Message(at=shanghai("2026-03-07 12:00"))
    stop(message.trip("TR7"), stop_sequence=1, departure=0)
    assert only_journey(message.read(reference=reference)).service_date == date(2026, 3, 6)


def test_a_start_date_is_the_service_day(reference):
    """start_date names the service day, also where the times are of the next calendar day."""
    message = Message(at=shanghai("2026-03-05 00:10"))
    stop(message.trip("LATE", start_date="20260304"), stop_sequence=3, arrival=0)
    journey = only_journey(message.read(reference=reference))
    assert journey.id == "metro:LATE:2026-03-04"
    assert by_order(journey)[3].expected.arrival == shanghai("2026-03-05 00:20")


def test_a_start_date_that_is_none_is_noted(reference):
    """A malformed start_date is refused; the day is found without it."""
    message = Message()
    stop(message.trip("T1", start_date="2026-3-4"), stop_sequence=1, departure=0)
    batch = message.read(reference=reference)
    assert reasons(batch.notes) == ["BAD_VALUE"]
    assert only_journey(batch).service_date == TODAY


def test_a_trip_is_found_by_route_and_start(reference):
    """Without a trip_id, route, direction and start time name the trip."""
    message = Message()
    update = message.trip("", route_id="L1", start_time="12:00:00", direction_id=0)
    stop(update, stop_sequence=1, departure=0)
    batch = message.read(reference=reference)
    assert only_journey(batch).native_id == "T1"
    assert batch.matched_journeys == 1


def test_a_start_date_a_day_from_its_times_is_put_right(reference):
    """Past midnight the calendar day stands for the service day: read by the times, and noted."""
    message = Message(at=shanghai("2026-03-05 00:03"))
    update = message.trip("LATE", start_date="20260305")
    stop(update, stop_sequence=2, arrival=shanghai("2026-03-05 00:07"))
    batch = message.read(reference=reference)
    assert only_journey(batch).id == "metro:LATE:2026-03-04"
    assert reasons(batch.notes) == ["BAD_VALUE"]
    rests = Message(at=shanghai("2026-03-08 12:00"))
    update = rests.trip("TR7", start_date="20260309")
    stop(update, stop_sequence=1, departure=shanghai("2026-03-08 14:00"))
    kept = only_journey(rests.read(reference=reference))
    assert kept.id == "metro:TR7:2026-03-09"  # it does not run on Sunday the 8th


def test_a_trip_under_another_id_is_found_by_route_and_start(reference):
    """An id the timetable does not have is no loss where route and start name one trip."""
    message = Message()
    update = message.trip("12_T1", route_id="L1", start_time="12:00:00", start_date="20260304")
    stop(update, stop_sequence=1, departure=60)
    batch = message.read(reference=reference)
    assert only_journey(batch).id == "metro:T1:2026-03-04"
    assert reasons(batch.notes) == ["UNKNOWN_TRIP"]
    ghost = Message()
    ghost.trip("GHOST", route_id="L1", start_time="03:00:00")
    assert reasons(ghost.read(reference=reference).rejects) == ["UNKNOWN_TRIP"]


def test_two_trips_of_one_start_are_ambiguous():
    """Where route and start fit two trips of the day, neither is guessed."""
    body = zipped(
        {
            **with_rows("trips.txt", "L1,all,TWIN,,,0"),
            **with_rows(
                "stop_times.txt", "TWIN,12:00:00,12:00:00,XZ,1,,", "TWIN,12:30:00,12:30:00,FJ,2,,"
            ),
        }
    )
    message = Message()
    message.trip("", route_id="L1", start_time="12:00:00", start_date="20260304")
    message.trip("GHOST", route_id="L1", start_time="12:00:00", start_date="20260304")
    batch = message.read(reference=timetable(body))
    assert reasons(batch.rejects) == ["AMBIGUOUS_MATCH"] * 2


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"trip_id": "GHOST"}, "UNKNOWN_TRIP"),
        ({"trip_id": "GHOST", "relationship": "CANCELED"}, "UNKNOWN_TRIP"),
        ({"trip_id": "", "route_id": "L1", "start_time": "03:00:00"}, "UNKNOWN_TRIP"),
        ({"trip_id": ""}, "MISSING_FIELD"),
        ({"trip_id": "x" * 300}, "BAD_VALUE"),
        ({"trip_id": "T1", "relationship": "DUPLICATED"}, "MISSING_FIELD"),
    ],
)
def test_a_trip_that_cannot_be_told_is_refused(reference, about, reason):
    """With a timetable, a scheduled trip that it does not have is a reject; the rest is kept."""
    message = Message()
    message.trip(**about)
    stop(message.trip("T1"), stop_sequence=1, departure=0)
    batch = message.read(reference=reference)
    assert reasons(batch.rejects) == [reason]
    assert (batch.entities, batch.accepted) == (2, 1)
    assert only_journey(batch).native_id == "T1"


def test_a_cancelled_journey_cancels_all_its_calls(reference):
    """CANCELED: the journey and every planned call are cancelled, with their planned times."""
    message = Message()
    message.trip("T1", "CANCELED", start_date="20260304")
    journey = only_journey(message.read(reference=reference))
    assert journey.state is JourneyState.CANCELLED
    assert statuses(journey) == dict.fromkeys((1, 2, 5, 9), "CANCELLED")
    assert journey.calls[0].aimed.departure == shanghai("2026-03-04 12:00")


def test_a_deleted_journey_is_told_from_a_cancelled_one(reference):
    """DELETED: the run is not to be shown at all, which its state says."""
    message = Message()
    message.trip("T1", "DELETED")
    journey = only_journey(message.read(reference=reference))
    assert journey.state is JourneyState.DELETED
    assert set(statuses(journey).values()) == {"CANCELLED"}


@pytest.mark.parametrize("relationship", ["ADDED", "NEW"])
def test_an_added_trip_is_taken_as_told(reference, relationship):
    """An added trip need not be in the timetable; its stops are its updates."""
    message = Message()
    update = message.trip("EXTRA", relationship, route_id="L1")
    stop(update, stop_id="XZ", departure=shanghai("2026-03-04 12:05"))
    stop(
        update,
        stop_id="SHRS-2",
        arrival=shanghai("2026-03-04 12:20"),
        departure=shanghai("2026-03-04 12:21"),
    )
    stop(update, stop_id="FJ", arrival=shanghai("2026-03-04 12:35"))
    batch = message.read(reference=reference)
    journey = only_journey(batch)
    assert journey.state is JourneyState.ADDED
    assert (batch.matched_journeys, batch.matched_stops) == (0, 3)
    assert journey.origin == Name(zh="莘庄")
    assert journey.destination == Name(zh="富锦路", en="Fujin Road")
    assert journey.line is not None
    assert journey.line.public_code == "1号线"
    assert [(c.order, c.stop_place_id, c.boarding, c.alighting) for c in journey.calls] == [
        (1, "metro:XZ", True, False),
        (2, "metro:SHRS", True, True),
        (3, "metro:FJ", False, True),
    ]
    assert {call.status.value for call in journey.calls} == {"SCHEDULED"}
    assert journey.calls[1].planned_platform == "2"


def test_an_added_trip_says_what_it_was_planned_for(reference):
    """scheduled_time gives a trip without a timetable its planned time, and so its delay."""
    message = Message()
    update = message.trip("EXTRA", "NEW")
    added = stop(update, stop_id="XZ", departure=shanghai("2026-03-04 12:05"))
    added.departure.scheduled_time = int(shanghai("2026-03-04 12:01").timestamp())
    stop(update, stop_id="FJ", arrival=shanghai("2026-03-04 12:35"))
    call = only_journey(message.read(reference=reference)).calls[0]
    assert call.aimed.departure == shanghai("2026-03-04 12:01")
    assert call.status.value == "DELAYED"


def test_an_added_trip_keeps_stops_nobody_knows(reference):
    """An unknown stop of an added trip is kept under its own id, and noted."""
    message = Message()
    stop(message.trip("EXTRA", "NEW"), stop_id="TEMP", departure=shanghai("2026-03-04 12:05"))
    batch = message.read(reference=reference)
    assert only_journey(batch).calls[0].stop_place_id == "metro:TEMP"
    assert reasons(batch.notes) == ["UNKNOWN_STOP"]


def test_a_replacement_skips_what_it_does_not_name(reference):
    """REPLACEMENT: planned stops that it leaves out are skipped, new ones are added."""
    message = Message()
    update = message.trip("T1", "REPLACEMENT")
    stop(update, stop_sequence=1, stop_id="XZ", departure=shanghai("2026-03-04 12:02"))
    stop(update, stop_sequence=3, stop_id="TEMP", departure=shanghai("2026-03-04 12:12"))
    stop(update, stop_sequence=9, stop_id="FJ", arrival=shanghai("2026-03-04 12:29"))
    journey = only_journey(message.read(reference=reference))
    assert journey.state is JourneyState.REPLACED
    assert statuses(journey) == {
        1: "DELAYED",
        2: "SKIPPED",
        3: "SCHEDULED",
        5: "SKIPPED",
        9: "EARLY",
    }
    assert by_order(journey)[3].stop_place_id == "metro:TEMP"


def test_a_replacement_has_a_schedule_of_its_own(reference):
    """REPLACEMENT: scheduled_time goes before the timetable; NO_DATA says nothing of the run."""
    message = Message()
    update = message.trip("T1", "REPLACEMENT")
    first = stop(update, stop_sequence=1, stop_id="XZ", departure=shanghai("2026-03-04 12:40"))
    first.departure.scheduled_time = int(shanghai("2026-03-04 12:40").timestamp())
    last = stop(update, stop_sequence=9, stop_id="FJ", relationship="NO_DATA")
    last.arrival.scheduled_time = int(shanghai("2026-03-04 13:10").timestamp())
    calls = by_order(only_journey(message.read(reference=reference)))
    assert calls[1].aimed.departure == shanghai("2026-03-04 12:40")
    assert calls[1].status.value == "ON_TIME"
    assert calls[9].aimed.arrival == shanghai("2026-03-04 13:10")
    assert (calls[9].status.value, calls[9].expected.arrival) == ("NO_DATA", None)


def test_stop_time_properties_say_who_may_board(reference):
    """pickup_type and drop_off_type of StopTimeProperties go before the timetable's."""
    message = Message()
    update = message.trip("T1")
    closed = stop(update, stop_sequence=2, departure=0)
    closed.stop_time_properties.pickup_type = closed.StopTimeProperties.NONE
    stop(update, stop_sequence=5, departure=0).stop_time_properties.assigned_stop_id = "SHRS-2"
    calls = by_order(only_journey(message.read(reference=reference)))
    assert (calls[2].boarding, calls[2].alighting) == (False, True)
    assert (calls[5].boarding, calls[5].actual_platform) == (True, "2")
    added = message.trip("EXTRA", "NEW")
    closed = stop(added, stop_id="XZ", departure=shanghai("2026-03-04 12:05"))
    closed.stop_time_properties.pickup_type = closed.StopTimeProperties.NONE
    stop(added, stop_id="FJ", arrival=shanghai("2026-03-04 12:35"))
    extra = message.read(reference=reference).records[1]
    assert [call.boarding for call in extra.calls] == [False, False]


def test_a_duplicated_trip_runs_again_at_another_time(reference):
    """DUPLICATED: the copy has an id, a day and a start of its own; its plan is shifted."""
    message = Message()
    update = message.trip("T1", "DUPLICATED", start_date="20260304")
    update.trip_properties.trip_id = "T1-bis"
    update.trip_properties.start_date = "20260305"
    update.trip_properties.start_time = "18:00:00"
    stop(update, stop_sequence=1, departure=60)
    journey = only_journey(message.read(reference=reference))
    assert journey.id == "metro:T1-bis:2026-03-05"
    assert journey.state is JourneyState.ADDED
    assert by_order(journey)[5].aimed.arrival == shanghai("2026-03-05 18:15")
    assert by_order(journey)[5].expected.arrival == shanghai("2026-03-05 18:16")


def test_a_repeated_trip_is_told_by_its_start():
    """A trip of frequencies.txt needs start_time; with it the run's own plan counts."""
    body = zipped(
        {"frequencies.txt": "trip_id,start_time,end_time,headway_secs\nT1,06:00:00,22:00:00,600\n"}
    )
    message = Message()
    update = message.trip("T1", "UNSCHEDULED", start_time="11:55:00", start_date="20260304")
    stop(update, stop_sequence=2, arrival=120)
    message.trip("T1", "UNSCHEDULED")
    batch = message.read(reference=timetable(body))
    journey = only_journey(batch)
    assert journey.id == "metro:T1@11:55:00:2026-03-04"
    assert by_order(journey)[2].aimed.arrival == shanghai("2026-03-04 12:05")
    assert reasons(batch.rejects) == ["MISSING_FIELD"]


def test_without_a_timetable_all_is_taken_as_told():
    """A feed without a static reference is accepted with what it says, under its own ids."""
    message = Message()
    update = message.trip("ANY", route_id="7", start_date="20260304")
    stop(update, stop_id="S1", arrival=shanghai("2026-03-04 12:05"))
    stop(update, stop_id="S2", arrival=90)
    batch = message.read()
    journey = only_journey(batch)
    assert (batch.accepted, batch.matched_journeys, batch.matched_stops) == (1, 0, 0)
    assert journey.id == "metro:ANY:2026-03-04"
    assert journey.layer is Layer.REALTIME
    assert statuses(journey) == {1: "SCHEDULED", 2: "NO_DATA"}
    assert journey.line is not None
    assert journey.line.id == "metro:7"


def test_one_trip_under_two_entities_is_one_journey(reference):
    """Two updates of a run are merged, the newer one deciding; nothing of either is lost."""
    message = Message()
    newer = message.trip("T1")
    newer.timestamp = int(NOON.timestamp()) - 5
    stop(newer, stop_sequence=5, arrival=300)
    older = message.trip("T1")
    older.timestamp = int(NOON.timestamp()) - 60
    stop(older, stop_sequence=2, arrival=0)
    batch = message.read(reference=reference)
    journey = only_journey(batch)
    assert (batch.accepted, reasons(batch.notes)) == (2, ["DUPLICATE"])
    assert statuses(journey) == {2: "ON_TIME", 5: "DELAYED", 9: "DELAYED"}
    assert journey.observed_at == NOON - timedelta(seconds=5)


def test_an_entity_said_twice_is_refused_once(reference):
    """The same entity again is a DUPLICATE reject; another one under its id is used."""
    message = Message()
    stop(message.trip("T1", entity_id="a"), stop_sequence=1, departure=0)
    stop(message.trip("T1", entity_id="a"), stop_sequence=1, departure=0)
    stop(message.trip("LOOP", entity_id="a"), stop_sequence=1, departure=0)
    batch = message.read(reference=reference)
    assert reasons(batch.rejects) == ["DUPLICATE"]
    assert {record.native_id for record in batch.records} == {"T1", "LOOP"}


def test_a_journey_that_passes_by_is_counted_and_left_out(reference):
    """With an interchange, other journeys are accepted and matched but yield no record."""
    message = Message()
    stop(message.trip("T1"), stop_sequence=1, departure=0)
    stop(message.trip("TR7"), stop_sequence=1, departure=0)
    batch = message.read(reference=reference, stop_places=frozenset({"PS"}))
    assert (batch.accepted, batch.matched_journeys, batch.matched_stops) == (2, 2, 2)
    assert [call.order for call in only_journey(batch).calls] == [1, 2, 5, 9]


def test_a_timestamp_of_its_own_is_observed_at(reference):
    """TripUpdate.timestamp is when it was observed; without one the record has none."""
    message = Message()
    stop(message.trip("T1"), stop_sequence=1, departure=0)
    dated = message.trip("LOOP")
    dated.timestamp = int(NOON.timestamp()) - 30
    first, second = message.read(reference=reference).records
    assert first.observed_at is None
    assert second.observed_at == NOON - timedelta(seconds=30)


def test_an_update_that_says_nothing_of_a_stop_is_noted(reference):
    """Without a stop_time_update it says no more than that the trip runs; a cancelled one does."""
    for known in (reference, None):
        message = Message()
        message.trip("T1")
        message.trip("LOOP").trip.schedule_relationship = pb.TripDescriptor.CANCELED
        batch = message.read(reference=known)
        assert [(note.reason, note.native_id) for note in batch.notes] == [("EMPTY_ENTITY", "T1")]
        assert batch.accepted == 2


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [(0, "TIMESTAMP_EPOCH"), (86_400, "TIMESTAMP_EPOCH"), (10**13, "TIMESTAMP_IN_FUTURE")],
)
def test_a_timestamp_that_cannot_be_is_not_believed(reference, seconds, reason):
    """A clock never set, or far ahead, leaves the update without a time of its own."""
    message = Message()
    update = message.trip("T1")
    stop(update, stop_sequence=1, departure=0)
    update.timestamp = seconds
    batch = message.read(reference=reference)
    assert reasons(batch.notes) == [reason]
    assert only_journey(batch).observed_at is None


@pytest.mark.parametrize("seconds", [-5, 1, 2**62])
def test_a_stop_time_that_cannot_be_is_noted(reference, seconds):
    """An absurd stop time is refused, its neighbours are used."""
    message = Message()
    update = message.trip("T1")
    stop(update, stop_sequence=1, departure=0).departure.time = seconds
    stop(update, stop_sequence=5, arrival=0)
    batch = message.read(reference=reference)
    assert reasons(batch.notes)[0] in {"TIMESTAMP_EPOCH", "BAD_VALUE"}
    assert statuses(only_journey(batch))[5] == "ON_TIME"


def test_an_absurd_delay_is_noted(reference):
    """A delay of years is refused."""
    message = Message()
    stop(message.trip("T1"), stop_sequence=5, arrival=2**31 - 1)
    batch = message.read(reference=reference)
    assert reasons(batch.notes) == ["BAD_VALUE"]
    assert statuses(only_journey(batch))[5] == "NO_DATA"


def test_how_full_it_leaves_is_kept(reference):
    """departure_occupancy_status is the occupancy of the call."""
    message = Message()
    stop(message.trip("T1"), stop_sequence=5, departure=0).departure_occupancy_status = 5
    occupancy = by_order(only_journey(message.read(reference=reference)))[5].occupancy
    assert occupancy is not None
    assert occupancy.status is OccupancyStatus.FULL


def test_the_vehicle_is_named_without_its_plate(reference):
    """The vehicle's id is kept, its licence plate is nowhere in the record."""
    message = Message()
    update = message.trip("T1")
    update.vehicle.id = "0411"
    update.vehicle.license_plate = "沪A12345"
    journey = only_journey(message.read(reference=reference))
    assert journey.vehicle_ref == "metro:0411"
    assert "沪A12345" not in repr(journey)
