"""JT/T 905: frames, positions, captures, terminal sessions."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jtt.session import MAX_BROKEN
from connectors.jtt905 import CONNECTOR
from connectors.jtt905.taxi import taxi_state
from hub.connector import Context, Envelope, Exchange, Incrementality, options_of
from hub.errors import PayloadError, Reason
from hub.formats.common import gcj02
from hub.formats.jtt.framing import TERMINAL, Splitter, decode_time, encode_time
from hub.formats.jtt.t905 import (
    Alarm,
    Frame,
    MessageId,
    Result,
    Status,
    decode_frame,
    decode_platform_reply,
    encode_frame,
)
from hub.formats.jtt.t905_position import PositionReport, decode_position, encode_position
from hub.model.common import Mode
from hub.model.vehicles import TaxiState, VehiclePosition
from hub.settings import samples_dir

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ISU = "103456789012"
HERE = PositionReport(
    lat=31.2519,
    lon=121.4556,
    time=NOW - timedelta(seconds=5),
    status=Status.LOADED | Status.IGNITION_ON,
    alarms=Alarm.SPEEDING,
    speed_kmh=36.5,
    bearing=270,
)


def context(**options: object) -> Context:
    return Context(
        feed_id="taxi",
        dataset="taxi",
        mode=Mode.TAXI,
        timezone=ZoneInfo("Asia/Shanghai"),
        incrementality=Incrementality.AUTO,
        config=options_of(CONNECTOR.manifest, dict(options)),
    )


def session(**options: object):
    assert CONNECTOR.open_session is not None
    return CONNECTOR.open_session(context(**options))


def frame(
    message_id: int = MessageId.POSITION, body: bytes | None = None, serial: int = 7
) -> bytes:
    content = encode_position(HERE) if body is None else body
    return encode_frame(Frame(message_id, ISU, serial, content))


def parse(body: bytes, **options: object):
    return CONNECTOR.parse(Envelope(body, NOW), context(**options))


def only_reply(exchange: Exchange) -> Frame:
    (reply,) = exchange.replies
    return decode_frame(reply[1:-1])


# frames and positions


@given(
    st.integers(0, 0xFFFF),
    st.from_regex(r"\A[0-9]{12}\Z"),
    st.integers(0, 0xFFFF),
    st.binary(max_size=300),
)
def test_a_frame_reads_back_as_written(message_id, terminal, serial, body):
    """Whatever the bytes, decoding undoes encoding, and no delimiter is inside a frame."""
    sent = Frame(message_id, terminal, serial, body)
    wire = encode_frame(sent)
    assert b"\x7e" not in wire[1:-1]
    assert decode_frame(wire[1:-1]) == sent


@given(st.binary(max_size=400), st.lists(st.integers(1, 400), max_size=20))
def test_garbage_in_any_split_never_crashes_a_session(garbage, cuts):
    """Random bytes cut anywhere give rejects, never an exception, and never a record."""
    mine = session()
    edges = [0, *sorted(cut for cut in cuts if cut < len(garbage)), len(garbage)]
    for start, end in pairwise(edges):
        exchange = mine.receive(garbage[start:end], NOW)
        assert exchange.batch.records == []


@given(st.lists(st.integers(1, 60), max_size=30))
def test_a_stream_reads_the_same_in_every_split(sizes):
    """Three glued frames arrive whole wherever the network cuts them."""
    stream = frame(serial=1) + frame(MessageId.HEARTBEAT, b"", 2) + frame(serial=3)
    mine, at = session(), 0
    replies: list[int] = []
    for size in [*sizes, len(stream)]:
        exchange = mine.receive(stream[at : at + size], NOW)
        at += size
        replies += [
            decode_platform_reply(decode_frame(reply[1:-1]).body).serial
            for reply in exchange.replies
        ]
    assert replies == [1, 2, 3]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.BAD_LENGTH),
        (b"\x02\x00", Reason.BAD_LENGTH),
        (frame()[1:-2] + b"\x00", Reason.BAD_CHECKSUM),
        (b"\x7d\x03" + frame()[1:-1], Reason.BAD_ESCAPE),
        (frame()[1:-1] + b"\x7d", Reason.BAD_ESCAPE),
    ],
)
def test_a_broken_frame_says_what_is_broken(content, reason):
    """A short, falsified or wrongly escaped frame is refused with its own reason."""
    with pytest.raises(PayloadError) as caught:
        decode_frame(content)
    assert caught.value.reason is reason


def test_a_frame_whose_length_is_not_as_stated_is_refused():
    """The header's length must be that of the body, also where the checksum is right."""
    plain = bytearray(frame(MessageId.HEARTBEAT, b"", 7)[1:-2])
    plain[3] = 5
    checksum = 0
    for byte in plain:
        checksum ^= byte
    with pytest.raises(PayloadError) as caught:
        decode_frame(bytes([*plain, checksum]))
    assert caught.value.reason is Reason.BAD_LENGTH


