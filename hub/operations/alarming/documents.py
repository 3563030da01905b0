"""What is kept of alarms."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from hub.store.documents import Index, Keep, TextDocument, index

ALARMS = "alarms"


class AlarmDoc(TextDocument):
    """An alarm (告警): a condition that somebody has to act on, from when it came to its end.

    `condition` names what is wrong with what; one alarm of a condition is `active` at a time, and
    it is raised in the transaction that makes the condition so. `units` are those whose liaison
    sees it; empty, it is the centre's alone. `parts` counts what is concerned: with more of it
    the alarm calls anew. `confirmed_at` is when the condition was last found to hold. `about` holds
    the ids of what it is about, by the word for each: `order`, `incident`. `withdrawn`: that has
    ended, which therefore does not end the alarm.
    """

    keep = Keep("a year, and the month to report on it", since="cleared_at", days=400)

    kind: str
    condition: str
    active: bool = True
    message: str
    next_step: str
    place: str | None = None
    parts: int = 1
    units: list[str] = Field(default_factory=list)
    about: dict[str, str] = Field(default_factory=dict)
    account_id: str | None = None
    withdrawn: bool = False
    raised_at: datetime
    confirmed_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    cleared_at: datetime | None = None
    cleared_because: str | None = None
    revision: int = 1

    class Settings:
        name = ALARMS
        indexes: ClassVar[list[Index]] = [
            index(
                "condition",
                unique=True,
                partialFilterExpression={"active": True},
                name="one_active_a_condition",
            ),
            index("-raised_at", "-_id"),
            index("active", "-raised_at", "-_id"),
            index("units", "-raised_at"),
        ]
