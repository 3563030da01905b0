"""What listings that show the newest first have in common, as filters."""

from datetime import datetime
from typing import Any

Page = tuple[datetime, str]
"""A place in a newest-first listing: the row's time and id."""
NOTHING: dict[str, Any] = {"_id": {"$in": []}}
"""A filter that no row passes."""


def only(**fields: Any) -> dict[str, Any]:  # noqa: ANN401  # whatever a field may be compared with
    """The rows whose fields have these values; of a field that is None any value will do."""
    return {name: value for name, value in fields.items() if value is not None}


def older_than(after: Page | None, field: str) -> dict[str, Any]:
    """The rows behind a place in a listing sorted by `field` and id, newest first."""
    if after is None:
        return {}
    moment, row_id = after
    return {"$or": [{field: {"$lt": moment}}, {field: moment, "_id": {"$lt": row_id}}]}
