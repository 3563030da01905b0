"""Secrets of partner applications: rotated, revoked, and what becomes of their sessions."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from hub.access.partners import Partners
from hub.access.passwords import hash_password
from hub.access.tokens import Tokens
from hub.bus import Bus
from hub.clock import ManualClock
from hub.errors import AccessDenied, NotFound, UserFault
from hub.model.people import Role
from hub.store.documents import AccountDoc, AuditDoc, NameDoc
from hub.store.driver import Store
from hub.store.people import Accounts
from hub.store.tail import ChangeTail


@pytest.fixture
def partners(store: Store) -> Partners:
    return Partners(store)


async def client(accounts: Accounts, name: str, secret: str = "first-secret") -> AccountDoc:
    return await accounts.add(
        login=name,
        password_hash=await hash_password(secret),
        role=Role.PARTNER,
        name=NameDoc(zh=name),
        unit="MTR",
    )


async def denied(attempt: object) -> None:
    with pytest.raises(AccessDenied) as caught:
        await attempt  # type: ignore[misc]
    assert caught.value.code == "UNAUTHENTICATED"


async def audited(target: str) -> list[str]:
    rows = await AuditDoc.find(
        {"target": target, "actor": "server shell"}, sort=[("$natural", 1)]
    ).to_list()
    return [row.action for row in rows]


async def test_a_rotated_secret_is_dead_at_once(
    tokens: Tokens, accounts: Accounts, partners: Partners
) -> None:
    """The new secret works, the old one and what was opened with it do not; it is audited."""
    await client(accounts, "gateway-1")
    before = await tokens.client_credentials("gateway-1", "first-secret")
    fresh = await partners.rotate("Gateway-1")
    await denied(tokens.client_credentials("gateway-1", "first-secret"))
    await denied(tokens.authenticate(before.access_token))
    now = await tokens.client_credentials("gateway-1", fresh)
    assert (await tokens.authenticate(now.access_token)).login == "gateway-1"
    assert await audited("gateway-1") == ["account.added", "client.rotated", "sessions.revoked"]
    assert fresh not in str([row async for row in AuditDoc.find_all()])


async def test_with_a_grace_both_secrets_work_until_it_ends(
    tokens: Tokens, accounts: Accounts, partners: Partners, clock: ManualClock
) -> None:
    """Within the grace sessions go on and both secrets are taken; after it only the new one."""
    await client(accounts, "gateway-2")
    before = await tokens.client_credentials("gateway-2", "first-secret")
    fresh = await partners.rotate("gateway-2", grace=timedelta(hours=2))
    assert await tokens.authenticate(before.access_token)
    assert await tokens.client_credentials("gateway-2", "first-secret")
    assert await tokens.client_credentials("gateway-2", fresh)
    clock.advance(hours=2)
    await denied(tokens.client_credentials("gateway-2", "first-secret"))
    assert await tokens.client_credentials("gateway-2", fresh)


async def test_a_second_rotation_ends_the_grace_of_the_first(
    tokens: Tokens, accounts: Accounts, partners: Partners
) -> None:
    """Rotated twice, the secret before the last is the only one that may have a grace."""
    await client(accounts, "gateway-3")
    second = await partners.rotate("gateway-3", grace=timedelta(hours=2))
    third = await partners.rotate("gateway-3")
    await denied(tokens.client_credentials("gateway-3", "first-secret"))
    await denied(tokens.client_credentials("gateway-3", second))
    assert await tokens.client_credentials("gateway-3", third)


async def test_a_revoked_client_is_out(
    store: Store, tokens: Tokens, accounts: Accounts, partners: Partners, bus: Bus
) -> None:
    """Its sessions end, in a process that follows the changes within one of them; no secret works,
    nor does a rotation bring it back."""
    await client(accounts, "gateway-4")
    open_ = await tokens.client_credentials("gateway-4", "first-secret")
    tail = ChangeTail(store, bus, "partners")
    told = bus.listen("sessions")
    following = [asyncio.create_task(tail.run()), asyncio.create_task(tokens.watch(bus))]
    try:
        await tail.ready.wait()
        principal = await tokens.authenticate(open_.access_token)
        assert await partners.revoke("gateway-4") == 1
        async for change in told:
            if change.id == principal.session_id and change.document["revoked_at"]:
                break
        await asyncio.sleep(0)  # the watcher has it in its queue by now
        assert not tokens.still_valid(principal)
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
    await denied(tokens.authenticate(open_.access_token))
    await denied(tokens.client_credentials("gateway-4", "first-secret"))
    with pytest.raises(UserFault) as caught:
        await partners.rotate("gateway-4")
    assert caught.value.code == "CLIENT_REVOKED"
    assert await audited("gateway-4") == ["account.added", "client.revoked", "sessions.revoked"]


async def test_a_secret_looked_at_while_it_is_rotated_opens_nothing(
    tokens: Tokens, accounts: Accounts, partners: Partners, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token asked for with the old secret, and made after the rotation ended all sessions, is
    refused too."""
    await client(accounts, "gateway-5")
    opened = tokens._open

    async def overtaken(*given: Any) -> object:
        await partners.rotate("gateway-5")
        return await opened(*given)

    monkeypatch.setattr(tokens, "_open", overtaken)
    await denied(tokens.client_credentials("gateway-5", "first-secret"))


@pytest.mark.parametrize("name", ["nobody-here", "watch"])
async def test_only_a_partner_has_a_secret(partners: Partners, accounts: Accounts, name: str):
    """What is no partner application is not found, whether there is an account or not; nothing
    changes."""
    before = await accounts.by_login(name)
    with pytest.raises(NotFound):
        await partners.rotate(name)
    with pytest.raises(NotFound):
        await partners.revoke(name)
    assert await accounts.by_login(name) == before


@pytest.mark.parametrize("hours", [-1, 24 * 31])
async def test_a_grace_has_bounds(partners: Partners, accounts: Accounts, hours: int) -> None:
    """Thirty days at most, and nothing is rotated otherwise."""
    await client(accounts, f"gateway-bounds{hours}")
    account = await accounts.by_login(f"gateway-bounds{hours}")
    assert account is not None
    with pytest.raises(UserFault) as caught:
        await partners.rotate(account.login, grace=timedelta(hours=hours))
    assert caught.value.code == "BAD_VALUE"
    assert await accounts.by_login(account.login) == account
