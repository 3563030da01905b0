"""What a phone is told of its officer's duty."""

from hub.operations.telling.wire import ID, Instant, Message
from hub.store.documents import AccountDoc
from hub.store.news import News


class SyncedDuty(Message):
    """Whether the officer is on duty (勤务签到). `id` is the account's."""

    id: str = ID
    on: bool
    since: Instant | None
    post: str | None


def duty_news(account: AccountDoc) -> News:
    """The officer's duty as the officer's phone holds it."""
    duty = account.duty
    synced = SyncedDuty(id=account.id, on=duty.on, since=duty.since, post=duty.post)
    return News(account.id, "duty", synced.wire())
