"""JT/T 808: frames of three editions, sub-packages, positions, captures, terminal sessions."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jtt808 import CONNECTOR
from hub.connector import Context, Envelope, Exchange, Incrementality, options_of
from hub.errors import PayloadError, Reason
from hub.formats.jtt.t808 import (
    MAX_BODY,
    Frame,
    MessageId,
    Part,
    Result,
    decode_frame,
    encode_frame,
)
from hub.formats.jtt.t808_parts import (
    MAX_BYTES,
    MAX_MESSAGES,
    MAX_PARTS,
    PATIENCE,
    Reassembly,
)
from hub.formats.jtt.t808_position import (
    Alarm,
    PositionReport,
    Status,
    decode_position,
    encode_batch,
    encode_position,
)
from hub.model.common import Mode
from hub.model.vehicles import TaxiState
from hub.settings import samples_dir

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
PHONE = "013912345678"
PHONE_2019 = PHONE.zfill(20)
HERE = PositionReport(
    lat=31.2519,
    lon=121.4556,
    time=NOW - timedelta(seconds=5),
    status=Status.FIXED | Status.IGNITION_ON,
    alarms=Alarm.SPEEDING,
    altitude_m=12,
    speed_kmh=36.5,
    bearing=271,
)


def context(mode: Mode | None = Mode.TAXI, **options: object) -> Context:
    return Context(
        feed_id="taxi",
        dataset="taxi",
        mode=mode,
        timezone=ZoneInfo("Asia/Shanghai"),
        incrementality=Incrementality.AUTO,
        config=options_of(CONNECTOR.manifest, dict(options)),
    )


def session(**options: object):
    assert CONNECTOR.open_session is not None
    return CONNECTOR.open_session(context(**options))


def parse(body: bytes, mode: Mode | None = Mode.TAXI, **options: object):
    return CONNECTOR.parse(Envelope(body, NOW), context(mode, **options))


def frame(message_id: int = MessageId.POSITION, body: bytes | None = None, **more: object) -> bytes:
    content = encode_position(HERE) if body is None else body
    known = {"terminal": PHONE, "serial": 7} | more
    return encode_frame(Frame(message_id, body=content, **known))


def in_parts(body: bytes, size: int, *, first: int = 100, **more: object) -> list[bytes]:
    """A batch's body as the sub-packages of one message."""
    cuts = [body[at : at + size] for at in range(0, len(body), size)]
    return [
        frame(
            MessageId.POSITION_BATCH,
            cut,
            serial=(first + number - 1) & 0xFFFF,
            part=Part(len(cuts), number),
            **more,
        )
        for number, cut in enumerate(cuts, start=1)
    ]


def batch_of(count: int) -> bytes:
    """A 0x0704 with positions a second apart, each a little further north."""
    return encode_batch(
        [
            encode_position(
                replace(
                    HERE,
                    lat=HERE.lat + number / 1e4,
                    time=NOW - timedelta(seconds=count - number),
                    items={1: b"\x00\x00\x00\x64"},
                )
            )
            for number in range(count)
        ]
    )


def replies(exchange: Exchange) -> list[Frame]:
    return [decode_frame(reply[1:-1]) for reply in exchange.replies]


def result_of(reply: Frame) -> Result:
    assert reply.message_id == MessageId.PLATFORM_REPLY
    return Result(reply.body[4])


# frames and positions


@given(
    st.integers(0, 0xFFFF),
    st.sampled_from([None, 0, 1, 255]),
    st.integers(0, 0xFFFF),
    st.sampled_from([None, Part(1, 1), Part(3, 2), Part(0xFFFF, 0x7E7D)]),
    st.binary(max_size=MAX_BODY),
)
def test_a_frame_of_any_edition_reads_back_as_written(message_id, version, serial, part, body):
    """BCD[6] and BCD[10], whole or sub-package: decoding undoes encoding, nothing is unescaped."""
    phone = PHONE if version is None else PHONE_2019
    sent = Frame(message_id, phone, serial, body, version, part)
    wire = encode_frame(sent)
    assert b"\x7e" not in wire[1:-1]
    assert decode_frame(wire[1:-1]) == sent


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x02\x00", Reason.BAD_LENGTH),
        (frame()[1:-2] + b"\x00", Reason.BAD_CHECKSUM),
        (frame()[1:-1] + b"\x7d", Reason.BAD_ESCAPE),
        (frame(part=Part(2, 3))[1:-1], Reason.BAD_VALUE),
        (frame(part=Part(2, 0))[1:-1], Reason.BAD_VALUE),
    ],
)
def test_a_broken_frame_says_what_is_broken(content, reason):
    """Too short, falsified, wrongly escaped, sub-package 3 of 2: each has its own reason."""
    with pytest.raises(PayloadError) as caught:
        decode_frame(content)
    assert caught.value.reason is reason


