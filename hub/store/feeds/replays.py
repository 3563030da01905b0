"""Databases of replays: feed data of another time, in which nothing expires by the real clock."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from pymongo import IndexModel

from hub import clock
from hub.errors import StartError
from hub.settings import database_name
from hub.store import raw
from hub.store.driver import Store
from hub.store.feeds.transit import READABLE

MARK = "replay"
"""The collection that says that a database is a replay's, and may be emptied by the next one."""


async def prepared(live: Store, database: str, feeds: Sequence[str]) -> Store:
    """An empty database beside the live one, with the indexes its readers need.

    Raises StartError when it is the live one, or holds anything that is not a replay's.
    """
    try:
        database_name(database)
    except ValueError as error:
        raise StartError(f"--into {database!r}: {error}.") from error
    if database == live.db.name:
        raise StartError(
            f"--into {database!r}: this is the live database.", hint="Give another name."
        )
    store = live.beside(database)
    if await store.db.list_collection_names() and await store.db[MARK].find_one() is None:
        raise StartError(
            f"--into {database!r}: this database holds something else than a replay.",
            hint="Give another name, or drop it yourself.",
        )
    await store.drop()
    await store.db[MARK].insert_one({"_id": MARK, "feeds": list(feeds), "at": clock.real()})
    for collection, models in raw.indexes(raw_days=0).items():
        lasting = [model for model in models if "expireAfterSeconds" not in model.document]
        if lasting:
            await store.db[collection].create_indexes(lasting)
    return store


async def contents(store: Store) -> dict[str, int]:
    """How many documents there are of what feeds tell, by collection."""
    return {name: await store.db[name].count_documents({}) for name in sorted(READABLE)}


async def expire(store: Store, now: datetime) -> None:
    """Remove what the database itself would have removed by `now`, had it been live."""
    for collection, field, lifetime in _lifetimes():
        await store.db[collection].delete_many({field: {"$lt": now - lifetime}})


def _lifetimes() -> Iterator[tuple[str, str, timedelta]]:
    for collection, models in raw.indexes(raw_days=0).items():
        for model in models:
            seconds = model.document.get("expireAfterSeconds")
            if seconds is not None and not _of_the_archive(collection):
                (field,) = _fields(model)
                yield collection, field, timedelta(seconds=seconds)


def _fields(model: IndexModel) -> list[str]:
    return list(model.document["key"])


def _of_the_archive(collection: str) -> bool:
    return collection in {raw.RAW_MESSAGES, raw.RAW_ARRIVALS}
