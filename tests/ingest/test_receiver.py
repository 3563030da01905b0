"""The JT/T 905 server over real sockets: log in, report, be answered; and peers that misbehave."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from push_rig import AREA
from terminal_rig import PATIENCE, VACANT, position

from connectors.jtt905 import CONNECTOR
from hub.errors import RetryLater, StartError
from hub.formats.jtt.t905 import (
    Frame,
    MessageId,
    PlatformReply,
    Result,
    Status,
    encode_frame,
)
from hub.model.feeds import FeedState, LinkState


async def test_a_terminal_registers_authenticates_beats_and_reports(receivers, clock):
    """Each message is answered in turn; the position is stored before its answer comes."""
    rig = await receivers()
    taxi = await rig.call()
    isu = "100000000001"
    taxi.writer.write(encode_frame(Frame(MessageId.REGISTRATION, isu, 1, b"\x00" * 37)))
    registered = await taxi.answer()
    assert (registered.message_id, registered.body[:3]) == (0x8100, b"\x00\x01\x00")
    taxi.writer.write(encode_frame(Frame(MessageId.AUTHENTICATION, isu, 2, registered.body[3:])))
    assert await taxi.reply() == PlatformReply(2, MessageId.AUTHENTICATION, Result.OK)
    taxi.writer.write(encode_frame(Frame(MessageId.HEARTBEAT, isu, 3)))
    assert await taxi.reply() == PlatformReply(3, MessageId.HEARTBEAT, Result.OK)
    taxi.writer.write(position(clock(), status=Status.LOADED, serial=4))
    assert await taxi.reply() == PlatformReply(4, MessageId.POSITION, Result.OK)
    (row,) = await rig.taxis()
    assert (row["mode"], row["taxi_state"]) == ("TAXI", "ON_TRIP")
    assert isu not in str(row)
    assert [record.id for record in rig.seen] == [row["_id"]]
    assert rig.monitor.health.link is LinkState.UP
    await rig.monitor.save()
    status = await rig.repository.get(rig.feed.id)
    assert (status["state"], status["totals"]["rejected"]) == ("HEALTHY", 0)


async def test_the_answer_waits_for_the_durable_write(receivers, clock, monkeypatch):
    """While the database cannot be written a position is not acknowledged; then it is, once."""
    rig = await receivers()
    tried, back = asyncio.Event(), asyncio.Event()
    apply = rig.writer.apply

    async def away(batch):
        tried.set()
        if not back.is_set():
            raise RetryLater("no primary")
        return await apply(batch)

    monkeypatch.setattr(rig.writer, "apply", away)
    taxi = await rig.call()
    taxi.writer.write(position(clock()))
    await asyncio.wait_for(tried.wait(), PATIENCE)
    early = asyncio.create_task(taxi.reply())
    done, _ = await asyncio.wait({early}, timeout=0.3)
    assert not done
    assert await rig.taxis() == []
    back.set()
    assert (await early).result is Result.OK
    assert len(await rig.taxis()) == 1


async def test_split_and_glued_bytes_read_the_same(receivers, clock):
    """One byte at a time, then three frames in one piece: four answers in order."""
    rig = await receivers()
    taxi = await rig.call()
    for byte in position(clock(), serial=1):
        taxi.writer.write(bytes([byte]))
        await taxi.writer.drain()
    assert (await taxi.reply()).serial == 1
    taxi.writer.write(b"".join(position(clock(), serial=number) for number in (2, 3, 4)))
    assert [(await taxi.reply()).serial for _ in range(3)] == [2, 3, 4]


async def test_every_state_of_a_taxi_reaches_the_database(receivers, store, clock):
    """Vacant, loaded and vacant again in one write window are three changes in the stream."""
    rig = await receivers()
    taxi = await rig.call()
    async with await store.db["vehicles"].watch(
        [{"$match": {"fullDocument.feed": rig.feed.id}}]
    ) as stream:
        taxi.writer.write(
            b"".join(
                position(clock() + timedelta(seconds=at), status=status, serial=at)
                for at, status in enumerate((VACANT, Status.LOADED, VACANT))
            )
        )
        states = [(await stream.next())["fullDocument"]["taxi_state"] for _ in range(3)]
    assert states == ["AVAILABLE", "ON_TRIP", "AVAILABLE"]


async def test_a_hostile_peer_harms_nobody(receivers, clock):
    """Garbage ends its own connection; an honest terminal beside it is answered all the same."""
    rig = await receivers()
    hostile, taxi = await rig.call(), await rig.call()
    hostile.writer.write(b"\x7e\x00" * 5000)
    taxi.writer.write(position(clock()))
    assert (await taxi.reply()).result is Result.OK
    assert await hostile.closed()
    taxi.writer.write(position(clock() + timedelta(seconds=1), serial=2))
    assert (await taxi.reply()).serial == 2
    rejects = await rig.repository.rejects(rig.feed.id)
    assert {reject["reason"] for reject in rejects} == {"BAD_LENGTH"}
    assert rig.monitor.totals["rejected"] == 32


async def test_an_endless_frame_is_refused_and_the_stream_goes_on(receivers, clock):
    """A frame that never ends costs 4 kB; the next one on the same connection is read."""
    rig = await receivers()
    taxi = await rig.call()
    taxi.writer.write(b"\x7e" + b"\x01" * 500_000 + position(clock()))
    assert (await taxi.reply()).result is Result.OK
    assert rig.monitor.totals["rejected"] == 1


async def test_a_refused_position_is_counted_and_the_reason_kept(receivers, clock):
    """A position in the future is answered as bad, stored nowhere, and counted."""
    rig = await receivers()
    taxi = await rig.call()
    taxi.writer.write(position(clock() + timedelta(hours=1)))
    assert (await taxi.reply()).result is Result.BAD_MESSAGE
    assert await rig.taxis() == []
    (reject,) = await rig.repository.rejects(rig.feed.id)
    assert reject["reason"] == "TIMESTAMP_IN_FUTURE"


async def test_a_silent_peer_is_disconnected(receivers):
    """After three missed heartbeats, dripping bytes without a whole message included."""
    rig = await receivers(heartbeat_s=0.1)
    silent, dripping = await rig.call(), await rig.call()

    async def drip() -> None:
        while True:
            dripping.writer.write(b"\x01")
            await asyncio.sleep(0.05)

    task = asyncio.create_task(drip())
    assert await silent.closed()
    assert await dripping.closed()
    task.cancel()


async def test_connections_are_capped(receivers, clock):
    """One more than the cap is refused; those connected stay, and a place freed can be taken."""
    rig = await receivers(max_connections=10, max_connections_per_peer=2)
    first, second = await rig.call(), await rig.call()
    second.writer.write(position(clock()))
    await second.reply()
    third = await rig.call()
    assert await third.closed()
    first.writer.write(position(clock(), isu="100000000002"))
    assert (await first.reply()).result is Result.OK
    assert rig.receiver.connections == 2
    assert rig.monitor.health.state(rig.monitor.thresholds, clock()) is FeedState.DEGRADED
    reason = rig.monitor.health.reason(rig.monitor.thresholds, clock(), AREA.zone) or ""
    assert "Connections are refused: options.max_connections_per_peer = 2 of 127.0.0.1" in reason
    clock.advance(seconds=rig.receiver._limits.heartbeat_s * 3)
    assert "refused" not in (
        rig.monitor.health.reason(rig.monitor.thresholds, clock(), AREA.zone) or ""
    )


async def test_all_connections_taken_shows_though_nobody_has_sent_anything(receivers, clock):
    """A feed that has no data yet and refuses is DEGRADED, and says which option would help."""
    rig = await receivers(max_connections=1)
    await rig.call()
    assert await (await rig.call()).closed()
    await rig.monitor.save()
    status = await rig.repository.get(rig.feed.id)
    assert status["state"] == "DEGRADED"
    assert "options.max_connections = 1 are there already" in status["detail"]


async def test_a_peer_of_another_protocol_is_told_and_degrades_nothing(receivers, clock):
    """What does not speak the protocol is disconnected; whoever looks for its data finds why."""
    rig = await receivers()
    stranger = await rig.call()
    stranger.writer.write(b"~GET / HTTP/1.1~" * 40)
    assert await stranger.closed()
    await rig.monitor.save()
    status = await rig.repository.get(rig.feed.id)
    assert status["state"] == "STARTING"
    assert "does not speak the protocol" in status["detail"]


async def test_a_port_in_use_is_one_line(receivers):
    """The message names the feed and the address, and says what to do."""
    rig = await receivers()
    with pytest.raises(StartError) as caught:
        await receivers(f"127.0.0.1:{rig.receiver.port}")
    said = str(caught.value)
    assert f"127.0.0.1:{rig.receiver.port}" in said
    assert "listen" in said
    assert "\n" not in said


async def test_stopping_writes_and_answers_what_was_read(receivers, clock, monkeypatch):
    """A position in the queue when the feed stops is stored and acknowledged before the end."""
    rig = await receivers()
    queued = asyncio.Event()
    put = rig.receiver._inflow.put

    async def watched(exchange, answer):
        await put(exchange, answer)
        queued.set()

    monkeypatch.setattr(rig.receiver._inflow, "put", watched)
    taxi = await rig.call()
    taxi.writer.write(position(clock()))
    await asyncio.wait_for(queued.wait(), PATIENCE)
    rig.task.cancel()
    assert (await taxi.reply()).result is Result.OK
    assert await taxi.closed()
    assert len(await rig.taxis()) == 1
    (kept,) = await rig.repository.raw_since(rig.feed.id, clock() - timedelta(minutes=1))
    replayed = CONNECTOR.parse(replace(kept, received_at=clock()), rig.receiver._context)
    assert [record.id for record in replayed.records] == [record.id for record in rig.seen]


async def test_many_terminals_are_served_at_once(receivers, clock):
    """Two hundred terminals report five times each: all is acknowledged, every taxi stored."""
    rig = await receivers()

    async def drive(number: int) -> None:
        taxi = await rig.call()
        for step in range(5):
            taxi.writer.write(
                position(
                    clock() + timedelta(seconds=step),
                    lat=31.2 + number / 1e4 + step / 1e5,
                    isu=f"2000000{number:05d}",
                    serial=step,
                )
            )
            assert (await taxi.reply()).serial == step

    await asyncio.gather(*(drive(number) for number in range(200)))
    assert len(await rig.taxis()) == 200
    assert rig.monitor.totals["accepted"] == 1000