def test_a_version_flag_that_lies_is_a_wrong_length():
    """With the 2019 flag over a header of 2013 the length no longer fits."""
    plain = bytearray(frame(body=b"")[1:-2])
    plain[2] |= 0x40
    checksum = 0
    for byte in plain:
        checksum ^= byte
    with pytest.raises(PayloadError) as caught:
        decode_frame(bytes([*plain, checksum]))
    assert caught.value.reason is Reason.BAD_LENGTH


def test_a_position_reads_back_as_written():
    """Degrees to the millionth, speed, direction, flags, items and time survive the wire."""
    south = replace(HERE, lat=-33.912345, lon=-70.654321, items={0x30: b"\x1f"})
    read = decode_position(encode_position(south))
    assert replace(read, status=HERE.status) == south
    assert read.status == HERE.status | Status.SOUTH | Status.WEST


def test_what_is_no_item_does_not_cost_the_position():
    """Bytes after the last whole item are a note beside the record."""
    batch = parse(frame(body=encode_position(HERE) + b"\x30\x01\x1f\xee\x09\x00"))
    assert len(batch.records) == 1
    assert [note.reason for note in batch.notes] == [Reason.BAD_LENGTH]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"lon": 220.74}, Reason.POSITION_OUT_OF_RANGE),
        ({"lat": 0.0, "lon": 0.0}, Reason.POSITION_NOT_FIXED),
        ({"status": Status.IGNITION_ON}, Reason.POSITION_NOT_FIXED),
        ({"time": None}, Reason.TIMESTAMP_MISSING),
        ({"time": datetime(2008, 7, 18, tzinfo=UTC)}, Reason.TIMESTAMP_EPOCH),
        ({"time": NOW + timedelta(minutes=3)}, Reason.TIMESTAMP_IN_FUTURE),
    ],
)
def test_a_position_nobody_can_believe_is_refused(change, reason):
    """No place, no fix (bit 1), no time or a time to come: a reject and no record."""
    batch = parse(frame(body=encode_position(replace(HERE, **change))))
    assert [reject.reason for reject in batch.rejects] == [reason]
    assert batch.records == []


def test_a_terminal_without_a_number_is_nobody():
    """Several unprogrammed terminals of number zero would be one jumping vehicle."""
    batch = parse(frame(terminal="0" * 12))
    assert [reject.reason for reject in batch.rejects] == [Reason.MISSING_FIELD]


def test_coordinates_are_displaced_where_the_position_says_so():
    """Status bit 5 means GCJ-02; the feed may know better."""
    flagged = frame(body=encode_position(replace(HERE, status=HERE.status | Status.DISPLACED)))
    positions = {
        choice: parse(flagged, coordinates=choice).records[0].position
        for choice in ("flagged", "gcj02", "wgs84")
    }
    assert positions["flagged"] == positions["gcj02"] != positions["wgs84"]
    assert parse(frame()).records[0].position == positions["wgs84"]


# what a vehicle is


def test_a_taxi_s_state_is_unknown_unless_something_says_it():
    """Empty load bits are every terminal's default, so by default they say nothing."""
    full = Status.LOAD_LOW | Status.LOAD_HIGH
    for status, options, state in (
        (Status(0), {}, TaxiState.UNKNOWN),
        (full, {}, TaxiState.UNKNOWN),
        (Status.OUT_OF_SERVICE, {}, TaxiState.NON_OPERATIONAL),
        (Status(0), {"load_bits": True}, TaxiState.AVAILABLE),
        (full, {"load_bits": True}, TaxiState.ON_TRIP),
    ):
        sent = frame(body=encode_position(replace(HERE, status=HERE.status | status)))
        assert parse(sent, **options).records[0].taxi_state is state
    assert parse(frame(), mode=Mode.COACH).records[0].taxi_state is None
    assert parse(frame(), mode=None).records[0].mode is Mode.OTHER


