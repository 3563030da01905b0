"""What callers give us, checked: every fault has a stable code and the path of the argument."""

import json
import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeVar

from hub.errors import UserFault
from hub.model.common import Position

Word = TypeVar("Word", bound=StrEnum)
Path = tuple[str, ...]

KEY_LENGTH = 128
"""The longest client-made key, and the longest id, that is looked at."""
TITLE, REASON = 200, 500
"""The most characters of a title, and of why something is taken back or changed."""
ARGUMENTS = {
    "incident_id": "incident",
    "order_id": "order",
    "alarm_id": "alarm",
    "accept_within_s": "acceptWithinSeconds",
    "key": "clientMutationId",
}
"""What our arguments are called on the wire, where that is something else."""
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")
"""Controls but tab and line feed, separators, and the bidirectional controls of UAX #9, 2."""
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols by category, and yet nothing to be seen."""


def text(value: object, path: Path, *, most: int) -> str:
    """Stripped text of 1 to `most` characters, one of which can be seen.

    Control characters, and those that turn the direction of what stands around them, are left out:
    a report that was pasted with some is not lost, and cannot make others read it wrongly.
    """
    if isinstance(value, str):
        cleaned = _clean(value)
        if len(cleaned) <= most and _storable(cleaned) and any(map(_visible, cleaned)):
            return cleaned
    raise UserFault(
        "BAD_TEXT",
        f"须为 1 至 {most} 个字符，且不能全是不可见字符"
        f" / {named(path)}: expected 1 to {most} characters, not all of them invisible.",
        path=path,
    )


def optional_text(value: object, path: Path, *, most: int) -> str | None:
    """As `text`, but null, and text in which nothing can be seen, are None."""
    if value is None or (isinstance(value, str) and not any(map(_visible, _clean(value)))):
        return None
    return text(value, path, most=most)


def remark(value: object, path: Path, *, most: int) -> str | None:
    """As `optional_text`, but cut to `most` characters, the last of them `…`.

    Half a surrogate pair is left out. What is said beside an act must not undo it.
    """
    if isinstance(value, str):
        whole = _clean(value.encode(errors="ignore").decode())
        value = whole if len(whole) <= most else f"{whole[: most - 1].rstrip()}…"
    return optional_text(value, path, most=most)


def key(value: object) -> str:
    """A client-made key: printable, since two that look alike must not be one."""
    if isinstance(value, str):
        stripped = value.strip()
        if 1 <= len(stripped) <= KEY_LENGTH and stripped.isprintable():
            return stripped
    raise UserFault(
        "BAD_KEY",
        f"须为 1 至 {KEY_LENGTH} 个可见字符"
        f" / {named(('key',))}: expected 1 to {KEY_LENGTH} printable characters.",
        path=("key",),
    )


def named(path: Path) -> str:
    """The argument as whoever calls us knows it."""
    return ARGUMENTS.get(path[-1], path[-1])


def identifier(value: object, path: Path) -> str:
    """An id as it came: text that could be one; whether it is anybody's is found out later."""
    if isinstance(value, str) and 1 <= len(value) <= KEY_LENGTH and _storable(value):
        return value
    said = "缺少编号 / {}: is missing." if value is None else "编号无效 / {}: not an id."
    raise UserFault("BAD_ID", said.format(named(path)), path=path)


def word(value: object, words: type[Word], path: Path) -> Word:
    """A member of an enumeration, given as such or as its text."""
    try:
        return words(str(value))
    except ValueError as error:
        known = ", ".join(words)
        raise UserFault(
            "BAD_VALUE", f"取值无效 / {named(path)}: expected one of {known}.", path=path
        ) from error


def position(lat: object, lon: object, path: Path = ()) -> Position | None:
    """WGS-84 degrees, both or neither."""
    if lat is None and lon is None:
        return None
    if _number(lat, 90) and _number(lon, 180):
        return Position(float(lat), float(lon))  # type: ignore[arg-type]  # checked just above
    raise UserFault(
        "BAD_POSITION",
        "位置无效 / lat and lon: expected WGS-84 degrees, both or neither.",
        path=(*path, "lat"),
    )


def once_each(values: Sequence[str], path: Path) -> None:
    """Refuse a list that names somebody twice."""
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value in seen:
            raise UserFault(
                "RECIPIENT_DUPLICATE",
                f"人员重复 / {value!r} is named twice.",
                path=(*path, str(index)),
            )
        seen.add(value)


def fingerprint(operation: str, body: object) -> str:
    """A hash of what is asked for: equal for equal requests, whatever the order of their keys."""
    plain = json.dumps([operation, body], sort_keys=True, separators=(",", ":"), default=str)
    return sha256(plain.encode()).hexdigest()


def geojson(place: Position | None) -> dict[str, Any] | None:
    """A GeoJSON Point, [lon, lat]."""
    return None if place is None else {"type": "Point", "coordinates": [place.lon, place.lat]}


def _number(value: object, limit: int) -> bool:
    # bool is an int to Python; NaN fails the comparison
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and -limit <= value <= limit
    )


def _clean(value: str) -> str:
    return _UNWANTED.sub("", value).strip()


def _visible(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANK


def _storable(value: str) -> bool:
    """JSON can carry half a surrogate pair, MongoDB cannot store it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
