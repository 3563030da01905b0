"""Bulletins (信息通报): a unit lets others know, and sees who has read it."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from hub.model.operations import Stage
from hub.operations.asking.answers import AnswerBody, answers
from hub.operations.asking.audience import CODES
from hub.operations.asking.store import Recipients
from hub.operations.bulletins.asked import BulletinAsked
from hub.operations.bulletins.documents import BulletinDoc
from hub.operations.bulletins.news import SyncedBulletin, bulletin_news
from hub.operations.bulletins.store import BulletinRepository
from hub.operations.capability import Capability
from hub.operations.desk import Desk
from hub.store.documents import AccountDoc
from hub.store.driver import Tx
from hub.store.news import News


class Reading(AnswerBody):
    """That a bulletin has come, or was read (已读)."""

    bulletin_id: str = Field(
        min_length=1,
        max_length=256,
        description="`data.id` of the bulletin, its global id from GraphQL, or its `number`",
    )


async def _standing(
    desk: Desk, tx: Tx, account: AccountDoc, since: datetime, most: int
) -> Sequence[News]:
    """All that is unread, and the last that were read or withdrawn."""
    ledgers, kind, ended = desk.of(Recipients), BulletinAsked.kind, BulletinAsked.ended
    rows = await ledgers.live_of_account(tx, account.id, kind, ended=ended)
    rows += await ledgers.ended_of_account(
        tx, account.id, kind, ended=ended, since=since, limit=most
    )
    bulletins = await desk.of(BulletinRepository).by_ids({row.subject_id for row in rows}, tx=tx)
    return [
        bulletin_news(bulletins[row.subject_id], row)
        for row in sorted(rows, key=lambda row: row.created_at)
        if row.subject_id in bulletins  # its time may have come a moment before its ledger's
    ]


CAPABILITY = Capability(
    documents=(BulletinDoc,),
    field_actions={
        "bulletin.received": answers(
            BulletinAsked, Stage.RECEIVED, Reading, "the phone has it (送达)"
        ),
        "bulletin.read": answers(
            BulletinAsked,
            Stage.SEEN,
            Reading,
            "read (已读); who has not is reminded, twice at most",
        ),
    },
    acts=("bulletin.published", "bulletin.withdrawn"),
    news={"bulletin": SyncedBulletin},
    snapshot=_standing,
    asks=BulletinAsked,
    codes={
        **CODES,
        "BULLETIN_WITHDRAWN": ("通报已撤回", "The bulletin was withdrawn or corrected already."),
    },
)
