"""A replacement: its updates are the whole journey, and each call stands where it is told."""

from itertools import count

import pytest

from hub.model.journeys import CallStatus, JourneyState
from hub.store.feeds.board import board_rows
from hub.store.feeds.merge import with_realtime, with_timetable
from tests.connectors.gtfs_builder import (
    Message,
    by_order,
    only_journey,
    reasons,
    shanghai,
    statuses,
    stop,
    timetable,
)

REFERENCE = timetable()
feeds = count()


def replacement(*stops, at="11:50"):
    """A message of T1 replaced by these stops: stop_id, stop_sequence or None, time."""
    message = Message(at=shanghai(f"2026-03-04 {at}"))
    update = message.trip("T1", "REPLACEMENT", start_date="20260304")
    for stop_id, number, time in stops:
        moment = shanghai(f"2026-03-04 {time}")
        about = {} if number is None else {"stop_sequence": number}
        stop(update, stop_id=stop_id, arrival=moment, departure=moment, **about)
    return message


def read(message):
    """By a feed that remembers nothing."""
    return message.read(feed_id=f"replaced-{next(feeds)}", reference=REFERENCE)


@pytest.mark.parametrize("number", [None, 2, 3])
def test_a_stop_on_the_way_is_boarded_and_left(number):
    """A stop that is not in the plan is neither first nor last because it is the only such."""
    batch = read(
        replacement(("XZ", 1, "12:00"), ("TEMP", number, "12:12"), ("FJ", 9, "12:30")),
    )
    added = by_order(only_journey(batch))[3]
    assert (added.stop_place_id, added.boarding, added.alighting) == ("metro:TEMP", True, True)
    assert "TIME_ORDER" not in reasons(batch.notes)


def test_a_stop_for_which_there_is_no_number_is_the_last_by_number_alone():
    """Between 1 and 2 no number is free: it gets 10, and is no call out of order for that."""
    batch = read(
        replacement(
            ("XZ", 1, "12:00"), ("TEMP", None, "12:05"), ("PS", 2, "12:11"), ("FJ", 9, "12:30")
        )
    )
    journey = only_journey(batch)
    added = by_order(journey)[10]
    assert (added.stop_place_id, added.extra) == ("metro:TEMP", True)
    assert (added.boarding, added.alighting) == (True, True)
    assert journey.destination is not None
    assert journey.destination.zh == "富锦路"
    assert "TIME_ORDER" not in reasons(batch.notes)
    assert [call.order for call in journey.calls] == [1, 2, 5, 9, 10]


def test_the_first_and_the_last_stop_are_those_of_the_replacement():
    """It begins and ends elsewhere: nobody leaves it at its first, or boards it at its last."""
    journey = only_journey(
        read(replacement(("NEW", None, "11:55"), ("XZ", 1, "12:00"), ("SHRS-1", 5, "12:15")))
    )
    calls = by_order(journey)
    assert (calls[0].boarding, calls[0].alighting) == (True, False)
    assert (calls[1].boarding, calls[1].alighting) == (True, True)
    assert (calls[5].boarding, calls[5].alighting) == (False, True)
    assert journey.origin is not None
    assert journey.origin.en == "NEW"
    assert journey.destination is not None
    assert journey.destination.en == "Shanghai Railway Station"


def test_over_the_timetable_the_ends_are_those_of_the_replacement():
    """It begins at the second planned stop and ends at the third: so do the boards."""
    journey = only_journey(read(replacement(("PS", 2, "12:11"), ("SHRS-1", 5, "12:15"))))
    plan = REFERENCE.planned_journey("T1", journey.service_date)
    assert plan is not None
    planned = with_timetable(None, plan, feed="tt", fingerprint="t")
    shown = with_realtime(planned, journey, feed="rt", fingerprint="r", as_of=None)
    rows = board_rows(shown, frozenset())
    found = {row["order"]: [end for end, at in row["board"].items() if at] for row in rows.values()}
    # what it leaves out stays where it would have been, as skipped
    assert found == {1: ["departure"], 2: ["departure"], 5: ["arrival"], 9: ["arrival"]}
    assert shown["calls"][0]["status"] == "SKIPPED"


def test_a_stop_behind_the_planned_last_one_is_the_last():
    """The planned last stop is then one on the way, which is boarded and left behind."""
    message = replacement(("XZ", 1, "12:00"), ("FJ", 9, "12:30"), ("NEW", 10, "12:40"), at="12:35")
    calls = by_order(only_journey(read(message)))
    assert (calls[9].boarding, calls[9].status) == (True, CallStatus.DEPARTED)
    assert (calls[10].boarding, calls[10].alighting) == (False, True)


def test_a_call_that_is_out_of_order_is_still_noted():
    """A stop told between two others, at a time before both."""
    batch = read(replacement(("XZ", 1, "12:00"), ("TEMP", 3, "11:40"), ("FJ", 9, "12:30")))
    assert "TIME_ORDER" in reasons(batch.notes)


def test_only_skipped_stops_leave_nothing_served():
    """An update that skips a stop is neither the first nor the last stop."""
    message = replacement()
    stop(message.feed.entity[0].trip_update, stop_sequence=1, relationship="SKIPPED")
    journey = only_journey(read(message))
    assert journey.state is JourneyState.REPLACED
    assert set(statuses(journey).values()) == {"SKIPPED"}
