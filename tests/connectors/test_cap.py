"""CAP: what becomes of an alert, of lists and envelopes, and of what is wrong in them."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import cos, radians
from zoneinfo import ZoneInfo

import pytest

from connectors import connector
from connectors.cap import CONNECTOR, follow_up
from connectors.cap.config import CapConfig
from hub.connector import Batch, Context, Envelope, Incrementality, Link
from hub.errors import PayloadError, Reason
from hub.formats.common.bundle import Document, pack
from hub.model.common import Name, Position
from hub.model.situations import AlertArea, Period, Severity, Situation, SituationProgress
from tests.contract.mutations import sample

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
SENT = "2026-03-02T11:00:00+08:00"
SENDER = "warning@example.invalid"
CAP = "urn:oasis:names:tc:emergency:cap:1.2"
SQUARE = "31.2,121.4 31.2,121.5 31.3,121.5 31.3,121.4 31.2,121.4"
CONTEXT = Context(
    feed_id="weather",
    dataset="weather",
    mode=None,
    timezone=ZoneInfo("Asia/Shanghai"),
    incrementality=Incrementality.AUTO,
    config=CapConfig(),
)


def info(inner: str = "", language: str | None = "zh-CN", **elements: str | None) -> str:
    """An info block in force from 11:00 to 18:00, with elements replaced; None takes one out."""
    told = {
        "language": language,
        "category": "Met",
        "event": "暴雨" if (language or "zh").lower().startswith("zh") else "Rainstorm",
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Observed",
        "expires": "2026-03-02T18:00:00+08:00",
    } | elements
    parts = (f"<{name}>{value}</{name}>" for name, value in told.items() if value is not None)
    return f"<info>{''.join(parts)}{inner}</info>"


def alert(inner: str | None = None, *, xmlns: str = CAP, **elements: str | None) -> str:
    """An alert with elements replaced; None takes one out."""
    told = {
        "identifier": "A1",
        "sender": SENDER,
        "sent": SENT,
        "status": "Actual",
        "msgType": "Alert",
        "scope": "Public",
    } | elements
    parts = (f"<{name}>{value}</{name}>" for name, value in told.items() if value is not None)
    body = info() if inner is None else inner
    return f'<alert xmlns="{xmlns}">{"".join(parts)}{body}</alert>'


def area(inner: str, description: str = "静安区") -> str:
    return f"<area><areaDesc>{description}</areaDesc>{inner}</area>"


def read(
    document: str | bytes,
    *,
    at: datetime = NOW,
    incrementality: Incrementality = Incrementality.AUTO,
    **options: object,
) -> Batch:
    body = document.encode() if isinstance(document, str) else document
    context = replace(CONTEXT, config=CapConfig(**options), incrementality=incrementality)
    return CONNECTOR.parse(Envelope(body, at), context)


def alerts(*documents: str) -> str:
    return f"<alerts>{''.join(documents)}</alerts>"


def only(batch: Batch) -> Situation:
    (record,) = batch.records
    assert isinstance(record, Situation)
    return record


def reference(identifier: str = "A1", sent: str = SENT, sender: str = SENDER) -> str:
    return f"{sender},{identifier},{sent}"


def id_of(identifier: str = "A1", status: str = "") -> str:
    return f"weather:{status}{SENDER},{identifier},2026-03-02T03:00:00+00:00"


def reasons(batch: Batch) -> list[Reason]:
    assert not batch.rejects
    return [note.reason for note in batch.notes]


def refused(batch: Batch) -> Reason:
    assert (batch.entities, batch.accepted, batch.records, batch.withdrawn) == (1, 0, [], [])
    return batch.rejects[0].reason


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


FIRST = "31000041600000_20260302105900"


def national(identifier: str = FIRST, inner: str = "", **elements: str) -> str:
    """A warning as China's national system writes it; the names are made up."""
    told = {
        "msgType": "Alert",
        "references": "",
        "sendTime": "2026-03-02 11:00:00+08:00",
        "severity": "Orange",
        "secClassification": "None",
    } | elements
    return (
        f"<alert><identifier>{identifier}</identifier><sender>某市气象局</sender>"
        f"<senderCode>31000041600000</senderCode><sendTime>{told['sendTime']}</sendTime>"
        f"<status>Actual</status><msgType>{told['msgType']}</msgType><scope>Public</scope>"
        "<code><method><methodName>SMS</methodName><audenceprt>13900000000</audenceprt></method>"
        f"</code><secClassification>{told['secClassification']}</secClassification>"
        f"<references>{told['references']}</references><info><language>zh-CN</language>"
        f"<eventType>11B03</eventType><severity>{told['severity']}</severity>"
        "<certainty>VeryLikely</certainty>"
        "<effective>2026-03-02 11:05:00+08:00</effective><expires/><senderName>张三</senderName>"
        "<headline>某市气象局发布暴雨橙色预警</headline><area><areaDesc>某市</areaDesc><polygon/>"
        f"<geocode>310000000000,310000000000，310104000000</geocode>{inner}</area></info></alert>"
    )


