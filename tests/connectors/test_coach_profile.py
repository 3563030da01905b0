"""The coach station profile: what becomes of a publication, its schema, and signed pushes."""

import copy
import json
import re
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from connectors import connector
from connectors.coach_profile import CONNECTOR, SCHEMA, CoachProfileConfig, accept
from hub.connector import Batch, Context, Envelope, Incrementality, Pushed
from hub.errors import AccessDenied, PayloadError, Reason
from hub.formats.common.signed_push import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from hub.ingest.plan import plan
from hub.model.area import parse_area
from hub.model.common import Mode, Name
from hub.model.journeys import (
    Boarding,
    Call,
    CallStatus,
    CheckIn,
    DatedJourney,
    JourneyState,
    Layer,
    LineRef,
    SaleStatus,
    Times,
)
from hub.settings import Settings, area_text

DOCS = (Path(__file__).parents[2] / "docs" / "coach-profile.md").read_text(encoding="utf-8")
EXAMPLES = sorted(SCHEMA.parent.joinpath("examples").glob("*.json"))
DAY: dict[str, Any] = json.loads(SCHEMA.with_name("examples").joinpath("day.json").read_bytes())
NOW = datetime(2023, 10, 1, 4, 0, 10, tzinfo=UTC)
SECRET = b"a secret of this test only"
CONTEXT = Context(
    feed_id="coach",
    dataset="coach",
    mode=Mode.COACH,
    timezone=ZoneInfo("Asia/Shanghai"),
    incrementality=Incrementality.AUTO,
    config=CoachProfileConfig(),
)


def read(payload: object, at: datetime = NOW, context: Context = CONTEXT) -> Batch:
    return CONNECTOR.parse(Envelope(json.dumps(payload).encode(), at), context)


def day(**changes: object) -> dict[str, Any]:
    """The example publication with envelope properties changed; None takes one out."""
    payload = copy.deepcopy(DAY) | changes
    return {name: value for name, value in payload.items() if value is not None}


def one(**changes: object) -> dict[str, Any]:
    """A publication of one departure, changed; None takes a property out."""
    departure = copy.deepcopy(DAY["departures"][1]) | changes
    kept = {name: value for name, value in departure.items() if value is not None}
    return day(departures=[kept])


def journeys(batch: Batch) -> list[DatedJourney]:
    assert all(isinstance(record, DatedJourney) for record in batch.records)
    return batch.records  # type: ignore[return-value]


def call_of(payload: object, at: datetime = NOW) -> Call:
    (journey,) = journeys(read(payload, at))
    return journey.calls[0]


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2023-10-01T{clock}+08:00").astimezone(UTC)


def test_a_departure_is_read_whole() -> None:
    """Number, destination, times, both gates, seats, ticket check, sale; and when it was seen."""
    assert journeys(read(one()))[0] == DatedJourney(
        id="coach:1001-0002:2023-10-01",
        dataset="coach",
        native_id="1001-0002",
        service_date=date(2023, 10, 1),
        layer=Layer.REALTIME,
        mode=Mode.COACH,
        state=JourneyState.PLANNED,
        public_code="B1207",
        origin=Name(zh="上海长途汽车客运总站", en="Shanghai Long-distance Coach Station"),
        destination=Name(zh="南通", en="Nantong"),
        calls=(
            Call(
                order=1,
                stop_place_id="coach:SHLD",
                stop_name=Name(
                    zh="上海长途汽车客运总站", en="Shanghai Long-distance Coach Station"
                ),
                aimed=Times(departure=at("12:10:00")),
                expected=Times(departure=at("12:35:00")),
                planned_platform="5",
                actual_platform="7",
                status=CallStatus.DELAYED,
                alighting=False,
                coach=Boarding(45, 12, CheckIn.OPEN, SaleStatus.ON_SALE),
            ),
        ),
        observed_at=at("11:59:40"),
    )


