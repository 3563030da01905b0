"""The station area as configured: interchange, member units, taxi ranks. Parsed here, not read.

The tables of an area file are described here, and docs/configuration.md is generated from them.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

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
    """One interchange (综合客运枢纽) with its units and ranks. `stop_places` are scoped ids.

    `map` is its drawing, a GeoJSON FeatureCollection (RFC 7946), for screens alone.
    """

    id: str
    name: Name
    centre: Position
    timezone: str
    illustrative: bool
    stop_places: tuple[str, ...]
    units: tuple[UnitSeed, ...]
    ranks: tuple[TaxiRank, ...]
    map: Mapping[str, Any] | None = field(default=None, compare=False)

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone: that of the times people read."""
        return ZoneInfo(self.timezone)


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        message = "expected an IANA time zone such as Asia/Shanghai"
        raise ValueError(message) from error
    return value


def _scoped(value: str) -> str:
    dataset, _, native = value.partition(":")
    if not dataset or not native:
        message = "expected dataset:id, such as railway:SHH"
        raise ValueError(message)
    return value


Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Spot = tuple[Latitude, Longitude]
"""[latitude, longitude], WGS-84 degrees."""
Corners = Annotated[tuple[Spot, ...], Field(min_length=3)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Named(_Table):
    """Something with a name in Chinese, in English, or both."""

    name_zh: str | None = Field(default=None, description="name in Chinese")
    name_en: str | None = Field(
        default=None, validate_default=True, description="name in English; one of both is needed"
    )

    @field_validator("name_en")
    @classmethod
    def _is_one_of_both(cls, value: str | None, info: ValidationInfo) -> str | None:
        # of a field, not of the table, so that it is said beside the table's other faults
        if not value and "name_zh" in info.data and not info.data["name_zh"]:
            message = "expected name_zh, name_en or both"
            raise ValueError(message)
        return value

    @property
    def name(self) -> Name:
        """Both names."""
        return Name(zh=self.name_zh, en=self.name_en)


class InterchangeTable(_Named):
    """The interchange (综合客运枢纽)."""

    id: str = Field(min_length=1, description="id of the interchange")
    centre: Spot = Field(description="[latitude, longitude] of its centre, WGS-84")
    timezone: Annotated[str, AfterValidator(_zone)] = Field(description="its IANA time zone")
    illustrative: bool = Field(
        default=False, description="positions are plausible, not surveyed: every screen says so"
    )
    stop_places: tuple[Annotated[str, AfterValidator(_scoped)], ...] = Field(
        default=(),
        description="its stop places (站点) as dataset:id, in the order they are shown; what calls "
        "at none of them is not kept. `liandong doctor` lists the ids that the feeds bring",
    )


class UnitTable(_Named):
    """One member unit (成员单位)."""

    code: str = Field(min_length=1, description="its short code: accounts and orders name it")
    kind: UnitKind = Field(description="what sort of unit it is")
    note: str | None = Field(default=None, description="remark")


class RankTable(_Named):
    """One taxi rank (出租车候客点)."""

    id: str = Field(min_length=1, description="id of the rank, such as rank:north")
    position: Spot = Field(description="[latitude, longitude] it is shown at")
    rank_area: Corners = Field(description="corners of where taxis load, three or more")
    holding_area: Corners = Field(description="corners of where they queue (蓄车场)")
    rank_capacity: int = Field(ge=0, description="taxis that can load at once")
    holding_capacity: int = Field(ge=0, description="taxis that can queue")


class AreaFile(_Table):
    """An area file, whole."""

    interchange: InterchangeTable = Field(description="the interchange")
    units: tuple[UnitTable, ...] = Field(default=(), description="the member units")
    taxi_ranks: tuple[RankTable, ...] = Field(default=(), description="the taxi ranks")


def parse_area(text: str) -> Area:
    """An Area from the text of an area file (TOML).

    Raises tomllib.TOMLDecodeError and pydantic.ValidationError, both ValueErrors; `area_of` turns
    them into words.
    """
    data = AreaFile.model_validate(tomllib.loads(text))
    about = data.interchange
    return Area(
        id=about.id,
        name=about.name,
        centre=Position(*about.centre),
        timezone=about.timezone,
        illustrative=about.illustrative,
        stop_places=about.stop_places,
        units=tuple(UnitSeed(one.code, one.name, one.kind, one.note) for one in data.units),
        ranks=tuple(_rank(one) for one in data.taxi_ranks),
    )


class _Drawn(BaseModel):
    """What a screen needs of a feature to draw and to name it."""

    kind: str = Field(min_length=1)
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class _Shape(BaseModel):
    type: Literal["Point", "LineString", "Polygon"]
    coordinates: list[Any] = Field(min_length=1)


class _Feature(BaseModel):
    type: Literal["Feature"]
    properties: _Drawn
    geometry: _Shape


class _Map(BaseModel):
    type: Literal["FeatureCollection"]
    features: list[_Feature]


def parse_map(text: str) -> Mapping[str, Any]:
    """The drawing of an area: a FeatureCollection whose features have `kind`, `zh` and `en`.

    Points, lines and polygons only. Raises ValueError: json.JSONDecodeError, pydantic's.
    """
    drawn = json.loads(text)
    _Map.model_validate(drawn)
    found: Mapping[str, Any] = drawn
    return found


def _rank(table: RankTable) -> TaxiRank:
    return TaxiRank(
        id=table.id,
        name=table.name,
        position=Position(*table.position),
        rank_area=Polygon(tuple(Position(*corner) for corner in table.rank_area)),
        holding_area=Polygon(tuple(Position(*corner) for corner in table.holding_area)),
        rank_capacity=table.rank_capacity,
        holding_capacity=table.holding_capacity,
    )
