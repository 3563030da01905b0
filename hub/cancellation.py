"""A cancelled task ends: `asyncio.wait_for` as Python 3.12 has it, also on 3.11 (decision 0005)."""

import asyncio
import sys
from collections.abc import Awaitable
from typing import TypeVar

Result = TypeVar("Result")


async def wait_for(awaitable: Awaitable[Result], timeout: float | None) -> Result:
    """Await within `timeout` seconds, in the caller's own task. Raises TimeoutError.

    Python 3.11 runs the awaitable in a task beside the caller, and returns its result although
    the caller was cancelled when both happen in one turn of the loop: the cancellation is lost.
    """
    if timeout is not None and timeout <= 0:  # what is done already counts; nothing is waited for
        running = asyncio.ensure_future(awaitable)
        if not running.done():
            running.cancel()
            await asyncio.wait({running})
        try:
            return running.result()
        except asyncio.CancelledError as error:
            raise TimeoutError from error
    async with asyncio.timeout(timeout):
        return await awaitable


def repair() -> None:
    """Put `wait_for` in the place of Python 3.11's: PyMongo sends every message through it."""
    if sys.version_info < (3, 12):
        for module in (asyncio, asyncio.tasks):
            vars(module)["wait_for"] = wait_for
