"""A cancelled task ends, whatever it was waiting for (docs/decisions/0005-cancellation.md)."""

import asyncio
import sys

import pymongo.lock
import pymongo.network_layer
import pytest

from hub.cancellation import wait_for

PATIENCE = 5


async def test_a_cancellation_in_the_turn_of_the_result_is_not_lost():
    """The awaited future is done and the waiter is cancelled before either is heard of."""
    result = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(asyncio.wait_for(result, PATIENCE))
    await asyncio.sleep(0)
    result.set_result("late")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_waiting_ends_with_its_time():
    """A future that nobody completes is a TimeoutError, and is cancelled with it."""
    result = asyncio.get_running_loop().create_future()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(result, 0.01)
    assert result.cancelled()


async def test_no_time_at_all_takes_only_what_is_done():
    """With a timeout of 0 a result that is there is returned, and nothing is waited for."""
    result = asyncio.get_running_loop().create_future()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.ensure_future(result), 0)
    done = asyncio.get_running_loop().create_future()
    done.set_result("here")
    assert await asyncio.wait_for(done, 0) == "here"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python's own is right from 3.12 on")
def test_the_driver_waits_our_way():
    """PyMongo's writes and locks go through the repaired function, however they name it."""
    assert pymongo.network_layer.asyncio.wait_for is wait_for
    assert pymongo.lock.wait_for is wait_for
