"""A database with the demonstration accounts and units, and a token service over it."""

from pathlib import Path

import pytest

from hub.access.demo import seed_demo
from hub.access.keys import load_signing_key
from hub.access.tokens import Tokens
from hub.model.area import Area, parse_area
from hub.settings import AccessSettings, area_text
from hub.store.driver import Store
from hub.store.motor_side import RateLimiter
from hub.store.people import Accounts, Units


@pytest.fixture(scope="session")
def area() -> Area:
    """The area the product ships with."""
    return parse_area(area_text("shanghai-railway-station"))


@pytest.fixture(scope="module")
async def accounts(store: Store, area: Area) -> Accounts:
    """Accounts, seeded."""
    await Units().seed(area)
    accounts = Accounts(store)
    await seed_demo(accounts, area)
    return accounts


@pytest.fixture
def tokens(store: Store, accounts: Accounts, tmp_path: Path) -> Tokens:
    """A token service with a key of its own, on the embedded database."""
    key = load_signing_key(tmp_path / "signing.pem")
    return Tokens(store, AccessSettings(), key, limiter=RateLimiter(store), embedded=True)
