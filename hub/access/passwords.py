"""Passwords and client secrets: argon2id (RFC 9106), off the event loop, a few at a time."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's first choice for argon2id: 19 MiB, 2 passes, 1 lane. At two at once (below), a shift of a
# thousand officers signing in together costs 38 MiB and keeps a core free for everybody else.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


async def hash_password(password: str) -> str:
    """The argon2id hash of a password, with its parameters and salt, as PHC text."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.hash, password)


async def verify(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind `stored`.

    Without a stored hash (no such account) the answer is False after the same work, so that the
    time taken does not tell which logins exist.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_THREADS, _verify, stored, password)


def outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than today's and should be made again."""
    return _HASHER.check_needs_rehash(stored)


def _verify(stored: str | None, password: str) -> bool:
    try:
        _HASHER.verify(stored or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@cache
def _nobody() -> str:
    return _HASHER.hash("")
