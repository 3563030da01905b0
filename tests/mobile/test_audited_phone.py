"""What a phone does over the mobile API is on the audit log, with its phone and session."""

from hub import clock
from hub.store.driver import Store
from tests.mobile.conftest import Phone


async def test_every_write_of_a_phone_is_a_row(phone: Phone, store: Store) -> None:
    """Signing in, its push address, an action, signing out: a row each, of one session and phone;
    positions, sync and a traded token are none."""
    await store.db["audit"].delete_many({})
    mine = await phone.sign_in("officer7")
    sent = {"pushChannel": "fcm", "pushToken": "token-7"}
    for _ in range(2):
        assert (await mine.call("PUT", "/device", json=sent)).status_code == 200
    duty = {"id": "d1", "kind": "duty.signIn", "at": clock.now().isoformat(), "body": {"post": "1"}}
    for _ in range(2):
        await mine.act(duty)
    await mine.sync()
    position = {"at": clock.now().isoformat(), "lat": 31.25, "lon": 121.45}
    assert (await mine.call("POST", "/positions", json={"positions": [position]})).is_success
    traded = await mine.call("POST", "/session/refresh", json={"refreshToken": mine.refresh})
    assert traded.is_success
    assert (await mine.call("DELETE", "/session")).is_success
    rows = await store.db["audit"].find().to_list()
    assert [row["action"] for row in rows] == [
        "session.opened",
        "push.registered",
        "duty.signIn",
        "session.revoked",
    ]
    (session,) = {row["session"] for row in rows}
    assert session == rows[0]["target"]
    assert {row["actor"] for row in rows} == {"officer7"}
    assert {row["authority"] for row in rows} == {"OFFICER"}
    assert {row["device"] for row in rows} == {"phone-1-officer7"}
