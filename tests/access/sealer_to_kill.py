"""A process that writes acts, or seals them, for a test to run several of and to kill.

Arguments: address of the database, its name, the signing key's file, `write` or `seal`, a name.
"""

import asyncio
import sys
from pathlib import Path

from hub.access.keys import load_signing_key
from hub.access.sealing import Sealer
from hub.store.audit import Audit, Author
from hub.store.audit_chain import Head
from hub.store.driver import Store, Tx

ROWS = 150


async def write(store: Store, name: str) -> None:
    """Each in a transaction, as acts are."""
    author = Author(name, "WATCH")

    async def one(tx: Tx, number: int) -> None:
        await Audit().append(author.act("order.dispatched", f"{name}-{number}"), tx=tx)

    for number in range(ROWS):
        await store.transaction(lambda tx, number=number: one(tx, number))
        print("wrote", number, flush=True)  # noqa: T201


async def seal(store: Store, key: str, name: str) -> None:
    """Until it is killed, a row at a time; says so of each, while it is at the next."""
    sealer = Sealer(store, load_signing_key(Path(key)), name)
    sealer._most = 1
    sealing = sealer._chain.seal

    async def told(most: int) -> tuple[int, Head | None]:
        sealed = await sealing(most)
        print("sealed", flush=True)  # noqa: T201
        return sealed

    sealer._chain.seal = told  # type: ignore[method-assign]
    while True:
        await sealer.step()


async def main(uri: str, database: str, key: str, what: str, name: str) -> None:
    store = await Store.open(uri, database, prepare=False)
    await (write(store, name) if what == "write" else seal(store, key, name))
    await store.close()


asyncio.run(main(*sys.argv[1:]))
