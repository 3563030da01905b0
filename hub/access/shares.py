"""Shares: what one account asks for runs a few at a time (docs/decisions/0013).

The loop and the database serve callers as they come, so whoever asks a hundred things at once would
have a hundred shares of them, and the dispatcher beside it one. What is done (mutations, a phone's
actions) never waits for what is read.
"""

import asyncio
from weakref import WeakValueDictionary

from hub.model.people import Principal

PER_PERSON, PER_SHARED_ACCOUNT = 2, 8
"""A command centre's or a partner's account is many screens, or a service that asks for many."""


class Shares:
    """Who has a turn now, in this process: so many of a person, so many of a shared account."""

    def __init__(self, person: int = PER_PERSON, shared: int = PER_SHARED_ACCOUNT) -> None:
        self._person, self._shared = person, shared
        self._accounts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def of(self, principal: Principal) -> asyncio.Semaphore:
        """What the caller's work holds while it runs; forgotten when nobody holds it."""
        turns = self._accounts.get(principal.account_id)
        if turns is None:
            most = self._shared if principal.is_shared else self._person
            turns = self._accounts[principal.account_id] = asyncio.Semaphore(most)
        return turns
