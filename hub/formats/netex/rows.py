"""The rows of a NeTEx PublicationDelivery that the hub reads, as they stand in the files.

References are native ids, not yet resolved: files of one zip refer to each other in any order.
Source: CEN/TS 16614-1 (network) and -2 (timetables), EPIP (-4), Nordic NeTEx profile.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from hub.model.common import Accessibility, Mode, Name, Position
from hub.model.network import StopPlaceKind


class Versioned(Protocol):
    """An entity that files may list in several versions (`current`: valid on the day it is read).

    `document` is the file it stands in.
    """

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def document(self) -> str: ...  # noqa: D102
    @property
    def version(self) -> int: ...  # noqa: D102
    @property
    def current(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class QuayRow:
    """A Quay of a StopPlace."""

    id: str
    name: Name | None
    public_code: str | None
    position: Position | None
    wheelchair: Accessibility | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseQuayRow:
    """A Quay that stands beside its StopPlace; `parents` are the ids it says it belongs to."""

    quay: QuayRow
    version: int
    current: bool
    parents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRow:
    """A StopPlace with its Quays. `parent` is its ParentSiteRef; `kind` None is no or other.

    `quay_refs` are Quays of it that stand elsewhere.
    """

    id: str
    document: str
    version: int
    current: bool
    name: Name | None
    parent: str | None
    position: Position | None
    modes: tuple[Mode, ...]
    kind: StopPlaceKind | None
    wheelchair: Accessibility | None
    quays: tuple[QuayRow, ...]
    quay_refs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """A Line or FlexibleLine."""

    id: str
    document: str
    version: int
    current: bool
    name: Name | None
    public_code: str | None
    mode: Mode | None
    submode: str | None
    operator: str | None
    colour: str | None
    text_colour: str | None


class PointRow(NamedTuple):
    """A StopPointInJourneyPattern."""

    id: str
    order: int
    stop_point: str
    display: str | None
    boarding: bool
    alighting: bool


@dataclass(frozen=True, slots=True)
class PatternRow:
    """A JourneyPattern or ServiceJourneyPattern; the line is its own or its Route's."""

    line: str | None
    route: str | None
    display: str | None
    points: tuple[PointRow, ...]


class PassRow(NamedTuple):
    """A TimetabledPassingTime, or a Call, which names its stop itself (`stop_point`).

    Seconds of the service day, with the day offset; None where no time is given.
    """

    point: str | None
    stop_point: str | None
    order: int
    arrival_s: int | None
    departure_s: int | None
    boarding: bool
    alighting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyRow:
    """A ServiceJourney. `number` is its PublicCode, `train_number` refers to a TrainNumber.

    `conditions` are AvailabilityConditions; `cancelled` says that the journey itself is marked so.
    """

    id: str
    document: str
    version: int
    current: bool
    number: str | None
    train_number: str | None
    private_code: str | None
    mode: Mode | None
    line: str | None
    route: str | None
    pattern: str | None
    display: str | None
    headsign: Name | None
    day_types: tuple[str, ...]
    conditions: tuple[str, ...]
    times: tuple[PassRow, ...]
    cancelled: bool


@dataclass(frozen=True, slots=True)
class DatedRow:
    """A DatedServiceJourney: a ServiceJourney on an OperatingDay. `replaces` are others' ids."""

    id: str
    journey: str | None
    day: str | None
    alteration: str | None
    replaces: tuple[str, ...]
