"""Feed to socket: a JT/T 905 position in on TCP, the event out on a subscriber's WebSocket."""

import asyncio
import time
from datetime import UTC, datetime, timedelta, timezone

from bench.load import percentile, subscribers
from bench.world import World

RATES, SECONDS = (100, 1_000), 10
"""Positions a second, from as many terminals."""
QUERY = "subscription { vehicles(modes: [TAXI]) { cursor change node { id speedKmh } } }"


async def measure(world: World, _node: bool) -> None:
    """From the byte on the hub's TCP port to the byte on the subscriber's socket."""
    for rate in RATES:
        await _at(world, rate)


async def _at(world: World, rate: int) -> None:
    sent: dict[str, float] = {}
    took: list[float] = []

    def received(frame: bytes) -> None:
        at = frame.find(b'"speedKmh":')
        if at < 0:
            return
        speed = frame[at + 11 : frame.index(b"}", at)].decode().rstrip("}")
        if (moment := sent.pop(speed, None)) is not None:
            took.append(time.monotonic() - moment)

    _, writer = await asyncio.open_connection("127.0.0.1", world.taxi)
    drain = asyncio.create_task(drained(_))
    sockets = await subscribers(world.port, world.token, QUERY, received, 1)
    started = time.monotonic()
    for number in range(rate * SECONDS):
        tenth = number % 1500 + 1
        sent[str(tenth / 10)] = time.monotonic()
        writer.write(position(number % rate, number, tenth))
        due = started + (number + 1) / rate
        await asyncio.sleep(max(0, due - time.monotonic()))  # the rate is what is measured
    await asyncio.sleep(2)
    drain.cancel()
    writer.close()
    for socket in sockets:
        socket.transport.close()
    print(
        f"feed to socket at {rate} positions/s: {len(took)} of {rate * SECONDS} seen, "
        f"p50 {percentile(took, 0.5) * 1e3:.0f} p99 {percentile(took, 0.99) * 1e3:.0f} ms"
    )


async def drained(reader: asyncio.StreamReader) -> None:
    """Read what the hub answers, and forget it."""
    while await reader.read(65536):
        pass


def position(
    terminal: int, serial: int, tenth_kmh: int, *, lat: float = 31.25, lon: float = 121.456
) -> bytes:
    """A 0x0200 frame of JT/T 905: a vacant taxi near the station, at `tenth_kmh`/10 km/h."""
    china = timezone(timedelta(hours=8))
    now = datetime.now(UTC).astimezone(china).strftime("%y%m%d%H%M%S")
    body = (
        bytes(8)
        + int(lat * 600_000).to_bytes(4)
        + int(lon * 600_000).to_bytes(4)
        + tenth_kmh.to_bytes(2)
        + bytes([0])
        + bytes.fromhex(now)
    )
    plain = (
        (0x0200).to_bytes(2)
        + len(body).to_bytes(2)
        + bytes.fromhex(f"{terminal + 1:012d}")
        + (serial % 65536).to_bytes(2)
        + body
    )
    check = 0
    for byte in plain:
        check ^= byte
    escaped = (plain + bytes([check])).replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")
    return b"\x7e" + escaped + b"\x7e"
