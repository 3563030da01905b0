"""Fixtures on a real mongod, started once for a run of tests, with a fresh database per module."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from types import FrameType
from typing import Any
from uuid import uuid4

import hub  # noqa: F401  # before the driver, as in every process: it mends what that imports

# isort: split
import hypothesis
import pytest
from pymongo import MongoClient
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from hub import clock as hub_clock
from hub.bus import Bus
from hub.operations import documents
from hub.store.driver import Store
from hub.store.embedded import EmbeddedMongo

# how long an example takes says more of the machine than of the code
hypothesis.settings.register_profile("liandong", deadline=None)
hypothesis.settings.load_profile("liandong")


class Rooms(LoadFileScheduling):
    """Files that share a running hub go to one worker, one after another; the others as they come.

    Dealt out file by file, such a folder's hub was started anew in each worker whenever a file of
    another folder had come between two of its own.
    """

    SHARED = ("tests/web", "tests/e2e")
    """Folders with such a hub, the longest first: what takes longest begins first."""

    def _split_scope(self, nodeid: str) -> str:
        return room_of(nodeid) or super()._split_scope(nodeid)


def room_of(nodeid: str) -> str | None:
    """The folder with a hub of its own that a test is in."""
    return next((room for room in Rooms.SHARED if nodeid.startswith(f"{room}/")), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The rooms come first, so that no worker is left with one of them at the end."""
    rank = {room: at for at, room in enumerate((*Rooms.SHARED, None))}
    items.sort(key=lambda item: rank[room_of(item.nodeid)])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Rooms:
    """Deals the tests out to the workers."""
    return Rooms(config, log)


@pytest.fixture(scope="session")
def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a replica set: LIANDONG_TEST_MONGODB_URI, else a mongod of our own."""
    given = os.environ.get("LIANDONG_TEST_MONGODB_URI")
    if given:
        yield given
        return
    mongo = EmbeddedMongo.start(tmp_path_factory.mktemp("mongod"))
    with MongoClient[dict[str, Any]](mongo.uri) as client:
        # tests stand still in the past, and mongod's own clock would find all they write outlived
        client.admin.command("setParameter", 1, ttlMonitorEnabled=False)

    def end(_signal: int, _frame: FrameType | None) -> None:
        mongo.stop()  # it has a session of its own, so it would outlive a run that is told to end
        os._exit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    yield mongo.uri
    mongo.stop()


@pytest.fixture(scope="module")
async def store(mongo_uri: str) -> AsyncIterator[Store]:
    """An open store on a database of the test module's own, dropped after it."""
    opened = await Store.open(mongo_uri, f"test_{uuid4().hex[:12]}", documents=documents())
    yield opened
    await opened.drop()
    await opened.close()


@pytest.fixture
def bus() -> Bus:
    """An empty bus."""
    return Bus()


@pytest.fixture
def clock() -> Iterator[hub_clock.ManualClock]:
    """The hub's clock, standing still until the test moves it."""
    with hub_clock.manual() as mine:
        yield mine
