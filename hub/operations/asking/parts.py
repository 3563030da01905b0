"""Telling thousands (分批通知): one decides in a small transaction, the rest follows in parts.

A subject's `untold` counts who of its recipients is still to be told: of it, or once it has ended
of that. A part tells the next few and lowers the count in the same transaction, so a crash at any
point, or two leaders for a moment, tell nobody twice and forget nobody.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hub import clock
from hub.bus import Bus, Change, ChangeKind
from hub.defects import worked_around
from hub.model.operations import OrderPriority
from hub.operations import kinds
from hub.operations.asking.asked import Asked
from hub.operations.asking.documents import AskedDoc
from hub.operations.asking.ladder import can_be_asked
from hub.operations.asking.ledger import announce, end, open_ledger
from hub.operations.asking.store import Recipients
from hub.operations.desk import Desk
from hub.rounds import Failing, in_rounds
from hub.store.driver import Store, Tx
from hub.store.faults import passes
from hub.store.group_commit import GroupCommit
from hub.store.leases import Lease

PART = 50
"""People told in one transaction: it keeps an order to one of them waiting no longer."""
POLL = 1.0
LEADER_TTL = timedelta(seconds=3)
"""Renewed with every part."""
STEP_SECONDS = 2.0
"""Real seconds one part may meet locks that others hold; then the others go first."""


async def begin(asked: Asked, at: datetime) -> None:
    """Tell everybody now if they are few; otherwise the teller will."""
    if 0 < asked.subject.untold <= PART:
        await tell_part(asked, at)


def ending(subject: AskedDoc) -> dict[str, Any]:
    """What changes of a subject that ends: who was not asked never is, and the others are untold.

    The caller sets `ended_at` with it.
    """
    told = subject.asked
    return {"recipients": told, "untold": len(told)}


async def tell_part(asked: Asked, at: datetime) -> int:
    """Tell the next of who is still to be told; how many. Who was not asked and has left is not."""
    subject = asked.subject
    names = subject.waiting[:PART]
    left = len(subject.waiting) - len(names)
    if subject.ended_at is not None:
        asked.change(untold=left, told_at=at)
        rows = await asked.desk.of(Recipients).of_accounts(asked.tx, subject.id, names)
        await end(asked, rows, at, reason=asked.reason)
        return len(names)
    known = await asked.desk.accounts.by_logins_or_ids(names, tx=asked.tx)
    there = [known[name] for name in names if name in known and can_be_asked(known[name])]
    gone = {*names} - {account.id for account in there}
    kept = {"recipients": [one for one in subject.recipients if one not in gone]} if gone else {}
    asked.change(untold=left, told_at=at, **kept)
    until = asked.keep_until
    rows = [open_ledger(asked, account, at, keep_until=until) for account in there]
    await announce(asked, rows, at)
    return len(names)


class Part(NamedTuple):
    """A subject of which somebody is still to be told."""

    asked: type[Asked]
    id: str


class Stalled(NamedTuple):
    """Which subject has waited longest, since when, and how many people of all such subjects."""

    since: datetime
    part: Part
    people: int


class Untold:
    """Looks up what is still to be told."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def next(self, *, without: Collection[str]) -> Part | None:
        """The most urgent, of those the one decided first; what began before what ended."""
        fields = dict.fromkeys(("priority", "created_at", "ended_at"), True)
        waiting: list[tuple[bool, datetime, bool, str, type[Asked]]] = []
        for asked in in_parts():
            query = {"untold": {"$gt": 0}, "_id": {"$nin": [*without]}}
            async for row in self._store.db[asked.collection].find(query, fields):
                ended = row["ended_at"]
                since = ended or row["created_at"]
                later = row["priority"] != OrderPriority.URGENT
                waiting.append((later, since, ended is not None, row["_id"], asked))
        if not waiting:
            return None
        *_, subject_id, asked = min(waiting, key=lambda one: one[:-1])
        return Part(asked, subject_id)

    async def stalled(self, since: datetime) -> Stalled | None:
        """What was begun, or last went on, before that moment and has people still to be told."""
        moments = ("created_at", "told_at", "ended_at")
        query = {
            "untold": {"$gt": 0},
            "$nor": [{moment: {"$gte": since}} for moment in moments],
        }
        fields = dict.fromkeys(("untold", *moments), True)
        waiting: list[tuple[datetime, Part]] = []
        people = 0
        for asked in in_parts():
            async for row in self._store.db[asked.collection].find(query, fields):
                last = max(row[moment] for moment in moments if row[moment])
                waiting.append((last, Part(asked, row["_id"])))
                people += row["untold"]
        return Stalled(*min(waiting, key=lambda one: one[0]), people) if waiting else None

    async def count(self) -> dict[str, int]:
        """People still to be told, by the kind of what they are to be told of."""
        total = {"$group": {"_id": None, "people": {"$sum": "$untold"}}}
        people = {}
        for asked in in_parts():
            rows = self._store.db[asked.collection]
            sums = await rows.aggregate([{"$match": {"untold": {"$gt": 0}}}, total])
            people[asked.kind] = sum([row["people"] async for row in sums])
        return people


def in_parts() -> Sequence[type[Asked]]:
    """What may be told in parts."""
    return [asked for asked in kinds().values() if asked.in_parts]


class Teller:
    """Tells part after part, for as long as this process leads. Any number may run."""

    def __init__(self, desk: Desk, bus: Bus, owner: str) -> None:
        self._desk = desk
        self._untold = desk.of(Untold)
        self._bus = bus
        self._leader = Lease(desk.store, "parts", owner, ttl=LEADER_TTL)
        self._commits = GroupCommit(desk.store.apart(), patience=STEP_SECONDS)
        self._failing = Failing("telling_failing")

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            await in_rounds(
                self._guarded_pass,
                self._rest,
                bus=self._bus,
                follows=[asked.collection for asked in in_parts()],
                wakes=_is_more,
            )
        finally:
            # a lease that is not given back runs out
            with worked_around("teller.release", expected=passes):
                await self._leader.release()

    async def step(self) -> int:
        """Tell all that waits now, while this process leads; how many were told."""
        told, failed = 0, set[str]()
        while (part := await self._untold.next(without=failed)) and await self._leader.acquire():
            done = False
            with self._failing.guard(part.id):  # its fault, or its locks, hold up no other
                told += await self._one(part)
                done = True
            if not done:
                failed.add(part.id)
        return told

    async def _one(self, part: Part) -> int:
        async def work(tx: Tx) -> int:
            subject = await part.asked.take_up(self._desk, tx, part.id)
            return await tell_part(subject, clock.now()) if subject else 0

        lane = await self._desk.of(Recipients).lane_of(part.id) or part.id
        return await self._commits.run(lane, work, {part.asked.collection: [part.id]})

    async def _guarded_pass(self) -> None:
        with self._failing.guard():
            await self.step()

    async def _rest(self) -> float:
        return POLL


def _is_more(change: Change) -> bool:
    return change.kind is ChangeKind.RESET or bool((change.document or {}).get("untold"))
