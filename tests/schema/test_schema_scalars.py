"""Moments go out in UTC, to the second or the millisecond."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from bson.tz_util import utc
from graphql import GraphQLError

from schema.scalars import _moment_out

CHINA = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 4, 1, 12, 0, 5, tzinfo=UTC), "2026-04-01T12:00:05Z"),
        (datetime(2026, 4, 1, 12, 0, 5, tzinfo=utc), "2026-04-01T12:00:05Z"),
        (datetime(2026, 4, 1, 20, 0, 5, tzinfo=CHINA), "2026-04-01T12:00:05Z"),
        (datetime(2026, 4, 1, 23, tzinfo=timezone(timedelta(hours=-3))), "2026-04-02T02:00:00Z"),
        (datetime(2026, 4, 1, 12, 0, 5, 120_000, tzinfo=UTC), "2026-04-01T12:00:05.120Z"),
        (datetime(2026, 4, 1, 20, 0, 5, 1_999, tzinfo=CHINA), "2026-04-01T12:00:05.001Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
    ],
)
def test_a_moment_is_written_in_utc(moment, text):
    """RFC 3339 with Z, whatever zone the value has; what is finer than a millisecond is cut."""
    assert _moment_out(moment) == text


def test_what_is_no_moment_is_refused():
    """A value of another type in a field of moments is a fault of ours, and no text of it."""
    with pytest.raises(GraphQLError, match="cannot represent"):
        _moment_out("2026-04-01")
