"""What a client gets, and when it is given up."""

import asyncio
from collections.abc import Sequence
from typing import Any

from schema.live.outbound import MAX_QUEUED_BYTES, Outbound


class Wire:
    """A transport that takes frames until it is blocked, as a full socket is."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.open = asyncio.Event()
        self.open.set()
        self.evicted = asyncio.Event()

    async def send(self, message: dict[str, Any]) -> None:
        await self.open.wait()
        self.frames.append(message["data"])

    def outbound(self) -> Outbound:
        return Outbound(self.send, lambda data: {"data": data}, evicted=self.evicted.set)


async def test_a_frame_goes_out_on_the_spot_while_the_client_keeps_up():
    """Pushing to an idle client sends before the call returns, without a task."""
    wire = Wire()
    wire.outbound().push(b"1")
    assert wire.frames == [b"1"]


async def test_frames_keep_their_order_through_a_stall():
    """What is pushed while the transport is full follows in order once it drains."""
    wire = Wire()
    out = wire.outbound()
    out.push(b"1")
    wire.open.clear()
    for frame in (b"2", b"3", b"4"):
        out.push(frame)
    assert wire.frames == [b"1"]
    drain = out._drain
    assert drain is not None
    wire.open.set()
    await drain
    out.push(b"5")
    assert wire.frames == [b"1", b"2", b"3", b"4", b"5"]


async def test_a_client_whose_queue_overflows_is_evicted():
    """Whoever leaves too many bytes waiting is given up, and holds nothing; many may wait."""
    wire = Wire()
    wire.open.clear()
    out = wire.outbound()
    for number in range(2_000):
        out.push(str(number).encode())
    assert not out.closed
    out.push(b"x" * MAX_QUEUED_BYTES)
    await wire.evicted.wait()
    assert out.closed
    assert not out._queue


async def test_a_client_that_takes_nothing_is_evicted_in_time(monkeypatch):
    """One frame that does not go out within the patience is enough."""
    monkeypatch.setattr("schema.live.outbound.PATIENCE", 0.05)
    wire = Wire()
    wire.open.clear()
    out = wire.outbound()
    out.push(b"1")
    async with asyncio.timeout(60):
        await wire.evicted.wait()


async def test_a_client_that_has_gone_stops_being_sent_to():
    """The server's own error for a gone client closes the way out and is not raised."""

    async def gone(_message: dict[str, Any]) -> None:
        raise ConnectionResetError

    out = Outbound(gone, lambda data: {"data": data}, evicted=asyncio.Event().set)
    out.push(b"1")
    assert out.closed


async def test_what_is_told_together_is_written_together():
    """Where the server writes frames itself, one write takes them all; what it refuses is sent."""
    wire, written, room = Wire(), [], [True, False, True]

    def write(messages: Sequence[bytes]) -> bool:
        taken = room.pop(0)
        if taken:
            written.append(messages)
        return taken

    out = Outbound(wire.send, lambda data: {"data": data}, write, evicted=wire.evicted.set)
    out.push(b"1", b"2")
    out.push(b"3", b"4")
    out.push(b"5")
    assert (written, wire.frames) == ([(b"1", b"2"), (b"5",)], [b"3", b"4"])