@pytest.mark.parametrize(
    ("value", "state"),
    [(b"\x00\x05", TaxiState.ON_TRIP), (b"\x00\x02", TaxiState.AVAILABLE), (None, "UNKNOWN")],
)
def test_a_vendor_s_item_can_say_that_a_taxi_is_loaded(value, state):
    """The item and its bits are configured; a position without the item says nothing."""
    items = {} if value is None else {0xF3: value}
    sent = frame(body=encode_position(replace(HERE, items=items)))
    (record,) = parse(sent, loaded_item=0xF3, loaded_mask=1).records
    assert record.taxi_state == state


def test_a_batch_gives_every_position_and_refuses_one_by_one():
    """A batch of three, one of them nowhere: two records, a note; a wrong count is another note."""
    bad = encode_position(replace(HERE, lon=220.0))
    good = [encode_position(replace(HERE, time=NOW - timedelta(seconds=at))) for at in (9, 4)]
    body = encode_batch([good[0], bad, good[1]], stored=True)
    batch = parse(frame(MessageId.POSITION_BATCH, b"\x00\x09" + body[2:]))
    assert (batch.entities, batch.accepted, len(batch.records)) == (1, 1, 2)
    reasons = [note.reason for note in batch.notes]
    assert reasons == [Reason.POSITION_OUT_OF_RANGE, Reason.BAD_LENGTH]
    assert batch.as_of == NOW - timedelta(seconds=4)


def test_an_encrypted_body_is_not_read_as_a_position():
    """Attribute bits 10 to 12 say RSA: refused as not decodable, answered as not supported."""
    exchange = session().receive(frame(encryption=1), NOW)
    assert [reject.reason for reject in exchange.batch.rejects] == [Reason.NOT_DECODABLE]
    assert [result_of(reply) for reply in replies(exchange)] == [Result.NOT_SUPPORTED]
    assert exchange.raw == []


# captures


@pytest.mark.samples
def test_all_open_frames_are_accepted_or_rejected_with_a_reason():
    """Five of the 60 have a wrong checksum, four more a wrong length, as their MANIFEST counts."""
    file = samples_dir() / "jtt808" / "traccar-frames.tsv"
    if not file.exists():
        pytest.skip(f"no sample feeds at {samples_dir()}")
    batch = parse(file.read_bytes())
    assert batch.entities == 60
    assert batch.accepted + len(batch.rejects) == 60
    assert Counter(reject.reason for reject in batch.rejects) == {
        Reason.BAD_CHECKSUM: 5,
        Reason.BAD_LENGTH: 4,
        Reason.DUPLICATE: 2,
        Reason.MISSING_FIELD: 2,
        Reason.POSITION_NOT_FIXED: 5,
        Reason.UNSUPPORTED_MESSAGE: 9,
    }
    first = batch.records[0]
    assert (first.position.lat, first.position.lon) == (33.697808, 116.954088)
    assert first.observed_at == datetime(2026, 8, 17, 14, 18, 12, tzinfo=UTC)


def test_a_capture_reads_the_same_raw_and_as_text():
    """Raw bytes, hex lines, a table, and lines written after unescaping give the same records."""
    sent = frame(body=encode_position(replace(HERE, items={1: b"\x00\x7e\x7d\x00"})))
    plain = (
        b"\x7e" + sent[1:-1].replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d") + b"\x7e"
    )
    bodies = [
        sent,
        sent.hex().encode(),
        b"\xef\xbb\xbfid\tHEX\n1\t" + sent.hex().upper().encode() + b"\n",
        plain.hex().encode(),
    ]
    batches = [parse(body) for body in bodies]
    assert all(batch.accepted == batch.entities == 1 for batch in batches)
    assert all(batch.records == batches[0].records for batch in batches)
    assert len(plain) == len(sent) - 2


def test_a_line_may_hold_several_frames():
    """What one read of a socket gave is often logged as one line: every frame counts."""
    moments = [NOW - timedelta(seconds=ago) for ago in (30, 20, 10)]
    sent = [frame(body=encode_position(replace(HERE, time=moment))) for moment in moments]
    shared = sent[0] + sent[1][1:]
    body = b"\n".join((shared.hex().encode(), sent[2].hex().encode()))
    batch = parse(body)
    assert (batch.entities, batch.accepted, len(batch.records)) == (3, 3, 3)
    damaged = bytearray(shared)
    damaged[30] ^= 0xFF
    batch = parse(bytes(damaged).hex().encode())
    assert (batch.entities, batch.accepted) == (2, 1)
    assert [reject.reason for reject in batch.rejects] == [Reason.BAD_CHECKSUM]


