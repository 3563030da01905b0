"""A small timetable and real-time messages over it, for tests of the GTFS connectors."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

from google.transit import gtfs_realtime_pb2 as pb

from connectors.gtfs import CONNECTOR as GTFS
from connectors.gtfs import GtfsConfig
from connectors.gtfs_rt import CONNECTOR as GTFS_RT
from connectors.gtfs_rt import GtfsRtConfig
from hub.connector import Batch, Connector, Context, Envelope, Incrementality
from hub.model.journeys import Call, DatedJourney
from hub.model.timetable import Timetable

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
"""Noon in Shanghai on Wednesday 4 March 2026."""

TABLES = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone,agency_lang\n"
    "SH,上海地铁,https://example.org,Asia/Shanghai,zh\n",
    "feed_info.txt": "feed_publisher_name,feed_publisher_url,feed_lang,feed_version\n"
    "SH,https://example.org,zh-CN,spring\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station,platform_code\n"
    "SHRS,上海火车站,31.2496,121.4558,1,,\n"
    "SHRS-1,上海火车站,31.2497,121.4558,0,SHRS,1\n"
    "SHRS-2,上海火车站,31.2495,121.4558,0,SHRS,2\n"
    "PS,人民广场,31.2330,121.4750,,,\n"
    "XZ,莘庄,31.1110,121.3850,,,\n"
    "FJ,富锦路,31.3920,121.4250,,,\n",
    "routes.txt": "route_id,agency_id,route_short_name,route_long_name,route_type,route_color\n"
    "L1,SH,1号线,莘庄-富锦路,401,e4002b\n"
    "G,SH,G,高铁,101,\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
    "start_date,end_date\n"
    "all,1,1,1,1,1,1,1,20260101,20261231\n"
    "workdays,1,1,1,1,1,0,0,20260101,20261231\n",
    "trips.txt": "route_id,service_id,trip_id,trip_headsign,trip_short_name,direction_id\n"
    "L1,all,T1,富锦路,,0\n"
    "L1,all,LATE,富锦路,,0\n"
    "L1,all,LOOP,,,1\n"
    "G,workdays,TR7,,G7,0\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,"
    "drop_off_type\n"
    "T1,12:00:00,12:00:00,XZ,1,,\n"
    "T1,12:10:00,12:11:00,PS,2,,\n"
    "T1,12:15:00,12:16:00,SHRS-1,5,,\n"
    "T1,12:30:00,12:30:00,FJ,9,,\n"
    "LATE,23:50:00,23:50:00,XZ,1,,\n"
    "LATE,24:05:00,24:06:00,SHRS-1,2,,\n"
    "LATE,24:20:00,24:20:00,FJ,3,,\n"
    "LOOP,13:00:00,13:00:00,SHRS-1,1,,\n"
    "LOOP,13:10:00,13:10:00,PS,2,,\n"
    "LOOP,13:20:00,13:20:00,SHRS-1,3,,\n"
    "LOOP,13:30:00,13:30:00,XZ,4,,\n"
    "TR7,14:00:00,14:00:00,SHRS-2,1,0,1\n"
    "TR7,15:00:00,15:00:00,XZ,2,1,0\n",
    "translations.txt": "table_name,field_name,language,translation,record_id,field_value\n"
    "stops,stop_name,en,Shanghai Railway Station,,上海火车站\n"
    "stops,stop_name,en,People's Square,PS,\n"
    "stops,stop_name,en,Fujin Road,,富锦路\n"
    "routes,route_long_name,en,Xinzhuang - Fujin Road,L1,\n"
    "routes,route_long_name,fr,De Xinzhuang,L1,\n",
}


def zipped(changes: dict[str, str | bytes | None] | None = None, folder: str = "") -> bytes:
    """The tables as a zip; `changes` replaces a table's text, None leaves the table out."""
    tables: dict[str, str | bytes | None] = {**TABLES, **(changes or {})}
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, text in tables.items():
            if text is not None:
                archive.writestr(folder + name, text)
    return out.getvalue()


def with_rows(table: str, *rows: str) -> dict[str, str | bytes | None]:
    """A change that adds rows to a table."""
    return {table: TABLES[table] + "".join(f"{row}\n" for row in rows)}