def test_the_example_day_gives_five_departures() -> None:
    """Departed, delayed, cancelled, extra, and one of which no real time is known."""
    batch = read(DAY)
    assert (batch.entities, batch.accepted, batch.notes) == (5, 5, [])
    assert batch.as_of == at("12:00:05")
    assert batch.complete
    assert [journey.state for journey in journeys(batch)] == [
        JourneyState.RUNNING,
        JourneyState.PLANNED,
        JourneyState.CANCELLED,
        JourneyState.ADDED,
        JourneyState.PLANNED,
    ]
    assert [journey.calls[0].status for journey in journeys(batch)] == [
        CallStatus.DEPARTED,
        CallStatus.DELAYED,
        CallStatus.CANCELLED,
        CallStatus.ON_TIME,
        CallStatus.NO_DATA,
    ]
    assert journeys(batch)[0].line == LineRef(
        id="coach:SH-SZ", public_code="SH-SZ", name=Name(zh="上海—苏州", en="Shanghai - Suzhou")
    )


def test_a_departure_after_midnight_belongs_to_its_service_date() -> None:
    """The service date is said, never derived from the hour."""
    last = journeys(read(DAY))[-1]
    assert last.service_date == date(2023, 10, 1)
    assert last.calls[0].aimed.departure == at("00:20:00") + timedelta(days=1)


@pytest.mark.parametrize(
    ("expected", "status"),
    [
        (None, CallStatus.NO_DATA),
        ("2023-10-01T12:10:59+08:00", CallStatus.ON_TIME),
        ("2023-10-01T12:11:00+08:00", CallStatus.DELAYED),
        ("2023-10-01T12:08:00+08:00", CallStatus.EARLY),
    ],
)
def test_status_comes_from_the_expected_departure(expected: str | None, status: str) -> None:
    """Within a minute is on time; without an estimate nothing is known, which is not on time."""
    assert call_of(one(expectedDeparture=expected)).status == status


def test_a_departure_without_coach_facts_has_no_boarding() -> None:
    """Nothing said of seats, ticket check and sale is None, not zeros."""
    assert call_of(one(seats=None, checkIn=None, sale=None)).coach is None
    assert call_of(one(seats={"available": 0}, checkIn=None, sale=None)).coach == Boarding(None, 0)


def test_more_free_seats_than_seats_are_no_seats() -> None:
    """Nobody can say which of the two is wrong: neither is shown, the departure is."""
    batch = read(one(seats={"total": 45, "available": 46}))
    assert [note.reason for note in batch.notes] == [Reason.BAD_VALUE]
    assert journeys(batch)[0].calls[0].coach == Boarding(
        check_in=CheckIn.OPEN, sale=SaleStatus.ON_SALE
    )


@pytest.mark.parametrize(
    "missing", ["id", "serviceDate", "number", "destination", "aimedDeparture"]
)
def test_a_departure_without_a_required_property_is_rejected_alone(missing: str) -> None:
    """One bad departure never drops the rest, and its reject names the property."""
    payload = day()
    del payload["departures"][1][missing]
    batch = read(payload)
    assert (batch.entities, batch.accepted) == (5, 4)
    (reject,) = batch.rejects
    assert reject.reason is Reason.MISSING_FIELD
    assert reject.detail == f"{missing} is missing"
    assert reject.native_id == ("departures[1]" if missing == "id" else "1001-0002")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("aimedDeparture", "2023-10-01T12:10:00"),
        ("aimedDeparture", "2023-02-30T12:10:00+08:00"),
        ("aimedDeparture", 1696133400),
        ("serviceDate", "20231001"),
        ("number", 1207),
        ("destination", "南通"),
        ("destination", {}),
        ("cancelled", "no"),
    ],
)
def test_an_unreadable_required_property_rejects_the_departure(name: str, value: object) -> None:
    """A time without its zone is not guessed; nor whether a departure runs."""
    batch = read(one(**{name: value}))
    assert [reject.reason for reject in batch.rejects] == [Reason.BAD_VALUE]
    assert name in batch.rejects[0].detail
    assert not batch.records
    assert not batch.complete


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("checkIn", "OPENED"),
        ("sale", None.__class__.__name__),
        ("seats", {"available": -1}),
        ("seats", {"available": "12"}),
        ("seats", {"available": True}),
        ("gate", ""),
        ("gate", 7),
        ("expectedDeparture", "soon"),
        ("line", "SH-NT"),
        ("driver", {"name": "someone"}),
    ],
)
def test_an_unreadable_optional_property_costs_only_itself(name: str, value: object) -> None:
    """The departure stands without it, and a note names it."""
    batch = read(one(**{name: value}))
    assert batch.accepted == 1
    assert [note.reason for note in batch.notes] == [Reason.BAD_VALUE]
    assert name in batch.notes[0].detail
    assert "someone" not in repr(batch)


