"""What `client list` and `doctor` say of what the database holds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub import clock
from hub.access.partners import Partners
from hub.model.people import Role
from hub.settings import FEED_ZONE, FeedSettings, Settings
from hub.store.documents import NameDoc
from hub.store.driver import Store
from hub.store.people import Accounts
from liandong.cli import accounts, common, doctor, doctor_feeds


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


@pytest.mark.parametrize(
    ("state", "link", "how", "well", "step"),
    [
        ("HEALTHY", "UP", {"url": "http://a/"}, True, None),
        ("HEALTHY", "DOWN", {"url": "http://a/"}, None, "try its address: liandong feed check"),
        (
            "DOWN",
            "DOWN",
            {"url": "http://a/"},
            False,
            "try its address: liandong feed check gtfs URL",
        ),
        ("DOWN", "CONNECTING", {"listen": "127.0.0.1:8905"}, False, "peers reach 127.0.0.1:8905"),
        ("STALE", "UP", {"push": True}, False, "posts to /feeds/mine"),
        ("UNAUTHORISED", "REFUSED", {"url": "http://a/"}, False, "renew the credential"),
        ("MISCONFIGURED", "DOWN", {"url": "http://a/"}, False, "mend its configuration"),
        ("DISABLED", "CONNECTING", {"url": "http://a/"}, None, None),
    ],
)
def test_doctor_says_of_a_feed_its_link_and_what_to_do(state, link, how, well, step) -> None:
    """What is off on purpose, or well until its data is too old, is not wrong."""
    feed = {"_id": "mine", "kind": "gtfs", "state": state, "link_state": link, "detail": "why"}
    given = FeedSettings(id="mine", kind="gtfs", **how)
    told, line = doctor_feeds.said(feed, given, clock.now(), FEED_ZONE)
    assert told is well
    assert line.startswith(f"feed mine: {state} · 链路 link {link} · why")
    assert (step in line) if step else line.endswith("why")


async def test_doctor_says_what_is_well_of_places_and_locks(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it says what is not: how many stop places, which limit."""

    async def opened(*_: object, **__: object) -> Store:
        return store

    async def lifetime(_: Store) -> float | None:
        return limits.pop()

    async def close(_: Store) -> None:
        """It is the other tests', too."""

    monkeypatch.setattr(Store, "open", opened)
    monkeypatch.setattr(Store, "close", close)
    monkeypatch.setattr(Store, "transaction_lifetime", lifetime)
    limits: list[float | None] = [None, 60.0, 3.0]
    for said in (
        "✓ 事务锁保留 transactionLifetimeLimitSeconds is 3",
        "✗ 事务锁保留过久 transactionLifetimeLimitSeconds is 60",
        "· 无权查看事务锁时限",
    ):
        await doctor._database(doctor._Findings(), Settings())
        told = capsys.readouterr().out
        assert said in told
        assert "✓ 站点 stop places: 站区列出 the area names " in told
