"""A person is signed out everywhere at once, and may come back."""

import asyncio

import pytest

from hub.access.demo import PASSWORD
from hub.access.revoking import revoke_user
from hub.access.tokens import Tokens
from hub.bus import Bus
from hub.errors import AccessDenied, NotFound
from hub.store.devices import DeviceInfo, Devices, PushAddress
from hub.store.documents import AuditDoc
from hub.store.driver import Store
from hub.store.tail import ChangeTail


async def test_all_of_a_person_ends_at_once(store: Store, tokens: Tokens, bus: Bus) -> None:
    """Sessions by the bus, refresh tokens, waking; audited once. Others stay, and so does the
    account."""
    login, devices = "officer3", Devices(store)
    open_ = [
        await tokens.sign_in(login, PASSWORD, DeviceInfo(f"phone-{number}", "android"))
        for number in range(2)
    ]
    other = await tokens.sign_in("officer4", PASSWORD, DeviceInfo("phone", "android"))
    for account, device in ((open_[0].account.id, "phone-0"), (other.account.id, "phone")):
        assert await devices.set_push(account, device, PushAddress("fcm", token=f"t-{account}"))
    tail, told = ChangeTail(store, bus, "revoking"), bus.listen("sessions")
    following = [asyncio.create_task(tail.run()), asyncio.create_task(tokens.watch(bus))]
    try:
        await tail.ready.wait()
        principals = [await tokens.authenticate(one.access_token) for one in (*open_, other)]
        assert await revoke_user(store, " Officer3 ") == 2
        waiting = {one.session_id for one in open_}
        async with asyncio.timeout(60):
            async for change in told:
                if change.document["revoked_at"]:
                    waiting.discard(change.id)
                if not waiting:
                    break
        await asyncio.sleep(0)  # the watcher has it in its queue by now
        assert [tokens.still_valid(one) for one in principals] == [False, False, True]
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
    for one in open_:
        with pytest.raises(AccessDenied):
            await tokens.refresh(one.refresh_token or "")
    names = [open_[0].account.id, other.account.id]
    assert await devices.channels_of(names) == {other.account.id: {"fcm"}}
    rows = await AuditDoc.find({"target": names[0], "action": "sessions.revoked"}).to_list()
    assert [row.actor for row in rows] == ["server shell"]
    assert await revoke_user(store, login) == 0
    assert await AuditDoc.find({"target": names[0], "action": "sessions.revoked"}).count() == 1
    assert (await tokens.sign_in(login, PASSWORD)).account.id == names[0]


@pytest.mark.parametrize("login", ["nobody-here", "partner"])
@pytest.mark.usefixtures("accounts")
async def test_only_a_person_is_signed_out(store: Store, login: str) -> None:
    """An application is revoked as one; nothing is audited."""
    before = await AuditDoc.count()
    with pytest.raises(NotFound):
        await revoke_user(store, login)
    assert await AuditDoc.count() == before
