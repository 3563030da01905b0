"""Whether this phone can be woken: tried, confirmed, and said."""

from datetime import timedelta

import pytest

from hub import clock
from hub.bus import Bus
from hub.operations.waking.channels import Outcome
from hub.operations.waking.dispatcher import Dispatcher
from hub.store.documents import AuditDoc, DeviceDoc, Duty, OutboxDoc
from mobile_api import sessions
from mobile_api.context import MobileContext
from tests.mobile.conftest import Phone
from tests.mobile.test_work import action
from tests.operations.operations_builders import FakeChannel


async def registered(phone: Phone, token: str) -> None:
    body = {"pushChannel": "fcm", "pushToken": token}
    assert (await phone.call("PUT", "/device", json=body)).status_code == 200


async def send_all(context: MobileContext, channel: FakeChannel) -> None:
    sends = Dispatcher(context.operations.desk, Bus(), {channel.name: channel}, "one")
    await sends.take_all()
    await sends.drain(30)


async def test_a_phone_is_tried_and_says_it_was_woken(phone: Phone, context: MobileContext) -> None:
    """It alone of the officer's phones, off duty too; from then on the hub knows that it works, for
    this address."""
    mine = await phone.sign_in("officer1", "tried")
    other = await phone.sign_in("officer1", "other")
    await context.accounts.set_duty("officer1", Duty(on=False))
    no = await mine.call("POST", "/device/test")
    assert no.json() == {"queued": False, "pushChannel": None, "reason": "NO_ADDRESS"}
    await registered(mine, "token-tried")
    await registered(other, "token-other")
    device = (await mine.call("GET", "/me")).json()["device"]
    assert device == {
        "deviceId": "tried-officer1",
        "pushChannel": "fcm",
        "canBeWoken": True,
        "wokenAt": None,
    }
    yes = await mine.call("POST", "/device/test")
    assert yes.json() == {"queued": True, "pushChannel": "fcm", "reason": None}
    woken: list[str | None] = []

    def taken(device: DeviceDoc, _wake: object) -> Outcome:
        woken.append(device.push_token)
        return Outcome.sent()

    channel = FakeChannel(taken)
    await send_all(context, channel)
    assert woken == ["token-tried"]
    wake = channel.sent[0][1]
    assert wake.topic == "device.test"
    assert wake.event_id not in yes.text
    told = {"event": wake.event_id}
    (wrong,) = await other.act(action("w1", "wake.confirmed", **told))
    assert (wrong["code"], wrong["path"]) == ("NOT_FOUND", "body.event")
    stranger = await phone.sign_in("officer2")
    (wrong,) = await stranger.act(action("w1", "wake.confirmed", **told))
    assert wrong["code"] == "NOT_FOUND"
    (done,) = await mine.act(action("w1", "wake.confirmed", **told))
    assert done["status"] == "applied"
    (again,) = await mine.act(action("w2", "wake.confirmed", **told))
    assert (again["status"], again["code"]) == ("duplicate", "ALREADY_RECORDED")
    row = await OutboxDoc.get(wake.event_id)
    assert row is not None
    assert row.sent_at is not None
    me = (await mine.call("GET", "/me")).json()["device"]
    assert clock.parse(me["wokenAt"]) == row.sent_at
    assert (await other.call("GET", "/me")).json()["device"]["wokenAt"] is None
    acts = await AuditDoc.find({"target": "officer1:tried-officer1"}).sort("at").to_list()
    assert [line.action for line in acts] == ["push.registered", "device.tested", "wake.confirmed"]
    await registered(mine, "another-token")
    assert (await mine.call("GET", "/me")).json()["device"]["wokenAt"] is None


async def test_a_channel_that_is_not_served_is_said(phone: Phone, context: MobileContext) -> None:
    mine = await phone.sign_in("officer3")
    await registered(mine, "token-3")
    desk = context.operations.desk
    object.__setattr__(desk, "channels", frozenset({"webpush"}))
    try:
        no = await mine.call("POST", "/device/test")
        me = await mine.call("GET", "/me")
    finally:
        object.__setattr__(desk, "channels", None)
    assert no.json() == {"queued": False, "pushChannel": "fcm", "reason": "NOT_SERVED"}
    assert me.json()["device"]["canBeWoken"] is False
    assert await OutboxDoc.find({"account_id": "officer3"}).count() == 0


