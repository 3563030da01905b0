"""How often somebody may fail to sign in (docs/decisions/0014)."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from hub.addresses import network_of
from hub.errors import AccessDenied, UserFault

PER_LOGIN = 10
"""Tries at one login from one address."""
PER_ADDRESS = 100
WINDOW = 60
"""Seconds."""
SUSPECT, SUSPECT_WINDOW = 100, 3600
"""So many failures at one login, from wherever, in so many seconds mean that it is hunted."""
PER_LOGIN_HUNTED = 2
"""Then this many tries are left to each address: guessing slows down, nobody is locked out."""
AT_ONCE = 20
"""Passwords in hand in one process: a shift that signs in together waits, and is not refused."""


class Limiter(Protocol):
    """Counts events per key over a window, shared by all processes."""

    async def hit(self, key: str, *, limit: int, seconds: int) -> float | None:
        """Count one more. None while within the limit, else the seconds to wait."""
        ...

    async def wait(self, key: str, *, limit: int, seconds: int) -> float | None:
        """What `hit` would answer, without counting."""
        ...

    async def give_back(self, key: str, *, limit: int, seconds: int) -> None:
        """Count one less."""
        ...

    async def clear(self, key: str, *, limit: int, seconds: int) -> None:
        """Forget what was counted."""
        ...


class RateLimited(UserFault):
    """Too many attempts; `after` is the wait in seconds."""

    def __init__(self, after: float) -> None:
        self.after = max(1, math.ceil(after))
        super().__init__(
            "RATE_LIMITED",
            f"尝试过于频繁，请 {self.after} 秒后再试 / Too many attempts: wait {self.after} s.",
        )


class Attempts:
    """What may be tried at one login from one address, and from one address in all.

    A try counts before the password is looked at, in one step of the database, so that a thousand
    sent at once are not all let through; one that succeeded is given back. Whoever fails keeps
    nobody out but itself: the same login from another address has a count of its own, and so has
    a phone that proves it signed in here before, whatever its address has done. An address may be
    a whole station behind one gateway, so only failures are kept of it, and more are borne.
    """

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter
        self._room = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def trial(
        self, login: str, address: str | None, device: str | None = None
    ) -> AsyncIterator[None]:
        """Around the verification of a password, which raises AccessDenied for a wrong one.

        `device`: the phone that has proven that it signed in to this login before. Raises
        RateLimited.
        """
        async with self._room:
            kept = [*await self._of_login(login, address, device)]
            if device is None and address is not None:
                kept.append((_address(address), PER_ADDRESS))
            for key, limit in kept:
                await self._count(key, limit)
            try:
                yield
            except AccessDenied:
                await self._limiter.hit(_login(login), limit=SUSPECT, seconds=SUSPECT_WINDOW)
                raise
            (pair, limit), *others = kept
            await self._limiter.clear(pair, limit=limit, seconds=WINDOW)
            for key, limit in others:
                await self._limiter.give_back(key, limit=limit, seconds=WINDOW)

    async def require_trust(self, address: str | None) -> None:
        """Before a token is looked at that cannot be guessed. Raises RateLimited."""
        if address is not None:
            wait = await self._limiter.wait(_address(address), limit=PER_ADDRESS, seconds=WINDOW)
            if wait is not None:
                raise RateLimited(wait)

    async def failed(self, address: str | None) -> None:
        """The token was none."""
        if address is not None:
            await self._limiter.hit(_address(address), limit=PER_ADDRESS, seconds=WINDOW)

    async def _of_login(
        self, login: str, address: str | None, device: str | None
    ) -> list[tuple[str, int]]:
        if device is not None:
            return [(f"sign-in:device:{login[:64]}:{device}", PER_LOGIN)]
        hunted = await self._limiter.wait(_login(login), limit=SUSPECT, seconds=SUSPECT_WINDOW)
        limit = PER_LOGIN if hunted is None else PER_LOGIN_HUNTED
        return [(f"sign-in:{login[:64]}:{network_of(address or '')}", limit)]

    async def _count(self, key: str, limit: int) -> None:
        wait = await self._limiter.hit(key, limit=limit, seconds=WINDOW)
        if wait is not None:
            raise RateLimited(wait)


def _login(login: str) -> str:
    return f"sign-in:login:{login[:64]}"


def _address(address: str) -> str:
    return f"sign-in:address:{network_of(address)}"
