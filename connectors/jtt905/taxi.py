"""From JT/T 905 messages to taxis: the state of the vehicle, and how a message is answered."""

from datetime import UTC, datetime
from hmac import compare_digest

from connectors.jtt.capture import Dialect
from connectors.jtt.vehicles import Sighting, Vehicles, sighting
from connectors.jtt905.config import Jtt905Config
from hub.connector import Batch, Context
from hub.errors import Reason
from hub.formats.jtt.framing import TERMINAL
from hub.formats.jtt.t905 import (
    Frame,
    MessageId,
    Result,
    Status,
    decode_frame,
    states_its_length,
)
from hub.formats.jtt.t905_position import PositionReport, decode_position, positions_of
from hub.model.common import Mode
from hub.model.vehicles import TaxiState

DIALECT = Dialect("JT/T 905", TERMINAL, decode_frame, states_its_length)
PUBLISHED = datetime(2014, 1, 1, tzinfo=UTC)
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
        self._vehicles = Vehicles(context, self.config, mode=Mode.TAXI, published=PUBLISHED)

    def native_id(self, terminal: str) -> str:
        """What stands for a terminal: a keyed hash of its ISU id, 16 hex digits."""
        return self._vehicles.native_id(terminal)

    def code(self, terminal: str) -> str:
        """The authentication code a terminal is given at registration."""
        return self._vehicles.code(terminal)

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
        refused = self._vehicles.take(
            name, parts, lambda place, part: self._sighting(frame, place, part), at, batch
        )
        well_formed = refused in {None, Reason.POSITION_NOT_FIXED}
        return Result.OK if well_formed else Result.BAD_MESSAGE

    def _sighting(self, frame: Frame, place: int, part: bytes) -> Sighting:
        report = decode_position(part)
        return sighting(
            report,
            self.config.coordinates,
            fixed=Status.NOT_FIXED not in report.status,
            taxi_state=_state(frame, place, report),
        )


def _state(frame: Frame, place: int, report: PositionReport) -> TaxiState:
    """In a trip (0x0B05) the place of a position in the message says which transition it is."""
    if frame.message_id != MessageId.TRIP:
        return taxi_state(report.status)
    transitions = Status.VACANT_TO_LOADED | Status.LOADED_TO_VACANT
    entered = Status.VACANT_TO_LOADED if place == 0 else Status.LOADED_TO_VACANT
    return taxi_state((report.status & ~transitions) | entered)
