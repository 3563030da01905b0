"""From JT/T 905 messages to taxis: ids, believable positions, and the state of the vehicle."""

from datetime import UTC, datetime, timedelta
from hashlib import blake2b, sha256
from hmac import compare_digest

from connectors.jtt905.config import Jtt905Config
from hub.connector import Batch, Context, Reject
from hub.errors import PayloadError, Reason
from hub.formats import gcj02
from hub.formats.jtt905 import Frame, MessageId, Result, Status
from hub.formats.jtt905_position import PositionReport, decode_position, positions_of
from hub.model.common import Mode, Position
from hub.model.ids import scoped
from hub.model.vehicles import TaxiState, VehiclePosition

AHEAD = timedelta(minutes=2)
"""How far a terminal's clock may run before ours."""
PUBLISHED = datetime(2014, 1, 1, tzinfo=UTC)
"""No position is older than the standard: earlier times are of clocks that lost theirs."""
TOP_SPEED_KMH = 300
_WITHOUT_CONTENT = {
    MessageId.TERMINAL_REPLY,
    MessageId.HEARTBEAT,
    MessageId.DEREGISTRATION,
    MessageId.REGISTRATION,
    MessageId.AUTHENTICATION,
}


def taxi_state(status: Status) -> TaxiState:
    """The MDS vehicle state of status bits (车辆状态位).

    A transition bit names the state being entered, whether or not bit 9 already follows it; where
    both are set, bit 9 decides. Out of service (停运) wins over all.
    """
    if Status.OUT_OF_SERVICE in status:
        return TaxiState.NON_OPERATIONAL
    entered = Status.VACANT_TO_LOADED in status
    left = Status.LOADED_TO_VACANT in status
    loaded = entered if entered != left else Status.LOADED in status
    if loaded:
        return TaxiState.ON_TRIP
    return TaxiState.RESERVED if Status.RESERVED in status else TaxiState.AVAILABLE


class Taxis:
    """Reads the messages of one feed's terminals into records and rejects."""

    def __init__(self, context: Context) -> None:
        if not isinstance(context.config, Jtt905Config):
            message = "a jtt905 feed needs a Jtt905Config"
            raise TypeError(message)
        self.config = context.config
        self._dataset = context.dataset
        self._key = sha256((self.config.id_key or context.dataset).encode()).digest()

    def native_id(self, terminal: str) -> str:
        """What stands for a terminal: a keyed hash of its ISU id, 16 hex digits."""
        return blake2b(terminal.encode(), key=self._key, digest_size=8).hexdigest()

    def code(self, terminal: str) -> str:
        """The authentication code a terminal is given at registration: nothing to store."""
        return blake2b(
            terminal.encode(), key=self._key, digest_size=8, person=b"authentication"
        ).hexdigest()

    def knows_code(self, frame: Frame) -> bool:
        """Whether an authentication (0x0102) gives the code of its terminal."""
        return compare_digest(frame.body.rstrip(b"\x00"), self.code(frame.terminal).encode())

    def read(self, frame: Frame, at: datetime, batch: Batch) -> Result:
        """Add what a message says to `batch` and say how to answer it.

        The message is refused when no position in it can be used; a position refused beside a
        usable one is a note.
        """
        parts = positions_of(frame)
        name = self.native_id(frame.terminal)
        if parts is None:
            if frame.message_id in _WITHOUT_CONTENT:
                return Result.OK
            batch.reject(
                Reason.UNSUPPORTED_MESSAGE, name, f"message {frame.message_id:04X} is not read"
            )
            return Result.FAILED
        refused: list[Reject] = []
        used = 0
        for place, part in enumerate(parts):
            try:
                record = self._record(frame, place, part, at, batch)
            except PayloadError as error:
                refused.append(Reject(error.reason, name, error.message))
            else:
                batch.records.append(record)
                batch.as_of = max(batch.as_of or record.observed_at, record.observed_at)
                used += 1
        if not refused:
            return Result.OK
        if used:
            batch.notes.extend(refused)
            return Result.OK
        batch.rejects.append(refused[0])
        batch.notes.extend(refused[1:])
        well_formed = refused[0].reason is Reason.POSITION_NOT_FIXED
        return Result.OK if well_formed else Result.BAD_MESSAGE

    def _record(
        self, frame: Frame, place: int, part: bytes, at: datetime, batch: Batch
    ) -> VehiclePosition:
        report = decode_position(part)
        observed_at = self._believe(report, at)
        name = self.native_id(frame.terminal)
        speed: float | None = report.speed_kmh
        if report.speed_kmh > TOP_SPEED_KMH:
            speed = None
            batch.note(Reason.BAD_VALUE, name, f"speed {report.speed_kmh} km/h is left out")
        lat, lon = report.lat, report.lon
        if self.config.coordinates == "gcj02":
            lat, lon = gcj02.to_wgs84(lat, lon)
        return VehiclePosition(
            id=scoped(self._dataset, name),
            dataset=self._dataset,
            native_id=name,
            mode=Mode.TAXI,
            position=Position(lat, lon),
            observed_at=observed_at,
            bearing=report.bearing,
            speed_kmh=speed,
            taxi_state=_state(frame, place, report),
            alarms=tuple(alarm.name for alarm in report.alarms if alarm.name),
        )

    def _believe(self, report: PositionReport, at: datetime) -> datetime:
        """The time of a position that can be used. Raises PayloadError with the reason if not."""
        if abs(report.lat) > 90 or abs(report.lon) > 180:
            raise PayloadError(
                Reason.POSITION_OUT_OF_RANGE, f"{report.lat:.5f}, {report.lon:.5f} is no place."
            )
        unfixed = Status.NOT_FIXED in report.status and self.config.unfixed == "reject"
        if unfixed or (report.lat == 0 and report.lon == 0):
            raise PayloadError(Reason.POSITION_NOT_FIXED, "the terminal has no fix.")
        if report.time is None:
            raise PayloadError(Reason.TIMESTAMP_MISSING, "the time is all zeros.")
        if report.time < PUBLISHED:
            raise PayloadError(
                Reason.TIMESTAMP_EPOCH, f"{report.time:%Y-%m-%d} is before the standard."
            )
        if report.time > at + AHEAD:
            ahead = (report.time - at).total_seconds()
            raise PayloadError(Reason.TIMESTAMP_IN_FUTURE, f"{ahead:.0f} s ahead of us.")
        return report.time


def _state(frame: Frame, place: int, report: PositionReport) -> TaxiState:
    """In a trip (0x0B05) the place of a position in the message says which transition it is."""
    if frame.message_id != MessageId.TRIP:
        return taxi_state(report.status)
    transitions = Status.VACANT_TO_LOADED | Status.LOADED_TO_VACANT
    entered = Status.VACANT_TO_LOADED if place == 0 else Status.LOADED_TO_VACANT
    return taxi_state((report.status & ~transitions) | entered)
