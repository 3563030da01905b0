"""Phones, their push addresses, and positions."""

from datetime import timedelta

import pytest

from hub.clock import ManualClock
from hub.store.devices import DeviceInfo, Devices, Fix, Positions, PushAddress
from hub.store.documents import DeviceDoc, OfficerPositionDoc
from hub.store.driver import Store

PHONE = DeviceInfo("phone-1", "android", model="P1", app_version="1.0")


@pytest.fixture
async def devices(store: Store) -> Devices:
    """The repository, over no devices."""
    await DeviceDoc.delete_all()
    return Devices(store)


async def addresses(devices: Devices, account_id: str) -> list[str | None]:
    return [row.push_token for row in await devices.of_account(account_id)]


async def test_a_push_token_belongs_to_one_device(devices: Devices) -> None:
    """When a phone changes hands, the token moves with it."""
    for account_id in ("officer1", "officer2"):
        await devices.register(account_id, PHONE)
    assert await devices.set_push("officer1", "phone-1", PushAddress("fcm", token="t"))
    assert await devices.set_push("officer2", "phone-1", PushAddress("fcm", token="t"))
    assert await addresses(devices, "officer1") == [None]
    assert await addresses(devices, "officer2") == ["t"]


async def test_the_same_rule_holds_for_installation_ids_and_subscriptions(
    devices: Devices,
) -> None:
    """A fid or a Web Push endpoint is taken from the device that had it before."""
    subscription = {"endpoint": "https://push.example/1", "keys": {"p256dh": "k", "auth": "a"}}
    for account_id in ("officer1", "officer2"):
        await devices.register(account_id, PHONE)
        await devices.set_push(account_id, "phone-1", PushAddress("fcm", fid="f"))
    assert [row.push_fid for row in await devices.of_account("officer1")] == [None]
    for account_id in ("officer1", "officer2"):
        address = PushAddress("webpush", subscription=subscription)
        await devices.set_push(account_id, "phone-1", address)
    rows = {row.account_id: row for row in await devices.of_accounts(["officer1", "officer2"])}
    assert rows["officer1"].push_channel is None
    assert rows["officer2"].push_subscription == subscription
    assert rows["officer2"].push_fid is None


async def test_registering_again_keeps_the_push_address(devices: Devices) -> None:
    """Signing in once more updates the app's version and leaves the push token."""
    await devices.register("officer1", PHONE)
    await devices.set_push("officer1", "phone-1", PushAddress("fcm", token="t"))
    await devices.register("officer1", DeviceInfo("phone-1", "android", app_version="2.0"))
    (row,) = await devices.of_account("officer1")
    assert (row.app_version, row.push_token, row.push_channel) == ("2.0", "t", "fcm")


async def test_an_unknown_device_gets_no_address(devices: Devices) -> None:
    """A push address for a phone that never signed in is refused, and stays where it was."""
    await devices.register("officer1", PHONE)
    await devices.set_push("officer1", "phone-1", PushAddress("fcm", token="t"))
    assert not await devices.set_push("officer2", "phone-9", PushAddress("fcm", token="u"))
    assert await addresses(devices, "officer1") == ["t"]


async def test_a_dead_token_is_forgotten_unless_it_was_replaced(devices: Devices) -> None:
    """What the vendor no longer knows is removed; a newer token registered meanwhile stays."""
    await devices.register("officer1", PHONE)
    await devices.set_push("officer1", "phone-1", PushAddress("fcm", token="old"))
    (as_sent,) = await devices.of_account("officer1")
    await devices.set_push("officer1", "phone-1", PushAddress("fcm", token="new"))
    assert not await devices.forget_address(as_sent)
    assert await addresses(devices, "officer1") == ["new"]
    (current,) = await devices.of_account("officer1")
    assert await devices.forget_address(current)
    assert await addresses(devices, "officer1") == [None]


async def test_a_position_sent_twice_is_one(store: Store, clock: ManualClock) -> None:
    """The same account and time is the same position, whichever call carried it."""
    await OfficerPositionDoc.delete_all()
    positions = Positions()
    fix = Fix(clock(), 31.25, 121.45, accuracy_m=5, battery=0.5)
    later = Fix(clock() + timedelta(seconds=10), 31.26, 121.46)
    await positions.add("officer1", "RPS", "phone-1", [fix, fix])
    await positions.add("officer1", "RPS", "phone-1", [fix, later])
    await positions.add("officer1", "RPS", "phone-1", [])
    rows = await positions.latest("officer1", limit=10)
    assert [row.location["coordinates"] for row in rows] == [[121.46, 31.26], [121.45, 31.25]]
    assert rows[1].battery == 0.5


async def test_positions_are_kept_for_thirty_days(store: Store) -> None:
    """The database itself removes positions thirty days after they came."""
    indexes = await OfficerPositionDoc.get_pymongo_collection().index_information()
    lifetimes = [index.get("expireAfterSeconds") for index in indexes.values()]
    assert 30 * 86400 in lifetimes
