"""TripUpdates whose ids are not the timetable's: found by stops and times, or not at all."""

from datetime import timedelta

import pytest

from connectors.gtfs_rt import CONNECTOR as GTFS_RT
from connectors.gtfs_rt import GtfsRtConfig
from hub.connector import Envelope
from hub.model.journeys import JourneyState
from hub.model.situations import Situation
from hub.model.vehicles import VehiclePosition
from tests.connectors.gtfs_builder import (
    NOON,
    Message,
    by_order,
    context,
    only_journey,
    reasons,
    shanghai,
    statuses,
    stop,
    timetable,
    with_rows,
    zipped,
)

NYC = "AFA25GEN-1093-Sunday-00_070150_1..N03R"
"""A trip_id as New York's static timetable has it; in real time it is what follows the date."""


@pytest.fixture(scope="module")
def reference():
    """The timetable of the builder."""
    return timetable()


def with_trip(trip_id, start, stops=("XZ", "PS", "SHRS-1", "FJ"), route="L1", direction="0"):
    """A timetable with one more trip of the builder's, ten minutes from stop to stop."""
    return timetable(zipped(_trips((trip_id, start, stops, route, direction))))


def _trips(*trips):
    rows, times = [], []
    for trip_id, start, stops, route, direction in trips:
        rows.append(f"{route},all,{trip_id},,,{direction}")
        for number, stop_id in enumerate(stops):
            minutes = start + 10 * number
            at = f"{minutes // 60:02}:{minutes % 60:02}:00"
            times.append(f"{trip_id},{at},{at},{stop_id},{number + 1},,")
    return {**with_rows("trips.txt", *rows), **with_rows("stop_times.txt", *times)}


def planned(update, stop_id, at, late=0, **about):
    """A stop whose prediction says how late it is: its planned time is `at`."""
    added = stop(update, stop_id=stop_id, departure=at + timedelta(seconds=late), **about)
    added.departure.delay = late
    return added


def test_a_trip_under_another_id_is_found_by_its_stops_and_planned_times(reference):
    """time less delay is the planned time: one trip has it there, however late it is."""
    message = Message(at=shanghai("2026-03-04 12:05"))
    update = message.trip("12_T1")
    planned(update, "PS", shanghai("2026-03-04 12:11"), late=1500)
    planned(update, "SHRS-1", shanghai("2026-03-04 12:16"), late=1500)
    batch = message.read(reference=reference)
    journey = only_journey(batch)
    assert journey.id == "metro:T1:2026-03-04"
    assert by_order(journey)[5].expected.departure == shanghai("2026-03-04 12:41")
    assert (batch.accepted, batch.matched_journeys, batch.matched_stops) == (1, 1, 2)
    (note,) = batch.notes
    assert (note.reason, note.native_id) == ("UNKNOWN_TRIP", "12_T1")
    assert "by its stops and scheduled times it is T1 of 2026-03-04" in note.detail


def test_a_scheduled_time_is_a_planned_time(reference):
    """StopTimeEvent.scheduled_time goes before what time and delay come to."""
    message = Message()
    added = stop(message.trip("X"), stop_id="PS", arrival=shanghai("2026-03-04 12:40"))
    added.arrival.scheduled_time = int(shanghai("2026-03-04 12:10").timestamp())
    batch = message.read(reference=reference)
    assert only_journey(batch).native_id == "T1"
    added.arrival.scheduled_time += 120
    assert reasons(message.read(reference=reference).rejects) == ["UNKNOWN_TRIP"]


@pytest.mark.parametrize(("late", "found"), [(0, True), (280, True), (320, False), (-90, False)])
def test_predicted_times_must_be_near(reference, late, found):
    """Without planned times, up to five minutes late and one early are believed; a note says so."""
    message = Message()
    update = message.trip("X", start_date="20260304")
    for stop_id, at in (("PS", "12:11"), ("SHRS-1", "12:16")):
        told = shanghai(f"2026-03-04 {at}") + timedelta(seconds=late)
        stop(update, stop_id=stop_id, departure=told)
    batch = message.read(reference=reference)
    if found:
        assert only_journey(batch).id == "metro:T1:2026-03-04"
        assert f"predicted times ({late:+} s)" in batch.notes[0].detail
    else:
        assert (reasons(batch.rejects), batch.records) == (["UNKNOWN_TRIP"], [])


def test_predicted_times_between_two_trips_are_ambiguous():
    """A run four minutes after one trip and four before the next is neither."""
    body = zipped(_trips(("A", 900, ("XZ", "PS"), "L1", "0"), ("B", 908, ("XZ", "PS"), "L1", "0")))
    for minute, wanted in (("15:04", ["AMBIGUOUS_MATCH"]), ("15:01", [])):
        message = Message(at=shanghai("2026-03-04 15:00"))
        update = message.trip("X", route_id="L1")
        stop(update, stop_id="XZ", departure=shanghai(f"2026-03-04 {minute}"))
        batch = message.read(reference=timetable(body))
        assert reasons(batch.rejects) == wanted
        assert batch.matched_journeys == (not wanted)


