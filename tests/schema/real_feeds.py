"""What a connector makes of a sample feed, written as the ingest writes it."""

from datetime import datetime, timedelta

from schema_builders import feed_doc

from hub.settings import FeedSettings
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from tests.connectors.given import read, sample


async def ingest(
    store: Store,
    kind: str,
    name: str,
    at: datetime,
    *,
    feed: str,
    dataset: str = "ds",
    static: str | None = None,
) -> None:
    """One payload of a sample, as it arrived then, and its feed in health."""
    reference = None if static is None else sample(static)
    batch = read(kind, sample(name), static=reference, at=at, feed_id=feed, dataset=dataset)
    settings = FeedSettings(
        id=feed, kind=kind, dataset=dataset, url="https://feeds.example.invalid/x"
    )
    await FeedWriter(store, settings, frozenset()).apply(batch)
    as_of = batch.as_of or at
    document = feed_doc(
        feed,
        kind=kind,
        dataset=dataset,
        data_as_of=as_of,
        stale_at=at + timedelta(hours=1),
        down_at=at + timedelta(hours=2),
        warn_after_s=3600.0,
        expire_after_s=7200.0,
    )
    await store.db["feeds"].replace_one({"_id": feed}, document, upsert=True)
