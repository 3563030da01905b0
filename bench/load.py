"""Load: HTTP requests on kept-alive connections, WebSockets with as little Python as can be."""

import asyncio
import base64
import json
import os
import struct
import time
from collections.abc import Callable


async def http_requests(
    port: int, path: str, body: bytes, headers: dict[str, str], *, seconds: float, callers: int
) -> tuple[int, list[float]]:
    """Send the same POST from `callers` connections for `seconds`; count and latencies in s."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"host: 127.0.0.1:{port}",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode() + body
    deadline = time.monotonic() + seconds
    took: list[float] = []

    async def caller() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.monotonic() < deadline:
            started = time.monotonic()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.split(b"\r\n", 1)[0]:
                raise RuntimeError(head.decode())
            length = next(
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length")
            )
            answer = await reader.readexactly(length)
            if b'"errors"' in answer:
                raise RuntimeError(answer.decode())
            took.append(time.monotonic() - started)
        writer.close()

    await asyncio.gather(*(caller() for _ in range(callers)))
    return len(took), took


class Socket(asyncio.Protocol):
    """A graphql-transport-ws subscriber that counts and times what it is sent."""

    def __init__(
        self, port: int, token: str, query: str, received: Callable[[bytes], None]
    ) -> None:
        self.port, self.token, self.query, self.received = port, token, query, received
        self.buffer = b""
        self.open = False
        self.acknowledged = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(  # type: ignore[attr-defined]
            (
                f"GET /graphql HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\nupgrade: websocket\r\n"
                f"connection: Upgrade\r\nsec-websocket-key: {key}\r\nsec-websocket-version: 13\r\n"
                "sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
            ).encode()
        )

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.open:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head:
                self.acknowledged.set_exception(RuntimeError(head.decode()))
                return
            self.open, self.buffer = True, rest
            self.send({"type": "connection_init", "payload": {"authorization": self.token}})
        while (frame := self._frame()) is not None:
            if b'"connection_ack"' in frame:
                payload = {"query": self.query}
                self.send({"id": "1", "type": "subscribe", "payload": payload})
                self.acknowledged.set_result(None)
            else:
                self.received(frame)

    def _frame(self) -> bytes | None:
        buffer = self.buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 127, 2
        if length == 126:
            if len(buffer) < 4:
                return None
            length, start = struct.unpack(">H", buffer[2:4])[0], 4
        elif length == 127:
            if len(buffer) < 10:
                return None
            length, start = struct.unpack(">Q", buffer[2:10])[0], 10
        if len(buffer) < start + length:
            return None
        self.buffer = buffer[start + length :]
        return buffer[start : start + length]

    def send(self, message: dict[str, object]) -> None:
        """One masked text frame."""
        data = json.dumps(message).encode()
        mask = b"\0\0\0\0"  # a mask of zeros is a mask, and leaves the payload as it is
        head = (
            bytes([0x81, 0x80 | len(data)])
            if len(data) < 126
            else (bytes([0x81, 0x80 | 126]) + struct.pack(">H", len(data)))
        )
        self.transport.write(head + mask + data)  # type: ignore[attr-defined]


async def subscribers(
    port: int, token: str, query: str, received: Callable[[bytes], None], count: int
) -> list[Socket]:
    """Open `count` subscriptions, fifty at a time."""
    loop = asyncio.get_running_loop()
    opened: list[Socket] = []
    for _ in range(0, count, 50):
        made = await asyncio.gather(
            *(
                loop.create_connection(
                    lambda: Socket(port, token, query, received), "127.0.0.1", port
                )
                for _ in range(min(50, count - len(opened)))
            )
        )
        opened += [protocol for _, protocol in made]
        await asyncio.gather(*(protocol.acknowledged for _, protocol in made))
    return opened


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
