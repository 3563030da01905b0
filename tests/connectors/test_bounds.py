"""What bounds the memory a payload costs: marks, encodings, entities, documents, frames."""

import io
import json
from datetime import UTC, datetime

import pytest
from given import AT, context_of

from connectors import connector
from connectors.jtt.capture import MAX_FRAMES
from hub.connector import Envelope
from hub.errors import PayloadError, Reason
from hub.formats.common import bundle, marks, safe_json, xml, xml_stream
from hub.formats.common.bundle import Document, pack, unpack
from hub.formats.gtfs import realtime as gtfs_rt

STAMP = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())


def refusal(work) -> PayloadError:
    with pytest.raises(PayloadError) as caught:
        work()
    return caught.value


def test_a_small_document_may_be_as_dense_as_it_likes():
    """The rule begins where memory does."""
    assert len(xml.parse(b"<a>" + b"<b/>" * 200_000 + b"</a>")) == 200_000
    assert len(safe_json.loads(b"[" + b"[]," * 100_000 + b"[]]")) == 100_001


def test_a_large_document_of_real_density_is_read():
    """Half a million elements of an honest publication are no bomb."""
    element = b"<StopPointRef>RUT:StopPoint:0301</StopPointRef>"
    assert len(xml.parse(b"<a>" + element * 300_000 + b"</a>")) == 300_000
    entry = b'{"station_id":"1234567","num_bikes_available":12},'
    assert len(safe_json.loads(b"[" + entry * 200_000 + b"{}]")) == 200_001


@pytest.mark.parametrize(
    "work",
    [
        lambda: xml.parse(b"<a>" + b"<b/>" * 400_000 + b"</a>"),
        lambda: xml.parse(f"<a>{'<b/>' * 400_000}</a>".encode("utf-16")),
        lambda: xml.parse(b"<a " + b" ".join(b'a%d=""' % n for n in range(400_000)) + b"/>"),
        lambda: safe_json.loads(b"[" + b"[]," * 400_000 + b"[]]"),
        lambda: safe_json.loads(b"[" + b'{"a":1},' * 400_000 + b"{}]"),
    ],
)
def test_a_large_document_of_nothing_but_marks_is_refused_unread(work):
    """TOO_LARGE, before the tree is there."""
    assert refusal(work).reason is Reason.TOO_LARGE


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030", "windows-1252", "iso-8859-1"])
def test_documents_are_read_in_the_encodings_they_are_published_in(encoding: str):
    """As declared, with or without a byte order mark."""
    body = f'<?xml version="1.0" encoding="{encoding}"?><a>x</a>'.encode(encoding)
    assert xml.parse(body).text == "x"


@pytest.mark.parametrize(
    "body",
    [
        b"<?xml version='1.0' encoding='utf-7'?>+ADw-a/+AD4-",
        b"<?xml version='1.0' encoding=\"UTF-32\"?><a/>",
        "<?xml version='1.0' encoding='cp037'?><a/>".encode("cp037"),
    ],
)
def test_an_encoding_in_which_marks_hide_is_refused(body: bytes):
    """Nobody publishes in it; whoever sends it wants something else."""
    streamed = io.BytesIO(body)
    for work in (lambda: xml.parse(body), lambda: list(xml_stream.documents(streamed, "NeTEx"))):
        error = refusal(work)
        assert error.reason is Reason.NOT_DECODABLE
        assert "encoding" in error.message


def streamed(inner: bytes) -> int:
    """How many Lines of a document are read."""
    body = b"<PublicationDelivery><lines>" + inner + b"</lines></PublicationDelivery>"
    (document,) = xml_stream.documents(io.BytesIO(body), "NeTEx")
    return sum(1 for _ in document.elements({"Line", "Calendar"}, {"Line"}))


def test_what_nobody_reads_is_freed_with_the_elements_around_it(monkeypatch):
    """However the unread parts are wrapped, only those since the last Line count as held."""
    monkeypatch.setattr(xml_stream, "_MOST_HELD", 50_000)
    unread = b"<geometry>" + b"<pos>31.2 121.4 31.2 121.4</pos>" * 10_000 + b"</geometry>"
    assert streamed((unread + b"<wrapped><Line id='1'/></wrapped>") * 8) == 8
    assert refusal(lambda: streamed(unread * 8)).reason is Reason.TOO_LARGE


