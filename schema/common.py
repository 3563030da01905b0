"""Small types that many others use."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import strawberry

from hub.store.feeds.freshness import Freshness as Known
from schema import enums
from schema.policy import SIGNED_IN
from schema.projection import Entity, Row, entity, stored

if TYPE_CHECKING:
    from schema.context import SchemaContext

Report = TypeVar("Report", bound=Entity)
_UNKNOWN = enums.FreshnessState.UNKNOWN
TRUST = ("observed_at", "source", "feed", "realtime")
"""What freshness is computed from: every field whose value depends on it needs these."""


@entity(policy=SIGNED_IN, shareable=True)
class Position(Entity):
    """A place on the map (位置), WGS-84 degrees."""

    lat: float = stored("lat", "Latitude", zh="纬度")
    lon: float = stored("lon", "Longitude", zh="经度")


@strawberry.input(description="A place on the map (位置), WGS-84 degrees.")
class PositionInput:
    """Latitude and longitude."""

    lat: float = strawberry.field(description="Latitude (纬度).")
    lon: float = strawberry.field(description="Longitude (经度).")


def position(location: Any) -> Position | None:  # noqa: ANN401  # GeoJSON as it is stored
    """A GeoJSON Point as a Position; None stays None."""
    if not location:
        return None
    lon, lat = location["coordinates"]
    return Position({"lat": lat, "lon": lon})


@entity(policy=SIGNED_IN)
class Freshness(Entity):
    """How far a value can be trusted, and where it is from (时效)."""

    as_of: datetime | None = stored("as_of", "The source's own time of the value", zh="数据时间")
    source: str | None = stored("source", "Code of the feed it came by", zh="来源")
    state: enums.FreshnessState = stored("state", "What its age makes of it", zh="时效")


def freshness(known: Known) -> Freshness:
    """The schema's object for a computed freshness."""
    return Freshness({"as_of": known.as_of, "source": known.source, "state": known.state})


def trusted(entity_: Entity, context: "SchemaContext") -> bool:
    """False when the source has been silent too long: its values then read as unknown."""
    return context.freshness(entity_.doc).state is not _UNKNOWN


def reports(
    wrap: Callable[[Row], Report], others: Iterable[Row] | None, age: Callable[[Row], Known]
) -> list[Report]:
    """What other sources say of the same, those fallen silent left out; `age` tells how old."""
    return [wrap(one) for one in others or () if age(one).state is not _UNKNOWN]
