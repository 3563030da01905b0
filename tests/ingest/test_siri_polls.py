"""SIRI over request/response and SIRI-Lite: real sockets, real connectors, real database."""

import json

import pytest
from feed_fakes import Answer, Asked, Origin, feed_settings
from push_rig import AREA, Producer

from connectors import connector
from hub.ingest import poller as module
from hub.ingest.plan import plan
from hub.ingest.poller import Poller
from hub.ingest.spacing import Spacing
from hub.ingest.status import Monitor
from hub.settings import FeedSettings
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.cache import FeedRepository
from hub.store.feeds.transit import TransitRepository


class Rig:
    """A SIRI feed that is polled, and what it writes."""

    def __init__(self, store: Store, feed: FeedSettings) -> None:
        one = plan(feed, connector, AREA)
        self.feed = feed
        self.repository = FeedRepository(store)
        self.transit = TransitRepository(store)
        self.monitor = Monitor(
            feed, one.connector.manifest, one.context.mode, self.repository, zone=AREA.zone
        )
        self.poller = Poller(
            feed,
            one.connector,
            one.context,
            monitor=self.monitor,
            writer=FeedWriter(store, feed, frozenset()),
            repository=self.repository,
            spacing=Spacing(0),
        )

    async def vehicles(self) -> set[str]:
        found = await self.transit.vehicles()
        return {row["native_id"] for row in found if row["feed"] == self.feed.id}


@pytest.fixture
async def rig_of(store: Store):
    made: list[Rig] = []

    def make(origin: Origin, path: str = "", **options: object) -> Rig:
        feed = feed_settings(origin.url + path, kind="siri_vm", options=options)
        made.append(Rig(store, feed))
        return made[-1]

    yield make
    for rig in made:
        await rig.poller.aclose()


async def test_all_parts_of_an_answer_are_asked_for(rig_of, origin: Origin, clock):
    """While MoreData is true the same question is asked again at once; nothing is withdrawn."""
    producer = Producer(origin, clock, started=clock())
    parts = [producer.vehicles("a", more=True), producer.vehicles("b", more=True)]
    parts.append(producer.vehicles("c"))
    origin.answer = lambda _: Answer(body=parts[len(origin.asked) - 1])
    rig = rig_of(origin)
    assert await rig.poller.poll() is None
    assert len(origin.asked) == 3
    assert all(b"<VehicleMonitoringRequest" in asked.body for asked in origin.asked)
    assert await rig.vehicles() == {"a", "b", "c"}


async def test_a_producer_that_always_has_more_does_not_hold_the_feed(
    rig_of, origin: Origin, clock, monkeypatch
):
    """The same part again is the last one; and no more than so many are asked for in a row."""
    producer = Producer(origin, clock, started=clock())
    same = producer.vehicles("a", more=True)
    origin.answer = lambda _: Answer(body=same)
    assert await rig_of(origin).poller.poll() is None
    assert len(origin.asked) == 2
    monkeypatch.setattr(module, "MAX_PARTS", 5)
    origin.asked.clear()
    origin.answer = lambda _: Answer(body=producer.vehicles(f"v{len(origin.asked)}", more=True))
    assert await rig_of(origin).poller.poll() is None
    assert len(origin.asked) == 5


async def test_siri_lite_is_fetched_as_xml_or_json(rig_of, origin: Origin, clock):
    """A GET of the address with its own query; both encodings give the same vehicles."""
    producer = Producer(origin, clock, started=clock())
    document = {
        "Siri": {
            "ServiceDelivery": {
                "ResponseTimestamp": clock().isoformat(),
                "VehicleMonitoringDelivery": [
                    {
                        "VehicleActivity": [
                            {
                                "RecordedAtTime": clock().isoformat(),
                                "MonitoredVehicleJourney": {
                                    "VehicleRef": {"value": "a"},
                                    "VehicleLocation": {"Longitude": 121.45, "Latitude": 31.25},
                                },
                            }
                        ]
                    }
                ],
            }
        }
    }

    def answer(asked: Asked) -> Answer:
        if ".json" in asked.target:
            body = json.dumps(document).encode()
            return Answer(body=body, headers={"content-type": "application/json"})
        return Answer(body=producer.vehicles("a"), headers={"content-type": "text/xml"})

    origin.answer = answer
    for path in (".xml?LineRef=1", ".json?LineRef=1"):
        rig = rig_of(origin, path, transport="lite")
        assert await rig.poller.poll() is None
        assert await rig.vehicles() == {"a"}
        asked = origin.asked[-1]
        assert (asked.method, asked.body) == ("GET", b"")
        assert asked.target.endswith(path)
