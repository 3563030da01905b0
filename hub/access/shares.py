"""Shares: what one account asks for runs a few at a time (docs/decisions/0013).

The loop and the database serve callers as they come, so whoever asks a hundred things at once would
have a hundred shares of them, and the dispatcher beside it one. What is done (mutations, a phone's
actions) never waits for what is read: it has shares of its own.
"""

import asyncio
from weakref import WeakValueDictionary

from hub.model.people import Principal

PER_PERSON, PER_SHARED_ACCOUNT = 2, 8
"""A command centre's or a partner's account is many screens, or a service that asks for many."""
WRITES_PER_PERSON, WRITES_PER_SHARED_ACCOUNT = 4, 16
"""A phone does one thing after the other; many desks of one account act at once."""


class AtOnce:
    """Semaphores by key, each for as long as somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._held: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def of(self, key: str, most: int) -> asyncio.Semaphore:
        """That of a key; `most` may hold it at once where it is made now."""
        held = self._held.get(key)
        if held is None:
            held = self._held[key] = asyncio.Semaphore(most)
        return held


class Shares:
    """Who has a share of one API of this process: so many of a person, so many of a shared one."""

    def __init__(self, person: int = PER_PERSON, shared: int = PER_SHARED_ACCOUNT) -> None:
        self._person, self._shared = person, shared
        self._accounts = AtOnce()

    def of(self, principal: Principal) -> asyncio.Semaphore:
        """What the caller's work holds while it runs."""
        most = self._shared if principal.is_shared else self._person
        return self._accounts.of(principal.account_id, most)