def test_a_warning_of_the_national_system_is_read() -> None:
    """Known by its identifier alone; the colour is the severity, times have a space."""
    batch = read(national())
    situation = only(batch)
    assert situation.id == f"weather:{FIRST}"
    assert situation.certainty == "Likely"
    assert situation.severity is Severity.SEVERE
    assert situation.summary == Name(zh="某市气象局发布暴雨橙色预警")
    assert situation.validity == (Period(datetime(2026, 3, 2, 3, 5, tzinfo=UTC), None),)
    assert situation.areas == (AlertArea("某市", (), ("310000000000", "310104000000")),)
    assert [note.reason for note in batch.notes] == [Reason.MISSING_FIELD]
    assert "张三" not in repr(batch)
    assert "139" not in repr(batch)


@pytest.mark.parametrize(
    ("colour", "severity"),
    [
        ("Blue", Severity.MINOR),
        ("Yellow", Severity.MODERATE),
        ("RED", Severity.EXTREME),
        ("White", Severity.UNKNOWN),
    ],
)
def test_the_colours_of_the_national_system(colour: str, severity: Severity) -> None:
    """Four levels; a fifth is unknown."""
    assert only(read(national(severity=colour))).severity is severity


def test_a_warning_of_the_national_system_is_known_by_the_first_of_its_event() -> None:
    """Updates name the first and stand in its place, the newest counts; a Cancel ends them all."""
    update = {"msgType": "Update", "references": FIRST}
    newest = national("U2", severity="Red", sendTime="2026-03-02 11:40:00+08:00", **update)
    older = national("U1", severity="Yellow", sendTime="2026-03-02 11:20:00+08:00", **update)
    batch = read(f"<alerts>{newest}{national()}{older}</alerts>")
    assert only(batch).severity is Severity.EXTREME
    assert (only(batch).id, batch.withdrawn) == (f"weather:{FIRST}", [])
    assert (batch.entities, batch.accepted) == (3, 3)
    cancel = read(f"<alerts>{newest}{national('C', msgType='Cancel', references=FIRST)}</alerts>")
    assert (cancel.records, cancel.withdrawn) == ([], [f"weather:{FIRST}"])


def test_what_the_national_system_keeps_inside_is_not_public() -> None:
    """Inner is no scope for everybody, whatever the scope says; a time that is none refuses."""
    for body, reason in (
        (national(secClassification="Inner"), Reason.UNSUPPORTED_MESSAGE),
        (national(sendTime="soon"), Reason.BAD_VALUE),
    ):
        assert [reject.reason for reject in read(body).rejects] == [reason]


