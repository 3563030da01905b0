"""The sandbox's HTTP side: the feeds, the push stand-in, the clock, control, a page."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox import scenario as scenarios
from sandbox.day import Day
from sandbox.fcm.routes import PushService
from sandbox.feeds import Feeds, How
from sandbox.http import BadRequestError, Json, body_of, conditional, hang, model_of
from sandbox.offers import Offers
from sandbox.siri_producer import Producer
from sandbox.taxis.fleet import Fleet
from sandbox.wire.siri import Delivery
from sandbox.wire.siri_request import RefusedError, ServiceRequest, parse

PROTOBUF = "application/x-protobuf"
XML = "text/xml; charset=utf-8"
SIRI_PATHS = ("et", "sm", "vm", "sx", "fm")
LITE = {
    "estimated-timetable": "ET",
    "stop-monitoring": "SM",
    "vehicle-monitoring": "VM",
    "situation-exchange": "SX",
    "facility-monitoring": "FM",
}
PAGE = Path(__file__).parent / "page.html"


class ControlOrder(BaseModel):
    """Body of POST /control: another scenario, or a feed that falls silent or speaks again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scenario: str | None = None
    feed: Literal["railway", "metro", "coach", "taxi"] | None = None
    silent: bool | None = None
    how: How = "stale"