@pytest.mark.parametrize(("before", "wanted"), [(20, ["AMBIGUOUS_MATCH"]), (40, [])])
def test_the_train_before_may_be_late(before, wanted):
    """A run on time may be the one before it, late: to half an hour that is not told apart."""
    line = [
        (name, start, ("XZ", "PS"), "L1", "0") for name, start in (("A", 960 - before), ("B", 960))
    ]
    message = Message(at=shanghai("2026-03-04 15:55"))
    update = message.trip("X", route_id="L1")
    stop(update, stop_id="XZ", departure=shanghai("2026-03-04 16:00"))
    batch = message.read(reference=timetable(zipped(_trips(*line))))
    assert reasons(batch.rejects) == wanted


def test_two_trips_with_the_same_planned_times_are_ambiguous():
    """Where two trips of the day have all the stops at the planned times, neither is guessed."""
    reference = with_trip("TWIN", 720, ("XZ", "PS", "FJ"))
    message = Message()
    planned(message.trip("X"), "XZ", shanghai("2026-03-04 12:00"))
    batch = message.read(reference=reference)
    assert reasons(batch.rejects) == ["AMBIGUOUS_MATCH"]
    assert "T1, TWIN" in batch.rejects[0].detail
    more = Message()
    update = more.trip("X")
    planned(update, "XZ", shanghai("2026-03-04 12:00"))
    planned(update, "SHRS-1", shanghai("2026-03-04 12:16"))
    assert only_journey(more.read(reference=reference)).native_id == "T1"


@pytest.mark.parametrize(
    ("about", "stops"),
    [
        ({"route_id": "G"}, ("XZ", "PS")),
        ({"direction_id": 1}, ("XZ", "PS")),
        ({"start_time": "12:05:00"}, ("XZ", "PS")),
        ({"start_date": "20260305"}, ("XZ", "PS")),
        ({}, ("PS", "XZ")),
        ({}, ("XZ", "NOWHERE")),
        ({"relationship": "REPLACEMENT"}, ("XZ", "PS")),
    ],
)
def test_what_contradicts_the_timetable_is_not_matched(reference, about, stops):
    """Route, direction, start, day, the order of the stops and every stop must agree."""
    message = Message()
    update = message.trip("X", **about)
    for stop_id in stops:
        at = "12:11" if stop_id == "PS" else "12:00"
        planned(update, stop_id, shanghai(f"2026-03-04 {at}"))
    batch = message.read(reference=reference)
    assert (reasons(batch.rejects), batch.matched_journeys) == (["UNKNOWN_TRIP"], 0)


def test_a_stop_sequence_must_agree_where_told(reference):
    """A stop under another number is another call."""
    for number, wanted in ((5, []), (2, ["UNKNOWN_TRIP"])):
        message = Message()
        at = shanghai("2026-03-04 12:16")
        planned(message.trip("X"), "SHRS-1", at, stop_sequence=number)
        assert reasons(message.read(reference=reference).rejects) == wanted


def test_times_nobody_told_match_nothing(reference):
    """Stops and delays alone are those of every trip of the line; a lone stop_sequence is none."""
    message = Message()
    stop(message.trip("X"), stop_id="PS", departure=60)
    stop(message.trip("Y"), stop_sequence=2, departure=shanghai("2026-03-04 12:11"))
    batch = message.read(reference=reference)
    assert reasons(batch.rejects) == ["UNKNOWN_TRIP"] * 2


def test_the_second_visit_of_a_loop_is_found_by_its_time(reference):
    """A loop's second call at a stop is told from the first by the planned time."""
    message = Message(at=shanghai("2026-03-04 13:15"))
    planned(message.trip("X"), "SHRS-1", shanghai("2026-03-04 13:20"), late=120)
    journey = only_journey(message.read(reference=reference))
    assert journey.native_id == "LOOP"
    assert statuses(journey) == {3: "DELAYED", 4: "DELAYED"}


def test_past_midnight_the_run_is_of_the_day_before(reference):
    """A call at 24:20 is planned on the service day before; by the times, not the calendar."""
    for about in ({}, {"start_date": "20260304"}):
        message = Message(at=shanghai("2026-03-05 00:10"))
        planned(message.trip("X", **about), "FJ", shanghai("2026-03-05 00:20"), late=60)
        batch = message.read(reference=reference)
        assert only_journey(batch).id == "metro:LATE:2026-03-04"


