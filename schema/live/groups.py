"""The groups of a process: who is in them, how long one is kept, and how many there may be.

A group that nobody is in any more is kept for a while, so that a client that comes back can resume;
it counts for the account that left it last, and is the first to go when room is needed.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from schema.executing.errors import internal
from schema.live.group import Group
from schema.live.limits import LimitError, LiveLimits

LINGER = 60.0
"""Seconds a group without subscribers is kept."""
ROUND = 5.0
"""Seconds from one look at all groups to the next."""


@dataclass(eq=False)
class Entry:
    """One group, the task that runs it, and how often each account is in it."""

    group: Group
    account_id: str
    task: "asyncio.Task[None]"
    members: Counter[str] = field(default_factory=Counter)
    left_at: float = 0.0

    def counts_for(self, account_id: str) -> bool:
        """Whether it is one of this account's live queries."""
        return account_id in self.members or (not self.members and self.account_id == account_id)


class Groups:
    """All groups of this process, by key."""

    def __init__(self, limits: LiveLimits) -> None:
        self._limits = limits
        self._entries: dict[bytes, Entry] = {}
        self._tending: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def subscribers(self) -> int:
        """Live subscriptions in this process."""
        return sum(len(entry.group.subscribers) for entry in self._entries.values())

    @property
    def held(self) -> int:
        """Bytes that all groups keep, about."""
        return _held(self._entries.values())

    def enter(self, key: bytes, account_id: str, make: Callable[[], Group]) -> Entry:
        """The group of this key, made if there is none; pair with `leave`. Raises LimitError."""
        entry = self._entries.get(key)
        if entry is None or not entry.counts_for(account_id):
            self._require_room(account_id)
        if entry is None:
            self._require_capacity()
            entry = self._start(key, account_id, make())
        entry.members[account_id] += 1
        return entry

    def leave(self, entry: Entry, account_id: str) -> None:
        """One of an account's subscriptions is over."""
        entry.members[account_id] -= 1
        if not entry.members[account_id]:
            del entry.members[account_id]
        entry.account_id = account_id
        entry.left_at = asyncio.get_running_loop().time()

    def drop(self, entry: Entry) -> None:
        """End a group; safe to call twice."""
        entry.task.cancel()
        self._entries = {key: kept for key, kept in self._entries.items() if kept is not entry}

    async def close(self) -> None:
        """End all of them."""
        tasks = [entry.task for entry in self._entries.values()]
        if self._tending is not None:
            tasks.append(self._tending)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, key: bytes, account_id: str, group: Group) -> Entry:
        task = asyncio.create_task(group.run())
        entry = self._entries[key] = Entry(group, account_id, task)
        task.add_done_callback(lambda _: self._over(entry))
        if self._tending is None or self._tending.done():
            self._tending = asyncio.create_task(self._tend())
        return entry

    def _over(self, entry: Entry) -> None:
        """A group's task has ended: as it was told to, or by a defect, which nobody waits out."""
        if not entry.task.cancelled() and (error := entry.task.exception()) is not None:
            entry.group.fail(error)
            entry.group.end(internal(error))
        self.drop(entry)

    async def _tend(self) -> None:
        loop = asyncio.get_running_loop()
        while self._entries:
            await asyncio.sleep(ROUND)  # lingering ends, and memory grows, by time alone
            for entry in self._idle():
                if loop.time() - entry.left_at >= LINGER:
                    self.drop(entry)
            self._relieve()

    def _relieve(self) -> None:
        """Let go of what holds too much: what nobody is in, then the heaviest."""
        for entry in self._idle():
            if self.held > self._limits.bytes_in_all:
                self.drop(entry)
        while self.held > self._limits.bytes_in_all:
            heaviest = max(self._entries.values(), key=lambda entry: entry.group.held)
            heaviest.group.end(self._full().told())
            self.drop(heaviest)

    def _require_room(self, account_id: str) -> None:
        limits = self._limits
        while True:
            own = [entry for entry in self._entries.values() if entry.counts_for(account_id)]
            if len(own) < limits.queries_per_account and _held(own) < limits.bytes_per_account:
                return
            idle = next((entry for entry in self._idle() if entry in own), None)
            if idle is None:
                raise LimitError(
                    "TOO_MANY_LIVE_QUERIES",
                    f"实时查询过多 / One account follows at most {limits.queries_per_account}"
                    f" different live queries, of {limits.megabytes / 4:g} MB together."
                    " End some first, or ask the same question from all screens.",
                )
            self.drop(idle)

    def _require_capacity(self) -> None:
        limits = self._limits
        while len(self._entries) >= limits.queries or self.held >= limits.bytes_in_all:
            idle = next(iter(self._idle()), None)
            if idle is None:
                raise self._full()
            self.drop(idle)

    def _full(self) -> LimitError:
        return LimitError(
            "LIVE_CAPACITY",
            f"实时查询已满，请稍后再试 / This hub follows {self._limits.queries} live queries, or"
            f" {self._limits.megabytes} MB of them, and no more. Try again later.",
        )

    def _idle(self) -> list[Entry]:
        """What nobody is in, the longest first."""
        return sorted(
            (entry for entry in self._entries.values() if not entry.members),
            key=lambda entry: entry.left_at,
        )


def _held(entries: Iterable[Entry]) -> int:
    return sum(entry.group.held for entry in entries)