def test_a_departure_listed_twice_is_taken_once() -> None:
    """The first is taken, the second is a DUPLICATE, and the list is still complete."""
    batch = read(day(departures=DAY["departures"] * 2))
    assert (batch.entities, batch.accepted, len(batch.records)) == (10, 5, 5)
    assert {reject.reason for reject in batch.rejects} == {Reason.DUPLICATE}
    assert batch.complete


def test_nothing_has_left_in_the_future() -> None:
    """An actual departure yet to come is not believed; an observation yet to come is refused."""
    batch = read(one(actualDeparture="2023-10-01T13:00:00+08:00"))
    assert journeys(batch)[0].calls[0].status is CallStatus.DELAYED
    assert [note.reason for note in batch.notes] == [Reason.TIMESTAMP_IN_FUTURE]
    batch = read(one(observedAt="2023-10-01T13:00:00+08:00"))
    assert [reject.reason for reject in batch.rejects] == [Reason.TIMESTAMP_IN_FUTURE]


def test_a_clock_that_runs_ahead_makes_nothing_fresher() -> None:
    """A publication of the future is as of its arrival, with a note."""
    batch = read(DAY, NOW - timedelta(hours=1))
    assert batch.as_of == NOW - timedelta(hours=1)
    assert batch.notes[0].reason is Reason.TIMESTAMP_IN_FUTURE


@pytest.mark.parametrize(
    ("said", "incrementality", "complete"),
    [
        (True, Incrementality.AUTO, True),
        (False, Incrementality.AUTO, False),
        (None, Incrementality.AUTO, False),
        (False, Incrementality.FULL, True),
        (True, Incrementality.DIFFERENTIAL, False),
    ],
)
def test_what_absence_means_is_said_or_configured(
    said: bool | None, incrementality: Incrementality, complete: bool
) -> None:
    """Only a complete list withdraws; the feed's configuration overrules what it says."""
    context = replace(CONTEXT, incrementality=incrementality)
    assert read(day(complete=said), context=context).complete is complete


def test_another_station_s_departures_are_accepted_and_not_kept() -> None:
    """With stop places of the interchange configured, others yield no record."""
    here = replace(CONTEXT, stop_places=frozenset({"SHLD"}))
    elsewhere = replace(CONTEXT, stop_places=frozenset({"SHN"}))
    assert len(read(DAY, context=here).records) == 5
    batch = read(DAY, context=elsewhere)
    assert (batch.accepted, batch.records) == (5, [])


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ([], Reason.NOT_DECODABLE),
        ({}, Reason.UNSUPPORTED_MESSAGE),
        (day(profile="other"), Reason.UNSUPPORTED_MESSAGE),
        (day(version="2.0"), Reason.UNSUPPORTED_VERSION),
        (day(version=1.0), Reason.UNSUPPORTED_VERSION),
        (day(station=None), Reason.MISSING_FIELD),
        (day(departures=None), Reason.MISSING_FIELD),
        (day(generatedAt="yesterday"), Reason.BAD_VALUE),
        (day(departures={}), Reason.BAD_VALUE),
        (day(departures=[0] * 20_001), Reason.TOO_LARGE),
    ],
)
def test_an_unreadable_envelope_refuses_the_payload(payload: object, reason: Reason) -> None:
    """Nothing can be said without the profile, its version, the station and the moment."""
    with pytest.raises(PayloadError) as caught:
        read(payload)
    assert caught.value.reason is reason
    assert "\n" not in str(caught.value)


def test_deep_nesting_is_refused() -> None:
    """A hundred thousand brackets are no JSON this hub reads."""
    with pytest.raises(PayloadError):
        CONNECTOR.parse(Envelope(b"[" * 100_000, NOW), CONTEXT)


