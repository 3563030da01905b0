"""The contract of an alarm condition (告警条件): what a capability says can go wrong."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.model.alarms import AlarmLevel
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.desk import Desk, new_id
from hub.operations.words import Both
from hub.store.driver import Tx

Ended = tuple[AlarmDoc, Both]
"""An alarm whose condition does not hold any more, and why."""
Changed = tuple[AlarmDoc, Both | AlarmDoc]
"""The same, or one that still holds, with what it says now."""
Asking = Callable[[Desk, Sequence[AlarmDoc], Tx | None], Awaitable[Sequence[Changed]]]
"""Asks the condition of active alarms of one kind again: which have ended, or say something else.

It is asked outside of a transaction first, and once more in that which writes."""
Watch = Callable[[Desk, str], Awaitable[AlarmDoc | Ended | None]]
"""Looks, on the machine of this name, after what no write goes with: what to raise, or what is
over; None where it stands as it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What somebody may have to act on, as its capability declares it.

    `word` is what a person calls it, `means` its meaning in English. `next_step` is what to do, in
    which `alarm` fills in what it is given. `asked` tells when it has ended; one that is `watch`ed
    alone may do without. Of those of one `level`, what the registry has first presses more.
    """

    kind: str
    word: Both
    means: str
    level: AlarmLevel
    next_step: Both
    asked: Asking | None = None
    watch: Watch | None = None

    def of(self, what: str = "") -> str:
        """Names the condition of this one thing: one alarm of that is active at a time."""
        return f"{self.kind}:{what}" if what else self.kind

    def alarm(
        self,
        message: Both,
        at: datetime,
        *,
        of: str = "",
        step: Mapping[str, Both | str | int] | None = None,
        **fields: Any,  # noqa: ANN401  # those of an AlarmDoc
    ) -> AlarmDoc:
        """The alarm that this condition holds of `of`, with what its next step is to name."""
        return AlarmDoc(
            id=new_id(),
            kind=self.kind,
            condition=self.of(of),
            message=str(message),
            next_step=str(self.next_step.filled(**(step or {}))),
            raised_at=at,
            confirmed_at=at,
            **fields,
        )
