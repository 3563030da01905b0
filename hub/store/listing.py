"""What listings that show the newest first have in common, as filters."""

from datetime import datetime
from typing import Any, NamedTuple

NOTHING: dict[str, Any] = {"_id": {"$in": []}}
"""A filter that no row passes."""


def only(**fields: Any) -> dict[str, Any]:  # noqa: ANN401  # whatever a field may be compared with
    """The rows whose fields have these values; of a field that is None any value will do."""
    return {name: value for name, value in fields.items() if value is not None}


class Place(NamedTuple):
    """A place in a newest-first listing: a row's time and id; the rows behind it are meant.

    `before`: those that stand before it instead.
    """

    moment: datetime
    row_id: str
    before: bool = False


def beyond(place: Place | None, field: str) -> dict[str, Any]:
    """The rows that a place means in a listing sorted by `field` and id; all without one."""
    if place is None:
        return {}
    way = "$gt" if place.before else "$lt"
    moment, row_id, _ = place
    return {"$or": [{field: {way: moment}}, {field: moment, "_id": {way: row_id}}]}
