"""Departures of a coach station to dated journeys, each with its one call at the station."""

from dataclasses import dataclass
from datetime import datetime

from connectors.coach_profile.journeys import Station, journey_of
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
from hub.model.journeys import DatedJourney
from hub.model.moments import AHEAD

_ENVELOPE = "publication"


@dataclass(frozen=True, slots=True)
class _Setting:
    station: Station
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
    station = Station(publication.station_id, publication.station_name)
    setting = _Setting(station, context, raw.received_at, batch)
    elsewhere = bool(context.stop_places) and publication.station_id not in context.stop_places
    taken: dict[str, DatedJourney] = {}
    for number, departure in enumerate(departures(publication), start=1):
        batch.entities += 1
        _take(departure, number, taken, setting)
    batch.records.extend([] if elsewhere else taken.values())
    batch.lists_all(_is_full(publication, context))
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
    journey = journey_of(departure, setting.station, setting.context, setting.received_at, aside)
    if journey.id in taken:
        batch.reject(Reason.DUPLICATE, native, "listed twice; the first is taken")
        return
    for fault in departure.faults:
        batch.note(fault.reason, native, fault.detail)
    batch.notes.extend(aside.notes)
    taken[journey.id] = journey


def _is_full(publication: Publication, context: Context) -> bool:
    """Whether the station lists all that holds: it or the configuration says so."""
    if context.incrementality is Incrementality.DIFFERENTIAL:
        return False
    return publication.complete or context.incrementality is Incrementality.FULL
