"""A hub with a SIRI feed that subscribes, and its producer, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from uuid import uuid4

from feed_fakes import Origin
from push_rig import AREA, PATIENCE, Producer, connectors, process

from hub.ingest import pushed, subscription, supervisor
from hub.ingest.supervisor import FeedSupervisor
from hub.settings import Settings
from hub.store.driver import Store
from hub.store.feeds.cache import FeedRepository
from hub.store.feeds.transit import TransitRepository

HEARTBEAT = timedelta(seconds=60)
SECRET = "open-sesame"


class Rig:
    """One hub: a process that serves HTTP, and supervisors beside it; and its producer."""

    def __init__(
        self, store: Store, producer: Producer, url: str, table: dict[str, object]
    ) -> None:
        self.store = store
        self.producer = producer
        self.url = url
        self.table = table
        self.id = str(table["id"])
        self.repository = FeedRepository(store)
        self.tasks: list[asyncio.Task[None]] = []

    def supervise(self) -> asyncio.Task[None]:
        settings = Settings.model_validate({"hub": {"public_url": self.url}, "feeds": [self.table]})
        hub = FeedSupervisor(self.store, settings, AREA, connectors)
        self.tasks.append(asyncio.create_task(hub.run()))
        return self.tasks[-1]

    async def status(self, wanted: Callable[[dict], bool]) -> dict:
        """The feed's document as soon as `wanted` holds of it."""
        async with asyncio.timeout(PATIENCE):
            async with await self.store.db["feeds"].watch(full_document="updateLookup") as changes:
                found = await self.repository.get(self.id)
                if found and wanted(found):
                    return found
                async for change in changes:
                    found = change.get("fullDocument")
                    if found and found["_id"] == self.id and wanted(found):
                        return found
        raise AssertionError

    async def in_state(self, state: str, link: str = "UP") -> dict:
        return await self.status(
            lambda row: row.get("state") == state and row.get("link_state") == link
        )

    async def vehicles(self) -> set[str]:
        found = await TransitRepository(self.store).vehicles()
        return {row["native_id"] for row in found if row["feed"] == self.id}

    async def subscribed(self) -> None:
        """The producer was asked, and the hub knows that it granted."""
        await self.producer.asks("SubscriptionRequest")
        await self.status(lambda row: row.get("link_state") == "UP")


@asynccontextmanager
async def subscribing(
    store: Store, origin: Origin, clock, monkeypatch, **keys: object
) -> AsyncIterator[Rig]:
    """A hub that is not supervised yet; `keys` are of the feed's table."""
    clock.current = clock().replace(microsecond=0)  # as the database keeps it
    for module in (subscription, supervisor, pushed):
        monkeypatch.setattr(module, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(supervisor, "LEASE_SECONDS", 0.1)
    monkeypatch.setenv("PUSH_SECRET", SECRET)
    table = {
        "id": f"feed-{uuid4().hex[:8]}",
        "kind": "siri_vm",
        "url": origin.url,
        "allow_private": True,
        "push_secret_ref": "env:PUSH_SECRET",
        "warn_after": 600,
        "expire_after": 1200,
        "options": {
            "subscribe": True,
            "requestor_ref": "station-area",
            "heartbeat": int(HEARTBEAT.total_seconds()),
            "lifetime": 3600,
        },
        **keys,
    }
    producer = Producer(origin, clock, started=clock() - timedelta(days=1))
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(process(store, table))
        made = Rig(store, producer, url, table)
        yield made
        for task in made.tasks:
            task.cancel()
        await asyncio.gather(*made.tasks, return_exceptions=True)
