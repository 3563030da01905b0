"""What a process knows of sessions: the change stream corrects it, seconds bound it without."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import suppress

import pytest

from hub.access.demo import PASSWORD
from hub.access.tokens import Tokens
from hub.bus import Bus, Change, ChangeKind, Cursor
from hub.clock import ManualClock
from hub.errors import AccessDenied
from hub.store.documents import AccountDoc
from hub.store.driver import Store
from hub.store.people import Accounts
from hub.store.sessions import Sessions
from hub.store.tail import ChangeTail


@pytest.fixture
async def watched(tokens: Tokens, store: Store, bus: Bus) -> AsyncIterator[Tokens]:
    """The token service following the real change stream."""
    tail = ChangeTail(store, bus, "test-standing")
    tasks = [asyncio.create_task(tail.run()), asyncio.create_task(tokens.watch(bus))]
    await tail.ready.wait()
    yield tokens
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task


async def change_of(bus: Bus, collection: str, key: str) -> None:
    """Wait until a change of this document has passed, and everybody has seen it."""
    listener = bus.listen(collection)
    async for change in listener:
        if change.id == key:
            break
    bus.unlisten(listener)
    await asyncio.sleep(0)


async def after(bus: Bus, collection: str, key: str, act: Callable[[], object]) -> None:
    seen = asyncio.create_task(change_of(bus, collection, key))
    await asyncio.sleep(0)
    await act()  # type: ignore[misc]
    async with asyncio.timeout(60):
        await seen


async def test_a_session_revoked_elsewhere_ends_here(
    watched: Tokens, bus: Bus, clock: ManualClock
) -> None:
    """Another process revokes a session: within the stream's delay it is invalid here, the clock
    standing still."""
    signed_in = await watched.sign_in("officer1", PASSWORD)
    who = await watched.authenticate(signed_in.access_token)
    sid = signed_in.session_id
    await after(bus, "sessions", sid, lambda: Sessions().revoke(sid, now=clock()))
    assert not watched.still_valid(who)
    with pytest.raises(AccessDenied):
        await watched.authenticate(signed_in.access_token)


async def test_an_account_kept_out_ends_its_sessions(
    watched: Tokens, bus: Bus, clock: ManualClock, accounts: Accounts
) -> None:
    """Deactivating an account ends all its sessions; letting it in again revives them."""
    signed_in = await watched.sign_in("officer2", PASSWORD)
    who = await watched.authenticate(signed_in.access_token)
    for active in (False, True):

        def change(active: bool = active) -> object:
            return accounts.set_active("officer2", active=active)

        await after(bus, "accounts", "officer2", change)
        assert watched.still_valid(who) is active


async def test_a_changed_unit_ends_a_live_principal(
    watched: Tokens, bus: Bus, clock: ManualClock
) -> None:
    """A live socket's principal of another unit than the account has now is no longer valid; the
    same token gives a principal of the new unit."""
    signed_in = await watched.sign_in("officer4", PASSWORD)
    who = await watched.authenticate(signed_in.access_token)

    def move(unit: str) -> object:
        return AccountDoc.get_pymongo_collection().update_one(
            {"_id": "officer4"}, {"$set": {"unit": unit}}
        )

    await after(bus, "accounts", "officer4", lambda: move("CCT"))
    assert not watched.still_valid(who)
    assert (await watched.authenticate(signed_in.access_token)).unit == "CCT"
    await after(bus, "accounts", "officer4", lambda: move(who.unit or ""))


async def test_missed_changes_are_made_up_for(
    tokens: Tokens, bus: Bus, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a RESET everything known is read again: a revocation that was missed counts, what
    stands goes on."""
    gone = await tokens.sign_in("officer5", PASSWORD)
    stays = await tokens.sign_in("officer6", PASSWORD)
    lost = await tokens.authenticate(gone.access_token)
    kept = await tokens.authenticate(stays.access_token)
    task = asyncio.create_task(tokens.watch(bus))
    await asyncio.sleep(0)
    await Sessions().revoke(gone.session_id, now=clock())
    assert tokens.still_valid(lost)
    read_again = asyncio.Event()
    read = Accounts.by_ids

    async def noted(self: Accounts, ids: Collection[str]) -> dict[str, AccountDoc]:
        found = await read(self, ids)
        asyncio.get_running_loop().call_soon(read_again.set)
        return found

    monkeypatch.setattr(Accounts, "by_ids", noted)
    bus.publish(Change(Cursor(1, 1, 1), "", ChangeKind.RESET, None))
    async with asyncio.timeout(60):
        await read_again.wait()
    assert not tokens.still_valid(lost)
    assert tokens.still_valid(kept)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_without_a_stream_nothing_is_believed_for_long(
    tokens: Tokens, clock: ManualClock
) -> None:
    """With no watcher a revocation elsewhere is noticed after five seconds."""
    signed_in = await tokens.sign_in("officer7", PASSWORD)
    await tokens.authenticate(signed_in.access_token)
    await Sessions().revoke(signed_in.session_id, now=clock())
    clock.advance(seconds=6)
    with pytest.raises(AccessDenied):
        await tokens.authenticate(signed_in.access_token)


async def test_a_change_that_overtakes_a_read_is_not_lost(
    watched: Tokens, bus: Bus, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session revoked between being read and being remembered is not remembered as standing."""
    signed_in = await watched.sign_in("officer8", PASSWORD)
    sid = signed_in.session_id
    read = Sessions.by_id
    reads = 0

    async def slow(self: Sessions, session_id: str) -> object:
        nonlocal reads
        reads += 1
        row = await read(self, session_id)
        if reads == 1:
            await after(bus, "sessions", sid, lambda: self.revoke(sid, now=clock()))
        return row

    monkeypatch.setattr(Sessions, "by_id", slow)
    with pytest.raises(AccessDenied):
        await watched.authenticate(signed_in.access_token)
    assert reads == 2


async def test_an_expired_token_ends_a_live_socket(tokens: Tokens, clock: ManualClock) -> None:
    """`still_valid` turns false when the access token's time is over."""
    signed_in = await tokens.sign_in("officer9", PASSWORD)
    who = await tokens.authenticate(signed_in.access_token)
    clock.advance(minutes=15, seconds=1)
    assert not tokens.still_valid(who)


async def test_an_unknown_session_is_not_valid(tokens: Tokens) -> None:
    """A principal whose session this process knows nothing of is not valid: it fails closed."""
    signed_in = await tokens.sign_in("officer10", PASSWORD)
    who = await tokens.authenticate(signed_in.access_token)
    tokens._register.end(who.session_id)
    assert not tokens.still_valid(who)