def test_a_position_said_twice_is_a_duplicate():
    """Sent again under another serial it is the same position: one record."""
    batch = parse(frame(serial=1) + frame(serial=2))
    assert [reject.reason for reject in batch.rejects] == [Reason.DUPLICATE]
    assert len(batch.records) == 1


@pytest.mark.parametrize("body", [b"", b"hello\n", b"\x00\x01\x02", b"{}", b"\x5b\x00\x5d"])
def test_what_is_no_capture_is_refused_whole(body):
    """Bytes without any frame raise PayloadError instead of giving an empty batch."""
    with pytest.raises(PayloadError):
        parse(body)


# sub-packages


@given(st.permutations(range(4)))
def test_sub_packages_in_any_order_are_one_message(order):
    """Four frames, twelve positions, whatever came first."""
    parts = in_parts(batch_of(12), 120)
    batch = parse(b"".join(parts[at] for at in order))
    assert (batch.entities, batch.accepted, len(batch.records)) == (4, 4, 12)
    assert batch.notes == []


def test_serials_of_sub_packages_may_wrap_around():
    """A message that begins at serial 65534 ends at serial 1."""
    assert len(parse(b"".join(in_parts(batch_of(12), 120, first=0xFFFE))).records) == 12


def test_a_message_that_stays_unfinished_is_noted():
    """Two of four sub-packages: accepted frames, no record, and a note that says how many came."""
    batch = parse(b"".join(in_parts(batch_of(12), 120)[:2]))
    assert (batch.entities, batch.accepted, batch.records) == (2, 2, [])
    (note,) = batch.notes
    assert note.reason is Reason.MISSING_FIELD
    assert "2 of 4" in note.detail
    assert PHONE.lstrip("0") not in note.native_id


def test_every_sub_package_is_answered_and_what_is_missing_asked_for_once():
    """After the last of four the second is asked for; when it has come, the batch is read."""
    mine = session()
    one, two, three, four = in_parts(batch_of(12), 120)
    assert [result_of(reply) for reply in replies(mine.receive(one + three, NOW))] == [0, 0]
    answer, request = replies(mine.receive(four, NOW))
    assert (answer.message_id, request.message_id) == (0x8001, MessageId.PARTS_REQUEST)
    assert request.body == (100).to_bytes(2, "big") + b"\x01" + b"\x00\x02"
    assert len(replies(mine.receive(four, NOW))) == 1
    exchange = mine.receive(two, NOW)
    assert len(exchange.batch.records) == 12
    assert [result_of(reply) for reply in replies(exchange)] == [Result.OK]
    again = mine.receive(four, NOW)
    assert [result_of(reply) for reply in replies(again)] == [Result.OK]
    assert again.batch.records == []


def test_a_request_for_sub_packages_counts_in_two_bytes_since_2019():
    """And it is sent in the edition the terminal speaks."""
    parts = in_parts(batch_of(12), 120, version=1, terminal=PHONE_2019)
    _, request = replies(session().receive(parts[3], NOW))
    assert (request.version, request.terminal) == (1, PHONE_2019)
    assert request.body[2:4] == b"\x00\x03"


def test_unfinished_messages_are_bounded():
    """A peer that never finishes fills 64 kB and 64 messages, then loses its oldest."""
    parts = Reassembly()
    for serial in range(0, 5000, 10):
        held = Frame(MessageId.POSITION_BATCH, PHONE, serial, bytes(1000), part=Part(9, 1))
        assert parts.add(held, NOW) is None
        small = replace(held, terminal=f"{serial:012d}", body=b"")
        assert parts.add(small, NOW) is None
        unfinished = parts._unfinished.values()
        assert sum(message.size for message in unfinished) <= MAX_BYTES
        assert len(unfinished) <= MAX_MESSAGES
    assert len(parts.lost()) > 800
    assert parts.lost() == []
    with pytest.raises(PayloadError) as caught:
        parts.add(replace(held, part=Part(MAX_PARTS + 1, 1)), NOW)
    assert caught.value.reason is Reason.TOO_LARGE


