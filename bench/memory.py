"""Memory of an idle hub, all of its processes: all roles, one feed listening, nobody connected."""

import asyncio

from bench.peer import resident_mb
from bench.world import World


async def measure(world: World, _node: bool) -> None:
    """Print it after the start has settled."""
    await asyncio.sleep(5)
    print(
        f"hub idle: {resident_mb(world.hub.pid):.0f} MB in all its processes, what they share "
        "counted once (target < 250 MB)"
    )