def test_radii_of_the_national_system_are_metres() -> None:
    """Two kilometres are written 2000."""
    (area,) = only(read(national(inner="<circle>31.2,121.4 2000</circle>"))).areas
    (ring,) = area.polygons
    north = max(corner.lat for corner in ring)
    assert north - 31.2 == pytest.approx(2 / 111.2, rel=0.01)


ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><id>x</id>{}</feed>'


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def test_an_atom_list_gives_its_embedded_alerts() -> None:
    """As elements, as escaped text, as CDATA; an entry that only links is noted by its id."""
    entries = (
        f'<entry><id>1</id><content type="text/xml">{alert(identifier="1")}</content></entry>'
        f"<entry><id>2</id><content>{escaped(alert(identifier='2'))}</content></entry>"
        f"<entry><id>3</id><summary><![CDATA[<?xml version='1.0'?>{alert(identifier='3')}]]>"
        "</summary></entry>"
        '<entry><id>4</id><title>Storm alert</title><link href="http://example.invalid/4"/></entry>'
    )
    batch = read(ATOM.format(entries))
    assert [record.id for record in batch.records] == [id_of("1"), id_of("2"), id_of("3")]
    assert (batch.entities, batch.accepted) == (3, 3)
    assert [(note.reason, note.native_id) for note in batch.notes] == [
        (Reason.UNSUPPORTED_MESSAGE, "4")
    ]


def entry(number: int, *links: str, updated: str | None = "2026-03-02T03:00:00Z") -> str:
    said = f"<updated>{updated}</updated>" if updated else ""
    return f"<entry><id>{number}</id>{said}{''.join(links)}</entry>"


def test_a_list_names_the_alerts_it_does_not_carry() -> None:
    """CAP's own type before none, never a web page; what an entry carries is not fetched."""
    page = '<link type="text/html" href="page"/>'
    body = ATOM.format(
        entry(1, page, '<link href="plain"/>', '<link type="application/cap+xml" href="cap"/>')
        + entry(2, page, '<link href="https://x.test/2"/>', updated=None)
        + entry(3, '<link href="3"/>', alert())
        + entry(4, page, '<link rel="self" href="4"/>')
        + entry(5, '<content type="application/cap+xml" src="five.cap"/>')
    )
    found = follow_up(Envelope(body.encode(), NOW), CONTEXT)
    moment = "2026-03-02T03:00:00Z"
    assert found == (
        Link("cap", "cap", needed=False, edition=moment),
        Link("https://x.test/2", "https://x.test/2", needed=False),
        Link("five.cap", "five.cap", needed=False, edition=moment),
    )
    item = "<item><link>https://x.test/a</link><pubDate>Mon, 02 Mar 2026</pubDate></item>"
    (link,) = follow_up(Envelope(f"<rss><channel>{item}</channel></rss>".encode(), NOW), CONTEXT)
    assert (link.url, link.edition) == ("https://x.test/a", "Mon, 02 Mar 2026")
    ignoring = replace(CONTEXT, config=CapConfig(links="ignore"))
    assert follow_up(Envelope(body.encode(), NOW), ignoring) == ()
    for other in (alert().encode(), b"", b"\xff", b"<html/>"):
        assert follow_up(Envelope(other, NOW), CONTEXT) == ()


def test_what_a_list_names_is_read_with_it() -> None:
    """In the list's order; what is missing or no alert is a note, and the list not complete."""
    index = ATOM.format("".join(entry(n, f'<link href="{n}"/>') for n in (1, 2, 3)))
    documents = [
        Document("", index.encode()),
        Document("2", alert(identifier="2").encode()),
        Document("1", alert(identifier="1").encode()),
    ]
    full = replace(CONTEXT, incrementality=Incrementality.FULL)
    batch = CONNECTOR.parse(Envelope(pack(documents), NOW), full)
    assert [record.id for record in batch.records] == [id_of("1"), id_of("2")]
    assert [(note.reason, note.native_id) for note in batch.notes] == [
        (Reason.UNSUPPORTED_MESSAGE, "3")
    ]
    assert not batch.complete
    for last, complete in ((alert(identifier="3").encode(), True), (b"<!DOCTYPE html>", False)):
        batch = CONNECTOR.parse(Envelope(pack([*documents, Document("3", last)]), NOW), full)
        assert batch.complete is complete


