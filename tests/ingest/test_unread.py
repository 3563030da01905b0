"""A full message in which something cannot be read: what it lacks is renewed by nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from feed_fakes import Answer, Origin, feed_settings
from google.protobuf.json_format import MessageToDict
from google.transit import gtfs_realtime_pb2 as pb
from push_rig import AREA

from connectors import connector
from hub.ingest.plan import plan
from hub.ingest.poller import Poller
from hub.ingest.spacing import Spacing
from hub.ingest.status import Monitor
from hub.settings import FeedSettings
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.cache import FeedRepository
from hub.store.feeds.freshness import freshness

FORMS = pytest.mark.parametrize("form", ["json", "binary"])
NAMELESS: dict[str, Any] = {
    "json": {"vehicle": {"timestamp": ""}},
    "binary": b"\x22\x7f\x01",
}
"""Entities of which not even the id can be read."""


def of_trip(trip: str, day: str) -> dict[str, Any]:
    """An entity that is of a trip, with times nobody can read."""
    update = pb.TripUpdate(trip=pb.TripDescriptor(trip_id=trip, start_date=day))
    broken = update.SerializeToString() + b"\x12\x7f\x01"
    entity = b"\x0a\x01x\x1a" + bytes([len(broken)]) + broken
    trip_ = {"tripId": trip, "startDate": day}
    return {"json": {"id": "x", "tripUpdate": {"trip": trip_, "delay": 1.5}}, "binary": entity}


def of_alert(id_: str) -> dict[str, Any]:
    """An entity that is an alert, of which nothing else can be read."""
    entity = b"\x0a" + bytes([len(id_)]) + id_.encode() + b"\x2a\x02\x0a\x7f"
    return {"json": {"id": id_, "alert": {"activePeriod": 7}}, "binary": entity}


class Rig:
    """A GTFS-Realtime feed without a timetable that is polled, and what it writes."""

    def __init__(self, store: Store, origin: Origin, clock, form: str) -> None:
        self.feed: FeedSettings = feed_settings(origin.url, kind="gtfs_rt")
        one = plan(self.feed, connector, AREA)
        self.store, self.origin, self.clock, self.form = store, origin, clock, form
        self.repository = FeedRepository(store)
        monitor = Monitor(self.feed, one.connector.manifest, None, self.repository, zone=AREA.zone)
        self.poller = Poller(
            self.feed,
            one.connector,
            one.context,
            monitor=monitor,
            writer=FeedWriter(store, self.feed, frozenset()),
            repository=self.repository,
            spacing=Spacing(0),
        )
        self.day = clock().strftime("%Y%m%d")

    def message(self, *trips: str, alerts: tuple[str, ...] = (), broken: Any = None) -> bytes:
        """Cancelled trips and alerts, none with a time of its own, and a broken entity behind."""
        message = pb.FeedMessage()
        message.header.gtfs_realtime_version = "2.0"
        message.header.timestamp = int(self.clock().timestamp())
        for number, trip in enumerate(trips):
            told = message.entity.add(id=str(number)).trip_update
            told.trip.trip_id, told.trip.start_date = trip, self.day
            told.trip.schedule_relationship = pb.TripDescriptor.CANCELED
            told.stop_time_update.add(stop_id="A", stop_sequence=1).departure.time = int(
                (self.clock() + timedelta(hours=1)).timestamp()
            )
        for id_ in alerts:
            text = message.entity.add(id=id_).alert.header_text
            text.translation.add(text="停运", language="zh")
        part = None if broken is None else broken[self.form]
        if self.form == "binary":
            whole = message.SerializeToString()
            return whole if part is None else whole + b"\x12" + bytes([len(part)]) + part
        document = MessageToDict(message)
        document["entity"] = document.get("entity", []) + ([] if part is None else [part])
        return json.dumps(document).encode()

    async def hear(self, *trips: str, **more: Any) -> None:
        """Poll a message; half a minute passes."""
        body = self.message(*trips, **more)
        self.origin.answer = lambda _: Answer(body=body)
        await self.poller.poll()
        self.clock.advance(seconds=30)

    async def feed_doc(self) -> dict[str, Any]:
        return await self.repository.get(self.feed.id) or {}

    async def shown(self) -> dict[str, str]:
        """Journeys and situations by native id, and how fresh each is now."""
        feed = await self.feed_doc()
        found = {}
        for kind in ("journeys", "situations"):
            async for row in self.store.db[kind].find({"dataset": self.feed.namespace}):
                said = row.get("realtime", row)
                found[row["native_id"]] = freshness(
                    observed_at=said.get("observed_at"),
                    source=said["feed"],
                    realtime=True,
                    feed=feed,
                    now=self.clock(),
                ).state.value
        rows = self.store.db["calls"].find({"source": self.feed.id})
        boards = {row["journey"]["id"]: row["observed_at"] async for row in rows}
        journeys = self.store.db["journeys"].find({"realtime.feed": self.feed.id})
        assert boards == {one["_id"]: one["realtime"]["observed_at"] async for one in journeys}
        return found


@pytest.fixture
async def rig_of(store: Store, origin: Origin, clock):
    made: list[Rig] = []

    def make(form: str) -> Rig:
        made.append(Rig(store, origin, clock, form))
        return made[-1]

    yield make
    for rig in made:
        await rig.poller.aclose()


@FORMS
async def test_what_may_be_in_an_unreadable_entity_ages_and_the_feed_is_degraded(rig_of, form: str):
    """Where it says so in every message: what vanished turns STALE, then UNKNOWN; never FRESH."""
    rig = rig_of(form)
    await rig.hear("gone", "here", alerts=("over",))
    for _ in range(3):
        await rig.hear("here", broken=NAMELESS)
    feed = await rig.feed_doc()
    assert feed["state"] == "DEGRADED"
    assert "entity 2" in feed["detail"]
    assert await rig.shown() == {"gone": "STALE", "here": "FRESH", "over": "STALE"}
    for _ in range(8):
        await rig.hear("here", broken=NAMELESS)
    assert await rig.shown() == {"gone": "UNKNOWN", "here": "FRESH", "over": "UNKNOWN"}


@FORMS
async def test_what_is_told_again_is_fresh_again(rig_of, form: str):
    """Word for word what it said before it aged; and sound messages withdraw what they lack."""
    rig = rig_of(form)
    await rig.hear("gone", "back", alerts=("back", "over"))
    for _ in range(4):
        await rig.hear(broken=NAMELESS)
    assert set((await rig.shown()).values()) == {"STALE"}
    await rig.hear("back", alerts=("back",))
    assert await rig.shown() == {"gone": "STALE", "back": "FRESH", "over": "STALE"}
    assert (await rig.feed_doc())["state"] == "HEALTHY"
    await rig.hear("back", alerts=("back",))
    assert await rig.shown() == {"back": "FRESH"}


@FORMS
async def test_an_unreadable_entity_that_names_its_record_keeps_that_alone(rig_of, form: str):
    """It stays and ages; what else is missing is withdrawn, and the feed is HEALTHY."""
    rig = rig_of(form)
    await rig.hear("kept", "gone", "here", alerts=("over",))
    for _ in range(3):
        await rig.hear("here", broken=of_trip("kept", rig.day))
    assert await rig.shown() == {"kept": "STALE", "here": "FRESH"}
    assert (await rig.feed_doc())["state"] == "HEALTHY"
    await rig.hear("here", "kept")
    assert await rig.shown() == {"kept": "FRESH", "here": "FRESH"}


@FORMS
async def test_an_unreadable_alert_is_known_by_its_entity(rig_of, form: str):
    """An alert's record has the entity's id."""
    rig = rig_of(form)
    await rig.hear("here", "gone", alerts=("kept", "over"))
    for _ in range(3):
        await rig.hear("here", broken=of_alert("kept"))
    assert await rig.shown() == {"kept": "STALE", "here": "FRESH"}


@FORMS
async def test_a_message_with_nothing_readable_renews_nothing(rig_of, form: str):
    """As one all of whose entities are refused, it withdraws nothing either."""
    rig = rig_of(form)
    await rig.hear("kept", "other")
    for _ in range(3):
        await rig.hear(broken=of_trip("kept", rig.day))
    assert await rig.shown() == {"kept": "STALE", "other": "STALE"}


@FORMS
async def test_unchanged_bytes_leave_the_feed_degraded(rig_of, form: str):
    """What could not be read of them still cannot be."""
    rig = rig_of(form)
    await rig.hear("here", broken=NAMELESS)
    for _ in range(2):
        await rig.poller.poll()
        assert (await rig.feed_doc())["state"] == "DEGRADED"


@FORMS
async def test_a_writer_that_begins_anew_writes_what_aged_again(rig_of, store: Store, form: str):
    """After a restart, too, what is told word for word as before is fresh again."""
    rig = rig_of(form)
    await rig.hear("back", "here")
    for _ in range(3):
        await rig.hear("here", broken=NAMELESS)
    rig.poller._writer = FeedWriter(store, rig.feed, frozenset())
    await rig.hear("back", "here")
    assert await rig.shown() == {"back": "FRESH", "here": "FRESH"}
