"""What runs on Motor: attachments in GridFS, and rate limits, which need it (docs/decisions/0001).

Both stand behind a protocol; the contract test of `Attachments` runs on PyMongo Async as well, so
leaving Motor is a change of this file and of one property in driver.py.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from bson import ObjectId
from gridfs.asynchronous import AsyncGridFSBucket
from gridfs.errors import NoFile
from limits import RateLimitItemPerSecond
from limits.aio.storage import MongoDBStorage
from limits.aio.strategies import MovingWindowRateLimiter
from motor.motor_asyncio import AsyncIOMotorGridFSBucket

from hub import clock
from hub.errors import NotFound
from hub.store.driver import Store, Tx

BUCKET = "attachments"
COUNTERS = "rate_counters"
WINDOWS = "rate_windows"


class Attachment:
    """A stored file: its bytes, its type, and the account that owns it."""

    __slots__ = ("content", "content_type", "owner")

    def __init__(self, content: bytes, content_type: str, owner: str) -> None:
        self.content = content
        self.content_type = content_type
        self.owner = owner


class Attachments(Protocol):
    """Files such as photographs, by an id that is given, or made, when they are put."""

    async def put(
        self, content: bytes, content_type: str, owner: str, *, name: str | None = None
    ) -> str:
        """Store a file; its id, `name` if given. What was stored under that is replaced."""
        ...

    async def get(self, attachment_id: str) -> Attachment:
        """The file. Raises NotFound."""
        ...

    async def delete(self, attachment_id: str) -> None:
        """Remove the file. Raises NotFound."""
        ...


class GridFsAttachments:
    """Attachments in GridFS, over either driver: their buckets have the same methods."""

    def __init__(self, bucket: Callable[[], Any]) -> None:
        self._bucket = bucket

    async def put(
        self, content: bytes, content_type: str, owner: str, *, name: str | None = None
    ) -> str:
        """Store a file; its id. It is durable on a majority when this returns.

        Whoever puts under one name sees to it that nobody else does so meanwhile.
        """
        about = {"content_type": content_type, "owner": owner, "at": clock.now()}
        if name is None:
            made = await self._bucket().upload_from_stream("attachment", content, metadata=about)
            return str(made)
        with suppress(NotFound):
            await self.delete(name)
        await self._bucket().upload_from_stream_with_id(name, "attachment", content, metadata=about)
        return name

    async def get(self, attachment_id: str) -> Attachment:
        """The file. Raises NotFound."""
        try:
            stream = await self._bucket().open_download_stream(_file_id(attachment_id))
        except NoFile as error:
            raise NotFound("attachment", attachment_id) from error
        about = stream.metadata
        return Attachment(await stream.read(), about["content_type"], about["owner"])

    async def delete(self, attachment_id: str) -> None:
        """Remove the file. Raises NotFound."""
        try:
            await self._bucket().delete(_file_id(attachment_id))
        except NoFile as error:
            raise NotFound("attachment", attachment_id) from error


def motor_attachments(store: Store) -> Attachments:
    """The attachments of a store, on Motor."""
    return GridFsAttachments(
        lambda: AsyncIOMotorGridFSBucket(store.motor[store.db.name], bucket_name=BUCKET)
    )


def pymongo_attachments(store: Store) -> Attachments:
    """The same attachments on PyMongo Async: what we go to when Motor ends."""
    return GridFsAttachments(lambda: AsyncGridFSBucket(store.db, bucket_name=BUCKET))


async def forget_files(store: Store, names: Sequence[str], *, tx: Tx) -> None:
    """Remove files together with what `tx` writes: GridFS itself knows no transactions."""
    ids = [_file_id(name) for name in names]
    await store.db[f"{BUCKET}.files"].delete_many({"_id": {"$in": ids}}, session=tx)
    await store.db[f"{BUCKET}.chunks"].delete_many({"files_id": {"$in": ids}}, session=tx)


def _file_id(text: str) -> ObjectId | str:
    """The id of a file, as GridFS has it: of its making, or of ours."""
    return ObjectId(text) if ObjectId.is_valid(text) else text


class _Windows(MongoDBStorage):
    """The library's storage on a client that is not its own."""

    def __del__(self) -> None:
        """Close nothing: the library would close the store's client here."""


class RateLimiter:
    """Counts events per key over a moving window, shared by all processes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._strategy: MovingWindowRateLimiter | None = None

    async def hit(self, key: str, *, limit: int, seconds: int) -> float | None:
        """Count one more; the seconds to wait when there were `limit` already, else None."""
        item = RateLimitItemPerSecond(limit, seconds)
        while not await self._windows.hit(item, key):
            # limits also says no to the slower of two first hits at once: both insert the window,
            # and it takes the duplicate key for a full one. With room left, that one counts again.
            if not await self._windows.test(item, key):
                return await self._left(item, key)
        return None

    async def wait(self, key: str, *, limit: int, seconds: int) -> float | None:
        """What `hit` would answer, without counting."""
        item = RateLimitItemPerSecond(limit, seconds)
        return None if await self._windows.test(item, key) else await self._left(item, key)

    async def give_back(self, key: str, *, limit: int, seconds: int) -> None:
        """Count one less: the newest is taken out, whoever counted it."""
        item = RateLimitItemPerSecond(limit, seconds)
        windows = self._store.motor[self._store.db.name][WINDOWS]
        await windows.update_one({"_id": item.key_for(key)}, {"$pop": {"entries": -1}})

    async def clear(self, key: str, *, limit: int, seconds: int) -> None:
        """Forget what was counted for the key under this limit."""
        await self._windows.clear(RateLimitItemPerSecond(limit, seconds), key)

    async def _left(self, item: RateLimitItemPerSecond, key: str) -> float:
        reset_at, _ = await self._windows.get_window_stats(item, key)
        # the library goes by the machine's clock, whatever that says
        return max(0.0, float(reset_at) - clock.machine().timestamp())

    @property
    def _windows(self) -> MovingWindowRateLimiter:
        if self._strategy is None:
            self._strategy = self._make()
        return self._strategy

    def _make(self) -> MovingWindowRateLimiter:
        storage = _Windows(
            self._store.uri,
            database_name=self._store.db.name,
            counter_collection_name=COUNTERS,
            window_collection_name=WINDOWS,
            connect=False,
        )
        # limits makes a client of its own, which has not connected yet: ours takes its place
        storage.storage.close()
        storage.storage = self._store.motor
        return MovingWindowRateLimiter(storage)
