"""What holds of whatever a connector makes of any bytes: a sound batch, or a PayloadError."""

from collections import Counter
from datetime import datetime, timedelta

from connectors import connector
from hub.connector import Batch, Context, Record
from hub.errors import PayloadError, Reason
from hub.model.facilities import FacilityCondition, FacilityStatus
from hub.model.journeys import DatedJourney, JourneyState
from hub.model.parking import ParkingStatus, SharingStation
from hub.model.situations import Situation
from hub.model.vehicles import VehiclePosition
from tests.contract.mutations import NOW, context_of, moments, parse

_CALLED_OFF = {JourneyState.CANCELLED, JourneyState.DELETED}


def _identity(record: Record) -> object:
    """What may be there once: a vehicle may be seen at many moments, each of them once."""
    return record if isinstance(record, VehiclePosition) else (type(record).__name__, id_of(record))


def id_of(record: Record) -> str:
    """The id a record is kept under: a status is that of its facility."""
    return record.facility_id if isinstance(record, ParkingStatus) else record.id


def sound(batch: Batch, received_at: datetime = NOW) -> None:
    """What holds for every batch."""
    assert batch.accepted + len(batch.rejects) == batch.entities
    assert batch.accepted >= 0
    for refused in (*batch.rejects, *batch.notes):
        assert isinstance(refused.reason, Reason)
        assert refused.native_id.strip()
        assert refused.detail.strip()
    identities = Counter(map(_identity, batch.records))
    assert not [identity for identity, count in identities.items() if count > 1]
    for record in batch.records:
        assert id_of(record).startswith("contract:")
        assert all(moment.tzinfo is not None for moment in moments(record))
        if isinstance(record, DatedJourney):
            orders = [call.order for call in record.calls]
            assert orders == sorted(set(orders))
    if batch.as_of is not None:
        assert batch.as_of.tzinfo is not None
        assert batch.as_of <= received_at + timedelta(minutes=5)


def carries(record: Record) -> bool:
    """Whether a record says anything besides which thing it is of."""
    match record:
        case ParkingStatus():
            return not record.is_empty
        case SharingStation():
            told = (record.vehicles_available, record.docks_available, record.renting)
            more = (record.returning, record.capacity, record.position)
            return any(value is not None for value in (*told, *more))
        case FacilityCondition():
            return record.status is not FacilityStatus.UNKNOWN or record.reason is not None
        case DatedJourney():
            return bool(record.calls) or record.state in _CALLED_OFF
        case Situation():
            return bool(record.summary.best)
        case VehiclePosition():
            return True
    return bool(record.name.best)


def unexplained(batch: Batch) -> tuple[list[str], int]:
    """What is empty without a note: records by id, and how many accepted entities gave nothing.

    An entity that was accepted gives a record that carries a value, takes something back, or is
    noted.
    """
    noted = [note.native_id for note in batch.notes]
    empty = [
        id_of(record)
        for record in batch.records
        if not carries(record) and not any(native in id_of(record) for native in noted)
    ]
    telling = {_identity(record) for record in batch.records if carries(record)}
    told = {id_of(record) for record in batch.records if carries(record)}
    some = max(len(telling), len(told)) + len(set(batch.withdrawn)) + len(noted)
    return empty, max(0, batch.accepted - some)


def explained(refusal: PayloadError) -> None:
    """What holds for every refusal: a reason, and one line that says what was wrong."""
    assert isinstance(refusal.reason, Reason)
    assert refusal.message.strip()
    assert "\n" not in str(refusal)


def declared(kind: str, reasons: set[Reason]) -> None:
    """A kind refuses for no reason that its manifest, and so its page, does not list."""
    assert reasons <= connector(kind).manifest.refuses


def survive(kind: str, body: bytes, context: Context | None = None) -> Batch | None:
    """Parse anything: a sound batch, or None for a PayloadError that says why."""
    try:
        batch = parse(connector(kind), body, context or context_of(kind))
    except PayloadError as refusal:
        explained(refusal)
        declared(kind, {refusal.reason})
        return None
    assert isinstance(batch, Batch)
    sound(batch)
    declared(kind, {refused.reason for refused in (*batch.rejects, *batch.notes)})
    return batch
