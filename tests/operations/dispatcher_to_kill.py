"""A process with one dispatcher, for a test to kill: prints each send, one in ten of which fails.

Arguments: address of the database, its name, a seed.
"""

import asyncio
import sys
from random import Random

from operations_builders import operations

from hub.bus import Bus
from hub.operations import documents
from hub.operations.waking.channels import Outcome, Wake
from hub.operations.waking.dispatcher import Dispatcher
from hub.store.documents import DeviceDoc
from hub.store.driver import Store


class PrintingChannel:
    """Says on standard output what it was given, before it answers."""

    name = "fcm"

    def __init__(self, dice: Random) -> None:
        self._dice = dice

    async def send(self, device: DeviceDoc, wake: Wake) -> Outcome:
        await asyncio.sleep(0.02)  # a vendor takes its time; here is where the process dies
        fails = self._dice.random() < 0.1
        print("failed" if fails else "sent", wake.event_id, device.account_id, flush=True)  # noqa: T201
        return Outcome.retry("500") if fails else Outcome.sent()


async def main(uri: str, database: str, seed: str) -> None:
    store = await Store.open(uri, database, documents=documents())
    channel = PrintingChannel(Random(seed))
    desk = operations(store).desk
    await Dispatcher(desk, Bus(), {"fcm": channel}, f"one-{seed}", in_flight=4, lease=1.0).run()


asyncio.run(main(*sys.argv[1:]))
