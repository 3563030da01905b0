"""Duty (勤务): who is on, since when, at which post."""

from collections.abc import Sequence
from datetime import datetime

from hub.operations.actions import Action
from hub.operations.capability import Capability
from hub.operations.desk import Desk
from hub.operations.duty.actions import SignInToDuty, SignOutOfDuty, sign_in, sign_out
from hub.operations.duty.documents import DutyHoursDoc
from hub.operations.duty.news import SyncedDuty, duty_news
from hub.store.documents import AccountDoc
from hub.store.driver import Tx
from hub.store.news import News


async def _standing(
    _desk: Desk, _tx: Tx, account: AccountDoc, _since: datetime, _most: int
) -> Sequence[News]:
    return [duty_news(account)]


CAPABILITY = Capability(
    documents=(DutyHoursDoc,),
    field_actions={
        "duty.signIn": Action(SignInToDuty, sign_in, "on duty (签到)"),
        "duty.signOut": Action(
            SignOutOfDuty, sign_out, "off duty (签退); unanswered orders are passed on at once"
        ),
    },
    news={"duty": SyncedDuty},
    snapshot=_standing,
)
