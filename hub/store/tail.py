"""The one change stream of a process: committed changes, in order, from the database to the bus."""

import asyncio
import time
from collections.abc import Collection, Mapping
from typing import Any

import structlog
from bson import Timestamp
from pymongo.asynchronous.change_stream import AsyncDatabaseChangeStream
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.write_concern import WriteConcern

from hub import clock
from hub.bus import Bus, Change, ChangeKind, Cursor
from hub.store import raw
from hub.store.driver import Document, Store
from hub.store.motor_side import BUCKET, COUNTERS, WINDOWS

log = structlog.get_logger()

UNTOLD = (
    *(
        raw.RAW_MESSAGES,
        raw.RAW_ARRIVALS,
        raw.REJECTS,
        raw.RESUME,
        raw.LEASES,
        raw.PROCESSES,
        raw.HISTORY_CHAPTERS,
        raw.HISTORY_BLOCKS,
        "inbox_heads",
        "counters",
    ),
    *(f"{BUCKET}.files", f"{BUCKET}.chunks", COUNTERS, WINDOWS),
)
"""Collections nobody follows, not even a bus that carries all."""

ADDED_ONLY = ("outbox",)
"""Collections of which what is added is news, and what becomes of it is not."""

TOUCHES = ("observed_at", "status.observed_at", "realtime.observed_at", "realtime.as_of")
"""Fields that say that something still stands: a change of these alone is no news."""

HISTORY_LOST = frozenset({286, 280, 260, 10334, 9, 14, 15, 40647, 40649})
"""ChangeStreamHistoryLost, ChangeStreamFatalError, InvalidResumeToken, BSONObjectTooLarge; the
rest is what the server answers to a resume token it cannot read."""

SAVE_SECONDS = 1.0
QUIET_SECONDS = 60.0
"""How old the saved place may be where nothing happens: all since then is read again at a start."""
SAVE_EVENTS = 1000
BREATHE_EVENTS = 100
WAIT_MS = 500
LONGEST_PAUSE = 1.0
"""Seconds before the stream is opened again: without a database opening itself waits."""

_KINDS = {
    "insert": ChangeKind.INSERTED,
    "update": ChangeKind.UPDATED,
    "replace": ChangeKind.UPDATED,
    "delete": ChangeKind.DELETED,
}


