"""CAP: what becomes of an alert, and of what is wrong in it."""

from datetime import UTC, datetime, timedelta
from math import cos, radians

import pytest

from connectors import connector
from connectors.cap import CONNECTOR
from hub.connector import Incrementality
from hub.errors import Reason
from hub.model.common import Name, Position
from hub.model.situations import AlertArea, Period, Severity, Situation, SituationProgress
from tests.connectors.cap_documents import (
    NOW,
    SQUARE,
    alert,
    alerts,
    area,
    id_of,
    info,
    only,
    read,
    reasons,
    reference,
    refused,
)
from tests.contract.mutations import sample


def test_an_alert_is_read_whole() -> None:
    """Identity, severity, texts, validity, urgency, certainty, and its area."""
    inner = info(
        f"<headline>上海市暴雨橙色预警</headline><description>3小时内降雨量将达50毫米</description>"
        f"<instruction>减少外出</instruction>{area(f'<polygon>{SQUARE}</polygon>')}",
        responseType="Shelter",
    )
    found = read(alert(inner))
    assert found.notes == []
    assert found.as_of is None
    assert only(found) == Situation(
        id=id_of(),
        dataset="weather",
        native_id=id_of().removeprefix("weather:"),
        severity=Severity.SEVERE,
        cause="Met",
        effect="Shelter",
        progress=SituationProgress.OPEN,
        summary=Name(zh="上海市暴雨橙色预警"),
        description=Name(zh="3小时内降雨量将达50毫米\n减少外出"),
        advice=Name(zh="减少外出"),
        created_at=datetime(2026, 3, 2, 3, tzinfo=UTC),
        validity=(
            Period(datetime(2026, 3, 2, 3, tzinfo=UTC), datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ),
        areas=(
            AlertArea(
                "静安区",
                (
                    (
                        Position(31.2, 121.4),
                        Position(31.2, 121.5),
                        Position(31.3, 121.5),
                        Position(31.3, 121.4),
                    ),
                ),
            ),
        ),
        urgency="Immediate",
        certainty="Observed",
    )


def test_languages_become_one_name() -> None:
    """Chinese and English side by side; a third language only where there is no English."""
    zh, en = info("<headline>暴雨</headline>"), info("<headline>Rain</headline>", "en-US")
    fr = info("<headline>Pluie</headline>", "fr")
    assert only(read(alert(fr + zh + en))).summary == Name(zh="暴雨", en="Rain")
    assert only(read(alert(fr + zh))).summary == Name(zh="暴雨", en="Pluie")
    assert only(read(alert(info("<headline>雨</headline>", None)))).summary == Name(zh="雨")
    assert only(read(alert(info(language=None, event="Fog")))).summary == Name(en="Fog")
    assert only(read(alert(info(language="ZH_tw")))).summary == Name(zh="暴雨")


def test_several_info_of_one_language_lose_nothing() -> None:
    """Two levels for two areas: both headlines, the worst severity, both areas and periods."""
    near = info(area("<geocode><valueName>CN</valueName><value>310106</value></geocode>", "静安"))
    far = info(
        f"<headline>大雨</headline>{area('', '嘉定')}",
        severity="Extreme",
        urgency="Future",
        expires="2026-03-02T20:00:00+08:00",
    )
    found = only(read(alert(near + far)))
    assert found.summary == Name(zh="暴雨 / 大雨")
    assert (found.severity, found.urgency) == (Severity.EXTREME, "Future")
    assert found.areas == (AlertArea("静安", (), ("CN:310106",)), AlertArea("嘉定"))
    assert [period.end.hour for period in found.validity if period.end] == [10, 12]


def test_an_area_repeated_in_another_language_is_one_area() -> None:
    """The same shape under two descriptions is one area, described in Chinese if it can be."""
    shape = f"<polygon>{SQUARE}</polygon>"
    en, zh = info(area(shape, "Jing'an"), "en"), info(area(shape))
    for inner in (en + zh, zh + en):
        assert [found.description for found in only(read(alert(inner))).areas] == ["静安区"]


def test_a_circle_becomes_a_ring_of_that_radius() -> None:
    """32 corners, each at the radius from the centre; a circle without one stays a geocode."""
    found = only(read(alert(info(area("<circle>31.25,121.45 10</circle>"))))).areas[0]
    (ring,) = found.polygons
    assert len(ring) == 32
    for corner in ring:
        north = (corner.lat - 31.25) * 111.195
        east = (corner.lon - 121.45) * 111.195 * cos(radians(31.25))
        assert (north**2 + east**2) ** 0.5 == pytest.approx(10, rel=0.01)
    point = only(read(alert(info(area("<circle>31.25,121.45 0.0</circle>"))))).areas[0]
    assert point == AlertArea("静安区", (), ("circle:31.25,121.45 0",))


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ("<polygon>31.2,121.4 31.2,121.5 31.3</polygon>", Reason.BAD_VALUE),
        ("<polygon>31.2,121.4 31.2,121.5 31.2,121.4</polygon>", Reason.BAD_VALUE),
        ("<polygon>121.4,31.2 121.5,31.2 121.5,31.3 121.4,31.2</polygon>", "POSITION_OUT_OF_RANGE"),
        ("<polygon>nan,121.4 31.2,121.5 31.3,121.5 31.2,121.4</polygon>", Reason.BAD_VALUE),
        (f"<polygon>{'31.2,121.4 ' * 20_001}</polygon>", Reason.TOO_LARGE),
        ("<circle>31.2,121.4</circle>", Reason.BAD_VALUE),
        ("<circle>31.2,121.4 -5</circle>", Reason.BAD_VALUE),
        ("<circle>131.2,21.4 5</circle>", Reason.POSITION_OUT_OF_RANGE),
    ],
)
def test_a_bad_shape_costs_only_itself(shape: str, reason: Reason) -> None:
    """The alert and its other shapes stand; the note names the alert and the shape."""
    batch = read(alert(info(area(f"{shape}<polygon>{SQUARE}</polygon>"))))
    assert reasons(batch) == [reason]
    assert len(only(batch).areas[0].polygons) == 1


