"""Custom scalars: moments and service days, strict on the way in."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import orjson
import strawberry
from graphql import GraphQLError

from hub import clock


def _moment_out(value: object) -> str:
    if not isinstance(value, datetime):
        message = f"DateTime cannot represent {value!r}."
        raise GraphQLError(message)
    text = orjson.dumps(value, option=orjson.OPT_UTC_Z)[1:-1].decode()  # isoformat takes ten times
    if not text.endswith("Z"):
        return _moment_out(value.astimezone(UTC))
    return f"{text[:-4]}Z" if value.microsecond else text  # to the millisecond, as stored


def _moment_in(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
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
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        message = f"Date expects YYYY-MM-DD; got {value!r}."
        raise GraphQLError(message) from None


SCALARS: Mapping[object, Any] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment (时刻): RFC 3339 with offset in, years 2000 to 2100; UTC out.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=_moment_out,
        parse_value=_moment_in,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A service day (运营日), YYYY-MM-DD.",
        serialize=_day_out,
        parse_value=_day_in,
    ),
}
