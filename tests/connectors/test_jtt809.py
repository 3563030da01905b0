"""JT/T 809: frames of two editions, cipher, positions, captures, both links."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jtt809 import CONNECTOR
from connectors.jtt809.session import MAX_FAILED_LOGINS
from connectors.jtt809.sublink import ANSWER_WITHIN, GOODBYE_WITHIN, LinkState, SubordinateLink
from hub.connector import Context, Envelope, Exchange, Incrementality, options_of
from hub.errors import PayloadError, Reason
from hub.formats.jtt.t808_position import Alarm, PositionReport, Status, encode_position
from hub.formats.jtt.t809 import (
    Cipher,
    Login,
    LoginResult,
    Message,
    MessageId,
    decode_message,
    encode_login,
    encode_message,
)
from hub.formats.jtt.t809_dynamic import (
    Dynamic,
    SubType,
    decode_gnss,
    encode_dynamic,
    encode_gnss,
    encode_newer,
)
from hub.model.common import Mode
from hub.model.vehicles import TaxiState
from hub.settings import samples_dir

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
CODE = 31010001
PLATE = "沪A12345".encode("gbk")
CIPHER = Cipher(m1=56107, ia1=37382, ic1=50361)
KEYS = {"m1": CIPHER.m1, "ia1": CIPHER.ia1, "ic1": CIPHER.ic1}
HERE = PositionReport(
    lat=31.2519,
    lon=121.4556,
    time=NOW - timedelta(seconds=5),
    status=Status.FIXED | Status.IGNITION_ON,
    alarms=Alarm.SPEEDING,
    altitude_m=12,
    speed_kmh=36.0,
    bearing=271,
)


def context(mode: Mode | None = Mode.COACH, **options: object) -> Context:
    return Context(
        feed_id="coach",
        dataset="coach",
        mode=mode,
        timezone=ZoneInfo("Asia/Shanghai"),
        incrementality=Incrementality.AUTO,
        config=options_of(CONNECTOR.manifest, dict(options)),
    )


def parse(body: bytes, mode: Mode | None = Mode.COACH, **options: object):
    return CONNECTOR.parse(Envelope(body, NOW), context(mode, **options))


def session(**options: object):
    assert CONNECTOR.open_session is not None
    return CONNECTOR.open_session(context(**options))


def message(message_id: int, body: bytes = b"", *, newer: bool = False, **more: object) -> bytes:
    known = {"serial": 7, "time": NOW if newer else None} | more
    return encode_message(Message(message_id, CODE, body=body, **known))


def dynamic(
    data: bytes, sub_type: int = SubType.POSITION, *, newer: bool = False, plate: bytes = PLATE
) -> bytes:
    return message(
        MessageId.DYNAMIC, encode_dynamic(Dynamic(plate, 2, sub_type, data)), newer=newer
    )


def position(*, newer: bool = False, **change: object) -> bytes:
    report = replace(HERE, **change)
    data = encode_newer(encode_position(report)) if newer else encode_gnss(report)
    return dynamic(data, newer=newer)


def login(
    *, newer: bool = False, user: int = 1001, password: str = "secret", **more: object
) -> bytes:
    said = Login(user, password, "127.0.0.1", 8809)
    body = encode_login(said, CODE if newer else None)
    return message(MessageId.LOGIN, body, newer=newer, **more)


def replies(exchange: Exchange) -> list[Message]:
    return [decode_message(reply[1:-1]) for reply in exchange.replies]


def logged_in(**options: object):
    mine = session(**options)
    (answer,) = replies(mine.receive(login(), NOW))
    assert answer.body[0] == LoginResult.OK
    return mine


# frames


@given(
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.sampled_from([None, NOW]),
    st.booleans(),
    st.binary(max_size=300),
)
def test_a_message_of_either_edition_reads_back_as_written(message_id, serial, time, flag, body):
    """With the header's time it is 2019, without 2011; no delimiter is left inside."""
    text = b"\xd4\xc1" + body  # a 2011 body never begins like a time
    sent = Message(message_id, CODE, serial, text, time, b"\x01\x02\x0f", flag, 0x5B5A5D5E)
    wire = encode_message(sent)
    assert not set(wire[1:-1]) & {0x5B, 0x5D}
    assert decode_message(wire[1:-1]) == sent


