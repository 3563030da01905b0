"""What changed for a person: numbered without gaps inside the transaction that made it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import InsertOne, UpdateMany
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

HEADS, INBOX = "inbox_heads", "inbox"


@dataclass(frozen=True, slots=True)
class News:
    """A change to tell one person: entity, `upsert` or `remove`, JSON-ready data."""

    account_id: str
    entity: str
    data: dict[str, Any]
    op: str = "upsert"


async def tell(
    db: AsyncDatabase[dict[str, Any]],
    tx: AsyncClientSession,
    news: Sequence[tuple[News, datetime]],
) -> None:
    """Number and store the changes; those of one person keep their order.

    The heads are read and raised in one snapshot, as the last thing a transaction does: two that
    write to one person conflict, one is repeated, and numbers become visible in order.
    """
    wanted = Counter(item.account_id for item, _ in news)
    at = max((at for _, at in news), default=None)
    last = dict.fromkeys(wanted, 0)
    known = db[HEADS].find({"_id": {"$in": list(wanted)}}, session=tx)
    heads = {row["_id"]: int(row["seq"]) async for row in known}
    last.update(heads)
    raised: list[InsertOne[dict[str, Any]] | UpdateMany] = [
        UpdateMany(
            {"_id": {"$in": [name for name in heads if wanted[name] == step]}},
            {"$inc": {"seq": step}},
        )
        for step in sorted({wanted[name] for name in heads})
    ]
    raised += [
        InsertOne({"_id": name, "seq": count, "renewed_at": at})
        for name, count in wanted.items()
        if name not in heads
    ]
    await db[HEADS].bulk_write(raised, session=tx)
    rows = []
    for item, when in news:
        seq = last[item.account_id] = last[item.account_id] + 1
        rows.append(
            {
                "_id": f"{item.account_id}:{seq}",
                "account_id": item.account_id,
                "seq": seq,
                "entity": item.entity,
                "op": item.op,
                "data": item.data,
                "at": when,
            }
        )
    await db[INBOX].insert_many(rows, session=tx)
