"""Reminding: where nobody else is to be asked, the same person is woken again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.operations import kinds
from hub.operations.asking.asked import Asked
from hub.operations.asking.documents import RecipientDoc
from hub.operations.asking.ledger import REMINDED, step, wake
from hub.operations.asking.store import Recipients
from hub.operations.desk import Desk
from hub.store.documents import AccountDoc
from hub.store.driver import Tx


async def remind(asked: Asked, rows: Sequence[RecipientDoc], at: datetime) -> int:
    """Wake again who has not answered, each `reminders` times at most; how many were woken.

    Then the timer rests: what is missing is to be seen in the ledgers. Nobody is woken who is off
    duty: it rests until they sign in (`resume`).
    """
    ledgers, tx = asked.desk.of(Recipients), asked.tx
    accounts = await asked.desk.accounts.by_logins_or_ids([r.account_id for r in rows], tx=tx)
    on_duty = {name for name, account in accounts.items() if account.duty.on}
    woken = [row for row in rows if row.account_id in on_duty and row.reminded < asked.reminders]
    for row in rows:
        row.next_step_at = None
    for row in woken:
        row.reminded += 1
        if row.reminded < asked.reminders:
            row.next_step_at = at + timedelta(seconds=asked.subject.within_s)
    note = "催办 / reminded"
    ledgers.steps(
        tx,
        [step(type(asked), row, row.stage, at, "hub", note=note, moves=False) for row in woken],
    )
    ledgers.time(tx, rows)
    await wake(asked, woken, REMINDED, at)
    return len(woken)


async def resume(desk: Desk, tx: Tx, officer: AccountDoc, at: datetime) -> None:
    """Let who comes on duty be reminded, at once, of what they have not answered meanwhile."""
    for asked in kinds().values():
        if asked.escalates:
            continue
        rows = await desk.of(Recipients).live_of_account(
            tx, officer.id, asked.kind, ended=asked.ended
        )
        rested = [
            row for row in rows if row.next_step_at is None and row.reminded < asked.reminders
        ]
        for row in rested:
            row.next_step_at = at
        desk.of(Recipients).time(tx, rested)
