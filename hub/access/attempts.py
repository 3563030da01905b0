"""How often somebody may fail to sign in: bounded per login and per address."""

import math
from typing import Protocol

from hub.errors import UserFault

PER_LOGIN = 10
PER_ADDRESS = 100
WINDOW = 60
"""Seconds."""


class Limiter(Protocol):
    """Counts events per key over a window, shared by all processes."""

    async def hit(self, key: str, *, limit: int, seconds: int) -> float | None:
        """Count one more. None while within the limit, else the seconds to wait."""
        ...

    async def wait(self, key: str, *, limit: int, seconds: int) -> float | None:
        """What `hit` would answer, without counting."""
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
    """The attempts at one login, and the failures from one address.

    An attempt at a login counts before its password is looked at, so that a thousand sent at once
    are not all let through; success forgives them. An address may be a whole station behind one
    gateway: there only failures count, and more of them are borne.
    """

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter

    async def begin(self, login: str, address: str | None) -> None:
        """Before a password is verified. Raises RateLimited."""
        wait = None
        if address is not None:
            wait = await self._limiter.wait(_address(address), limit=PER_ADDRESS, seconds=WINDOW)
        if wait is None:
            wait = await self._limiter.hit(_login(login), limit=PER_LOGIN, seconds=WINDOW)
        if wait is not None:
            raise RateLimited(wait)

    async def succeeded(self, login: str) -> None:
        """The password was right."""
        await self._limiter.clear(_login(login), limit=PER_LOGIN, seconds=WINDOW)

    async def failed(self, address: str | None) -> None:
        """The password was wrong."""
        if address is not None:
            await self._limiter.hit(_address(address), limit=PER_ADDRESS, seconds=WINDOW)


def _login(login: str) -> str:
    return f"sign-in:login:{login[:64]}"


def _address(address: str) -> str:
    return f"sign-in:address:{address}"
