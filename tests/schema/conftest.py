"""A schema over a real database: services, principals of every role, documents as stored."""

from typing import Any

import pytest
from schema_builders import WATCH, Run

from hub.access.demo import seed_demo
from hub.access.keys import load_signing_key
from hub.access.tokens import Tokens
from hub.model.area import Area, parse_area
from hub.model.people import Principal
from hub.operations.desk import Desk
from hub.operations.facade import Operations
from hub.settings import AccessSettings, OrderSettings, area_text
from hub.store.driver import Store
from hub.store.feeds.cache import FeedCache
from hub.store.feeds.identity import IdentityRepository
from hub.store.feeds.transit import TransitRepository
from hub.store.motor_side import RateLimiter
from hub.store.people import Accounts, Units
from schema.context import Services
from schema.executing.errors import RefusedError
from schema.executing.executor import Executor
from schema.root import build_schema, graphql_schema


@pytest.fixture(scope="session")
def area() -> Area:
    """The area the product ships with."""
    return parse_area(area_text("shanghai-railway-station"))


@pytest.fixture(scope="module")
async def services(store: Store, area: Area, tmp_path_factory: pytest.TempPathFactory) -> Services:
    """The process-wide part, with the demonstration accounts and units."""
    accounts = Accounts(store)
    await Units().seed(area)
    await seed_demo(accounts, area)
    transit = TransitRepository(store)
    key = load_signing_key(tmp_path_factory.mktemp("keys") / "signing.pem")
    limiter = RateLimiter(store)
    return Services(
        area=area,
        transit=transit,
        feeds=FeedCache(transit),
        accounts=accounts,
        units=Units(),
        identity=IdentityRepository(store),
        operations=Operations(Desk.over(store, OrderSettings(), area.zone)),
        tokens=Tokens(store, AccessSettings(), key, limiter=limiter, embedded=True),
    )


@pytest.fixture(scope="module")
def executor(services: Services) -> Executor:
    """What the transports call."""
    return Executor(graphql_schema(build_schema()), services)


@pytest.fixture
def run(executor: Executor) -> Run:
    """Run an operation as somebody; the answer as a client gets it."""

    async def run_(text: str, by: Principal = WATCH, **variables: Any) -> dict[str, Any]:
        try:
            prepared = await executor.prepare(text, None, by)
        except RefusedError as refused:
            return {"errors": [error.formatted for error in refused.errors]}
        result = await executor.execute(prepared, variables, by)
        return dict(result.formatted)

    return run_
