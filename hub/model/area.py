"""The station area as configured: interchange, member units, taxi ranks. Parsed here, not read."""

import tomllib
from dataclasses import dataclass
from typing import Any

from hub.model.common import Name, Position
from hub.model.operations import UnitKind
from hub.model.vehicles import Polygon, TaxiRank


@dataclass(frozen=True, slots=True)
class UnitSeed:
    """A member unit as the area file lists it."""

    code: str
    name: Name
    kind: UnitKind
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """One interchange (综合客运枢纽) with its units and ranks. `stop_places` are scoped ids."""

    id: str
    name: Name
    centre: Position
    timezone: str
    illustrative: bool
    stop_places: tuple[str, ...]
    units: tuple[UnitSeed, ...]
    ranks: tuple[TaxiRank, ...]


def parse_area(text: str) -> Area:
    """An Area from the text of an area file (TOML).

    Raises KeyError, ValueError or tomllib.TOMLDecodeError; the settings turn them into one line.
    """
    data = tomllib.loads(text)
    about = data["interchange"]
    return Area(
        id=about["id"],
        name=_name(about),
        centre=_position(about["centre"]),
        timezone=about["timezone"],
        illustrative=bool(about.get("illustrative", False)),
        stop_places=tuple(about.get("stop_places", ())),
        units=tuple(
            UnitSeed(unit["code"], _name(unit), UnitKind(unit["kind"]), unit.get("note"))
            for unit in data.get("units", ())
        ),
        ranks=tuple(_rank(rank) for rank in data.get("taxi_ranks", ())),
    )


def _name(table: dict[str, Any]) -> Name:
    return Name(zh=table.get("name_zh"), en=table.get("name_en"))


def _position(pair: list[float]) -> Position:
    lat, lon = pair
    return Position(float(lat), float(lon))


def _rank(table: dict[str, Any]) -> TaxiRank:
    return TaxiRank(
        id=table["id"],
        name=_name(table),
        position=_position(table["position"]),
        rank_area=Polygon(tuple(_position(corner) for corner in table["rank_area"])),
        holding_area=Polygon(tuple(_position(corner) for corner in table["holding_area"])),
        rank_capacity=int(table["rank_capacity"]),
        holding_capacity=int(table["holding_capacity"]),
    )
