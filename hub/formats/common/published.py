"""A published timetable of any standard, read: what every format's `load` gives."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from hub.errors import Reason
from hub.formats.common.fields import Problem
from hub.formats.common.xsd import date_time
from hub.model.network import Line, Quay, StopPlace
from hub.model.timetable import Timetable

Network = tuple[StopPlace | Quay | Line, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """A timetable with its stop places, quays and lines, and what was refused on the way.

    `entities` counts what the files list; what counts is the standard's to say. `told_at` is the
    newest time that a file gives itself.
    """

    timetable: Timetable
    network: Network
    entities: int
    rejects: list[Problem]
    notes: list[Problem]
    told_at: datetime | None = None


def newest(told: Iterable[str | None], zone: tzinfo) -> datetime | None:
    """The newest of the times that files give themselves, those without a zone in `zone`."""
    return max(filter(None, (date_time(one or "", zone) for one in told)), default=None)


class RefusedJourney(Exception):
    """A journey that cannot be used, and why; caught where journeys are read one by one."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
