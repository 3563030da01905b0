"""`feed check`: what it reports, and how it refuses."""

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bench.feed_data import NOON, schedule_zip
from connectors import connector
from hub import clock
from hub.connector import Batch, ConnectorConfig
from hub.errors import LiandongError, PayloadError, Reason, RetryLater, StartError, UserFault
from hub.ingest.check import check, lacks_static, read
from hub.ingest.check_report import report
from hub.model.situations import Affects, Situation
from tests.connectors.siri_documents import call, et, g7001, gtfs, journey
from tests.contract.mutations import sample_path

ET = connector("siri_et")
DOCUMENT = et(journey(*g7001()), journey(*g7001(), ref=None), journey(call("SHH-1"), ref="t-loop"))
AS_OF = datetime(2026, 3, 2, 3, 59, 50, tzinfo=UTC)


@pytest.fixture
def payload(tmp_path: Path) -> str:
    """A file with two good journeys and a bad one."""
    file = tmp_path / "et.xml"
    file.write_text(DOCUMENT, encoding="utf-8")
    return str(file)


@pytest.fixture
def static(tmp_path: Path) -> str:
    """A file with the timetable."""
    file = tmp_path / "gtfs.zip"
    file.write_bytes(gtfs())
    return str(file)


def test_the_report_is_the_fixed_interface(payload: str, static: str) -> None:
    """Entities, accepted, rejects and records by kind, matches, time and notes, as JSON."""
    report = check(ET, payload, static=static)
    said = report.to_json()
    ambiguous = said["notes"].pop(0)
    assert (ambiguous["reason"], ambiguous["count"]) == ("AMBIGUOUS_MATCH", 1)
    assert ambiguous["example"].startswith("t-loop: the call at SHH-1")
    assert said == {
        "kind": "siri_et",
        "entities": 3,
        "accepted": 2,
        "rejected": {"MISSING_FIELD": 1},
        "records": {"Call": 3, "DatedJourney": 2},
        "matched": {"journeys": 2, "stops": 4},
        "as_of": "2026-03-02T03:59:50+00:00",
        "notes": [
            {
                "reason": "TIMESTAMP_MISSING",
                "count": 1,
                "example": "t-loop: nothing names the service day; taken as 2026-03-02,"
                " the day of the message",
            }
        ],
    }


def test_the_text_says_the_same_in_chinese_and_english(payload: str) -> None:
    """For people the first example of every reason is shown."""
    text = check(ET, payload).to_text()
    assert "接受 accepted 2, 拒绝 rejected 1" in text
    assert "拒绝 rejected MISSING_FIELD ×1: ?: the journey has no DatedVehicleJourneyRef" in text
    assert "提示 note TIMESTAMP_MISSING ×1" in text


def test_every_cause_of_a_refusal_has_its_example() -> None:
    """Not one a reason: of several, a few; what differs in ids and numbers alone is one."""
    batch = Batch(entities=40)
    for number in range(30):
        batch.reject(Reason.BAD_VALUE, f"S{number}", f"S{number}: capacity {number} of 'x{number}'")
    batch.reject(Reason.BAD_VALUE, "T1", "a latitude of 91")
    for word in "abcdefgh":
        batch.note(Reason.MISSING_FIELD, "V", f"no {word}")
    found = report("gbfs", batch)
    assert found.examples == {"BAD_VALUE": ["S0: S0: capacity 0 of 'x0'", "T1: a latitude of 91"]}
    text = found.to_text().splitlines()
    assert "拒绝 rejected BAD_VALUE ×31: S0: S0: capacity 0 of 'x0'" in text
    assert "  又如 also: T1: a latitude of 91" in text
    assert text[-5:] == [
        "提示 note MISSING_FIELD ×8: V: no a",
        *(f"  又如 also: V: no {word}" for word in "bcde"),
    ]
    (note,) = found.to_json()["notes"]
    assert note == {"reason": "MISSING_FIELD", "count": 8, "example": "V: no a"}


