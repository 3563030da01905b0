"""What a feed's last message came to is used again, and never changes what a message says."""

from datetime import timedelta
from itertools import count

import pytest

from hub.connector import Batch, Envelope
from tests.connectors.gtfs_builder import (
    GTFS_RT,
    NOON,
    Message,
    context,
    only_journey,
    shanghai,
    stop,
    timetable,
)

_feeds = count()


@pytest.fixture(scope="module")
def reference():
    """The timetable of the builder."""
    return timetable()


class Feed:
    """Reads messages as one feed that remembers, and as feeds that never read anything before."""

    def __init__(self, **given) -> None:
        self._given = given
        self._id = f"remembers-{next(_feeds)}"

    def read(self, message: Message) -> Batch:
        """What the feed makes of it, which is what it makes of it at first sight."""
        envelope = Envelope(message.feed.SerializeToString(), message.at)
        made = [
            GTFS_RT.parse(envelope, context(GTFS_RT, feed_id=feed_id, **self._given))
            for feed_id in (self._id, f"new-{next(_feeds)}")
        ]
        assert made[0] == made[1]
        return made[0]


def later(message: Message, after: timedelta) -> Message:
    """The same message, sent anew."""
    again = Message()
    again.feed.CopyFrom(message.feed)
    again.at = NOON + after
    again.feed.header.timestamp = int(again.at.timestamp())
    return again


def told(**how) -> Message:
    """A message of one trip, with predictions of a kind."""
    message = Message()
    update = message.trip("T1")
    if how.get("dated"):
        update.trip.start_date = "20260304"
    if "delay" in how:
        update.delay = how["delay"]
    stop(update, stop_sequence=2, arrival=how.get("arrival", 300))
    stop(update, stop_sequence=9, arrival=how.get("arrival", 30))
    stop(update, stop_sequence=77, arrival=30)
    return message


def test_what_did_not_change_is_the_same_object(reference):
    """An update whose bytes did not change comes to the very record it came to before."""
    feed = Feed(reference=reference)
    message = told(dated=True)
    first = feed.read(message)
    second = feed.read(later(message, timedelta(seconds=1)))
    assert only_journey(second) is only_journey(first)
    assert second.notes == first.notes
    assert (second.matched_journeys, second.matched_stops) == (1, 2)


@pytest.mark.parametrize(
    "how",
    [
        {"dated": True},
        {"dated": False},
        {"dated": True, "delay": 240},
        {"dated": False, "delay": -60},
        {"dated": False, "arrival": shanghai("2026-03-04 12:12")},
    ],
)
@pytest.mark.parametrize("step", [timedelta(seconds=30), timedelta(minutes=7), timedelta(hours=5)])
@pytest.mark.parametrize("known_trip", [True, False])
def test_time_goes_by_as_if_nothing_were_remembered(reference, how, step, known_trip):
    """Ahead or back, each message reads as at first sight: what passed becomes actual."""
    feed = Feed(reference=reference if known_trip else None)
    message = told(**how)
    for number in [*range(20), *range(20, 0, -3)]:
        feed.read(later(message, (number - 4) * step))


def test_another_timetable_or_station_is_another_context(reference):
    """Nothing is remembered across a new timetable, or other stop places."""
    message = told(dated=True)
    envelope = Envelope(message.feed.SerializeToString(), message.at)

    def read(**given):
        return GTFS_RT.parse(envelope, context(GTFS_RT, feed_id="changes", **given))

    first = read(reference=reference)
    other = timetable()
    assert only_journey(read(reference=other)) is not only_journey(first)
    assert read(reference=other, stop_places=frozenset({"NOWHERE"})).records == []


def test_a_repeated_entity_is_a_duplicate_when_remembered_too(reference):
    """The same entity twice in a message is refused each time the message comes."""
    feed = Feed(reference=reference)
    message = told(dated=True)
    message.feed.entity.add().CopyFrom(message.feed.entity[0])
    for seconds in range(3):
        batch = feed.read(later(message, timedelta(seconds=seconds)))
        assert [reject.reason for reject in batch.rejects] == ["DUPLICATE"]
        assert len(batch.records) == 1
