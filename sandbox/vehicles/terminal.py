"""JT/T 808 terminals: register, authenticate, report; what could not be sent is kept."""

import asyncio
from collections import deque
from random import Random

from sandbox.clock import Clock
from sandbox.vehicles.link import Link, Lost, frames
from sandbox.vehicles.rounds import Rounds, Seen
from sandbox.wire import jtt808
from sandbox.wire.jtt808 import EDITION_2013, EDITION_2019, Answer, Message

REPORT_SECONDS = 10.0
HEARTBEAT_EVERY = 3
"""Reports between two heartbeats."""
REPLY_SECONDS = 10.0
KEEPS = 60
BATCH = 15
"""Positions in one 0x0704: a body is at most 1,023 bytes."""
FLAG = b"\x7e"


class Terminal(Link):
    """One vehicle's terminal; even numbers speak the edition of 2013, odd ones that of 2019."""

    def __init__(self, number: int, address: tuple[str, int], rounds: Rounds, clock: Clock) -> None:
        super().__init__(address, Random(f"808:{number}"))
        self._number = number
        self._edition = EDITION_2019 if number % 2 else EDITION_2013
        self._telephone = f"138{number + 1:08d}"
        self._rounds = rounds
        self._clock = clock
        self._serial = 0
        self._kept: deque[Seen] = deque(maxlen=KEEPS)
        self._answers: dict[int, asyncio.Future[Answer]] = {}

    async def run(self) -> None:
        """Report for ever, and keep what is not sent while there is no link."""
        async with asyncio.TaskGroup() as group:
            group.create_task(super().run())
            group.create_task(self._look())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Introduce ourselves, then report."""
        listening = asyncio.create_task(self._listen(reader))
        try:
            plate = f"沪D{self._number + 1:05d}"
            body = jtt808.registration(self._edition, self._number + 1, plate)
            code = (await self._ask(writer, Message.REGISTER, body)).code
            await self._ask(
                writer, Message.AUTHENTICATE, jtt808.authentication(self._edition, code)
            )
            self.online = True
            await self._report(writer, listening)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            for waiting in self._answers.values():
                waiting.cancel()
            self._answers.clear()

    async def _look(self) -> None:
        """Take a position at every turn; the link sends what is kept."""
        every = max(1.0, self._clock.real(REPORT_SECONDS))
        await asyncio.sleep(self.random.uniform(0, min(every, 2.0)))
        while True:
            self._kept.append(self._rounds.seen(self._number, self._clock.posix()))
            await asyncio.sleep(every)

    async def _report(self, writer: asyncio.StreamWriter, listening: "asyncio.Task[None]") -> None:
        turn = 0
        every = max(1.0, self._clock.real(REPORT_SECONDS))
        while not listening.done():
            await self._send_kept(writer)
            if turn % HEARTBEAT_EVERY == 0:
                await self._ask(writer, Message.HEARTBEAT, b"")
            turn += 1
            await asyncio.wait({listening}, timeout=every)

    async def _send_kept(self, writer: asyncio.StreamWriter) -> None:
        """One position as it is, several as a batch; they are let go when they are answered."""
        while self._kept:
            batch = [self._kept[n] for n in range(min(BATCH, len(self._kept)))]
            if len(batch) == 1:
                await self._ask(writer, Message.POSITION, jtt808.position(batch[0]))
            else:
                await self._ask(writer, Message.POSITIONS, jtt808.positions(batch))
            for _ in batch:
                self._kept.popleft()

    async def _ask(self, writer: asyncio.StreamWriter, message: int, body: bytes) -> Answer:
        """Send and wait for the answer. Raises Lost when it is a refusal, TimeoutError if none."""
        serial = self._serial
        self._serial = (serial + 1) & 0xFFFF
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answers[serial] = waiting
        writer.write(jtt808.encode(self._edition, message, self._telephone, serial, body))
        await writer.drain()
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                answer = await waiting
        finally:
            self._answers.pop(serial, None)
        if answer.result:
            raise Lost(f"message {message:#06x} is refused with {answer.result}")
        return answer

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        async for inside in frames(reader, FLAG, FLAG):
            answer = jtt808.decode(inside)
            if answer is None:
                continue
            waiting = self._answers.get(answer.serial)
            if waiting is not None and not waiting.done():
                waiting.set_result(answer)
