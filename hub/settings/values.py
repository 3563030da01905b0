"""What values a configuration may have: durations, names, addresses; and what a table is."""

import re
from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

LONGEST = timedelta(days=3660)
"""No duration is longer: later times than the calendar has would follow from it."""
DURATION = 'expected seconds, more than 0 and up to ten years, or ISO 8601 such as "PT90S"'
LONGEST_NAME = 63
"""Bytes of a database's name."""
MONGODBS_OWN = ("admin", "config", "local")
"""Databases in which there are no transactions."""
DATABASE_NAME = (
    "expected the name of a database: 1 to 63 bytes, no blank "
    f"and none of / \\ . \" $, and not {', '.join(MONGODBS_OWN)}, which are MongoDB's own"
)


def _timezone(value: object) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError) as error:
        message = "expected an IANA time zone such as Asia/Shanghai"
        raise ValueError(message) from error


def _seconds(value: object) -> object:
    if not isinstance(value, int | float):
        return value
    try:
        return timedelta(0) if isinstance(value, bool) else timedelta(seconds=value)
    except (OverflowError, ValueError) as error:  # infinite or without end; no number (nan)
        raise ValueError(DURATION) from error


def _lasting(value: timedelta) -> timedelta:
    if not timedelta(0) < value <= LONGEST:
        raise ValueError(DURATION)
    return value


def database_name(value: str) -> str:
    """The name itself. Raises ValueError if it can be none, or the database is MongoDB's own."""
    named = value and not set(value) & set('/\\."$\0 ') and len(value.encode()) <= LONGEST_NAME
    if not named or value in MONGODBS_OWN:
        raise ValueError(DATABASE_NAME)
    return value


def _readable(value: str) -> str:
    if urlsplit(value).scheme not in {"http", "https", "file"}:
        message = "expected an http, https or file URL"
        raise ValueError(message)
    return value


def _network(value: str) -> str:
    try:
        ip_network(value)
    except ValueError as error:
        message = "expected an address or a network such as 10.1.2.3 or 10.1.2.0/24"
        raise ValueError(message) from error
    return value


def _matching(pattern: str, expected: str) -> AfterValidator:
    """Text that is wholly of this pattern; of another it is said what is expected, in words."""

    def check(value: str) -> str:
        if re.fullmatch(pattern, value) is None:
            message = f"expected {expected}"
            raise ValueError(message)
        return value

    return AfterValidator(check)


Slug = Annotated[
    str,
    _matching(r"[a-z0-9][a-z0-9-]{0,40}", "1 to 41 lower-case letters, digits and hyphens"),
]
Network = Annotated[str, AfterValidator(_network)]
Readable = Annotated[str, AfterValidator(_readable)]
Reachable = Annotated[
    str,
    _matching(
        r"https?://[^/?#]+(/[^?#]*)?", "http(s)://HOST, a path may follow, and neither ? nor #"
    ),
]
Contact = Annotated[
    str,
    _matching(r"mailto:\S+@\S+|https://\S+", "mailto:NAME@HOST or https://..., without a blank"),
]
Zone = Annotated[ZoneInfo, BeforeValidator(_timezone)]
Seconds = Annotated[timedelta, BeforeValidator(_seconds), AfterValidator(_lasting)]
"""A duration: a number of seconds, or ISO 8601 ("PT90S"); more than 0."""
Database = Annotated[str, AfterValidator(database_name)]
"""MongoDB's rules for the name of a database, as they are on every system but Windows."""

Origin = Annotated[
    str,
    _matching(
        r"https?://[a-z0-9.\[\]:-]+",
        "an origin, http(s)://HOST or http(s)://HOST:PORT in small letters: "
        "no path, and no slash at its end",
    ),
]
"""A page's origin as browsers send it (RFC 6454): scheme, host and port, in small letters."""


class Section(BaseModel):
    """A table of the file: what it does not know is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
