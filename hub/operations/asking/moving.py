"""Ledgers as they were up to version 1.1, when only orders asked anybody, become those of today."""

import structlog

from hub.operations.asking.documents import RECIPIENTS
from hub.store.driver import Store

log = structlog.get_logger()


async def move_ledgers(store: Store) -> None:
    """Name the subject and the lane of ledgers that name an order and its incident.

    Any number of processes may do this at once, and again.
    """
    moved = await store.db[RECIPIENTS].update_many(
        {"subject_id": None, "order_id": {"$exists": True}},
        [
            {
                "$set": {
                    "subject_kind": "order",
                    "subject_id": "$order_id",
                    "lane": "$incident_id",
                }
            },
            {"$unset": ["order_id", "incident_id"]},
        ],
    )
    renamed = await store.db["orders"].update_many(
        {"accept_within_s": {"$exists": True}}, {"$rename": {"accept_within_s": "within_s"}}
    )
    if moved.modified_count or renamed.modified_count:
        log.info("ledgers_moved", ledgers=moved.modified_count, orders=renamed.modified_count)
