"""Moments go out in UTC, to the second or the millisecond; what comes in is RFC 3339."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from bson.tz_util import utc
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from schema.scalars import _day_in, _day_out, _moment_in, _moment_out

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


ZONES = st.sampled_from([UTC, utc, CHINA, timezone(timedelta(hours=-3, minutes=-30))])


@given(st.datetimes(timezones=ZONES).filter(lambda moment: 1 < moment.year < 9999))
def test_any_moment_is_written_as_python_writes_it(moment):
    """What is written fast is what isoformat says in UTC, milliseconds only where there are any."""
    finest = "milliseconds" if moment.microsecond else "seconds"
    expected = moment.astimezone(UTC).isoformat(timespec=finest).replace("+00:00", "Z")
    assert _moment_out(moment) == expected


def test_what_is_no_moment_is_refused():
    """A value of another type in a field of moments is a fault of ours, and no text of it."""
    with pytest.raises(GraphQLError, match="cannot represent"):
        _moment_out("2026-04-01")


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-01T12:00:05Z",
        "2026-04-01t12:00:05z",
        "2026-04-01 20:00:05+08:00",
        "2026-04-01T09:00:05.000-03:00",
    ],
)
def test_a_moment_is_read_as_rfc_3339(text):
    """With T, t or a space, Z or an offset, fractions or none."""
    assert _moment_in(text) == datetime(2026, 4, 1, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-01",
        "2026-04-01T12:00:05",
        "2026-04-01T12:00Z",
        "20260401T120005Z",
        "2026-W14-3T12:00:05Z",
        "2026-04-01T12:00:05,5Z",
        "2026-04-01T12:00:05+0800",
        "2026-04-01T12:00:05+08:00:30",
        "2026-04-01T12:00:05+24:00",
        "2026-04-31T12:00:05Z",
        "2026-04-01T12:00:05Z\n",
        "２０２６-04-01T12:00:05Z",
        "",
        1775044805,
        None,
    ],
)
def test_another_way_of_writing_a_moment_is_refused(text):
    """Weeks, days without dashes, no seconds, no offset: a spec that is named is kept."""
    with pytest.raises(GraphQLError, match="RFC 3339"):
        _moment_in(text)


def test_a_day_is_read_and_written_as_a_full_date():
    """YYYY-MM-DD both ways."""
    assert _day_in("2026-04-01") == date(2026, 4, 1)
    assert _day_out(date(2026, 4, 1)) == "2026-04-01"


@pytest.mark.parametrize(
    "text",
    ["20260401", "2026-W14-3", "2026-4-1", "2026-04-31", "2026-04-01T00:00:00Z", "", 20260401],
)
def test_another_way_of_writing_a_day_is_refused(text):
    """What `fromisoformat` reads beside it, too."""
    with pytest.raises(GraphQLError, match="YYYY-MM-DD"):
        _day_in(text)
