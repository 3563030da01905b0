"""The sealed audit log (审计链): rows get their numbers and hashes here, behind the writes.

Whoever seals reads and writes the head in the transaction that numbers the rows: two at once cannot
fork the chain, one of them begins again.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import UpdateOne

from hub import clock
from hub.errors import LiandongError
from hub.rules.audit_chain import GENESIS, link, number
from hub.store.audit import AUDIT, SHELL, Audit
from hub.store.driver import Document, Store, Tx

UNSEALED: Mapping[str, Any] = {"seq": None, "hash": None}
"""Rows that wait, by an index that holds nothing else. One with a hash has lost its number."""
BEYOND = 100
"""Rows that no head speaks of, of which so many are looked at."""
_NUMBERED: Mapping[str, Any] = {"$type": "number"}
"""Said in a query, so that it may use the index over these."""
_NEVER = datetime.max.replace(tzinfo=UTC)
_ANY_DATE: CodecOptions[Document] = CodecOptions(
    tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO
)
"""A date beyond what Python knows is no reason not to read a row."""
_HEAD = "head"
_HEADS = "audit_heads"


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: its last row's number and hash, and when that was sealed."""

    seq: int
    hash: str
    at: datetime
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """One moment of the log: its head, the highest number there is, and what stands outside.

    `strays` were sealed and have no number below the head's; `waiting` are not sealed yet, though
    they were written before the moment that was asked for.
    """

    head: Head | None
    last: int
    strays: Sequence[Document]
    waiting: int
    oldest: Document | None


class NotOurs(LiandongError):
    """The chain does not end as this hub has signed it: nothing is sealed behind that."""


class AuditChain:
    """Repository of the sealed log. `sign` gives a head its signature, `ours` judges one."""

    def __init__(
        self, store: Store, sign: Callable[[Head], str], ours: Callable[[Head], bool]
    ) -> None:
        self._store = store
        self._rows = store.db.get_collection(AUDIT, codec_options=_ANY_DATE)
        self._heads = store.db[_HEADS]
        self._sign, self.ours = sign, ours

    async def waits(self) -> bool:
        """Whether any row waits for its number."""
        return await self._rows.find_one(UNSEALED, {"_id": 1}) is not None

    async def seal(self, most: int) -> tuple[int, Head | None]:
        """Number at most so many rows in one transaction, the oldest first; how many, and the head.

        Raises NotOurs.
        """

        async def work(tx: Tx) -> tuple[int, Head | None]:
            head = await self.head(tx=tx)
            found = self._rows.find(UNSEALED, sort=[("at", 1), ("_id", 1)], session=tx)
            rows = await found.limit(most).to_list()
            if not rows:
                return 0, head
            seq, before = (head.seq, head.hash) if head else (0, GENESIS)
            if (last := await self._last(tx)) is not None and (number(last) or 0) > seq:
                raise NotOurs(
                    "链末之后还有已封存的行 / Sealed rows stand behind the head of the audit log.",
                    hint="See liandong audit verify.",
                )
            changes = []
            for row in rows:
                seq, before = seq + 1, link(before, row)
                change = {"$set": {"seq": seq, "hash": before}}
                changes.append(UpdateOne({"_id": row["_id"], **UNSEALED}, change))
            await self._rows.bulk_write(changes, session=tx)
            return len(rows), await self._put(tx, seq, before)

        return await self._store.transaction(work)

    async def sign_anew(self) -> Head | None:
        """Sign the end of the chain with this hub's key, whoever has signed it; None without rows.

        A head that is not there is made of the last row. It is on the audit log.
        """

        async def work(tx: Tx) -> Head | None:
            head = await self._head(tx)
            if head is not None and self.ours(head):
                return head
            last = await self._last(tx)
            seq, hash_ = (0, GENESIS) if last is None else (number(last) or 0, str(last["hash"]))
            if head is not None and head.seq > seq:  # rows are missing, and it says so
                seq, hash_ = head.seq, head.hash
            if not seq:
                return None
            act = SHELL.act("audit.headSigned", _HEAD, after={"seq": seq, "hash": hash_})
            await Audit().append(act, tx=tx)
            return await self._put(tx, seq, hash_)

        return await self._store.transaction(work)

    async def head(self, *, tx: Tx | None = None) -> Head | None:
        """The end of the chain; None before the first row is sealed. Raises NotOurs."""
        head = await self._head(tx)
        if head is not None and not self.ours(head):
            raise NotOurs(
                "审计链末的签名不是本机所签 / The head of the audit log is not signed by this hub.",
                hint="See liandong audit verify; of a new key: liandong audit head --sign",
            )
        return head

    async def standing(self, before: datetime) -> Standing:
        """The log at one moment; `waiting` counts rows from before that moment."""

        async def work(tx: Tx) -> Standing:
            head, last = await self._head(tx), await self._last(tx)
            beyond = {"seq": {"$gt": head.seq if head is not None else 0, **_NUMBERED}}
            strays = await self._rows.find(beyond, session=tx).limit(BEYOND).to_list()
            bare = {"seq": None, "hash": {"$ne": None}}
            strays += await self._rows.find(bare, session=tx).limit(BEYOND).to_list()
            late = {**UNSEALED, "at": {"$lt": before}}
            return Standing(
                head=head,
                last=(number(last) or 0) if last is not None else 0,
                strays=strays,
                waiting=await self._rows.count_documents(late, session=tx),
                oldest=await self._rows.find_one(late, sort=[("at", 1)], session=tx),
            )

        return await self._store.transaction(work)

    async def rows(self, upto: int) -> AsyncIterator[Document]:
        """Rows by number, up to that one. They are sealed, so they stand still."""
        numbered = {"seq": {"$lte": upto, **_NUMBERED}}
        async for row in self._rows.find(numbered, sort=[("seq", 1)]):
            yield row

    async def unnumbered(self) -> list[Document]:
        """Rows whose number is none; every row is looked at."""
        found = self._rows.find({"seq": {"$not": _NUMBERED, "$ne": None}})
        return await found.limit(BEYOND).to_list()

    async def _head(self, tx: Tx | None) -> Head | None:
        row = await self._heads.find_one({"_id": _HEAD}, session=tx)
        if row is None:
            return None
        seq, at = number(row), row.get("at")  # anybody may have written there: it is signed or not
        return Head(
            -1 if seq is None else seq,
            str(row.get("hash")),
            at if isinstance(at, datetime) else _NEVER,
            str(row.get("signature")),
        )

    async def _last(self, tx: Tx) -> Document | None:
        return await self._rows.find_one({"seq": _NUMBERED}, sort=[("seq", -1)], session=tx)

    async def _put(self, tx: Tx, seq: int, end: str) -> Head:
        """The new head. The one before was read in `tx`, so of two at once one begins again."""
        at = clock.now()
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)  # as the database keeps it
        signed = Head(seq, end, at, self._sign(Head(seq, end, at)))
        row = {"seq": seq, "hash": end, "at": at, "signature": signed.signature}
        await self._heads.replace_one({"_id": _HEAD}, row, upsert=True, session=tx)
        return signed
