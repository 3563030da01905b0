"""What callers give us, checked: every fault has a stable code and the path of the argument."""

import json
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


def text(value: object, path: Path, *, most: int, code: str = "BAD_TEXT") -> str:
    """Stripped text of 1 to `most` characters."""
    if isinstance(value, str):
        stripped = value.strip()
        if 1 <= len(stripped) <= most and _storable(stripped):
            return stripped
    raise UserFault(
        code, f"须为 1 至 {most} 个字符 / {path[-1]}: expected 1 to {most} characters.", path=path
    )


def optional_text(value: object, path: Path, *, most: int) -> str | None:
    """As `text`, but null and blank text are None."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return text(value, path, most=most)


def key(value: object) -> str:
    """A client-made key."""
    return text(value, ("key",), most=KEY_LENGTH, code="BAD_KEY")


def identifier(value: object, path: Path) -> str:
    """An id as it came: text that could be one; whether it is anybody's is found out later."""
    if isinstance(value, str) and 1 <= len(value) <= KEY_LENGTH and _storable(value):
        return value
    raise UserFault("BAD_ID", f"编号无效 / {path[-1]}: not an id.", path=path)


def word(value: object, words: type[Word], path: Path) -> Word:
    """A member of an enumeration, given as such or as its text."""
    try:
        return words(str(value))
    except ValueError as error:
        known = ", ".join(words)
        raise UserFault(
            "BAD_VALUE", f"取值无效 / {path[-1]}: expected one of {known}.", path=path
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


def _storable(value: str) -> bool:
    """JSON can carry half a surrogate pair, MongoDB cannot store it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
