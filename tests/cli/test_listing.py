"""What `client list` and `doctor` say of what the database holds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.access.partners import Partners
from hub.model.people import Role
from hub.settings import FeedSettings, Settings
from hub.store.documents import NameDoc
from hub.store.driver import Store
from hub.store.people import Accounts
from liandong.cli import accounts, common, doctor


async def test_a_revoked_client_is_listed_as_revoked(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It does not vanish: its name is taken, and somebody may look for it."""

    @asynccontextmanager
    async def opened(_config: Path | None) -> AsyncIterator[tuple[None, Store]]:
        yield None, store

    monkeypatch.setattr(common, "opened", opened)
    for name in ("gateway-a", "gateway-b"):
        await Accounts(store).add(
            login=name, password_hash="x", role=Role.PARTNER, name=NameDoc(zh=name), unit="MTR"
        )
    await Partners(store).revoke("gateway-b")
    await accounts._list(None, partners=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if "已吊销 revoked" in line] == ["gateway-b"]
    assert any(line.startswith("gateway-a") for line in lines)


async def test_doctor_keeps_configured_feeds_and_those_of_the_hub_apart(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each under a heading; those that this configuration has not under another."""
    feed = {"state": "HEALTHY", "warn_after_s": 90, "expire_after_s": 300}
    await store.db["feeds"].insert_many([{"_id": "mine", **feed}, {"_id": "other", **feed}])
    here = FeedSettings(id="mine", kind="gtfs", url="http://a/")
    findings = doctor._Findings()
    await doctor._feeds(findings, Settings(feeds=(here,)), store)
    heading, mine, apart, other = capsys.readouterr().out.splitlines()
    assert heading.startswith("数据库中的数据源")
    assert apart.startswith("数据库中不在此配置里的数据源")
    assert (mine, other) == ("  ✓ feed mine: HEALTHY", "  ✓ feed other: HEALTHY")
