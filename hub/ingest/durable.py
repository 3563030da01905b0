"""Writes that must not be lost: repeated while the database has no primary to write to."""

import asyncio
from collections.abc import Awaitable, Callable
from random import uniform
from typing import TypeVar

import structlog

from hub.errors import RetryLater
from hub.store.faults import passing

Result = TypeVar("Result")

FIRST_WAIT = 0.1
LONGEST_WAIT = 5.0

log = structlog.get_logger()


async def until_durable(what: str, work: Callable[[], Awaitable[Result]]) -> Result:
    """The result of `work`, repeated with growing pauses while the database cannot be written.

    Whoever waits for this holds its input, so what feeds it stops reading. `what` names the work
    in the log. Errors that do not pass by themselves are raised.
    """
    failures = 0
    while True:
        try:
            result = await work()
        except Exception as error:
            retry = error if isinstance(error, RetryLater) else passing(error)
            if retry is None:
                raise
            if failures == 0:
                log.warning("write waits for the database", what=what, detail=str(retry))
            failures += 1
            await asyncio.sleep(pause(failures, first=FIRST_WAIT, longest=LONGEST_WAIT))
        else:
            if failures:
                log.info("write went through", what=what, attempts=failures + 1)
            return result


def pause(failures: int, *, first: float, longest: float) -> float:
    """Seconds to wait after so many failures in a row: doubling, capped, with jitter."""
    return float(min(first * 2 ** min(failures - 1, 30), longest) * uniform(0.5, 1.0))  # noqa: S311  # spreads load, guards nothing
