"""The contract between the asking machine and what asks: an order, a bulletin, a roll call.

The machine keeps the ledgers, the timers and the ladders. A subject says which stages it has, what
a phone is told of it, and what else is to be written when something happens to it.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from hub.model.operations import ENDED, PROGRESS, Stage
from hub.operations.asking.documents import AskedDoc, RecipientDoc
from hub.operations.desk import Desk
from hub.operations.words import Both
from hub.store.documents import AccountDoc, OutboxDoc
from hub.store.driver import Tx
from hub.store.group_commit import NO_READS, Reads
from hub.store.news import News
from hub.store.pending import pending

UNANSWERED: frozenset[Stage] = frozenset(PROGRESS[: PROGRESS.index(Stage.ACCEPTED)])
"""The stages in which an acceptance is still awaited."""


class Asked(ABC):
    """A subject as one transaction has taken it up, with what must be known beside it.

    `kind` is the word before the dot in actions and topics, and the sync entity; its subjects lie
    in `collection`. The timer of a recipient runs while its stage is `awaited`; a part is over in
    one of `ended`, and well over with `done`. With `escalates` the next person is asked when the
    timer passes; without, the same person is reminded, `reminders` times at most. One that
    `completes` ends when somebody of each chain is done and nobody is asked any more. With
    `in_parts` thousands may be asked (`parts.py`).
    """

    kind: ClassVar[str]
    collection: ClassVar[str]
    awaited: ClassVar[frozenset[Stage]] = UNANSWERED
    ended: ClassVar[frozenset[Stage]] = ENDED
    done: ClassVar[Stage] = Stage.DONE
    escalates: ClassVar[bool] = True
    reminders: ClassVar[int] = 0
    completes: ClassVar[bool] = True
    in_parts: ClassVar[bool] = False

    def __init__(self, desk: Desk, tx: Tx, subject: AskedDoc) -> None:
        self.desk, self.tx, self.subject = desk, tx, subject

    @classmethod
    @abstractmethod
    async def take_up(cls, desk: Desk, tx: Tx, subject_id: str) -> Self | None:
        """The subject, whoever asks; None if there is none."""

    @classmethod
    def beside(cls, lane: str) -> Reads:  # of those that have none
        """Ids of the rows, by collection, that `take_up` reads beside the subject."""
        return NO_READS

    @property
    @abstractmethod
    def lane(self) -> str:
        """Whose writers go one after the other."""

    @property
    def asked_by(self) -> str | None:
        """The unit that asks, and sees who has answered; None for the command centre."""
        return None

    @property
    @abstractmethod
    def is_open(self) -> bool:
        """Whether it has not been completed: an answer may complete it."""

    @property
    def keep_until(self) -> datetime | None:
        """When the ledgers of who is asked in parts are deleted; None for never."""
        return None

    @property
    def reason(self) -> str:
        """Why it was taken back, for the ledgers that are ended in parts."""
        return ""

    async def woken_for_another(self) -> Collection[str]:
        """Whom its end does not wake: something that took its place already has."""
        return ()

    @abstractmethod
    def news(self, row: RecipientDoc) -> News:
        """What the recipient's phone holds of it."""

    def announcement(self, row: RecipientDoc) -> Sequence[News]:
        """What a person is told who is asked for the first time."""
        return [self.news(row)]

    def data(self, row: RecipientDoc) -> dict[str, Any]:
        """How it stands with the recipient, in the answer to an action."""
        return {f"{self.kind}Id": self.subject.id, "stage": str(row.stage)}

    def about(self) -> dict[str, str]:
        """What an alarm about it is about: ids by the word for each, its own `kind` first."""
        return {self.kind: self.subject.id}

    def refuse_after_end(self, row: RecipientDoc, *, moves: bool) -> None:
        """Raise ActionRefused for an answer that comes when the subject has ended."""

    def refuse_reassigned(self, row: RecipientDoc, reason: str) -> None:
        """Raise ActionRefused for an answer of whom the watch has replaced, for this reason."""

    async def note(
        self, at: datetime, by: str, kind: str, words: Both, units: Collection[str | None]
    ) -> None:
        """Write a line where people read what happened; by default nowhere but in the ledgers."""

    async def involve(self, asked: Sequence[AccountDoc]) -> None:
        """These are asked as well."""

    async def unanswered(self, at: datetime) -> None:
        """A part has nobody who took it and nobody left to ask."""

    async def unwoken(
        self,
        row: OutboxDoc,
        ledger: RecipientDoc,
        account: AccountDoc | None,
        why: str,
        at: datetime,
    ) -> None:
        """A wake-up was given up."""

    async def completed(self, at: datetime) -> None:
        """Everybody's part has ended, and each chain well."""

    def change(self, **fields: Any) -> None:  # noqa: ANN401
        """Set fields of the subject; with none, only its revision is raised.

        Whatever ends a recipient's part, or takes it up again, goes through here: two such steps
        then conflict, so that one of them sees the other and a subject cannot miss its end.
        """
        for name, value in fields.items():
            setattr(self.subject, name, value)
        change: dict[str, Any] = {"$inc": {"revision": 1}}
        if fields:
            change["$set"] = fields
        pending(self.tx).update(self.collection, self.subject.id, change)

    def add_recipients(self, rows: Sequence[RecipientDoc]) -> None:
        """Ask more people: their names and units in the subject, where they are new to it."""
        names = [row.account_id for row in rows if row.round == 1]
        units = {row.unit for row in rows if row.unit is not None}
        behind = len(self.subject.asked)
        change = {
            "$push": {"recipients": {"$each": names, "$position": behind}},
            "$addToSet": {"units": {"$each": sorted(units)}},
            "$inc": {"revision": 1},
        }
        self.subject.recipients[behind:behind] = names
        pending(self.tx).update(self.collection, self.subject.id, change)
