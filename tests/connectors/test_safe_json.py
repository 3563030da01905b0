"""JSON as producers write it, and as attackers do."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hub.errors import PayloadError, Reason
from hub.formats.common import safe_json
from hub.formats.common.bundle import Document, pack, unpack
from hub.formats.common.safe_json import Fields, Unusable, loads
from hub.model.common import Name, Position


def fields(text: str) -> Fields:
    return Fields(loads(text.encode()))


def test_a_byte_order_mark_is_no_part_of_it() -> None:
    """UTF-8 with or without."""
    assert loads(b"\xef\xbb\xbf{}") == loads(b"{}") == {}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.NOT_DECODABLE),
        (b"{", Reason.NOT_DECODABLE),
        (b"\xff\xfe{\x00}\x00", Reason.NOT_DECODABLE),
        (b"[" * 100_000, Reason.NOT_DECODABLE),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, Reason.NOT_DECODABLE),
    ],
)
def test_what_is_no_json_is_refused_in_one_line(body: bytes, reason: Reason) -> None:
    """Broken, in another encoding, nested without end: a PayloadError, never a crash."""
    with pytest.raises(PayloadError) as caught:
        loads(body)
    assert caught.value.reason is reason
    assert "\n" not in str(caught.value)


def test_too_many_bytes_are_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cap is checked before anything is decoded."""
    monkeypatch.setattr(safe_json, "MAX_BYTES", 3)
    with pytest.raises(PayloadError) as caught:
        loads(b"nope")
    assert caught.value.reason is Reason.TOO_LARGE


def test_what_nobody_can_be_sure_of_spoils_only_itself() -> None:
    """NaN, infinities, endless digits and a name said twice with two values."""
    body = '{"a":NaN,"b":-Infinity,"c":1e999,"d":%s,"e":1,"e":2,"f":1,"f":1,"g":5}' % ("9" * 5000)
    found = loads(body.encode())
    assert [name for name, value in found.items() if isinstance(value, Unusable)] == list("abcde")
    read = Fields(found)
    assert [read.number(name) for name in "abcdefg"] == [None] * 5 + [1, 5]
    assert [fault.reason for fault in read.faults] == [Reason.BAD_VALUE] * 5


def test_numbers_as_real_producers_write_them() -> None:
    """5, 5.0 and "5" are five; true, "x", -1 and 5.5 are no count."""
    read = fields('{"a":5,"b":5.0,"c":"5","d":"","e":null}')
    assert [read.whole(name) for name in "abcdef"] == [5, 5, 5, None, None, None]
    assert read.faults == []
    bad = fields('{"a":true,"b":"x","c":-1,"d":5.5,"e":[5],"f":{"x":5}}')
    assert [bad.whole(name) for name in "abcdef"] == [None] * 6
    assert len(bad.faults) == 6


def test_flags_as_real_producers_write_them() -> None:
    """1, "true" and true are true; 2 is nothing."""
    read = fields('{"a":true,"b":1,"c":"TRUE","d":0,"e":2}')
    assert [read.flag(name) for name in "abcde"] == [True, True, True, False, None]
    assert len(read.faults) == 1


@pytest.mark.parametrize(
    "written",
    [
        "1772438400",
        "1772438400.0",
        '"1772438400"',
        '"2026-03-02T08:00:00Z"',
        '"2026-03-02T16:00:00+08:00"',
        '"2026-03-02T16:00:00"',
        '"2026-03-02 16:00"',
        "1772438400000",
    ],
)
def test_times_as_real_producers_write_them(written: str) -> None:
    """Seconds, milliseconds by their size, RFC 3339, and the feed's zone where there is none."""
    read = fields(f'{{"t":{written}}}')
    assert read.time("t", ZoneInfo("Asia/Shanghai")) == datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_milliseconds_in_seconds_are_read_as_such() -> None:
    """And the other way round, each with a fault; what is neither is none."""
    read = fields('{"s":1772438400,"ms":1772438400000,"us":1772438400000000}')
    moment = datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert [read.time("s"), read.time("ms", milliseconds=True)] == [moment] * 2
    assert read.faults == []
    assert [read.time("ms"), read.time("s", milliseconds=True)] == [moment] * 2
    assert [fault.detail for fault in read.faults] == [
        "ms is in milliseconds; read as such",
        "s is in seconds; read as such",
    ]
    assert read.time("us") is None


