"""A hub on its first day: no feeds, and nobody has done anything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gallery.running import served
from gallery.scene import Scene


@asynccontextmanager
async def empty() -> AsyncIterator[Scene]:
    """A hub with the demonstration's accounts, and nothing else."""
    async with served() as url:
        yield Scene(url)
