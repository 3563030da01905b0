"""How a screen without a keyboard becomes a wall (大屏): RFC 8628, device authorization.

The screen asks and shows a short code; somebody at the centre lets it be a wall; the screen, which
has asked again and again meanwhile, is given a session that only shows. The long code that it asks
with has 256 random bits and is stored as its digest; the short one is good for ten minutes, for one
answer, and only to who is signed in.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hub import clock
from hub.access.attempts import Limiter, RateLimited
from hub.access.tokens import SignedIn, Tokens, digest
from hub.addresses import network_of
from hub.errors import LiandongError
from hub.store.documents import WallRequestDoc
from hub.store.driver import Store, Tx
from hub.store.faults import DuplicateKeyError
from hub.store.walls import WallRequests

LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so no words, and nothing that looks like a digit (RFC 8628, 6.1)."""
LENGTH: Final = 8
LIFETIME: Final = timedelta(minutes=10)
INTERVAL: Final = 5
"""Seconds between two questions of a screen."""
ASKED_AT_ONCE, WINDOW = 30, 60
"""Screens that may begin from one address, in so many seconds: a room of them after a power cut."""


class NotYet(LiandongError):
    """The screen is no wall: `word` says why, as RFC 8628, 3.5, calls it."""

    def __init__(self, word: str, message: str) -> None:
        super().__init__(message)
        self.word = word


@dataclass(frozen=True, slots=True)
class Asked:
    """What a screen is given to show, and to ask again with. `expires_in`, `interval`: seconds."""

    device_code: str
    user_code: str
    expires_in: int
    interval: int


class Walls:
    """Screens on their way to be walls."""

    def __init__(self, store: Store, tokens: Tokens, limiter: Limiter) -> None:
        self._requests = WallRequests(store)
        self._tokens = tokens
        self._limiter = limiter

    async def ask(self, *, address: str | None = None) -> Asked:
        """Begin. Raises RateLimited where too many begin from one address."""
        key = f"wall:ask:{network_of(address or '')}"
        wait = await self._limiter.hit(key, limit=ASKED_AT_ONCE, seconds=WINDOW)
        if wait is not None:
            raise RateLimited(wait)
        device_code, now = secrets.token_urlsafe(32), clock.now()
        while True:
            request = WallRequestDoc(
                id=digest(device_code),
                user_code="".join(secrets.choice(LETTERS) for _ in range(LENGTH)),
                address=address,
                asked_at=now,
                expires_at=now + LIFETIME,
                interval_s=INTERVAL,
            )
            try:
                await self._requests.ask(request)
            except DuplicateKeyError:
                continue  # another screen shows this code
            lifetime = int(LIFETIME.total_seconds())
            return Asked(device_code, spelled(request.user_code), lifetime, INTERVAL)

    async def redeem(self, device_code: str, *, address: str | None = None) -> SignedIn:
        """The wall's session, once somebody has let it be one. Raises NotYet, AccessDenied."""
        now = clock.now()
        request = await self._requests.by_id(digest(device_code))
        if request is None or request.expires_at <= now or request.used_at is not None:
            raise _expired()
        if not await self._requests.polled(request, now):
            raise NotYet("slow_down", "询问过于频繁 / Asked too soon.")
        if request.answered_at is None:
            raise NotYet("authorization_pending", "等待批准 / Nobody has let this be a wall yet.")
        if request.wall is None:
            raise NotYet("access_denied", "未获批准 / Somebody has refused this.")

        async def claim(tx: Tx) -> None:
            if not await self._requests.use(request.id, clock.now(), tx=tx):
                raise _expired()

        return await self._tokens.open_wall(request.wall, claim, address=address)


def spelled(user_code: str) -> str:
    """The code as a person reads it: `BCDF-GHJK`."""
    return f"{user_code[: LENGTH // 2]}-{user_code[LENGTH // 2 :]}"


def plain_code(given: object) -> str:
    """The code as it is stored, however somebody has typed it."""
    text = given if isinstance(given, str) else ""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def _expired() -> NotYet:
    return NotYet("expired_token", "代码已过期 / This code is over: begin anew.")
