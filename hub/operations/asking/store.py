"""The ledgers (签收记录) of who is asked: who may see which, and the writes that move them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.model.operations import Stage
from hub.model.people import Role, Viewer
from hub.operations.asking.chains import Chains, Link
from hub.operations.asking.documents import RECIPIENTS, LedgerEntry, RecipientDoc, ledger_id
from hub.operations.asking.timers import Timers
from hub.store.documents import plain
from hub.store.driver import Document, Store, Tx
from hub.store.listing import NOTHING
from hub.store.pending import pending, seen

LISTED = 500
"""Ledgers of one subject that are listed with it; of more there are pages."""
REMEMBERED = 10_000
"""Subjects whose lane a process remembers, at most."""
_OLDEST = [("created_at", 1), ("_id", 1)]
_NEWEST = [("created_at", -1), ("_id", -1)]
_CURRENT = {"superseded": {"$ne": True}}
"""The last ledger of each person in a subject: what their phone is told of."""
_BEFORE = ("escalated_from", "escalated_from_round")


@dataclass(frozen=True, slots=True)
class Step:
    """One more line in a ledger, and where its recipient stands after it."""

    recipient_id: str
    entry: LedgerEntry
    stage: Stage
    next_step_at: datetime | None
    unwoken: bool


def visible_ledgers(viewer: Viewer) -> dict[str, Any]:
    """The row policy of ledgers: of what two units are asked, each sees its own officers.

    The unit that asks sees all.
    """
    if viewer.sees_everything:
        return {}
    if viewer.role is Role.LIAISON and viewer.unit is not None:
        ways = [{"unit": viewer.unit}, {"asked_by": viewer.unit}]
        return {"$or": [*ways, {"account_id": viewer.account_id}]}
    if viewer.role in {Role.OFFICER, Role.LIAISON}:
        return {"account_id": viewer.account_id}
    return NOTHING


class Recipients(Timers):
    """Ledgers. Methods with a `viewer` apply the row policy; the others are for the hub itself."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._lanes: dict[str, str] = {}

    async def lane_of(self, subject_id: str) -> str | None:
        """Whose writers it goes with, which never changes; None if nobody is asked of it."""
        if subject_id not in self._lanes:
            row = await self._recipients.find_one({"subject_id": subject_id}, {"lane": True})
            if row is None:
                return None
            if len(self._lanes) >= REMEMBERED:
                self._lanes.clear()
            self._lanes[subject_id] = str(row["lane"])
        return self._lanes[subject_id]

    async def visible(
        self, viewer: Viewer, subject_ids: Collection[str]
    ) -> dict[str, list[RecipientDoc]]:
        """The ledgers that the viewer may see, by subject, in the order they were opened.

        Whom something was passed on from is named only where that ledger is visible too.
        """
        query = {"$and": [{"subject_id": {"$in": list(subject_ids)}}, visible_ledgers(viewer)]}
        found: dict[str, list[RecipientDoc]] = {subject_id: [] for subject_id in subject_ids}
        async for row in self._recipients.find(query).sort(_OLDEST):
            found[row["subject_id"]].append(RecipientDoc.model_validate(row))
        for ledgers in found.values() if not viewer.sees_everything else ():
            known = {ledger.account_id for ledger in ledgers}
            for ledger in ledgers:
                if ledger.escalated_from not in known:
                    ledger.escalated_from = None
        return found

    async def first_of(
        self, viewer: Viewer, subject_ids: Collection[str]
    ) -> dict[str, list[RecipientDoc]]:
        """The first LISTED that the viewer may see of each subject, in the order they were opened.

        For subjects that do not escalate.
        """
        return {name: await self.page(viewer, name, first=LISTED) for name in subject_ids}

    async def page(
        self,
        viewer: Viewer,
        subject_id: str,
        *,
        first: int,
        after: tuple[datetime, str] | None = None,
        stages: Collection[Stage] | None = None,
    ) -> list[RecipientDoc]:
        """At most `first` ledgers that the viewer may see, in these stages, behind that place.

        In the order they were opened. For subjects that do not escalate.
        """
        terms = [{"subject_id": subject_id}, visible_ledgers(viewer)]
        if stages is not None:
            terms.append({"stage": {"$in": [*stages]}})
        if after is not None:
            at, row_id = after
            later = [{"created_at": {"$gt": at}}, {"created_at": at, "_id": {"$gt": row_id}}]
            terms.append({"$or": later})
        rows = self._recipients.find({"$and": terms}).sort(_OLDEST).limit(first)
        return [RecipientDoc.model_validate(row) async for row in rows]

    async def readers(self, _viewer: Viewer, subject_ids: Collection[str]) -> dict[str, int]:
        """How many have seen each subject, whoever may see which of them: for who may see it."""
        rows = await self._recipients.aggregate(
            [
                {"$match": {"subject_id": {"$in": list(subject_ids)}, "entries.stage": Stage.SEEN}},
                {"$group": {"_id": "$subject_id", "count": {"$sum": 1}}},
            ]
        )
        return {row["_id"]: row["count"] async for row in rows}

    async def ledger(self, row_id: str, *, tx: Tx | None = None) -> RecipientDoc | None:
        """One ledger by its id."""
        row: Document | None
        if tx is not None:
            row = await pending(tx).row(RECIPIENTS, row_id)
        else:
            row = await self._recipients.find_one({"_id": row_id})
        return RecipientDoc.model_validate(row) if row else None

    async def by_ids(self, row_ids: Collection[str]) -> dict[str, RecipientDoc]:
        """Ledgers by id."""
        rows = self._recipients.find({"_id": {"$in": list(row_ids)}})
        return {row["_id"]: RecipientDoc.model_validate(row) async for row in rows}

    async def current(self, subject_id: str, account_id: str, *, tx: Tx) -> RecipientDoc | None:
        """The last ledger of a person in a subject."""
        row = await self.ledger(ledger_id(subject_id, account_id), tx=tx)
        while row is not None and row.superseded:
            row = await self.ledger(ledger_id(subject_id, account_id, row.round + 1), tx=tx)
        return row

    async def unwoken(self, subject_id: str, *, tx: Tx | None = None) -> int:
        """How many of those who are asked nothing could wake."""
        await seen(tx, RECIPIENTS)
        query = {"subject_id": subject_id, "unwoken": True}
        return await self._recipients.count_documents(query, session=tx)

    async def of_subject(self, tx: Tx, subject_id: str) -> list[RecipientDoc]:
        """The last ledger of everybody in a subject."""
        return await self._found({"subject_id": subject_id, **_CURRENT}, tx)

    async def of_ids(self, tx: Tx, row_ids: Collection[str]) -> list[RecipientDoc]:
        """Ledgers by id, but those after which the same person was asked anew."""
        return await self._found({"_id": {"$in": [*row_ids]}, **_CURRENT}, tx) if row_ids else []

    async def of_accounts(
        self, tx: Tx, subject_id: str, accounts: Collection[str]
    ) -> list[RecipientDoc]:
        """The ledgers of these people in a subject of which nobody is asked anew."""
        return await self.of_ids(tx, [ledger_id(subject_id, account) for account in accounts])

    async def chains(self, tx: Tx, subject_id: str) -> Chains:
        """Who was asked in whose place."""
        return (await self.chains_of([subject_id], tx=tx))[subject_id]

    async def chains_of(
        self, subject_ids: Collection[str], *, tx: Tx | None = None
    ) -> Mapping[str, Chains]:
        """The same of several subjects, by subject."""
        await seen(tx, RECIPIENTS)
        found: dict[str, dict[str, Link]] = {subject_id: {} for subject_id in subject_ids}
        rows = self._recipients.find(
            {"subject_id": {"$in": list(subject_ids)}},
            dict.fromkeys(("subject_id", "stage", *_BEFORE), True),
            session=tx,
        )
        async for row in rows:
            subject_id, before = row["subject_id"], row["escalated_from"]
            follows = before and ledger_id(subject_id, before, row.get("escalated_from_round", 1))
            found[subject_id][row["_id"]] = Link(Stage(row["stage"]), follows)
        return {subject_id: Chains(links) for subject_id, links in found.items()}

    async def outcome(
        self, tx: Tx, subject_id: str, *, ended: Collection[Stage], done: Stage
    ) -> bool:
        """Whether everybody's part has `ended`, and somebody of each chain is `done`."""
        await seen(tx, RECIPIENTS)
        live = {"subject_id": subject_id, "stage": {"$nin": [*ended]}}
        if await self._recipients.find_one(live, {"_id": True}, session=tx) is not None:
            return False
        return (await self.chains(tx, subject_id)).all_reach(done)

    async def live_of_account(
        self, tx: Tx, account_id: str, kind: str, *, ended: Collection[Stage]
    ) -> list[RecipientDoc]:
        """One person's ledgers of this kind of subject that have not ended."""
        query = {"account_id": account_id, "subject_kind": kind, "stage": {"$nin": [*ended]}}
        return await self._found(query, tx)

    async def ended_of_account(
        self,
        tx: Tx,
        account_id: str,
        kind: str,
        *,
        ended: Collection[Stage],
        since: datetime,
        limit: int,
    ) -> list[RecipientDoc]:
        """One person's last `limit` ledgers of this kind that were made since and have ended."""
        query = {
            "account_id": account_id,
            "subject_kind": kind,
            "created_at": {"$gte": since},
            "stage": {"$in": [*ended]},
            **_CURRENT,
        }
        await seen(tx, RECIPIENTS)
        rows = self._recipients.find(query, session=tx).sort(_NEWEST).limit(limit)
        return [RecipientDoc.model_validate(row) async for row in rows]

    async def still_overdue(
        self, tx: Tx, row_ids: Collection[str], now: datetime
    ) -> list[RecipientDoc]:
        """Those of the ledgers whose timer has passed, read in the transaction that will act."""
        rows = [await self.ledger(name, tx=tx) for name in row_ids]
        late = [row for row in rows if row and row.next_step_at and row.next_step_at <= now]
        return sorted(late, key=lambda row: (row.created_at, row.id))

    def insert(self, tx: Tx, rows: Sequence[RecipientDoc]) -> None:
        """Open ledgers."""
        pending(tx).insert(RECIPIENTS, *(plain(row) for row in rows))

    def steps(self, tx: Tx, steps: Sequence[Step]) -> None:
        """Write the lines into their ledgers."""
        for step in steps:
            change = {
                "$set": {
                    "stage": step.stage,
                    "next_step_at": step.next_step_at,
                    "unwoken": step.unwoken,
                },
                "$push": {"entries": step.entry.model_dump()},
                "$inc": {"revision": 1},
            }
            pending(tx).update(RECIPIENTS, step.recipient_id, change)

    def time(self, tx: Tx, rows: Sequence[RecipientDoc]) -> None:
        """Write what these ledgers say of their timers, and of reminders."""
        for row in rows:
            said = {"next_step_at": row.next_step_at, "reminded": row.reminded}
            pending(tx).update(RECIPIENTS, row.id, {"$set": said, "$inc": {"revision": 1}})

    def taken_by_other(self, tx: Tx, rows: Sequence[RecipientDoc]) -> None:
        """Write into these ledgers that somebody else has accepted in their place."""
        for row in rows:
            row.taken_by_other = True
            _mark(tx, row, "taken_by_other")

    def supersede(self, tx: Tx, row: RecipientDoc) -> None:
        """Write into the ledger that its owner is asked anew, in another."""
        row.superseded = True
        _mark(tx, row, "superseded")

    def at_rest(self, tx: Tx, rows: Sequence[RecipientDoc]) -> None:
        """Write into these ledgers that their owners need not be woken any more."""
        for row in rows:
            row.unwoken = False
            change = {"$set": {"unwoken": False}, "$inc": {"revision": 1}}
            pending(tx).update(RECIPIENTS, row.id, change)

    def reassigned(self, tx: Tx, row: RecipientDoc, reason: str) -> None:
        """Write into the ledger that the watch has given it to somebody else."""
        row.reassigned_because, row.nobody_next = reason, False
        said = {"reassigned_because": reason, "nobody_next": False}
        change = {"$set": said, "$inc": {"revision": 1}}
        pending(tx).update(RECIPIENTS, row.id, change)

    def nobody_next(self, tx: Tx, rows: Sequence[RecipientDoc]) -> None:
        """Write into these ledgers that nobody was left to be asked in their place."""
        for row in rows:
            row.nobody_next = True
            _mark(tx, row, "nobody_next")

    def touch(self, tx: Tx, rows: Sequence[RecipientDoc]) -> None:
        """Raise the revision of these ledgers: a concurrent answer then conflicts."""
        query = {"_id": {"$in": [row.id for row in rows]}}
        pending(tx).update_all(RECIPIENTS, query, {"$inc": {"revision": 1}})

    async def _found(self, query: dict[str, Any], tx: Tx) -> list[RecipientDoc]:
        await seen(tx, RECIPIENTS)
        rows = self._recipients.find(query, session=tx)
        return [RecipientDoc.model_validate(row) async for row in rows]


def _mark(tx: Tx, row: RecipientDoc, flag: str) -> None:
    pending(tx).update(RECIPIENTS, row.id, {"$set": {flag: True}, "$inc": {"revision": 1}})
