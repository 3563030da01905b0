"""Custom scalars: moments and service days, strict on the way in."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NewType

import orjson
import strawberry
from graphql import GraphQLError

from hub import clock

_DAY = r"\d{4}-\d{2}-\d{2}"
_FULL_DATE = re.compile(_DAY, re.ASCII)
_DATE_TIME = re.compile(
    _DAY + r"[T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII | re.IGNORECASE
)
"""RFC 3339, section 5.6; `fromisoformat` reads weeks and other ways of ISO 8601, too."""


def _read(value: object, form: re.Pattern[str]) -> str:
    """A text of that form, in the letters Python reads; else an empty one, which it refuses."""
    return value.upper() if isinstance(value, str) and form.fullmatch(value) else ""


def _moment_out(value: object) -> str:
    if not isinstance(value, datetime):
        message = f"DateTime cannot represent {value!r}."
        raise GraphQLError(message)
    text = orjson.dumps(value, option=orjson.OPT_UTC_Z)  # isoformat takes ten times
    if not text.endswith(b'Z"'):
        return _moment_out(value.astimezone(UTC))
    # to the millisecond, as stored
    return f"{text[1:24].decode()}Z" if value.microsecond else text[1:-1].decode()


def _moment_in(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(_read(value, _DATE_TIME))
    except ValueError:
        moment = None
    if moment is None:
        message = f"DateTime expects RFC 3339 with an offset (...T08:00:00+08:00); got {value!r}."
        raise GraphQLError(message)
    try:
        return clock.usable(moment)
    except ValueError as error:
        message = f"DateTime {error}; got {value!r}."
        raise GraphQLError(message) from None


def _day_out(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _day_in(value: object) -> date:
    try:
        return date.fromisoformat(_read(value, _FULL_DATE))
    except ValueError:
        message = f"Date expects YYYY-MM-DD; got {value!r}."
        raise GraphQLError(message) from None


GeoJSON = NewType("GeoJSON", Mapping[str, Any])
"""A GeoJSON object as it is sent."""


def _never_in(_value: object) -> GeoJSON:
    message = "GeoJSON is told, never taken."
    raise GraphQLError(message)


SCALARS: Mapping[object, Any] = {
    GeoJSON: strawberry.scalar(
        name="GeoJSON",
        description="A GeoJSON object (地理对象), WGS-84; told only.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc7946",
        serialize=lambda value: value,
        parse_value=_never_in,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment (时刻): RFC 3339 with offset in, years 2000 to 2100; UTC out.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=_moment_out,
        parse_value=_moment_in,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A service day (运营日): RFC 3339's full-date, YYYY-MM-DD.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        serialize=_day_out,
        parse_value=_day_in,
    ),
}
