"""Composition root: the only file that knows everything, and puts it together for one process."""

import asyncio
import socket as sockets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute

from connectors import connector
from hub import clock
from hub.access.demo import seed_demo
from hub.access.service import sealer_for, tokens_for
from hub.access.tokens import Tokens
from hub.bus import Bus
from hub.errors import LiandongError, StartError
from hub.ingest.coverage import Coverage
from hub.ingest.endpoint import Endpoint
from hub.ingest.places import Move, PlaceKeeper
from hub.ingest.supervisor import FeedSupervisor
from hub.model.area import Area
from hub.operations import documents
from hub.operations.alarming.keeper import AlarmKeeper
from hub.operations.alarming.moving import move_alarms
from hub.operations.asking.escalator import Escalator
from hub.operations.asking.moving import move_ledgers
from hub.operations.asking.parts import Teller, in_parts
from hub.operations.desk import Desk
from hub.operations.facade import Operations
from hub.operations.history import OF_PEOPLE
from hub.operations.incidents import expiry
from hub.operations.incidents.timeline import Timeline
from hub.operations.waking.dispatcher import BESIDE, IN_FLIGHT, Dispatcher
from hub.settings import Settings
from hub.store import raw
from hub.store.driver import Store
from hub.store.feeds.cache import FeedCache
from hub.store.feeds.identity import IdentityRepository
from hub.store.feeds.same_as import SameAs
from hub.store.feeds.transit import TransitRepository
from hub.store.history.historian import Historian
from hub.store.history.kept import OF_FEEDS
from hub.store.outbox import RANKS
from hub.store.people import Accounts, Units
from hub.store.tail import ChangeTail
from liandong import observe
from liandong.configured import area_of
from liandong.cross_origin import cross_origin
from liandong.faces import faces
from liandong.faces.pages import Manuals, QueryPage
from liandong.http_routes import EXCEPTIONS, Probes, page_routes, route_name
from liandong.presence import Presence
from liandong.push_routes import push_routes
from mobile_api.app import build as build_mobile
from mobile_api.context import MobileContext
from mobile_api.oauth import routes as oauth_routes
from mobile_api.push import registry as push
from schema.context import Services
from schema.executing.executor import Executor
from schema.live.engine import LiveEngine
from schema.live.limits import LiveLimits
from schema.root import build_schema, graphql_schema, live_collections
from schema.serving.app import GraphQLApp

log = structlog.get_logger()


class ProcessRole(StrEnum):
    """What a process does."""

    API = "api"
    INGEST = "ingest"
    DISPATCH = "dispatch"