def test_the_four_reserved_bytes_are_escaped_by_the_standard_s_table():
    """5B is 5A 01, 5A is 5A 02, 5D is 5E 01 and 5E is 5E 02."""
    wire = message(MessageId.DYNAMIC, b"\x5b\x5a\x5d\x5e")
    assert b"\x5a\x01\x5a\x02\x5e\x01\x5e\x02" in wire


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x00\x01", Reason.BAD_LENGTH),
        (message(MessageId.LINK_TEST)[1:-2] + b"\x00", Reason.BAD_CHECKSUM),
        (message(MessageId.LINK_TEST)[1:-1] + b"\x5a\x03", Reason.BAD_ESCAPE),
        (message(MessageId.LINK_TEST)[1:-1] + b"\x5e", Reason.BAD_ESCAPE),
    ],
)
def test_a_broken_frame_says_what_is_broken(content, reason):
    """A short, falsified or wrongly escaped frame is refused with its own reason."""
    with pytest.raises(PayloadError) as caught:
        decode_message(content)
    assert caught.value.reason is reason


def test_the_keystream_is_the_standard_s():
    """Seven bytes under published numbers, and the same again in clear."""
    cipher = Cipher(m1=30000000, ia1=20000000, ic1=20000000)
    secret = cipher.apply(bytes(range(1, 8)), 256178)
    assert secret.hex() == "d34c7078a73a41"
    assert cipher.apply(secret, 256178) == bytes(range(1, 8))
    assert Cipher(0, 1, 0).apply(b"a", 0) == b"a"


# positions


@pytest.mark.parametrize("newer", [False, True])
def test_a_position_of_either_edition_is_a_record(newer):
    """Place, time, speed, direction and alarms; the id stands for plate and colour."""
    (record,) = parse(position(newer=newer)).records
    assert (record.position.lat, record.position.lon) == (31.2519, 121.4556)
    assert (record.observed_at, record.mode) == (HERE.time, Mode.COACH)
    assert (record.speed_kmh, record.bearing, record.alarms) == (36.0, 271, ("SPEEDING",))
    assert record.taxi_state is None
    assert record.id == parse(position(newer=not newer)).records[0].id


def test_a_2011_position_inside_a_2019_envelope_is_read():
    """Some platforms changed their frames and left the position as it was."""
    (record,) = parse(dynamic(encode_newer(encode_gnss(HERE)[1:]), newer=True)).records
    assert record.observed_at == HERE.time


def test_hemispheres_and_the_taxi_s_state_are_status_bits():
    """South and west are negative; a taxi is out of service or UNKNOWN, never vacant by default."""
    south = replace(HERE, lat=-33.9, lon=-70.6)
    read = decode_gnss(encode_gnss(south), newer=False)
    assert (read.lat, read.lon) == (-33.9, -70.6)
    stopped = position(status=HERE.status | Status.OUT_OF_SERVICE)
    assert parse(position(), mode=Mode.TAXI).records[0].taxi_state is TaxiState.UNKNOWN
    assert parse(stopped, mode=Mode.TAXI).records[0].taxi_state is TaxiState.NON_OPERATIONAL


@pytest.mark.parametrize("newer", [False, True])
def test_coordinates_are_displaced_where_the_position_says_so(newer):
    """The first byte of a position means GCJ-02; the feed may know better."""
    data = (
        encode_newer(encode_position(HERE), displaced=True)
        if newer
        else b"\x01" + encode_gnss(HERE)[1:]
    )
    sent = dynamic(data, newer=newer)
    flagged = parse(sent).records[0].position
    assert flagged == parse(position(), coordinates="gcj02").records[0].position
    assert flagged != parse(sent, coordinates="wgs84").records[0].position


