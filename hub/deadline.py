"""What serves a caller answers in time, also while the database is away.

A task that is cancelled may take ten seconds more to end: the driver looks for a server to abort
its transaction on. So the caller is not kept waiting for that end.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog

from hub.errors import DatabaseAway, LiandongError

log = structlog.get_logger()

DEADLINE = 5.0
"""Seconds an operation may take."""
PROBE = 0.8
"""After this part of the time the database is asked whether it is there at all."""

ROUNDS = 20
"""In so many parts a wait is counted that is not to blame others for a late event loop."""

Result = TypeVar("Result")
_leaving: set["asyncio.Future[Any]"] = set()


class TooLong(LiandongError):
    """The work is not done in its time, and the database answers."""


async def in_time(
    work: Awaitable[Result],
    answers: Callable[[], Awaitable[bool]],
    *,
    seconds: float = DEADLINE,
    waits_on: bool = False,
    may_end: Callable[[], bool] = lambda: True,
) -> Result:
    """The result of `work` within `seconds`.

    Raises DatabaseAway when it is late and the database does not answer (`answers` must say so
    within a second), else TooLong; with `waits_on` slow work goes on for as long as the database
    answers. Late work is cancelled if it then `may_end`, and never waited for.
    """
    task = asyncio.ensure_future(work)
    if task.done():  # known already, and so it takes no task and no turn of the loop
        return task.result()
    late: LiandongError | None = None
    try:
        await asyncio.wait({task}, timeout=seconds * PROBE)
        while late is None and not task.done():
            late = await _late(task, answers, seconds)
            if waits_on and isinstance(late, TooLong):
                late = None
    except asyncio.CancelledError:
        _leave(task)
        raise
    if late is not None:
        _leave(task, cancel=may_end())
        raise late
    return task.result()


async def in_rounds(work: Awaitable[Result], *, seconds: float) -> Result:
    """The result of `work` within `seconds`, by a loop that keeps its time.

    Each part of the time is a turn of the loop at least, in which an answer that has come is read:
    a loop that is late takes as much longer, so what is silent then is the other side. Raises
    TimeoutError; late work is cancelled, and not waited for.
    """
    task = asyncio.ensure_future(work)
    try:
        for _ in range(ROUNDS):
            await asyncio.wait({task}, timeout=seconds / ROUNDS)
            if task.done():
                return task.result()
    finally:
        if not task.done():
            _leave(task)
    raise TimeoutError


async def _late(
    task: "asyncio.Future[Result]", answers: Callable[[], Awaitable[bool]], seconds: float
) -> LiandongError | None:
    """Why a task is late, once the rest of its time is over; None if it is done by then."""
    probe = asyncio.ensure_future(answers())
    try:
        await asyncio.wait({task}, timeout=seconds * (1 - PROBE))
        if task.done():
            return None
        there = await probe
    finally:
        if not probe.done():
            _leave(probe)
    return TooLong(f"the work took longer than {seconds:g} s.") if there else DatabaseAway()


def _leave(task: "asyncio.Future[Result]", *, cancel: bool = True) -> None:
    """Let a task come to its end unattended."""
    if cancel:
        task.cancel()
    _leaving.add(task)
    task.add_done_callback(_ended)


def _ended(task: "asyncio.Future[Any]") -> None:
    _leaving.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.info("deadline.left", error=repr(error))
