"""What is kept of duty: its hours, once they are over."""

from datetime import datetime
from typing import ClassVar

from hub.store.documents import Index, Keep, TextDocument, index

HOURS = "duty_hours"


class DutyHoursDoc(TextDocument):
    """From when until when an officer was on duty (勤务时段), by the hub's clock.

    `post` is the last one. `id` is the account and when it began.
    """

    keep: ClassVar[Keep] = Keep("hours are settled within a year", since="until", days=400)

    account_id: str
    since: datetime
    until: datetime
    post: str | None = None

    class Settings:
        name = HOURS
        indexes: ClassVar[list[Index]] = [
            index("account_id", "-until"),
        ]