def test_a_later_minor_version_is_read_with_a_note() -> None:
    """1.x only adds properties; what is new is not read, what is known is."""
    batch = read(day(version="1.1", weather="rain"))
    assert batch.accepted == 5
    assert {note.reason for note in batch.notes} == {Reason.UNSUPPORTED_VERSION, Reason.BAD_VALUE}


def test_a_byte_order_mark_does_no_harm() -> None:
    """Some exporters put one before UTF-8."""
    body = b"\xef\xbb\xbf" + json.dumps(DAY).encode()
    assert CONNECTOR.parse(Envelope(body, NOW), CONTEXT).accepted == 5


VALIDATOR = Draft202012Validator(
    json.loads(SCHEMA.read_bytes()), format_checker=Draft202012Validator.FORMAT_CHECKER
)


def test_the_schema_is_a_schema() -> None:
    """JSON Schema 2020-12, by its own meta-schema."""
    Draft202012Validator.check_schema(json.loads(SCHEMA.read_bytes()))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_an_example_is_valid_and_read_without_a_note(file: Path) -> None:
    """What the documentation shows is what the schema allows and the hub takes."""
    payload = json.loads(file.read_bytes())
    assert list(VALIDATOR.iter_errors(payload)) == []
    batch = read(payload, NOW + timedelta(minutes=2))
    assert batch.entities == len(payload["departures"]) == len(batch.records)
    assert (batch.rejects, batch.notes) == ([], [])


