"""What a process tells of itself over HTTP: whether it lives and is ready, metrics, front page."""

import asyncio
import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route

from connectors import coach_profile
from hub import clock
from hub.errors import LiandongError
from hub.model.area import Area
from hub.operations.alarming.store import AlarmRepository
from hub.operations.asking.parts import Untold
from hub.operations.facade import Operations
from hub.store.driver import Store
from hub.store.faults import passing
from hub.store.feeds.cache import FeedCache
from hub.store.feeds.freshness import feed_state
from hub.store.processes import Process
from hub.store.tail import ChangeTail
from liandong import observe
from liandong.faces.face import FACES, LAST
from liandong.presence import Presence
from mobile_api.problems import said_of
from schema.live.engine import LiveEngine

COACH_PROFILE = "1.0"
READY_DISPATCH_SECONDS = 30.0
"""A dispatcher this far behind makes the process unready."""
METRICS_SECONDS = 2.0
"""So long the metrics wait for the database: a monitor gives up after a few seconds."""


async def _on_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    said = said_of(request, error)
    return PlainTextResponse(f"{said}\n", error.status_code, headers=error.headers)


async def _on_unexpected(_request: Request, _error: Exception) -> Response:
    """The server logs the traceback after it."""
    return PlainTextResponse("服务内部错误 / The hub could not do this.\n", 500)


EXCEPTIONS: Final = {HTTPException: _on_http, Exception: _on_unexpected}
"""How what is no interface of its own says that there is nothing, in words for people."""


@dataclass(frozen=True, slots=True)
class Probes:
    """What orchestrators and monitoring ask, of what the process is made of."""

    store: Store
    tail: ChangeTail
    presence: Presence
    feeds: FeedCache
    operations: Operations
    live: LiveEngine
    notes: Callable[[], Sequence[str]]
    draining: Callable[[], bool]

    def routes(self) -> list[Route]:
        """`/livez`, `/readyz` and `/metrics`."""
        return [
            Route("/livez", _livez),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
        ]

    async def _readyz(self, _request: Request) -> Response:
        """Ready: a primary can be written, changes are followed, somebody sends orders in time.

        `notes` are for a person and make nothing unready: feeds that speak of other places, a
        machine's wrong clock (the hub goes by the database's).
        """
        problems: list[str] = []
        processes: list[Process] = []
        if self.draining():
            problems.append("shutting down")
        if not self.tail.ready.is_set():
            problems.append("change stream not open")
        try:
            await self.store.ping()
            lag = await self.operations.dispatch_lag()
            if lag > READY_DISPATCH_SECONDS:
                problems.append(f"the dispatcher is {lag:.0f} s behind")
            processes = await self.presence.processes()
            if (missing := self.presence.missing(processes)) is not None:
                problems.append(missing)
        except Exception as error:
            if (known := error if isinstance(error, LiandongError) else passing(error)) is None:
                raise
            problems.append(str(known))
        body = {
            "status": "ready" if not problems else "not ready",
            "problems": problems,
            "notes": [*self.notes(), *filter(None, [clock.trouble()])],
            "processes": [_shown(one) for one in processes],
        }
        return JSONResponse(body, status_code=503 if problems else 200)

    async def _metrics(self, _request: Request) -> Response:
        now = clock.now()
        observe.FEED_STATE.clear()
        for feed in self.feeds.all():
            if (as_of := feed.get("data_as_of")) is not None:
                observe.FEED_AGE.labels(feed["_id"]).set((now - as_of).total_seconds())
            observe.FEED_STATE.labels(feed["_id"], feed_state(feed, now)).set(1)
        try:
            async with asyncio.timeout(METRICS_SECONDS):
                await self._measure()
            observe.DATABASE_UP.set(1)
        except Exception as error:
            if not (isinstance(error, TimeoutError) or passing(error)):
                raise
            observe.forget_counted()
        observe.CLOCK_OFF.set(clock.off_by().total_seconds())
        observe.SUBSCRIBERS.set(self.live.subscribers)
        observe.GROUPS.set(self.live.groups)
        observe.LIVE_BYTES.set(self.live.held)
        return Response(observe.metrics_text(), media_type="text/plain; version=0.0.4")

    async def _measure(self) -> None:
        """What is counted in the database."""
        observe.show_processes(
            (one.name, one.roles, one.lives, one.numbers) for one in await self.presence.processes()
        )
        waiting = await self.operations.metrics()
        observe.OUTBOX_AGE.set(waiting.oldest_unsent or 0)
        observe.UNACKNOWLEDGED.set(waiting.oldest_unacknowledged or 0)
        for kind, people in (await self.operations.desk.of(Untold).count()).items():
            observe.UNTOLD.labels(kind).set(people)
        standing = await self.operations.desk.of(AlarmRepository).standing()
        for (kind, state), count in standing.items():
            observe.ALARMS.labels(kind, state).set(count)


def page_routes(area: Area) -> list[Route]:
    """The front page, and the published JSON Schema of the coach station profile.

    Who is signed in to one of the apps is led there; `/?stay` shows the page all the same.
    """
    page, page_headers = _front_page(area)

    async def front(request: Request) -> Response:
        last = request.cookies.get(LAST)
        for face in FACES:
            if face.name == last and "stay" not in request.query_params:
                return RedirectResponse(f"{face.base}/", 303)
        return HTMLResponse(page, headers=page_headers)

    return [
        Route("/", front),
        Route(f"/schemas/coach-profile-{COACH_PROFILE}.json", _coach_schema),
    ]


def route_name(path: str) -> str:
    """A path without ids, so that metrics stay few."""
    parts = path.strip("/").split("/")
    known = {"mobile", "auth", "livez", "readyz", "metrics", ""}
    if parts[0] in {"console", "app", "docs", "graphql"}:
        return f"/{parts[0]}"
    if parts[0] == "feeds":
        return "/feeds"  # the rest may be a secret
    if parts[0] not in known:
        return "other"
    return "/" + "/".join(parts[:3])


def _shown(process: Process) -> dict[str, object]:
    state = "ENDED" if process.left else "UP" if process.lives else "LOST"
    return {
        "name": process.name.rpartition(":")[2],
        "pid": process.pid,
        "state": state,
        "heardSecondsAgo": round(process.age.total_seconds(), 1),
    }


async def _livez(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _coach_schema(_request: Request) -> Response:
    return FileResponse(coach_profile.SCHEMA, media_type="application/schema+json")


def _front_page(area: Area) -> tuple[str, dict[str, str]]:
    """The page, and headers by which nothing but its own style sheet is let in."""
    page = files("liandong").joinpath("front.html").read_text(encoding="utf-8")
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    names = [name for name in (area.name.zh, area.name.en) if name]
    for mark, value in {"@area@": " ".join(names), "@coach@": COACH_PROFILE}.items():
        page = page.replace(mark, escape(value))
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    )
    return page, {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
