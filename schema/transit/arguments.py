"""Arguments that the transit queries and subscriptions share."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import strawberry

from hub.errors import UserFault
from schema import enums

Circle = tuple[float, float, float]
RADIUS_MOST = 50_000.0
RADIUS_DEFAULT = 1_000
MAX_AGE_DEFAULT = 600
MAX_AGE_MOST = 86_400
VEHICLES_MOST = 2_000
PLACES_MOST = 2_000


@strawberry.input(description="A circle on the map (圆形范围), WGS-84.")
class CircleInput:
    """Centre and radius."""

    lat: float = strawberry.field(description="Latitude of the centre (纬度).")
    lon: float = strawberry.field(description="Longitude of the centre (经度).")
    radius_metres: float = strawberry.field(description="Metres, at most 50,000 (半径).")


NAME_MOST = 100
StopPlaceId = Annotated[
    strawberry.ID,
    strawberry.argument(
        description='A stop place\'s id, or its scoped id like "railway:SHH" (站点).'
    ),
]
AnyStopPlaceId = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="A stop place's id, or its scoped id; null: all (站点).",
    ),
]
Modes = Annotated[
    list[enums.Mode] | None,
    strawberry.argument(description="Only these modes; null: all (运输方式)."),
]
From = Annotated[
    datetime | None,
    strawberry.argument(name="from", description="Null: two minutes ago (开始)."),
]
Until = Annotated[
    datetime | None,
    strawberry.argument(description="Null: two hours from now, or after `from` (结束)."),
]
First = Annotated[int, strawberry.argument(description="How many, at most 200 (条数).")]
After = Annotated[
    str | None, strawberry.argument(description="The cursor of the row before the page (游标).")
]
Resume = Annotated[
    str | None,
    strawberry.argument(description="The cursor of the last event seen, to resume after (游标)."),
]
Within = Annotated[
    CircleInput | None, strawberry.argument(description="Only inside this circle (范围).")
]
MaxAge = Annotated[
    int, strawberry.argument(description="Only heard of in the last so many seconds (时限).")
]


LineId = Annotated[
    strawberry.ID,
    strawberry.argument(description="A line's id, or its scoped id (线路)."),
]
Day = Annotated[
    date | None,
    strawberry.argument(description="The service day; null: today, at the interchange (运营日)."),
]
NameQuery = Annotated[
    str | None,
    strawberry.argument(description="A part of a name or scoped id, in any case (名称)."),
]
Near = Annotated[
    CircleInput | None,
    strawberry.argument(description="Only inside this circle, the nearest first (附近)."),
]
Radius = Annotated[
    int, strawberry.argument(description="How far away, in metres, at most 50,000 (半径).")
]


def near(radius_metres: int) -> float:
    """A radius in metres. Raises UserFault BAD_VALUE outside 1 m to 50 km."""
    if not 1 <= radius_metres <= RADIUS_MOST:
        said = f"radiusMetres is {radius_metres}: expected 1 to {RADIUS_MOST:.0f}"
        message = f"半径超出范围 / {said}."
        raise UserFault("BAD_VALUE", message, path=("radiusMetres",))
    return float(radius_metres)


def age(max_age_seconds: int) -> timedelta:
    """The age as a duration. Raises UserFault BAD_AGE outside a second to a day."""
    if not 1 <= max_age_seconds <= MAX_AGE_MOST:
        message = f"maxAgeSeconds is {max_age_seconds}: expected 1 to {MAX_AGE_MOST}."
        raise UserFault("BAD_AGE", message, path=("maxAgeSeconds",))
    return timedelta(seconds=max_age_seconds)


def name_query(query: str | None) -> str | None:
    """What to look for; None for nothing. Raises UserFault BAD_TEXT beyond 100 characters."""
    text = (query or "").strip()
    if len(text) > NAME_MOST:
        said = f"query has {len(text)} characters: expected at most {NAME_MOST}"
        message = f"查询文字过长 / {said}."
        raise UserFault("BAD_TEXT", message, path=("query",))
    return text or None


def circle(
    within: CircleInput | Mapping[str, Any] | None, argument: str = "within"
) -> Circle | None:
    """The circle as (lat, lon, metres). Raises UserFault BAD_CIRCLE for one not on this earth."""
    if within is None:
        return None
    if not isinstance(within, Mapping):
        within = vars(within)
    lat, lon = float(within["lat"]), float(within["lon"])
    radius = float(within.get("radiusMetres", within.get("radius_metres", 0)))
    if not (abs(lat) <= 90 and abs(lon) <= 180 and 0 < radius <= RADIUS_MOST):
        said = f"expected lat -90 to 90, lon -180 to 180, radiusMetres to {RADIUS_MOST:.0f}"
        message = f"范围无效 / {argument}: {said}."
        raise UserFault("BAD_CIRCLE", message, path=(argument,))
    return lat, lon, radius