@pytest.mark.parametrize(
    ("kind", "name", "as_of", "own"),
    [
        ("cap", "cap/taiwan.cap", "取到之时 when it is fetched", "2"),
        ("netex", "netex/nordic-stops.xml", None, "2017-11-03 21:17:31 Asia/Shanghai"),
        (
            "transxchange",
            "coach-transxchange/flixbus-UK021-london-liverpool.xml",
            None,
            "2024-07-11 11:37:10 Asia/Shanghai",
        ),
    ],
)
def test_a_document_says_its_own_time(kind: str, name: str, as_of: str | None, own: str) -> None:
    """Also of kinds that hold as of when they are fetched: when a warning was sent, a file made."""
    text = check(connector(kind), str(sample_path(name))).to_text()
    assert f"文件时间 the document's own time: {own}" in text
    assert as_of is None or f"数据时间 as of: {as_of}" in text
    assert "unknown" not in text.partition("as of")[2].splitlines()[0]


@pytest.mark.parametrize(
    ("kind", "name", "lacks"),
    [
        ("gbfs", "gbfs/helsinki-v2-station_information.json", False),
        ("gbfs", "gbfs/helsinki-v2-station_status.json", True),
        ("datex2_parking", "datex2-parking/aachen-static.xml", False),
        ("datex2_parking", "datex2-parking/aachen-realtime.xml", False),
        ("siri_sx", "siri/SX_1010_first_message.xml", True),
        ("siri_et", "siri/banenor-et-20180828.xml", True),
        ("gtfs_rt", "gtfs-rt/caltrain-trip-updates.pb", True),
        ("gtfs", "gtfs/caltrain-2018.zip", False),
        ("cap", "cap/taiwan.cap", False),
    ],
)
def test_a_static_reference_is_missed_where_it_would_be_used(kind, name, lacks) -> None:
    """By journeys, and by what names stop places or stations by their ids alone."""
    batch, _ = read(connector(kind), str(sample_path(name)))
    assert lacks_static(connector(kind), batch) is lacks


def test_a_situation_that_names_no_stop_place_misses_none() -> None:
    """Nothing in a timetable says more of it."""
    batch, _ = read(connector("siri_sx"), str(sample_path("siri/SX_1010_first_message.xml")))
    situations = [one for one in batch.records if isinstance(one, Situation)]
    batch.records = [dataclasses.replace(one, affects=Affects()) for one in situations]
    assert situations
    assert not lacks_static(connector("siri_sx"), batch)


def test_without_a_static_reference_nothing_matches(payload: str) -> None:
    """Unmatched journeys are accepted under their own references."""
    report = check(ET, payload)
    assert report.accepted == 2
    assert report.matched == {"journeys": 0, "stops": 0}


def test_an_archived_file_is_read_as_of_its_own_time(payload: str) -> None:
    """Whenever it is checked, a file gives the same report."""
    reports = []
    for year in (2026, 2040):
        with clock.manual(datetime(year, 12, 1, tzinfo=UTC)):
            reports.append(check(ET, payload))
    assert reports[0] == reports[1]
    assert reports[0].as_of == AS_OF


def test_a_file_from_the_future_is_not_believed(payload: str) -> None:
    """A file cannot be of a later moment than the check: its journeys are refused."""
    with clock.manual(AS_OF - timedelta(days=1)):
        assert check(ET, payload).rejected == {"MISSING_FIELD": 1, "TIMESTAMP_IN_FUTURE": 2}


def test_at_is_the_moment_of_arrival(payload: str) -> None:
    """`at` judges a payload as of any moment; it must have a zone."""
    assert check(ET, payload, at=AS_OF).accepted == 2
    early = check(ET, payload, at=AS_OF - timedelta(hours=1))
    assert early.rejected["TIMESTAMP_IN_FUTURE"] == 2
    with pytest.raises(UserFault, match="no zone"):
        check(ET, payload, at=datetime(2026, 3, 2))  # noqa: DTZ001  # that is the point


def test_timezone_is_the_zone_of_times_without_one(tmp_path: Path) -> None:
    """Shanghai unless told otherwise: it decides the day of a journey that nothing dates."""
    file = tmp_path / "et.xml"
    stamp = "2026-03-02T01:00:00"
    file.write_text(et(journey(call("SHH-1"), ref="A"), recorded_at=stamp), encoding="utf-8")
    file.write_text(file.read_text().replace("2026-03-02T11:59:50+08:00", stamp), encoding="utf-8")
    assert check(ET, str(file)).as_of == datetime(2026, 3, 1, 17, tzinfo=UTC)
    assert check(ET, str(file), timezone="Europe/Oslo").as_of == datetime(2026, 3, 2, tzinfo=UTC)


