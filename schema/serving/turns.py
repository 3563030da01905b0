"""Turns: the queries of one account run a few at a time (docs/decisions/0013).

The loop and the database serve callers as they come, so whoever asks a hundred things at once would
have a hundred shares of them, and the dispatcher beside it one. Mutations never wait here: an order
goes before any reading.
"""

import asyncio
from weakref import WeakValueDictionary

from hub.access.principal import Principal

PER_PERSON = 2
PER_SHARED_ACCOUNT = 8
"""A command centre's or a partner's account is many screens, or a service that asks for many."""


class Turns:
    """Who asks now, in this process."""

    def __init__(self) -> None:
        self._accounts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def of(self, principal: Principal) -> asyncio.Semaphore:
        """What a query of the caller's holds while it runs; forgotten when nobody holds it."""
        turns = self._accounts.get(principal.account_id)
        if turns is None:
            most = PER_SHARED_ACCOUNT if principal.is_shared else PER_PERSON
            turns = self._accounts[principal.account_id] = asyncio.Semaphore(most)
        return turns