def test_an_endless_frame_costs_no_more_than_the_cap():
    """A peer that never closes its frame fills 4 kB, is refused, and the next frame is found."""
    splitter = Splitter()
    assert list(splitter.feed(b"\x7e" + b"a" * 1_000_000)) == []
    assert len(splitter.rest()) <= TERMINAL.max_frame
    segments = list(splitter.feed(b"b" * 9000 + frame()))
    assert segments[0].content is None
    assert segments[1].content == frame()[1:-1]


def test_a_position_reads_back_as_written():
    """Degrees, speed, direction, flags and time survive the wire's units."""
    read = decode_position(encode_position(replace(HERE, items={1: b"\x00\x00\x00\x64"})))
    assert (round(read.lat, 6), round(read.lon, 6)) == (31.2519, 121.4556)
    assert (read.speed_kmh, read.bearing, read.time) == (36.5, 270, HERE.time)
    assert read.status == HERE.status
    assert read.alarms == Alarm.SPEEDING
    assert read.items == {1: b"\x00\x00\x00\x64"}


def test_hemispheres_are_status_bits():
    """South and west are negative degrees."""
    read = decode_position(encode_position(replace(HERE, lat=-33.9, lon=-70.6)))
    assert (round(read.lat, 4), round(read.lon, 4)) == (-33.9, -70.6)


def test_wire_time_is_beijing_time():
    """2026-11-24 18:00:00 on the wire is 10:00 UTC."""
    assert encode_time(NOW).hex() == "261124180000"
    assert decode_time(bytes.fromhex("261124180000")) == NOW


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (Status(0), TaxiState.AVAILABLE),
        (Status.LOADED, TaxiState.ON_TRIP),
        (Status.RESERVED, TaxiState.RESERVED),
        (Status.OUT_OF_SERVICE, TaxiState.NON_OPERATIONAL),
        (Status.OUT_OF_SERVICE | Status.LOADED, TaxiState.NON_OPERATIONAL),
        (Status.VACANT_TO_LOADED, TaxiState.ON_TRIP),
        (Status.LOADED_TO_VACANT | Status.LOADED, TaxiState.AVAILABLE),
        (Status.LOADED_TO_VACANT | Status.RESERVED, TaxiState.RESERVED),
        (Status.LOADED_TO_VACANT | Status.VACANT_TO_LOADED | Status.LOADED, TaxiState.ON_TRIP),
    ],
)
def test_status_bits_give_the_taxi_state(status, state):
    """Bit 9 loaded, 3 out of service, 4 reserved; a transition bit names the state entered."""
    assert taxi_state(status) is state


# captures


@pytest.mark.samples
def test_all_open_frames_are_accepted_or_rejected_with_a_reason():
    """Of the 30 open frames each is accounted for; longitudes of 220 degrees are no place."""
    file = samples_dir() / "jtt905" / "jt905-frames.tsv"
    if not file.exists():
        pytest.skip(f"no sample feeds at {samples_dir()}")
    batch = parse(file.read_bytes())
    assert batch.entities == 30
    assert batch.accepted + len(batch.rejects) == 30
    reasons = Counter(reject.reason for reject in batch.rejects)
    assert reasons[Reason.POSITION_OUT_OF_RANGE] == 3
    assert reasons[Reason.POSITION_NOT_FIXED] == 3
    assert reasons[Reason.TIMESTAMP_EPOCH] == 1
    assert reasons[Reason.BAD_CHECKSUM] == reasons[Reason.BAD_LENGTH] == 0
    (record,) = batch.records
    assert isinstance(record, VehiclePosition)
    assert record.observed_at == datetime(2021, 9, 12, 6, 13, 1, tzinfo=UTC)


