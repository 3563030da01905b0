"""GTFS-Realtime: bytes to a FeedMessage, and the field types that need care.

GTFS Realtime reference v2.0, FeedMessage. Messages are the generated protobuf classes themselves:
copying 200,000 stop times into other objects first would cost more than everything after it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from google.protobuf.json_format import Parse, ParseError
from google.protobuf.message import DecodeError
from google.transit import gtfs_realtime_pb2 as pb

from hub.errors import PayloadError, Reason
from hub.formats.gtfs_names import slot_of
from hub.model.common import Name, Occupancy, OccupancyStatus

VERSIONS = frozenset({"1.0", "2.0", "1", "2"})

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
_LATEST = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())
_WELL_BEHIND_EPOCH = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp())
_OCCUPANCY = {
    number: OccupancyStatus(name)
    for name, number in pb.VehiclePosition.OccupancyStatus.items()
    if name in OccupancyStatus.__members__
}


def decode(body: bytes) -> pb.FeedMessage:
    """A FeedMessage from protobuf bytes, or from protobuf JSON where the text begins with `{`.

    Unknown fields and extensions are passed over. Raises PayloadError NOT_DECODABLE.
    """
    message = pb.FeedMessage()
    # The very first byte decides: blanks may not be skipped, for a binary message begins with
    # 0x0A, a line feed, and `{` after it is a header of 123 bytes (New York sends one).
    text = body.removeprefix(b"\xef\xbb\xbf")
    try:
        if text.startswith(b"{"):
            Parse(text, message, ignore_unknown_fields=True)
        else:
            message.ParseFromString(body)
    except (DecodeError, ParseError, UnicodeDecodeError, RecursionError) as error:
        raise PayloadError(
            Reason.NOT_DECODABLE,
            f"Not a GTFS-Realtime FeedMessage: {str(error).splitlines()[0][:200]}.",
        ) from error
    if not message.header.HasField("gtfs_realtime_version"):
        raise PayloadError(
            Reason.NOT_DECODABLE,
            f"Not a GTFS-Realtime FeedMessage: {len(body)} bytes without a header.",
        )
    return message


def is_time(seconds: int) -> bool:
    """Whether a POSIX time can be one: seconds, between 2000 and 2200."""
    return _EARLIEST <= seconds <= _LATEST


def is_epoch(seconds: int) -> bool:
    """Whether a POSIX time is what a clock says that was never set."""
    return seconds < _WELL_BEHIND_EPOCH


def utc(seconds: int) -> datetime:
    """The UTC time of a POSIX time for which `is_time` holds."""
    return _EPOCH + timedelta(seconds=seconds)


def text_of(value: str | bytes) -> str:
    """A string field. Where its bytes are no UTF-8 the decoder hands them over as they are."""
    return value if isinstance(value, str) else bytes(value).decode("utf-8", "replace")


def name_of(translations: Iterable[pb.TranslatedString.Translation]) -> Name | None:
    """The Chinese and English text of a TranslatedString; None if it is empty.

    A text without a language goes by its script; a third language is used only where there is
    neither, in the place of English.
    """
    slots: dict[str, str] = {}
    other: str | None = None
    for translation in translations:
        text = text_of(translation.text).strip()
        slot = slot_of(text_of(translation.language), text)
        if not text:
            continue
        if slot is None:
            other = other or text
        elif slot not in slots or translation.language:
            slots[slot] = text
    if not slots and other is None:
        return None
    return Name(zh=slots.get("zh"), en=slots.get("en") or (None if slots else other))


def occupancy_of(status: int | None, percent: int | None = None) -> Occupancy | None:
    """Occupancy of an OccupancyStatus and a percentage; None where neither tells anything."""
    known = None if status is None else _OCCUPANCY.get(status)
    if known is None and percent is None:
        return None
    return Occupancy(status=known, percent=percent)