def test_a_ring_that_is_not_closed_is_closed() -> None:
    """And pairs with a space behind the comma are pairs."""
    batch = read(alert(info(area("<polygon>31.2, 121.4 31.2, 121.5 31.3, 121.5</polygon>"))))
    assert reasons(batch) == [Reason.BAD_VALUE]
    assert len(only(batch).areas[0].polygons[0]) == 3


def test_an_update_replaces_what_it_references() -> None:
    """The old alert is withdrawn, and gives no record where both are listed."""
    new = alert(identifier="A2", msgType="Update", references=reference())
    batch = read(new)
    assert batch.withdrawn == [id_of()]
    assert only(batch).id == id_of("A2")
    for document in (alerts(alert(), new), alerts(new, alert())):
        batch = read(document)
        assert (batch.entities, batch.accepted) == (2, 2)
        assert only(batch).id == id_of("A2")
        assert batch.withdrawn == [id_of()]


def test_a_cancel_withdraws_and_shows_nothing() -> None:
    """It needs no info; the time of a reference may be written in any zone."""
    refs = f"{reference(sent='2026-03-02T03:00:00Z')} {reference('B 7')}"
    batch = read(alert("", identifier="A1-cancel", msgType="Cancel", references=refs))
    assert (batch.accepted, batch.records, batch.notes) == (1, [], [])
    assert batch.withdrawn == [id_of(), id_of("B 7")]


def test_references_that_cannot_be_read_are_noted() -> None:
    """The readable ones still count; nobody cancels the future."""
    refs = f"{reference()} nonsense"
    batch = read(alert("", identifier="C", msgType="Cancel", references=refs))
    assert (batch.withdrawn, reasons(batch)) == ([id_of()], [Reason.BAD_VALUE])
    later = reference(sent="2026-03-02T11:00:01+08:00")
    batch = read(alert(identifier="C", msgType="Update", references=later))
    assert (batch.withdrawn, reasons(batch)) == ([], [Reason.TIME_ORDER])
    batch = read(alert(msgType="Update", references=reference()))
    assert only(batch).id == id_of()
    assert batch.withdrawn == []


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (alert(identifier=None), Reason.MISSING_FIELD),
        (alert(sender=" "), Reason.MISSING_FIELD),
        (alert(sent=None), Reason.MISSING_FIELD),
        (alert(sent="today"), Reason.BAD_VALUE),
        (alert(sent="1970-01-01T00:00:00Z"), Reason.TIMESTAMP_EPOCH),
        (alert(sent="2026-03-02T12:06:00+08:00"), Reason.TIMESTAMP_IN_FUTURE),
        (alert(status=None), Reason.MISSING_FIELD),
        (alert(status="Real"), Reason.BAD_VALUE),
        (alert(status="System"), Reason.UNSUPPORTED_MESSAGE),
        (alert(msgType="Revoke"), Reason.BAD_VALUE),
        (alert(scope="Private"), Reason.UNSUPPORTED_MESSAGE),
        (alert(""), Reason.EMPTY_ENTITY),
        (alert("", msgType="Update", references=reference("A0")), Reason.EMPTY_ENTITY),
        (alert("", msgType="Cancel"), Reason.MISSING_FIELD),
        (alert(identifier="x" * 300), Reason.BAD_VALUE),
        (alert(xmlns="urn:oasis:names:tc:emergency:cap:2.0", sent=None), "UNSUPPORTED_VERSION"),
    ],
)
def test_an_alert_that_cannot_be_used_is_rejected_and_withdraws_nothing(
    document: str, reason: Reason
) -> None:
    """Each with its reason; a rejected Update leaves in force what it references."""
    assert refused(read(document)) == reason
    both = read(alerts(document, alert(identifier="good")))
    assert (both.entities, both.accepted) == (2, 1)
    assert only(both).id == id_of("good")


