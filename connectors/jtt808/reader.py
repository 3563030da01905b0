"""From JT/T 808 messages to vehicles: who sends, what a position says, what is answered."""

from dataclasses import replace
from datetime import UTC, datetime
from hmac import compare_digest

from connectors.jtt.capture import Dialect
from connectors.jtt.vehicles import Sighting, Vehicles, sighting
from connectors.jtt808.config import Jtt808Config
from hub.connector import Batch, Context
from hub.errors import PayloadError, Reason
from hub.formats.jtt.framing import TERMINAL
from hub.formats.jtt.t808 import (
    Frame,
    MessageId,
    Result,
    authentication_code,
    decode_frame,
    encode_frame,
    states_its_length,
)
from hub.formats.jtt.t808_parts import Reassembly
from hub.formats.jtt.t808_position import (
    STANDARD_ITEMS,
    PositionReport,
    Status,
    carries_positions,
    decode_position,
    positions_of,
    stated_positions,
    without_personal_data,
)
from hub.model.common import Mode
from hub.model.vehicles import TaxiState

DIALECT = Dialect("JT/T 808", TERMINAL, decode_frame, states_its_length)
PUBLISHED = datetime(2011, 1, 1, tzinfo=UTC)
_NAMED = "ffff"
"""Begins the terminal number of an archived frame, in which the keyed hash stands for the number.
No telephone number has these digits."""
_WITHOUT_RECORDS = {
    MessageId.TERMINAL_REPLY,
    MessageId.HEARTBEAT,
    MessageId.LOGOUT,
    MessageId.TIME_QUERY,
    MessageId.REGISTRATION,
    MessageId.AUTHENTICATION,
    MessageId.PARAMETERS_REPLY,
    MessageId.ATTRIBUTES_REPLY,
    MessageId.DRIVER_IDENTITY,
}
"""Accepted, and nothing of them kept: driver, ICCID, IMEI, plate and telephone number end here."""


class Reader:
    """Reads the messages of one feed's terminals into records and rejects."""

    def __init__(self, context: Context, *, once: bool = False) -> None:
        if not isinstance(context.config, Jtt808Config):
            message = "a jtt808 feed needs a Jtt808Config"
            raise TypeError(message)
        self.config = context.config
        self._vehicles = Vehicles(
            context, self.config, mode=Mode.OTHER, published=PUBLISHED, once=once
        )
        self._parts = Reassembly()
        item = self.config.loaded_item
        self._kept = STANDARD_ITEMS | ({item} if item is not None else set())

    def native_id(self, terminal: str) -> str:
        """What stands for a terminal: a keyed hash of its number, 16 hex digits.

        Leading zeros do not count: the same number has 12 digits before 2019 and 20 since.
        """
        if is_named(terminal):
            return terminal[len(_NAMED) :]
        return self._vehicles.native_id(terminal.lstrip("0"))

    def code(self, terminal: str) -> str:
        """The authentication code a terminal is given at registration."""
        return self._vehicles.code(terminal.lstrip("0"))

    def knows_code(self, frame: Frame) -> bool:
        """Whether an authentication (0x0102) gives the code of its terminal."""
        return compare_digest(authentication_code(frame), self.code(frame.terminal).encode())

    def whole(self, frame: Frame, at: datetime, batch: Batch) -> Frame | None:
        """The message a frame completes, if it does. Messages not read are not put together."""
        if frame.part is None or not is_read(frame):
            return frame
        try:
            message = self._parts.add(frame, at)
        except PayloadError as error:
            batch.reject(error.reason, self.native_id(frame.terminal), error.message)
            return None
        self.note_lost(batch)
        return message

    def missing(self, frame: Frame) -> tuple[int, list[int]]:
        """After the last sub-package: first serial, and the numbers to ask for again."""
        return self._parts.missing(frame)

    def end(self, batch: Batch) -> None:
        """Nothing more comes: note what was not finished."""
        self._parts.give_up()
        self.note_lost(batch)

    def note_lost(self, batch: Batch) -> None:
        """Note the messages that were given up before all their sub-packages came."""
        for lost in self._parts.lost():
            batch.note(
                Reason.MISSING_FIELD,
                self.native_id(lost.terminal),
                f"{lost.held} of {lost.total} sub-packages of message {lost.message_id:04X} came",
            )

    def read(self, message: Frame, at: datetime, batch: Batch) -> Result:
        """Add what a whole message says to `batch` and say how to answer it."""
        name = self.native_id(message.terminal)
        if not is_read(message):
            said = f"message {message.message_id:04X} is not read"
            batch.reject(Reason.UNSUPPORTED_MESSAGE, name, said)
            return Result.NOT_SUPPORTED
        parts = positions_of(message)
        if parts is None:
            return Result.OK
        if message.encryption:
            batch.reject(Reason.NOT_DECODABLE, name, "the body is encrypted.")
            return Result.NOT_SUPPORTED
        refused = self._vehicles.take(
            name, parts, lambda _place, part: self._sighting(message.terminal, part), at, batch
        )
        stated = stated_positions(message)
        if refused is None and stated != len(parts):
            said = f"the batch says {stated} positions and has {len(parts)}"
            batch.note(Reason.BAD_LENGTH, name, said)
        well_formed = refused in {None, Reason.POSITION_NOT_FIXED, Reason.DUPLICATE}
        return Result.OK if well_formed else Result.BAD_MESSAGE

    def archived(self, message: Frame) -> list[bytes]:
        """The positions of a message for the archive: one frame each, without personal data."""
        named = replace(
            message,
            message_id=MessageId.POSITION,
            terminal=_NAMED + self.native_id(message.terminal),
            version=message.version or 0,
        )
        return [
            encode_frame(replace(named, body=without_personal_data(part, self._kept)))
            for part in (positions_of(message) or ())
            if not message.encryption
        ]

    def _sighting(self, terminal: str, part: bytes) -> Sighting:
        report = decode_position(part)
        if not terminal.strip("0"):
            raise PayloadError(Reason.MISSING_FIELD, "the terminal's number is all zeros.")
        return sighting(
            report,
            self.config.coordinates,
            fixed=Status.FIXED in report.status,
            flagged=Status.DISPLACED in report.status,
            taxi_state=self.taxi_state(report),
        )

    def taxi_state(self, report: PositionReport) -> TaxiState:
        """What a position says of a taxi: UNKNOWN where nobody configured what tells it."""
        if Status.OUT_OF_SERVICE in report.status:
            return TaxiState.NON_OPERATIONAL
        loaded: bool | None = None
        if self.config.load_bits:
            loaded = bool(report.status & (Status.LOAD_LOW | Status.LOAD_HIGH))
        if self.config.loaded_item is not None and self.config.loaded_item in report.items:
            value = int.from_bytes(report.items[self.config.loaded_item], "big")
            loaded = bool(value & self.config.loaded_mask)
        if loaded is None:
            return TaxiState.UNKNOWN
        return TaxiState.ON_TRIP if loaded else TaxiState.AVAILABLE


def is_named(terminal: str) -> bool:
    """Whether a terminal number is the archive's: the prefix and the keyed hash."""
    return len(terminal) == 20 and terminal.startswith(_NAMED)


def is_read(frame: Frame) -> bool:
    """Whether messages of this id are read, or accepted and dropped."""
    return frame.message_id in _WITHOUT_RECORDS or carries_positions(frame)
