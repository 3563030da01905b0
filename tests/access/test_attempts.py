"""What stays counted of a try to sign in: one that was looked at and found wrong, nothing else."""

import asyncio
from itertools import count

import pytest

from hub.access.attempts import (
    PER_ADDRESS,
    PER_LOGIN,
    SUSPECT,
    SUSPECT_WINDOW,
    WINDOW,
    Attempts,
    RateLimited,
)
from hub.errors import AccessDenied, DatabaseAway
from hub.store.driver import Store
from hub.store.motor_side import RateLimiter

_addresses = count(1)
WRONG = AccessDenied("UNAUTHENTICATED", "wrong")


@pytest.fixture
def here() -> str:
    """An address that nobody has tried from."""
    return f"192.0.2.{next(_addresses)}"


@pytest.fixture
def attempts(store: Store) -> Attempts:
    """As the token service has them."""
    return Attempts(RateLimiter(store))


async def outcome(attempts: Attempts, login: str, here: str, end: BaseException) -> type:
    """What becomes of a try whose work ends so."""
    try:
        async with attempts.trial(login, here):
            raise end
    except (AccessDenied, RateLimited, DatabaseAway, asyncio.CancelledError) as fault:
        return type(fault)


async def left(attempts: Attempts, login: str, here: str) -> int:
    """How many wrong passwords are still looked at."""
    found = [await outcome(attempts, login, here, WRONG) for _ in range(PER_LOGIN + 1)]
    return found.count(AccessDenied)


async def test_a_try_its_address_has_refused_is_not_counted_at_its_login(
    attempts: Attempts, store: Store, here: str
) -> None:
    """Whoever waits for what others did at his address has all his tries left afterwards."""
    for number in range(PER_ADDRESS):
        assert await outcome(attempts, f"{here}-{number}", here, WRONG) is AccessDenied
    for _ in range(PER_LOGIN):
        assert await outcome(attempts, f"{here}-mine", here, WRONG) is RateLimited
    key = f"sign-in:address:{here}"
    await RateLimiter(store).clear(key, limit=PER_ADDRESS, seconds=WINDOW)
    assert await left(attempts, f"{here}-mine", here) == PER_LOGIN


async def test_a_try_its_login_has_refused_is_not_counted_at_its_address(
    attempts: Attempts, here: str
) -> None:
    """One phone with an old password that tries for ever does not use up its station's tries."""
    for number in range(PER_ADDRESS + PER_LOGIN):
        wanted = AccessDenied if number < PER_LOGIN else RateLimited
        assert await outcome(attempts, f"{here}-old", here, WRONG) is wanted
    assert await left(attempts, f"{here}-other", here) == PER_LOGIN


@pytest.mark.parametrize("end", [DatabaseAway(), asyncio.CancelledError()])
async def test_a_try_that_was_not_judged_is_not_counted(
    attempts: Attempts, here: str, end: BaseException
) -> None:
    """Neither at its login nor at its address: the database was away, or the caller left."""
    for _ in range(PER_ADDRESS + 1):
        assert await outcome(attempts, f"{here}-mine", here, end) is type(end)
    assert await left(attempts, f"{here}-mine", here) == PER_LOGIN


class Held(RateLimiter):
    """The limiter, whose answer is on its way until it is let go."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.counted, self.go = asyncio.Event(), asyncio.Event()

    async def hit(self, key: str, *, limit: int, seconds: int) -> float | None:
        """As the limiter, and told later."""
        wait = await super().hit(key, limit=limit, seconds=seconds)
        self.counted.set()
        await self.go.wait()
        return wait


async def test_a_caller_who_leaves_while_the_try_is_counted_is_not_counted(
    store: Store, attempts: Attempts, here: str
) -> None:
    """What the database has counted before its answer came is given back."""
    for _ in range(PER_LOGIN):
        held = Held(store)
        trying = asyncio.create_task(outcome(Attempts(held), f"{here}-mine", here, WRONG))
        await held.counted.wait()
        trying.cancel()
        await asyncio.sleep(0)
        held.go.set()
        assert await trying is asyncio.CancelledError
    limiter = RateLimiter(store)
    address, own = f"sign-in:address:{here}", f"sign-in:{here}-mine:{here}"
    for key in (address, own):
        assert await limiter.wait(key, limit=1, seconds=WINDOW) is None
    assert await left(attempts, f"{here}-mine", here) == PER_LOGIN


async def test_a_right_password_leaves_nothing_counted(
    store: Store, attempts: Attempts, here: str
) -> None:
    """Not of itself, nor of the wrong ones before it at this login; those stay the address's."""
    assert await outcome(attempts, f"{here}-mine", here, WRONG) is AccessDenied
    for _ in range(PER_ADDRESS):
        async with attempts.trial(f"{here}-mine", here):
            pass
    assert await left(attempts, f"{here}-mine", here) == PER_LOGIN


@pytest.mark.parametrize("hunted", [False, True])
async def test_a_watch_room_signs_in_together(
    attempts: Attempts, store: Store, here: str, hunted: bool
) -> None:
    """Thirty screens of one account, at once, behind one address: none is refused."""
    login, limiter = f"{here}-watch", RateLimiter(store)
    for _ in range(SUSPECT if hunted else 0):
        await limiter.hit(f"sign-in:login:{login}", limit=SUSPECT, seconds=SUSPECT_WINDOW)
    asked: list[int] = []

    async def screen(number: int) -> None:
        async with attempts.trial(login, here):
            asked.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(screen(number) for number in range(3 * PER_LOGIN)))
    assert sorted(asked) == list(range(3 * PER_LOGIN))


async def test_a_room_of_one_login_keeps_no_other_waiting(attempts: Attempts, here: str) -> None:
    """While all that may be in hand of one login is in hand, somebody else signs in."""
    inside, go = asyncio.Queue[str](), asyncio.Event()

    async def screen(login: str) -> None:
        async with attempts.trial(login, here):
            inside.put_nowait(login)
            await go.wait()

    one, other = f"{here}-watch", f"{here}-other"
    screens = [asyncio.create_task(screen(one)) for _ in range(PER_LOGIN)]
    assert [await inside.get() for _ in range(PER_LOGIN // 2)] == [one] * (PER_LOGIN // 2)
    screens.append(asyncio.create_task(screen(other)))
    assert await inside.get() == other
    go.set()
    await asyncio.gather(*screens)
