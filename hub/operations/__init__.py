"""What people do (指挥): every capability, a folder and a line each, and what they stand on.

`asking` asks people something and waits for it, `waking` reaches their phones, `telling` says what
changed for them, `alarming` says what a person has to act on.
"""

import importlib
from functools import cache
from typing import TYPE_CHECKING

from hub.model.alarms import AlarmLevel

if TYPE_CHECKING:
    from hub.operations.actions import Action
    from hub.operations.alarming.condition import Condition
    from hub.operations.asking.asked import Asked
    from hub.operations.capability import Capability
    from hub.store.documents import TextDocument

REGISTRY: dict[str, str] = {
    "duty": "hub.operations.duty",
    "devices": "hub.operations.devices",
    "incidents": "hub.operations.incidents",
    "orders": "hub.operations.orders",
    "bulletins": "hub.operations.bulletins",
    "alarms": "hub.operations.alarms",
    "accounts": "hub.operations.accounts",
    "walls": "hub.operations.walls",
    "audit": "hub.operations.audit",
}
"""Where the declaration of each capability is. Snapshots tell a phone of them in this order."""


@cache
def capabilities() -> "dict[str, Capability]":
    """The capabilities by name, as they declare themselves."""
    return {name: importlib.import_module(where).CAPABILITY for name, where in REGISTRY.items()}


@cache
def lines() -> dict[str, str]:
    """What happened, in words, by the kind of line in an incident's timeline."""
    return {kind: words for one in capabilities().values() for kind, words in one.lines.items()}


@cache
def documents() -> "tuple[type[TextDocument], ...]":
    """What capabilities keep, and the ledgers of asking; `Store.open` prepares them."""
    ledgers = importlib.import_module("hub.operations.asking.documents").RecipientDoc
    found = [document for one in capabilities().values() for document in one.documents]
    return (ledgers, *found)


@cache
def field_actions() -> "dict[str, Action]":
    """What a phone can report, by kind."""
    return {kind: a for one in capabilities().values() for kind, a in one.field_actions.items()}


@cache
def conditions() -> "dict[str, Condition]":
    """What may be an alarm, by kind, the most pressing first: by level, then as registered."""
    levels = [*AlarmLevel]
    found = [one for capability in capabilities().values() for one in capability.alarms]
    found.sort(key=lambda one: levels.index(one.level))
    return {one.kind: one for one in found}


@cache
def kinds() -> "dict[str, type[Asked]]":
    """What people can be asked, by the kind of subject."""
    return {one.asks.kind: one.asks for one in capabilities().values() if one.asks is not None}


def escalating() -> list[str]:
    """Those of which somebody else is asked when nobody answers: to be late there is an alarm."""
    return [kind for kind, asked in kinds().items() if asked.escalates]
