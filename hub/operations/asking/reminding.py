"""Reminding: where nobody else is to be asked, the same person is woken again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.operations.asking.asked import Asked
from hub.operations.asking.documents import RecipientDoc
from hub.operations.asking.ledger import REMINDED, step, wake
from hub.operations.asking.store import Recipients

REMINDER = "催办 / reminded"


async def remind(asked: Asked, rows: Sequence[RecipientDoc], at: datetime) -> int:
    """Wake again who has not answered, each `reminders` times at most; how many were woken.

    Then the timer rests: what is missing is to be seen in the ledgers.
    """
    due = [row for row in rows if _reminded(row) < asked.reminders]
    for row in rows:
        row.next_step_at = None
    steps = []
    for row in due:
        if _reminded(row) + 1 < asked.reminders:
            row.next_step_at = at + timedelta(seconds=asked.subject.within_s)
        steps.append(step(type(asked), row, row.stage, at, "hub", note=REMINDER, moves=False))
    rest = [row for row in rows if row not in due]
    asked.desk.of(Recipients).steps(asked.tx, steps)
    asked.desk.of(Recipients).stop(asked.tx, rest)
    await wake(asked, due, REMINDED, at)
    return len(due)


def _reminded(row: RecipientDoc) -> int:
    return sum(line.note == REMINDER for line in row.entries)
