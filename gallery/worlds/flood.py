"""The outside world of the overloaded hub: ten thousand taxis, a hundred feeds, endless names."""

import asyncio
import contextlib
import math
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from json import dumps
from typing import Any

from hub import clock
from sandbox.wire.jtt905 import Fix, Message, Status, encode, position

VEHICLES, FEEDS, DEPARTURES = 10_000, 100, 200
ROUND_S = 75.0
"""Seconds in which every vehicle has spoken once: a position is stale after ninety."""
LONGEST = 300
"""Characters of a text that a mapped feed takes; a row with a longer one is refused whole."""
CAR_PARK = "car-park-{:02}-" + "x" * 20
_TAXIS = """
[[feeds]]
id = "taxi"
kind = "jtt905"
mode = "TAXI"
dataset = "taxi"
listen = "127.0.0.1:{port}"
"""
_BOARD = """
[[feeds]]
id = "board"
kind = "mapped"
mode = "RAIL"
dataset = "railway"
url = "{source}/board"
interval = 30
allow_private = true
[feeds.options]
record = "departure"
items = "$[*]"
time_format = "iso"
[feeds.options.fields]
id = "$.number"
number = "$.number"
service_date = {{ constant = "today" }}
stop_place = {{ constant = "SHH" }}
stop_name = {{ constant = "铁路上海站" }}
destination = "$.to"
aimed_departure = "$.at"
expected_departure = "$.expected"
platform = "$.platform"
"""
_PARKING = """
[[feeds]]
id = "{identifier}"
kind = "mapped"
dataset = "{identifier}"
url = "{source}/{path}/{number}"
interval = 60
warn_after = 120
expire_after = 240
allow_private = true
[feeds.options]
record = "parking"
items = "$[*]"
[feeds.options.fields]
id = "$.id"
name = "$.name"
capacity = "$.capacity"
vacant = "$.vacant"
lat = "$.lat"
lon = "$.lon"
"""


def feeds(base: str, port: int) -> str:
    """Their configuration: the taxis' port, a board, car parks of which every second one fails."""
    parks = "".join(
        _PARKING.format(
            identifier=CAR_PARK.format(number),
            source=base,
            path="error" if number % 2 else "parking",
            number=number,
        )
        for number in range(FEEDS - 2)
    )
    return _TAXIS.format(port=port) + _BOARD.format(source=base) + parks


@contextmanager
def source() -> Iterator[str]:
    """The server behind the board and the car parks: its address."""
    server = _Server(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@asynccontextmanager
async def driven(port: int) -> AsyncIterator[None]:
    """The taxis speak, all over one connection, as long as the block lasts."""
    driving = asyncio.create_task(_drive(port))
    try:
        yield
    finally:
        driving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await driving


def long(text: str, length: int) -> str:
    """So many characters: words that may break, then one that cannot."""
    half = length // 2
    return (f"{text}，" * length)[:half] + ("Unbreakable" * length)[: length - half]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # the base class's
        """A hub that hangs up on what it asked for is nothing to tell of."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Answers(BaseHTTPRequestHandler):
    """`/board`, `/parking/N`, and `/error/N`."""

    def do_GET(self) -> None:
        """An answer in JSON, or none."""
        _, kind, *number = self.path.split("/")
        made = _MADE.get(kind)
        if made is None:
            self.send_error(503)
            return
        body = dumps(made(int(number[0]) if number else 0)).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Nobody reads it."""


def _board(_number: int) -> list[dict[str, Any]]:
    now = clock.now()
    return [
        {
            "number": f"G{7000 + number}" if number % 5 else long("G", 200),
            "to": long(f"终到站 {number}", LONGEST),
            "at": (now + timedelta(minutes=number)).isoformat(),
            "expected": (now + timedelta(minutes=number + number % 7 * 5)).isoformat(),
            "platform": str(number % 13 + 1),
        }
        for number in range(DEPARTURES)
    ]


def _parking(number: int) -> list[dict[str, Any]]:
    return [
        {
            "id": "P1",
            "name": long(f"停车场 {number}", LONGEST),
            "capacity": 100_000,
            "vacant": number * 17,
            "lat": 31.2496 + number * 0.0001,
            "lon": 121.4558 - number * 0.0001,
        }
    ]


_MADE: dict[str, Callable[[int], list[dict[str, Any]]]] = {"board": _board, "parking": _parking}


async def _drive(port: int) -> None:
    """Round and round the station, each once a round, evenly."""
    reader, writer = await _connected(port)
    answers = asyncio.create_task(_drained(reader))
    try:
        for number in count():
            writer.write(_position(number % VEHICLES, number))
            if number >= VEHICLES:  # the first round goes as fast as the hub takes it
                await asyncio.sleep(ROUND_S / VEHICLES)
            await writer.drain()
    finally:
        answers.cancel()
        writer.close()


async def _connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """As taxis do: again until the feed's server is there, which the hub is ready without."""
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.5)


async def _drained(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        pass


def _position(taxi: int, serial: int) -> bytes:
    angle = taxi + serial // VEHICLES * 0.05
    away = 0.0005 + taxi % 400 / 40_000
    fix = Fix(
        at=clock.now(),
        lat=31.2496 + away * math.sin(angle),
        lon=121.4558 + away * math.cos(angle),
        speed_kmh=taxi % 60,
        bearing=taxi % 360,
        status=Status.LOADED if taxi % 3 else Status(0),
    )
    return encode(Message.POSITION, f"{taxi + 1:012d}", serial % 65536, position(fix))
