"""Signing in, staying signed in, and being signed out."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from hub.access import passwords
from hub.access.attempts import (
    PER_ADDRESS,
    PER_LOGIN,
    PER_LOGIN_HUNTED,
    SUSPECT,
    RateLimited,
)
from hub.access.demo import PASSWORD
from hub.access.keys import load_signing_key
from hub.access.tokens import SignedIn, Tokens
from hub.clock import ManualClock
from hub.errors import AccessDenied, NotFound
from hub.model.people import SCOPES, Role
from hub.settings import AccessSettings
from hub.store.audit import Author
from hub.store.devices import DeviceInfo, Devices, PushAddress
from hub.store.documents import AccountDoc, AuditDoc, NameDoc, SessionDoc
from hub.store.driver import Store
from hub.store.motor_side import RateLimiter
from hub.store.people import Accounts

PHONE = DeviceInfo("phone-1", "android")


async def sign_in(tokens: Tokens, login: str = "officer1") -> SignedIn:
    return await tokens.sign_in(login, PASSWORD, PHONE)


async def denied(attempt: object) -> str:
    with pytest.raises(AccessDenied) as caught:
        await attempt  # type: ignore[misc]
    assert caught.value.code == "UNAUTHENTICATED"
    return caught.value.message


async def actions(target: str) -> list[str]:
    rows = AuditDoc.find({"target": target}, sort=[("$natural", 1)])
    return [row.action async for row in rows]


async def test_a_signed_in_officer_is_a_principal(tokens: Tokens) -> None:
    """Login and password give a token; the token gives account, role, unit and scopes."""
    signed_in = await sign_in(tokens)
    assert signed_in.expires_in == 15 * 60
    who = await tokens.authenticate(signed_in.access_token)
    assert (who.account_id, who.role, who.unit) == ("officer1", Role.OFFICER, "SAO")
    assert who.scopes == SCOPES[Role.OFFICER]
    assert tokens.still_valid(who)
    standing = tokens.standing(who)
    assert standing is not None
    assert standing.device_id == "phone-1"
    assert await actions(signed_in.session_id) == ["session.opened"]


async def test_a_login_may_be_typed_as_phones_type_it(tokens: Tokens) -> None:
    """Capitals and blanks around a login do not matter; in a password they do."""
    assert (await tokens.sign_in(" Officer2 ", PASSWORD)).account.login == "officer2"
    await denied(tokens.sign_in("officer2", PASSWORD.upper()))


async def test_wrong_password_and_unknown_login_read_alike(
    tokens: Tokens, accounts: Accounts
) -> None:
    """A wrong password, an unknown login and an inactive account get the same words, and no
    session; each is on the audit log."""
    await accounts.set_active("officer3", active=False)
    sessions = await SessionDoc.find_all().count()
    said = {
        await denied(tokens.sign_in("officer4", "wrong")),
        await denied(tokens.sign_in("nobody-here", PASSWORD)),
        await denied(tokens.sign_in("officer3", PASSWORD)),
    }
    await accounts.set_active("officer3", active=True)
    assert len(said) == 1
    assert await SessionDoc.find_all().count() == sessions
    failed = await AuditDoc.find({"action": "session.denied"}, sort=[("$natural", 1)]).to_list()
    assert {"officer4", "nobody-here", "officer3"} <= {row.actor for row in failed}


async def test_an_unknown_login_costs_a_hash_too(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A login that does not exist is answered after the same work: one argon2id verification."""
    parameters: list[str] = []

    class Watched:
        """The real hasher, which says what it was asked to verify against."""

        def __getattr__(self, name: str) -> Any:
            return getattr(hasher, name)

        def verify(self, stored: str, password: str) -> bool:
            parameters.append(stored.rsplit("$", 2)[0])
            return hasher.verify(stored, password)

    hasher = passwords._HASHER
    monkeypatch.setattr(passwords, "_HASHER", Watched())
    await denied(tokens.sign_in("officer20", "wrong"))
    await denied(tokens.sign_in("no-such-login", "wrong"))
    known, unknown = parameters
    assert known == unknown


async def test_passwords_do_not_reach_the_database(tokens: Tokens) -> None:
    """Neither a tried password nor a refresh token is found in any audit row or session."""
    await denied(tokens.sign_in("officer21", "canary-password"))
    signed_in = await sign_in(tokens, "officer21")
    rows = [str(row) for row in await AuditDoc.find_all().to_list()]
    rows += [str(row) for row in await SessionDoc.find_all().to_list()]
    secret = (signed_in.refresh_token or "").partition(".")[2]
    assert secret
    assert not [row for row in rows if "canary-password" in row or secret in row]


HERE, THERE = "192.0.2.10", "198.51.100.7"


