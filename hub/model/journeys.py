"""Dated journeys and their calls: the timetable layer and the real-time layer over it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from hub.model.common import Accessibility, Mode, Name, Occupancy, frozen_when_checked


class JourneyState(StrEnum):
    """State of a dated journey (班次状态)."""

    PLANNED = "PLANNED"
    RUNNING = "RUNNING"
    CANCELLED = "CANCELLED"
    DELETED = "DELETED"
    ADDED = "ADDED"
    REPLACED = "REPLACED"


class CallStatus(StrEnum):
    """State of one call. UNKNOWN says that nothing fresh is known; it never means on time."""

    SCHEDULED = "SCHEDULED"
    ON_TIME = "ON_TIME"
    EARLY = "EARLY"
    DELAYED = "DELAYED"
    ARRIVED = "ARRIVED"
    DEPARTED = "DEPARTED"
    CANCELLED = "CANCELLED"
    SKIPPED = "SKIPPED"
    NO_DATA = "NO_DATA"
    UNKNOWN = "UNKNOWN"


NOT_SERVED = frozenset({CallStatus.CANCELLED, CallStatus.SKIPPED})
"""Of such a call nobody boards or leaves the vehicle."""


class Progress(StrEnum):
    """Whether an arrival or a departure has happened."""

    NOT_YET = "NOT_YET"
    DONE = "DONE"
    SKIPPED = "SKIPPED"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"


class Punctuality(StrEnum):
    """How an arrival or a departure keeps its time, whether it has happened or not."""

    ON_TIME = "ON_TIME"
    EARLY = "EARLY"
    DELAYED = "DELAYED"
    NO_DATA = "NO_DATA"
    UNKNOWN = "UNKNOWN"


class Layer(StrEnum):
    """Which layer a record belongs to. A real-time record never erases what the timetable says."""

    TIMETABLE = "TIMETABLE"
    REALTIME = "REALTIME"


@frozen_when_checked()
class Times:
    """Arrival and departure, UTC; either may be unknown."""

    arrival: datetime | None = None
    departure: datetime | None = None


UNTOLD = Times()
"""One for all calls that have no such times: there are hundreds of thousands of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRef:
    """What a board shows of a line."""

    id: str
    public_code: str
    name: Name
    colour: str | None = None


class CheckIn(StrEnum):
    """Ticket check at the gate of a coach station (检票)."""

    NOT_OPEN = "NOT_OPEN"
    OPEN = "OPEN"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"


class SaleStatus(StrEnum):
    """Whether seats are still sold (售票)."""

    ON_SALE = "ON_SALE"
    SOLD_OUT = "SOLD_OUT"
    SUSPENDED = "SUSPENDED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Boarding:
    """What a coach station says of a departure: seats (余票), ticket check, sale (检票、售票)."""

    seats_total: int | None = None
    seats_available: int | None = None
    check_in: CheckIn | None = None
    sale: SaleStatus | None = None


@frozen_when_checked(kw_only=True)
class Call:
    """A journey's stop at one place (到发).

    `order` is the place in the journey: GTFS stop_sequence where the timetable is known, the
    source's own order otherwise. `stop_place_id` names the stop place (the parent station),
    `quay_id` the platform, both scoped. `headsign` is what the vehicle shows from here on, where
    that is not what it shows all the way. `aimed_approximate`: the vehicle is there at about
    `aimed`, because the timetable says so, or because no time is published here and it was worked
    out from those around it (`aimed_interpolated`). `extra`: the source says that it is none of the
    timetable's. `exchange_told`: a real-time source itself says who may board and alight here;
    else the timetable's word stands. `status` and `actual`, `expected` are of the real-time
    layer; a timetable record leaves them at their defaults.
    """

    order: int
    stop_place_id: str
    stop_name: Name
    quay_id: str | None = None
    aimed: Times = UNTOLD
    expected: Times = UNTOLD
    actual: Times = UNTOLD
    planned_platform: str | None = None
    headsign: Name | None = None
    actual_platform: str | None = None
    status: CallStatus = CallStatus.SCHEDULED
    boarding: bool = True
    alighting: bool = True
    occupancy: Occupancy | None = None
    coach: Boarding | None = None
    aimed_approximate: bool = False
    aimed_interpolated: bool = False
    extra: bool = False
    exchange_told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class DatedJourney:
    """One run of a vehicle on one service day (班次/车次), with the calls the source speaks of.

    `observed_at` is the source's own time for this journey; None where it gives none, and the
    record is then as old as the message that carried it. A real-time record may carry a part of
    the calls: those that a timetable plans keep what they have. Of a journey without a timetable a
    record tells all that is still to come, unless it is `partial` (one stop's view of it).
    `headsign` is what the vehicle shows, `via` the places it names beside it, `operator` who runs
    it, `wheelchair` whether the vehicle takes one. `told_as` is the id that its source's own words
    come to, by which it takes the journey back; None where that is `id`.

    The store knows the very object it was given last, and reads nothing of it again.
    """

    id: str
    dataset: str
    native_id: str
    service_date: date
    layer: Layer
    mode: Mode
    state: JourneyState
    line: LineRef | None = None
    public_code: str | None = None
    origin: Name | None = None
    destination: Name | None = None
    headsign: Name | None = None
    via: tuple[Name, ...] = ()
    operator: Name | None = None
    wheelchair: Accessibility | None = None
    vehicle_ref: str | None = None
    calls: tuple[Call, ...] = ()
    partial: bool = False
    observed_at: datetime | None = None
    told_as: str | None = None