ODD = st.one_of(
    st.sampled_from(["", " ", "x", "OPEN", "ON_SALE", "2023-10-01", "2023-10-01T12:00:00Z"]),
    st.sampled_from(["2023-13-01", "2023-10-01T12:00:00", "12", "a" * 201, "1.0"]),
    st.booleans(),
    st.integers(-3, 1_200_000),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: value % 1 != 0),
    st.sampled_from([[], {}, {"zh": ""}, {"zh": "南通"}, {"id": "1"}, {"total": 3, "x": 1}]),
)
PLACES = st.sampled_from(
    [
        *((name,) for name in ("profile", "version", "generatedAt", "complete", "extra")),
        *(("station", name) for name in ("id", "name", "other")),
        *(("departures", 1, name) for name in (*DAY["departures"][1], "extra", "cancelled", "foo")),
        *(("departures", 1, "seats", name) for name in ("total", "available", "free")),
    ]
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(place=PLACES, value=ODD)
def test_what_the_schema_forbids_is_never_taken_silently(
    place: tuple[str | int, ...], value: object
) -> None:
    """A publication is valid exactly if the hub refuses and notes nothing about its form."""
    payload = day()
    inside: Any = payload
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = value
    valid = VALIDATOR.is_valid(payload)
    try:
        batch = read(payload, datetime(2199, 1, 1, tzinfo=UTC))
        sums = [note for note in batch.notes if "neither is used" in note.detail]
        clean = not batch.rejects and batch.notes == sums
    except PayloadError:
        clean = False
    assert clean is valid


def pushed(
    body: bytes, *, secret: bytes | None = SECRET, signed: datetime = NOW, **headers: str
) -> Pushed:
    made = {name.lower(): value for name, value in sign(SECRET, signed, body).items()}
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return Pushed(Envelope(body, NOW, "push"), made | changed, secret)


BODY = json.dumps(DAY).encode()


def test_a_signed_push_is_taken_and_counted() -> None:
    """The answer says how many departures were taken, and of each refused one why."""
    payload = day()
    del payload["departures"][1]["number"]
    accepted = accept(pushed(json.dumps(payload).encode()), CONTEXT)
    assert (accepted.status, accepted.content_type) == (200, "application/json")
    assert accepted.batch is not None
    assert len(accepted.batch.records) == 4
    assert json.loads(accepted.body) == {
        "entities": 5,
        "accepted": 4,
        "rejected": [{"id": "1001-0002", "reason": "MISSING_FIELD", "detail": "number is missing"}],
        "notes": [],
    }


def test_a_push_gives_what_a_poll_gives() -> None:
    """One payload, one batch, however it came."""
    assert accept(pushed(BODY), CONTEXT).batch == CONNECTOR.parse(Envelope(BODY, NOW), CONTEXT)


@pytest.mark.parametrize(
    "refused",
    [
        replace(pushed(BODY), envelope=Envelope(BODY + b" ", NOW)),
        replace(pushed(BODY), secret=b"another secret"),
        replace(pushed(BODY), headers={}),
        pushed(BODY, x_liandong_signature=""),
        pushed(BODY, x_liandong_signature="v1=" + "0" * 64),
        pushed(BODY, x_liandong_signature="v1=é"),
        pushed(BODY, x_liandong_signature=sign(SECRET, NOW, BODY)[SIGNATURE_HEADER][3:]),
        pushed(BODY, x_liandong_timestamp=str(int(NOW.timestamp()) + 1)),
        pushed(BODY, x_liandong_timestamp="2023-10-01T12:00:10+08:00"),
        pushed(BODY, x_liandong_timestamp="١٦٩٦١٣٢٨١٠"),
        pushed(BODY, x_liandong_timestamp="9" * 12),
        pushed(BODY, signed=NOW - timedelta(seconds=301)),
        pushed(BODY, signed=NOW + timedelta(seconds=301)),
        pushed(BODY, secret=None),
        pushed(BODY, secret=b""),
    ],
)
def test_a_push_that_is_not_proven_is_denied_unread(refused: Pushed) -> None:
    """Other body, other secret, no or malformed headers, too old, too new, no secret at all."""
    with pytest.raises(AccessDenied) as caught:
        accept(refused, CONTEXT)
    assert caught.value.code == "UNAUTHENTICATED"
    assert caught.value.hint


def test_when_an_old_push_was_signed_is_said_in_a_zone_with_its_name() -> None:
    """A person reads it as a reason of the feed."""
    with pytest.raises(AccessDenied, match="signed 2023-10-01 12:05:11 Asia/Shanghai, received"):
        accept(pushed(BODY, signed=NOW + timedelta(seconds=301)), CONTEXT)


def test_the_replay_window_is_the_feed_s() -> None:
    """A station with a slow line may be given longer, within an hour."""
    late = pushed(BODY, signed=NOW - timedelta(minutes=20))
    patient = replace(CONTEXT, config=CoachProfileConfig(replay_window_s=1800))
    assert accept(late, patient).batch is not None
    with pytest.raises(ValueError, match="less than or equal to 3600"):
        CoachProfileConfig(replay_window_s=3601)


def test_an_unreadable_push_is_a_payload_error() -> None:
    """A proven sender's broken body is quarantined like a poll's."""
    with pytest.raises(PayloadError):
        accept(pushed(b"{"), CONTEXT)


def test_the_documented_signature_is_the_one_made() -> None:
    """The example in docs/coach-profile.md, computed there and here."""
    headers = sign(b"example-secret", datetime(2023, 10, 1, 4, 0, 10, tzinfo=UTC), b"{}")
    for name in (TIMESTAMP_HEADER, SIGNATURE_HEADER):
        assert f"{name}: {headers[name]}" in DOCS


@pytest.mark.parametrize("text", re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL))
def test_the_documented_feeds_can_run(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Polled and pushed, as docs/coach-profile.md configures them."""
    monkeypatch.setenv("COACH_PUSH_SECRET", "s")
    (feed,) = Settings.model_validate(tomllib.loads(text)).feeds
    area = parse_area(area_text("shanghai-railway-station"))
    assert plan(feed, connector, area).connector is CONNECTOR


def test_the_documented_publication_is_read() -> None:
    """The first JSON of docs/coach-profile.md is the minimal example, by the schema and the hub."""
    payload = json.loads(re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL)[0])
    assert VALIDATOR.is_valid(payload)
    batch = read(payload, NOW + timedelta(minutes=2))
    assert (batch.accepted, batch.notes) == (1, [])


def test_the_kind_is_registered() -> None:
    """`kind = "coach_profile"` finds this connector."""
    assert connector("coach_profile") is CONNECTOR
