"""A bulletin as a subject of asking: everybody in its audience is asked to read it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Self

from hub.model.operations import OrderPriority, Stage
from hub.operations.alarming.store import AlarmRepository
from hub.operations.asking.asked import Asked
from hub.operations.asking.documents import RecipientDoc
from hub.operations.asking.ledger import CANCELLED
from hub.operations.asking.unwoken import many_unwoken
from hub.operations.bulletins.documents import BULLETINS, KEPT_DAYS, BulletinDoc, BulletinState
from hub.operations.bulletins.news import bulletin_news
from hub.operations.bulletins.store import BulletinRepository
from hub.operations.desk import Desk
from hub.store.documents import AccountDoc, OutboxDoc
from hub.store.driver import Tx
from hub.store.news import News


class BulletinAsked(Asked):
    """A bulletin: read is done. Who has not read it is reminded; nobody reads it for another."""

    kind = "bulletin"
    collection = BULLETINS
    awaited = frozenset({Stage.QUEUED, Stage.SENT, Stage.RECEIVED})
    ended = frozenset({Stage.SEEN, Stage.CANCELLED})
    done = Stage.SEEN
    escalates = False
    reminders = 2
    completes = False
    in_parts = True
    subject: BulletinDoc

    @classmethod
    async def take_up(cls, desk: Desk, tx: Tx, subject_id: str) -> Self | None:
        """The bulletin, whoever asks."""
        bulletin = await desk.of(BulletinRepository).for_hub(subject_id, tx=tx)
        return None if bulletin is None else cls(desk, tx, bulletin)

    @property
    def lane(self) -> str:
        """Its own."""
        return self.subject.id

    @property
    def asked_by(self) -> str | None:
        """The unit that has published it."""
        return self.subject.unit

    @property
    def is_open(self) -> bool:
        """Whether it still stands."""
        return self.subject.state is BulletinState.PUBLISHED

    @property
    def keep_until(self) -> datetime:
        """As long as the bulletin."""
        return self.subject.created_at + timedelta(days=KEPT_DAYS)

    @property
    def reason(self) -> str:
        """Why it was withdrawn."""
        return self.subject.reason or ""

    async def woken_for_another(self) -> Collection[str]:
        """Who has what took its place."""
        found = None
        if self.subject.replaced_by is not None:
            repository = self.desk.of(BulletinRepository)
            found = await repository.for_hub(self.subject.replaced_by, tx=self.tx)
        return frozenset(found.asked) if found else ()

    def news(self, row: RecipientDoc) -> News:
        """The bulletin as the reader's phone holds it."""
        return bulletin_news(self.subject, row)

    async def unwoken(
        self,
        row: OutboxDoc,
        ledger: RecipientDoc,
        account: AccountDoc | None,
        why: str,
        at: datetime,
    ) -> None:
        """One alarm for all readers of an urgent bulletin, if it stands.

        It begins with this one: to count at each of thousands of failures would be dear, and the
        keeper counts every two seconds.
        """
        withdrawn = row.topic == f"{self.kind}.{CANCELLED}"
        if self.subject.priority is OrderPriority.URGENT and ledger.unwoken and not withdrawn:
            alarm = many_unwoken(self, 1, at)
            await self.desk.of(AlarmRepository).raise_(self.tx, alarm, counted=False)
