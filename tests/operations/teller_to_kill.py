"""A process with one teller, for a test to kill. Arguments: address of the database, its name."""

import asyncio
import sys

from operations_builders import operations

from hub.bus import Bus
from hub.operations import documents
from hub.operations.asking.parts import Teller
from hub.store.driver import Store


async def main(uri: str, database: str) -> None:
    store = await Store.open(uri, database, documents=documents())
    print("ready", flush=True)  # noqa: T201
    await Teller(operations(store).desk, Bus(), "killed").run()


asyncio.run(main(*sys.argv[1:]))
