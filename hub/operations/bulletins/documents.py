"""What is kept of bulletins; who has read one is in the ledgers of `asking`."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from hub.operations.asking.documents import UNTOLD, AskedDoc
from hub.operations.words import Both
from hub.store.documents import Index, Keep, index

BULLETINS = "bulletins"
KEPT_DAYS = 400
"""A year, and the month to report on it."""


class BulletinState(StrEnum):
    """Whether a bulletin (通报) still stands."""

    PUBLISHED = "PUBLISHED"
    WITHDRAWN = "WITHDRAWN"


class BulletinDoc(AskedDoc):
    """A bulletin (信息通报) of a unit, or of the centre (`unit` is None then).

    `all_on_duty`: it went to whoever was. `corrects` names the one it takes the place of,
    `replaced_by` the one that took its place.
    """

    keep = Keep("a year, and the month to report on it", since="created_at", days=KEPT_DAYS)

    number: str
    unit: str | None = None
    title: str
    text: str
    state: BulletinState = BulletinState.PUBLISHED
    reason: str | None = None
    withdrawn_by: str | None = None
    all_on_duty: bool = False
    corrects: str | None = None
    replaced_by: str | None = None

    class Settings:
        name = BULLETINS
        indexes: ClassVar[list[Index]] = [
            index("-created_at", "-_id"),
            index("units", "-created_at"),
            index("recipients", "-created_at"),
            index("unit", "-created_at"),
            index("number"),
            UNTOLD,
        ]

    @property
    def name(self) -> Both:
        """How a person calls it."""
        return Both(f"通报 {self.number}", f"Bulletin {self.number}")

    def stands_for(self, account_id: str) -> bool:
        """Whether it holds as far as this reader's phone was told."""
        return self.state is BulletinState.PUBLISHED or account_id in self.waiting

    @property
    def withdrawn_at(self) -> datetime | None:
        """When it was taken back."""
        return self.ended_at
