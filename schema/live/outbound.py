"""One client's way out: send at once while it keeps up, queue a little, evict if it does not.

A group of subscribers is served by one loop, so nobody's slowness may hold it up. `push` never
waits: while the transport takes bytes the messages are sent on the spot (no task, no queue, which
is what makes thousands of subscribers cheap), by `write` where the server offers that; once the
transport is full, they queue up to a bound and a task drains them. A client whose queue overflows,
or that has taken nothing for `PATIENCE` seconds, is evicted.
"""

import asyncio
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, MutableMapping
from typing import Any

from hub.transports import PATIENCE
from schema.live.contract import Send
from schema.live.frames import WriteText

MAX_QUEUED_BYTES = 1024 * 1024
_BESIDE = 64
"""Bytes that a message in the queue takes beside its own, about."""


@types.coroutine
def _rest_of(started: Coroutine[Any, Any, None], pending: Any) -> Generator[Any, Any, None]:  # noqa: ANN401  # whatever the event loop yields
    """Go on with a coroutine that was stepped once by hand and yielded `pending`."""
    while True:
        try:
            value = yield pending
        except BaseException as error:  # noqa: BLE001  # passed on to the coroutine it belongs to
            pending = started.throw(error)
        else:
            try:
                pending = started.send(value)
            except StopIteration:
                return


class Outbound:
    """Frames to one client, in order. `evicted` is called when the client is given up."""

    def __init__(
        self,
        send: Send,
        frame: Callable[[bytes], MutableMapping[str, Any]],
        write: WriteText | None = None,
        *,
        evicted: Callable[[], None],
    ) -> None:
        self._send = send
        self._frame = frame
        self._write = write
        self._evicted = evicted
        self._queue: deque[bytes] = deque()
        self._queued_bytes = 0
        self._drain: asyncio.Task[None] | None = None
        self.closed = False

    def push(self, *messages: bytes) -> None:
        """Send or queue messages. Never blocks; does nothing once closed."""
        direct = self._write if self._drain is None and not self.closed else None
        if direct is not None and direct(messages):
            return
        for data in messages:
            self._push(data)

    def _push(self, data: bytes) -> None:
        if self.closed:
            return
        if self._drain is not None:
            self._queue.append(data)
            self._queued_bytes += len(data) + _BESIDE
            if self._queued_bytes > MAX_QUEUED_BYTES:
                self._evict()
            return
        sending = self._send(self._frame(data))
        if not isinstance(sending, Coroutine):
            self._start_draining(sending)
            return
        try:
            pending = sending.send(None)
        except StopIteration:
            return
        except Exception:  # noqa: BLE001  # the server says the client has gone, each in its own way
            self.close()
            return
        self._start_draining(_rest_of(sending, pending))

    def _start_draining(self, first: Awaitable[None]) -> None:
        self._drain = asyncio.get_running_loop().create_task(self._drain_queue(first))

    async def _drain_queue(self, first: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await first
            while self._queue:
                data = self._queue.popleft()
                self._queued_bytes -= len(data) + _BESIDE
                async with asyncio.timeout(PATIENCE):
                    await self._send(self._frame(data))
        except Exception:  # noqa: BLE001  # gone or too slow: either way this client is given up
            self._evict()
        finally:
            self._drain = None

    def _evict(self) -> None:
        self.close()
        self._evicted()

    def close(self) -> None:
        """Send nothing more and forget what was queued."""
        self.closed = True
        self._queue.clear()
        self._queued_bytes = 0
        if self._drain is not None and self._drain is not asyncio.current_task():
            self._drain.cancel()