async def test_trying_is_limited_and_needs_a_phone(phone: Phone) -> None:
    without = await phone.sign_in("officer4", None)
    answer = await without.call("POST", "/device/test")
    assert (answer.status_code, answer.json()["code"]) == (409, "NO_DEVICE")
    assert (await without.call("GET", "/me")).json()["device"] is None
    mine = await phone.sign_in("officer4")
    answers = [await mine.call("POST", "/device/test") for _ in range(sessions.TESTS)]
    assert [answer.status_code for answer in answers][:-1] == [200] * (sessions.TESTS - 1)
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (await phone.call("POST", "/device/test")).status_code == 401


async def test_todays_hours_are_kept(phone: Phone, context: MobileContext) -> None:
    """What has ended, and what goes on; from the beginning of the area's day."""
    mine = await phone.sign_in("officer5")

    async def today() -> list[dict[str, str | None]]:
        found: list[dict[str, str | None]] = (await mine.call("GET", "/me")).json()["dutyToday"]
        return found

    await context.accounts.set_duty("officer5", Duty(on=False))
    assert await today() == []
    await mine.act(action("d1", "duty.signIn", post="北广场"))
    (going,) = await today()
    assert (going["until"], going["post"]) == (None, "北广场")
    await mine.act(action("d2", "duty.signOut"))
    (ended,) = await today()
    assert (ended["since"], ended["post"]) == (going["since"], "北广场")
    assert ended["until"] is not None
    yesterday = clock.now() - timedelta(days=1)
    await context.accounts.set_duty("officer5", Duty(on=True, since=yesterday))
    (_, going) = await today()
    zone = context.operations.desk.zone
    begins = clock.parse(going["since"] or "").astimezone(zone)
    assert (begins.hour, begins.minute) == (0, 0)
    await mine.act(action("d3", "duty.signOut"))
    ended_at = {"until": yesterday - timedelta(days=1)}
    await context.store.db["duty_hours"].update_many({}, {"$set": ended_at})
    assert await today() == []


@pytest.mark.parametrize("login", ["officer6", "liaison"])
async def test_the_directory_names_whom_one_may_see(
    phone: Phone, context: MobileContext, login: str
) -> None:
    """Every unit; of people oneself, the centre, and to a liaison the unit's officers."""
    mine = await phone.sign_in(login)
    me = (await mine.call("GET", "/me")).json()["officer"]
    answer = await mine.call("GET", "/directory")
    told = answer.json()
    assert {unit["code"] for unit in told["units"]} == {
        unit.id for unit in await context.units.all()
    }
    found = {
        person["id"]: (unit, person)
        for unit, people in [
            *((unit["code"], unit["people"]) for unit in told["units"]),
            (None, told["others"]),
        ]
        for person in people
    }
    assert found.keys() >= {login, "watch", "commander"}
    officers = {name for name, (_, person) in found.items() if person["role"] == "OFFICER"}
    units = {found[name][0] for name in officers}
    assert officers == {login} if me["role"] == "OFFICER" else units == {me["unit"]["code"]}
    assert found[login][1]["name"].keys() == {"zh", "en"}


async def test_the_directory_is_sent_once(phone: Phone, context: MobileContext) -> None:
    """Compressed; then 304, until something has changed."""
    mine = await phone.sign_in("officer7")
    first = await mine.call("GET", "/directory")
    assert first.headers["content-encoding"] == "gzip"
    tag = {"if-none-match": first.headers["etag"]}
    same = await mine.call("GET", "/directory", headers=tag)
    assert (same.status_code, same.content) == (304, b"")
    whole = await mine.call("GET", "/directory", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in whole.headers
    assert (whole.json(), whole.headers["etag"]) == (first.json(), first.headers["etag"])
    await context.accounts.set_duty("officer7", Duty(on=True, since=clock.now(), post="南广场"))
    after = await mine.call("GET", "/directory", headers=tag)
    assert after.status_code == 200
    posts = [one["post"] for unit in after.json()["units"] for one in unit["people"]]
    assert "南广场" in posts
    assert (await phone.call("GET", "/directory")).status_code == 401
