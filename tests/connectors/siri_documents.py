"""SIRI documents and a small timetable for the tests of the SIRI connectors."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from zipfile import ZipFile
from zoneinfo import ZoneInfo

from connectors import connector
from hub.connector import Batch, Context, Envelope, Incrementality, Reject, options_of
from hub.errors import Reason
from hub.model.journeys import Call, DatedJourney

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Monday 2 March 2026, 12:00 in Shanghai."""
STAMP = "2026-03-02T11:59:50+08:00"

TABLES = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone,agency_lang\n"
    "r,上海站,http://example.invalid,Asia/Shanghai,zh\n",
    "stops.txt": "stop_id,stop_name,location_type,parent_station,platform_code\n"
    "SHH,上海站,1,,\nSHH-1,上海站1站台,0,SHH,1\nSHH-2,上海站2站台,0,SHH,2\n"
    "SZH,苏州站,1,,\nSZH-1,苏州站1站台,0,SZH,1\n"
    "NJH,南京站,1,,\nNJH-1,南京站1站台,0,NJH,1\n",
    "routes.txt": "route_id,agency_id,route_short_name,route_long_name,route_type\n"
    "HN,r,沪宁,沪宁城际,102\nHH,r,沪杭,沪杭城际,102\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
    "start_date,end_date\n"
    "daily,1,1,1,1,1,1,1,20260101,20261231\nsunday,0,0,0,0,0,0,1,20260101,20261231\n",
    "trips.txt": "route_id,service_id,trip_id,trip_short_name\n"
    "HN,daily,t-G7001,G7001\nHN,sunday,t-night,G7099\nHN,daily,t-loop,G7100\n"
    "HN,daily,t-twin-a,G7200\nHN,daily,t-twin-b,G7200\n",
    "stop_times.txt": "trip_id,stop_sequence,stop_id,arrival_time,departure_time\n"
    "t-G7001,10,SHH-1,12:10:00,12:10:00\nt-G7001,20,SZH-1,12:40:00,12:42:00\n"
    "t-G7001,30,NJH-1,13:30:00,13:30:00\n"
    "t-night,10,SHH-1,23:50:00,23:50:00\nt-night,20,NJH-1,25:10:00,25:10:00\n"
    "t-loop,10,SHH-1,14:00:00,14:00:00\nt-loop,20,SZH-1,14:30:00,14:31:00\n"
    "t-loop,30,SHH-2,15:00:00,15:00:00\n"
    "t-twin-a,1,SHH-1,16:00:00,16:00:00\nt-twin-a,2,NJH-1,17:00:00,17:00:00\n"
    "t-twin-b,1,SHH-1,16:00:00,16:00:00\nt-twin-b,2,NJH-1,17:00:00,17:00:00\n",
}


def gtfs() -> bytes:
    """The zip of TABLES."""
    out = io.BytesIO()
    with ZipFile(out, "w") as archive:
        for name, text in TABLES.items():
            archive.writestr(name, text)
    return out.getvalue()


def context(
    kind: str = "siri_et",
    *,
    static: bool = True,
    incrementality: Incrementality = Incrementality.AUTO,
    stop_places: frozenset[str] = frozenset(),
    **options: object,
) -> Context:
    """A feed of the dataset `railway` in Shanghai."""
    found = connector(kind)
    made = Context(
        feed_id="railway",
        dataset="railway",
        mode=None,
        timezone=ZoneInfo("Asia/Shanghai"),
        incrementality=incrementality,
        config=options_of(found.manifest, options),
        stop_places=stop_places,
    )
    if static and found.load_reference:
        return replace(made, reference=found.load_reference(Envelope(gtfs(), NOW), made))
    return made


def read(body: str | bytes, where: Context | None = None, kind: str = "siri_et") -> Batch:
    """Parse a document that arrives at NOW."""
    raw = body.encode() if isinstance(body, str) else body
    return connector(kind).parse(Envelope(raw, NOW), where or context(kind))


def only(batch: Batch) -> DatedJourney:
    """The one journey of a batch."""
    (record,) = batch.records
    assert isinstance(record, DatedJourney)
    return record


def calls(batch: Batch) -> tuple[Call, ...]:
    """The calls of the one journey of a batch."""
    return only(batch).calls


def delivery(
    inner: str, *, service: str = "EstimatedTimetable", head: str = "", more: str = "false"
) -> str:
    """A Siri document around the content of one functional delivery."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Siri version="2.0" xmlns="http://www.siri.org.uk/siri"><ServiceDelivery>'
        f"<ResponseTimestamp>{STAMP}</ResponseTimestamp><MoreData>{more}</MoreData>"
        f'<{service}Delivery version="2.0"><ResponseTimestamp>{STAMP}</ResponseTimestamp>{head}'
        f"{inner}</{service}Delivery></ServiceDelivery></Siri>"
    )


def et(*journeys: str, recorded_at: str | None = STAMP, **rest: str) -> str:
    """An EstimatedTimetable document with journeys in one frame."""
    at = f"<RecordedAtTime>{recorded_at}</RecordedAtTime>" if recorded_at else ""
    frame = f"<EstimatedJourneyVersionFrame>{at}{''.join(journeys)}</EstimatedJourneyVersionFrame>"
    return delivery(frame, **rest)


def journey(
    *estimated: str, ref: str | None = "t-G7001", head: str = "", recorded: tuple[str, ...] = ()
) -> str:
    """An EstimatedVehicleJourney with an unframed reference."""
    named = f"<DatedVehicleJourneyRef>{ref}</DatedVehicleJourneyRef>" if ref else ""
    past = f"<RecordedCalls>{''.join(recorded)}</RecordedCalls>" if recorded else ""
    future = f"<EstimatedCalls>{''.join(estimated)}</EstimatedCalls>" if estimated else ""
    return f"<EstimatedVehicleJourney>{named}{head}{past}{future}</EstimatedVehicleJourney>"


def call(stop: str | None, *, kind: str = "EstimatedCall", **elements: object) -> str:
    """A call; times of day are written for 2 March 2026 in Shanghai."""
    body = f"<StopPointRef>{stop}</StopPointRef>" if stop else ""
    for name, value in elements.items():
        text = str(value)
        if name.endswith("Time") and len(text) == len("HH:MM:SS"):
            text = f"2026-03-02T{text}+08:00"
        body += f"<{name}>{text}</{name}>"
    return f"<{kind}>{body}</{kind}>"


def past(stop: str, **elements: object) -> str:
    """A RecordedCall."""
    return call(stop, kind="RecordedCall", **elements)


def g7001() -> tuple[str, str, str]:
    """The three calls of G7001, ten minutes late from Suzhou on."""
    return (
        call("SHH-1", AimedDepartureTime="12:10:00", ExpectedDepartureTime="12:10:00"),
        call(
            "SZH-1",
            AimedArrivalTime="12:40:00",
            ExpectedArrivalTime="12:50:00",
            AimedDepartureTime="12:42:00",
            ExpectedDepartureTime="12:52:00",
        ),
        call("NJH-1", AimedArrivalTime="13:30:00", ExpectedArrivalTime="13:40:00"),
    )


def at(text: str) -> datetime:
    """A time of 2 March 2026 in Shanghai."""
    local = datetime.fromisoformat(f"2026-03-02T{text}")
    return local.replace(tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


def reasons(refused: list[Reject]) -> list[Reason]:
    """The reasons of rejects or notes."""
    return [one.reason for one in refused]
