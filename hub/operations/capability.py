"""The contract of a capability (能力): what one thing that people can do declares of itself.

From its declaration the hub gets its collections with their indexes and retention, the actions of
the field app with their bodies, what a phone should hold, and what is asked of whom. How to write
one: docs/add-a-capability.md.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hub.model.people import Principal
from hub.operations.actions import Action
from hub.operations.alarming.condition import Condition
from hub.operations.asking.asked import Asked
from hub.operations.desk import Desk
from hub.operations.telling.wire import Message
from hub.operations.words import Both
from hub.store.documents import AccountDoc, TextDocument
from hub.store.driver import Tx
from hub.store.news import News

Snapshot = Callable[[Desk, Tx, AccountDoc, datetime, int], Awaitable[Sequence[News]]]
"""What an account's phone should hold now: all that goes on, and of what has ended since that
moment the last so many. It is read in the given transaction."""
Closing = Callable[[Desk, Tx, str, Principal, Both, datetime], Awaitable[None]]
"""What follows when an incident is closed: its id, by whom, for which reason, when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """What the hub learns of a capability; what is left out it does not have.

    `field_actions` are the field app's, by kind; `acts` what else people do with it, as the audit
    log calls it; `news` says by sync entity what its data holds.
    `asks` is what of it people are asked. `closing` goes with the closing of an incident. `codes`
    are its stable codes, each with what it means, Chinese, and what to do, English; `warnings` are
    those of what is done all the same. `lines` are the kinds of line that it writes into an
    incident's timeline, each with what happened, English with the Chinese term in brackets.
    """

    documents: tuple[type[TextDocument], ...] = ()
    field_actions: Mapping[str, Action] = field(default_factory=dict)
    acts: tuple[str, ...] = ()
    news: Mapping[str, type[Message]] = field(default_factory=dict)
    snapshot: Snapshot | None = None
    asks: type[Asked] | None = None
    closing: Closing | None = None
    codes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    warnings: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    alarms: tuple[Condition, ...] = ()
    lines: Mapping[str, str] = field(default_factory=dict)
