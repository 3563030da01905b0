"""Records with one layer as documents to be: what each is known by, and how it is made."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from hub import clock
from hub.model.facilities import FacilityCondition
from hub.model.network import Line, Quay, StopPlace
from hub.model.parking import ParkingFacility, ParkingStatus, SharingStation
from hub.model.situations import Situation, SituationProgress
from hub.model.vehicles import VehiclePosition
from hub.store.feeds.rows import Document, fingerprint, milliseconds, to_document


@dataclass(frozen=True, slots=True)
class Entry:
    """One document to be: what it is known by, when it was observed, and how to make it."""

    id: str
    fingerprint: str
    build: Callable[[], Document]
    observed_at: datetime | None = None
    stamp: datetime | None = None
    version: int = 0


def place_entries(places: Iterable[StopPlace], quays: Iterable[Quay]) -> list[Entry]:
    """Stop places, each with those of `quays` that are its own."""
    mine: dict[str, list[Quay]] = {}
    for quay in quays:
        mine.setdefault(quay.stop_place_id, []).append(quay)
    return [_place_entry(place, mine.get(place.id, [])) for place in places]


def _place_entry(place: StopPlace, quays: list[Quay]) -> Entry:
    def build() -> Document:
        return {**to_document(place), "quays": [quay_document(quay) for quay in quays]}

    name = fingerprint(place, "".join(fingerprint(quay) for quay in quays))
    return Entry(place.id, name, build)


def quay_document(quay: Quay) -> Document:
    """A quay as it is embedded in its stop place."""
    document = to_document(quay)
    document["id"] = document.pop("_id")
    for name in ("dataset", "stop_place_id"):
        del document[name]
    return document


def line_entry(line: Line) -> Entry:
    """A line."""
    return Entry(line.id, fingerprint(line), lambda: to_document(line))


def situation_entry(situation: Situation, as_of: datetime | None) -> Entry:
    """A situation; a closed one is kept for a day, so that everybody learns that it closed."""

    def build() -> Document:
        document = to_document(situation)
        if situation.progress is SituationProgress.CLOSED:
            document["closed_at"] = clock.now()
        return document

    moment = situation.observed_at or as_of
    return Entry(
        situation.id,
        fingerprint(situation),
        build,
        observed_at=situation.observed_at,
        stamp=milliseconds(moment) if moment else None,
        version=situation.version,
    )


def vehicle_entry(vehicle: VehiclePosition) -> Entry:
    """A vehicle's latest position."""
    stamp = milliseconds(vehicle.observed_at)
    return Entry(
        vehicle.id,
        fingerprint(vehicle),
        lambda: to_document(vehicle),
        observed_at=stamp,
        stamp=stamp,
    )


def facility_entry(facility: ParkingFacility) -> Entry:
    """What a parking facility is; what is free in it is another layer of its document."""
    return Entry(facility.id, fingerprint(facility), lambda: to_document(facility))


def status_entry(status: ParkingStatus) -> Entry:
    """What is free in a parking facility, under the facility's id.

    Ordered by its own time alone: its message is often hours younger than it.
    """

    def build() -> Document:
        document = to_document(status)
        del document["facility_id"]
        return document

    stamp = milliseconds(status.observed_at) if status.observed_at else None
    return Entry(status.facility_id, fingerprint(status), build, observed_at=stamp, stamp=stamp)


def station_entry(station: SharingStation, as_of: datetime | None) -> Entry:
    """A station of shared vehicles."""
    return _observed(station, as_of)


def condition_entry(condition: FacilityCondition, as_of: datetime | None) -> Entry:
    """The condition of a facility."""
    return _observed(condition, as_of)


def _observed(record: SharingStation | FacilityCondition, as_of: datetime | None) -> Entry:
    """An entry that is ordered by its own time, else by its message's."""
    moment = record.observed_at or as_of
    return Entry(
        record.id,
        fingerprint(record),
        lambda: to_document(record),
        observed_at=milliseconds(record.observed_at) if record.observed_at else None,
        stamp=milliseconds(moment) if moment else None,
    )
