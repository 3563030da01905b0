"""Whether a call is on time: one rule for every source, and for what is shown of it. Pure."""

from collections.abc import Callable
from typing import Literal

from hub.model.journeys import NOT_SERVED, CallStatus, Progress, Punctuality

End = Literal["arrival", "departure"]

PUNCTUAL_S = 60
"""Seconds from the aimed time within which a call is on time."""
# tuples: a member of an enum is found in a set by a hash that is Python
_FOLLOWS = (CallStatus.SCHEDULED, CallStatus.ON_TIME)
_OFF = (CallStatus.EARLY, CallStatus.DELAYED)
_BEEN = (CallStatus.ARRIVED, CallStatus.DEPARTED)
_DONE = {"arrival": _BEEN, "departure": (CallStatus.DEPARTED,)}


def judged(late: Callable[[End], int | None], *, boards: bool) -> int | None:
    """The lateness of a call in seconds, of that of its two ends, `late`, where known.

    The departure speaks for it where passengers board; where nobody does, the arrival: a vehicle
    that ends there may stand for long before it leaves. The other end does where that is unknown.
    """
    known = late("departure" if boards else "arrival")
    return late("arrival" if boards else "departure") if known is None else known


def by_lateness(late_s: float) -> CallStatus:
    """The state of a call still ahead that is so late; negative when early."""
    if abs(late_s) < PUNCTUAL_S:
        return CallStatus.ON_TIME
    return CallStatus.DELAYED if late_s > 0 else CallStatus.EARLY


def shown(status: CallStatus, late_s: int | None) -> tuple[CallStatus, int | None]:
    """The state and the lateness of a call as they are shown side by side: never in contradiction.

    What a source says was said against the timetable it knew; another may have come since. Then the
    times decide, but never that all is well where the source says it is not: `late_s` is None then.
    """
    if late_s is None or status in _BEEN:
        return status, late_s
    if status in _FOLLOWS or (status in _OFF and abs(late_s) >= PUNCTUAL_S):
        return by_lateness(late_s), late_s
    agrees = late_s > 0 if status is CallStatus.DELAYED else late_s < 0
    return status, late_s if status in _OFF and agrees else None


def punctual(status: CallStatus, late_s: int | None) -> Punctuality | None:
    """How one end of a call keeps its time, of the call's state and that end's lateness.

    By the same rule as the call itself (`shown`), so that the two never contradict each other.
    NO_DATA where there is nothing but a timetable; None where the call is not served.
    """
    if status in NOT_SERVED:
        return None
    if status in _BEEN or status is CallStatus.SCHEDULED:
        return Punctuality.NO_DATA if late_s is None else Punctuality(by_lateness(late_s))
    return Punctuality(shown(status, late_s)[0])


def progress(status: CallStatus, end: End, *, recorded: bool, observed: bool) -> Progress:
    """Whether one end of a call has happened.

    `recorded`: its time was, or that of the departure: what has left has arrived. `observed`:
    somebody tells of the call, beside the timetable.
    """
    if status in NOT_SERVED:
        return Progress(status)
    if status in _DONE[end] or recorded:
        return Progress.DONE
    told = observed and status not in {CallStatus.NO_DATA, CallStatus.UNKNOWN}
    return Progress.NOT_YET if told else Progress.UNKNOWN
