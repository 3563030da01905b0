"""A taxi's terminal (ISU): one TCP connection to the centre, kept up as JT/T 905 asks.

It registers, authenticates, then reports. What the centre does not answer is sent again, three
times, each wait longer; then the link is taken for dead and made anew, later every time. While
there is no link, positions are kept, the oldest going first, and sent as 0x0203 afterwards.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import cast

from sandbox.clock import Clock
from sandbox.scenario import TaxiFigures
from sandbox.wire import jtt905
from sandbox.wire.jtt905 import Fix, Frame, FrameError, Message

IN_FLIGHT = 8
"""Messages that may wait for an answer at once; further positions are kept as if offline."""
BATCH = 20
"""Positions in one 0x0203: a body is at most 1,023 bytes."""
FIRST_RETRY, LAST_RETRY = 1.0, 15.0
"""Real seconds before a lost connection is tried again: the first time, and at most."""


class Link(StrEnum):
    """How far the connection is."""

    OFF = "OFF"
    CONNECTING = "CONNECTING"
    REGISTERING = "REGISTERING"
    AUTHENTICATING = "AUTHENTICATING"
    ONLINE = "ONLINE"


@dataclass(slots=True)
class Sent:
    """A message that waits for its answer."""

    message: int
    frame: bytes
    tries: int
    timer: asyncio.TimerHandle
    fixes: tuple[Fix, ...] = ()


@dataclass(slots=True)
class Counters:
    """What all the terminals did, for a look."""

    frames_sent: int = 0
    frames_received: int = 0
    retransmissions: int = 0
    reconnections: int = 0
    positions_dropped: int = 0
    bad_frames: int = 0


class Terminal(asyncio.Protocol):
    """One terminal. `number` makes its id and its plate."""

    def __init__(
        self,
        number: int,
        address: tuple[str, int],
        figures: TaxiFigures,
        clock: Clock,
        counters: Counters,
        random: Random,
    ) -> None:
        self.id = f"1080{number + 1:08d}"
        self.plate = f"沪AT{number + 1:04d}"
        self.link = Link.OFF
        self._number = number + 1
        self._address = address
        self._figures = figures
        self._clock = clock
        self._counters = counters
        self._random = random
        self._kept: deque[Fix] = deque(maxlen=figures.buffered_positions)
        self._pending: dict[int, Sent] = {}
        self._serial = 0
        self._code: bytes | None = None
        self._transport: asyncio.Transport | None = None
        self._splitter = jtt905.Splitter()
        self._failures = 0
        self._closed = False
        self._writable = True
        self._connecting: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._last_fix: Fix | None = None

    # -- what the fleet calls ------------------------------------------------------------------

    def start(self, after: float) -> None:
        """Connect in so many real seconds."""
        self._retry = asyncio.get_running_loop().call_later(after, self._connect)

    def close(self) -> None:
        """Hang up for good."""
        self._closed = True
        if self._retry is not None:
            self._retry.cancel()
        if self._connecting is not None:
            self._connecting.cancel()
        self._forget_pending()
        if self._transport is not None:
            self._transport.abort()

    def report(self, fix: Fix) -> None:
        """Send a position, or keep it while it cannot be sent."""
        self._last_fix = fix
        if self.link is not Link.ONLINE or not self._writable or len(self._pending) >= IN_FLIGHT:
            self._keep(fix)
            return
        self._send_kept()
        self._send(Message.POSITION, jtt905.position(fix), fixes=(fix,))

    def heartbeat(self) -> None:
        """Tell the centre that the link is up."""
        if self.link is Link.ONLINE and len(self._pending) < IN_FLIGHT:
            self._send(Message.HEARTBEAT)

    @property
    def kept(self) -> int:
        """Positions that wait for the link."""
        return len(self._kept)

    # -- the link ------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.link = Link.CONNECTING
        self._connecting = asyncio.get_running_loop().create_task(self._dial())

    async def _dial(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(10):
                await loop.create_connection(lambda: self, *self._address)
        except (OSError, TimeoutError):
            self._again()

    def _again(self) -> None:
        """Try once more, later every time, each terminal at its own moment."""
        self.link = Link.OFF
        if self._closed:
            return
        wait = min(LAST_RETRY, FIRST_RETRY * 2**self._failures) * self._random.uniform(0.5, 1.0)
        self._failures = min(self._failures + 1, 10)
        self.start(wait)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The link is up: introduce ourselves."""
        link = cast("asyncio.Transport", transport)
        self._transport = link
        self._splitter = jtt905.Splitter()
        self._writable = True
        if self._closed:
            link.abort()
        elif self._code is None:
            self._register()
        else:
            self._authenticate(self._code)

    def connection_lost(self, exc: Exception | None) -> None:
        """The link is gone: what was not answered is kept."""
        self._transport = None
        for sent in self._pending.values():
            for fix in sent.fixes:
                self._keep(fix)
        self._forget_pending()
        if not self._closed:
            self._counters.reconnections += 1
            self._again()

    def pause_writing(self) -> None:
        """The centre does not read: keep positions instead."""
        self._writable = False

    def resume_writing(self) -> None:
        """It reads again."""
        self._writable = True

    def _register(self) -> None:
        self.link = Link.REGISTERING
        self._send(Message.REGISTER, jtt905.registration(self._number, self.plate))

    def _authenticate(self, code: bytes) -> None:
        self.link = Link.AUTHENTICATING
        self._send(Message.AUTHENTICATE, code)

    # -- receiving -----------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Answers and commands of the centre, however split."""
        for inside in self._splitter.feed(data):
            self._counters.frames_received += 1
            try:
                self._received(jtt905.decode(inside))
            except FrameError:
                self._counters.bad_frames += 1

    def _received(self, frame: Frame) -> None:
        answer = jtt905.reply(frame)
        if answer is None:
            self._command(frame)
            return
        sent = self._pending.pop(answer.serial, None)
        if sent is None:
            return
        sent.timer.cancel()
        if sent.message == Message.REGISTER:
            self._registered(answer)
        elif sent.message == Message.AUTHENTICATE:
            self._authenticated(answer.result == 0)

    def _registered(self, answer: jtt905.Reply) -> None:
        if answer.result:
            self._hang_up()
            return
        self._code = answer.code
        self._authenticate(answer.code)

    def _authenticated(self, accepted: bool) -> None:
        if not accepted:
            self._code = None
            self._hang_up()
            return
        self.link = Link.ONLINE
        self._failures = 0
        self._send_kept()

    def _command(self, frame: Frame) -> None:
        """Answer what the centre asks: the position, a text for the driver; refuse the rest."""
        if frame.message == Message.POSITION_QUERY and self._last_fix is not None:
            body = frame.serial.to_bytes(2, "big") + jtt905.position(self._last_fix)
            self._write(self._encode(Message.POSITION_QUERY_REPLY, body)[1])
            return
        result = 0 if frame.message == Message.TEXT else 1
        body = jtt905.terminal_reply(frame.serial, frame.message, result)
        self._write(self._encode(Message.TERMINAL_REPLY, body)[1])

    # -- sending -------------------------------------------------------------------------------

    def _send_kept(self) -> None:
        """Make up for the positions of the time without a link, a batch at a time."""
        while self._kept and len(self._pending) < IN_FLIGHT // 2:
            fixes = [self._kept.popleft() for _ in range(min(BATCH, len(self._kept)))]
            self._send(Message.POSITIONS_MISSED, jtt905.missed(fixes), fixes=tuple(fixes))

    def _send(self, message: int, body: bytes = b"", *, fixes: tuple[Fix, ...] = ()) -> None:
        serial, frame = self._encode(message, body)
        timer = self._wait_for(serial, 1)
        self._pending[serial] = Sent(message, frame, 1, timer, fixes)
        self._write(frame)

    def _encode(self, message: int, body: bytes) -> tuple[int, bytes]:
        serial = self._serial
        self._serial = (serial + 1) & 0xFFFF
        return serial, jtt905.encode(message, self.id, serial, body)

    def _write(self, frame: bytes) -> None:
        if self._transport is not None:
            self._transport.write(frame)
            self._counters.frames_sent += 1

    def _wait_for(self, serial: int, tries: int) -> asyncio.TimerHandle:
        """The wait grows with every try: T, 2 T, 6 T ... (JT/T 808 4.5.3)."""
        wait = self._figures.reply_seconds
        for n in range(2, tries + 1):
            wait *= n
        loop = asyncio.get_running_loop()
        return loop.call_later(self._clock.real(wait), self._unanswered, serial)

    def _unanswered(self, serial: int) -> None:
        sent = self._pending[serial]
        if sent.tries > self._figures.retries:
            self._hang_up()
            return
        sent.tries += 1
        sent.timer = self._wait_for(serial, sent.tries)
        self._counters.retransmissions += 1
        self._write(sent.frame)

    def _hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _keep(self, fix: Fix) -> None:
        if len(self._kept) == self._kept.maxlen:
            self._counters.positions_dropped += 1
        self._kept.append(fix)

    def _forget_pending(self) -> None:
        for sent in self._pending.values():
            sent.timer.cancel()
        self._pending.clear()
