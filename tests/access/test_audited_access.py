"""Sessions, tokens, accounts and push addresses are on the audit log, each with its write."""

from typing import Any

import pytest

from hub.access.demo import PASSWORD
from hub.access.partners import Partners
from hub.access.passwords import hash_password
from hub.access.tokens import Tokens
from hub.errors import AccessDenied, UserFault
from hub.model.people import Role
from hub.store.audit import Audit, Author
from hub.store.devices import DeviceInfo, Devices, PushAddress
from hub.store.documents import AccountDoc, AuditDoc, DeviceDoc, NameDoc, SessionDoc
from hub.store.driver import Store
from hub.store.people import Accounts

PHONE = DeviceInfo("phone-1", "android")


class Broken(Exception):  # no error: a test's own fault
    """Raised where the line would be written."""


@pytest.fixture(autouse=True)
async def empty(store: Store) -> None:
    """No lines, sessions or phones."""
    for document in (AuditDoc, SessionDoc, DeviceDoc):
        await document.delete_all()


@pytest.fixture
def unwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit log takes no line."""

    async def append(*_given: object, **_more: object) -> None:
        raise Broken

    monkeypatch.setattr(Audit, "append", append)


async def line() -> dict[str, Any]:
    """The one line there is."""
    (row,) = await AuditDoc.find_all().to_list()
    return row.model_dump()


def who(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("actor", "action", "authority", "session", "device"))


async def test_a_sign_in_is_one_row_with_its_session(tokens: Tokens) -> None:
    """Who, on which phone, in which session; refreshing it adds none."""
    signed_in = await tokens.sign_in("officer1", PASSWORD, PHONE, address="192.0.2.1")
    row, session = await line(), signed_in.session_id
    assert who(row) == ("officer1", "session.opened", "OFFICER", session, "phone-1")
    assert row["after"] == {"session": session, "account": "officer1", "device": "phone-1"}
    assert row["detail"] == {"address": "192.0.2.1"}
    await tokens.refresh(signed_in.refresh_token or "")
    assert await AuditDoc.find_all().count() == 1


async def test_without_its_row_nobody_is_signed_in(tokens: Tokens, unwritten: None) -> None:
    """Session, phone and line are one transaction."""
    with pytest.raises(Broken):
        await tokens.sign_in("officer1", PASSWORD, PHONE)
    assert await SessionDoc.find_all().count() == 0
    assert await DeviceDoc.find_all().count() == 0


async def test_a_denied_sign_in_is_one_row(tokens: Tokens) -> None:
    """Which login, whose account, from where; there is no session."""
    with pytest.raises(AccessDenied):
        await tokens.sign_in("officer2", "wrong", PHONE, address="192.0.2.1")
    row = await line()
    assert who(row) == ("officer2", "session.denied", "", None, "phone-1")
    assert (row["target"], row["detail"]) == ("officer2", {"address": "192.0.2.1"})


async def test_signing_out_is_one_row(tokens: Tokens, devices: Devices) -> None:
    """With the caller's right and phone; signing out again adds none."""
    signed_in = await tokens.sign_in("officer3", PASSWORD, PHONE)
    caller = await tokens.authenticate(signed_in.access_token)
    await AuditDoc.delete_all()
    await tokens.sign_out(caller)
    row = await line()
    session = signed_in.session_id
    assert who(row) == ("officer3", "session.revoked", "OFFICER", session, "phone-1")
    assert row["target"] == session
    assert row["before"] == {"revoked_at": None}
    assert row["after"]["revoked_at"] is not None
    await tokens.sign_out(caller)
    assert await AuditDoc.find_all().count() == 1