async def guesses(tokens: Tokens, logins: Iterable[str], address: str) -> list[type]:
    """What becomes of wrong passwords, all sent at once."""
    tries = [tokens.sign_in(login, "wrong", address=address) for login in logins]
    return [type(fault) for fault in await asyncio.gather(*tries, return_exceptions=True)]


async def test_guessing_at_one_login_must_wait(tokens: Tokens) -> None:
    """Of fifteen guesses at once ten are looked at; then even the right password waits there."""
    outcomes = await guesses(tokens, ["officer22"] * (PER_LOGIN + 5), HERE)
    assert (outcomes.count(AccessDenied), outcomes.count(RateLimited)) == (PER_LOGIN, 5)
    with pytest.raises(RateLimited) as caught:
        await tokens.sign_in("officer22", PASSWORD, address=HERE)
    assert 1 <= caught.value.after <= 61
    await tokens.sign_in("officer23", PASSWORD, address=HERE)


async def test_nobody_is_locked_out_from_elsewhere(tokens: Tokens) -> None:
    """However often one address fails at a login, its owner signs in from another; so does a
    partner application."""
    for login in ("officer26", "partner"):
        await guesses(tokens, [login] * 30, HERE)
    await tokens.sign_in("officer26", PASSWORD, address=THERE)
    await tokens.client_credentials("partner", PASSWORD, address=THERE)


async def test_a_known_phone_signs_in_from_the_guessers_own_address(
    tokens: Tokens, clock: ManualClock
) -> None:
    """A phone that shows the refresh token it had when it was signed in before is let through,
    also one that signed out, and one whose last reply was lost."""
    first = await tokens.sign_in("officer27", PASSWORD, PHONE, address=HERE)
    await guesses(tokens, ["officer27"] * PER_LOGIN, HERE)
    known = replace(PHONE, refresh_token=first.refresh_token)
    await tokens.sign_in("officer27", PASSWORD, known, address=HERE)
    await tokens.refresh(first.refresh_token or "")
    await tokens.sign_in("officer27", PASSWORD, known, address=HERE)
    await tokens.sign_out(await tokens.authenticate(first.access_token))
    await tokens.sign_in("officer27", PASSWORD, known, address=HERE)
    clock.advance(hours=24)
    await tokens.sign_in("officer27", PASSWORD, known, address=HERE)


@pytest.mark.parametrize("shown", ["its name alone", "made up", "another phone's", "another's"])
async def test_a_phone_is_not_known_by_its_name(tokens: Tokens, shown: str) -> None:
    """The device's id without a refresh token of its own makes it wait as anybody does."""
    login = {"its name alone": "28", "made up": "29", "another phone's": "30", "another's": "36"}
    mine = f"officer{login[shown]}"
    signed_in = await tokens.sign_in(mine, PASSWORD, PHONE, address=THERE)
    other = DeviceInfo("phone-2", "android")
    given = {
        "its name alone": None,
        "made up": f"{signed_in.session_id}.made-up",
        "another phone's": (await tokens.sign_in(mine, PASSWORD, other)).refresh_token,
        "another's": (await tokens.sign_in("officer37", PASSWORD, PHONE)).refresh_token,
    }
    await guesses(tokens, [mine] * PER_LOGIN, HERE)
    phone = replace(PHONE, refresh_token=given[shown])
    with pytest.raises(RateLimited):
        await tokens.sign_in(mine, PASSWORD, phone, address=HERE)


async def test_a_known_phone_may_not_guess_for_ever(tokens: Tokens) -> None:
    """A stolen phone has ten tries a minute at its own login."""
    first = await tokens.sign_in("officer31", PASSWORD, PHONE, address=HERE)
    known = replace(PHONE, refresh_token=first.refresh_token)
    for _ in range(PER_LOGIN):
        await denied(tokens.sign_in("officer31", "wrong", known, address=HERE))
    with pytest.raises(RateLimited):
        await tokens.sign_in("officer31", PASSWORD, known, address=HERE)