@pytest.mark.parametrize("newer", [False, True])
def test_history_gives_every_position_and_refuses_one_by_one(newer):
    """0x1203 with three, one of them nowhere: two records and a note, a wrong count another."""
    times = [{"time": NOW - timedelta(seconds=9)}, {"lon": 220.0}, {"time": NOW}]
    parts = [
        encode_newer(encode_position(replace(HERE, **one)))
        if newer
        else encode_gnss(replace(HERE, **one))
        for one in times
    ]
    batch = parse(dynamic(b"\x05" + b"".join(parts), SubType.HISTORY, newer=newer))
    assert (batch.entities, batch.accepted, len(batch.records)) == (1, 1, 2)
    reasons = [note.reason for note in batch.notes]
    assert reasons == [Reason.POSITION_OUT_OF_RANGE, Reason.BAD_LENGTH]
    assert batch.as_of == NOW


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (position(lat=91.0), Reason.POSITION_OUT_OF_RANGE),
        (position(status=Status(0)), Reason.POSITION_NOT_FIXED),
        (position(time=NOW + timedelta(minutes=3)), Reason.TIMESTAMP_IN_FUTURE),
        (position(time=datetime(2000, 1, 1, tzinfo=UTC)), Reason.TIMESTAMP_EPOCH),
        (dynamic(b"\x00\x20\x0d" + encode_gnss(HERE)[3:]), Reason.BAD_VALUE),
        (dynamic(encode_gnss(HERE)[:-1]), Reason.BAD_LENGTH),
        (dynamic(encode_newer(encode_position(HERE))[:-1], newer=True), Reason.BAD_LENGTH),
        (dynamic(b"", SubType.HISTORY), Reason.BAD_LENGTH),
        (dynamic(encode_gnss(HERE), plate=b""), Reason.MISSING_FIELD),
        (dynamic(encode_gnss(HERE), plate=b"\xffzz"), Reason.BAD_VALUE),
        (dynamic(b"", 0x120A), Reason.UNSUPPORTED_MESSAGE),
        (message(0x1402, b"\x00"), Reason.UNSUPPORTED_MESSAGE),
        (message(MessageId.DYNAMIC, b"\x00" * 27), Reason.BAD_LENGTH),
        (message(MessageId.DYNAMIC, b"\x00" * 40, encrypted=True), Reason.NOT_DECODABLE),
    ],
)
def test_what_cannot_be_used_is_rejected_with_its_reason(sent, reason):
    """Each is one entity, one reject, no record; a usable one beside it stands."""
    batch = parse(sent + position())
    assert [reject.reason for reject in batch.rejects] == [reason]
    assert (batch.entities, len(batch.records)) == (2, 1)


def test_encrypted_positions_are_read_with_the_agreed_numbers():
    """With other numbers they are garbage, which is refused and never a record."""
    body = encode_dynamic(Dynamic(PLATE, 2, SubType.POSITION, encode_gnss(HERE)))
    secret = message(MessageId.DYNAMIC, CIPHER.apply(body, 4711), encrypted=True, key=4711)
    assert len(parse(secret, **KEYS).records) == 1
    other = parse(secret, **(KEYS | {"m1": 99}))
    assert (other.records, len(other.rejects)) == ([], 1)


# captures


@pytest.mark.samples
def test_all_open_frames_are_accepted_or_rejected_with_a_reason():
    """One of the 17 has a wrong CRC, as their MANIFEST counts; one position is encrypted."""
    file = samples_dir() / "jtt809" / "jt809-frames.tsv"
    if not file.exists():
        pytest.skip(f"no sample feeds at {samples_dir()}")
    batch = parse(file.read_bytes())
    assert (batch.entities, batch.accepted) == (17, 6)
    assert Counter(reject.reason for reject in batch.rejects) == {
        Reason.BAD_CHECKSUM: 1,
        Reason.NOT_DECODABLE: 1,
        Reason.UNSUPPORTED_MESSAGE: 9,
    }


