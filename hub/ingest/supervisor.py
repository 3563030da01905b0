"""Runs every feed, each on its own, each in one process at a time."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import structlog

from hub import clock
from hub.errors import RetryLater, StartError
from hub.ingest.durable import pause
from hub.ingest.inlet import Inlet, Setting
from hub.ingest.plan import Connectors, Plan, moved, plans
from hub.ingest.poller import Poller
from hub.ingest.pushed import attend
from hub.ingest.ranks import RankKeeper
from hub.ingest.receiver import Receiver
from hub.ingest.spacing import Spacing
from hub.ingest.status import Monitor
from hub.ingest.subscription import Subscriber
from hub.model.area import Area
from hub.model.common import Mode
from hub.settings import Settings
from hub.settings import secret as secret_of
from hub.store.driver import Store
from hub.store.faults import passing
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.archive import MEGABYTE
from hub.store.feeds.cache import FeedRepository
from hub.store.feeds.rivalry.settlement import EVERY, Settlement
from hub.store.leases import Lease

TICK_SECONDS = 1.0
SETTLE_SECONDS = EVERY.total_seconds()
LEASE_SECONDS = 3.0
"""How often a lease is renewed, or asked for while another process has it."""
START_AGAIN_SECONDS = 30.0

log = structlog.get_logger()


class FeedSupervisor:
    """All feeds of the settings. Making one validates them; `run` runs them until cancelled.

    A feed runs under a lease, so that over all processes exactly one polls or listens for it.
    """

    def __init__(
        self, store: Store, settings: Settings, area: Area, connectors: Connectors
    ) -> None:
        """Raises StartError, telling of every feed that cannot work as configured."""
        self._store = store
        self._area = area
        planned = plans(settings.feeds, connectors, area)
        self._public_url = _public_url(settings, planned)
        self._plans = {one.feed.id: one for one in planned}
        self._moved = {one.feed.id: asyncio.Event() for one in planned}
        self._runs: dict[str, asyncio.Task[None]] = {}
        self._raw_bytes = settings.hub.raw_megabytes * MEGABYTE
        self._repository = FeedRepository(store, raw_bytes=self._raw_bytes)
        self._spacing = Spacing()
        self._owner = f"{socket.gethostname()}:{uuid4().hex[:8]}"
        self._monitors: dict[str, Monitor] = {}
        self._receivers: dict[str, Receiver] = {}

    def states(self) -> dict[str, Monitor]:
        """Monitors of the feeds this process runs now, by feed id (for metrics)."""
        return dict(self._monitors)

    def port(self, feed_id: str) -> int | None:
        """The port a TCP feed listens on here; None while it does not."""
        receiver = self._receivers.get(feed_id)
        return receiver.port if receiver else None

    async def run(self) -> None:
        """Run all feeds until cancelled; each drains what it has in hand."""
        async with asyncio.TaskGroup() as group:
            for feed_id in self._plans:
                group.create_task(self._keep(feed_id), name=f"feed {feed_id}")
            group.create_task(self._tick(), name="feed states")
            group.create_task(self._settle(), name="settlement")

    async def move(self, area: Area) -> None:
        """Run with these stop places from now on: feeds to whose dataset they are others restart.

        Returns when nothing is written here for the places before. What a feed left aside because
        it calls at none of those is read when the feed, started anew, asks its source again.
        """
        self._area = area
        there = {feed_id: moved(one, area) for feed_id, one in self._plans.items()}
        restart = [feed_id for feed_id, one in there.items() if one is not self._plans[feed_id]]
        self._plans = there
        for feed_id in restart:
            self._moved[feed_id].set()
        if running := [self._runs[feed_id] for feed_id in restart if feed_id in self._runs]:
            await asyncio.wait(running)

    async def _tick(self) -> None:
        """Re-evaluate every second: a silent feed grows STALE without anything arriving."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            for monitor in list(self._monitors.values()):
                try:
                    await monitor.save()
                except Exception:
                    log.exception("feed state not saved", feed=monitor.feed.id)

    async def _settle(self) -> None:
        """Decide between rival sources anew: time alone makes one of them stale."""
        while True:
            await asyncio.sleep(SETTLE_SECONDS)
            try:
                await Settlement(self._store, frozenset(self._area.stop_places)).settle()
            except Exception as error:
                if passing(error) is None and not isinstance(error, RetryLater):
                    log.exception("rival sources not settled")

    async def _keep(self, feed_id: str) -> None:
        """Run one feed whenever its lease can be had; whatever fails, start it again."""
        failures = 0
        lease = Lease(self._store, f"feed:{feed_id}", self._owner)
        while True:
            try:
                while await lease.acquire() and await self._hold(lease, feed_id):
                    pass
                failures, wait = 0, LEASE_SECONDS
            except Exception as error:
                if passing(error) is None:
                    log.exception("feed failed", feed=feed_id)
                elif failures == 0:
                    log.warning("feed waits for the database", feed=feed_id)
                failures += 1
                wait = pause(failures, first=1.0, longest=START_AGAIN_SECONDS)
            await asyncio.sleep(wait)

    async def _hold(self, lease: Lease, feed_id: str) -> bool:
        """Run the feed while the lease is ours; whether it ended because it was moved."""
        moving = self._moved[feed_id]
        moving.clear()
        run = asyncio.create_task(self._run_feed(self._plans[feed_id], lease))
        watch = asyncio.create_task(lease.keep(every=LEASE_SECONDS))
        move = asyncio.create_task(moving.wait())
        self._runs[feed_id] = run
        try:
            await asyncio.wait({run, watch, move}, return_when=asyncio.FIRST_COMPLETED)
            if run.done():
                await run
            elif watch.done():
                log.warning("feed taken over by another process", feed=feed_id)
            return moving.is_set()
        finally:
            await _finished(run, watch, move)
            self._runs.pop(feed_id, None)
            self._monitors.pop(feed_id, None)
            self._receivers.pop(feed_id, None)
            await _quietly(lease.release)

    async def _run_feed(self, one: Plan, lease: Lease) -> None:
        monitor = Monitor(
            one.feed,
            one.connector.manifest,
            one.context.mode,
            self._repository,
            zone=self._area.zone,
            every=one.every,
        )
        await monitor.open()
        self._monitors[one.feed.id] = monitor
        if not one.feed.enabled:
            await asyncio.Event().wait()
        try:
            if one.pushed:
                await self._attend(one, monitor, lease)
                return
            writer = FeedWriter(self._store, one.feed, frozenset(self._area.stop_places))
            await self._repository.raw.started(one.feed.id, clock.now())
            if one.feed.listen is not None:
                await self._receive(one, monitor, writer)
            else:
                await self._poll(one, monitor, writer)
        except Exception as error:
            monitor.health = monitor.health.disconnected(
                f"接入出错 the feed failed: {_first(error)}"
            )
            await monitor.save()
            raise

    async def _attend(self, one: Plan, monitor: Monitor, lease: Lease) -> None:
        """Answer for a feed whose source posts, and ask it to where it must be asked.

        What is posted is written by the process it comes to (`hub.ingest.endpoint`), never here.
        """
        if one.subscription is None:
            await attend(one.feed, monitor, self._repository)
            return
        stop_places = frozenset(self._area.stop_places)
        setting = Setting(self._store, stop_places, self._raw_bytes, self._spacing)
        secret = quote(secret_of(one.feed.push_secret_ref) or "", safe="")
        subscriber = Subscriber(
            one,
            one.subscription,
            address=f"{self._public_url}/feeds/{one.feed.id}/{secret}",
            monitor=monitor,
            repository=self._repository,
            inlet=Inlet(one, setting),
            spacing=self._spacing,
            still_ours=lease.renew,
        )
        await subscriber.run()

    async def _poll(self, one: Plan, monitor: Monitor, writer: FeedWriter) -> None:
        poller = Poller(
            one.feed,
            one.connector,
            one.context,
            monitor=monitor,
            writer=writer,
            repository=self._repository,
            spacing=self._spacing,
        )
        await poller.run()

    async def _receive(self, one: Plan, monitor: Monitor, writer: FeedWriter) -> None:
        taxi = one.context.mode is Mode.TAXI
        ranks = RankKeeper(
            self._store, one.feed.id, self._area.ranks if taxi else (), monitor.thresholds
        )
        while True:
            receiver = Receiver(
                one.feed,
                one.connector,
                one.context,
                monitor=monitor,
                writer=writer,
                repository=self._repository,
                seen=ranks.see,
            )
            try:
                await receiver.start()
                break
            except StartError as error:
                monitor.health = monitor.health.misconfigured(str(error))
                await monitor.save()
                await asyncio.sleep(START_AGAIN_SECONDS)
        monitor.health = monitor.health.listening()
        self._receivers[one.feed.id] = receiver
        async with asyncio.TaskGroup() as group:
            group.create_task(receiver.run())
            group.create_task(ranks.run())


def _public_url(settings: Settings, plans: list[Plan]) -> str:
    """Where producers reach this hub. Raises StartError if one must be told and none is set."""
    url = settings.hub.public_url
    for one in plans:
        if one.subscription is not None and one.feed.enabled and url is None:
            raise StartError(
                f"feed {one.feed.id}: options.subscribe = true: [hub] public_url is needed, the "
                "address at which the producer reaches this hub."
            )
    return (url or "").rstrip("/")


def _first(error: BaseException) -> str:
    """The innermost first cause of an error, in one line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}".splitlines()[0]


async def _finished(*tasks: "asyncio.Task[Any]") -> None:
    """Cancel tasks and wait until they have drained; their errors were dealt with."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _quietly(release: Callable[[], Awaitable[None]]) -> None:
    """Give a lease back; if that fails it runs out by itself."""
    try:
        await release()
    except Exception as error:
        if passing(error) is None:
            raise
