"""From JT/T 809 messages to vehicles: what a lower platform sends up."""

from dataclasses import replace
from datetime import UTC, datetime

from connectors.jtt.capture import Dialect
from connectors.jtt.vehicles import Sighting, Vehicles, sighting
from connectors.jtt809.config import Jtt809Config
from hub.connector import Batch, Context
from hub.errors import PayloadError, Reason
from hub.formats.jtt.t808_position import Status
from hub.formats.jtt.t809 import (
    PLATFORM,
    Message,
    MessageId,
    decode_message,
    encode_message,
    states_its_length,
)
from hub.formats.jtt.t809_dynamic import (
    Dynamic,
    SubType,
    decode_dynamic,
    decode_gnss,
    encode_dynamic,
    positions_of,
    stated_positions,
    without_vendor_items,
)
from hub.model.common import Mode
from hub.model.vehicles import TaxiState

DIALECT = Dialect("JT/T 809", PLATFORM, decode_message, states_its_length)
PUBLISHED = datetime(2011, 1, 1, tzinfo=UTC)
_NAMED = b"\xff"
"""Begins the plate of an archived message, in which the keyed hash stands for it. Not GBK."""
_WITHOUT_RECORDS = {
    MessageId.LOGIN,
    MessageId.LOGOUT,
    MessageId.LINK_TEST,
    MessageId.DISCONNECT_INFORM,
    MessageId.CLOSE_INFORM,
    MessageId.DOWN_CONNECT_REPLY,
    MessageId.DOWN_DISCONNECT_REPLY,
    MessageId.DOWN_LINK_TEST_REPLY,
}


class Reader:
    """Reads the messages of one lower platform into records and rejects."""

    def __init__(self, context: Context, *, once: bool = False) -> None:
        if not isinstance(context.config, Jtt809Config):
            message = "a jtt809 feed needs a Jtt809Config"
            raise TypeError(message)
        self.config = context.config
        self._vehicles = Vehicles(
            context, self.config, mode=Mode.OTHER, published=PUBLISHED, once=once
        )

    def platform_id(self, access_code: int) -> str:
        """What stands for a lower platform in rejects: its access code, which names nobody."""
        return f"platform {access_code}"

    def verify_code(self, access_code: int) -> int:
        """The code of the subordinate link, given at login: nothing to store."""
        return int(self._vehicles.code(str(access_code))[:8], 16)

    def decrypted(self, message: Message) -> Message:
        """The message with its body in clear. Raises PayloadError NOT_DECODABLE without a key."""
        if not message.encrypted:
            return message
        cipher = self.config.cipher
        if cipher is None:
            raise PayloadError(
                Reason.NOT_DECODABLE, "the body is encrypted.", hint="Set m1, ia1 and ic1."
            )
        return replace(message, body=cipher.apply(message.body, message.key), encrypted=False)

    def read(self, message: Message, at: datetime, batch: Batch, *, live: bool = False) -> Batch:
        """Add what a message says; `live` refuses the names only an archive may hold."""
        if message.message_id in _WITHOUT_RECORDS:
            return batch
        name = self.platform_id(message.access_code)
        if message.message_id != MessageId.DYNAMIC:
            said = f"message {message.message_id:04X} is not read"
            batch.reject(Reason.UNSUPPORTED_MESSAGE, name, said)
            return batch
        try:
            dynamic = decode_dynamic(self.decrypted(message))
            vehicle = self.native_id(dynamic, live=live)
        except PayloadError as error:
            batch.reject(error.reason, name, error.message)
            return batch
        newer = message.time is not None
        parts = positions_of(dynamic, newer=newer)
        if parts is not None:
            self._take(vehicle, dynamic, parts, newer, at, batch)
        elif dynamic.sub_type != SubType.REGISTRATION:
            said = f"dynamic data {dynamic.sub_type:04X} is not read"
            batch.reject(Reason.UNSUPPORTED_MESSAGE, vehicle, said)
        return batch

    def _take(
        self,
        vehicle: str,
        dynamic: Dynamic,
        parts: list[bytes],
        newer: bool,
        at: datetime,
        batch: Batch,
    ) -> None:
        refused = self._vehicles.take(
            vehicle, parts, lambda _place, part: self._sighting(part, newer), at, batch
        )
        stated = stated_positions(dynamic)
        if refused is None and stated != len(parts):
            said = f"the message says {stated} positions and has {len(parts)}"
            batch.note(Reason.BAD_LENGTH, vehicle, said)

    def native_id(self, dynamic: Dynamic, *, live: bool = False) -> str:
        """What stands for a vehicle: a keyed hash of plate and colour, 16 hex digits.

        Raises PayloadError MISSING_FIELD without a plate, BAD_VALUE for one that is none.
        """
        plate = dynamic.plate
        if plate.startswith(_NAMED):
            named = plate[1:].decode("ascii", "replace")
            if live or len(named) != 16 or not set(named) <= set("0123456789abcdef"):
                raise PayloadError(Reason.BAD_VALUE, "no vehicle has such a plate.")
            return named
        if not plate:
            raise PayloadError(Reason.MISSING_FIELD, "the plate is empty.")
        return self._vehicles.native_id(f"{plate.hex()} {dynamic.colour}")

    def archived(self, message: Message) -> list[bytes]:
        """A message for the archive: its positions, the plate replaced, in clear; or nothing."""
        if message.message_id != MessageId.DYNAMIC:
            return []
        try:
            clear = self.decrypted(message)
            dynamic = decode_dynamic(clear)
            plate = _NAMED + self.native_id(dynamic, live=True).encode()
        except PayloadError:
            return []  # refused whole already
        newer = message.time is not None
        parts = positions_of(dynamic, newer=newer) or []
        return [
            encode_message(
                replace(clear, body=encode_dynamic(Dynamic(plate, 0, SubType.POSITION, one)))
            )
            for one in (without_vendor_items(part, newer=newer) for part in parts)
        ]

    def _sighting(self, part: bytes, newer: bool) -> Sighting:
        report = decode_gnss(part, newer=newer)
        out_of_service = Status.OUT_OF_SERVICE in report.status
        return sighting(
            report,
            self.config.coordinates,
            fixed=Status.FIXED in report.status,
            flagged=Status.DISPLACED in report.status,
            taxi_state=TaxiState.NON_OPERATIONAL if out_of_service else TaxiState.UNKNOWN,
        )