def test_a_message_may_take_five_minutes():
    """What is older is given up, with a note, when the next sub-package comes."""
    mine = session()
    mine.receive(in_parts(batch_of(12), 120)[0], NOW)
    late = mine.receive(in_parts(batch_of(12), 120)[1], NOW + PATIENCE + timedelta(seconds=1))
    assert [note.reason for note in late.batch.notes] == [Reason.MISSING_FIELD]


def test_photographs_are_not_put_together():
    """Sub-packages of a message nobody reads are refused one by one and held nowhere."""
    mine = session()
    exchange = mine.receive(frame(0x0801, bytes(1000), part=Part(200, 1)), NOW)
    assert [reject.reason for reject in exchange.batch.rejects] == [Reason.UNSUPPORTED_MESSAGE]
    assert [result_of(reply) for reply in replies(exchange)] == [Result.NOT_SUPPORTED]


# sessions


@pytest.mark.parametrize(
    ("message", "body", "result"),
    [
        (MessageId.HEARTBEAT, b"", Result.OK),
        (MessageId.LOGOUT, b"", Result.OK),
        (MessageId.AUTHENTICATION, b"any", Result.OK),
        (MessageId.DRIVER_IDENTITY, b"\x02" + bytes(6), Result.OK),
        (MessageId.POSITION, bytes(10), Result.BAD_MESSAGE),
        (MessageId.POSITION_BATCH, b"", Result.BAD_MESSAGE),
        (MessageId.POSITION, encode_position(replace(HERE, lon=220.0)), Result.BAD_MESSAGE),
        (MessageId.POSITION, encode_position(replace(HERE, status=Status(0))), Result.OK),
        (0x0900, b"\xf0", Result.NOT_SUPPORTED),
    ],
)
@pytest.mark.parametrize("edition", [{}, {"version": 1, "terminal": PHONE_2019}])
def test_every_message_of_a_terminal_is_answered_in_its_edition(message, body, result, edition):
    """Heartbeats succeed, what cannot be read or used says so; 2013 and 2019 alike."""
    (reply,) = replies(session().receive(frame(message, body, **edition), NOW))
    assert result_of(reply) is result
    assert reply.body[:4] == b"\x00\x07" + message.to_bytes(2, "big")
    assert (reply.version, reply.terminal) == (
        edition.get("version"),
        edition.get("terminal", PHONE),
    )


@pytest.mark.parametrize("message", [0x0001, 0x0104, 0x0107, 0x0201, 0x0500, 0x8001, 0x8300])
def test_answers_are_not_answered(message):
    """Replies to commands and a platform's own messages get none, or it would never end."""
    body = b"\x00\x07" + encode_position(HERE)
    assert session().receive(frame(message, body), NOW).replies == []


def test_an_answered_query_holds_a_position():
    """0x0201 and 0x0500 carry one behind the serial they answer."""
    for message in (MessageId.POSITION_QUERY_REPLY, MessageId.CONTROL_REPLY):
        sent = frame(message, b"\x00\x07" + encode_position(HERE))
        assert len(session().receive(sent, NOW).batch.records) == 1


def test_a_terminal_may_ask_for_the_time():
    """0x0004 is answered with UTC, unlike every other time of the standard."""
    (reply,) = replies(session().receive(frame(MessageId.TIME_QUERY, b""), NOW))
    assert (reply.message_id, reply.body.hex()) == (MessageId.TIME_REPLY, "261124100000")


@pytest.mark.parametrize("newer", [False, True])
def test_registration_gives_the_code_that_authenticates(newer):
    """0x0102 with the code of 0x8100 succeeds, with another it fails; after logout it is forgotten.

    In 2019 the code comes behind its length, IMEI and software version after it.
    """
    edition = {"version": 1, "terminal": PHONE_2019} if newer else {}
    mine = session(require_authentication=True)
    refused = mine.receive(frame(**edition), NOW)
    assert refused.batch.rejects[0].reason is Reason.NOT_AUTHENTICATED
    assert (refused.batch.records, refused.raw) == ([], [])

    (registered,) = replies(mine.receive(frame(MessageId.REGISTRATION, bytes(76), **edition), NOW))
    assert registered.message_id == MessageId.REGISTRATION_REPLY
    assert registered.body[:3] == b"\x00\x07\x00"
    code = registered.body[3:]

    def authenticate(given: bytes) -> Result:
        body = bytes([len(given)]) + given + b"8" * 15 + bytes(20) if newer else given
        (reply,) = replies(mine.receive(frame(MessageId.AUTHENTICATION, body, **edition), NOW))
        return result_of(reply)

    assert authenticate(b"guess") is Result.FAILED
    assert mine.receive(frame(**edition), NOW).batch.records == []
    assert authenticate(code) is Result.OK
    assert len(mine.receive(frame(**edition), NOW).batch.records) == 1
    mine.receive(frame(MessageId.LOGOUT, b"", **edition), NOW)
    assert mine.receive(frame(**edition), NOW).batch.records == []