async def test_a_copied_refresh_token_ends_the_session_with_a_row(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub revokes it, on its own authority; without the line it is not revoked."""
    signed_in = await tokens.sign_in("officer4", PASSWORD, PHONE)
    copied = f"{signed_in.session_id}.copied"
    await AuditDoc.delete_all()
    with monkeypatch.context() as broken:

        async def append(*_given: object, **_more: object) -> None:
            raise Broken

        broken.setattr(Audit, "append", append)
        with pytest.raises(Broken):
            await tokens.refresh(copied)
    assert (await SessionDoc.find_one({}) or pytest.fail("gone")).revoked_at is None
    with pytest.raises(AccessDenied):
        await tokens.refresh(copied)
    row = await line()
    assert who(row) == ("hub", "session.revoked", "hub", None, None)
    assert (row["target"], row["detail"]) == (signed_in.session_id, {"why": "reuse"})
    assert (await SessionDoc.find_one({}) or pytest.fail("gone")).revoked_at is not None


async def test_a_push_address_is_a_row_when_it_changes(
    tokens: Tokens, devices: Devices, store: Store
) -> None:
    """Which phone, which channel, from whom it was taken; never the address itself. What is so
    already adds none, nor does a phone that is not the account's."""
    caller = await tokens.authenticate(
        (await tokens.sign_in("officer5", PASSWORD, PHONE)).access_token
    )
    await devices.register("officer6", PHONE)
    address = PushAddress("fcm", token="canary-address")
    await devices.set_push("officer6", "phone-1", address)
    await AuditDoc.delete_all()
    by = Author.of(caller)
    assert not await devices.set_push("officer5", "phone-9", address, by=by)
    assert await AuditDoc.find_all().count() == 0
    await devices.set_push("officer5", "phone-1", address, by=by)
    row = await line()
    assert who(row) == ("officer5", "push.registered", "OFFICER", caller.session_id, "phone-1")
    assert row["target"] == "officer5:phone-1"
    assert row["before"] == {"channel": None, "address": None}
    assert row["after"]["channel"] == "fcm"
    assert row["detail"] == {"taken_from": ["officer6:phone-1"]}
    assert "canary-address" not in str(row)
    await devices.set_push("officer5", "phone-1", address, by=by)
    assert await AuditDoc.find_all().count() == 1


async def test_an_account_is_a_row(accounts: Accounts) -> None:
    """The server's shell adds it, and the row says as what; a taken login adds none."""
    given: dict[str, Any] = {"login": "new-one", "role": Role.WATCH, "name": NameDoc(zh="新")}
    await accounts.add(password_hash=await hash_password("canary-secret"), **given)
    row = await line()
    assert who(row) == ("server shell", "account.added", "server shell", None, None)
    assert (row["target"], row["before"], row["after"]["role"]) == ("new-one", None, "WATCH")
    assert "argon2" not in str(row)
    with pytest.raises(UserFault, match="taken"):
        await accounts.add(password_hash="x", **given)
    assert await AuditDoc.find_all().count() == 1


async def test_without_its_row_there_is_no_account(accounts: Accounts, unwritten: None) -> None:
    """Account and line are one transaction."""
    with pytest.raises(Broken):
        await accounts.add(
            login="unwritten", password_hash="x", role=Role.WATCH, name=NameDoc(zh="新")
        )
    assert await AccountDoc.get("unwritten") is None


async def test_a_client_and_its_tokens_are_rows(
    tokens: Tokens, accounts: Accounts, store: Store
) -> None:
    """Added, a token taken, rotated, its session ended, revoked: a row each, in this order."""
    await accounts.add(
        login="gateway",
        password_hash=await hash_password("first-secret"),
        role=Role.PARTNER,
        name=NameDoc(zh="网关"),
        unit="MTR",
    )
    opened = await tokens.client_credentials("gateway", "first-secret", address="192.0.2.1")
    partners = Partners(store)
    await partners.rotate("gateway")
    await partners.revoke("gateway")
    rows = [row.model_dump() for row in await AuditDoc.find_all().to_list()]
    shell = ("server shell", None)
    assert [(row["action"], row["authority"], row["session"]) for row in rows] == [
        ("account.added", *shell),
        ("client.token", "PARTNER", opened.session_id),
        ("client.rotated", *shell),
        ("sessions.revoked", *shell),
        ("client.revoked", *shell),
    ]
    assert rows[3]["after"]["sessions"] == [opened.session_id]
    assert (rows[4]["before"], rows[4]["after"]) == ({"active": True}, {"active": False})


async def test_a_token_from_the_shell_is_a_row(tokens: Tokens) -> None:
    """For whom, and which session it is."""
    issued = await tokens.issue("watch")
    row = await line()
    assert who(row) == ("server shell", "token.issued", "server shell", None, None)
    assert (row["target"], row["after"]["session"]) == ("watch", issued.session_id)


@pytest.fixture
def devices(store: Store) -> Devices:
    """The repository of phones."""
    return Devices(store)
