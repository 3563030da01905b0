"""Payloads of a big interchange, made by code: the same seed makes the same bytes."""

import io
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zipfile import ZIP_DEFLATED, ZipFile

from google.transit import gtfs_realtime_pb2 as pb

SEED = 20_260_401
STOPS = 400
DAY = datetime(2026, 4, 1, tzinfo=UTC)
NOON = DAY + timedelta(hours=12)
"""When the messages are sent; trips run from two hours before until two hours after it."""
_HEAD_S, _SPAN_S, _LEG_S = 10 * 3600, 4 * 3600, 240

_SIRI_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><Siri xmlns="http://www.siri.org.uk/siri" version="2.0">'
    "<ServiceDelivery><ResponseTimestamp>{at}</ResponseTimestamp><ProducerRef>BENCH</ProducerRef>"
    "<EstimatedTimetableDelivery><ResponseTimestamp>{at}</ResponseTimestamp>"
    "<EstimatedJourneyVersionFrame><RecordedAtTime>{at}</RecordedAtTime>"
)
_SIRI_TAIL = "</EstimatedJourneyVersionFrame></EstimatedTimetableDelivery></ServiceDelivery></Siri>"
_SIRI_JOURNEY = (
    "<EstimatedVehicleJourney><RecordedAtTime>{at}</RecordedAtTime>"
    "<LineRef>BENCH:Line:{line}</LineRef><DirectionRef>0</DirectionRef><FramedVehicleJourneyRef>"
    "<DataFrameRef>{day}</DataFrameRef><DatedVehicleJourneyRef>BENCH:ServiceJourney:{number}"
    "</DatedVehicleJourneyRef></FramedVehicleJourneyRef><VehicleMode>rail</VehicleMode>"
    "<PublishedLineName>R{line}</PublishedLineName><OperatorRef>BENCH:Operator:1</OperatorRef>"
    "<DataSource>BENCH</DataSource><EstimatedCalls>{calls}</EstimatedCalls>"
    "<IsCompleteStopSequence>true</IsCompleteStopSequence></EstimatedVehicleJourney>"
)
_SIRI_CALL = (
    "<EstimatedCall><StopPointRef>BENCH:Quay:{stop}</StopPointRef><Order>{order}</Order>"
    "<AimedArrivalTime>{aimed}</AimedArrivalTime>"
    "<ExpectedArrivalTime>{expected}</ExpectedArrivalTime>"
    "<AimedDepartureTime>{aimed}</AimedDepartureTime>"
    "<ExpectedDepartureTime>{expected}</ExpectedDepartureTime>"
    "</EstimatedCall>"
)


def schedule_zip(trips: int, calls: int) -> bytes:
    """A GTFS Schedule dataset of trips that all run on every day of the year of `DAY`."""
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, rows in _small_tables(trips):
            archive.writestr(name, "\n".join(rows))
        with archive.open("stop_times.txt", "w", force_zip64=True) as table:
            table.write(b"trip_id,arrival_time,departure_time,stop_id,stop_sequence\n")
            for trip in range(trips):
                table.write("".join(_stop_times(trip, trips, calls)).encode())
    return packed.getvalue()


def trip_updates(trips: int, calls: int, *, poll: int = 0, share: float = 0.1) -> bytes:
    """A complete FeedMessage; at each poll `share` of the trips are predicted anew.

    All polls are of the same second, so that only what is told anew is different.
    """
    message = pb.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.incrementality = pb.FeedHeader.FULL_DATASET
    message.header.timestamp = int(NOON.timestamp()) + 10 * poll
    delays = random.Random(SEED)
    told = [delays.randrange(0, 900, 5) for _ in range(trips)]
    for later in range(1, poll + 1):
        again = random.Random(SEED + later)
        for trip in again.sample(range(trips), int(trips * share)):
            told[trip] = again.randrange(0, 900, 5)
    for trip in range(trips):
        update = message.entity.add(id=f"trip-update-{trip:05}").trip_update
        update.trip.trip_id = f"T{trip}"
        update.trip.start_date = f"{DAY:%Y%m%d}"
        update.vehicle.id = f"V{trip % 3000}"
        for order in range(calls):
            moment = int(DAY.timestamp()) + _start_s(trip, trips) + order * _LEG_S + told[trip]
            at_stop = update.stop_time_update.add(stop_sequence=order + 1)
            at_stop.stop_id = f"S{(trip + order) % STOPS}"
            at_stop.arrival.time, at_stop.arrival.delay = moment, told[trip]
            at_stop.departure.time, at_stop.departure.delay = moment + 20, told[trip]
    return message.SerializeToString()


def estimated_timetable(journeys: int, calls: int) -> bytes:
    """A SIRI-ET delivery of complete journeys."""
    delays = random.Random(SEED)
    parts = [_SIRI_HEAD.format(at=NOON.isoformat())]
    for number in range(journeys):
        start = NOON + timedelta(minutes=delays.randrange(-30, 120))
        late = timedelta(seconds=delays.randrange(0, 900, 5))
        told = [
            _SIRI_CALL.format(
                stop=(number + order) % STOPS,
                order=order + 1,
                aimed=(start + timedelta(seconds=order * _LEG_S)).isoformat(),
                expected=(start + timedelta(seconds=order * _LEG_S) + late).isoformat(),
            )
            for order in range(calls)
        ]
        parts.append(
            _SIRI_JOURNEY.format(
                at=NOON.isoformat(),
                day=f"{DAY:%Y-%m-%d}",
                line=number % 40,
                number=number,
                calls="".join(told),
            )
        )
    return "".join([*parts, _SIRI_TAIL]).encode()


def _small_tables(trips: int) -> Iterator[tuple[str, Iterator[str] | list[str]]]:
    yield (
        "agency.txt",
        [
            "agency_id,agency_name,agency_url,agency_timezone,agency_lang",
            "A,Bench,http://example.org,Etc/UTC,en",
        ],
    )
    yield (
        "stops.txt",
        ["stop_id,stop_name,stop_lat,stop_lon"]
        + [f"S{stop},Stop {stop},{31 + stop / 1000:.4f},121.4500" for stop in range(STOPS)],
    )
    yield (
        "routes.txt",
        ["route_id,agency_id,route_short_name,route_type"]
        + [f"R{route},A,{route},2" for route in range(40)],
    )
    yield (
        "trips.txt",
        ["route_id,service_id,trip_id,trip_headsign,trip_short_name"]
        + [f"R{trip % 40},D,T{trip},Stop {trip % STOPS},G{trip}" for trip in range(trips)],
    )
    yield (
        "calendar.txt",
        [
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
            f"D,1,1,1,1,1,1,1,{DAY:%Y}0101,{DAY:%Y}1231",
        ],
    )


def _start_s(trip: int, trips: int) -> int:
    return _HEAD_S + _SPAN_S * trip // trips // 60 * 60


def _stop_times(trip: int, trips: int, calls: int) -> Iterator[str]:
    for order in range(calls):
        minutes, seconds = divmod(_start_s(trip, trips) + order * _LEG_S, 60)
        arrival = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
        departure = f"{minutes // 60:02}:{minutes % 60:02}:{seconds + 20:02}"
        yield f"T{trip},{arrival},{departure},S{(trip + order) % STOPS},{order + 1}\n"
