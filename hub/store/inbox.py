"""Sync streams: changes per person, numbered without gaps inside the transaction that made them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING
from pymongo.read_concern import ReadConcern

from hub.store.documents import InboxDoc, InboxHeadDoc
from hub.store.driver import Store, Tx


@dataclass(frozen=True, slots=True)
class News:
    """A change to tell one person: entity, `upsert` or `remove`, JSON-ready data."""

    account_id: str
    entity: str
    data: dict[str, Any]
    op: str = "upsert"


class InboxRepository:
    """Inboxes. The owner's account id is the row policy: nobody reads another's inbox."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def append(self, tx: Tx, news: Sequence[News], at: datetime) -> None:
        """Number and store the changes; those of one person keep their order.

        The head is read and raised in the same snapshot: two transactions that write to one
        person conflict, one is retried, and numbers become visible in order.
        """
        if not news:
            return
        wanted = Counter(item.account_id for item in news)
        last = await self._raise_heads(tx, wanted)
        rows: list[InboxDoc] = []
        for item in news:
            last[item.account_id] += 1
            seq = last[item.account_id]
            rows.append(
                InboxDoc(
                    id=f"{item.account_id}:{seq}",
                    account_id=item.account_id,
                    seq=seq,
                    entity=item.entity,
                    op=item.op,
                    data=item.data,
                    at=at,
                )
            )
        await InboxDoc.insert_many(rows, session=tx)

    async def head(self, account_id: str, *, tx: Tx | None = None) -> int:
        """The last number given; 0 if none was."""
        rows = InboxHeadDoc.get_pymongo_collection()
        if tx is None:
            rows = rows.with_options(read_concern=ReadConcern("majority"))
        row = await rows.find_one({"_id": account_id}, session=tx)
        return int(row["seq"]) if row else 0

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

    async def _raise_heads(self, tx: Tx, wanted: Counter[str]) -> dict[str, int]:
        """Raise each head by what is wanted of it; the numbers before."""
        heads = InboxHeadDoc.get_pymongo_collection()
        last = dict.fromkeys(wanted, 0)
        known: set[str] = set()
        async for row in heads.find({"_id": {"$in": list(wanted)}}, session=tx):
            last[row["_id"]] = int(row["seq"])
            known.add(row["_id"])
        for step in sorted(set(wanted.values())):
            same = [account for account in known if wanted[account] == step]
            if same:
                await heads.update_many({"_id": {"$in": same}}, {"$inc": {"seq": step}}, session=tx)
        if fresh := [account for account in wanted if account not in known]:
            await InboxHeadDoc.insert_many(
                [InboxHeadDoc(id=account, seq=wanted[account]) for account in fresh], session=tx
            )
        return last
