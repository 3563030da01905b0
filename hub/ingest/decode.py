"""Calls into a connector: beside the event loop when the payload is large, and never fatal."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import structlog

from hub import clock
from hub.connector import Context, Envelope
from hub.errors import LiandongError, PayloadError, Reason

Result = TypeVar("Result")

THREAD_ABOVE = 256 * 1024
"""Bytes above which a payload is decoded in a thread; a zip always is, it holds many times more."""
_ZIP = b"PK"

TOLD_EVERY = timedelta(seconds=5)
"""How often a payload that takes long is spoken of in the log."""

log = structlog.get_logger()


def tells(feed_id: str, what: str) -> Callable[[float], None]:
    """A `Context.progress` that logs how far a long read has come, nothing for a short one."""
    told_at = clock.now()

    def progress(share: float) -> None:
        nonlocal told_at
        if clock.now() - told_at >= TOLD_EVERY:
            told_at = clock.now()
            log.info("loading", feed=feed_id, what=what, done=f"{share:.0%}")

    return progress


async def called(
    work: Callable[[Envelope, Context], Result],
    envelope: Envelope,
    context: Context,
    *,
    what: str = "payload",
) -> Result:
    """What a connector's `parse`, `load_reference` or `accept` makes of a payload.

    How far a long read has come is logged; `what` is what the log calls it.

    Raises what these raise, and PayloadError for the connector's own faults: one must not end its
    feed, nor empty what was written before.
    """
    try:
        if envelope.size > THREAD_ABOVE or envelope.open().read(len(_ZIP)) == _ZIP:
            context = replace(context, progress=tells(context.feed_id, what))
            return await asyncio.to_thread(work, envelope, context)
        return work(envelope, context)
    except LiandongError:
        raise
    except Exception as error:
        log.exception("connector failed", feed=context.feed_id, sha256=envelope.sha256)
        raise PayloadError(
            Reason.NOT_DECODABLE, f"the connector failed: {type(error).__name__}."
        ) from error
