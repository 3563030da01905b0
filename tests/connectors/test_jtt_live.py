"""JT/T 808 and 809 over real sockets: registered or logged in, durable, then acknowledged."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.errors import RetryLater
from hub.formats.jtt import t808 as jtt808
from hub.formats.jtt.t808 import Frame, MessageId, Part, Result
from hub.formats.jtt.t808_position import encode_batch, encode_position
from hub.formats.jtt.t809 import LoginResult
from hub.model.common import Mode
from tests.connectors.jtt_rig import PATIENCE, RigOf, dynamic, login, report, up

PHONE = "013912345678"


def position(moment, *, serial: int = 1, phone: str = PHONE, **more: object) -> bytes:
    body = encode_position(report(moment, **more))
    return jtt808.encode_frame(Frame(MessageId.POSITION, phone, serial, body))


def batch(moment, count: int) -> bytes:
    listed = [report(moment - timedelta(seconds=at), lat=31.2 + at / 1e4) for at in range(count)]
    return encode_batch([encode_position(one) for one in reversed(listed)])


# terminals


@pytest.mark.parametrize(("version", "phone"), [(None, PHONE), (1, PHONE.zfill(20))])
async def test_a_terminal_registers_authenticates_and_reports(rig_of: RigOf, clock, version, phone):
    """In 2013 and 2019 alike; the position is stored before its answer comes."""
    rig = await rig_of("jtt808", require_authentication=True)
    taxi = await rig.call()

    def send(message_id: int, serial: int, body: bytes = b"") -> None:
        taxi.send(jtt808.encode_frame(Frame(message_id, phone, serial, body, version)))

    send(MessageId.REGISTRATION, 1, bytes(76))
    registered = await taxi.answer()
    assert (registered.message_id, registered.version) == (0x8100, version)
    code = registered.body[3:]
    send(MessageId.AUTHENTICATION, 2, bytes([len(code)]) + code + bytes(35) if version else code)
    assert await taxi.result() is Result.OK
    send(MessageId.HEARTBEAT, 3)
    assert await taxi.result() is Result.OK
    send(MessageId.POSITION, 4, encode_position(report(clock())))
    assert await taxi.result() is Result.OK
    (row,) = await rig.vehicles()
    assert (row["mode"], row["taxi_state"]) == ("TAXI", "UNKNOWN")
    assert PHONE.lstrip("0") not in str(row)
    await rig.monitor.save()
    assert (await rig.repository.get(rig.feed.id))["state"] == "HEALTHY"


async def test_sub_packages_are_one_message_when_the_last_is_acknowledged(rig_of: RigOf, clock):
    """Of a batch in four, one lost on the way is asked for; its answer comes after the write."""
    rig = await rig_of("jtt808")
    taxi = await rig.call()
    body = batch(clock(), 12)
    size = -(-len(body) // 4)
    parts = [
        jtt808.encode_frame(
            Frame(
                MessageId.POSITION_BATCH,
                PHONE,
                100 + at,
                body[at * size : (at + 1) * size],
                part=Part(4, at + 1),
            )
        )
        for at in range(4)
    ]
    taxi.send(parts[0], parts[2], parts[3])
    assert [await taxi.result() for _ in range(3)] == [Result.OK] * 3
    request = await taxi.answer()
    assert (request.message_id, request.body) == (0x8003, b"\x00\x64\x01\x00\x02")
    assert await rig.vehicles() == []
    taxi.send(parts[1])
    assert await taxi.result() is Result.OK
    (row,) = await rig.vehicles()
    assert row["observed_at"] == clock().replace(microsecond=0)
    assert row["location"]["coordinates"] == [121.45, 31.2]


async def test_the_answer_waits_for_the_durable_write(rig_of: RigOf, clock, monkeypatch):
    """While the database cannot be written a position is not acknowledged; then it is."""
    rig = await rig_of("jtt808")
    tried, back = asyncio.Event(), asyncio.Event()
    apply = rig.writer.apply

    async def away(gathered):
        tried.set()
        if not back.is_set():
            raise RetryLater("no primary")
        return await apply(gathered)

    monkeypatch.setattr(rig.writer, "apply", away)
    taxi = await rig.call()
    taxi.send(position(clock()))
    await asyncio.wait_for(tried.wait(), PATIENCE)
    early = asyncio.create_task(taxi.result())
    done, _ = await asyncio.wait({early}, timeout=0.3)
    assert not done
    back.set()
    assert await early is Result.OK
    assert len(await rig.vehicles()) == 1


async def test_slow_and_hostile_terminals_harm_nobody(rig_of: RigOf, clock):
    """One drips half a frame, one floods and reads no answer, one sends garbage; others report."""
    rig = await rig_of("jtt808")
    slow, flood, hostile = await rig.call(), await rig.call(), await rig.call()
    slow.send(position(clock())[:20])
    flood.send(*[jtt808.encode_frame(Frame(MessageId.HEARTBEAT, "1" * 12, 1))] * 2000)
    hostile.send(b"\x7e\x00" * 5000)

    async def drive(number: int) -> None:
        taxi = await rig.call()
        for step in range(3):
            taxi.send(
                position(
                    clock() + timedelta(seconds=step),
                    serial=step,
                    phone=f"{139_0000_0000 + number:012d}",
                    lat=31.2 + number / 1e4 + step / 1e5,
                )
            )
            assert (await taxi.answer()).body[:2] == step.to_bytes(2, "big")

    await asyncio.gather(*(drive(number) for number in range(50)))
    assert await hostile.closed()
    slow.send(position(clock())[20:])
    assert await slow.result() is Result.OK
    assert len(await rig.vehicles()) == 51


async def test_what_the_hub_archives_of_terminals_replays_without_their_numbers(
    rig_of: RigOf, clock
):
    """The archive's one message holds no telephone number and gives the same record again."""
    rig = await rig_of("jtt808")
    taxi = await rig.call()
    taxi.send(position(clock()))
    assert await taxi.result() is Result.OK
    (row,) = await rig.vehicles()
    await rig.stop()
    (kept,) = await rig.repository.raw_since(rig.feed.id, clock() - timedelta(minutes=1))
    assert bytes.fromhex(PHONE) not in kept.body
    replayed = rig.parse(replace(kept, received_at=clock()), rig.context)
    assert [record.id for record in replayed.records] == [row["_id"]]


