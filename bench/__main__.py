"""`python -m bench [ROW ...]`: the rows named, else all that are not long (ROWS, LONG below).

Peers are Node servers in `bench/peers` (installed by npm into bench/peers/node_modules); without
Node the rows are measured for the hub alone, and say so.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module

from bench.peer import prepared
from bench.world import World

ROWS = (
    "memory",
    "board",
    "fanout",
    "flood",
    "latency",
    "ingest",
    "orders",
    "bulletins",
    "timetable",
    "console",
)
"""Each a module, loaded when its row is measured: the browser of one is a package for tests."""
PUSHED = {"bulletins"}
"""Rows that listen for what the hub pushes."""
LONG = {"timetable", "console"}
"""Rows that take many minutes: measured when they are named."""


def _measure(name: str) -> Callable[[World, bool], Awaitable[None]]:
    try:
        measure: Callable[[World, bool], Awaitable[None]] = import_module(f"bench.{name}").measure
    except ModuleNotFoundError as error:
        sys.exit(f"bench: the row {name} needs {error.name}, a package for tests: make setup-dev")
    return measure


async def main(names: list[str]) -> None:
    """Run the rows named, all but the long ones by default."""
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        sys.exit(f"bench: no row {', '.join(unknown)}; there are: {', '.join(ROWS)}")
    node = prepared()
    print("peers: Node" if node else "peers: none (node and npm were not found)")
    for name in names or [name for name in ROWS if name not in LONG]:
        with World(push=name in PUSHED) as world:
            print(f"\n== {name}")
            await _measure(name)(world, node)


asyncio.run(main(sys.argv[1:]))
