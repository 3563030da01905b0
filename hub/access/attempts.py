"""How often somebody may fail to sign in (docs/decisions/0014)."""

import asyncio
import math
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog

from hub.access.shares import AtOnce
from hub.addresses import network_of
from hub.errors import AccessDenied, UserFault
from hub.store.faults import passing

log = structlog.get_logger()

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


@dataclass(frozen=True, slots=True)
class _Counted:
    """A try at one key, which `counting` counts: None once it has, else the seconds to wait."""

    key: str
    limit: int
    counting: "asyncio.Task[float | None]"


class Attempts:
    """What may be tried at one login from one address, and from one address in all.

    A try counts before the password is looked at, in one step of the database, so that a thousand
    sent at once are not all let through. Only one that was looked at and found wrong stays counted:
    one that succeeded is given back, as is one that another count refused, the database was away
    for, or whose caller left. Whoever fails keeps nobody out but itself: the same login from
    another address has a count of its own, and so has a phone that proves it signed in here before,
    whatever its address has done. An address may be a whole station behind one gateway, so only
    failures are kept of it, and more are borne.

    A try counts until it is found right, so of one login from one address half as many are in hand
    as may fail: a room of screens of one account would use its tries up with the right password.
    """

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter
        self._room = asyncio.Semaphore(AT_ONCE)
        self._in_hand = AtOnce()

    @asynccontextmanager
    async def trial(
        self, login: str, address: str | None, device: str | None = None
    ) -> AsyncIterator[None]:
        """Around the verification of a password, which raises AccessDenied for a wrong one.

        `device`: the phone that has proven that it signed in to this login before. Raises
        RateLimited.
        """
        own = await self._of_login(login, address, device)
        key, limit = own
        async with self._in_hand.of(key, max(1, limit // 2)), self._room:
            tried: list[_Counted] = []
            try:
                await self._count(tried, own, address, device)
                yield
            except AccessDenied:
                await self._limiter.hit(_login(login), limit=SUSPECT, seconds=SUSPECT_WINDOW)
                raise
            except BaseException:
                await _to_its_end(self._give_back(tried))
                raise
            await _to_its_end(self._forget(tried))

    async def failed(self, address: str | None) -> None:
        """A token that cannot be guessed was none. Raises RateLimited if too many were."""
        if address is not None:
            wait = await self._limiter.hit(_address(address), limit=PER_ADDRESS, seconds=WINDOW)
            if wait is not None:
                raise RateLimited(wait)

    async def _count(
        self, tried: list[_Counted], own: tuple[str, int], address: str | None, device: str | None
    ) -> None:
        """Count the try at each of its keys, that of its login last. Raises RateLimited."""
        keys = [own]
        if device is None and address is not None:
            keys.insert(0, (_address(address), PER_ADDRESS))
        for key, limit in keys:
            hit = self._limiter.hit(key, limit=limit, seconds=WINDOW)
            tried.append(_Counted(key, limit, asyncio.ensure_future(hit)))
            # shielded: what is on its way to the database counts there, whoever has left meanwhile
            wait = await asyncio.shield(tried[-1].counting)
            if wait is not None:
                raise RateLimited(wait)

    async def _forget(self, tried: list[_Counted]) -> None:
        """The password was right: what was wrong before it at this login from here is forgiven."""
        *others, own = tried
        await self._limiter.clear(own.key, limit=own.limit, seconds=WINDOW)
        await self._give_back(others)

    async def _give_back(self, tried: list[_Counted]) -> None:
        for one in tried:
            (refused,) = await asyncio.gather(one.counting, return_exceptions=True)
            if refused is None:
                await self._limiter.give_back(one.key, limit=one.limit, seconds=WINDOW)

    async def _of_login(
        self, login: str, address: str | None, device: str | None
    ) -> tuple[str, int]:
        if device is not None:
            return f"sign-in:device:{login[:64]}:{device}", PER_LOGIN
        hunted = await self._limiter.wait(_login(login), limit=SUSPECT, seconds=SUSPECT_WINDOW)
        limit = PER_LOGIN if hunted is None else PER_LOGIN_HUNTED
        return f"sign-in:{login[:64]}:{network_of(address or '')}", limit


async def _to_its_end(work: Coroutine[None, None, None]) -> None:
    """Await what must be done also for a caller that has left, or leaves now.

    While the database is away it is not done, and the caller hears of that by itself.
    """
    try:
        await asyncio.shield(asyncio.ensure_future(work))
    except Exception as error:
        if passing(error) is None:
            raise
        log.warning("sign_in.still_counted", why=type(error).__name__)


def _login(login: str) -> str:
    return f"sign-in:login:{login[:64]}"


def _address(address: str) -> str:
    return f"sign-in:address:{network_of(address)}"
