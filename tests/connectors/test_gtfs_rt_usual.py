"""What most StopTimeUpdates say is read quickly, and comes to what the long way comes to."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from google.transit import gtfs_realtime_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from connectors.gtfs_rt.planned import Plan
from hub.model.journeys import CallStatus
from tests.connectors.gtfs_builder import (
    Message,
    only_journey,
    shanghai,
    statuses,
    stop,
    timetable,
)

REFERENCE = timetable()
STOPS = {"XZ": (1, "12:00"), "PS": (2, "12:10"), "SHRS-1": (5, "12:15"), "FJ": (9, "12:30")}
FULL = pb.VehiclePosition.OccupancyStatus.FULL
feeds = count()

late = st.integers(-20, 40).map(lambda halves: timedelta(seconds=30 * halves))
event = late | st.none() | st.just(timedelta(days=-12_000)) | st.integers(-90, 90)
deviations = {
    "arrival": event,
    "departure": event,
    "numbered": st.booleans(),
    "stop_id": st.sampled_from(["", "SHRS-2", "XZ"]),
    "relationship": st.sampled_from(["SKIPPED", "NO_DATA"]),
    "occupancy": st.just(FULL),
}


@st.composite
def updates(draw) -> dict[str, Any]:
    """Both times of a planned stop, the dwell as planned or longer; seldom something else."""
    comes = draw(late)
    said: dict[str, Any] = {
        "stop": draw(st.sampled_from(list(STOPS))),
        "arrival": comes,
        "departure": comes + timedelta(seconds=30 * draw(st.integers(0, 4))),
    }
    if draw(st.booleans()):
        name = draw(st.sampled_from(list(deviations)))
        said[name] = draw(deviations[name])
    return said


def add(update: Any, said: dict[str, Any]) -> None:
    """One StopTimeUpdate as drawn; times are given as so much later than planned."""
    order, at = STOPS[said["stop"]]
    about: dict[str, Any] = {"relationship": said.get("relationship", "SCHEDULED")}
    for name in ("arrival", "departure"):
        value = said[name]
        if value is not None:
            planned = shanghai(f"2026-03-04 {at}")
            about[name] = value if isinstance(value, int) else planned + value
    if said.get("numbered", True):
        about["stop_sequence"] = order
    if stop_id := said.get("stop_id", said["stop"]):
        about["stop_id"] = stop_id
    added = stop(update, **about)
    if "occupancy" in said:
        added.departure_occupancy_status = said["occupancy"]


def read(message: Message) -> Any:
    """By a feed that remembers nothing."""
    return message.read(feed_id=f"usual-{next(feeds)}", reference=REFERENCE)


@given(
    said=st.lists(updates(), max_size=4),
    now=st.sampled_from(["11:50", "12:12", "12:31"]),
    delay=st.none() | st.integers(-60, 600),
)
def test_the_quick_way_comes_to_what_the_long_way_comes_to(said, now, delay):
    """Whatever is said of stops, in whatever order, before, while and after the trip runs."""
    message = Message(at=shanghai(f"2026-03-04 {now}"))
    update = message.trip(start_date="20260304")
    if delay is not None:
        update.delay = delay
    for one in said:
        add(update, one)
    quick = read(message)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Plan, "usual", lambda *_: None)
        long = read(message)
    assert quick.records == long.records
    assert (quick.notes, quick.rejects) == (long.notes, long.rejects)


def test_the_usual_is_read_the_quick_way(monkeypatch):
    """Both times of stops as planned: nothing else is asked of such an update."""
    message = Message(at=shanghai("2026-03-04 12:12"))
    update = message.trip(start_date="20260304")
    for stop_id, (order, at) in STOPS.items():
        moment = shanghai(f"2026-03-04 {at}") + timedelta(minutes=2)
        stop(update, stop_id=stop_id, stop_sequence=order, arrival=moment, departure=moment)
    monkeypatch.delattr("connectors.gtfs_rt.planned.predict")
    assert statuses(only_journey(read(message))) == {
        1: CallStatus.DEPARTED,
        2: CallStatus.DEPARTED,
        5: CallStatus.DELAYED,
        9: CallStatus.DELAYED,
    }