def test_a_day_of_rest_has_no_run(reference):
    """A train of workdays is not found on a Sunday."""
    for day, wanted in (("2026-03-06", []), ("2026-03-08", ["UNKNOWN_TRIP"])):
        message = Message(at=shanghai(f"{day} 13:50"))
        planned(message.trip("X"), "SHRS-2", shanghai(f"{day} 14:00"))
        assert reasons(message.read(reference=reference).rejects) == wanted


def test_another_platform_of_the_station_will_do(reference):
    """A sibling platform is a platform change, unless a trip calls at that very platform."""
    message = Message()
    planned(message.trip("X"), "SHRS-2", shanghai("2026-03-04 12:16"))
    call = by_order(only_journey(message.read(reference=reference)))[5]
    assert (call.planned_platform, call.actual_platform) == ("1", "2")


def test_new_yorks_trips_are_found_though_their_ids_are_shorter():
    """070150_1..N03R is a trip of the static timetable by its start, stops and predicted times."""
    reference = with_trip(NYC, 901)
    message = Message(at=shanghai("2026-03-04 15:05"))
    update = message.trip("070150_1..N03R", start_date="20260304", route_id="L1")
    stop(update, stop_id="PS", arrival=shanghai("2026-03-04 15:13"))
    stop(update, stop_id="SHRS-1", arrival=shanghai("2026-03-04 15:22"))
    assert only_journey(message.read(reference=reference)).native_id == NYC
    started = Message(at=shanghai("2026-03-04 15:05"))
    update = started.trip("070150_1..N03R", route_id="L1", start_time="15:01:00")
    stop(update, stop_id="PS", arrival=shanghai("2026-03-04 15:40"))
    assert only_journey(started.read(reference=reference)).native_id == NYC


@pytest.mark.parametrize(
    ("trip_id", "late", "wanted"),
    [
        ("070150_1..N03R", 0, []),
        ("070150_1..N03R", 600, []),
        ("070150_1..N", -120, []),
        ("070150_1..N03R", 3000, []),
        ("070150_1..N03R", 4800, ["UNKNOWN_TRIP"]),
        ("70150_1..N03R", 0, ["AMBIGUOUS_MATCH"]),  # cut out of a number
        ("N03R", 0, ["AMBIGUOUS_MATCH"]),  # the end of many
        ("071000_1..N03R", 0, ["AMBIGUOUS_MATCH"]),
    ],
)
def test_a_part_of_the_id_decides_on_a_dense_line(trip_id, late, wanted):
    """Every four minutes a train: times alone are ambiguous, with a part of the id they are not."""
    stops = ("XZ", "PS", "SHRS-1", "FJ")
    line = [
        (NYC if minute == 901 else f"AFA25GEN-1093-Sunday-00_0{minute}99_1..N03R", minute, stops)
        for minute in range(901 - 24, 901 + 24, 4)
    ]
    reference = timetable(zipped(_trips(*((*trip, "L1", "0") for trip in line))))
    message = Message(at=shanghai("2026-03-04 15:05"))
    update = message.trip(trip_id, start_date="20260304")
    for stop_id, at in (("PS", "15:11"), ("SHRS-1", "15:21")):
        told = shanghai(f"2026-03-04 {at}") + timedelta(seconds=late)
        stop(update, stop_id=stop_id, arrival=told)
    batch = message.read(reference=reference)
    assert reasons(batch.rejects) == wanted
    if not wanted:
        assert only_journey(batch).native_id == NYC
        assert f"predicted times ({late:+} s) and a part of its id" in batch.notes[0].detail


def test_stops_tell_apart_what_starts_at_once():
    """Two trips of one route and start are told apart by where they call."""
    reference = with_trip("BRANCH", 720, ("PS", "XZ"))
    message = Message()
    update = message.trip("X", route_id="L1", start_time="12:00:00", start_date="20260304")
    stop(update, stop_id="PS", departure=shanghai("2026-03-04 12:01"))
    stop(update, stop_id="XZ", arrival=shanghai("2026-03-04 12:11"))
    assert only_journey(message.read(reference=reference)).native_id == "BRANCH"


def test_a_cancellation_with_its_stops_is_matched(reference):
    """CANCELED under an unknown id cancels the run its planned times are of."""
    message = Message()
    update = message.trip("X", "CANCELED")
    for stop_id, at in (("XZ", "12:00"), ("FJ", "12:30")):
        added = stop(update, stop_id=stop_id)
        added.departure.scheduled_time = int(shanghai(f"2026-03-04 {at}").timestamp())
    journey = only_journey(message.read(reference=reference))
    assert (journey.native_id, journey.state) == ("T1", JourneyState.CANCELLED)


