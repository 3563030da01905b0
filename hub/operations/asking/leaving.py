"""What a person who signs out of duty leaves: unanswered parts are passed on, others are noted."""

from collections.abc import Callable
from datetime import datetime

from hub.operations import kinds
from hub.operations.asking.asked import Asked
from hub.operations.asking.documents import RecipientDoc
from hub.operations.asking.ladder import hand_over
from hub.operations.asking.store import Recipients
from hub.operations.desk import Desk
from hub.operations.words import STAGES, Why, both, person
from hub.store.documents import AccountDoc
from hub.store.driver import Tx


async def leave(
    desk: Desk, tx: Tx, officer: AccountDoc, at: datetime
) -> tuple[int, list[Callable[[], None]]]:
    """Pass on what the officer has not answered, of all that escalates; wake them for no more.

    Gives how many parts stay theirs, taken and not done, and what is to be said once committed.
    """
    left, afterwards = 0, []
    for asked in kinds().values():
        rows = await desk.of(Recipients).live_of_account(
            tx, officer.id, asked.kind, ended=asked.ended
        )
        desk.of(Recipients).at_rest(tx, [row for row in rows if row.unwoken])
        if not asked.escalates:
            continue
        for row in rows:
            subject = await asked.take_up(desk, tx, row.subject_id)
            if subject is None:
                continue
            if row.stage in asked.awaited:
                afterwards.append((await hand_over(subject, [row], Why.SIGNED_OUT, at)).report)
            else:
                await _left_open(subject, row, officer, at)
                left += 1
    return left, afterwards


async def _left_open(subject: Asked, row: RecipientDoc, officer: AccountDoc, at: datetime) -> None:
    words = both(
        "{name} {who} 已签退，未完成（{stage}）",
        "{name}: {who} signed out of duty and left it undone ({stage})",
        name=subject.subject.name,
        who=person(officer),
        stage=STAGES[row.stage],
    )
    await subject.note(at, officer.id, "duty.signedOut", words, [officer.unit])
