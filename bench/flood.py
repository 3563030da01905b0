"""Flood: one token asks for 400 distinct live queries while 10 changes a second come in."""

import asyncio
import json
import time
import urllib.request
from collections import Counter

from bench.load import Socket, percentile
from bench.peer import cpu_seconds, resident_mb
from bench.world import STOP, World

SOCKETS, EACH, RATE, SECONDS = 20, 20, 10, 20
QUERY = """subscription Board{number} {{ departures(stopPlace: "{stop}", first: 50) {{
  cursor change node {{ id aimedDeparture expectedDeparture status plannedPlatform actualPlatform
  delaySeconds boarding alighting freshness {{ asOf state source }} stopPlace {{ id name }}
  journey {{ publicCode mode destination state line {{ publicCode name }} }} }} }} }}"""


async def measure(world: World, _node: bool) -> None:
    """What it gets, what it costs, and how long somebody else waits for an answer meanwhile."""
    before = resident_mb(world.hub.pid)
    told: Counter[str] = Counter()

    def received(frame: bytes) -> None:
        if not frame.startswith(b"{"):
            return  # a ping of the transport
        message = json.loads(frame)
        if message["type"] == "error":
            told[message["payload"][0]["extensions"]["code"]] += 1
        elif message["type"] == "next":
            told["next"] += 1

    sockets = [await _socket(world, number, received) for number in range(SOCKETS)]
    waited: list[float] = []
    asking = asyncio.create_task(_ask(world, waited))
    await asyncio.sleep(5)
    told["next"] = 0
    used, started = cpu_seconds(world.hub.pid), time.monotonic()
    for number in range(RATE * SECONDS):
        await asyncio.to_thread(
            world.db["calls"].update_one,
            {"stop_place.id": STOP, "journey.public_code": f"G{number % 50}"},
            {"$set": {"platform.actual": str(number)}},
        )
        await asyncio.sleep(max(0, started + (number + 1) / RATE - time.monotonic()))
    share = (cpu_seconds(world.hub.pid) - used) / (time.monotonic() - started)
    asking.cancel()
    refused = {code: count for code, count in told.items() if code != "next"}
    print(
        f"flood of {SOCKETS * EACH} live queries: {refused or 'none'} refused  "
        f"{resident_mb(world.hub.pid) - before:.0f} MB more  {share:.0%} of a core  "
        f"{told['next']} events  another client's answer "
        f"p50 {percentile(waited, 0.5) * 1e3:.0f} p99 {percentile(waited, 0.99) * 1e3:.0f} ms"
    )
    for socket in sockets:
        socket.transport.close()


async def _socket(world: World, number: int, received) -> Socket:  # noqa: ANN001  # as Socket takes it
    loop = asyncio.get_running_loop()
    query = QUERY.format(number=f"{number}x0", stop=STOP)
    _, socket = await loop.create_connection(
        lambda: Socket(world.port, world.token, query, received), "127.0.0.1", world.port
    )
    await socket.acknowledged
    for each in range(1, EACH):
        query = QUERY.format(number=f"{number}x{each}", stop=STOP)
        socket.send({"id": str(each + 1), "type": "subscribe", "payload": {"query": query}})
    return socket


async def _ask(world: World, waited: list[float]) -> None:
    while True:
        started = time.monotonic()
        await asyncio.to_thread(_livez, world)
        waited.append(time.monotonic() - started)
        await asyncio.sleep(0.1)


def _livez(world: World) -> None:
    with urllib.request.urlopen(f"{world.url}/livez", timeout=60) as answer:
        answer.read()
