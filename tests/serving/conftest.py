"""A whole hub in the test's own process, on a database of its own that a test may stop."""

import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from hub import clock
from hub.access.demo import PASSWORD
from hub.settings import Settings
from hub.store.embedded import EmbeddedMongo
from liandong.connections import Bounds
from liandong.process import Hub, ProcessRole
from tests.serving.serving import served

RESPONSE = "application/graphql-response+json"
ORIGIN = "https://desk.example"


@dataclass
class Running:
    """A hub that is served, and its database."""

    hub: Hub
    mongo: EmbeddedMongo
    http: httpx2.AsyncClient
    tokens: dict[str, dict[str, Any]]

    def stop(self) -> None:
        """Let the database answer nothing more: as a machine that hangs.

        What is known of the sessions was asked a moment ago, however slow this machine is.
        """
        looked_up = self.hub.mobile.tokens._register._read_at  # type: ignore[union-attr]
        looked_up.update(dict.fromkeys(looked_up, clock.now()))
        os.kill(self.mongo.pid, signal.SIGSTOP)
        process = psutil.Process(self.mongo.pid)
        while process.status() != psutil.STATUS_STOPPED:
            time.sleep(0.001)  # the signal is on its way: until then it may still answer

    def resume(self) -> None:
        """Let it go on."""
        os.kill(self.mongo.pid, signal.SIGCONT)

    def headers(self, login: str, **more: str) -> dict[str, str]:
        """Whose request it is."""
        return {"authorization": f"Bearer {self.tokens[login]['accessToken']}", **more}

    async def graphql(
        self, query: str, login: str = "watch", accept: str = RESPONSE, **variables: Any
    ) -> httpx2.Response:
        """An operation over HTTP."""
        body = {"query": query, "variables": variables}
        headers = self.headers(login, accept=accept)
        return await self.http.post("/graphql", json=body, headers=headers)


@pytest.fixture(scope="session")
def own_mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedMongo]:
    """A mongod of these tests' own."""
    mongo = EmbeddedMongo.start(tmp_path_factory.mktemp("own-mongod"))
    yield mongo
    os.kill(mongo.pid, signal.SIGCONT)
    mongo.stop()


@pytest.fixture(scope="session")
async def running(
    own_mongo: EmbeddedMongo, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """The hub, with a watch officer and two field officers signed in."""
    data_dir: Path = tmp_path_factory.mktemp("hub")
    own = {"mongodb_uri": own_mongo.uri, "data_dir": data_dir, "allowed_origins": [ORIGIN]}
    settings = Settings.model_validate({"hub": own})
    hub = await Hub.start(settings, roles=frozenset({ProcessRole.API}), embedded=True)
    try:
        async with (
            served(hub.app, Bounds()) as port,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http,
        ):
            tokens = {}
            for login in ("watch", "admin", "officer1", "officer2"):
                device = {"id": f"phone-{login}", "platform": "android"}
                body = {"login": login, "password": PASSWORD, "device": device}
                tokens[login] = (await http.post("/mobile/v1/session", json=body)).json()
                bearer = {"authorization": f"Bearer {tokens[login]['accessToken']}"}
                assert (await http.get("/mobile/v1/me", headers=bearer)).status_code == 200
            yield Running(hub, own_mongo, http, tokens)
            await hub.drain()
    finally:
        await hub.stop()


@pytest.fixture
def stopped(running: Running) -> Iterator[Running]:
    """The hub while its database answers nothing."""
    running.stop()
    yield running
    running.resume()
