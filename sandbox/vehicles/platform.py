"""A JT/T 809 lower platform: logs in over the main link, keeps it alive, passes positions up.

It is called back on the subordinate link, at a port of its own that it names in the login.
"""

import asyncio
from collections.abc import AsyncIterator
from random import Random

from sandbox.clock import Clock
from sandbox.vehicles.link import Link, Lost, frames
from sandbox.vehicles.rounds import Rounds
from sandbox.vehicles.subordinate import Subordinate
from sandbox.wire import jtt809
from sandbox.wire.jtt809 import BEGIN, END, Account, Message

REPORT_SECONDS = 10.0
LINK_TEST_EVERY = 3
"""Reports between two link tests."""
REPLY_SECONDS = 10.0
HOST = "127.0.0.1"


class Platform(Link):
    """The platform and its vehicles."""

    def __init__(self, address: tuple[str, int], rounds: Rounds, clock: Clock) -> None:
        super().__init__(address, Random("809"))
        self._rounds = rounds
        self._clock = clock
        self._account = Account()
        self._subordinate = Subordinate(self._account.access_code)
        self._port = 0
        self._serial = 0

    async def run(self) -> None:
        """Await the subordinate link, and keep the main one up, until cancelled."""
        async with await self._subordinate.start(HOST) as server:
            self._port = server.sockets[0].getsockname()[1]
            await super().run()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Log in, then send every vehicle's position at each turn."""
        answers = frames(reader, BEGIN, END)
        self._write(writer, Message.LOGIN, jtt809.login(self._account, HOST, self._port))
        body = await self._answer(answers, Message.LOGIN_REPLY)
        if body[:1] != b"\0":
            raise Lost(f"the login is refused with {body[:1].hex()}")
        self._subordinate.code = body[1:]
        self.online = True
        every = max(1.0, self._clock.real(REPORT_SECONDS))
        turn = 0
        while True:
            now = self._clock.posix()
            for number in range(self._rounds.count):
                seen = self._rounds.seen(number, now)
                plate = f"沪E{number + 1:05d}"
                self._write(writer, Message.DYNAMIC, jtt809.vehicle_position(plate, seen))
            if turn % LINK_TEST_EVERY == 0:
                self._write(writer, Message.LINK_TEST)
                await self._answer(answers, Message.LINK_TEST_REPLY)
            await writer.drain()
            turn += 1
            await asyncio.sleep(every)

    async def _answer(self, answers: AsyncIterator[bytes], wanted: int) -> bytes:
        """The body of the answer of this id, others passed over. Raises TimeoutError, Lost."""
        async with asyncio.timeout(REPLY_SECONDS):
            async for inside in answers:
                frame = jtt809.decode(inside)
                if frame is not None and frame.message == wanted:
                    return frame.body
        raise Lost("the superior platform hung up")

    def _write(self, writer: asyncio.StreamWriter, message: int, body: bytes = b"") -> None:
        self._serial = (self._serial + 1) & 0xFFFFFFFF
        writer.write(jtt809.encode(message, self._account.access_code, self._serial, body))