# platforms


async def test_a_lower_platform_logs_in_and_its_vehicles_are_stored(rig_of: RigOf, clock):
    """Login, positions, link test, logout: the link test's answer comes after the write."""
    rig = await rig_of("jtt809", Mode.COACH, access_code=31010001, user=1001, password="secret")
    platform = await rig.call()
    platform.send(login())
    answer = await platform.answer()
    assert (answer.message_id, answer.body[0]) == (0x1002, LoginResult.OK)
    old = report(clock() - timedelta(seconds=9), lat=31.1)
    platform.send(dynamic(old, report(clock())), up(0x1005))
    assert (await platform.answer()).message_id == 0x1006
    (row,) = await rig.vehicles()
    assert (row["mode"], row["observed_at"]) == ("COACH", clock().replace(microsecond=0))
    assert "A12345" not in str(row)
    await rig.monitor.save()
    status = await rig.repository.get(rig.feed.id)
    assert (status["state"], status["link_state"]) == ("HEALTHY", "UP")
    platform.send(up(0x1003, bytes(12)), dynamic(report(clock() + timedelta(seconds=1))))
    assert (await platform.answer()).message_id == 0x1004


async def test_a_stranger_gets_nothing_stored(rig_of: RigOf, clock):
    """Without a login, or after a wrong one, positions are refused, and the reason is kept."""
    rig = await rig_of("jtt809", Mode.COACH, password="secret")
    platform = await rig.call()
    platform.send(dynamic(report(clock())), login("guess"), dynamic(report(clock())))
    assert (await platform.answer()).body[0] == LoginResult.WRONG_PASSWORD
    assert await rig.vehicles() == []
    rejects = await rig.repository.rejects(rig.feed.id)
    assert {reject["reason"] for reject in rejects} == {"NOT_AUTHENTICATED"}


async def test_a_split_stream_of_a_platform_reads_the_same(rig_of: RigOf, clock):
    """One byte at a time, beside a peer that sends garbage and is disconnected."""
    rig = await rig_of("jtt809", Mode.COACH)
    hostile, platform = await rig.call(), await rig.call()
    hostile.send(b"\x5b\x00\x5d" * 50)
    for byte in login() + dynamic(report(clock())) + up(0x1005):
        platform.send(bytes([byte]))
        await platform.writer.drain()
    assert [(await platform.answer()).message_id for _ in range(2)] == [0x1002, 0x1006]
    assert len(await rig.vehicles()) == 1
    assert await hostile.closed()