@given(st.binary(max_size=400), st.lists(st.integers(1, 400), max_size=20))
def test_garbage_in_any_split_never_crashes_a_session(garbage, cuts):
    """Random bytes cut anywhere give rejects, never an exception, and never a record."""
    mine = session()
    edges = [0, *sorted(cut for cut in cuts if cut < len(garbage)), len(garbage)]
    for start, end in pairwise(edges):
        assert mine.receive(garbage[start:end], NOW).batch.records == []


# personal data


def test_one_number_is_one_vehicle_in_every_edition():
    """12 digits before 2019 and 20 since: the id is the same, and another under another key."""
    older, newer = parse(frame()), parse(frame(terminal=PHONE_2019, version=1))
    other = parse(frame(), id_key="a key of sixteen characters")
    assert older.records[0].id == newer.records[0].id != other.records[0].id


def test_numbers_that_are_not_bcd_are_taken_as_they_are():
    """Some terminals write other digits where the standard wants BCD; they are vehicles too."""
    assert len(parse(frame(terminal="4eb6fb4afd9e")).records) == 1


def test_no_number_iccid_or_driver_reaches_records_or_the_archive():
    """A vendor's item with the ICCID is dropped, the number hashed, cards are not kept."""
    iccid = b"89860117851082215000"
    position = encode_position(replace(HERE, items={1: b"\x00\x00\x00\x64", 0xB2: iccid}))
    mine = session()
    exchange = mine.receive(
        frame(body=position)
        + frame(MessageId.POSITION_BATCH, encode_batch([position]), serial=8)
        + frame(MessageId.DRIVER_IDENTITY, b"\x01\x26\x11\x24\x10\x00\x00\x00\x04driver", serial=9)
        + frame(MessageId.REGISTRATION, b"A12345" + bytes(70), serial=10)
        + frame(MessageId.ATTRIBUTES_REPLY, bytes(35) + iccid, serial=11),
        NOW,
    )
    assert exchange.batch.rejects == []
    assert len(exchange.raw) == 2
    kept = b"".join(exchange.raw)
    for secret in (bytes.fromhex(PHONE), iccid, b"driver", b"A12345"):
        assert secret not in kept
    assert PHONE.lstrip("0") not in repr(exchange.batch) + repr(mine.peer_id)


def test_the_archive_gives_the_same_state():
    """Archived frames replay to the records they were made from, sub-packages and all."""
    mine = session(loaded_item=0xF3)
    loaded = replace(HERE, items={0xF3: b"\x01"}, time=NOW)
    live = mine.receive(frame(body=encode_position(loaded)), NOW)
    for part in in_parts(batch_of(40), 500):
        exchange = mine.receive(part, NOW)
        live.batch.records += exchange.batch.records
        live.raw += exchange.raw
    replayed = parse(b"".join(live.raw), loaded_item=0xF3)
    assert len(replayed.records) == 41
    assert replayed.records == live.batch.records
    assert replayed.records[0].taxi_state is TaxiState.ON_TRIP


def test_a_terminal_cannot_call_itself_by_an_archived_name():
    """The archive's form of a number is refused on the wire: nobody speaks for another."""
    (name,) = session().receive(frame(), NOW).raw
    exchange = session().receive(name, NOW)
    assert [reject.reason for reject in exchange.batch.rejects] == [Reason.BAD_VALUE]
    assert (exchange.batch.records, exchange.replies) == ([], [])


def test_bad_options_are_refused():
    """An unknown coordinate system, an item beyond 255 or a short key is a configuration error."""
    for bad in ({"coordinates": "bd09"}, {"loaded_item": 256}, {"id_key": "x"}, {"colour": 1}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            options_of(CONNECTOR.manifest, bad)