def test_an_alert_that_several_entries_name_is_one() -> None:
    """A list with an entry for each area of an alert names it again and again."""
    index = ATOM.format("".join(entry(n, '<link href="same"/>') for n in (1, 2, 3)))
    body = pack([Document("", index.encode()), Document("same", alert().encode())])
    batch = CONNECTOR.parse(Envelope(body, NOW), CONTEXT)
    assert only(batch).id == id_of()
    assert (batch.entities, batch.rejects, batch.notes) == (1, [], [])


def test_an_rss_list_is_a_list() -> None:
    """Items with an alert inside, and an empty channel."""
    item = f"<item><guid>7</guid><description>{escaped(alert())}</description></item>"
    assert only(read(f'<rss version="2.0"><channel>{item}</channel></rss>')).id == id_of()
    assert read("<rss><channel/></rss>").entities == 0


def test_an_empty_list_is_a_list_without_alerts() -> None:
    """Nothing is in force; that is no error."""
    for document in ("<alerts/>", ATOM.format("")):
        batch = read(document)
        assert (batch.entities, batch.records, batch.notes) == (0, [], [])


def test_an_attack_inside_an_entry_costs_only_the_entry() -> None:
    """A DOCTYPE in what an entry carries is refused unread; the other alerts stand."""
    bomb = f'<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/hostname">]>{alert()}'
    entries = f"<entry><id>bad</id><content>{escaped(bomb)}</content></entry>"
    batch = read(ATOM.format(f"{entries}<entry>{alert(identifier='2')}</entry>"))
    assert only(batch).id == id_of("2")
    assert [(note.reason, note.native_id) for note in batch.notes] == [
        (Reason.DTD_FORBIDDEN, "bad")
    ]


def edxl(*objects: str, status: str = "Actual", kind: str = "Report") -> str:
    listed = "".join(f"<contentObject>{one}</contentObject>" for one in objects)
    return (
        '<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:1.0">'
        f"<distributionID>D1</distributionID><distributionStatus>{status}</distributionStatus>"
        f"<distributionType>{kind}</distributionType>{listed}</EDXLDistribution>"
    )


def xml_content(inner: str) -> str:
    return f"<xmlContent><embeddedXMLContent>{inner}</embeddedXMLContent></xmlContent>"


def base64_content(data: bytes, kind: str = "application/cap+xml") -> str:
    text = b64encode(data).decode()
    return (
        f"<contentDescription>a file</contentDescription><nonXMLContent><mimeType>{kind}</mimeType>"
        f"<contentData>{text[:20]}\n{text[20:]}</contentData></nonXMLContent>"
    )


def test_an_envelope_gives_the_alerts_of_its_content_objects() -> None:
    """As XML and as base64; a content object of another sort is noted."""
    batch = read(
        edxl(
            xml_content(alert(identifier="1")),
            base64_content(b"\xef\xbb\xbf" + alert(identifier="2").encode()),
            base64_content(b"\x89PNG", "image/png"),
            base64_content(b"<report/>"),
            base64_content(b"<!DOCTYPE a><a/>"),
            xml_content("<report xmlns='urn:other'/>"),
            "<nonXMLContent><contentData>***</contentData></nonXMLContent>",
        )
    )
    assert [record.id for record in batch.records] == [id_of("1"), id_of("2")]
    assert batch.entities == 2
    assert [note.reason for note in batch.notes] == [
        Reason.UNSUPPORTED_MESSAGE,
        Reason.UNSUPPORTED_MESSAGE,
        Reason.DTD_FORBIDDEN,
        Reason.UNSUPPORTED_MESSAGE,
        Reason.NOT_DECODABLE,
    ]