@pytest.mark.parametrize("written", ['"2026-11-25T24:00:00Z"', '"2026-11-25t24:00z"'])
def test_the_end_of_a_day_is_the_next(written: str) -> None:
    """24:00:00 is no RFC 3339, and happens."""
    assert fields(f'{{"t":{written}}}').time("t") == datetime(2026, 11, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("0", Reason.TIMESTAMP_EPOCH),
        ("-5", Reason.TIMESTAMP_EPOCH),
        ('"1970-01-01T00:00:00Z"', Reason.TIMESTAMP_EPOCH),
        ('"0001-01-01T00:00:00Z"', Reason.TIMESTAMP_EPOCH),
        ('"0001-01-01T00:00:00+14:00"', Reason.BAD_VALUE),
        ('"9999-12-31T23:59:59Z"', Reason.BAD_VALUE),
        ('"2026-02-30T00:00:00Z"', Reason.BAD_VALUE),
        ('"tomorrow"', Reason.BAD_VALUE),
        ("true", Reason.BAD_VALUE),
        ("[]", Reason.BAD_VALUE),
    ],
)
def test_times_that_are_none(written: str, reason: Reason) -> None:
    """None, and the reason why."""
    read = fields(f'{{"t":{written}}}')
    assert read.time("t") is None
    assert read.faults[-1].reason is reason


def test_texts_are_printable_and_of_bounded_length() -> None:
    """Half characters and control characters cannot be stored; neither can a novel."""
    read = Fields(
        {"a": " East\n\tSquare\u3000", "b": "\ud800x\x00", "c": "x" * 501, "d": 5, "e": 7}
    )
    assert [read.text(name) for name in "abcd"] == ["East Square", "x", None, None]
    assert read.ident("e") == "7"
    assert len(read.faults) == 2


def test_places_and_names() -> None:
    """Half a place is none; names come as a text or in languages."""
    read = fields(
        '{"lat":31.2,"lon":"121.3","a":"东","b":[{"text":"East","language":"en"},'
        '{"text":"东","language":"zh-CN"}],"c":[7]}'
    )
    assert read.place("lat", "lon") == Position(31.2, 121.3)
    assert read.place("lat", "lng") is None
    assert read.name("a") == Name(zh="东")
    assert read.name("b") == Name(zh="东", en="East")
    assert read.faults == []
    assert read.name("c") is None
    assert read.faults


def test_what_is_no_object_or_list_is_a_fault() -> None:
    """Nothing is assumed of the shape of what comes in."""
    read = fields('{"o":[],"l":{},"n":[1,{"a":2}]}')
    assert read.inner("o").text("x") is None
    assert list(read.each("l")) == []
    assert [entry.whole("a") for entry in read.each("n")] == [None, 2]
    assert len(read.faults) == 3
    assert Fields(7).faults


def test_a_bundle_comes_apart_as_it_was_put_together() -> None:
    """Any bytes and names; what is no bundle is its own only document."""
    documents = [Document("", b"{}"), Document("zh/状态", b"\n5 x\n\x00"), Document("b", b"")]
    assert unpack(pack(documents)) == documents
    assert unpack(b"{}") == [Document("", b"{}")]


def test_a_broken_bundle_is_refused() -> None:
    """Cut anywhere it is a PayloadError or whole documents only, never half of one."""
    documents = [Document("", json.dumps({"a": 1}).encode()), Document("b", b"x" * 50)]
    body = pack(documents)
    whole = 0
    for end in range(len("LIANDONG-BUNDLE/1\n"), len(body)):
        try:
            assert unpack(body[:end]) in ([], documents[:1])
            whole += 1
        except PayloadError:
            continue
    assert whole == 2
