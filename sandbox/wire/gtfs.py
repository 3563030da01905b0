"""A timetable as a GTFS Schedule zip, in Chinese with English in translations.txt."""

import csv
import io
import zipfile
from collections.abc import Iterable
from datetime import date

from hub.model.common import Name
from sandbox.timetable.day import days_around
from sandbox.timetable.records import Stop, Timetable, Trip

SERVICE = "DAILY"
DAYS_BEFORE, DAYS_AFTER = 2, 7
"""Two days before: a journey of the day before yesterday may still be under way after midnight."""

Row = tuple[object, ...]


def encode(timetable: Timetable, today: date) -> bytes:
    """The zip. The same timetable and day give the same bytes."""
    files: dict[str, list[Row]] = {
        "agency.txt": _agency(timetable),
        "feed_info.txt": _feed_info(timetable, today),
        "calendar.txt": _calendar(today),
        "stops.txt": _stops(timetable),
        "routes.txt": _routes(timetable),
        "trips.txt": _trips(timetable),
        "stop_times.txt": _stop_times(timetable),
        "translations.txt": _translations(timetable),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in files.items():
            text = io.StringIO()
            csv.writer(text).writerows(rows)
            entry = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.getvalue())
    return packed.getvalue()


def clock_time(seconds: int) -> str:
    """HH:MM:SS of a service day; hours go past 24."""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _agency(timetable: Timetable) -> list[Row]:
    agency = timetable.agency
    return [
        ("agency_id", "agency_name", "agency_url", "agency_timezone", "agency_lang"),
        (agency.id, agency.name.zh, "https://example.org/", "Asia/Shanghai", "zh"),
    ]


def _feed_info(timetable: Timetable, today: date) -> list[Row]:
    days = days_around(today, DAYS_BEFORE, DAYS_AFTER)
    return [
        ("feed_publisher_name", "feed_publisher_url", "feed_lang",
         "feed_start_date", "feed_end_date", "feed_version"),
        (timetable.agency.name.zh, "https://example.org/", "zh",
         f"{days[0]:%Y%m%d}", f"{days[-1]:%Y%m%d}", f"{timetable.dataset}-{today:%Y%m%d}"),
    ]  # fmt: skip


def _calendar(today: date) -> list[Row]:
    days = days_around(today, DAYS_BEFORE, DAYS_AFTER)
    week = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return [
        ("service_id", *week, "start_date", "end_date"),
        (SERVICE, *([1] * 7), f"{days[0]:%Y%m%d}", f"{days[-1]:%Y%m%d}"),
    ]


def _stops(timetable: Timetable) -> list[Row]:
    head = ("stop_id", "stop_name", "stop_lat", "stop_lon",
            "location_type", "parent_station", "platform_code")  # fmt: skip
    return [head, *(_stop(stop) for stop in timetable.stops.values())]


def _stop(stop: Stop) -> Row:
    return (
        stop.id, stop.name.zh, f"{stop.lat:.5f}", f"{stop.lon:.5f}",
        int(stop.is_station), stop.parent or "", stop.platform_code or "",
    )  # fmt: skip


def _routes(timetable: Timetable) -> list[Row]:
    head = ("route_id", "agency_id", "route_short_name", "route_long_name",
            "route_type", "route_color")  # fmt: skip
    rows = (
        (route.id, timetable.agency.id, route.short_name, route.name.zh,
         route.type, route.colour or "")
        for route in timetable.routes.values()
    )  # fmt: skip
    return [head, *rows]


def _trips(timetable: Timetable) -> list[Row]:
    head = ("route_id", "service_id", "trip_id", "trip_headsign",
            "trip_short_name", "direction_id")  # fmt: skip
    rows = (
        (trip.route_id, SERVICE, trip.id, trip.destination.zh, trip.number or "", trip.direction)
        for trip in timetable.trips
    )
    return [head, *rows]


def _stop_times(timetable: Timetable) -> list[Row]:
    head = ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence",
            "pickup_type", "drop_off_type")  # fmt: skip
    return [head, *(row for trip in timetable.trips for row in _calls(trip))]


def _calls(trip: Trip) -> Iterable[Row]:
    last = len(trip.calls) - 1
    for index, call in enumerate(trip.calls):
        yield (
            trip.id, clock_time(call.arrival), clock_time(call.departure), call.stop_id, index + 1,
            1 if index == last else 0, 1 if index == 0 else 0,
        )  # fmt: skip


def _translations(timetable: Timetable) -> list[Row]:
    head = ("table_name", "field_name", "language", "translation", "record_id", "field_value")
    agency = timetable.agency
    rows: list[Row] = [("agency", "agency_name", "en", agency.name.en, agency.id, "")]
    rows += [
        ("stops", "stop_name", "en", stop.name.en, stop.id, "") for stop in timetable.stops.values()
    ]
    rows += [
        ("routes", "route_long_name", "en", route.name.en, route.id, "")
        for route in timetable.routes.values()
    ]
    heads: dict[str | None, Name] = {
        trip.destination.zh: trip.destination for trip in timetable.trips
    }
    rows += [("trips", "trip_headsign", "en", name.en, "", zh) for zh, name in heads.items()]
    return [head, *rows]
