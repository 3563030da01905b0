"""What the sandbox offers besides the main feeds, one route each: the same day on other standards.

Made when asked for and kept for a second, as the main feeds are.
"""

from collections.abc import Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.day import Day
from sandbox.feeds import Feeds
from sandbox.http import BadRequestError, Json
from sandbox.taxis.fleet import Fleet
from sandbox.wire import cap, coach_profile, gbfs, mds, netex, parking, transxchange

XML = "text/xml; charset=utf-8"
JSON = "application/json"
ZIP = "application/zip"

Make = Callable[[float], bytes]
"""A document at a moment, POSIX seconds."""


class Offers:
    """The documents and their routes."""

    def __init__(self, day: Day, feeds: Feeds, fleet: Fleet) -> None:
        self._day = day
        self._feeds = feeds
        self._fleet = fleet

    def routes(self) -> list[Route]:
        """Everything, by path."""
        seed = self._day.seed
        simple: dict[str, tuple[str, Make]] = {
            "/parking/static.xml": (XML, parking.datex_static),
            "/parking/dynamic.xml": (XML, lambda now: parking.datex_dynamic(now, seed)),
            "/parking/parkapi.json": (JSON, lambda now: orjson.dumps(parking.parkapi(now, seed))),
            "/parking/plain.json": (JSON, lambda now: orjson.dumps(parking.plain_json(now, seed))),
            "/parking/plain.csv": (
                "text/csv; charset=gbk",
                lambda now: parking.plain_csv(now, seed),
            ),
            "/alerts/cap.atom": ("application/atom+xml", cap.atom),
            "/alerts/edxl.xml": (XML, cap.edxl),
            "/coach/profile.json": (JSON, self.profile),
        }
        return [
            *(self._route(path, kind, make) for path, (kind, make) in simple.items()),
            Route("/railway/netex.zip", self.netex, methods=["GET"]),
            Route("/coach/transxchange.xml", self.transxchange, methods=["GET"]),
            Route("/gbfs/gbfs.json", self.gbfs_3, methods=["GET"]),
            Route("/gbfs/2.3/gbfs.json", self.gbfs_2, methods=["GET"]),
            Route("/gbfs/2.3/{language}/{name}.json", self.gbfs_2, methods=["GET"]),
            Route("/gbfs/{name}.json", self.gbfs_3, methods=["GET"]),
            Route("/mds/vehicles", self.mds_vehicles, methods=["GET"]),
            Route("/mds/vehicles/status", self.mds_status, methods=["GET"]),
            Route("/mds/stops", self.mds_stops, methods=["GET"]),
        ]

    def profile(self, now: float) -> bytes:
        """The coach profile: what is polled, and what is pushed."""
        board = self._day.boards["coach"]
        told = coach_profile.publication(board.timetable, board.live(now), now)
        return orjson.dumps(told)

    async def netex(self, request: Request) -> Response:
        """The railway's timetable in NeTEx."""
        del request
        today, timetable = self._day.today(), self._day.boards["railway"].timetable
        body = self._feeds.daily("netex", lambda: netex.encode(timetable, today))
        return Response(body, media_type=ZIP)

    async def transxchange(self, request: Request) -> Response:
        """The coaches' timetable in TransXChange."""
        del request
        today, timetable = self._day.today(), self._day.boards["coach"].timetable
        body = self._feeds.daily("txc", lambda: transxchange.encode(timetable, today))
        return Response(body, media_type=XML)

    async def gbfs_2(self, request: Request) -> Response:
        """GBFS 2.3."""
        return self._gbfs(request, "2.3", "/gbfs/2.3")

    async def gbfs_3(self, request: Request) -> Response:
        """GBFS 3.0."""
        return self._gbfs(request, "3.0", "/gbfs")

    async def mds_vehicles(self, request: Request) -> Response:
        """MDS /vehicles."""
        return _mds(mds.vehicles(self._fleet.world, _page(request), _address(request)))

    async def mds_status(self, request: Request) -> Response:
        """MDS /vehicles/status."""
        now = self._day.clock.posix()
        self._fleet.world.advance(now)
        return _mds(mds.statuses(self._fleet.world, _page(request), _address(request), now))

    async def mds_stops(self, request: Request) -> Response:
        """MDS /stops."""
        del request
        return _mds(mds.stops(self._fleet.world, self._day.clock.posix()))

    def _gbfs(self, request: Request, version: gbfs.Version, under: str) -> Response:
        system = gbfs.System(version, self._day.clock.posix(), self._day.seed)
        name = request.path_params.get("name")
        if name is None:
            return Json(system.index(str(request.base_url).rstrip("/") + under))
        document = system.named(name, request.path_params.get("language", "zh"))
        if document is None:
            return Json({"error": f"no such document: {name}"}, status_code=404)
        return Json(document)

    def _route(self, path: str, kind: str, make: Make) -> Route:
        async def answer(request: Request) -> Response:
            del request
            body = self._feeds.kept_for_a_second(path, lambda: make(self._day.clock.posix()))
            return Response(body, media_type=kind)

        return Route(path, answer, methods=["GET"])


def _mds(document: dict[str, Any]) -> Response:
    return Response(orjson.dumps(document), media_type=mds.MEDIA_TYPE)


def _page(request: Request) -> int:
    text = request.query_params.get("page", "0")
    if not text.isdigit() or len(text) > 6:
        raise BadRequestError(f"page: expected a number, got {text[:20]!r}")
    return int(text)


def _address(request: Request) -> str:
    return str(request.url.replace(query=""))