@pytest.mark.parametrize("status", ["Exercise", "Test", "Draft"])
def test_a_drill_is_marked_or_refused(status: str) -> None:
    """As the feed's configuration says; a drill is never an alert in earnest."""
    found = only(read(alert(status=status)))
    assert found.exercise
    assert found.id == id_of(status=f"{status.lower()}/")
    assert refused(read(alert(status=status), exercises="reject")) is Reason.UNSUPPORTED_MESSAGE
    assert not only(read(alert())).exercise


def test_a_drill_s_cancel_withdraws_no_alert_in_earnest() -> None:
    """Whatever it references: it can only take back a drill."""
    cancel = alert("", identifier="C", msgType="Cancel", status="Test", references=reference())
    batch = read(alerts(alert(), cancel))
    assert only(batch).id == id_of()
    assert batch.withdrawn == [id_of(status="test/")]
    batch = read(alerts(alert(status="Test"), cancel))
    assert batch.records == []


def test_ack_and_error_are_noted() -> None:
    """They are accepted and show nothing; an Error's note is told."""
    batch = read(alert("", msgType="Ack", references=reference()))
    assert (batch.accepted, batch.records, batch.withdrawn) == (1, [], [])
    assert reasons(batch) == [Reason.UNSUPPORTED_MESSAGE]
    batch = read(alert("", msgType="Error", references=reference(), note="bad polygon"))
    assert reasons(batch) == [Reason.SOURCE_ERROR]
    assert "bad polygon" in batch.notes[0].detail
    assert batch.withdrawn == []


def test_an_expired_alert_is_closed() -> None:
    """Closed when the last of its info has expired, open until then."""
    document = alert(info() + info(expires="2026-03-02T20:00:00+08:00"))
    before, after = (datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in (11, 12))
    assert only(read(document, at=before)).progress is SituationProgress.OPEN
    assert only(read(document, at=after)).progress is SituationProgress.CLOSED


def test_an_alert_without_expires_stays_or_has_the_configured_lifetime() -> None:
    """CAP leaves it to the recipient; unless configured it stays, and that is noted."""
    document = alert(info(expires=None))
    batch = read(document, at=NOW + timedelta(days=9))
    assert reasons(batch) == [Reason.MISSING_FIELD]
    assert only(batch).validity[0].end is None
    assert only(batch).progress is SituationProgress.OPEN
    batch = read(document, at=NOW + timedelta(days=9), lifetime_s=86400)
    assert batch.notes == []
    assert only(batch).progress is SituationProgress.CLOSED
    assert only(batch).validity[0].end == datetime(2026, 3, 3, 3, tzinfo=UTC)


@pytest.mark.parametrize("told", ["9999-12-31T24:00:00", "9999-12-31T23:59:59+08:00"])
def test_an_expiry_of_the_year_9999_is_said_to_be_none(told: str) -> None:
    """It is there, and nobody shall look for the missing one."""
    batch = read(alert(info(expires=told)))
    assert only(batch).validity[0].end is None
    (note,) = batch.notes
    assert note.reason is Reason.BAD_VALUE
    assert note.detail == f"expires {told} is no end: in force until withdrawn"


def test_an_end_before_the_beginning_ends_the_alert() -> None:
    """It is noted, and the alert is over, not in force for ever."""
    batch = read(alert(info(expires="2026-03-01T18:00:00+08:00")))
    assert reasons(batch) == [Reason.TIME_ORDER]
    assert only(batch).progress is SituationProgress.CLOSED
    assert only(batch).validity == (Period(None, datetime(2026, 3, 1, 10, tzinfo=UTC)),)


def test_a_scope_beyond_the_public_must_be_allowed() -> None:
    """Everybody who reads situations sees them; an absent scope is taken as Public, and noted."""
    assert refused(read(alert(scope="Restricted"))) is Reason.UNSUPPORTED_MESSAGE
    assert only(read(alert(scope="Restricted"), scopes=("Public", "Restricted")))
    assert reasons(read(alert(scope=None))) == [Reason.MISSING_FIELD]


