"""A few minutes of a station with three feeds, run live under a clock of the test's own."""

import asyncio
import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import bson
from google.transit import gtfs_realtime_pb2 as pb

from connectors import connector
from hub import clock
from hub.formats.jtt.framing import Splitter
from hub.formats.jtt.t905 import Frame, MessageId, Status, encode_frame
from hub.formats.jtt.t905_position import PositionReport, encode_position
from hub.ingest.plan import Plan, plan
from hub.ingest.poller import Poller
from hub.ingest.ranks import RankKeeper
from hub.ingest.receiver import Receiver
from hub.ingest.spacing import Spacing
from hub.ingest.status import Monitor
from hub.model.area import Area, parse_area
from hub.settings import FeedSettings, area_text
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.archive import Archive
from hub.store.feeds.cache import FeedRepository
from hub.store.feeds.transit import READABLE

NOON = datetime.now(UTC).replace(hour=4, minute=0, second=0, microsecond=250_123)
"""Just after noon in Shanghai, finer than the database's milliseconds; of today, because the
database removes by its own clock what is old."""
AREA: Area = replace(
    parse_area(area_text("shanghai-railway-station")), stop_places=("metro:SHRS", "metro:PS")
)
TABLES = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\nSH,上海地铁,http://a,Asia/Shanghai\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n"
    "SHRS,上海火车站,31.2496,121.4558\nPS,人民广场,31.2330,121.4750\nFJ,富锦路,31.3920,121.4250\n",
    "routes.txt": "route_id,agency_id,route_short_name,route_type\nL1,SH,1号线,1\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
    "start_date,end_date\nall,1,1,1,1,1,1,1,20200101,20991231\n",
    "trips.txt": "route_id,service_id,trip_id\nL1,all,T1\nL1,all,T2\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "T1,12:05:00,12:05:00,PS,1\nT1,12:10:00,12:11:00,SHRS,2\nT1,12:30:00,12:30:00,FJ,3\n"
    "T2,12:25:00,12:25:00,PS,1\nT2,12:30:00,12:31:00,SHRS,2\nT2,12:50:00,12:50:00,FJ,3\n",
}


def timetable() -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w") as archive:
        for name, text in TABLES.items():
            archive.writestr(name, text)
    return out.getvalue()


def message(at: datetime, delays: dict[str, int], *, trains: int = 0, alert: bool = False) -> bytes:
    """A full GTFS-RT message: delays in seconds by trip, vehicles, an alert."""
    feed = pb.FeedMessage()
    feed.header.gtfs_realtime_version = "2.0"
    feed.header.timestamp = int(at.timestamp())
    for trip, delay in delays.items():
        update = feed.entity.add(id=trip).trip_update
        update.trip.trip_id = trip
        update.stop_time_update.add(stop_sequence=2).departure.delay = delay
    for number in range(trains):
        vehicle = feed.entity.add(id=f"v{number}").vehicle
        vehicle.vehicle.id = f"v{number}"
        vehicle.position.latitude, vehicle.position.longitude = 31.2, 121.4 + number / 100
        vehicle.timestamp = int(at.timestamp()) - 5
    if alert:
        said = feed.entity.add(id="a1").alert
        said.header_text.translation.add(text="1号线限流", language="zh")
        said.informed_entity.add(route_id="L1")
    return feed.SerializeToString()


def taxi(at: datetime, number: int, *, loaded: bool = False) -> bytes:
    """One taxi's position in the middle of the area's first rank."""
    ring = AREA.ranks[0].rank_area.ring
    report = PositionReport(
        lat=sum(corner.lat for corner in ring) / len(ring),
        lon=sum(corner.lon for corner in ring) / len(ring),
        time=at.replace(microsecond=0),
        status=Status.LOADED if loaded else Status(0),
    )
    isu = f"1000000{number:05d}"
    return encode_frame(Frame(MessageId.POSITION, isu, 1, encode_position(report)))


async def dump(store: Store) -> dict[str, bytes]:
    """Every document that feeds tell of, byte for byte, by collection; health is left out.

    So is the name of the write a journey is from, which is another each time.
    """
    found = {}
    for name in sorted(READABLE - {"feeds"}):
        rows = await store.db[name].find({}, {"rev": 0}, sort=[("_id", 1)]).to_list()
        found[name] = b"".join(bson.encode(row) for row in rows)
    return found


