"""Field types of GTFS Schedule, and a place for what is wrong with a dataset."""

import math
import re
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from hub.errors import PayloadError, Reason
from hub.model.common import Mode, Position

_TIME = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)")
_DATE = re.compile(r"\d{8}")
_ADDRESS = re.compile(r'https?://[^\s\x00-\x1f\x7f<>"]+', re.IGNORECASE)
_LONGEST_ADDRESS = 2_000
_COLOUR = re.compile(r"[0-9A-Fa-f]{6}")
_LAST_HOUR = 24 * 7
_NOTES_KEPT = 1000
_REJECTS_KEPT = 250_000

NAMELESS = "(no id)"
_BASIC_MODES = {
    0: Mode.TRAM,
    1: Mode.METRO,
    2: Mode.RAIL,
    3: Mode.BUS,
    4: Mode.FERRY,
    5: Mode.TRAM,
    11: Mode.BUS,
    12: Mode.METRO,
}
_EXTENDED_MODES = {
    1: Mode.RAIL,
    2: Mode.COACH,
    3: Mode.RAIL,
    4: Mode.METRO,
    5: Mode.METRO,
    6: Mode.METRO,
    7: Mode.BUS,
    8: Mode.BUS,
    9: Mode.TRAM,
    10: Mode.FERRY,
    12: Mode.FERRY,
    15: Mode.TAXI,
}


class Problem(NamedTuple):
    """One thing that was refused: the reason, the native id it concerns, one sentence."""

    reason: Reason
    native_id: str
    detail: str


@dataclass(slots=True)
class Problems:
    """What was refused in one dataset: whole entities, and parts of entities that stay.

    Parts are counted per reason and entity, so that a broken table of a million rows is a note.
    """

    rejects: list[Problem] = field(default_factory=list)
    _notes: dict[tuple[Reason, str], list[str | int]] = field(default_factory=dict)
    _beyond: int = 0

    def reject(self, reason: Reason, native_id: str, detail: str) -> None:
        """Refuse a trip, stop or route. Raises PayloadError TOO_LARGE when that is most of it."""
        if len(self.rejects) >= _REJECTS_KEPT:
            first = self.rejects[0]
            raise PayloadError(
                Reason.TOO_LARGE,
                f"Over {_REJECTS_KEPT} entities are refused, the first for {first.reason}: "
                f"{first.native_id}: {first.detail}.",
            )
        self.rejects.append(Problem(reason, native_id, detail))

    def note(self, reason: Reason, native_id: str, detail: str) -> None:
        """Refuse a row or a field of something that is kept."""
        native_id = native_id or NAMELESS
        known = self._notes.get((reason, native_id))
        if known is not None:
            known[1] = int(known[1]) + 1
        elif len(self._notes) < _NOTES_KEPT:
            self._notes[reason, native_id] = [detail, 0]
        else:
            self._beyond += 1

    @property
    def notes(self) -> list[Problem]:
        """The refused parts, one for each reason and entity."""
        found = [
            Problem(reason, native_id, f"{detail} ({more} more like it)" if more else str(detail))
            for (reason, native_id), (detail, more) in self._notes.items()
        ]
        if self._beyond:
            found.append(Problem(Reason.TOO_LARGE, NAMELESS, f"{self._beyond} more were not noted"))
        return found


@lru_cache(maxsize=1 << 16)
def seconds_of_day(text: str) -> int | None:
    """Seconds of the service day of H:MM:SS; hours may pass 24. None if it is no such time."""
    found = _TIME.fullmatch(text)
    if found is None or int(found[1]) > _LAST_HOUR:
        return None
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])


@lru_cache(maxsize=4096)
def service_day(text: str) -> date | None:
    """The day of YYYYMMDD between 1970 and 2199; None if it is no such day."""
    if _DATE.fullmatch(text) is None or not "1970" <= text[:4] <= "2199":
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


@lru_cache(maxsize=1 << 12)
def whole_number(text: str) -> int | None:
    """A non-negative integer; None if it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def position_of(lat: str, lon: str) -> Position | None:
    """A WGS-84 position; None if it is out of range, or 0, 0, which is a missing position."""
    try:
        return checked_position(float(lat), float(lon))
    except ValueError:
        return None


def checked_position(lat: float, lon: float) -> Position | None:
    """A position if it can be one: in range, finite, and not 0, 0."""
    if not (math.isfinite(lat) and math.isfinite(lon)) or (lat == 0 and lon == 0):
        return None
    return Position(lat, lon) if -90 <= lat <= 90 and -180 <= lon <= 180 else None


def colour_of(text: str) -> str | None:
    """Six hexadecimal digits, upper case; None if it is no colour."""
    return text.upper() if _COLOUR.fullmatch(text) else None


def mode_of(route_type: int) -> Mode:
    """Mode of a route_type, basic or extended (100-117 rail, 200-209 coach, 400-405 metro, ...)."""
    if route_type < 100:
        return _BASIC_MODES.get(route_type, Mode.OTHER)
    return _EXTENDED_MODES.get(route_type // 100, Mode.OTHER)


def web_address(text: str | None) -> str | None:
    """An http or https address, as people may be sent to it; None if it is none.

    One without a scheme that starts with "www." is taken as https.
    """
    address = (text or "").strip()
    if address.lower().startswith("www."):
        address = f"https://{address}"
    sound = len(address) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(address)
    return address if sound else None
