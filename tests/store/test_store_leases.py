"""Leases by the server's clock."""

import asyncio
from datetime import timedelta

from hub.store.driver import Store
from hub.store.leases import Lease


def lease(store: Store, name: str, owner: str, seconds: float = 30) -> Lease:
    return Lease(store, name, owner, ttl=timedelta(seconds=seconds))


async def ran_out(store: Store, name: str) -> None:
    """Wait until the lease's time has passed on the server."""
    async with asyncio.timeout(60):
        until = (await store.db.leases.find_one({"_id": name}))["until"]
        while await store.server_time() < until:
            pass  # each turn asks the server


async def test_one_of_many_gets_it(store: Store):
    """Of twenty owners asking at once exactly one holds the lease."""
    many = [lease(store, "many", f"owner-{number}") for number in range(20)]
    granted = await asyncio.gather(*(one.acquire() for one in many))
    assert sum(granted) == 1
    assert [one.fence for one in many if one.fence] == [1]


async def test_it_is_taken_over_only_after_it_ran_out(store: Store):
    """A second owner waits until the time has passed, and gets a higher fence."""
    first, second = lease(store, "over", "a", 0.3), lease(store, "over", "b")
    assert await first.acquire()
    assert not await second.acquire()
    await ran_out(store, "over")
    assert await second.acquire()
    assert (first.fence, second.fence) == (1, 2)
    assert not await first.renew()
    assert first.fence is None
    assert (await store.db.leases.find_one({"_id": "over"}))["owner"] == "b"


async def test_renewing_keeps_the_fence(store: Store):
    """The holder prolongs its lease as often as it likes under the same fence."""
    mine = lease(store, "renewed", "a", 5)
    assert await mine.acquire()
    before = (await store.db.leases.find_one({"_id": "renewed"}))["until"]
    assert await mine.renew()
    assert await mine.acquire()
    assert mine.fence == 1
    assert (await store.db.leases.find_one({"_id": "renewed"}))["until"] >= before


async def test_a_released_lease_is_free_at_once(store: Store):
    """After release another owner need not wait; releasing what is lost changes nothing."""
    first, second = lease(store, "free", "a"), lease(store, "free", "b")
    assert await first.acquire()
    await first.release()
    assert await second.acquire()
    await first.release()
    assert await second.renew()


async def test_an_owner_that_was_away_too_long_gets_a_new_fence(store: Store):
    """Taking up one's own lease after it ran out counts as a change of hands."""
    mine = lease(store, "self", "a", 0.2)
    assert await mine.acquire()
    await ran_out(store, "self")
    assert await mine.acquire()
    assert mine.fence == 2


async def test_an_owner_named_like_a_field_is_only_a_name(store: Store):
    """An owner's text is never read as an expression."""
    odd = lease(store, "odd", "$fence")
    assert await odd.acquire()
    assert (await store.db.leases.find_one({"_id": "odd"}))["owner"] == "$fence"