class Polled:
    """A polled feed as the supervisor runs it, one poll at a time; its URL is a file."""

    def __init__(self, store: Store, one: Plan) -> None:
        self.one = one
        self.path = Path((one.feed.url or "").removeprefix("file://"))
        self._store = store
        self._repository = FeedRepository(store)
        self._poller: Poller | None = None

    async def start(self) -> None:
        """As after a restart: what was in memory is gone."""
        await self.stop()
        feed, found = self.one.feed, self.one.connector
        monitor = Monitor(
            feed, found.manifest, self.one.context.mode, self._repository, zone=AREA.zone
        )
        await self._repository.raw.started(feed.id, clock.now())
        self._poller = Poller(
            feed,
            found,
            self.one.context,
            monitor=monitor,
            writer=FeedWriter(self._store, feed, frozenset(AREA.stop_places)),
            repository=self._repository,
            spacing=Spacing(0),
        )

    async def poll(self, body: bytes) -> None:
        self.path.write_bytes(body)
        assert self._poller is not None
        await self._poller.poll()

    async def stop(self) -> None:
        if self._poller is not None:
            await self._poller.aclose()


class Taxis:
    """The taxi feed over a real socket, its ranks observed when told."""

    def __init__(self, store: Store, one: Plan) -> None:
        self.one = one
        self._repository = FeedRepository(store)
        feed, found = one.feed, one.connector
        monitor = Monitor(feed, found.manifest, one.context.mode, self._repository, zone=AREA.zone)
        self.ranks = RankKeeper(store, feed.id, AREA.ranks, monitor.thresholds)
        self._receiver = Receiver(
            feed,
            found,
            one.context,
            monitor=monitor,
            writer=FeedWriter(store, feed, frozenset(AREA.stop_places)),
            repository=self._repository,
            seen=self.ranks.see,
        )

    async def start(self) -> None:
        await self._repository.raw.started(self.one.feed.id, clock.now())
        await self._receiver.start()
        self._task = asyncio.create_task(self._receiver.run())
        where = ("127.0.0.1", self._receiver.port)
        self._reader, self._writer = await asyncio.open_connection(*where)
        await self.ranks.prime()

    async def send(self, *frames: bytes) -> None:
        """Send frames at once and wait until the last is acknowledged, which is: durable."""
        self._writer.write(b"".join(frames))
        splitter, answered = Splitter(), 0
        async with asyncio.timeout(60):
            while answered < len(frames):
                answered += len(list(splitter.feed(await self._reader.read(4096))))

    async def stop(self) -> None:
        self._writer.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@dataclass
class Day:
    """What was recorded, and the state the live run left behind."""

    store: Store
    archive: Archive
    plans: list[Plan]
    state: dict[str, bytes]
    begin: datetime
    end: datetime
    halfway: datetime


def plans(folder: Path) -> list[Plan]:
    """A timetable, its real-time feed, and taxis."""
    static = f"file://{folder}/timetable.zip"
    tables = [
        {"id": "timetable", "kind": "gtfs", "dataset": "metro", "url": static},
        {
            "id": "live",
            "kind": "gtfs_rt",
            "dataset": "metro",
            "url": f"file://{folder}/live.pb",
            "static_url": static,
        },
        {"id": "taxis", "kind": "jtt905", "listen": "127.0.0.1:0"},
    ]
    return [plan(FeedSettings.model_validate(table), connector, AREA) for table in tables]


async def record(store: Store, folder: Path) -> Day:
    """Run the day live: delays, an alert that ends, taxis that come and leave, garbage, a restart,
    bytes that come again, and silence."""
    found = plans(folder)
    with clock.manual(NOON) as now:
        fixed, live = Polled(store, found[0]), Polled(store, found[1])
        taxis = Taxis(store, found[2])
        for each in (fixed, live, taxis):
            await each.start()
        await fixed.poll(timetable())
        first = message(now(), {"T1": 60, "T2": 0}, trains=3, alert=True)
        await live.poll(first)
        await taxis.send(*(taxi(now(), number) for number in range(5)))
        await taxis.ranks.save(now.advance(seconds=1))

        now.advance(seconds=19)
        second = message(now(), {"T1": 180}, trains=2)
        await live.poll(second)
        await live.poll(second)  # the alert is missed twice now, so it is gone
        await taxis.send(taxi(now(), 0, loaded=True), taxi(now(), 1))
        await taxis.ranks.save(now.advance(seconds=1))
        halfway = now.advance(seconds=19)

        await live.poll(b"garbage")
        await live.start()
        await live.poll(second)
        await taxis.send(taxi(now(), 2, loaded=True))
        now.advance(seconds=40)
        await live.poll(message(now(), {"T1": 180, "T2": 30}, trains=2, alert=True))
        await live.poll(first)  # older than what is known
        await taxis.ranks.save(now.advance(minutes=6))
        for each in (fixed, live, taxis):
            await each.stop()
        state = await dump(store)
        end = now()
    return Day(store, FeedRepository(store).raw, found, state, NOON, end, halfway)
