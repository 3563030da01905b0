"""Photographs that have had their time are removed, with their bytes."""

import asyncio
from functools import partial

from hub import clock
from hub.defects import worked_around
from hub.operations.desk import Desk
from hub.operations.incidents.attachments import AttachmentRepository
from hub.operations.incidents.documents import AttachmentDoc
from hub.store.audit import HUB
from hub.store.driver import Tx
from hub.store.faults import passes

EVERY = 3600.0
"""Real seconds between two looks."""


async def run(desk: Desk) -> None:
    """Remove them, now and every hour, until cancelled. Any number may run."""
    while True:
        with worked_around("attachments.expiry", expected=passes):
            while await sweep(desk):
                continue
        await asyncio.sleep(EVERY)


async def sweep(desk: Desk) -> int:
    """Remove some of those whose time is over; how many."""
    rows = desk.of(AttachmentRepository)
    found = await rows.outlived(clock.now())
    return sum([await desk.store.transaction(partial(_remove, desk, row)) for row in found])


async def _remove(desk: Desk, row: AttachmentDoc, tx: Tx) -> bool:
    if not await desk.of(AttachmentRepository).remove(tx, row):
        return False
    said = {"owner": row.owner, "state": row.state.value}
    await desk.audit.append(HUB.act("attachment.expired", row.id, before=said), tx=tx)
    return True
