"""Work in rounds without end: what wakes a worker; what fails ends a round, and is said once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager, suppress

import structlog

from hub.bus import Bus, Change

log = structlog.get_logger()


class Failing:
    """What fails at the moment: said in the log once, as `event`, until it has worked again.

    `over` says that it has; None: nothing does.
    """

    def __init__(
        self, event: str, *, over: str | None = None, level: int = logging.WARNING
    ) -> None:
        self._event = event
        self._over = over
        self._level = level
        self._now: set[str | None] = set()

    def __bool__(self) -> bool:
        return bool(self._now)

    @contextmanager
    def guard(self, what: str | None = None) -> Iterator[None]:
        """What fails in the block ends it, and no more; `what`: one of several that may."""
        told = {} if what is None else {"what": what}
        try:
            yield
        except Exception as error:  # noqa: BLE001  # an election ends this round, never the worker
            if what not in self._now:
                log.log(self._level, self._event, **told, error=repr(error))
            self._now.add(what)
        else:
            if what in self._now and self._over is not None:
                log.info(self._over, **told)
            self._now.discard(what)


async def in_rounds(
    work: Callable[[], Awaitable[object]],
    rest: Callable[[], Awaitable[float]],
    *,
    bus: Bus,
    follows: Collection[str],
    wakes: Callable[[Change], bool],
) -> None:
    """Work again and again until cancelled: woken by a change of what it `follows`, or rested.

    `rest` answers for how many real seconds nothing is due; it is not asked when something woke.
    """
    woken = asyncio.Event()
    listener = bus.listen(*follows)

    async def follow() -> None:
        async for change in listener:
            if wakes(change):
                woken.set()

    follower = asyncio.create_task(follow())
    try:
        while True:
            woken.clear()
            await work()
            if not woken.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(await rest()):
                        await woken.wait()
    finally:
        follower.cancel()
        bus.unlisten(listener)