def test_a_capture_reads_the_same_raw_and_as_text():
    """Raw bytes with garbage between, hex lines and a table give the same records."""
    later = position(time=NOW)
    raw = position() + b"\x00noise" + later
    lines = position().hex() + "\r\n\n" + later.hex().upper()
    table = "hex\tflags\n" + "\tok\n".join(lines.split()) + "\tok\n"
    batches = [parse(raw), parse(lines.encode()), parse(table.encode())]
    assert [(batch.entities, batch.accepted) for batch in batches] == [(3, 2), (2, 2), (2, 2)]
    assert batches[0].records == batches[1].records == batches[2].records


def test_a_lost_delimiter_costs_one_frame():
    """Where an end or a beginning is missing the next frame is found all the same."""
    batch = parse(position()[:-1] + position(time=NOW) + position()[:9] + login())
    assert (batch.entities, batch.accepted) == (4, 3)


@pytest.mark.parametrize("body", [b"", b"hello\n", b"\x00\x01", b"{}", b"[]", b"\x7e\x00\x7e"])
def test_what_is_no_capture_gives_nothing(body):
    """Bytes without any frame raise PayloadError, or are one refused frame; never a record."""
    try:
        batch = parse(body)
    except PayloadError:
        return
    assert (batch.accepted, batch.records) == (0, [])


# the main link


@pytest.mark.parametrize("newer", [False, True])
def test_a_platform_logs_in_tests_the_link_reports_and_logs_out(newer):
    """Each request is answered in its edition with the next serial; positions have no answer."""
    mine = session(access_code=CODE, user=1001, password="secret")
    (answer,) = replies(mine.receive(login(newer=newer, version=b"\x01\x02\x0f"), NOW))
    assert (answer.message_id, answer.access_code, answer.serial) == (0x1002, CODE, 0)
    assert (answer.version, answer.time) == (b"\x01\x02\x0f", NOW if newer else None)
    assert len(answer.body) == 5
    assert answer.body[0] == LoginResult.OK
    (answer,) = replies(mine.receive(message(MessageId.LINK_TEST, newer=newer), NOW))
    assert (answer.message_id, answer.serial, answer.body) == (0x1006, 1, b"")
    exchange = mine.receive(position(newer=newer), NOW)
    assert (len(exchange.batch.records), exchange.replies) == (1, [])
    (answer,) = replies(mine.receive(message(MessageId.LOGOUT, bytes(12), newer=newer), NOW))
    assert answer.message_id == 0x1004
    after = mine.receive(position(newer=newer), NOW)
    assert [reject.reason for reject in after.batch.rejects] == [Reason.NOT_AUTHENTICATED]


def test_nothing_counts_before_a_login():
    """A position and a link test before it are refused and not answered."""
    exchange = session().receive(position() + message(MessageId.LINK_TEST), NOW)
    assert (exchange.batch.records, exchange.replies, exchange.raw) == ([], [], [])
    reasons = [reject.reason for reject in exchange.batch.rejects]
    assert reasons == [Reason.NOT_AUTHENTICATED] * 2


@pytest.mark.parametrize(
    ("sent", "result"),
    [
        (login(user=2), LoginResult.UNKNOWN_USER),
        (login(password="wrong"), LoginResult.WRONG_PASSWORD),
        (message(MessageId.LOGIN, b"\x00" * 5), LoginResult.OTHER),
        (login(encrypted=True), LoginResult.OTHER),
        (
            encode_message(
                Message(MessageId.LOGIN, 5, 1, encode_login(Login(1001, "secret", "", 0)))
            ),
            LoginResult.WRONG_ACCESS_CODE,
        ),
    ],
)
def test_a_wrong_login_is_answered_with_what_is_wrong(sent, result):
    """And gives nothing: no code of the subordinate link, and no position is taken."""
    mine = session(access_code=CODE, user=1001, password="secret")
    exchange = mine.receive(sent + position(), NOW)
    (answer,) = replies(exchange)
    assert answer.body == bytes([result, 0, 0, 0, 0])
    assert exchange.batch.records == []
    assert "secret" not in repr(exchange.batch)


