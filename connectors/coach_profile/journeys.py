"""A coach departure to a dated journey with its call at the station."""

from dataclasses import dataclass
from datetime import datetime

from hub.connector import Batch, Context
from hub.errors import Reason
from hub.formats.coach_profile import CoachDeparture
from hub.model.common import Mode, Name
from hub.model.ids import journey_id, scoped
from hub.model.journeys import (
    Boarding,
    Call,
    CallStatus,
    DatedJourney,
    JourneyState,
    Layer,
    LineRef,
    Times,
)
from hub.model.moments import AHEAD
from hub.rules.punctuality import by_lateness


@dataclass(frozen=True, slots=True)
class Station:
    """The station that departures leave from: its native id and its name."""

    id: str
    name: Name


def journey_of(
    departure: CoachDeparture,
    station: Station,
    context: Context,
    received_at: datetime,
    batch: Batch,
) -> DatedJourney:
    """The journey with its one call (order 1) at the station; what is doubted is noted."""
    dataset, left_at = context.dataset, _left_at(departure, received_at, batch)
    line = None
    if departure.line is not None:
        ref, name = departure.line
        line = LineRef(id=scoped(dataset, ref), public_code=ref, name=name or departure.destination)
    return DatedJourney(
        id=journey_id(dataset, departure.id, departure.service_date),
        dataset=dataset,
        native_id=departure.id,
        service_date=departure.service_date,
        layer=Layer.REALTIME,
        mode=context.mode or Mode.COACH,
        state=_state(departure, left_at),
        line=line,
        public_code=departure.number,
        origin=station.name,
        destination=departure.destination,
        calls=(_call(departure, station, dataset, left_at, batch),),
        observed_at=departure.observed_at,
    )


def _left_at(departure: CoachDeparture, received_at: datetime, batch: Batch) -> datetime | None:
    """The actual departure, if it can be one: nothing has left in the future."""
    actual = departure.actual
    if actual is not None and actual > received_at + AHEAD:
        detail = f"actual departure {actual.isoformat()} is yet to come"
        batch.note(Reason.TIMESTAMP_IN_FUTURE, departure.id, detail)
        return None
    return actual


def _call(
    departure: CoachDeparture,
    station: Station,
    dataset: str,
    actual: datetime | None,
    batch: Batch,
) -> Call:
    return Call(
        order=1,
        stop_place_id=scoped(dataset, station.id),
        stop_name=station.name,
        aimed=Times(departure=departure.aimed),
        expected=Times(departure=departure.expected),
        actual=Times(departure=actual),
        planned_platform=departure.planned_gate,
        actual_platform=departure.gate,
        status=_status(departure, actual),
        boarding=not departure.cancelled,
        alighting=False,
        coach=_boarding(departure, batch),
    )


def _boarding(departure: CoachDeparture, batch: Batch) -> Boarding | None:
    """Seats, ticket check and sale; None where the station says nothing of them."""
    total, available = departure.seats_total, departure.seats_available
    if total is not None and available is not None and available > total:
        detail = f"{available} seats available of {total}; neither is used"
        batch.note(Reason.BAD_VALUE, departure.id, detail)
        total = available = None
    found = Boarding(total, available, departure.check_in, departure.sale)
    return None if found == Boarding() else found


def _state(departure: CoachDeparture, left_at: datetime | None) -> JourneyState:
    if departure.cancelled:
        return JourneyState.CANCELLED
    if departure.extra:
        return JourneyState.ADDED
    return JourneyState.RUNNING if left_at else JourneyState.PLANNED


def _status(departure: CoachDeparture, actual: datetime | None) -> CallStatus:
    """What is known of the departure's time; silence is NO_DATA, never on time."""
    if departure.cancelled:
        return CallStatus.CANCELLED
    if actual is not None:
        return CallStatus.DEPARTED
    if departure.expected is None:
        return CallStatus.NO_DATA
    return by_lateness((departure.expected - departure.aimed).total_seconds())