def test_one_run_is_not_two_updates(reference):
    """An update that is that run by its id goes first, wherever it stands; else the first."""
    at = shanghai("2026-03-04 12:11")
    for ids, kept in ((("X", "T1"), 60), (("X", "Y"), 0)):
        message = Message()
        for late, trip_id in zip((0, 60), ids, strict=True):
            planned(message.trip(trip_id), "PS", at, late=late)
        for _ in range(2):  # the second time from memory
            batch = message.read(reference=reference)
            assert reasons(batch.rejects) == ["AMBIGUOUS_MATCH"]
            assert (batch.matched_journeys, batch.matched_stops) == (1, 1)
            late = by_order(only_journey(batch))[2].expected.departure - at
            assert late == timedelta(seconds=kept)


def test_a_vehicle_of_the_trip_goes_with_it(reference):
    """A position before its update in the message names the run the update was found to be."""
    message = Message(at=shanghai("2026-03-04 12:05"))
    vehicle = message.vehicle()
    vehicle.trip.trip_id = "X"
    planned(message.trip("X"), "PS", shanghai("2026-03-04 12:11"))
    for _ in range(2):  # the second time from memory
        batch = message.read(reference=reference)
        (position,) = [one for one in batch.records if isinstance(one, VehiclePosition)]
        assert position.journey_id == "metro:T1:2026-03-04"
        assert reasons(batch.notes) == ["UNKNOWN_TRIP"]


def test_a_message_repeated_comes_to_the_same(reference):
    """What is remembered is what reading anew gives, at another time too."""
    message = Message(at=shanghai("2026-03-04 12:05"))
    planned(message.trip("X"), "PS", shanghai("2026-03-04 12:11"), late=60)
    first = message.read(reference=reference)
    again = message.read(reference=reference)
    assert only_journey(again) is only_journey(first)
    assert (again.notes, again.matched_stops) == (first.notes, first.matched_stops)
    message.feed.header.timestamp += 600
    later = message.read(reference=reference, at=shanghai("2026-03-04 12:15"))
    assert statuses(only_journey(later))[2] == "DEPARTED"
    assert later.notes == first.notes
    elsewhere = message.read(reference=with_trip("TWIN", 721, ("XZ", "PS", "FJ")))
    assert reasons(elsewhere.rejects) == ["AMBIGUOUS_MATCH"]


def test_what_was_found_by_times_is_taken_back_by_them(reference):
    """A deleted entity that tells its stops withdraws the run it was found to be."""
    message = Message()
    planned(message.trip("X"), "PS", shanghai("2026-03-04 12:11"))
    message.feed.entity[0].is_deleted = True
    assert message.read(reference=reference).withdrawn == ["metro:T1:2026-03-04"]


def test_ids_alone_can_be_asked_for(reference):
    """With match = "ids" stops and times match nothing."""
    message = Message()
    planned(message.trip("X"), "PS", shanghai("2026-03-04 12:11"))
    batch = message.read(reference=reference, config=GtfsRtConfig(match="ids"))
    assert (reasons(batch.rejects), batch.matched_journeys) == (["UNKNOWN_TRIP"], 0)


def test_an_added_trip_stays_added(reference):
    """A trip that says it is none of the timetable's is not taken for one."""
    message = Message()
    update = message.trip("X", "NEW")
    planned(update, "XZ", shanghai("2026-03-04 12:00"))
    planned(update, "FJ", shanghai("2026-03-04 12:30"))
    batch = message.read(reference=reference)
    assert only_journey(batch).native_id == "X"
    assert batch.matched_journeys == 0


def test_a_timetable_cut_down_to_the_interchange_is_not_all_there_is():
    """Predicted times count only for an update that names a stop of the interchange."""
    here = frozenset({"PS"})
    body = Envelope(zipped(), NOON)
    reference = GTFS_RT.load_reference(body, context(stop_places=here))
    assert reference.elsewhere("TR7") == "G"
    alone, both, sure = Message(), Message(), Message()
    stop(alone.trip("X"), stop_id="FJ", arrival=shanghai("2026-03-04 12:30"))
    update = both.trip("X")
    stop(update, stop_id="PS", departure=shanghai("2026-03-04 12:11"))
    stop(update, stop_id="FJ", arrival=shanghai("2026-03-04 12:30"))
    planned(sure.trip("X"), "FJ", shanghai("2026-03-04 12:30"))
    found = [
        message.read(reference=reference, stop_places=here).matched_journeys
        for message in (alone, both, sure)
    ]
    assert found == [0, 1, 1]


def test_an_alert_of_the_trip_goes_with_it(reference):
    """An alert that names such a trip affects the run its update was found to be."""
    message = Message()
    alert = message.entity().alert
    alert.informed_entity.add().trip.trip_id = "X"
    alert.header_text.translation.add().text = "Late"
    planned(message.trip("X"), "PS", shanghai("2026-03-04 12:11"))
    batch = message.read(reference=reference)
    (situation,) = [one for one in batch.records if isinstance(one, Situation)]
    assert situation.affects.journeys == ("metro:T1:2026-03-04",)