def test_a_url_is_asked_as_the_feed_would(httpserver: HTTPServer, static: str) -> None:
    """A request/response feed is sent its ServiceRequest; the static reference is a plain GET."""
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.get_data(as_text=True))
        return Response(DOCUMENT, content_type="text/xml")

    httpserver.expect_request("/siri", method="POST").respond_with_handler(answer)
    httpserver.expect_request("/gtfs.zip", method="GET").respond_with_data(gtfs())
    with clock.manual(AS_OF + timedelta(seconds=5)):
        report = check(ET, httpserver.url_for("/siri"), static=httpserver.url_for("/gtfs.zip"))
    assert report == check(ET, _file(static), static=static)
    assert "<EstimatedTimetableRequest" in asked[0]


def _file(static: str) -> str:
    file = Path(static).with_name("again.xml")
    file.write_text(DOCUMENT, encoding="utf-8")
    return str(file)


def test_a_payload_that_does_not_decode_raises(tmp_path: Path) -> None:
    """The reason and one line; nothing is reported."""
    file = tmp_path / "et.xml"
    file.write_text("<!DOCTYPE Siri><Siri/>", encoding="utf-8")
    with pytest.raises(PayloadError) as caught:
        check(ET, str(file))
    assert caught.value.reason is Reason.DTD_FORBIDDEN


def test_a_broken_static_reference_is_named(payload: str) -> None:
    """The error says that it is the reference, not the payload."""
    with pytest.raises(PayloadError, match=r"static et\.xml: "):
        check(ET, payload, static=payload)


@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        ("no/such/file.xml", UserFault, "No such file"),
        (".", UserFault, "Is a directory"),
        ("http://127.0.0.1:1/x", RetryLater, "then try again"),
        ("http://", RetryLater, "then try again"),
        ("http://[bad", UserFault, "is no URL"),
    ],
)
def test_a_source_that_cannot_be_read_says_what_to_do(
    source: str, error: type[LiandongError], said: str
) -> None:
    """A missing file and an unreachable address are one line each, with a hint."""
    with pytest.raises(error, match=said) as caught:
        check(ET, source)
    assert caught.value.hint
    assert "\n" not in str(caught.value)


def test_a_server_that_refuses_is_no_payload(httpserver: HTTPServer) -> None:
    """A 500 and a 403 are errors of the source, whatever body they carry."""
    httpserver.expect_request("/500").respond_with_data(DOCUMENT, status=500)
    httpserver.expect_request("/403").respond_with_data(DOCUMENT, status=403)
    for path in ("/500", "/403"):
        with pytest.raises(LiandongError, match=f"answered {path[1:]}"):
            check(ET, httpserver.url_for(path))


def test_a_file_larger_than_a_feed_may_send_is_refused(tmp_path: Path) -> None:
    """The cap of a feed nobody configured holds for a file too; it is refused unread."""
    large = tmp_path / "et.xml"
    with large.open("wb") as file:
        file.truncate(ET.manifest.max_bytes + 1)
    with pytest.raises(PayloadError, match="larger than 67108864 bytes"):
        check(ET, str(large))


def test_a_stop_place_keeps_what_calls_there(tmp_path: Path) -> None:
    """With a stop place the journeys elsewhere are counted as accepted and not kept."""
    file = tmp_path / "gtfs.zip"
    file.write_bytes(schedule_zip(100, 20))
    gtfs, at = connector("gtfs"), NOON
    whole = check(gtfs, str(file), at=at)
    here = check(gtfs, str(file), at=at, stop_places=frozenset({"S7"}))
    assert (here.entities, here.accepted) == (whole.entities, whole.accepted)
    assert 0 < here.records["DatedJourney"] < whole.records["DatedJourney"]


def test_wrong_arguments_say_what_was_expected(payload: str) -> None:
    """An unknown zone, and a static reference for a kind that reads none."""
    with pytest.raises(UserFault, match="IANA"):
        check(ET, payload, timezone="Mars/Olympus")
    with pytest.raises(UserFault, match="reads no static reference"):
        check(connector("jtt905"), payload, static=payload)


def test_a_kind_with_required_options_says_which(payload: str) -> None:
    """A connector that cannot work without options is refused with the missing key."""

    class Strict(ConnectorConfig):
        region: str

    strict = dataclasses.replace(ET, manifest=dataclasses.replace(ET.manifest, config=Strict))
    with pytest.raises(StartError, match="region"):
        check(strict, payload)
