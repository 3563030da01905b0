"""What a process tells of itself over HTTP: whether it lives and is ready, metrics, front page."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from connectors import coach_profile
from hub import clock, observe
from hub.bus import Bus
from hub.errors import LiandongError
from hub.operations.facade import Operations
from hub.store.driver import Store
from hub.store.feeds import FeedCache
from hub.store.freshness import feed_state
from hub.store.tail import ChangeTail
from schema.live.engine import LiveEngine

COACH_PROFILE = "1.0"
READY_DISPATCH_SECONDS = 30.0
"""A dispatcher this far behind makes the process unready."""


@dataclass(frozen=True, slots=True)
class Probes:
    """What orchestrators and monitoring ask, of what the process is made of."""

    store: Store
    bus: Bus
    tail: ChangeTail
    feeds: FeedCache
    operations: Operations
    live: LiveEngine
    draining: Callable[[], bool]

    def routes(self) -> list[Route]:
        """`/livez`, `/readyz` and `/metrics`."""
        return [
            Route("/livez", _livez),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
        ]

    async def _readyz(self, _request: Request) -> Response:
        """Ready: a primary can be written, changes are followed, wake-ups go out in time."""
        problems: list[str] = []
        if self.draining():
            problems.append("shutting down")
        if not self.tail.ready.is_set():
            problems.append("change stream not open")
        try:
            await self.store.ping()
            lag = await self.operations.dispatch_lag()
            if lag > READY_DISPATCH_SECONDS:
                problems.append(f"the dispatcher is {lag:.0f} s behind")
        except LiandongError as error:
            problems.append(str(error))
        body = {"status": "ready" if not problems else "not ready", "problems": problems}
        return JSONResponse(body, status_code=503 if problems else 200)

    async def _metrics(self, _request: Request) -> Response:
        now = clock.now()
        observe.FEED_STATE.clear()
        for feed in self.feeds.all():
            if (as_of := feed.get("data_as_of")) is not None:
                observe.FEED_AGE.labels(feed["_id"]).set((now - as_of).total_seconds())
            observe.FEED_STATE.labels(feed["_id"], feed_state(feed, now)).set(1)
        observe.STREAM_LAG.set(self.tail.lag_seconds)
        observe.BUS_DEPTH.set(self.bus.depth)
        observe.BUS_OVERFLOWS.set(self.bus.overflows)
        observe.OUTBOX_AGE.set(await self.operations.oldest_unsent() or 0)
        observe.UNACKNOWLEDGED.set(await self.operations.oldest_unacknowledged() or 0)
        observe.CONFLICTS.set(self.store.lanes.conflicts)
        observe.SUBSCRIBERS.set(self.live.subscribers)
        observe.GROUPS.set(self.live.groups)
        return Response(observe.metrics_text(), media_type="text/plain; version=0.0.4")


def page_routes() -> list[Route]:
    """The front page, and the published JSON Schema of the coach station profile."""
    return [
        Route("/", _front),
        Route(f"/schemas/coach-profile-{COACH_PROFILE}.json", _coach_schema),
    ]


def route_name(path: str) -> str:
    """A path without ids, so that metrics stay few."""
    parts = path.strip("/").split("/")
    known = {"graphql", "mobile", "auth", "livez", "readyz", "metrics", ""}
    if parts[0] == "feeds":
        return "/feeds"  # the rest may be a secret
    if parts[0] not in known:
        return "other"
    return "/" + "/".join(parts[:3])


async def _livez(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _coach_schema(_request: Request) -> Response:
    return FileResponse(coach_profile.SCHEMA, media_type="application/schema+json")


async def _front(_request: Request) -> Response:
    page = (
        "联动 Liandong\n\n/graphql           查询与订阅 query and subscribe\n"
        "/mobile/v1/openapi.json  移动接口 mobile API\n"
        f"/schemas/coach-profile-{COACH_PROFILE}.json  长途客运站数据规范 coach station profile\n"
        "/readyz /livez /metrics\n"
    )
    return Response(page, media_type="text/plain; charset=utf-8")
