"""Numbers (编号), by which people call what has one: no two of a kind have the same."""

import re
from functools import cache

from hub.operations import documents
from hub.store.documents import collection_of
from hub.store.driver import Store

_NUMBER = re.compile(r"(?:TB)?\d{8}-\d{3,}(?:-\d{2,})?", re.ASCII)
"""Of an incident `20261201-001`, of an order of it `20261201-001-02`, of a bulletin `TB...`."""


async def id_of(store: Store, kind: str, name: str) -> str:
    """The id of the one (`Order`, `Incident` ...) that has this number.

    Whatever is no number, or nobody's, comes back as it is. Whether the caller may see it is for
    whoever reads it by its id.
    """
    collection = _collections().get(kind)
    if collection is None or not _NUMBER.fullmatch(name):
        return name
    row = await store.db[collection].find_one({"number": name}, {"_id": True})
    return str(row["_id"]) if row else name


@cache
def _collections() -> dict[str, str]:
    """Where those are kept that have a number, by what they are called on the wire."""
    numbered = [document for document in documents() if "number" in document.model_fields]
    return {one.__name__.removesuffix("Doc"): collection_of(one) for one in numbered}
