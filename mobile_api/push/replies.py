"""What every push service's answers have in common."""

from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

from hub import clock


def retry_after(response: Any) -> float | None:  # noqa: ANN401  # httpx's, which firebase has too
    """Seconds from Retry-After (RFC 9110, 10.2.3): a number, or a date."""
    value = response.headers.get("retry-after") if response is not None else None
    if value is None:
        return None
    with suppress(ValueError):
        return max(0.0, float(value))
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(value) - clock.now()).total_seconds())
    return None


def line(error: BaseException) -> str:
    """The first line of an error, short enough for a ledger."""
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
