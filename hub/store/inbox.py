"""Sync streams: changes per person, numbered without gaps inside the transaction that made them."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING
from pymongo.read_concern import ReadConcern

from hub.store.documents import InboxDoc, InboxHeadDoc
from hub.store.driver import Store, Tx
from hub.store.news import News
from hub.store.pending import pending

__all__ = ["InboxRepository", "News"]


class InboxRepository:
    """Inboxes. The owner's account id is the row policy: nobody reads another's inbox."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def append(self, tx: Tx, news: Sequence[News], at: datetime) -> None:
        """Tell these changes when the transaction ends; those of one person keep their order."""
        for item in news:
            pending(tx).tell(item, at)

    async def head(self, account_id: str, *, tx: Tx | None = None) -> int:
        """The last number given; 0 if none was."""
        row = await self.standing(account_id, tx=tx)
        return row.seq if row else 0

    async def standing(self, account_id: str, *, tx: Tx | None = None) -> InboxHeadDoc | None:
        """The last number given, and when phones last began anew; None if nothing was ever told."""
        rows = InboxHeadDoc.get_pymongo_collection()
        if tx is None:
            rows = rows.with_options(read_concern=ReadConcern("majority"))
        row = await rows.find_one({"_id": account_id}, session=tx)
        return InboxHeadDoc.model_validate(row) if row else None

    async def begin(self, account_id: str, at: datetime) -> None:
        """Note since when phones of the account hold something, where nothing was told yet."""
        if await self.standing(account_id) is None:
            await InboxHeadDoc.get_pymongo_collection().update_one(
                {"_id": account_id}, {"$setOnInsert": {"seq": 0, "renewed_at": at}}, upsert=True
            )

    async def renew(self, head: InboxHeadDoc, at: datetime) -> None:
        """Let all phones of the account begin anew, unless somebody has done so since.

        A number is given to no change: whoever comes from before it is told a snapshot.
        """
        await InboxHeadDoc.get_pymongo_collection().update_one(
            {"_id": head.id, "renewed_at": head.renewed_at},
            {"$inc": {"seq": 1}, "$set": {"renewed_at": at}},
        )

    def anew(self, tx: Tx, account_id: str) -> None:
        """Let all phones of the account begin anew: what they hold may not be theirs any more."""
        pending(tx).update_all(
            InboxHeadDoc.Settings.name, {"_id": account_id}, {"$set": {"renewed_at": None}}
        )

    async def after(self, account_id: str, seq: int, limit: int) -> list[InboxDoc]:
        """At most `limit` changes numbered above `seq`, in order.

        Read with majority: a number once shown must survive a failover, or a phone would take
        another change for one it has.
        """
        rows = InboxDoc.get_pymongo_collection().with_options(read_concern=ReadConcern("majority"))
        found = rows.find({"account_id": account_id, "seq": {"$gt": seq}})
        return [
            InboxDoc.model_validate(row)
            async for row in found.sort([("seq", ASCENDING)]).limit(limit)
        ]
