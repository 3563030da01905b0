"""What is kept of asking: what every subject has, and a ledger for each person who is asked."""

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, Field

from hub.model.operations import OrderPriority, Stage
from hub.operations.words import Both
from hub.store.documents import Index, Keep, TextDocument, index

RECIPIENTS = "recipients"
OURS = ("hub", "escalation")
"""Channels of ledger lines that the hub writes by itself: nothing was heard from a phone."""
UNTOLD = index("untold", partialFilterExpression={"untold": {"$gt": 0}})
"""By which subjects are found that are told in parts (`parts.py`)."""


class DispatchWarningDoc(BaseModel):
    """What whoever asked people was warned of; `path` names the argument it is about."""

    code: str
    path: list[str]
    message: str


class AskedDoc(TextDocument):
    """A subject: something that people are asked, each of whom has a ledger.

    `escalation` lists the accounts to ask next, in order; it and `within_s` are a snapshot taken
    when it was made, so that a later change of settings moves no running clock. `warnings` are
    what was said to whoever made it. The last `untold` of its `recipients` have not been told yet:
    of it, so that they have no ledger, or once it has ended of that. `told_at` is when the last
    part of them was.
    """

    priority: OrderPriority = OrderPriority.URGENT
    created_by: str
    created_at: datetime
    units: list[str] = Field(default_factory=list)
    recipients: list[str] = Field(default_factory=list)
    escalation: list[str] = Field(default_factory=list)
    within_s: int = Field(description="seconds a person has before the next step is taken")
    ended_at: datetime | None = None
    exhausted_at: datetime | None = Field(
        default=None,
        description="since when a part has nobody left to ask: an alarm for the watch",
    )
    warnings: list[DispatchWarningDoc] = Field(default_factory=list)
    untold: int = 0
    told_at: datetime | None = None
    revision: int = 1

    @property
    @abstractmethod
    def name(self) -> Both:
        """How a person calls it."""

    @property
    def waiting(self) -> list[str]:
        """Those of its recipients who have not been told yet."""
        return self.recipients[-self.untold :] if self.untold else []

    @property
    def asked(self) -> list[str]:
        """Those of its recipients who have a ledger."""
        waiting = self.waiting if self.ended_at is None else []
        return self.recipients[: len(self.recipients) - len(waiting)]


class LedgerEntry(BaseModel):
    """One step of a subject with one recipient: stage, the hub's time, and how it was learnt.

    `channel` is what carried it: a push channel, sync, events, actions, escalation, hub.
    `device_at` is the phone's own time for it, which is data and never decides an order of events.
    """

    stage: Stage
    at: datetime
    channel: str
    device_at: datetime | None = None
    note: str | None = None


class RecipientDoc(TextDocument):
    """The ledger of one subject with one recipient (签收记录); `id` is that of `ledger_id`.

    `subject_kind` names the capability that asks, `lane` is whose writers go one after the other.
    `next_step_at` is the durable timer: when it passes before what is awaited has come, the next
    step is taken. It is None once nothing is awaited. `escalated_from` names in whose place it is,
    of that one's ledgers the one of `escalated_from_round`. Who is asked anew after somebody else
    was has another ledger, of the next `round`, and this one is `superseded`. `unwoken`: nothing
    could wake the phone, and nothing was heard of it since.
    `taken_by_other`: somebody else who was asked in the same place has accepted. `nobody_next`:
    nobody was left to be asked in this one's place. `reassigned_because`: the watch
    has given it to somebody else, for this reason. `asked_by` is the unit that asks, None for the
    centre; `reminded` counts reminders.
    """

    keep = Keep("as long as what was asked", since="keep_until", days=0)

    subject_kind: str
    subject_id: str
    lane: str
    account_id: str
    unit: str | None = None
    stage: Stage = Stage.QUEUED
    entries: list[LedgerEntry] = Field(default_factory=list)
    next_step_at: datetime | None = None
    round: int = 1
    superseded: bool = False
    escalated_from: str | None = None
    escalated_from_round: int = 1
    unwoken: bool = False
    taken_by_other: bool = False
    nobody_next: bool = False
    created_at: datetime
    keep_until: datetime | None = None
    reassigned_because: str | None = None
    asked_by: str | None = None
    reminded: int = 0
    revision: int = 1

    class Settings:
        name = RECIPIENTS
        indexes: ClassVar[list[Index]] = [
            index("subject_id", "created_at"),
            index("account_id", "-created_at"),
            index("next_step_at", sparse=True),
            index("subject_id", partialFilterExpression={"unwoken": True}, name="unwoken"),
        ]

    @property
    def follows(self) -> str | None:
        """The ledger in whose place this one is; None for who was asked first."""
        if self.escalated_from is None:
            return None
        return ledger_id(self.subject_id, self.escalated_from, self.escalated_from_round)


def ledger_id(subject_id: str, account_id: str, round_: int = 1) -> str:
    """The id of the ledger of one person in one subject; `round_`: of which asking."""
    first = f"{subject_id}:{account_id}"
    return first if round_ == 1 else f"{first}:{round_}"