def context(connector: Connector = GTFS_RT, **given: Any) -> Context:
    """A context of dataset `metro` in Shanghai."""
    about: dict[str, Any] = {
        "feed_id": "metro-rt",
        "dataset": "metro",
        "mode": None,
        "timezone": SHANGHAI,
        "incrementality": Incrementality.AUTO,
        "config": GtfsConfig() if connector is GTFS else GtfsRtConfig(),
    }
    return Context(**{**about, **given})


def read_gtfs(body: bytes, at: datetime = NOON, **given: Any) -> Batch:
    """What the static connector makes of a zip."""
    return GTFS.parse(Envelope(body, at), context(GTFS, **given))


def timetable(body: bytes | None = None, at: datetime = NOON) -> Timetable:
    """The reference that a real-time feed is given."""
    assert GTFS_RT.load_reference is not None
    found = GTFS_RT.load_reference(Envelope(body or zipped(), at), context(GTFS_RT))
    assert isinstance(found, Timetable)
    return found


def shanghai(text: str) -> datetime:
    """A UTC time from Shanghai's clock: "2026-03-04 12:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


class Message:
    """A FeedMessage under construction."""

    def __init__(self, at: datetime = NOON, version: str = "2.0") -> None:
        self.feed = pb.FeedMessage()
        self.feed.header.gtfs_realtime_version = version
        self.feed.header.timestamp = int(at.timestamp())
        self.at = at

    def entity(self, entity_id: str | None = None) -> pb.FeedEntity:
        """A new entity."""
        added = self.feed.entity.add()
        added.id = entity_id or f"e{len(self.feed.entity)}"
        return added

    def trip(self, trip_id: str = "T1", relationship: str | None = None, **about: Any) -> Any:
        """A new TripUpdate."""
        update = self.entity(about.pop("entity_id", None)).trip_update
        update.trip.SetInParent()
        if trip_id:
            update.trip.trip_id = trip_id
        if relationship:
            update.trip.schedule_relationship = pb.TripDescriptor.ScheduleRelationship.Value(
                relationship
            )
        for name, value in about.items():
            setattr(update.trip, name, value)
        return update

    def vehicle(self, vehicle_id: str = "V1", lat: float = 31.2, lon: float = 121.4) -> Any:
        """A new VehiclePosition at a place, ten seconds old."""
        vehicle = self.entity().vehicle
        vehicle.vehicle.id = vehicle_id
        vehicle.position.latitude, vehicle.position.longitude = lat, lon
        vehicle.timestamp = int(self.at.timestamp()) - 10
        return vehicle

    def read(self, at: datetime | None = None, **given: Any) -> Batch:
        """What the real-time connector makes of the message."""
        envelope = Envelope(self.feed.SerializePartialToString(), at or self.at)
        return GTFS_RT.parse(envelope, context(GTFS_RT, **given))


def stop(update: Any, **about: Any) -> Any:
    """Add a StopTimeUpdate: stop_id, stop_sequence, relationship, and of arrival and departure
    a delay in seconds (int) or a time (datetime)."""
    added = update.stop_time_update.add()
    for name, value in about.items():
        if name == "relationship":
            kinds = pb.TripUpdate.StopTimeUpdate.ScheduleRelationship
            added.schedule_relationship = kinds.Value(value)
        elif name in {"arrival", "departure"}:
            event = getattr(added, name)
            if isinstance(value, datetime):
                event.time = int(value.timestamp())
            else:
                event.delay = value
        else:
            setattr(added, name, value)
    return added


def only_journey(batch: Batch) -> DatedJourney:
    """The one journey of a batch."""
    (journey,) = [record for record in batch.records if isinstance(record, DatedJourney)]
    return journey


def by_order(journey: DatedJourney) -> dict[int, Call]:
    """Calls of a journey by order."""
    return {call.order: call for call in journey.calls}


def reasons(found: list[Any]) -> list[str]:
    """Reasons of rejects or notes."""
    return [item.reason.value for item in found]


def statuses(journey: DatedJourney, pick: Callable[[Call], Any] = lambda c: c.status.value) -> Any:
    """Statuses of a journey's calls by order."""
    return {call.order: pick(call) for call in journey.calls}