def test_a_capture_reads_the_same_raw_and_as_text():
    """Raw bytes, hex lines and a table with a column hex give the same records."""
    raw = frame(serial=1) + frame(MessageId.HEARTBEAT, b"", 2)
    lines = frame(serial=1).hex() + "\r\n\n" + frame(MessageId.HEARTBEAT, b"", 2).hex().upper()
    table = "id\thex\n1\t" + frame(serial=1).hex() + "\n2\t" + lines.split()[1] + "\n"
    batches = [parse(raw), parse(lines.encode()), parse(b"\xef\xbb\xbf" + table.encode())]
    assert [(batch.entities, batch.accepted) for batch in batches] == [(2, 2)] * 3
    assert batches[0].records == batches[1].records == batches[2].records
    assert batches[0].as_of == HERE.time


def test_one_bad_frame_does_not_drop_the_rest():
    """Garbage, a wrong checksum and a cut-off tail are three rejects beside two records."""
    later = replace(HERE, time=NOW)
    bad = bytearray(frame(serial=2))
    bad[-2] ^= 0xFF
    raw = b"noise" + frame(serial=1) + bytes(bad) + frame(body=encode_position(later)) + b"\x02"
    batch = parse(raw)
    assert len(batch.records) == 2
    assert [reject.reason for reject in batch.rejects] == [
        Reason.BAD_LENGTH,
        Reason.BAD_CHECKSUM,
        Reason.BAD_LENGTH,
    ]
    assert batch.entities == 5


def test_bytes_that_are_no_item_do_not_cost_the_position():
    """An item longer than what is left of the message is a note; the position counts."""
    batch = parse(frame(body=encode_position(HERE) + b"\x01\x04\x00"))
    assert len(batch.records) == batch.accepted == 1
    assert [note.reason for note in batch.notes] == [Reason.BAD_LENGTH]


def test_a_frame_that_is_there_twice_is_a_duplicate():
    """The second of two equal frames is refused."""
    batch = parse(frame() + frame())
    assert [reject.reason for reject in batch.rejects] == [Reason.DUPLICATE]
    assert len(batch.records) == 1


@pytest.mark.parametrize(
    "body", [b"", b"hello, world\n", b"\x00\x01\x02", b"\x89PNG\r\n\x1a\n\x7e", b"{}"]
)
def test_what_is_no_capture_is_refused_whole(body):
    """Bytes without any frame raise PayloadError instead of giving an empty batch."""
    with pytest.raises(PayloadError):
        parse(body)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"lon": 220.74}, Reason.POSITION_OUT_OF_RANGE),
        ({"lat": 91.0}, Reason.POSITION_OUT_OF_RANGE),
        ({"lat": 0.0, "lon": 0.0}, Reason.POSITION_NOT_FIXED),
        ({"status": Status.NOT_FIXED}, Reason.POSITION_NOT_FIXED),
        ({"time": None}, Reason.TIMESTAMP_MISSING),
        ({"time": datetime(1970, 1, 1, tzinfo=UTC)}, Reason.TIMESTAMP_EPOCH),
        ({"time": NOW + timedelta(minutes=3)}, Reason.TIMESTAMP_IN_FUTURE),
    ],
)
def test_a_position_nobody_can_believe_is_refused(change, reason):
    """No place, no fix, no time or a time to come: a reject with that reason, and no record."""
    batch = parse(frame(body=encode_position(replace(HERE, **change))))
    assert [reject.reason for reject in batch.rejects] == [reason]
    assert batch.records == []


