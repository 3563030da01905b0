"""Terminals on a broken network, and terminals that misbehave: their neighbours are served."""

import asyncio
import random
import socket
from contextlib import suppress
from datetime import timedelta

import pytest
from chaos_proxy import Mode, Victim, chaos
from terminal_rig import PATIENCE, Rig, Terminal, position

from hub.formats.jtt.t905 import Frame, MessageId, Result, encode_frame
from hub.ingest.inflow import LIMIT
from hub.ingest.receiver import READ_BYTES

OTHER = "100000000002"


async def served(rig: Rig, clock, serial: int) -> None:
    """A neighbour reports, and is answered as if nobody else were there."""
    neighbour = await rig.call()
    neighbour.writer.write(position(clock(), isu=OTHER, serial=serial))
    reply = await neighbour.reply()
    assert (reply.serial, reply.result) == (serial, Result.OK)


@pytest.mark.parametrize(
    ("mode", "after"),
    [(Mode.CUT, 0), (Mode.CUT, 20), (Mode.CUT, 70), (Mode.GARBAGE, 0), (Mode.RESET, 0)],
)
async def test_a_terminal_whose_stream_breaks_harms_nobody_and_may_call_again(
    receivers, clock, mode: Mode, after: int
):
    """Half a frame, noise, a reset: that connection ends; others are served, and so is the next."""
    rig = await receivers()
    async with chaos(rig.receiver.port, Victim.CALLED) as proxy:
        proxy.turn(mode, after=after)
        taxi = await Terminal.call(proxy.port)
        rig.terminals.append(taxi)
        taxi.writer.write(position(clock(), serial=1) * 2)
        await served(rig, clock, 2)
        proxy.turn(Mode.PASS)
        assert await taxi.closed()
        again = await Terminal.call(proxy.port)
        rig.terminals.append(again)
        again.writer.write(position(clock() + timedelta(seconds=1), serial=3))
        assert (await again.reply()).serial == 3
    assert len(await rig.taxis()) == 2


async def test_a_terminal_that_drips_is_read_and_delays_nobody(receivers, clock):
    """A frame that takes a second to arrive is answered; a neighbour does not wait for it."""
    rig = await receivers()
    async with chaos(rig.receiver.port, Victim.CALLED) as proxy:
        proxy.turn(Mode.DRIP)
        slow = await Terminal.call(proxy.port)
        rig.terminals.append(slow)
        slow.writer.write(position(clock(), serial=1))
        slowly = asyncio.create_task(slow.reply())
        await served(rig, clock, 2)
        assert not slowly.done()
        assert (await slowly).serial == 1


async def test_noise_between_frames_costs_only_itself(receivers, clock):
    """What is no frame is counted with its reason; the frames around it are answered."""
    rig = await receivers()
    taxi = await rig.call()
    noise = random.Random(1).randbytes(300).replace(b"\x7e", b"\x00")
    for serial in (1, 2, 3):
        moment = clock() + timedelta(seconds=serial)
        taxi.writer.write(position(moment, serial=serial) + noise)
        assert (await taxi.reply()).serial == serial
    await served(rig, clock, 4)
    reasons = {reject["reason"] for reject in await rig.repository.rejects(rig.feed.id)}
    assert reasons <= {"BAD_LENGTH", "BAD_CHECKSUM", "BAD_ESCAPE"}
    assert reasons


async def test_a_terminal_that_never_reads_is_let_go(receivers, clock):
    """Its unread answers are bounded; meanwhile a neighbour is answered."""
    rig = await receivers()
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(deaf, ("127.0.0.1", rig.receiver.port))
    beat = encode_frame(Frame(MessageId.HEARTBEAT, OTHER, 1)) * 5_000

    async def shout() -> None:
        while True:
            await loop.sock_sendall(deaf, beat)

    shouting = asyncio.create_task(shout())
    await served(rig, clock, 2)
    async with asyncio.timeout(PATIENCE * 4):
        with suppress(ConnectionError):
            await shouting
    deaf.close()
    await served(rig, clock, 3)


async def test_while_the_database_is_away_the_hub_stops_reading(receivers, clock, monkeypatch):
    """What a terminal sends is bounded in memory: it must wait, and so nothing is lost."""
    rig = await receivers()
    back = asyncio.Event()
    apply = rig.writer.apply

    async def away(batch):
        await back.wait()
        return await apply(batch)

    monkeypatch.setattr(rig.writer, "apply", away)
    loop = asyncio.get_running_loop()
    eager = socket.create_connection(("127.0.0.1", rig.receiver.port))
    eager.setblocking(False)
    flood = position(clock()) * 500_000
    sending = asyncio.create_task(loop.sock_sendall(eager, flood))
    done, _ = await asyncio.wait({sending}, timeout=1)
    assert not done
    assert rig.receiver._inflow.depth < LIMIT + READ_BYTES
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    eager.close()
    back.set()
    await served(rig, clock, 2)
