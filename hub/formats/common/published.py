"""A published timetable of any standard, read: what every format's `load` gives."""

from dataclasses import dataclass

from hub.errors import Reason
from hub.formats.common.fields import Problem
from hub.model.network import Line, Quay, StopPlace
from hub.model.timetable import Timetable

Network = tuple[StopPlace | Quay | Line, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """A timetable with its stop places, quays and lines, and what was refused on the way.

    `entities` counts what the files list; what counts is the standard's to say.
    """

    timetable: Timetable
    network: Network
    entities: int
    rejects: list[Problem]
    notes: list[Problem]


class RefusedJourney(Exception):
    """A journey that cannot be used, and why; caught where journeys are read one by one."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
