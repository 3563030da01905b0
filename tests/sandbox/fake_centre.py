"""A JT/T 905 centre for tests, written apart from the sandbox's own encoder and the hub's."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Received:
    """A frame as it came in: the raw bytes between the flags, and its parts."""

    raw: bytes
    message: int
    terminal: str
    serial: int
    body: bytes
    checksum_right: bool


def _unescaped(raw: bytes) -> bytes:
    out, escape = bytearray(), False
    for byte in raw:
        if escape:
            out.append({0x01: 0x7D, 0x02: 0x7E}[byte])
            escape = False
        elif byte == 0x7D:
            escape = True
        else:
            out.append(byte)
    return bytes(out)


def _framed(message: int, terminal: str, serial: int, body: bytes) -> bytes:
    plain = message.to_bytes(2, "big") + len(body).to_bytes(2, "big")
    plain += bytes.fromhex(terminal) + serial.to_bytes(2, "big") + body
    check = 0
    for byte in plain:
        check ^= byte
    out = bytearray([0x7E])
    for byte in plain + bytes([check]):
        out += {0x7E: b"\x7d\x02", 0x7D: b"\x7d\x01"}.get(byte, bytes([byte]))
    return bytes([*out, 0x7E])


Answers = Callable[[Received], bool]


@dataclass
class FakeCentre:
    """Accepts terminals and records what they say; answers what `answers` allows."""

    answers: Answers = lambda _: True
    accepts_codes: bool = True
    frames: list[Received] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _writers: dict[str, asyncio.StreamWriter] = field(default_factory=dict)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def open(self) -> None:
        """Listen: on a free port the first time, on the same one later."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and hang up on every terminal."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers.values():
            writer.close()
        await asyncio.sleep(0)

    async def until(self, enough: Callable[[list[Received]], bool], within: float = 30) -> None:
        """Wait until the frames received are enough."""
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: enough(self.frames))

    def of(self, message: int) -> list[Received]:
        """The frames with this message id."""
        return [frame for frame in self.frames if frame.message == message]

    def send(self, terminal: str, message: int, body: bytes) -> None:
        """Send a terminal a message."""
        self._writers[terminal].write(_framed(message, terminal, 7, body))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        rest = b""
        try:
            while data := await reader.read(4096):
                *parts, rest = (rest + data).split(b"\x7e")
                for part in filter(None, parts):
                    await self._take(part, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _take(self, raw: bytes, writer: asyncio.StreamWriter) -> None:
        plain = _unescaped(raw)
        check = 0
        for byte in plain:
            check ^= byte
        length = int.from_bytes(plain[2:4], "big")
        frame = Received(
            raw,
            int.from_bytes(plain[:2], "big"),
            plain[4:10].hex(),
            int.from_bytes(plain[10:12], "big"),
            plain[12:-1],
            check == 0 and length == len(plain) - 13,
        )
        self._writers[frame.terminal] = writer
        async with self._news:
            self.frames.append(frame)
            self._news.notify_all()
        if self.answers(frame):
            self._answer(frame, writer)

    def _answer(self, frame: Received, writer: asyncio.StreamWriter) -> None:
        serial = frame.serial.to_bytes(2, "big")
        if frame.message == 0x0100:
            reply = _framed(0x8100, frame.terminal, 1, serial + b"\x00" + b"code-}~")
        else:
            refused = frame.message == 0x0102 and not self.accepts_codes
            body = serial + frame.message.to_bytes(2, "big") + bytes([refused])
            reply = _framed(0x8001, frame.terminal, 1, body)
        writer.write(reply)
