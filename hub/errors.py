"""The error tree, by what the caller can do: retry, skip the payload, stop the feed, tell the user.

Every message says what is wrong; `hint` says what to do about it. The command line prints both on
one line, the APIs send them in their own error format; nobody shows a traceback for these.
"""

from enum import StrEnum


class LiandongError(Exception):
    """Base of every expected failure."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class StartError(LiandongError):
    """The process cannot start as configured: bad key, port in use, database unreachable."""


class RetryLater(LiandongError):
    """The same call may succeed later: network, lock, election, rate limit.

    `after` is the wait in seconds that the other side asked for, if it did.
    """

    def __init__(
        self, message: str, *, hint: str | None = None, after: float | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.after = after


class DatabaseAway(RetryLater):
    """No primary answers: an election, a lost connection, a database that is down.

    `detail` is the driver's word for it: for logs and the server's own shell, never for a caller.
    """

    def __init__(self, detail: str = "no answer") -> None:
        super().__init__(f"The database cannot be written now: {detail}.")


class Reason(StrEnum):
    """Why a payload, a record or a part of one was refused. Codes are stable and public."""

    NOT_DECODABLE = "NOT_DECODABLE"
    UNSUPPORTED_VERSION = "UNSUPPORTED_VERSION"
    UNSUPPORTED_MESSAGE = "UNSUPPORTED_MESSAGE"
    TOO_LARGE = "TOO_LARGE"
    DTD_FORBIDDEN = "DTD_FORBIDDEN"
    BAD_CHECKSUM = "BAD_CHECKSUM"
    BAD_LENGTH = "BAD_LENGTH"
    BAD_ESCAPE = "BAD_ESCAPE"
    MISSING_FIELD = "MISSING_FIELD"
    BAD_VALUE = "BAD_VALUE"
    UNKNOWN_STOP = "UNKNOWN_STOP"
    UNKNOWN_TRIP = "UNKNOWN_TRIP"
    UNKNOWN_ROUTE = "UNKNOWN_ROUTE"
    UNKNOWN_SERVICE = "UNKNOWN_SERVICE"
    AMBIGUOUS_MATCH = "AMBIGUOUS_MATCH"
    OUTSIDE_PERIOD = "OUTSIDE_PERIOD"
    POSITION_OUT_OF_RANGE = "POSITION_OUT_OF_RANGE"
    POSITION_NOT_FIXED = "POSITION_NOT_FIXED"
    TIMESTAMP_IN_FUTURE = "TIMESTAMP_IN_FUTURE"
    TIMESTAMP_EPOCH = "TIMESTAMP_EPOCH"
    TIMESTAMP_MISSING = "TIMESTAMP_MISSING"
    TIME_ORDER = "TIME_ORDER"
    NEGATIVE_DWELL = "NEGATIVE_DWELL"
    DUPLICATE = "DUPLICATE"
    OLDER_THAN_KNOWN = "OLDER_THAN_KNOWN"
    EMPTY_ENTITY = "EMPTY_ENTITY"
    NOT_AUTHENTICATED = "NOT_AUTHENTICATED"
    SOURCE_ERROR = "SOURCE_ERROR"


def reasons(codes: str) -> frozenset[Reason]:
    """Reasons by their codes, with blanks between. Raises ValueError for one that is none."""
    return frozenset(map(Reason, codes.split()))


class PayloadError(LiandongError):
    """A payload cannot be used: it is quarantined and counted, the last good state is kept."""

    def __init__(self, reason: Reason, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class FeedStopped(LiandongError):
    """A feed cannot go on without a change by a person: refused credential, wrong configuration."""


class UserFault(LiandongError):
    """What the caller asked for cannot be done. `code` is stable, `path` names the argument."""

    def __init__(
        self, code: str, message: str, *, path: tuple[str, ...] = (), hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.path = path


class AccessDenied(UserFault):
    """The caller may not do this, or is not signed in (`code` UNAUTHENTICATED or FORBIDDEN)."""


class NotFound(UserFault):
    """Absent, or not visible to the caller: the two are not told apart."""

    def __init__(self, what: str, identifier: str, *, path: tuple[str, ...] = ()) -> None:
        super().__init__("NOT_FOUND", f"未找到 / {what} {identifier!r} was not found.", path=path)
