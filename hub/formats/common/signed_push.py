"""Signed HTTP pushes: HMAC-SHA256 over a timestamp and the body, in two headers.

The profile is our own. `X-Liandong-Timestamp` holds whole seconds since 1970 (UTC);
`X-Liandong-Signature` holds `v1=` and the hexadecimal HMAC-SHA256, keyed with the feed's secret, of
the timestamp as written, a full stop, and the body byte for byte. The timestamp bounds for how long
a request that somebody recorded can be sent again.
"""

import hmac
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from hub.model.moments import said

TIMESTAMP_HEADER = "X-Liandong-Timestamp"
SIGNATURE_HEADER = "X-Liandong-Signature"

_SCHEME = "v1="
_SECONDS = re.compile(r"\d{1,11}", re.ASCII)


class BadSignature(Exception):
    """A request that is not proven to come from the holder of the secret; the message says why."""


def sign(secret: bytes, at: datetime, body: bytes) -> dict[str, str]:
    """The two headers of a push made at a moment."""
    timestamp = str(int(at.timestamp()))
    return {
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: _SCHEME + _digest(secret, timestamp, body),
    }


def verify(
    secret: bytes,
    headers: dict[str, str],
    body: bytes,
    *,
    at: datetime,
    window: timedelta,
    zone: ZoneInfo,
) -> datetime:
    """When the request was signed. `headers` are by lower-case name, `at` is its arrival.

    Raises BadSignature when a header is missing or malformed, the signature is wrong, or it was
    made longer than `window` before or after `at`. The signature is looked at first, so that a
    stranger learns nothing about the hub's clock. What it says is in times of `zone`.
    """
    timestamp = headers.get(TIMESTAMP_HEADER.lower(), "").strip()
    given = headers.get(SIGNATURE_HEADER.lower(), "").strip()
    if not _SECONDS.fullmatch(timestamp):
        raise BadSignature(f"{TIMESTAMP_HEADER} is no number of seconds since 1970")
    if not given.startswith(_SCHEME):
        raise BadSignature(f"{SIGNATURE_HEADER} does not begin with {_SCHEME}")
    wanted = _SCHEME + _digest(secret, timestamp, body)
    if not hmac.compare_digest(wanted.encode(), given.lower().encode()):
        raise BadSignature("the signature is not that of the timestamp and the body")
    signed_at = datetime.fromtimestamp(int(timestamp), UTC)
    if abs(at - signed_at) > window:
        raise BadSignature(f"signed {said(signed_at, zone)}, received {said(at, zone)}")
    return signed_at


def _digest(secret: bytes, timestamp: str, body: bytes) -> str:
    return hmac.new(secret, timestamp.encode() + b"." + body, sha256).hexdigest()
