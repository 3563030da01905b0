"""The day moved so that its evening peak begins at the moment of the start."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sandbox.scenario import DayFigures
from sandbox.timetable.records import Timetable, Trip

DAY = 86400
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class ServiceDays:
    """Service days in Asia/Shanghai, and by how many seconds (whole minutes) the day is moved."""

    offset: int
    boundary: int

    @classmethod
    def begun(cls, start: datetime, figures: DayFigures) -> "ServiceDays":
        """Days moved so that `figures.peak_begins` falls on `start`."""
        local = start.astimezone(ZONE)
        since_midnight = local.hour * 3600 + local.minute * 60
        return cls(since_midnight - figures.peak_begins, figures.boundary)

    def moved(self, timetable: Timetable) -> Timetable:
        """The timetable at moved times; the trips in the order of their time at the area.

        A trip begins between the boundary and the boundary of the next day, so that one that runs
        over midnight has times past 24:00, and so has one that begins shortly after midnight.
        """
        trips = sorted((self._trip(trip) for trip in timetable.trips), key=lambda t: t.focus_time)
        return replace(timetable, trips=tuple(trips))

    def _trip(self, trip: Trip) -> Trip:
        begins = trip.calls[0].departure
        wanted = (begins + self.offset - self.boundary) % DAY + self.boundary
        return trip.moved(wanted - begins)

    def nominal_hour(self, at: float) -> int:
        """The hour of the unmoved day, 0 to 23: what `hourly` figures are looked up by."""
        local = datetime.fromtimestamp(at, ZONE)
        return (local.hour * 3600 + local.minute * 60 - self.offset) % DAY // 3600

    @staticmethod
    def midnight(day: date) -> int:
        """POSIX seconds that times of this service day count from: noon minus 12 h."""
        noon = datetime.combine(day, time(12), ZONE)
        return int(noon.timestamp()) - DAY // 2

    @staticmethod
    def calendar_day(at: float) -> date:
        """The calendar day in Asia/Shanghai."""
        return datetime.fromtimestamp(at, ZONE).date()


def stamp(at: float) -> datetime:
    """POSIX seconds as an aware UTC datetime."""
    return datetime.fromtimestamp(at, UTC)


def days_around(day: date, before: int, after: int) -> list[date]:
    """From `before` days before to `after` days after."""
    return [day + timedelta(days=n) for n in range(-before, after + 1)]
