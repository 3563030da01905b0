"""Reads `network.toml`: the names and places that the timetables are made from."""

import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from hub.model.common import Name
from sandbox.timetable.records import Agency, Stop

FILE = Path(__file__).parent.parent / "network.toml"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Named(_Table):
    id: str
    zh: str
    en: str

    @property
    def name(self) -> Name:
        """In both languages."""
        return Name(self.zh, self.en)


class AgencyEntry(_Named):
    """An agency."""

    def agency(self) -> Agency:
        """As the timetable wants it."""
        return Agency(self.id, self.name)


class Place(_Named):
    """A station or stop. With `platforms` it is a station with one platform per direction."""

    lat: float
    lon: float
    platforms: bool = False

    def stop(self) -> Stop:
        """As a plain stop."""
        return Stop(self.id, self.name, self.lat, self.lon)

    def station(self, platforms: dict[str, str]) -> list[Stop]:
        """As a station with these platforms: stop id -> platform code."""
        parent = Stop(self.id, self.name, self.lat, self.lon, is_station=True)
        children = [
            Stop(stop_id, self.name, self.lat, self.lon, parent=self.id, platform_code=code)
            for stop_id, code in platforms.items()
        ]
        return [parent, *children]


class Corridor(_Named):
    """A railway corridor outward from Shanghai; `minutes` of its fastest train."""

    colour: str
    share: float
    classes: dict[str, float]
    stations: tuple[str, ...]
    minutes: tuple[int, ...]
    terminals: tuple[str, ...]


class TrainClass(_Table):
    """A class of trains (G, D, K ...)."""

    factor: float
    route_type: int
    numbers: tuple[int, int]


class RailwayNetwork(_Table):
    """`[railway]`."""

    agency: AgencyEntry
    station: Place
    platforms: int
    stations: tuple[Place, ...]
    corridors: tuple[Corridor, ...]
    classes: dict[str, TrainClass]


class Words(_Table):
    """A text in both languages."""

    zh: str
    en: str

    @property
    def name(self) -> Name:
        """As the model has it."""
        return Name(self.zh, self.en)


class MetroLine(_Named):
    """A metro line; `seconds` from its first station in the direction "up"."""

    code: str
    colour: str
    focus: str
    stations: tuple[str, ...]
    seconds: tuple[int, ...]
    up: Words
    down: Words


class MetroNetwork(_Table):
    """`[metro]`."""

    agency: AgencyEntry
    stations: tuple[Place, ...]
    lines: tuple[MetroLine, ...]


class CoachCall(Place):
    """A coach stop, `minutes` from the terminal."""

    minutes: int


class CoachLine(_Named):
    """A coach line outward from the terminal."""

    share: float
    calls: tuple[CoachCall, ...]


class CoachNetwork(_Table):
    """`[coach]`."""

    agency: AgencyEntry
    station: Place
    gates: int
    lines: tuple[CoachLine, ...]


class Network(_Table):
    """The whole file."""

    railway: RailwayNetwork
    metro: MetroNetwork
    coach: CoachNetwork


@cache
def network() -> Network:
    """The network, read once."""
    return Network.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))
