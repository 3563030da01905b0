"""Telling a fault of the database that passes by itself from one that does not.

Repositories let the driver's errors through; what serves requests asks here, since nothing outside
hub.store may know the driver.
"""

from pymongo.errors import (
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    WTimeoutError,
)

from hub.errors import DatabaseAway, RetryLater
from hub.store.driver import unreachable

__all__ = ["DuplicateKeyError", "passing"]


def passing(error: BaseException) -> DatabaseAway | None:
    """What to answer with when `error` is an election, a lost connection or a timeout."""
    if isinstance(error, ConnectionFailure | ExecutionTimeout | WTimeoutError):
        return unreachable(error)
    return None


def passes(error: BaseException) -> bool:
    """Whether the same may succeed later, by what the driver or the store says."""
    return isinstance(error, RetryLater) or passing(error) is not None