def test_a_trip_gives_both_ends_in_their_states():
    """A trip report is loaded at its first position and vacant at its second."""
    start, end = replace(HERE, time=NOW - timedelta(minutes=20), status=Status(0)), HERE
    body = encode_position(start) + encode_position(end) + b"\x00" * 20
    batch = parse(frame(MessageId.TRIP, body))
    assert [record.taxi_state for record in batch.records] == [
        TaxiState.ON_TRIP,
        TaxiState.RESERVED if Status.RESERVED in end.status else TaxiState.AVAILABLE,
    ]


def test_a_refused_position_beside_a_usable_one_is_a_note():
    """Stored positions are refused one by one; the message counts as accepted."""
    bad = encode_position(replace(HERE, lon=220.0))
    batch = parse(frame(MessageId.POSITION_STORED, encode_position(HERE) + bad))
    assert (batch.entities, batch.accepted, len(batch.records)) == (1, 1, 1)
    assert [note.reason for note in batch.notes] == [Reason.POSITION_OUT_OF_RANGE]


def test_gcj02_coordinates_are_converted_at_the_edge():
    """A feed declared gcj02 is stored in WGS-84, to a metre."""
    lat, lon = gcj02.from_wgs84(HERE.lat, HERE.lon)
    assert abs(lon - HERE.lon) > 0.003
    shown = encode_position(replace(HERE, lat=lat, lon=lon))
    (record,) = parse(frame(body=shown), coordinates="gcj02").records
    assert abs(record.position.lat - HERE.lat) < 1e-5
    assert abs(record.position.lon - HERE.lon) < 1e-5


# personal data


def test_neither_driver_nor_plate_nor_isu_leaves_the_connector():
    """Sign-in names a driver and a plate: no record, reject or archived frame holds them."""
    personal = b"LICENCE000000000" + b"310101198001011234X" + b"A12345"
    mine = session()
    exchange = mine.receive(
        frame(MessageId.SIGN_IN, encode_position(HERE) + personal + b"\x20\x26\x11\x24\x18\x00"),
        NOW,
    )
    said = repr(exchange.batch.records) + repr(exchange.batch.rejects) + repr(mine.peer_id)
    archived = b"".join(exchange.raw)
    assert len(exchange.batch.records) == 1
    assert ISU not in said
    assert b"310101" not in archived
    assert b"A12345" not in archived
    assert len(parse(archived).records) == 1


def test_what_a_vendor_adds_to_a_position_is_not_archived():
    """Items beyond the standard's may name a driver; the position alone is kept."""
    for message, head in ((MessageId.POSITION, b""), (MessageId.POSITION_QUERY_REPLY, b"\0\1")):
        body = head + encode_position(replace(HERE, items={0xF1: b"310101198001011234"}))
        archived = b"".join(session().receive(frame(message, body), NOW).raw)
        assert b"310101" not in archived
        assert len(parse(archived).records) == 1


def test_a_broken_frame_is_not_archived():
    """A sign-in that lost a byte on its way still holds the driver's number."""
    bad = bytearray(frame(MessageId.SIGN_IN, encode_position(HERE) + b"310101198001011234"))
    bad[-2] ^= 0xFF
    exchange = session().receive(bytes(bad), NOW)
    assert [reject.reason for reject in exchange.batch.rejects] == [Reason.BAD_CHECKSUM]
    assert exchange.raw == []


def test_a_registration_is_not_archived():
    """Registration holds the plate and nothing a record needs."""
    exchange = session().receive(frame(MessageId.REGISTRATION, b"\x00" * 37 + b"A12345"), NOW)
    assert exchange.raw == []


def test_ids_are_stable_and_depend_on_the_key():
    """The same terminal keeps its id; another key gives another."""
    first, again = (parse(frame()).records[0] for _ in range(2))
    other = parse(frame(), id_key="a key of sixteen characters").records[0]
    assert first.id == again.id != other.id
    assert first.id == f"taxi:{first.native_id}"


# sessions


