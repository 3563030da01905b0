"""What a phone is told of a bulletin."""

from hub.model.operations import Stage
from hub.operations.asking.documents import RecipientDoc
from hub.operations.bulletins.documents import BulletinDoc, BulletinState
from hub.operations.telling.wire import ID, Instant, Message
from hub.store.news import News


class SyncedBulletin(Message):
    """A bulletin (信息通报) as one reader holds it; `read` and `stage` are this reader's.

    `unit` is the code of the unit that published it, null for the centre. One that is WITHDRAWN
    must not be acted on, and has no `text` any more: `reason` says why, `replacedBy` which bulletin
    holds in its place.
    """

    id: str = ID
    number: str
    unit: str | None
    title: str
    text: str | None
    urgency: str
    state: BulletinState
    stage: Stage
    read: bool
    published_at: Instant
    withdrawn_at: Instant | None
    reason: str | None
    corrects: str | None
    replaced_by: str | None


def bulletin_news(bulletin: BulletinDoc, row: RecipientDoc) -> News:
    """The bulletin as the owner of `row` holds it, for whom it stands until they are told else."""
    stands = bulletin.stands_for(row.account_id)
    synced = SyncedBulletin(
        id=bulletin.id,
        number=bulletin.number,
        unit=bulletin.unit,
        title=bulletin.title,
        text=bulletin.text if stands else None,
        urgency=bulletin.priority,
        state=BulletinState.PUBLISHED if stands else bulletin.state,
        stage=row.stage,
        read=any(line.stage is Stage.SEEN for line in row.entries),
        published_at=bulletin.created_at,
        withdrawn_at=None if stands else bulletin.withdrawn_at,
        reason=None if stands else bulletin.reason,
        corrects=bulletin.corrects,
        replaced_by=None if stands else bulletin.replaced_by,
    )
    return News(row.account_id, "bulletin", synced.wire())
