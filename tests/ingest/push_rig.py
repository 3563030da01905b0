"""A process that takes pushes over a real socket, and a SIRI producer that notifies it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import httpx2
from feed_fakes import LINES, Answer, Asked, Origin
from lxml import etree
from starlette.applications import Starlette

from connectors import connector as registered
from hub.connector import Accepted, Connector, Context, Pushed
from hub.errors import AccessDenied
from hub.formats.siri.request import document, timestamp
from hub.ingest.endpoint import Endpoint
from hub.ingest.spacing import Spacing
from hub.model.area import parse_area
from hub.settings import Settings, area_text
from hub.store.driver import Store
from liandong.push_routes import push_routes
from tests.mobile.serving import served

AREA = parse_area(area_text("shanghai-railway-station"))
NAMESPACE = {"s": "http://www.siri.org.uk/siri"}
PATIENCE = 15
VM = '<VehicleMonitoringDelivery version="2.0">{}</VehicleMonitoringDelivery>'


def accept(pushed: Pushed, context: Context) -> Accepted:
    """Lines, signed (if the feed has a secret) with the secret itself."""
    if pushed.secret and pushed.headers.get("x-signature", "").encode() != pushed.secret:
        raise AccessDenied("UNAUTHENTICATED", "The signature is wrong.")
    return Accepted(LINES.parse(pushed.envelope, context), body=b'{"taken": true}')


PUSHED = replace(LINES, accept=accept)


def connectors(kind: str) -> Connector:
    return PUSHED if kind == "lines" else registered(kind)


@asynccontextmanager
async def process(store: Store, *tables: dict[str, object]) -> AsyncIterator[str]:
    """What one process that serves HTTP offers to sources; its base URL."""
    settings = Settings.model_validate({"feeds": list(tables)})
    endpoint = Endpoint(store, settings, AREA, connectors, spacing=Spacing(0))
    try:
        async with served(Starlette(routes=push_routes(endpoint))) as url:
            yield url
    finally:
        await endpoint.aclose()


async def post(url: str, body: bytes, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
        return await http.post(url, content=body, headers=headers)


def text(asked: Asked, path: str) -> str | None:
    """The text at a path of a SIRI message, as "SubscriptionRequest/RequestorRef"."""
    steps = "/".join(f"s:{step}" for step in path.split("/"))
    found: str | None = etree.fromstring(asked.body).findtext(steps, namespaces=NAMESPACE)
    return found


@dataclass
class Producer:
    """A SIRI producer on an origin: grants subscriptions, answers, and notifies when told to.

    `silent`: it does not answer at all. `started` is its ServiceStartedTime. `supply` are the
    deliveries it hands out, one a DataSupplyRequest. `refuses` is the SIRI error it refuses with.
    """

    origin: Origin
    now: Any
    started: datetime
    silent: bool = False
    refuses: str | None = None
    until: datetime | None = None
    supply: list[bytes] = field(default_factory=list)
    asked: asyncio.Queue[Asked] = field(default_factory=asyncio.Queue)
    address: str = ""

    def __post_init__(self) -> None:
        self.origin.answer = self._answer

    async def asks(self, name: str) -> Asked:
        """The next request of this name; others on the way are passed over."""
        async with asyncio.timeout(PATIENCE):
            while True:
                asked = await self.asked.get()
                if _name(asked) == name:
                    return asked

    def waiting(self) -> list[str]:
        """Names of the requests that came and were not looked at."""
        found = []
        while not self.asked.empty():
            found.append(_name(self.asked.get_nowait()))
        return found

    async def notify(self, body: bytes, address: str | None = None) -> httpx2.Response:
        return await post(address or self.address, body, **{"content-type": "text/xml"})

    async def heartbeat(self, *, status: str = "true") -> httpx2.Response:
        parts = [
            ("RequestTimestamp", timestamp(self.now())),
            ("Status", status),
            ("ServiceStartedTime", timestamp(self.started)),
        ]
        return await self.notify(document("2.0", "HeartbeatNotification", parts))

    def vehicles(self, *names: str, more: bool = False) -> bytes:
        """A delivery of a subscription with vehicles."""
        at = timestamp(self.now())
        listed = "".join(
            f"<VehicleActivity><RecordedAtTime>{at}</RecordedAtTime><MonitoredVehicleJourney>"
            "<VehicleLocation><Longitude>121.45</Longitude><Latitude>31.25</Latitude>"
            f"</VehicleLocation><VehicleRef>{name}</VehicleRef></MonitoredVehicleJourney>"
            "</VehicleActivity>"
            for name in names
        )
        inner = VM.format(f"<SubscriptionRef>x</SubscriptionRef>{listed}")
        return (
            f'<Siri xmlns="{NAMESPACE["s"]}" version="2.0"><ServiceDelivery>'
            f"<ResponseTimestamp>{at}</ResponseTimestamp>"
            "<ResponseMessageIdentifier>m-1</ResponseMessageIdentifier>"
            f"<MoreData>{str(more).lower()}</MoreData>{inner}</ServiceDelivery></Siri>"
        ).encode()

    def _answer(self, asked: Asked) -> Answer:
        self.asked.put_nowait(asked)
        if self.silent:
            return Answer(503)
        name = _name(asked)
        body = getattr(self, f"_{name}", lambda _asked: b"<Siri/>")(asked)
        return Answer(body=body, headers={"content-type": "text/xml"})

    def _SubscriptionRequest(self, asked: Asked) -> bytes:  # noqa: N802  # SIRI's name
        self.address = text(asked, "SubscriptionRequest/ConsumerAddress") or ""
        status: list[tuple[str, object]] = [("Status", "false" if self.refuses else "true")]
        if self.refuses:
            status.append(("ErrorCondition", [(self.refuses, [("ErrorText", "no")])]))
        elif self.until:
            status.append(("ValidUntil", timestamp(self.until)))
        at = timestamp(self.now())
        parts: Any = [
            ("ResponseTimestamp", at),
            ("ResponseStatus", [("ResponseTimestamp", at), *status]),
            ("ServiceStartedTime", timestamp(self.started)),
        ]
        return document("2.0", "SubscriptionResponse", parts)

    def _CheckStatusRequest(self, _asked: Asked) -> bytes:  # noqa: N802  # SIRI's name
        parts = [("Status", "true"), ("ServiceStartedTime", timestamp(self.started))]
        return document("2.0", "CheckStatusResponse", parts)

    def _DataSupplyRequest(self, _asked: Asked) -> bytes:  # noqa: N802  # SIRI's name
        return self.supply.pop(0)


def _name(asked: Asked) -> str:
    return str(etree.QName(etree.fromstring(asked.body)[0]).localname)