def test_a_login_may_be_encrypted():
    """As everything else that a lower platform sends."""
    body = CIPHER.apply(encode_login(Login(1001, "secret", "127.0.0.1", 8809)), 99)
    sent = message(MessageId.LOGIN, body, encrypted=True, key=99)
    (answer,) = replies(session(password="secret", **KEYS).receive(sent, NOW))
    assert answer.body[0] == LoginResult.OK


def test_passwords_are_not_guessed():
    """After five failed logins the sixth closes the connection, right or wrong."""
    mine = session(password="secret")
    for _ in range(MAX_FAILED_LOGINS):
        assert not mine.receive(login(password="guess"), NOW).close
    exchange = mine.receive(login(), NOW)
    assert (exchange.close, exchange.replies) == (True, [])


def test_the_lower_platform_may_announce_that_a_link_ends():
    """0x1007 and 0x1008 are taken note of and not answered."""
    for told in (MessageId.DISCONNECT_INFORM, MessageId.CLOSE_INFORM):
        exchange = logged_in().receive(message(told, b"\x00"), NOW)
        assert (exchange.batch.accepted, exchange.replies) == (1, [])


@given(st.binary(max_size=400), st.lists(st.integers(1, 400), max_size=20))
def test_garbage_in_any_split_never_crashes_a_session(garbage, cuts):
    """Random bytes cut anywhere give rejects, never an exception, and never a record."""
    mine = session()
    edges = [0, *sorted(cut for cut in cuts if cut < len(garbage)), len(garbage)]
    for start, end in pairwise(edges):
        assert mine.receive(garbage[start:end], NOW).batch.records == []


# the subordinate link


def link(state: LinkState = LinkState.OPEN) -> SubordinateLink:
    """A subordinate link whose request was answered, unless it is to be OPENING."""
    mine = SubordinateLink(context(), decode_message(login()[1:-1]), NOW)
    if state is LinkState.OPEN:
        mine.receive(message(MessageId.DOWN_CONNECT_REPLY, b"\x00"), NOW)
    assert mine.state is state
    return mine


def test_the_subordinate_link_opens_with_the_code_of_the_login():
    """0x9001 carries the code that 0x1002 gave; 0x9002 with result 0 opens, another closes."""
    (answer,) = replies(session().receive(login(), NOW))
    mine = link(LinkState.OPENING)
    opening = decode_message(mine.opening(NOW)[1:-1])
    assert (opening.message_id, opening.body) == (MessageId.DOWN_CONNECT, answer.body[1:])
    assert link().state is LinkState.OPEN
    exchange = mine.receive(message(MessageId.DOWN_CONNECT_REPLY, b"\x01"), NOW)
    assert (mine.state, exchange.close) == (LinkState.CLOSED, True)


def test_the_subordinate_link_is_tested_every_minute_and_given_up_after_three():
    """An answer keeps it alive; silence closes it."""
    mine, every = link(), timedelta(minutes=1)
    at = NOW + every
    assert mine.tick(at - timedelta(seconds=1)) == b""
    assert decode_message(mine.tick(at)[1:-1]).message_id == MessageId.DOWN_LINK_TEST
    assert mine.tick(at) == b""
    mine.receive(message(MessageId.DOWN_LINK_TEST_REPLY), at)
    mine.tick(at + 3 * every)
    assert mine.standing
    assert mine.tick(at + 3 * every + timedelta(seconds=1)) == b""
    assert (mine.state, mine.standing) == (LinkState.CLOSED, False)
    assert mine.ended is not None


