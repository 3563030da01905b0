"""CAP: lists, envelopes and encodings, in which alerts come."""

from base64 import b64encode
from dataclasses import replace

import pytest

from connectors.cap import CONNECTOR, follow_up
from connectors.cap.config import CapConfig
from hub.connector import Envelope, Incrementality, Link
from hub.errors import PayloadError, Reason
from hub.formats.common.bundle import Document, pack
from hub.model.common import Name
from tests.connectors.cap_documents import (
    CONTEXT,
    NOW,
    alert,
    alerts,
    id_of,
    info,
    only,
    read,
    reasons,
)

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
