"""Which processes of the hub live, by their own word: each says so every second.

Ages are by the database's clock, so hosts whose clocks differ agree about who is there. A process
that ends takes leave; one that was killed is silent, and its host knows at once.
"""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import psutil
from pymongo.write_concern import WriteConcern

from hub.store import raw
from hub.store.driver import Document, Store

BEAT_SECONDS = 1.0
LOST_AFTER = timedelta(seconds=10)
"""A process that said nothing for so long is taken for dead, or as good as."""
FORGET_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Process:
    """What one process said last. `age` is how long ago; `numbers` are its own measurements."""

    name: str
    roles: tuple[str, ...]
    host: str
    pid: int
    started_at: datetime
    said_at: datetime
    age: timedelta
    left: bool
    numbers: Mapping[str, float]

    @property
    def lives(self) -> bool:
        """Whether it is there: heard of lately and, where it is a neighbour, seen to run."""
        if self.left or self.age > LOST_AFTER:
            return False
        return self.host != socket.gethostname() or _runs(self.pid)

    @property
    def who(self) -> str:
        """For people: what it does, its pid and host."""
        return f"{'+'.join(self.roles)} (pid {self.pid}, {self.host})"


class Processes:
    """The processes of one hub, over all hosts."""

    def __init__(self, store: Store) -> None:
        self._rows = store.db.get_collection(raw.PROCESSES, write_concern=WriteConcern(w=1))

    async def beat(
        self, name: str, roles: tuple[str, ...], numbers: Mapping[str, float], started_at: datetime
    ) -> None:
        """This process lives. Its `name` is that of whoever takes its place, and nobody else's."""
        said: Document = {
            "roles": {"$literal": list(roles)},
            "host": {"$literal": socket.gethostname()},
            "pid": os.getpid(),
            "started_at": started_at,
            "said_at": "$$NOW",
            "left": False,
            "numbers": {"$literal": dict(numbers)},
        }
        await self._rows.update_one({"_id": name}, [{"$set": said}], upsert=True)

    async def leave(self, name: str) -> None:
        """This process ends; whoever took its place meanwhile stays."""
        await self._rows.update_one({"_id": name, "pid": os.getpid()}, {"$set": {"left": True}})

    async def all(self) -> list[Process]:
        """Every process heard of within a day, by name."""
        age = {"$subtract": ["$$NOW", "$said_at"]}
        oldest = FORGET_AFTER // timedelta(milliseconds=1)
        rows = await self._rows.aggregate(
            [
                {"$set": {"age": age}},
                {"$match": {"age": {"$lte": oldest}}},
                {"$sort": {"_id": 1}},
            ]
        )
        return [_process(row) async for row in rows]


def _process(row: Document) -> Process:
    return Process(
        name=row["_id"],
        roles=tuple(row["roles"]),
        host=row["host"],
        pid=row["pid"],
        started_at=row["started_at"],
        said_at=row["said_at"],
        age=timedelta(milliseconds=row["age"]),
        left=row["left"],
        numbers=row["numbers"],
    )


def _runs(pid: int) -> bool:
    """Whether a process of this machine runs; one that ended and was not asked for does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