def test_an_element_that_is_read_whole_keeps_what_stands_in_it():
    """Elements freed inside it take nothing of it with them but what stood beside them."""
    body = b"<r><Calendar><From>1</From><in><Line/></in><To>2</To></Calendar></r>"
    (document,) = xml_stream.documents(io.BytesIO(body), "NeTEx")
    found = [
        (element.tag, element.findtext("From"))
        for element in document.elements({"Line", "Calendar"}, {"Line"})
    ]
    assert found == [("Line", None), ("Calendar", "1")]


def feed_message(*parts: bytes) -> bytes:
    header = b"\x0a\x032.0\x20" + b"\x80\x80\x80\x80\x06"
    return b"\x0a" + bytes([len(header)]) + header + b"".join(parts)


def test_fields_that_no_feed_message_has_are_passed_over():
    """Of every wire type; a group, and a field that does not end, is none."""
    entity = b"\x12\x03\x0a\x01e"
    unknown = (b"\x78\x96\x01", b"\x79" + bytes(8), b"\x7a\x02xx", b"\x7d" + bytes(4))
    header, entities = gtfs_rt.split(feed_message(*unknown, entity, *unknown))
    assert header.gtfs_realtime_version == "2.0"
    assert entities == [b"\x0a\x01e"]
    for broken in (
        b"\x7b",
        b"\x7d\x00",
        b"\x12\x05x",
        b"\x12\xff",
        b"\x78" + b"\xff" * 11,
        b"\x00\x00",
    ):
        error = refusal(lambda broken=broken: gtfs_rt.split(feed_message(entity, broken)))
        assert error.reason is Reason.NOT_DECODABLE


def test_entities_are_capped_before_any_is_decoded():
    """By their number and by the bytes of one; and so are fields that mean nothing."""
    assert refusal(lambda: gtfs_rt.split(feed_message(b"\x12\x00" * 11), 10)).reason is (
        Reason.TOO_LARGE
    )
    size = gtfs_rt.ENTITY_BYTES + 1
    long = b"\x12" + bytes([size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14]) + bytes(size)
    assert refusal(lambda: gtfs_rt.split(feed_message(long))).reason is Reason.TOO_LARGE
    noise = b"\x78\x01" * 2000
    assert refusal(lambda: gtfs_rt.split(feed_message(noise))).reason is Reason.NOT_DECODABLE


def test_a_bundle_of_endless_documents_is_refused():
    """No index leads to so many."""
    full = [Document("", b"x")] * bundle.MAX_DOCUMENTS
    assert len(unpack(pack(full))) == bundle.MAX_DOCUMENTS
    assert refusal(lambda: unpack(pack([*full, full[0]]))).reason is Reason.TOO_LARGE


def test_a_capture_of_endless_frames_is_refused():
    """As text and as a stream; a line longer than any frame is one reject."""
    found = connector("jtt905")
    for body in (b"7e7e\n" * (MAX_FRAMES + 1), b"\x7e" * (MAX_FRAMES + 1)):
        envelope = Envelope(body, AT)
        error = refusal(lambda envelope=envelope: found.parse(envelope, context_of("jtt905")))
        assert error.reason is Reason.TOO_LARGE
    batch = found.parse(Envelope(b"7e" + b"01" * 200_000 + b"7e", AT), context_of("jtt905"))
    assert [reject.reason for reject in batch.rejects] == [Reason.TOO_LARGE]


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("gbfs", {"last_updated": STAMP, "data": {"stations": None}}),
        ("gbfs", {"last_updated": STAMP, "data": {"bikes": None}}),
        ("parkapi", {"last_updated": "2024-01-01T00:00:00", "lots": None}),
        ("mds", {"version": "2.0.0", "vehicles_status": None}),
        ("mds", {"version": "2.0.0", "geographies": None}),
        (
            "mds",
            {
                "version": "2.0.0",
                "geography": {"geography_type": "stop", "geography_json": {"type": "Feature"}},
            },
        ),
    ],
)
def test_a_list_that_is_null_or_gone_is_no_empty_list(kind: str, payload: dict):
    """Without its list a document says nothing, and withdraws nothing."""
    envelope = Envelope(json.dumps(payload).encode(), AT)
    error = refusal(lambda: connector(kind).parse(envelope, context_of(kind)))
    assert error.reason in {Reason.NOT_DECODABLE, Reason.UNSUPPORTED_MESSAGE}


def test_marks_count_what_is_written_not_what_is_padded():
    """UTF-16 is half NULs, and no less dense for it."""
    body = "<b/>".encode("utf-16-le") * 400_000
    assert refusal(lambda: marks.check_xml(body, "XML")).reason is Reason.TOO_LARGE
