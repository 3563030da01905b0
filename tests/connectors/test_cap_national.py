"""CAP as China's national system of warnings (国家突发事件预警信息) writes it."""

from datetime import UTC, datetime

import pytest

from hub.errors import Reason
from hub.model.common import Name
from hub.model.situations import AlertArea, Period, Severity
from tests.connectors.cap_documents import (
    only,
    read,
)

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
