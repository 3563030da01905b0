"""Calls into a connector: beside the event loop when the payload is large, and never fatal."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import structlog

from hub.connector import Context, Envelope
from hub.errors import LiandongError, PayloadError, Reason

Result = TypeVar("Result")

THREAD_ABOVE = 256 * 1024
"""Bytes above which a payload is decoded in a thread."""

log = structlog.get_logger()


async def called(
    work: Callable[[Envelope, Context], Result], envelope: Envelope, context: Context
) -> Result:
    """What a connector's `parse`, `load_reference` or `accept` makes of a payload.

    Raises what these raise, and PayloadError for the connector's own faults: one must not end its
    feed, nor empty what was written before.
    """
    try:
        if len(envelope.body) > THREAD_ABOVE:
            return await asyncio.to_thread(work, envelope, context)
        return work(envelope, context)
    except LiandongError:
        raise
    except Exception as error:
        log.exception("connector failed", feed=context.feed_id, sha256=envelope.sha256)
        raise PayloadError(
            Reason.NOT_DECODABLE, f"the connector failed: {type(error).__name__}."
        ) from error
