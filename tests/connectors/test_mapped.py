"""Mapped JSON and CSV: what becomes of entities, and what a wrong mapping is told."""

import json
import re
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typer
from typer.testing import CliRunner

from connectors import connector
from connectors.mapped import CONNECTOR
from hub.complaints import ConfigError
from hub.connector import Batch, Context, Envelope, Incrementality, options_of
from hub.errors import PayloadError, Reason
from hub.formats.common import gcj02
from hub.ingest.plan import plan
from hub.model.area import parse_area
from hub.model.common import Mode, Name, Occupancy, OccupancyStatus, Position
from hub.model.journeys import CallStatus, DatedJourney, JourneyState
from hub.model.parking import OpeningStatus, ParkingFacility, ParkingSiteStatus, ParkingStatus
from hub.model.vehicles import TaxiState, VehiclePosition
from hub.settings import FeedSettings, Settings, area_text
from liandong.cli import feeds

NOW = datetime(2023, 10, 1, 4, 0, 10, tzinfo=UTC)
DOCS = (Path(__file__).parents[2] / "docs" / "mapped.md").read_text(encoding="utf-8")
SCREEN = json.loads(re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL)[0])
TABLE = re.findall(r"```csv\n(.*?)```", DOCS, re.DOTALL)[0]
CONFIGS = re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL)
DEPARTURES, PARKING = (tomllib.loads(text)["feeds"][0]["options"] for text in CONFIGS)
VEHICLES: dict[str, Any] = {
    "record": "vehicle",
    "items": "$[*]",
    "time_format": "unix_ms",
    "public_ids": True,
    "fields": {
        "id": "$.no",
        "lat": {"from": "$['gps pos'][0]", "factor": 0.000001},
        "lon": {"from": "$['gps pos'][1]", "factor": 0.000001},
        "observed_at": "$.t",
        "bearing": "$.dir",
        "speed_kmh": {"from": "$.v", "factor": 3.6},
        "label": "$.no",
        "line": "$.line",
        "taxi_state": {"from": "$.busy", "values": {"true": "ON_TRIP", "false": "AVAILABLE"}},
        "occupancy": {"from": "$.load", "values": {"0": "EMPTY", "1": "FULL"}},
    },
}
T = int(NOW.timestamp() * 1000)
VEHICLE = {
    "no": "A-17",
    "gps pos": [31249900, 121455500],
    "t": T,
    "dir": 90,
    "v": 10,
    "line": "115",
    "busy": False,
    "load": 1.0,
}


def context_of(options: dict[str, Any], **rest: Any) -> Context:
    return Context(
        feed_id="small",
        dataset="small",
        mode=rest.get("mode"),
        timezone=ZoneInfo("Asia/Shanghai"),
        incrementality=rest.get("incrementality", Incrementality.AUTO),
        config=options_of(CONNECTOR.manifest, options),
    )


def read(payload: object, options: dict[str, Any], *, at: datetime = NOW, **rest: Any) -> Batch:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return CONNECTOR.parse(Envelope(body, at), context_of(options, **rest))