@pytest.mark.slow
async def test_a_hunted_login_is_guessed_slowly_and_still_open(tokens: Tokens) -> None:
    """After a hundred failures from many addresses each address has two tries a minute left."""
    for number in range(SUSPECT // PER_LOGIN):
        await guesses(tokens, ["officer34"] * PER_LOGIN, f"203.0.113.{number}")
    fresh = await guesses(tokens, ["officer34"] * PER_LOGIN, "203.0.113.200")
    assert fresh.count(AccessDenied) == PER_LOGIN_HUNTED
    await tokens.sign_in("officer34", PASSWORD, address=THERE)


async def test_success_is_not_counted(tokens: Tokens) -> None:
    """Somebody who knows the password may sign in as often as needed."""
    for _ in range(PER_LOGIN + 2):
        await sign_in(tokens, "officer24")


@pytest.mark.slow
async def test_an_address_guesses_a_hundred_times_and_no_more(tokens: Tokens) -> None:
    """Of 160 guesses at many logins at once exactly 100 are looked at; a made-up refresh token
    must wait there then, a good one need not; other addresses go on. An IPv6 network is one
    address."""
    phone = await sign_in(tokens, "officer38")
    logins = [f"nobody-{number}" for number in range(PER_ADDRESS + 60)]
    outcomes = await guesses(tokens, logins, "2001:db8::1")
    assert outcomes.count(AccessDenied) == PER_ADDRESS
    assert outcomes.count(RateLimited) == 60
    for attempt in (
        tokens.sign_in("officer25", PASSWORD, address="2001:db8::2"),
        tokens.client_credentials("partner", PASSWORD, address="2001:db8::2"),
        tokens.refresh("made.up", address="2001:db8::2"),
    ):
        with pytest.raises(RateLimited):
            await attempt
    turned = await tokens.refresh(phone.refresh_token or "", address="2001:db8::2")
    await tokens.refresh(turned.refresh_token or "", address="2001:db8::3")
    await tokens.sign_in("officer25", PASSWORD, address="2001:db8:1::2")


@pytest.mark.slow
async def test_made_up_refresh_tokens_count_against_their_address(tokens: Tokens) -> None:
    """A hundred of them, and the next must wait; a good one never counts and never waits."""
    first = await sign_in(tokens, "officer35")
    token = first.refresh_token or ""
    for _ in range(PER_ADDRESS):
        token = (await tokens.refresh(token, address="192.0.2.77")).refresh_token or ""
        await denied(tokens.refresh("made.up", address="192.0.2.77"))
    with pytest.raises(RateLimited):
        await tokens.refresh("made.up", address="192.0.2.77")
    await tokens.refresh(token, address="192.0.2.77")


@pytest.mark.slow
async def test_a_shift_signs_in_together(tokens: Tokens) -> None:
    """More officers at once than an address may fail, behind one gateway: none is refused."""
    shift = [f"officer{1 + number % 40}" for number in range(PER_ADDRESS + 5)]
    tries = [tokens.sign_in(login, PASSWORD, address="192.0.2.99") for login in shift]
    assert len(await asyncio.gather(*tries)) == PER_ADDRESS + 5


async def test_a_refresh_token_works_once(tokens: Tokens, clock: ManualClock) -> None:
    """A refresh gives a new pair, and the used token revokes the session once the grace is over."""
    first = await sign_in(tokens, "officer6")
    second = await tokens.refresh(first.refresh_token or "")
    assert second.refresh_token != first.refresh_token
    who = await tokens.authenticate(second.access_token)
    clock.advance(seconds=11)
    await denied(tokens.refresh(first.refresh_token or ""))
    assert not tokens.still_valid(who)
    await denied(tokens.authenticate(second.access_token))
    await denied(tokens.refresh(second.refresh_token or ""))
    assert await actions(first.session_id) == ["session.opened", "session.revoked"]


async def test_a_lost_reply_does_not_sign_out(tokens: Tokens, clock: ManualClock) -> None:
    """Within ten seconds the same refresh token gives a pair again, and that pair goes on."""
    first = await sign_in(tokens, "officer7")
    await tokens.refresh(first.refresh_token or "")
    clock.advance(seconds=9)
    again = await tokens.refresh(first.refresh_token or "")
    clock.advance(seconds=30)
    await tokens.refresh(again.refresh_token or "")


async def test_the_grace_is_not_prolonged_by_using_it(tokens: Tokens, clock: ManualClock) -> None:
    """The ten seconds count from the first use."""
    first = await sign_in(tokens, "officer7")
    await tokens.refresh(first.refresh_token or "")
    clock.advance(seconds=9)
    await tokens.refresh(first.refresh_token or "")
    clock.advance(seconds=9)
    await denied(tokens.refresh(first.refresh_token or ""))


async def test_two_refreshes_at_once_both_succeed(tokens: Tokens) -> None:
    """A phone that asks twice at the same moment is not signed out."""
    first = await sign_in(tokens, "officer8")
    token = first.refresh_token or ""
    pairs = await asyncio.gather(*(tokens.refresh(token) for _ in range(4)))
    for pair in pairs:
        await tokens.authenticate(pair.access_token)


async def test_a_stolen_token_is_found_out_in_either_order(
    tokens: Tokens, clock: ManualClock
) -> None:
    """Whether thief or owner refreshes first, the second one's attempt ends the session."""
    first = await sign_in(tokens, "officer9")
    stolen = await tokens.refresh(first.refresh_token or "")
    further = await tokens.refresh(stolen.refresh_token or "")
    clock.advance(seconds=60)
    await denied(tokens.refresh(first.refresh_token or ""))
    await denied(tokens.authenticate(further.access_token))


@pytest.mark.parametrize("token", ["", ".", "nothing", "no-such-session.secret", "é.é"])
async def test_a_made_up_refresh_token_is_refused(tokens: Tokens, token: str) -> None:
    """What was never a refresh token is refused like one that has ended."""
    await denied(tokens.refresh(token))


async def test_a_session_ends_after_its_days(tokens: Tokens, clock: ManualClock) -> None:
    """A refresh token unused for thirty days no longer works."""
    first = await sign_in(tokens, "officer10")
    clock.advance(hours=24 * 30 + 1)
    await denied(tokens.refresh(first.refresh_token or ""))


async def test_a_deactivated_account_cannot_refresh(tokens: Tokens, accounts: Accounts) -> None:
    """Keeping an account out ends its sessions at the next refresh at the latest."""
    first = await sign_in(tokens, "officer11")
    await accounts.set_active("officer11", active=False)
    await denied(tokens.refresh(first.refresh_token or ""))
    await accounts.set_active("officer11", active=True)


async def test_signing_out_ends_the_session_and_silences_the_phone(
    tokens: Tokens, store: Store
) -> None:
    """After signing out neither token works, and the phone has no push address any more."""
    signed_in = await sign_in(tokens, "officer12")
    other = await sign_in(tokens, "officer12")
    devices = Devices(store)
    await devices.set_push("officer12", "phone-1", PushAddress("fcm", token="t12"))
    who = await tokens.authenticate(signed_in.access_token)
    await tokens.sign_out(who)
    assert not tokens.still_valid(who)
    await denied(tokens.authenticate(signed_in.access_token))
    await denied(tokens.refresh(signed_in.refresh_token or ""))
    assert [row.push_token for row in await devices.of_account("officer12")] == [None]
    await tokens.authenticate(other.access_token)


async def test_demo_accounts_stay_out_of_a_real_database(
    tokens: Tokens, store: Store, accounts: Accounts, tmp_path: Path
) -> None:
    """On a database that is not the embedded one a demo account can neither sign in, nor refresh,
    nor use a token it got before, nor be issued one."""
    before = await sign_in(tokens, "officer13")
    key = load_signing_key(tmp_path / "signing.pem")
    real = Tokens(store, AccessSettings(), key, limiter=RateLimiter(store))
    await denied(real.sign_in("officer13", PASSWORD))
    await denied(real.authenticate(before.access_token))
    await denied(real.refresh(before.refresh_token or ""))
    await denied(real.issue("admin"))


async def test_a_token_is_issued_on_the_servers_shell(tokens: Tokens) -> None:
    """`issue` gives a working access token without a refresh token, and is on the audit log."""
    issued = await tokens.issue("commander")
    assert issued.refresh_token is None
    assert (await tokens.authenticate(issued.access_token)).role is Role.COMMANDER
    assert "token.issued" in await actions("commander")
    with pytest.raises(NotFound):
        await tokens.issue("nobody")


async def test_an_issued_token_can_be_revoked(tokens: Tokens) -> None:
    """A token issued on the shell ends with its session, and ending it twice is no success."""
    issued = await tokens.issue("admin")
    assert await tokens.revoke(issued.session_id, by=Author("admin"), why="test")
    assert not await tokens.revoke(issued.session_id, by=Author("admin"), why="test")
    await denied(tokens.authenticate(issued.access_token))


async def test_a_partner_application_signs_in_by_its_secret(tokens: Tokens) -> None:
    """Client credentials give a partner an access token and no refresh token."""
    signed_in = await tokens.client_credentials("partner", PASSWORD)
    assert signed_in.refresh_token is None
    assert (await tokens.authenticate(signed_in.access_token)).unit == "CCT"
    await denied(tokens.client_credentials("partner", "wrong"))


async def test_people_are_no_clients(tokens: Tokens) -> None:
    """Client credentials are for partner accounts only, whatever the password."""
    await denied(tokens.client_credentials("commander", PASSWORD))


async def test_a_hash_of_older_parameters_is_made_anew(tokens: Tokens, accounts: Accounts) -> None:
    """Signing in replaces a hash made with other parameters than today's."""
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("a password")
    await accounts.add(login="old-hash", password_hash=weak, role=Role.WATCH, name=NameDoc(zh="旧"))
    await tokens.sign_in("old-hash", "a password")
    stored = await accounts.by_login("old-hash")
    assert stored is not None
    assert stored.password_hash != weak
    await tokens.sign_in("old-hash", "a password")
    await AccountDoc.find({"_id": "old-hash"}).delete()