def test_a_platform_that_does_not_answer_is_not_waited_for():
    """Neither the subordinate login nor the logout keeps a connection that says nothing."""
    mine = link(LinkState.OPENING)
    mine.tick(NOW + ANSWER_WITHIN)
    assert mine.ended is None
    mine.tick(NOW + ANSWER_WITHIN + timedelta(seconds=1))
    assert "login" in (mine.ended or "")
    mine = link()
    mine.closing(NOW)
    mine.tick(NOW + GOODBYE_WITHIN + timedelta(seconds=1))
    assert "logout" in (mine.ended or "")


def test_the_subordinate_link_ends_in_agreement():
    """0x9003 is answered with 0x9004, or the lower platform announces the end with 0x1008."""
    for end in (MessageId.DOWN_DISCONNECT_REPLY, MessageId.CLOSE_INFORM):
        mine = link()
        assert decode_message(mine.closing(NOW)[1:-1]).message_id == MessageId.DOWN_DISCONNECT
        assert mine.receive(message(end, b"\x00"), NOW).close
        assert mine.state is LinkState.CLOSED


def test_data_over_the_subordinate_link_is_read():
    """The lower platform may send it here when the main link is down, and says so with 0x1007."""
    exchange = link().receive(message(MessageId.DISCONNECT_INFORM, b"\x00") + position(), NOW)
    assert (exchange.batch.accepted, len(exchange.batch.records)) == (2, 1)


# personal data


def test_no_plate_or_password_reaches_records_or_the_archive():
    """The plate is hashed with its colour; logins and drivers are kept nowhere."""
    mine = logged_in(id_key="a key of sixteen characters")
    exchange = mine.receive(position() + position(newer=True) + dynamic(b"driver", 0x120A), NOW)
    assert len(exchange.raw) == 2
    kept = b"".join(exchange.raw)
    for secret in (PLATE, b"secret", b"driver"):
        assert secret not in kept
    assert PLATE.decode("gbk") not in repr(exchange.batch)
    assert session().receive(login(), NOW).raw == []


@pytest.mark.parametrize("newer", [False, True])
def test_the_archive_gives_the_same_state(newer):
    """Archived messages replay to the records they were made from, in clear."""
    mine = logged_in(**KEYS)
    reports = [replace(HERE, time=NOW - timedelta(seconds=at)) for at in (3, 2, 1)]
    items = {1: b"\x00\x00\x00\x64", 0xB2: b"8986"}
    parts = [
        encode_newer(encode_position(replace(one, items=items))) if newer else encode_gnss(one)
        for one in reports
    ]
    body = encode_dynamic(Dynamic(PLATE, 2, SubType.HISTORY, b"\x03" + b"".join(parts)))
    secret = CIPHER.apply(body, 3)
    sent = message(MessageId.DYNAMIC, secret, newer=newer, encrypted=True, key=3)
    live = mine.receive(sent, NOW)
    assert b"8986" not in b"".join(live.raw)
    replayed = parse(b"".join(live.raw))
    assert len(replayed.records) == 3
    assert replayed.records == live.batch.records


def test_a_platform_cannot_use_an_archived_name():
    """The archive's form of a plate is refused on the wire."""
    (kept,) = logged_in().receive(position(), NOW).raw
    exchange = logged_in().receive(kept, NOW)
    assert [reject.reason for reject in exchange.batch.rejects] == [Reason.BAD_VALUE]


def test_bad_options_are_refused():
    """A password that does not fit, or one of the cipher's three numbers, is an error at start."""
    for bad in (
        {"subordinate_hosts": ["10/99"]},
        {"password": "nine char"},
        {"m1": 1},
        {"user": -1},
        {"coordinates": "bd09"},
    ):
        with pytest.raises(ValueError, match=next(iter(bad))):
            options_of(CONNECTOR.manifest, bad)