def test_a_position_is_written_then_acknowledged():
    """A 0x0200 leads to a record and a 0x8001 naming its serial and id."""
    mine = session()
    exchange = mine.receive(frame(serial=513), NOW)
    (record,) = exchange.batch.records
    assert record.taxi_state is TaxiState.ON_TRIP
    assert record.alarms == ("SPEEDING",)
    reply = only_reply(exchange)
    answered = decode_platform_reply(reply.body)
    assert (reply.message_id, reply.terminal) == (MessageId.PLATFORM_REPLY, ISU)
    assert (answered.serial, answered.message_id, answered.result) == (513, 0x0200, Result.OK)
    assert mine.peer_id == record.native_id


def test_registration_gives_the_code_that_authenticates():
    """0x0100 is answered 0x8100 with a code; 0x0102 with it succeeds, with another it fails."""
    mine = session(require_authentication=True)
    refused = mine.receive(frame(), NOW)
    assert refused.batch.rejects[0].reason is Reason.NOT_AUTHENTICATED
    assert refused.batch.records == []
    assert decode_platform_reply(only_reply(refused).body).result is Result.FAILED

    registered = only_reply(mine.receive(frame(MessageId.REGISTRATION, b"\x00" * 37), NOW))
    assert registered.message_id == MessageId.REGISTRATION_REPLY
    assert registered.body[:3] == b"\x00\x07\x00"
    wrong = mine.receive(frame(MessageId.AUTHENTICATION, b"guess"), NOW)
    assert decode_platform_reply(only_reply(wrong).body).result is Result.FAILED
    assert mine.receive(frame(), NOW).batch.records == []

    right = mine.receive(frame(MessageId.AUTHENTICATION, registered.body[3:]), NOW)
    assert decode_platform_reply(only_reply(right).body).result is Result.OK
    assert len(mine.receive(frame(), NOW).batch.records) == 1


@pytest.mark.parametrize(
    ("message", "body", "result"),
    [
        (MessageId.HEARTBEAT, b"", Result.OK),
        (MessageId.DEREGISTRATION, b"", Result.OK),
        (MessageId.AUTHENTICATION, b"any", Result.OK),
        (MessageId.POSITION, b"\x00" * 10, Result.BAD_MESSAGE),
        (MessageId.POSITION, encode_position(replace(HERE, lon=220.0)), Result.BAD_MESSAGE),
        (MessageId.POSITION, encode_position(replace(HERE, status=Status.NOT_FIXED)), Result.OK),
        (0x0800, b"\x00" * 17, Result.FAILED),
    ],
)
def test_every_message_of_a_terminal_is_answered(message, body, result):
    """Heartbeats and empty messages succeed; what cannot be read or used says so."""
    exchange = session().receive(frame(message, body), NOW)
    assert decode_platform_reply(only_reply(exchange).body).result is result


@pytest.mark.parametrize("message", [MessageId.TERMINAL_REPLY, MessageId.PLATFORM_REPLY, 0x8300])
def test_replies_and_platform_messages_are_not_answered(message):
    """Answering an answer would never end."""
    assert session().receive(frame(message, b"\x00" * 5), NOW).replies == []


def test_a_broken_frame_is_counted_and_not_answered():
    """Who sent a frame with a wrong checksum is not certain, so nobody is answered."""
    bad = bytearray(frame())
    bad[-2] ^= 0xFF
    exchange = session().receive(bytes(bad), NOW)
    assert exchange.replies == []
    assert [reject.reason for reject in exchange.batch.rejects] == [Reason.BAD_CHECKSUM]


def test_a_peer_that_only_sends_garbage_is_disconnected():
    """After 32 broken frames in a row the session closes; what came before stays counted."""
    exchange = session().receive(b"\x7eAB" * 5000, NOW)
    assert exchange.close
    assert exchange.batch.entities == MAX_BROKEN
    good = session()
    for _ in range(3):
        assert not good.receive(b"\x7eAB" * 20 + frame(), NOW).close


def test_bad_options_are_refused():
    """An unknown coordinate system or a short key is a configuration error."""
    for bad in ({"coordinates": "bd09"}, {"id_key": "short"}, {"colour": "red"}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            options_of(CONNECTOR.manifest, bad)