def test_an_exercise_envelope_makes_its_alerts_drills() -> None:
    """An Actual alert in an envelope of status Exercise, as XML or in base64, is a drill."""
    inner = [xml_content(alert()), base64_content(alert(identifier="2").encode())]
    batch = read(edxl(*inner, status="Exercise"))
    assert [record.exercise for record in batch.records] == [True, True]  # type: ignore[union-attr]
    assert not any(record.exercise for record in read(edxl(*inner)).records)  # type: ignore[union-attr]


def test_envelopes_within_envelopes_end() -> None:
    """Base64 in base64 in base64 is read to a depth, and noted beyond it."""
    document = alert()
    for _ in range(6):
        document = edxl(base64_content(document.encode()))
    batch = read(document)
    assert batch.entities == 0
    assert batch.notes


def test_the_cancellation_of_an_envelope_is_refused() -> None:
    """It names a distribution, which no alert is known by; nothing in it is shown as new."""
    with pytest.raises(PayloadError) as caught:
        read(edxl(xml_content(alert()), kind="Cancel"))
    assert caught.value.reason is Reason.UNSUPPORTED_MESSAGE


def declared(encoding: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>{alert()}'


@pytest.mark.parametrize(
    "body",
    [
        declared("UTF-8").encode("utf-8-sig"),
        declared("UTF-16").encode("utf-16"),
        declared("gb18030").encode("gb18030"),
        declared("GBK").encode("gbk"),
        declared("UTF-16").encode("utf-8"),
        declared("UTF-8").encode("utf-16"),
        b"\r\n  " + declared("UTF-8").encode(),
        b"\xef\xbb\xbf\xef\xbb\xbf" + declared("UTF-8").encode(),
    ],
)
def test_encodings_are_read_where_they_can_be_known(body: bytes) -> None:
    """Byte order marks, GBK that says so, a UTF-8 document that declares UTF-16, and back."""
    assert only(read(body)).summary == Name(zh="暴雨")


@pytest.mark.parametrize("told", ["gb2312", "GB2312", "gbk"])
def test_what_is_declared_gb2312_is_read_as_gb18030(told: str) -> None:
    """Place names have characters that the declared set lacks; what is UTF-8 is not made GBK."""
    body = f"<?xml version='1.0' encoding='{told}'?>" + alert(info(event="朱镕大道㐂镇暴雨"))
    for encoding in ("gb18030", "utf-8"):
        assert only(read(body.encode(encoding))).summary == Name(zh="朱镕大道㐂镇暴雨")


def test_an_undeclared_gbk_document_needs_the_option() -> None:
    """It is not guessed: refused with a hint, and read when the feed says so."""
    body = declared("UTF-8").encode("gbk")
    with pytest.raises(PayloadError) as caught:
        read(body)
    assert caught.value.reason is Reason.NOT_DECODABLE
    assert "options.encoding" in str(caught.value)
    assert only(read(body, encoding="gb18030")).summary == Name(zh="暴雨")
    with pytest.raises(PayloadError):
        read("暴雨".encode(), encoding="ascii")
    with pytest.raises(ValueError, match="such as gb18030"):
        CapConfig(encoding="klingon")


@pytest.mark.parametrize("document", ["<a/>", "<html><body>502</body></html>", "", "[]"])
def test_what_is_no_alert_and_no_list_is_refused(document: str) -> None:
    """An error page is never an empty list."""
    with pytest.raises(PayloadError):
        read(document)


def test_a_text_without_end_is_cut() -> None:
    """No document too large for the database."""
    batch = read(alert(info(f"<description>{'雨' * 20_000}</description>")))
    assert reasons(batch) == [Reason.TOO_LARGE]
    description = only(batch).description
    assert description is not None
    assert len(description.best) == 10_000


def test_more_alerts_than_anybody_has_are_refused() -> None:
    """A document of ten thousand and one."""
    with pytest.raises(PayloadError) as caught:
        read(alerts("<alert/>" * 10_001))
    assert caught.value.reason is Reason.TOO_LARGE


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
