"""`python -m bench [ROW ...]`: the rows named, else all that are not long (ROWS, LONG below).

Peers are Node servers in `bench/peers` (installed by npm into bench/peers/node_modules); without
Node the rows are measured for the hub alone, and say so.
"""

import asyncio
import sys

from bench import (
    board,
    bulletins,
    console,
    fanout,
    flood,
    ingest,
    latency,
    memory,
    orders,
    timetable,
)
from bench.peer import prepared
from bench.world import World

ROWS = {
    "memory": memory.measure,
    "board": board.measure,
    "fanout": fanout.measure,
    "flood": flood.measure,
    "latency": latency.measure,
    "ingest": ingest.measure,
    "orders": orders.measure,
    "bulletins": bulletins.measure,
    "timetable": timetable.measure,
    "console": console.measure,
}
PUSHED = {"bulletins"}
"""Rows that listen for what the hub pushes."""
LONG = {"timetable", "console"}
"""Rows that take many minutes: measured when they are named."""


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
            await ROWS[name](world, node)


asyncio.run(main(sys.argv[1:]))
