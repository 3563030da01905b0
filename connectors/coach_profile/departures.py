"""Departures of a coach station to dated journeys, each with its one call at the station."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.connector import Batch, Context, Envelope, Incrementality
from hub.errors import Reason
from hub.formats.coach_profile import (
    VERSION,
    CoachDeparture,
    Publication,
    Unusable,
    departures,
    read,
)
from hub.model.common import Mode
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

AHEAD = timedelta(minutes=5)
"""How far the station's clock may run ahead of ours before it is not believed."""
PUNCTUAL = timedelta(seconds=60)
"""Within this of the aimed time an expected departure is on time."""

_ENVELOPE = "publication"


@dataclass(frozen=True, slots=True)
class _Setting:
    publication: Publication
    context: Context
    received_at: datetime
    batch: Batch


def parse(raw: Envelope, context: Context) -> Batch:
    """Journeys of one publication of the profile; what cannot be used, with its reason.

    `entities` counts the departures it lists. A departure is named by its id and service date and
    has one call (order 1) at the station, with gate, seats, ticket check and sale. With
    `context.stop_places` departures of other stations are accepted and yield no record. Raises
    PayloadError where the envelope cannot be read (see `hub.formats.coach_profile.read`).
    """
    publication = read(raw.body)
    batch = Batch(as_of=min(publication.generated_at, raw.received_at))
    if publication.version != VERSION:
        detail = f"version {publication.version}; read as {VERSION}"
        batch.note(Reason.UNSUPPORTED_VERSION, _ENVELOPE, detail)
    if publication.generated_at > raw.received_at + AHEAD:
        detail = f"generatedAt {publication.generated_at.isoformat()} is yet to come"
        batch.note(Reason.TIMESTAMP_IN_FUTURE, _ENVELOPE, detail)
    for fault in publication.faults:
        batch.note(fault.reason, _ENVELOPE, fault.detail)
    setting = _Setting(publication, context, raw.received_at, batch)
    elsewhere = bool(context.stop_places) and publication.station_id not in context.stop_places
    taken: dict[str, DatedJourney] = {}
    for number, departure in enumerate(departures(publication), start=1):
        batch.entities += 1
        _take(departure, number, taken, setting)
    batch.records.extend([] if elsewhere else taken.values())
    batch.complete = _is_complete(publication, context, batch)
    return batch


def _take(
    departure: CoachDeparture | Unusable,
    number: int,
    taken: dict[str, DatedJourney],
    setting: _Setting,
) -> None:
    native, batch = departure.id or f"departures[{number - 1}]", setting.batch
    if isinstance(departure, Unusable):
        batch.reject(departure.reason, native, departure.detail)
        return
    observed = departure.observed_at
    if observed is not None and observed > setting.received_at + AHEAD:
        detail = f"observedAt {observed.isoformat()} is yet to come"
        batch.reject(Reason.TIMESTAMP_IN_FUTURE, native, detail)
        return
    aside = Batch()
    journey = _journey(departure, setting, aside)
    if journey.id in taken:
        batch.reject(Reason.DUPLICATE, native, "listed twice; the first is taken")
        return
    for fault in departure.faults:
        batch.note(fault.reason, native, fault.detail)
    batch.notes.extend(aside.notes)
    taken[journey.id] = journey


def _journey(departure: CoachDeparture, setting: _Setting, batch: Batch) -> DatedJourney:
    dataset = setting.context.dataset
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
        mode=setting.context.mode or Mode.COACH,
        state=_state(departure),
        line=line,
        public_code=departure.number,
        origin=setting.publication.station_name,
        destination=departure.destination,
        calls=(_call(departure, setting, batch),),
        observed_at=departure.observed_at,
    )


def _call(departure: CoachDeparture, setting: _Setting, batch: Batch) -> Call:
    actual = departure.actual
    if actual is not None and actual > setting.received_at + AHEAD:
        detail = f"actualDeparture {actual.isoformat()} is yet to come"
        batch.note(Reason.TIMESTAMP_IN_FUTURE, departure.id, detail)
        actual = None
    return Call(
        order=1,
        stop_place_id=scoped(setting.context.dataset, setting.publication.station_id),
        stop_name=setting.publication.station_name,
        aimed=Times(departure=departure.aimed),
        expected=Times(departure=departure.expected),
        actual=Times(departure=actual),
        planned_platform=departure.planned_gate,
        actual_platform=departure.gate,
        status=_status(departure, actual),
        boarding=True,
        alighting=False,
        coach=_boarding(departure, batch),
    )


def _boarding(departure: CoachDeparture, batch: Batch) -> Boarding | None:
    """Seats, ticket check and sale; None where the station says nothing of them."""
    total, available = departure.seats_total, departure.seats_available
    if total is not None and available is not None and available > total:
        detail = f"seats.available {available} of seats.total {total}; neither is used"
        batch.note(Reason.BAD_VALUE, departure.id, detail)
        total = available = None
    found = Boarding(total, available, departure.check_in, departure.sale)
    return None if found == Boarding() else found


def _state(departure: CoachDeparture) -> JourneyState:
    if departure.cancelled:
        return JourneyState.CANCELLED
    if departure.extra:
        return JourneyState.ADDED
    return JourneyState.RUNNING if departure.actual else JourneyState.PLANNED


def _status(departure: CoachDeparture, actual: datetime | None) -> CallStatus:
    """What is known of the departure's time; silence is NO_DATA, never on time."""
    if departure.cancelled:
        return CallStatus.CANCELLED
    if actual is not None:
        return CallStatus.DEPARTED
    if departure.expected is None:
        return CallStatus.NO_DATA
    late = departure.expected - departure.aimed
    if abs(late) < PUNCTUAL:
        return CallStatus.ON_TIME
    return CallStatus.DELAYED if late > timedelta(0) else CallStatus.EARLY


def _is_complete(publication: Publication, context: Context, batch: Batch) -> bool:
    """Whether what is absent no longer holds.

    The station or the configuration says so, and nothing it listed had to be refused; a duplicate
    leaves nothing out.
    """
    if context.incrementality is Incrementality.DIFFERENTIAL:
        return False
    said = publication.complete or context.incrementality is Incrementality.FULL
    return said and all(reject.reason is Reason.DUPLICATE for reject in batch.rejects)
