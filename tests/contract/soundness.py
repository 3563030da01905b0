"""What holds of whatever a connector makes of any bytes: a sound batch, or a PayloadError."""

from collections import Counter
from datetime import datetime, timedelta

from connectors import connector
from hub.connector import Batch, Context, Record
from hub.errors import PayloadError, Reason
from hub.model.journeys import DatedJourney
from hub.model.parking import ParkingStatus
from hub.model.vehicles import VehiclePosition
from tests.contract.mutations import NOW, context_of, moments, parse


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
