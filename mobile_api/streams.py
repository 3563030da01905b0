"""Waking live streams: one listener on the bus for all phones, one flag per stream."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from hub.bus import Bus, Change, ChangeKind, Listener
from hub.errors import UserFault

MOST_PER_ACCOUNT = 5
_COLLECTIONS = ("inbox", "sessions", "accounts")


class Streams:
    """The open streams by account. A flag says "look again" and holds no data, so nothing piles up.

    The listener runs while there is a stream. Use it on one event loop.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._flags: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self.closed = False

    def __len__(self) -> int:
        return sum(len(flags) for flags in self._flags.values())

    def require_room(self, account_id: str) -> None:
        """Raise UserFault RATE_LIMITED for more streams of one account than a person needs."""
        if len(self._flags.get(account_id, ())) >= MOST_PER_ACCOUNT:
            raise UserFault(
                "RATE_LIMITED",
                f"实时连接过多 / More than {MOST_PER_ACCOUNT} live streams for one account.",
                hint="Close one first.",
            )

    @contextmanager
    def flag(self, account_id: str) -> Iterator[asyncio.Event]:
        """A flag that is set whenever something of this account has changed, or on `close`."""
        flag = asyncio.Event()
        self._flags[account_id].add(flag)
        self._listen()
        try:
            yield flag
        finally:
            self._flags[account_id].discard(flag)
            if not self._flags[account_id]:
                del self._flags[account_id]
            if not self._flags:
                self._stop_listening()

    async def close(self) -> None:
        """End all streams, and let no new one go on: the process is shutting down."""
        self.closed = True
        self._wake_all()

    def _listen(self) -> None:
        if self._task is None:
            # listening begins now, not when the task first runs: nothing may slip between
            listener = self._bus.listen(*_COLLECTIONS)
            self._task = asyncio.create_task(self._run(listener), name="mobile streams")

    def _stop_listening(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self, listener: Listener) -> None:
        try:
            async for change in listener:
                self._wake(change)
        finally:
            self._bus.unlisten(listener)

    def _wake(self, change: Change) -> None:
        if change.kind is ChangeKind.RESET or (
            change.document is None and change.collection == "sessions"
        ):
            self._wake_all()
            return
        if change.collection == "accounts":
            account_id = str(change.id)
        else:
            account_id = str((change.document or {}).get("account_id", ""))
        for flag in self._flags.get(account_id, ()):
            flag.set()

    def _wake_all(self) -> None:
        for flags in self._flags.values():
            for flag in flags:
                flag.set()


async def woken(flag: asyncio.Event, seconds: float) -> bool:
    """Whether the flag was set within `seconds`; it is lowered again."""
    with suppress(TimeoutError):
        await asyncio.wait_for(flag.wait(), seconds)
    was_set = flag.is_set()
    flag.clear()
    return was_set