@dataclass
class Hub:
    """One running process: what it is made of, its background work, and its ASGI application."""

    settings: Settings
    roles: frozenset[ProcessRole]
    store: Store
    bus: Bus
    tail: ChangeTail
    presence: Presence
    feeds: FeedCache
    operations: Operations
    same_as: SameAs
    draining: bool = False
    app: Any = None
    live: LiveEngine | None = None
    mobile: MobileContext | None = None
    endpoint: Endpoint | None = None
    coverage: Coverage | None = None
    channels: dict[str, push.Opened] = field(default_factory=dict)
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    @classmethod
    async def start(
        cls, settings: Settings, *, roles: frozenset[ProcessRole], embedded: bool
    ) -> "Hub":
        """Open the database, seed what the area file says, start the work. Raises StartError."""
        area = area_of(settings.hub.area)
        await _follow_clock(settings.hub.clock_url)
        store = await Store.open(
            settings.hub.mongodb_uri or "",
            settings.hub.database,
            documents=documents(),
            raw_days=settings.hub.raw_days,
        )
        bus, name = Bus(carries=_followed(roles)), _process_name(settings, roles)
        tail = ChangeTail(store, bus, name)
        what = tuple(sorted(role.value for role in roles))
        hub = cls(
            settings=settings,
            roles=roles,
            store=store,
            bus=bus,
            tail=tail,
            presence=Presence(store, bus, tail, name=name, roles=what, zone=area.zone),
            feeds=FeedCache(TransitRepository(store)),
            operations=Operations(
                Desk.over(
                    store,
                    settings.orders,
                    area.zone,
                    channels=frozenset(push.configured(settings.push)),
                )
            ),
            same_as=SameAs(store),
        )
        try:
            await move_ledgers(store)
            await move_alarms(store)
            if ProcessRole.API in roles:
                await Timeline(store).move_embedded()
                await Units().seed(area)
            if ProcessRole.API in roles and embedded:
                await seed_demo(Accounts(store), area)
            await hub._start_work(area, tokens_for(store, settings, embedded=embedded))
        except BaseException:
            await hub.stop()
            raise
        return hub

    async def _start_work(self, area: Area, tokens: Tokens) -> None:
        desk = self.operations.desk
        self._run("clock", self.store.server_clock.run)
        self._run("tail", self.tail.run)
        await self.tail.ready.wait()
        self._run("identity", partial(self.same_as.follow, self.bus))
        self._run("alarms", AlarmKeeper(desk, sockets.gethostname()).run)
        if ProcessRole.API in self.roles:
            self._run("feeds", partial(self.feeds.follow, self.bus))
            self._run("sessions", partial(tokens.watch, self.bus))
        everywhere = await self.same_as.with_equivalents(area.stop_places)
        fed = replace(area, stop_places=everywhere)
        self.channels = push.opened(self.settings)
        moves: list[Move] = []
        if ProcessRole.INGEST in self.roles:
            supervisor = FeedSupervisor(self.store, self.settings, fed, connector)
            self._run("ingest", supervisor.run)
            moves.append(supervisor.move)
        if ProcessRole.DISPATCH in self.roles:
            owner = _process_name(self.settings, self.roles)
            first, *others = RANKS
            for name, ranks, at_once in (
                ("dispatch", [first], IN_FLIGHT),
                ("dispatch beside", others, BESIDE),
            ):
                sends = Dispatcher(
                    desk, self.bus, self.channels, owner, ranks=ranks, in_flight=at_once
                )
                self._run(name, sends.run)
            self._run("escalate", Escalator(desk, self.bus, owner).run)
            self._run("tell", Teller(desk, self.bus, owner).run)
            self._run("photographs", partial(expiry.run, desk))
            self._run("audit", sealer_for(self.store, self.settings, owner).run)
            self._run("history", self._historian(area, owner).run)
        if ProcessRole.API in self.roles:
            self.endpoint = Endpoint(self.store, self.settings, fed, connector)
            self.app = self._application(area, tokens, frozenset(self.channels), self.endpoint)
            moves.append(self.endpoint.move)
            enabled = {feed.namespace for feed in self.settings.feeds if feed.enabled}
            self.coverage = Coverage(self.store, self.same_as, area=area, datasets=enabled)
            self._run("coverage", partial(self.coverage.run, self.bus))
        if moves:
            datasets = {feed.namespace for feed in self.settings.feeds}
            keeper = PlaceKeeper(self.store, self.same_as, area=area, fed=fed, datasets=datasets)
            self._run("places", partial(keeper.run, moves))
        # last: who hears of it takes orders for sent, and escalated, from then on
        self._run("presence", self.presence.run)

    def _historian(self, area: Area, owner: str) -> Historian:
        return Historian(
            self.store,
            owner,
            area=area,
            same_as=self.same_as,
            kept=(*OF_FEEDS, *OF_PEOPLE),
            hours=self.settings.hub.history_hours,
            megabytes=self.settings.hub.history_megabytes,
        )

    def _application(
        self, area: Area, tokens: Tokens, channels: frozenset[str], endpoint: Endpoint
    ) -> observe.App:
        schema = graphql_schema(build_schema())
        services = self._services(area, tokens)
        self.live = LiveEngine(
            schema,
            self.bus,
            services.context,
            services.operations.database_answers,
            _live_limits(self.settings),
        )
        self.mobile = MobileContext(
            store=self.store,
            bus=self.bus,
            tokens=tokens,
            operations=self.operations,
            channels=channels,
            vapid_key=push.vapid_key(self.channels),
        )
        query_page = QueryPage()
        graphql = GraphQLApp(
            Executor(schema, services),
            self.live,
            allowed_origins=self.settings.hub.allowed_origins,
            page=query_page,
        )
        served = Starlette(
            routes=[
                *self._probes(self.live).routes(),
                *oauth_routes(tokens, self.mobile.walls),
                Mount("/mobile/v1", build_mobile(self.mobile)),
                *push_routes(endpoint),
                Route("/graphql", graphql),
                WebSocketRoute("/graphql", graphql),
                *query_page.routes(),
                *faces(self.mobile),
                *Manuals().routes(),
                *page_routes(area),
            ],
            exception_handlers=EXCEPTIONS,
        )
        opened = cross_origin(served, self.settings.hub.allowed_origins)
        return observe.counted(opened, route_name)

    def _services(self, area: Area, tokens: Tokens) -> Services:
        return Services(
            area=area,
            transit=TransitRepository(self.store, self.same_as),
            feeds=self.feeds,
            accounts=Accounts(self.store),
            units=Units(),
            identity=IdentityRepository(self.store),
            operations=self.operations,
            tokens=tokens,
        )

    def _probes(self, live: LiveEngine) -> Probes:
        return Probes(
            store=self.store,
            tail=self.tail,
            presence=self.presence,
            feeds=self.feeds,
            operations=self.operations,
            live=live,
            notes=lambda: self.coverage.notes if self.coverage else (),
            draining=lambda: self.draining,
        )

    def _run(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        async def kept() -> None:
            await work()

        self._tasks[name] = asyncio.create_task(kept(), name=name)

    async def failed(self) -> None:
        """Return when some background work has ended, which it never should."""
        await asyncio.wait(self._tasks.values(), return_when=asyncio.FIRST_COMPLETED)

    def reraise(self) -> None:
        """Raise what background work failed with, if any did."""
        for name, task in self._tasks.items():
            if task.done() and not task.cancelled() and (error := task.exception()):
                if isinstance(error, LiandongError):
                    raise error
                raise StartError(f"{name} failed: {type(error).__name__}: {error}.") from error

    async def drain(self) -> None:
        """Be unready, and let go of the live streams: they would hold the server up for ever."""
        self.draining = True
        if self.mobile is not None:
            await self.mobile.streams.close()
        if self.live is not None:
            self.live.closing.set()

    async def stop(self) -> None:
        """Take no more work, finish what is in hand, close the database."""
        await self.drain()
        if self.live is not None:
            await self.live.close()
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        for channel in self.channels.values():
            await channel.close()
        if self.endpoint is not None:
            await self.endpoint.aclose()
        await self.presence.leave()
        await self.store.close()


def _followed(roles: frozenset[ProcessRole]) -> set[str]:
    """The collections that somebody in this process listens to; `Bus.listen` keeps them to it."""
    followed = {raw.ID_MAPPINGS}
    if ProcessRole.DISPATCH in roles:
        followed |= {"outbox", "recipients", *(asked.collection for asked in in_parts())}
    if ProcessRole.API in roles:
        followed |= {"accounts", "sessions", "inbox", raw.FEEDS, raw.STOP_PLACES}
        followed |= live_collections()
    return followed


def _process_name(settings: Settings, roles: frozenset[ProcessRole]) -> str:
    """Names this process to the others: where it runs, what it does, on which port."""
    what = "all" if len(roles) == len(ProcessRole) else "+".join(sorted(roles))
    return f"{sockets.gethostname()}:{settings.hub.port}:{what}"


def _live_limits(settings: Settings) -> LiveLimits:
    access = settings.access
    return LiveLimits(
        connections_per_person=access.connections_per_person,
        connections_per_shared_account=access.connections_per_shared_account,
        subscriptions_per_account=access.subscriptions_per_account,
        queries_per_account=access.live_queries_per_account,
        queries=settings.hub.live_queries,
        megabytes=settings.hub.live_megabytes,
    )


async def _follow_clock(url: str | None) -> None:
    """Take the time from a sandbox running at another speed, when the configuration says so."""
    if url is None:
        return
    import httpx2

    try:
        async with httpx2.AsyncClient(timeout=5) as http:
            answer = (await http.get(url)).raise_for_status().json()
        origin, speed = clock.parse(answer["now"]), float(answer["speed"])
    except (httpx2.HTTPError, KeyError, ValueError) as error:
        raise StartError(f"hub.clock_url = {url!r}: 没有时钟 no clock there: {error}.") from error
    clock.use(clock.shifted(origin, speed=speed), speed=speed)
    log.info("clock.follows", url=url, speed=speed)
