"""What is known while one FeedMessage is read, and how a part of it is refused."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from google.transit import gtfs_realtime_pb2 as pb

from connectors.gtfs_rt.config import GtfsRtConfig
from hub.connector import Batch, Context
from hub.errors import Reason
from hub.formats.gtfs.realtime import is_epoch, is_time, of_milliseconds, text_of, utc
from hub.model.common import Mode
from hub.model.ids import scoped
from hub.model.moments import AHEAD
from hub.model.timetable import Timetable

_LONGEST_ID = 256


class RefusedEntity(Exception):
    """One part of an entity cannot be used."""

    def __init__(self, reason: Reason, native_id: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.native_id = native_id
        self.detail = detail


@dataclass
class Reading:
    """One message in its context. `as_of` is the message's own time, `received_at` ours."""

    batch: Batch
    context: Context
    timetable: Timetable | None
    as_of: datetime
    received_at: datetime
    dataset: str = field(init=False)
    now_s: int = field(init=False)
    elsewhere: set[str] = field(default_factory=set)
    """Ids of journeys the message speaks of that never call at the interchange."""
    renamed: dict[tuple[str, str], tuple[str, date]] = field(default_factory=dict)
    """The timetable's trip_id and service day of the runs that were found by stops and times, by
    the trip_id and start_date the message has for them."""

    def __post_init__(self) -> None:
        self.dataset = self.context.dataset
        self.now_s = int(self.as_of.timestamp())

    @property
    def zone(self) -> ZoneInfo:
        """The time zone service days are counted in."""
        return self.timetable.zone if self.timetable else self.context.timezone

    @property
    def matches_by_times(self) -> bool:
        """Whether an update may be matched by its stops and times where its ids do not match."""
        config = self.context.config
        return isinstance(config, GtfsRtConfig) and config.match == "ids-then-times"

    @cached_property
    def days(self) -> tuple[date, date, date]:
        """Yesterday, today and tomorrow at `as_of`."""
        today = self.as_of.astimezone(self.zone).date()
        return today - timedelta(days=1), today, today + timedelta(days=1)

    @cached_property
    def wanted_places(self) -> frozenset[str]:
        """Scoped ids of the interchange's stop places; empty = all."""
        return frozenset(scoped(self.dataset, place) for place in self.context.stop_places)

    def knows(self, trip: pb.TripDescriptor) -> bool:
        """Whether the timetable has a trip of that trip_id; all are known where there is none."""
        return self.timetable is None or self.timetable.trip(text_of(trip.trip_id)) is not None

    def note(self, reason: Reason, native_id: str, detail: str) -> None:
        """Refuse a part of an accepted entity."""
        self.batch.note(reason, native_id, detail)

    def scoped(self, native_id: str) -> str:
        """A native id within this dataset."""
        return scoped(self.dataset, native_id)

    def place_id(self, stop_id: str) -> str:
        """Scoped id of a stop's stop place; of the stop itself where it is not known."""
        stop = self.timetable.stop(stop_id) if self.timetable else None
        return self.scoped(stop.place_id if stop else stop_id)

    def mode_of_route(self, route_id: str) -> Mode:
        """The feed's mode, else that of the route, else OTHER."""
        if self.context.mode is not None:
            return self.context.mode
        route = self.timetable.route(route_id) if self.timetable else None
        return route.mode if route else Mode.OTHER

    def observed(self, seconds: int, native_id: str) -> tuple[datetime | None, Reason | None]:
        """A timestamp that can be believed, or None and what is wrong with it.

        One in milliseconds is read as such, with a note on `native_id`.
        """
        seconds = self.in_seconds(seconds, native_id, "timestamp")
        if is_epoch(seconds):
            return None, Reason.TIMESTAMP_EPOCH
        if not is_time(seconds) or utc(seconds) > self.received_at + AHEAD:
            return None, Reason.TIMESTAMP_IN_FUTURE
        return utc(seconds), None

    def in_seconds(self, number: int, native_id: str, name: str) -> int:
        """A POSIX time in seconds, of what may have been written in milliseconds: that is noted."""
        seconds = of_milliseconds(number)
        if seconds is None:
            return number
        self.note(Reason.BAD_VALUE, native_id, f"{name} {number} is in milliseconds; read as such")
        return seconds


def ident(value: str | bytes, what: str) -> str:
    """A native id. Raises RefusedEntity BAD_VALUE if it is absurdly long."""
    text = text_of(value)
    if len(text) > _LONGEST_ID:
        raise RefusedEntity(Reason.BAD_VALUE, text[:40], f"{what} has {len(text)} characters")
    return text
