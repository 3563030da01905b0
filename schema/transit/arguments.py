"""Arguments that the transit queries and subscriptions share."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import strawberry

from hub.errors import UserFault
from schema import enums

Circle = tuple[float, float, float]
RADIUS_MOST = 50_000.0
MAX_AGE_DEFAULT = 600
MAX_AGE_MOST = 86_400
VEHICLES_MOST = 2_000
PLACES_MOST = 2_000


@strawberry.input(description="A circle on the map (圆形范围), WGS-84.")
class CircleInput:
    """Centre in degrees, radius in metres."""

    lat: float = strawberry.field(description="Latitude of the centre (纬度).")
    lon: float = strawberry.field(description="Longitude of the centre (经度).")
    radius: float = strawberry.field(description="Metres, at most 50,000 (半径).")


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


def age(max_age: int) -> timedelta:
    """The age as a duration. Raises UserFault BAD_AGE outside a second to a day."""
    if not 1 <= max_age <= MAX_AGE_MOST:
        message = f"maxAge is {max_age}: expected 1 to {MAX_AGE_MOST} seconds."
        raise UserFault("BAD_AGE", message, path=("maxAge",))
    return timedelta(seconds=max_age)


def circle(within: CircleInput | Mapping[str, Any] | None) -> Circle | None:
    """The circle as (lat, lon, metres). Raises UserFault BAD_CIRCLE for one not on this earth."""
    if within is None:
        return None
    if not isinstance(within, Mapping):
        within = vars(within)
    lat, lon, radius = float(within["lat"]), float(within["lon"]), float(within["radius"])
    if not (abs(lat) <= 90 and abs(lon) <= 180 and 0 < radius <= RADIUS_MOST):
        message = f"within: expected lat -90 to 90, lon -180 to 180, radius to {RADIUS_MOST:.0f} m."
        raise UserFault("BAD_CIRCLE", message, path=("within",))
    return lat, lon, radius
