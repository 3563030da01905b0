"""Alarms of an older version, which named an order and an incident, become those of today."""

import structlog

from hub.operations.alarming.documents import ALARMS, NAMED_BEFORE
from hub.store.driver import Store

log = structlog.get_logger()


async def move_alarms(store: Store) -> None:
    """Let alarms of before say in `about` what they are about.

    Any number of processes may do this at once, and again.
    """
    moved = 0
    for word in NAMED_BEFORE:
        old = f"{word}_id"
        done = await store.db[ALARMS].update_many(
            {old: {"$type": "string"}}, {"$rename": {old: f"about.{word}"}}
        )
        moved += done.modified_count
    if moved:
        log.info("alarms_moved", fields=moved)