class Sandbox:
    """Everything behind the routes."""

    def __init__(self, day: Day, feeds: Feeds, fleet: Fleet, push: PushService) -> None:
        self.day = day
        self.feeds = feeds
        self.fleet = fleet
        self.push = push
        self.offers = Offers(day, feeds, fleet)
        self.producer = Producer(feeds)

    def app(self) -> Starlette:
        """The ASGI application."""
        siri = [
            Route(path, self.siri, methods=["POST"])
            for path in ("/railway/siri", *(f"/railway/siri/{name}" for name in SIRI_PATHS))
        ]
        routes = [
            Route("/", self.page, methods=["GET"]),
            Route("/status", self.status, methods=["GET"]),
            Route("/clock", self.clock, methods=["GET"]),
            Route("/control", self.control, methods=["POST"]),
            Route("/{dataset}/gtfs.zip", self.gtfs, methods=["GET"]),
            Route("/{dataset}/gtfs-rt.pb", self.gtfs_rt, methods=["GET"]),
            *siri,
            Route("/railway/siri-lite/{name}.{form}", self.siri_lite, methods=["GET"]),
            *self.offers.routes(),
            *self.push.routes(),
        ]
        return Starlette(routes=routes, exception_handlers=_EXCEPTIONS)

    # -- feeds ---------------------------------------------------------------------------------

    async def gtfs(self, request: Request) -> Response:
        """A GTFS Schedule zip."""
        dataset = request.path_params["dataset"]
        if dataset not in self.day.boards:
            return _unknown(dataset)
        made = self.feeds.timetable(dataset)
        return conditional(request, made.body, made.etag, made.modified, "application/zip")

    async def gtfs_rt(self, request: Request) -> Response:
        """A GTFS-RT FeedMessage."""
        dataset = request.path_params["dataset"]
        if dataset not in ("metro", "coach"):
            return _unknown(dataset)
        return await self._silenced(request, dataset) or Response(
            self.feeds.realtime(dataset), media_type=PROTOBUF
        )

    async def siri(self, request: Request) -> Response:
        """A SIRI request; what is wrong with it is said in SIRI."""
        body = await body_of(request)
        if (silence := await self._silenced(request, "railway")) is not None:
            return silence
        try:
            return Response(self.producer.answer(parse(body)), media_type=XML)
        except RefusedError as refused:
            delivery = Delivery(self.day.clock.posix(), refused.request_ref)
            return Response(delivery.refuse(refused.error, refused.text), media_type=XML)

    async def siri_lite(self, request: Request) -> Response:
        """SIRI-Lite: a service by its name, in XML or JSON; `MonitoringRef` names the stop."""
        service = LITE.get(request.path_params["name"])
        form = request.path_params["form"]
        if service is None or form not in {"json", "xml"}:
            return _unknown(f"{request.path_params['name']}.{form}")
        stop = request.query_params.get("MonitoringRef", "SHH")
        asked = ServiceRequest(service, stops=(stop,) if service == "SM" else ())
        if (silence := await self._silenced(request, "railway")) is not None:
            return silence
        if form == "json":
            return Response(self.feeds.siri_lite(asked), media_type="application/json")
        return Response(self.feeds.siri(asked), media_type=XML)

    async def _silenced(self, request: Request, feed: str) -> Response | None:
        gate = self.feeds.gates[feed]
        if (how := gate.silent()) not in ("hang", "error"):
            return None
        if how == "hang":
            await hang(request, gate.changed)
        return Response("503 Service Unavailable\n", status_code=503, media_type="text/plain")

    # -- looking and steering ------------------------------------------------------------------

    async def clock(self, request: Request) -> Response:
        """The simulated time."""
        del request
        clock = self.day.clock
        return Json({"now": clock.now().isoformat(), "speed": clock.speed})

    async def status(self, request: Request) -> Response:
        """What runs."""
        del request
        return Json(self._status())

    async def control(self, request: Request) -> Response:
        """Another scenario, or a silent feed. Nothing is changed when the order is wrong."""
        order = await model_of(request, ControlOrder)
        if order.scenario is None and order.feed is None:
            raise BadRequestError('expected {"scenario": ...} or {"feed": ..., "silent": true}')
        if (order.feed is None) != (order.silent is None):
            raise BadRequestError("feed and silent go together")
        if order.scenario is not None:
            self._switch(order.scenario)
        if order.feed is not None:
            self.feeds.gates[order.feed].order(order.how if order.silent else None)
        return Json(self._status())

    async def page(self, request: Request) -> Response:
        """A page for people, Chinese first."""
        clock, scenario = self.day.clock, self.day.scenario
        rows = "".join(
            f"<tr><td><code>{escape(name)}</code></td><td>{escape(one.about_zh)}</td>"
            f"<td>{escape(one.about_en)}</td></tr>"
            for name, one in ((name, scenarios.load(name)) for name in scenarios.names())
        )
        filled = PAGE.read_text(encoding="utf-8")
        for mark, value in {
            "@base@": escape(str(request.base_url).rstrip("/")),
            "@scenario@": escape(f"{scenario.name_zh} {scenario.name_en}"),
            "@now@": escape(f"{clock.now():%Y-%m-%d %H:%M:%S} UTC, x{clock.speed:g}"),
            "@taxis@": str(len(self.fleet.terminals)),
            "@scenarios@": rows,
        }.items():
            filled = filled.replace(mark, value)
        return HTMLResponse(filled)

    def _switch(self, name: str) -> None:
        try:
            scenario = self.day.switch(name)
        except scenarios.ScenarioError as error:
            raise BadRequestError(str(error)) from error
        self.fleet.switch(scenario)
        for gate in self.feeds.gates.values():
            gate.reset()

    def _status(self) -> Mapping[str, object]:
        clock, day = self.day.clock, self.day
        now = clock.posix()
        return {
            "scenario": day.scenario.name,
            "scenarios": scenarios.names(),
            "seed": day.seed,
            "now": clock.now().isoformat(),
            "started": clock.start.isoformat(),
            "speed": clock.speed,
            "feeds": {name: self._feed(name, now) for name in day.boards},
            "taxis": {"silent": self.feeds.gates["taxi"].silent(), **self.fleet.status()},
            "fcm": self.push.status(),
        }

    def _feed(self, dataset: str, now: float) -> dict[str, object]:
        states = self.feeds.live(dataset, now)
        return {
            "silent": self.feeds.gates[dataset].silent(),
            "live": len(states),
            "late": sum(not one.cancelled and one.delay >= 60 for one in states),
            "cancelled": sum(one.cancelled for one in states),
            "platform_changes": sum(one.here.stop_id != one.here.planned_stop_id for one in states),
            "situations": len(self.day.situations(dataset, states, now)),
        }


def _unknown(dataset: str) -> Response:
    return Json({"error": f"no such feed: {dataset}"}, status_code=404)


async def _bad_request(request: Request, error: Exception) -> Response:
    del request
    return Json({"error": str(error)}, status_code=400)


async def _nothing(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    said = f"此地址不支持 {request.method} this address does not take {request.method}"
    if error.status_code == 404:
        said = "没有这个地址，/ 说明有什么 nothing at this address; / tells what there is"
    return Json({"error": said}, status_code=error.status_code, headers=error.headers)


_EXCEPTIONS: Final = {BadRequestError: _bad_request, HTTPException: _nothing}
