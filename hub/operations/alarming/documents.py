"""What is kept of alarms."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field, model_validator

from hub.model.alarms import AlarmState
from hub.store.documents import Index, Keep, TextDocument, index

ALARMS = "alarms"
NAMED_BEFORE = ("order", "incident")
"""What alarms could be about up to version 1.1, each in a field of its own: `order_id`."""


def about_of(row: Mapping[str, Any]) -> dict[str, str]:
    """What an alarm is about, by the word for each; also of a row as version 1.1 wrote it."""
    before = {word: row.get(f"{word}_id") for word in NAMED_BEFORE}
    return {word: key for word, key in before.items() if key} | (row.get("about") or {})


def state_of(row: Mapping[str, Any], now: datetime) -> AlarmState:
    """Where a stored alarm stands: one whose shelf time is over calls again by itself."""
    if not row["active"]:
        return AlarmState.CLEARED
    until = row.get("shelved_until")
    if until is not None and until > now:
        return AlarmState.SHELVED
    return AlarmState.ACTIVE if row["acknowledged_at"] is None else AlarmState.ACKNOWLEDGED


class AlarmDoc(TextDocument):
    """An alarm (告警): a condition that somebody has to act on, from when it came to its end.

    `condition` names what is wrong with what; one alarm of a condition is `active` at a time, and
    it is raised in the transaction that makes the condition so. `units` are those whose liaison
    sees it; empty, it is the centre's alone. `parts` counts what is concerned: raised again with
    more of it, the alarm calls anew. `confirmed_at` is when the condition was last found to hold.
    `about` holds the ids of what it is about, by the word for each: `order`, `incident`,
    `bulletin`. `withdrawn`: that has ended, which therefore does not end the alarm. Until
    `shelved_until` it calls nobody.
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
    shelved_until: datetime | None = None
    shelved_by: str | None = None
    shelved_because: str | None = None
    cleared_at: datetime | None = None
    cleared_because: str | None = None
    revision: int = 1

    @model_validator(mode="before")
    @classmethod
    def _as_of_today(cls, row: Any) -> Any:  # noqa: ANN401  # whatever is to be validated
        """While an upgrade goes on, a process of version 1.1 may still write alarms as it did."""
        return {**row, "about": about_of(row)} if isinstance(row, Mapping) else row

    class Settings:
        name = ALARMS
        projection = None  # whole rows: `_as_of_today` reads fields that are no model's any more
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