def with_field(options: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The options with fields replaced; None takes one out."""
    merged = options["fields"] | fields
    return options | {"fields": {name: told for name, told in merged.items() if told is not None}}


def screen(*entries: dict[str, Any], **document: Any) -> dict[str, Any]:
    """The documented answer with other entries."""
    return SCREEN | {"data": {"list": list(entries)}} | document


FIRST = SCREEN["data"]["list"][0]


def journeys(batch: Batch) -> list[DatedJourney]:
    assert all(isinstance(record, DatedJourney) for record in batch.records)
    return batch.records  # type: ignore[return-value]


def at(clock: str, day: int = 1) -> datetime:
    return datetime.fromisoformat(f"2023-10-{day:02}T{clock}+08:00").astimezone(UTC)


def test_the_documented_departures() -> None:
    """A delayed and a cancelled one, with number, destination, gate, seats and times of day."""
    batch = read(SCREEN, DEPARTURES, mode=Mode.COACH)
    assert (batch.entities, batch.accepted, batch.notes) == (2, 2, [])
    assert batch.as_of == at("12:00:05")
    late, cancelled = journeys(batch)
    assert late.id == "small:N301:2023-10-01"
    assert late.mode is Mode.COACH
    assert late.public_code == "N301"
    assert late.destination == Name(zh="嘉兴")
    (call,) = late.calls
    assert (call.stop_place_id, call.stop_name) == ("small:north", Name(zh="汽车北站"))
    assert (call.aimed.departure, call.expected.departure) == (at("12:20:00"), at("12:31:00"))
    assert (call.actual_platform, call.status) == ("6", CallStatus.DELAYED)
    assert call.coach is not None
    assert call.coach.seats_available == 9
    assert cancelled.state is JourneyState.CANCELLED
    assert cancelled.calls[0].status is CallStatus.CANCELLED


def test_the_documented_parking() -> None:
    """GBK, Chinese columns; each facility with its own status and status time."""
    batch = read(TABLE.encode("gbk"), PARKING)
    assert (batch.entities, batch.accepted, batch.notes) == (2, 2, [])
    assert batch.records[:2] == [
        ParkingFacility(
            id="small:P1",
            dataset="small",
            native_id="P1",
            name=Name(zh="南广场地下停车场"),
            capacity=420,
        ),
        ParkingStatus(
            facility_id="small:P1",
            dataset="small",
            vacant=37,
            occupied=383,
            capacity=420,
            opening=OpeningStatus.OPEN,
            observed_at=at("11:58:00"),
        ),
    ]
    assert isinstance(batch.records[3], ParkingStatus)
    assert batch.records[3].opening is OpeningStatus.CLOSED


def test_a_car_park_that_says_a_word_and_a_percentage() -> None:
    """Both are carried; counts follow from them, and who says nothing at all is noted."""
    options = {
        "record": "parking",
        "fields": {
            "id": "$.id",
            "capacity": "$.all",
            "occupancy_percent": {"from": "$.use", "factor": 100},
            "status": {"from": "$.state", "values": {"满": "FULL", "紧张": "ALMOST_FULL"}},
        },
    }
    batch = read(
        [
            {"id": "A", "state": "满", "all": 50},
            {"id": "B", "state": "紧张", "use": 0.92, "all": 50},
            {"id": "C", "use": 9},
        ],
        options,
    )
    assert [
        (one.status, one.occupancy_percent, one.vacant, one.occupied)
        for one in batch.records
        if isinstance(one, ParkingStatus)
    ] == [
        (ParkingSiteStatus.FULL, None, 0, 50),
        (ParkingSiteStatus.ALMOST_FULL, 92, 4, 46),
        (None, None, None, None),
    ]
    assert [(note.reason, note.native_id) for note in batch.notes] == [
        (Reason.BAD_VALUE, "C"),
        (Reason.EMPTY_ENTITY, "C"),
    ]


@pytest.mark.parametrize("text", CONFIGS)
def test_the_documented_feeds_can_run(text: str) -> None:
    """Each documented feed is a valid configuration."""
    (feed,) = Settings.model_validate(tomllib.loads(text)).feeds
    area = parse_area(area_text("shanghai-railway-station"))
    assert plan(feed, connector, area).connector is CONNECTOR


def test_a_vehicle_is_read_whole() -> None:
    """Factors, indexes, quoted names, tables of values with booleans and numbers."""
    (found,) = read([VEHICLE], VEHICLES, mode=Mode.TAXI).records
    assert isinstance(found, VehiclePosition)
    assert found == VehiclePosition(
        id="small:A-17",
        dataset="small",
        native_id="A-17",
        mode=Mode.TAXI,
        position=Position(pytest.approx(31.2499), pytest.approx(121.4555)),
        observed_at=NOW.replace(microsecond=0),
        bearing=90,
        speed_kmh=36,
        label="A-17",
        line_id="small:115",
        occupancy=Occupancy(OccupancyStatus.FULL),
        taxi_state=TaxiState.AVAILABLE,
    )


def test_a_vehicle_s_id_is_hashed_unless_it_is_public() -> None:
    """A plate never leaves the connector, not in a record, a reject or a note."""
    plate = "沪A12345"
    options = with_field(VEHICLES | {"public_ids": False}, label=None)
    entries = [VEHICLE | {"no": plate}, VEHICLE | {"no": plate, "t": None}]
    batch = read([*entries, VEHICLE | {"no": plate, "dir": 400}], options)
    assert (batch.entities, len(batch.rejects)) == (3, 2)
    assert plate not in repr(batch)
    assert len(batch.records[0].native_id) == 16  # type: ignore[union-attr]
    keyed = read(entries[:1], options | {"id_key": "a key of sixteen"})
    assert keyed.records[0].id != batch.records[0].id  # type: ignore[union-attr]


def test_displaced_coordinates_are_put_right() -> None:
    """GCJ-02 of a Chinese map becomes WGS-84."""
    lat, lon = gcj02.from_wgs84(31.2499, 121.4555)
    entry = VEHICLE | {"gps pos": [lat * 1e6, lon * 1e6]}
    (found,) = read([entry], VEHICLES | {"coordinates": "gcj02"}).records
    assert isinstance(found, VehiclePosition)
    assert found.position.lat == pytest.approx(31.2499, abs=1e-5)
    assert found.position.lon == pytest.approx(121.4555, abs=1e-5)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"no": ""}, Reason.MISSING_FIELD),
        ({"no": ["a"]}, Reason.BAD_VALUE),
        ({"t": None}, Reason.MISSING_FIELD),
        ({"t": "noon"}, Reason.BAD_VALUE),
        ({"t": 0}, Reason.TIMESTAMP_EPOCH),
        ({"t": T + 301_000}, Reason.TIMESTAMP_IN_FUTURE),
        ({"gps pos": None}, Reason.MISSING_FIELD),
        ({"gps pos": [91e6, 0]}, Reason.POSITION_OUT_OF_RANGE),
        ({"gps pos": [0, 0]}, Reason.POSITION_NOT_FIXED),
        ({"gps pos": ["north", 0]}, Reason.BAD_VALUE),
    ],
)
def test_a_vehicle_that_cannot_be_used_is_rejected_alone(
    changes: dict[str, object], reason: Reason
) -> None:
    """Its neighbour stands; the reason says what was wrong."""
    batch = read([VEHICLE | changes, VEHICLE | {"no": "B-2"}], VEHICLES)
    assert (batch.entities, batch.accepted, len(batch.records)) == (2, 1, 1)
    assert [reject.reason for reject in batch.rejects] == [reason]


@pytest.mark.parametrize(
    "changes", [{"dir": 361}, {"v": -1}, {"v": "fast"}, {"busy": "maybe"}, {"load": 7}]
)
def test_an_optional_value_that_cannot_be_read_costs_only_itself(changes: dict[str, Any]) -> None:
    """The vehicle stands, with one note."""
    batch = read([VEHICLE | changes], VEHICLES)
    assert batch.accepted == 1
    assert [note.reason for note in batch.notes] == [Reason.BAD_VALUE]


@pytest.mark.parametrize(
    ("changes", "reason", "name"),
    [
        ({"bch": None}, Reason.MISSING_FIELD, "id"),
        ({"ddz": " "}, Reason.MISSING_FIELD, "destination"),
        ({"fcsj": "noon"}, Reason.BAD_VALUE, "aimed_departure"),
        ({"fcsj": "24:10"}, Reason.BAD_VALUE, "aimed_departure"),
    ],
)
def test_a_departure_that_cannot_be_used_is_rejected_alone(
    changes: dict[str, Any], reason: Reason, name: str
) -> None:
    """The canonical field is named."""
    batch = read(screen(FIRST | changes, FIRST), DEPARTURES)
    assert [reject.reason for reject in batch.rejects] == [reason]
    assert batch.rejects[0].detail.startswith(name)
    assert len(batch.records) == 1


def test_whether_a_departure_runs_is_never_guessed() -> None:
    """A value that is not in the table rejects the departure, when there is no `*`."""
    strict = with_field(DEPARTURES, cancelled={"from": "$.zt", "values": {"停班": "true"}})
    batch = read(screen(FIRST), strict)
    assert [reject.reason for reject in batch.rejects] == [Reason.BAD_VALUE]
    assert journeys(read(screen(FIRST | {"zt": None}), strict))[0].state is JourneyState.PLANNED


@pytest.mark.parametrize(
    ("aimed", "expected", "wanted"),
    [
        ("23:50", "00:10", at("00:10:00", 2)),
        ("00:05", "23:59", at("23:59:00", 1) - timedelta(days=1)),
        ("12:20", "12:31", at("12:31:00")),
    ],
)
def test_an_expected_time_of_day_is_nearest_to_the_aimed(
    aimed: str, expected: str, wanted: datetime
) -> None:
    """Ten minutes late over midnight is not a day early."""
    (found,) = journeys(read(screen(FIRST | {"fcsj": aimed, "wdsj": expected}), DEPARTURES))
    assert found.calls[0].expected.departure == wanted
    assert found.service_date == date(2023, 10, 1)


def test_today_is_the_day_of_arrival_in_the_feed_s_zone() -> None:
    """At 00:30 in Shanghai it is a new day, whatever UTC says."""
    (found,) = journeys(read(screen(FIRST), DEPARTURES, at=at("00:30:00", 2)))
    assert found.service_date == date(2023, 10, 2)


def test_a_service_date_can_be_read_or_follow_from_a_whole_time() -> None:
    """Mapped with a pattern, or the local day of an aimed departure with a date."""
    mapped = with_field(DEPARTURES, service_date={"from": "$.day", "format": "%Y%m%d"})
    (found,) = journeys(read(screen(FIRST | {"day": 20231005}), mapped))
    assert found.calls[0].aimed.departure == at("12:20:00", 5)
    assert read(screen(FIRST | {"day": "tomorrow"}), mapped).rejects[0].reason is Reason.BAD_VALUE
    whole = with_field(
        DEPARTURES | {"time_format": "iso"}, service_date=None, expected_departure=None
    )
    entry = FIRST | {"fcsj": "2023-10-01T22:00:00Z"}
    (found,) = journeys(read(screen(entry), whole))
    assert found.service_date == date(2023, 10, 2)


def test_a_stated_status_counts_before_one_from_times() -> None:
    """The operator knows more; a cancelled departure stays cancelled."""
    status = {"from": "$.zt", "values": {"晚点": "DELAYED", "正点": "ON_TIME", "停班": "NO_DATA"}}
    options = with_field(DEPARTURES, status=status)
    found = [
        journeys(read(screen(FIRST | {"zt": told, "wdsj": None}), options))[0].calls[0].status
        for told in ("晚点", "正点", "停班", "")
    ]
    assert found == [
        CallStatus.DELAYED,
        CallStatus.ON_TIME,
        CallStatus.CANCELLED,
        CallStatus.NO_DATA,
    ]


def test_a_value_of_the_whole_document() -> None:
    """`$$` looks there, `$` in the entity."""
    options = with_field(DEPARTURES, stop_place="$$.station['the id']")
    (found,) = journeys(read(screen(FIRST, station={"the id": 7}), options))
    assert found.calls[0].stop_place_id == "small:7"


def test_an_entity_listed_twice_is_taken_once() -> None:
    """By id and service date."""
    batch = read(screen(FIRST, FIRST), DEPARTURES, incrementality=Incrementality.FULL)
    assert [reject.reason for reject in batch.rejects] == [Reason.DUPLICATE]
    assert len(batch.records) == 1
    assert batch.complete


def test_absence_withdraws_only_where_configured() -> None:
    """Full and nothing refused; an empty array is a list of nothing."""
    full = Incrementality.FULL
    assert not read(SCREEN, DEPARTURES).complete
    assert read(SCREEN, DEPARTURES, incrementality=full).complete
    assert read(screen(), DEPARTURES, incrementality=full).complete
    assert not read(screen(FIRST | {"ddz": ""}), DEPARTURES, incrementality=full).complete


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.NOT_DECODABLE),
        (b"{", Reason.NOT_DECODABLE),
        (b"\xff\xfe", Reason.NOT_DECODABLE),
        (b"[" * 100_000, Reason.NOT_DECODABLE),
        ({"code": 500, "msg": "busy"}, Reason.SOURCE_ERROR),
        (screen(code=None), Reason.SOURCE_ERROR),
        ({"code": 200, "data": None}, Reason.MISSING_FIELD),
        ({"code": 200, "data": {"list": {}}}, Reason.MISSING_FIELD),
        (screen(*[{}] * 100_001), Reason.TOO_LARGE),
    ],
)
def test_an_answer_without_its_array_is_never_an_empty_one(payload: object, reason: Reason) -> None:
    """The last good state stays."""
    with pytest.raises(PayloadError) as caught:
        read(payload, DEPARTURES)
    assert caught.value.reason is reason
    assert "\n" not in str(caught.value)


def test_the_producer_s_own_time() -> None:
    """Never later than the arrival; one that cannot be read is noted."""
    batch = read(screen(FIRST, time="2023-10-01 13:00:00"), DEPARTURES)
    assert batch.as_of == NOW
    assert batch.notes[0].reason is Reason.TIMESTAMP_IN_FUTURE
    for told, reason in ((None, "TIMESTAMP_MISSING"), ("1970-01-01 08:00:00", "TIMESTAMP_EPOCH")):
        batch = read(screen(FIRST, time=told), DEPARTURES)
        assert batch.as_of is None
        assert [note.reason for note in batch.notes] == [reason]


def test_arrays_within_arrays() -> None:
    """Entities of every inner array; a station without one has none."""
    options = DEPARTURES | {"items": "$.stations[*].list[*]"}
    payload = screen(stations=[{"list": [FIRST]}, {}, {"list": [FIRST | {"bch": "N9"}]}])
    assert read(payload, options).entities == 2


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("1970-01-01 08:00:00", Reason.TIMESTAMP_EPOCH),
        ("0001-01-01 00:00:00", Reason.BAD_VALUE),
        ("2030-01-01 00:00:00", Reason.TIMESTAMP_IN_FUTURE),
        ("yesterday", Reason.BAD_VALUE),
    ],
)
def test_a_time_that_cannot_be_leaves_the_counts(told: str, reason: Reason) -> None:
    """Their age is not known, and that is noted."""
    _, known, *others = read(TABLE.encode("gbk"), PARKING).records
    assert isinstance(known, ParkingStatus)
    body = TABLE.replace("2023-10-01 11:58:00", told).encode("gbk")
    batch = read(body, PARKING)
    assert batch.records[1:] == [replace(known, observed_at=None), *others]
    assert [(note.reason, note.native_id) for note in batch.notes] == [(reason, "P1")]


def test_more_free_spaces_than_spaces_are_noted() -> None:
    """Neither is used; the facility stands."""
    batch = read(TABLE.replace(",37,", ",421,").encode("gbk"), PARKING)
    assert [note.reason for note in batch.notes] == [Reason.BAD_VALUE]
    status = batch.records[1]
    assert isinstance(status, ParkingStatus)
    assert (status.vacant, status.capacity) == (None, 420)


def test_a_table_may_be_odd_and_not_lack_a_column() -> None:
    """Byte order mark, semicolons, blank and short rows; a mapped column must be there."""
    options = PARKING | {"encoding": "utf-8", "delimiter": ";"}
    text = "\ufeff" + TABLE.replace(",", ";") + "\n;;\nP3;东广场\n"
    batch = read(text.encode(), options)
    assert (batch.entities, batch.accepted) == (3, 3)
    assert batch.records[-1] == ParkingStatus(facility_id="small:P3", dataset="small")
    with pytest.raises(PayloadError, match="空余") as caught:
        read(TABLE.replace("空余", "余位").encode("gbk"), PARKING)
    assert caught.value.reason is Reason.MISSING_FIELD
    with pytest.raises(PayloadError):
        read(b"", PARKING)


WRONG = [
    ({}, "record: is missing"),
    (DEPARTURES | {"record": "train"}, "record"),
    (DEPARTURES | {"itms": "$"}, "itms: no such key"),
    (DEPARTURES | {"items": "$.data"}, "items: '$.data' has no"),
    (DEPARTURES | {"items": "data[*]"}, "items: 'data[*]' does not begin with $"),
    (with_field(DEPARTURES, foo="$.a"), "fields.foo: no field of a departure"),
    (with_field(DEPARTURES, id=None), "fields.id: is missing"),
    (with_field(DEPARTURES, service_date=None), "fields.service_date: is missing"),
    (with_field(DEPARTURES, number="$.a[*]"), "fields.number: '$.a[*]': [*]"),
    (with_field(DEPARTURES, number="$..a"), "fields.number: '$..a' is not understood"),
    (with_field(DEPARTURES, number={}), "expected exactly one of from, constant"),
    (with_field(DEPARTURES, number={"from": "$.a", "to": "b"}), "fields.number.to: no such key"),
    (with_field(DEPARTURES, number={"from": "$.a", "format": "iso"}), "fields.number.format"),
    (with_field(DEPARTURES, number={"from": "$.a", "factor": 2}), "fields.number.factor"),
    (
        with_field(DEPARTURES, check_in={"from": "$.a", "values": {"1": "OPENED"}}),
        "fields.check_in.values.1: 'OPENED': expected one of NOT_OPEN",
    ),
    (with_field(DEPARTURES, extra={"constant": "yes"}), "fields.extra.constant: 'yes'"),
    (with_field(DEPARTURES, service_date={"constant": "now"}), "fields.service_date.constant"),
    (with_field(DEPARTURES, service_date={"constant": "2023-02-29"}), "'2023-02-29': expected"),
    (
        with_field(DEPARTURES, service_date={"from": "$.a", "format": "%H"}),
        "fields.service_date: format '%H' does not read the year",
    ),
    (
        with_field(DEPARTURES, observed_at={"from": "$.a", "format": "%Q"}),
        "fields.observed_at: format '%Q'",
    ),
    (DEPARTURES | {"time_format": "epoch"}, "fields.aimed_departure: format 'epoch'"),
    (DEPARTURES | {"as_of": {"from": "$.time", "format": "%H:%M"}}, "as_of: its format has no"),
    (DEPARTURES | {"as_of": {"constant": "x"}}, "as_of: expected a path"),
    (DEPARTURES | {"success": {"from": "$.a[*]", "values": ["0"]}}, "success.from"),
    (PARKING | {"success": {"from": "$.a", "values": ["0"]}}, "success: a CSV table"),
    (VEHICLES | {"id_key": "short"}, "id_key"),
]


@pytest.mark.parametrize(
    ("day", "pattern"), [("2023-10-01", None), ("20231001", "%Y%m%d"), (20231001, "%Y%m%d")]
)
def test_a_constant_date_is_itself(day: object, pattern: str | None) -> None:
    """A table of one day names it once."""
    told = {"constant": day} | ({"format": pattern} if pattern else {})
    made = journeys(read(SCREEN, with_field(DEPARTURES, service_date=told)))
    assert {one.service_date for one in made} == {date(2023, 10, 1)}


@pytest.mark.parametrize(("options", "said"), WRONG)
def test_a_wrong_mapping_is_refused_at_start(options: dict[str, Any], said: str) -> None:
    """Each fault in one line that names the feed and the key."""
    feed = FeedSettings(id="small", kind="mapped", url="http://x.invalid/", options=options)
    area = parse_area(area_text("shanghai-railway-station"))
    with pytest.raises(ConfigError) as caught:
        plan(feed, connector, area)
    told = caught.value.problems
    assert all(
        one.startswith(("feed small: options.", "feed small: options: ")) and "\n" not in one
        for one in told
    )
    assert [one for one in told if said in one]


def check(*arguments: str) -> Any:
    app = typer.Typer(add_completion=False)
    feeds.register(app)
    return CliRunner().invoke(app, ["feed", "check", "mapped", *arguments])


def test_feed_check_tries_a_mapping(tmp_path: Path) -> None:
    """With the keys alone, or with the configuration file the feed will stand in."""
    payload, config, keys = (tmp_path / name for name in ("now.csv", "liandong.toml", "keys.toml"))
    payload.write_bytes(TABLE.encode("gbk"))
    config.write_text("\n".join(CONFIGS[1:]), encoding="utf-8")
    text = CONFIGS[1].partition("[feeds.options]\n")[2].replace("[feeds.options.", "[")
    keys.write_text(text, encoding="utf-8")
    for file in (config, keys):
        result = check(str(payload), "--options", str(file), "--json")
        assert result.exit_code == 0, result.output
        found = json.loads(result.output)
        assert (found["entities"], found["accepted"]) == (2, 2)
        assert found["records"] == {"ParkingFacility": 2, "ParkingStatus": 2}


def test_feed_check_says_what_is_wrong_with_a_mapping(tmp_path: Path) -> None:
    """No options, no such file, several such feeds, a wrong key: one line each, exit code 1."""
    payload, both, wrong = (tmp_path / name for name in ("now.csv", "both.toml", "wrong.toml"))
    payload.write_text(TABLE, encoding="utf-8")
    both.write_text("\n".join(CONFIGS), encoding="utf-8")
    wrong.write_text('record = "parking"\n[fields]\nnr = "$.a"\n', encoding="utf-8")
    for arguments, said in (
        ((), "record: is missing"),
        (("--options", str(tmp_path / "none.toml")), "not a readable TOML file"),
        (("--options", str(both)), "has 2 feeds of kind mapped"),
        (("--options", str(wrong)), "fields.nr: no field of a parking"),
    ):
        result = check(str(payload), *arguments)
        assert result.exit_code == 1
        assert said in result.output
        assert "Traceback" not in result.output


def test_a_mapping_without_a_mode_is_of_another_mode() -> None:
    """Nothing says that a departure is a coach's."""
    assert journeys(read(SCREEN, DEPARTURES))[0].mode is Mode.OTHER


def test_a_context_without_a_mapping_is_a_fault_of_ours() -> None:
    """Not of the payload."""
    bare = replace(context_of(PARKING), config=connector("coach_profile").manifest.config())
    with pytest.raises(TypeError):
        CONNECTOR.parse(Envelope(b"[]", NOW), bare)
