"""The static network: stop places, quays, lines (Transmodel fixed objects)."""

from dataclasses import dataclass
from enum import StrEnum

from hub.model.common import Accessibility, Mode, Name, Position


class StopPlaceKind(StrEnum):
    """What sort of place it is (NeTEx StopPlaceType, the ones this area has)."""

    RAIL_STATION = "RAIL_STATION"
    METRO_STATION = "METRO_STATION"
    COACH_STATION = "COACH_STATION"
    TAXI_RANK = "TAXI_RANK"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPlace:
    """A station or stop (站点); passengers board at its quays. `id` is scoped by dataset."""

    id: str
    dataset: str
    native_id: str
    name: Name
    position: Position | None = None
    kind: StopPlaceKind = StopPlaceKind.OTHER
    modes: tuple[Mode, ...] = ()
    wheelchair: Accessibility | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quay:
    """A platform or gate of a stop place (站台)."""

    id: str
    dataset: str
    native_id: str
    stop_place_id: str
    name: Name
    public_code: str | None = None
    position: Position | None = None
    wheelchair: Accessibility | None = None


@dataclass(frozen=True, slots=True)
class LineGeometry:
    """The way a line takes in one direction: how many points, and Google's encoded polyline."""

    direction: int | None
    length: int
    points: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line (线路). `route_type` keeps the source's GTFS (extended) route type.

    `submode` is a word of NeTEx's submodes; `text_colour` is what its signs are written in;
    `stop_places` are the scoped ids of where its journeys call.
    """

    id: str
    dataset: str
    native_id: str
    public_code: str
    name: Name
    mode: Mode
    route_type: int | None = None
    colour: str | None = None
    text_colour: str | None = None
    operator: Name | None = None
    submode: str | None = None
    geometry: tuple[LineGeometry, ...] = ()
    stop_places: tuple[str, ...] = ()