@pytest.mark.parametrize(
    "xmlns",
    [
        "urn:oasis:names:tc:emergency:cap:1.1",
        "http://www.incident.com/cap/1.0",
        "urn:oasis:names:tc:emergency:cap:1.3",
        "",
    ],
)
def test_another_version_is_read_where_it_can_be(xmlns: str) -> None:
    """Older, newer and no namespace: read as 1.2, and noted."""
    batch = read(alert(info(certainty="Very Likely"), xmlns=xmlns))
    assert reasons(batch) == [Reason.UNSUPPORTED_VERSION]
    assert only(batch).certainty == "Likely"


def test_a_geocode_of_cap_1_0_is_plain_text() -> None:
    """It had no valueName."""
    found = only(read(alert(info(area("<geocode>310106</geocode>")))))
    assert found.areas[0].geocodes == ("310106",)


def test_a_word_in_another_case_is_that_word() -> None:
    """Producers write actual and ACTUAL."""
    found = only(read(alert(info(severity="EXTREME"), status="actual", msgType="alert")))
    assert found.severity is Severity.EXTREME
    assert found.urgency == "Immediate"


def test_html_line_breaks_are_line_breaks() -> None:
    """Escaped into the text, as several services do."""
    inner = info("<description>A&lt;br /&gt;B&lt;BR&gt;C</description>")
    assert only(read(alert(inner))).description == Name(zh="A\nB\nC")


def test_a_hostile_alert_takes_neither_time_nor_space() -> None:
    """White space without end, and more areas, codes and references than anybody reads."""
    blank = " " * 300_000
    code = "<geocode><valueName>CN</valueName><value>310106</value></geocode>"
    inner = info(
        area(f"<polygon>31.2{blank}x</polygon><circle>31.2{blank},{blank}x</circle>{code * 30_000}")
        + area("", "嘉定")
    )
    refs = f"{reference()}{blank}x" + f" {reference('B')}" * 1_001
    batch = read(alert(inner, msgType="Update", identifier="U", references=refs))
    assert reasons(batch).count(Reason.TOO_LARGE) == 2
    assert len(batch.withdrawn) == 3
    assert sum(len(found.geocodes) + 1 for found in only(batch).areas) < 20_001


def test_an_alert_listed_twice_is_taken_once() -> None:
    """Same sender, identifier and moment; another moment is another alert."""
    again = alert(sent="2026-03-02T03:00:00+00:00")
    batch = read(alerts(alert(), again, alert(sent="2026-03-02T11:00:01+08:00")))
    assert [reject.reason for reject in batch.rejects] == [Reason.DUPLICATE]
    assert len(batch.records) == 2


def test_absence_withdraws_only_where_configured() -> None:
    """A list is complete if the feed says so and nothing of it went unread or was refused."""
    full = Incrementality.FULL
    assert not read(alerts(alert())).complete
    assert read(alerts(alert(), alert()), incrementality=full).complete
    assert read("<alerts/>", incrementality=full).complete
    assert not read(alerts(alert(), alert(sent=None)), incrementality=full).complete
    assert not read(f"<feed>{alert()}<entry/></feed>", incrementality=full).complete


@pytest.mark.samples
def test_the_chinese_alert_with_a_byte_order_mark() -> None:
    """Taiwan's water agency: traditional Chinese, in the Chinese place."""
    found = only(read(sample("cap/taiwan.cap")))
    assert found.summary == Name(zh="明德水庫:洩洪中")
    assert found.severity is Severity.MODERATE
    assert found.native_id == (
        "ddmt01@wra.gov.tw,WRA_ReservoirWarn_201405142010,2014-05-14T12:10:00+00:00"
    )


@pytest.mark.samples
def test_the_signed_cancel_without_info() -> None:
    """It withdraws the one alert it references."""
    batch = read(sample("cap/no_info_tag.cap"))
    assert batch.withdrawn == [
        "weather:AtHoc,1017033100951096-517189320160225203219800,2016-02-25T20:32:19+00:00"
    ]
    assert batch.accepted == 1


@pytest.mark.samples
def test_the_samples_keep_their_areas() -> None:
    """NOAA's two polygons, its eight references, and Iceland's two languages over one area."""
    batch = read(sample("cap/NOAA_MultiplePolygons.txt"))
    assert len(batch.withdrawn) == 8
    assert sum(len(found.polygons) for found in only(batch).areas) == 2
    iceland = only(read(sample("cap/iceland_met_office.cap")))
    assert iceland.summary.en is not None
    assert len(iceland.areas) == 1


@pytest.mark.samples
def test_a_broken_reference_list_costs_nothing() -> None:
    """Canada's Update with an empty references element is read as an alert."""
    batch = read(sample("cap/canada_errors.cap"))
    assert reasons(batch) == [Reason.MISSING_FIELD]
    assert only(batch).areas


def test_the_kind_is_registered() -> None:
    """`kind = "cap"` finds this connector."""
    assert connector("cap") is CONNECTOR
