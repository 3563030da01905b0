"""Fan-out: 1,000 subscribers to one board, ten changes a second, over graphql-transport-ws."""

import asyncio
import time

from bench.load import percentile, subscribers
from bench.peer import Peer, cpu_seconds, resident_mb
from bench.world import SERVER_CORE, STOP, World

SUBSCRIBERS, RATE, SECONDS = 1_000, 10, 10
QUERY = f"""subscription {{ departures(stopPlace: "{STOP}", first: 50) {{ cursor change node {{
  id expectedDeparture status plannedPlatform actualPlatform
  journey {{ publicCode mode destination line {{ publicCode }} }} }} }} }}"""
PEER_QUERY = """subscription { departures { cursor change node {
  id expectedDeparture status plannedPlatform actualPlatform
  journey { publicCode mode destination line { publicCode } } } } }"""


async def measure(world: World, node: bool) -> None:
    """CPU of the server per 100,000 deliveries, and how late the deliveries are."""

    async def change(number: int) -> None:
        # the platform carries the moment of the write, so that a delivery tells its own age
        await asyncio.to_thread(
            world.db["calls"].update_one,
            {"stop_place.id": STOP, "journey.public_code": f"G{number % 50}"},
            {"$set": {"platform.actual": f"@{time.monotonic():.6f}"}},
        )

    ours = await _side("liandong", world.port, world.token, QUERY, world.hub.pid, change)
    if not node:
        return
    with Peer("fanout.mjs", str(RATE), cores=SERVER_CORE) as peer:

        async def theirs_change(_number: int) -> None:
            """The peer makes its own events at the same rate."""

        theirs = await _side(
            "graphql-ws", peer.port, "", PEER_QUERY, peer.process.pid, theirs_change
        )
    print(f"ratio liandong / Node graphql-ws: {ours / theirs:.2f} CPU per delivery")


async def _side(name, port, token, query, pid, change) -> float:  # noqa: ANN001  # the row above says them
    before_memory = resident_mb(pid)
    deliveries, late = 0, []

    def received(frame: bytes) -> None:
        nonlocal deliveries
        at = frame.find(b'"@')
        if at < 0:
            return
        deliveries += 1
        if deliveries % 20 == 0:
            late.append(time.monotonic() - float(frame[at + 2 : frame.index(b'"', at + 2)]))

    sockets = await subscribers(port, token, query, received, SUBSCRIBERS)
    await asyncio.sleep(2)
    per_connection = (resident_mb(pid) - before_memory) * 1024 / SUBSCRIBERS
    deliveries = 0
    late.clear()
    before, started = cpu_seconds(pid), time.monotonic()
    for number in range(RATE * SECONDS):
        await change(number)
        await asyncio.sleep(max(0, started + (number + 1) / RATE - time.monotonic()))
    await asyncio.sleep(1)
    cpu = (cpu_seconds(pid) - before) / deliveries * 100_000
    shown = f"p50 {percentile(late, 0.5) * 1e3:.0f} p99 {percentile(late, 0.99) * 1e3:.0f} ms"
    print(
        f"{name:14} {cpu:5.1f} s CPU per 100,000 deliveries  {deliveries} delivered  "
        f"{shown}  {per_connection:.0f} kB per connection"
    )
    for socket in sockets:
        socket.transport.close()
    return cpu
