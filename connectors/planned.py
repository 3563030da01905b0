"""What every timetable standard gives the hub: the journeys of yesterday, today and tomorrow."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from pydantic import Field

from hub.connector import Batch, ConnectorConfig, Context, Envelope, Reject
from hub.errors import Reason
from hub.formats.common.published import Published
from hub.formats.common.zips import UNPACKED_BYTES
from hub.model.network import Line, Quay, StopPlace
from hub.model.timetable import Timetable
from hub.model.timetable_rows import Trip

TIMETABLE_BYTES = 1024**3
"""Bytes of a timetable, as it is sent; it is read from disk, bit by bit."""
MOST_CALLS = 1_000_000
"""Calls of all journeys of the three days together, unless the configuration says otherwise."""
MOST_CALLS_SAYS = (
    "calls of all journeys of three days together; of more the rest is left out, with a note. "
    "A million is more than any interchange has"
)
"""What the option `max_calls` of every timetable does."""


class XmlTimetableConfig(ConnectorConfig):
    """Caps against absurd datasets."""

    max_unpacked_bytes: int = Field(
        default=UNPACKED_BYTES,
        gt=0,
        description="bytes the zip may unpack to (512 MiB); a bomb is refused before it is "
        "unpacked",
    )
    max_calls: int = Field(default=MOST_CALLS, gt=0, description=MOST_CALLS_SAYS)


def xml_config(context: Context) -> XmlTimetableConfig:
    """The caps of this feed; the defaults for a context without options."""
    config = context.config
    return config if isinstance(config, XmlTimetableConfig) else XmlTimetableConfig()


def batch_of(
    published: Published, envelope: Envelope, context: Context, *, max_calls: int
) -> Batch:
    """The network of a published timetable and its journeys of three service days.

    It is complete if it lists anything: a file without entities is a mistake of its publisher's,
    and withdraws nothing.
    """
    batch = Batch(
        as_of=envelope.received_at,
        told_at=published.told_at,
        entities=published.entities,
        complete=published.entities > len(published.rejects),
    )
    batch.records.extend(with_places(published.network, published.timetable))
    add_journeys(batch, published.timetable, context, envelope.received_at, max_calls=max_calls)
    batch.rejects.extend(Reject(*problem) for problem in published.rejects)
    batch.notes.extend(Reject(*problem) for problem in published.notes)
    return batch


def with_places(
    network: Iterable[StopPlace | Quay | Line], timetable: Timetable
) -> Iterator[StopPlace | Quay | Line]:
    """The network, each line with the stop places where its journeys call."""
    called: defaultdict[str, set[str]] = defaultdict(set)
    for trip in timetable.trips.values():
        line = timetable.routes[trip.route_id].line
        if line is not None:
            places = (timetable.place(row.stop_id) for row in trip.calls)
            called[line.id].update(place.id for place in places if place is not None)
    for one in network:
        if isinstance(one, Line) and one.id in called:
            yield replace(one, stop_places=tuple(sorted(called[one.id])))
        else:
            yield one


def add_journeys(
    batch: Batch, timetable: Timetable, context: Context, received_at: datetime, *, max_calls: int
) -> None:
    """Add the dated journeys of three service days, by `received_at` in the timetable's zone.

    Yesterday's, because a journey of yesterday's service day may still be running after midnight.
    With `context.stop_places` only journeys that call at one of them are kept, with all their
    calls. More than `max_calls` are a note TOO_LARGE, and the batch is not complete; a calendar
    that is over is no error, but a note OUTSIDE_PERIOD.
    """
    today = received_at.astimezone(timetable.zone).date()
    days = [today + timedelta(days=offset) for offset in (-1, 0, 1)]
    room, running = max_calls, 0
    for day, trip in _running(timetable, days):
        running += 1
        if context.stop_places and trip.native_id not in timetable.trips_calling_at(
            context.stop_places
        ):
            continue
        for start_s in trip.starts():
            room -= len(trip.calls)
            if room < 0:
                batch.note(
                    Reason.TOO_LARGE, "calls", f"more than {max_calls} calls; the rest is out"
                )
                batch.complete = False
                return
            journey = timetable.planned_journey(trip.native_id, day, start_s)
            if journey is not None:
                batch.records.append(journey)
    if timetable.trips and not running:
        batch.note(
            Reason.OUTSIDE_PERIOD,
            timetable.feed_version or "calendar",
            f"no service runs from {days[0]} to {days[-1]}",
        )


def _running(timetable: Timetable, days: list[date]) -> Iterator[tuple[date, Trip]]:
    for day in days:
        active = {id_ for id_, service in timetable.services.items() if service.runs_on(day)}
        for trip in timetable.trips.values():
            if trip.service_id in active:
                yield day, trip
