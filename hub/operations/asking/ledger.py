"""Ledgers (签收记录): how they are opened, moved and ended, and when a subject is complete.

Everything here runs inside a transaction of its caller and changes the given documents to what
it wrote.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.model.operations import Stage
from hub.operations.asking.asked import Asked
from hub.operations.asking.documents import OURS, LedgerEntry, RecipientDoc, ledger_id
from hub.operations.asking.store import Recipients, Step
from hub.operations.desk import new_id
from hub.store.documents import AccountDoc, OutboxDoc

CREATED, CANCELLED, PASSED_ON, REMINDED = "created", "cancelled", "escalated", "reminded"
"""What a wake-up is about, behind the kind of its subject and a dot."""


def open_ledger(
    asked: Asked,
    account: AccountDoc,
    at: datetime,
    *,
    channel: str = "hub",
    follows: RecipientDoc | None = None,
    round_: int = 1,
    keep_until: datetime | None = None,
) -> RecipientDoc:
    """A new ledger: queued, with the timer running. `follows`: in whose place it is."""
    subject = asked.subject
    return RecipientDoc(
        id=ledger_id(subject.id, account.id, round_),
        subject_kind=asked.kind,
        subject_id=subject.id,
        lane=asked.lane,
        account_id=account.id,
        unit=account.unit,
        entries=[LedgerEntry(stage=Stage.QUEUED, at=at, channel=channel)],
        next_step_at=at + timedelta(seconds=subject.within_s),
        round=round_,
        escalated_from=follows and follows.account_id,
        escalated_from_round=follows.round if follows else 1,
        created_at=at,
        keep_until=keep_until,
        asked_by=asked.asked_by,
    )


async def announce(asked: Asked, rows: Sequence[RecipientDoc], at: datetime) -> None:
    """Open the ledgers, tell their owners by sync, and queue one wake-up each."""
    asked.desk.of(Recipients).insert(asked.tx, rows)
    await asked.desk.inbox.append(
        asked.tx, [news for row in rows for news in asked.announcement(row)], at
    )
    await wake(asked, rows, CREATED, at)


async def wake(asked: Asked, rows: Sequence[RecipientDoc], about: str, at: datetime) -> None:
    """Queue a wake-up for each. Its id is the event id the phone sees: random, and kept."""
    wakes = [
        OutboxDoc(
            id=new_id(),
            account_id=row.account_id,
            recipient_id=row.id,
            topic=f"{asked.kind}.{about}",
            priority=asked.subject.priority,
            rank=0 if asked.escalates else 1,
            due_at=at,
            created_at=at,
        )
        for row in rows
    ]
    await asked.desk.outbox.add(asked.tx, wakes)


async def tell(asked: Asked, rows: Sequence[RecipientDoc], at: datetime) -> None:
    """Let the owners of these ledgers hear by sync how it stands."""
    await asked.desk.inbox.append(asked.tx, [asked.news(row) for row in rows], at)


def step(
    asked: type[Asked],
    row: RecipientDoc,
    stage: Stage,
    at: datetime,
    channel: str,
    *,
    device_at: datetime | None = None,
    note: str | None = None,
    moves: bool = True,
) -> Step:
    """A line for `row`, which is changed accordingly; without `moves` the stage stays.

    The timer stops as soon as nothing is awaited any more. What comes by a phone says that it was
    reached.
    """
    line = LedgerEntry(stage=stage, at=at, channel=channel, device_at=device_at, note=note)
    row.entries.append(line)
    if moves:
        row.stage = stage
        if stage not in asked.awaited:
            row.next_step_at = None
    row.unwoken = row.unwoken and channel in OURS
    return Step(row.id, line, row.stage, row.next_step_at, row.unwoken)


async def end_all(asked: Asked, at: datetime, *, reason: str) -> None:
    """Take back a subject that everybody has been told of. The caller has changed it."""
    rows = await asked.desk.of(Recipients).of_subject(asked.tx, asked.subject.id)
    await end(asked, rows, at, reason=reason)


async def end(asked: Asked, rows: Sequence[RecipientDoc], at: datetime, *, reason: str) -> None:
    """Take these parts back: each that has not ended is cancelled and its owner woken.

    Not so whom something else wakes. Everybody is told.
    """
    ledgers = asked.desk.of(Recipients)
    live = [row for row in rows if row.stage not in asked.ended]
    # the others are written by their own step
    ledgers.touch(asked.tx, [row for row in rows if row.stage in asked.ended])
    asleep = await asked.woken_for_another()
    steps = [step(type(asked), row, Stage.CANCELLED, at, "hub", note=reason) for row in live]
    ledgers.steps(asked.tx, steps)
    await wake(asked, [row for row in live if row.account_id not in asleep], CANCELLED, at)
    await tell(asked, rows, at)


async def complete_if_ended(asked: Asked, at: datetime) -> bool:
    """Complete the subject once everybody's part has ended, and each chain has ended well.

    A chain that nobody took keeps it open, for the watch to act on. Tells all recipients. The
    caller has changed the subject in this transaction, so two last parts that end at once cannot
    overlook each other.
    """
    ledgers, subject = asked.desk.of(Recipients), asked.subject
    if subject.untold:
        return False
    if not await ledgers.outcome(asked.tx, subject.id, ended=asked.ended, done=asked.done):
        return False
    await asked.completed(at)
    await tell(asked, await ledgers.of_subject(asked.tx, subject.id), at)
    return True
