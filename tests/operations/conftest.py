"""A world of operations for each test: real database, empty at the start, clock in hand."""

from collections.abc import AsyncIterator

import pytest
from operations_builders import World, operations

from hub import clock as hub_clock
from hub.model.area import parse_area
from hub.operations import documents
from hub.operations.alarming.keeper import AlarmKeeper
from hub.settings import area_text
from hub.store.documents import DOCUMENTS, collection_of
from hub.store.driver import Store
from hub.store.people import Units


@pytest.fixture(scope="module")
async def seeded(store: Store) -> Store:
    """The store with the area's units."""
    await Units().seed(parse_area(area_text("shanghai-railway-station")))
    return store


@pytest.fixture
async def world(seeded: Store, clock: hub_clock.ManualClock) -> AsyncIterator[World]:
    """Operations on an empty database, but for the units; the clock stands still."""
    yield World(seeded, operations(seeded))
    for document in (*DOCUMENTS, *documents()):
        if (name := collection_of(document)) != "units":
            await seeded.db[name].delete_many({})


@pytest.fixture
def keeper(world: World) -> AlarmKeeper:
    """The keeper of alarms of this machine's process."""
    return AlarmKeeper(world.ops.desk, "hub-1")