class ChangeTail:
    """Publishes every change of the database, from where this process stopped last time.

    `name` is what the place in the stream is saved under. `ready` is set while the stream is open;
    `lag_seconds` is how long ago the last published change was committed, 0 when none waits.
    Only what the bus carries is asked for: every change costs each process that is sent it.
    Changes of `journeys` come without their document: they are large, and the calls of theirs that
    matter come as changes of `calls`.
    """

    def __init__(self, store: Store, bus: Bus, name: str) -> None:
        self._db = store.db
        self._bus = bus
        self._name = name
        self._cursor: Cursor | None = None
        self._token: Mapping[str, Any] | None = None
        self._begin_at: Timestamp | None = None
        self._history_lost = False
        self._failures = 0
        self._unsaved = 0
        self._saved_at = 0.0
        self.ready = asyncio.Event()
        self.lag_seconds = 0.0

    async def run(self) -> None:
        """Follow until cancelled. Outages are waited out; lost history becomes one RESET."""
        while True:
            try:
                await self._follow()
                self._forget_history("the database was dropped")
            except PyMongoError as error:
                if isinstance(error, OperationFailure) and error.code in HISTORY_LOST:
                    self._forget_history(str(error))
                else:
                    await self._pause(error)
            finally:
                self.ready.clear()

    async def _follow(self) -> None:
        """Publish until the stream ends."""
        if self._cursor is None:
            await self._find_place()
        async with await self._open() as stream:
            self._opened()
            while stream.alive:
                event = await stream.try_next()
                # the stream copies its token, deeply, whenever it is asked
                self._token = stream.resume_token if event is None else event["_id"]
                if event is None:
                    self.lag_seconds = 0.0
                elif event["operationType"] in _KINDS:
                    self._publish(event)
                else:
                    self._reset(self._next_cursor(event["clusterTime"]))
                await self._save_when_due()

    async def _open(self) -> AsyncDatabaseChangeStream[Document]:
        return await self._db.watch(
            _pipeline(self._bus.carries),
            full_document="updateLookup",
            resume_after=self._token,
            start_at_operation_time=None if self._token else self._begin_at,
            max_await_time_ms=WAIT_MS,
        )

    async def _find_place(self) -> None:
        """Where to go on: at the saved place, else now; after lost history everybody is told."""
        saved = None
        if not self._history_lost:
            saved = await self._db[raw.RESUME].find_one({"_id": self._name})
        if saved is not None:
            self._token = saved["token"]
            self._cursor = self._bus.head = Cursor(*saved["cursor"])
            return
        now: Timestamp = (await self._db.command("ping"))["operationTime"]
        # what is committed up to now is in what listeners read: the next change is the first news
        self._token, self._begin_at = None, Timestamp(now.time, now.inc + 1)
        cursor = Cursor(now.time, now.inc, 0)
        if self._history_lost:
            self._reset(cursor)
            self._history_lost = False
        self._cursor = self._bus.head = cursor

    def _publish(self, event: Document) -> None:
        updated = event.get("changed") if event["operationType"] == "update" else None
        self._bus.publish(
            Change(
                cursor=self._next_cursor(event["clusterTime"]),
                collection=event["ns"]["coll"],
                kind=_KINDS[event["operationType"]],
                id=event["documentKey"]["_id"],
                document=event.get("fullDocument"),
                updated=frozenset(updated) if updated is not None else None,
            )
        )
        self._unsaved += 1
        committed = event["wallTime"]
        self.lag_seconds = max(0.0, (clock.real() - committed).total_seconds())

    def _reset(self, cursor: Cursor) -> None:
        self._bus.publish(Change(cursor, "", ChangeKind.RESET, None))
        self._unsaved += 1

    def _next_cursor(self, moment: Timestamp) -> Cursor:
        """Changes of one transaction share the cluster time: they are counted within it."""
        last = self._cursor
        same = last is not None and (last.seconds, last.increment) == (moment.time, moment.inc)
        ordinal = last.ordinal + 1 if last is not None and same else 1
        self._cursor = Cursor(moment.time, moment.inc, ordinal)
        return self._cursor

    async def _save_when_due(self) -> None:
        if self._unsaved and self._unsaved % BREATHE_EVENTS == 0:
            await asyncio.sleep(0)  # listeners read while a long batch is being published
        now = time.monotonic()
        wait = SAVE_SECONDS if self._unsaved else QUIET_SECONDS
        due = self._unsaved >= SAVE_EVENTS or now - self._saved_at >= wait
        if due and self._token is not None and self._cursor is not None:
            place = {"token": self._token, "cursor": list(self._cursor)}
            resume = self._db.get_collection(raw.RESUME, write_concern=WriteConcern(w=1))
            await resume.update_one({"_id": self._name}, {"$set": place}, upsert=True)
            self._unsaved, self._saved_at = 0, now

    def _opened(self) -> None:
        if self._failures:
            log.info("change stream is back", name=self._name, failures=self._failures)
        self._failures = 0
        self.ready.set()

    def _forget_history(self, detail: str) -> None:
        log.warning("change stream lost its history: reset", name=self._name, detail=detail[:300])
        self._cursor, self._token = None, None
        self._history_lost = True

    async def _pause(self, error: PyMongoError) -> None:
        if not self._failures:
            log.warning("change stream is down", name=self._name, detail=str(error)[:300])
        self._failures += 1
        await asyncio.sleep(min(LONGEST_PAUSE, 0.1 * 2 ** min(self._failures - 1, 10)))


def _pipeline(carried: Collection[str] | None) -> list[Document]:
    """What the server sends: changes that are news, with the names of the fields they changed.

    What is of no collection, the end of the database, comes as well.
    """
    told = {"$nin": [*UNTOLD]} if carried is None else {"$in": [*carried, None]}
    keys = {"$objectToArray": {"$ifNull": ["$updateDescription.updatedFields", {}]}}
    changed = {
        "$concatArrays": [
            {"$map": {"input": keys, "in": "$$this.k"}},
            {"$ifNull": ["$updateDescription.removedFields", []]},
            {"$ifNull": ["$updateDescription.truncatedArrays.field", []]},
        ]
    }
    touch = {
        "$and": [
            {"$eq": ["$operationType", "update"]},
            {"$setIsSubset": [changed, list(TOUCHES)]},
        ]
    }
    settled = {"operationType": "update", "ns.coll": {"$in": ADDED_ONLY}}
    small = {"$cond": [{"$eq": ["$ns.coll", raw.JOURNEYS]}, "$$REMOVE", "$fullDocument"]}
    sent = ("operationType", "ns", "documentKey", "clusterTime", "wallTime")
    return [
        {"$match": {"ns.coll": told, "$nor": [settled], "$expr": {"$not": [touch]}}},
        {"$project": {**dict.fromkeys(sent, 1), "fullDocument": small, "changed": changed}},
    ]
