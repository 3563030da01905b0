"""Who could be reached with an order: said before it is given, to those who may know."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from schema_builders import LIAISON, OFFICER, PARTNER, WATCH, Run, code_of

from hub import clock
from hub.model.ids import global_id
from hub.store.devices import LOCATED, DeviceInfo, Devices, Fix, Positions, PushAddress
from hub.store.documents import AuditDoc, Duty
from hub.store.driver import Store
from hub.store.people import Accounts

REACH = """query ($from: PositionInput) { officers(first: 200) { nodes { login reach {
  wakeable listening heardAt wokenAt channels openOrders locatedAt
  distanceMetres(from: $from) } } } }"""
HERE = {"lat": 31.25, "lon": 121.45}
ME = "officer1"


async def reach(run: Run, **variables: Any) -> dict[str, Any]:
    answer = await run(REACH, **variables)
    assert "errors" not in answer, answer
    rows = answer["data"]["officers"]["nodes"]
    return {row["login"]: row["reach"] for row in rows}


@pytest.fixture
async def devices(store: Store) -> AsyncIterator[Devices]:
    """Phones, and officer1 on duty; none of it is there afterwards."""
    since = clock.now() - timedelta(hours=1)
    await Accounts(store).set_duty(ME, Duty(on=True, since=since, post=None))
    yield Devices(store)
    await store.db["devices"].delete_many({})
    await store.db["officer_positions"].delete_many({})


async def test_who_has_no_phone_cannot_be_woken(run: Run, devices: Devices) -> None:
    """Neither heard from nor located, and at no distance."""
    assert (await reach(run))[ME] == {
        "wakeable": False,
        "listening": False,
        "heardAt": None,
        "wokenAt": None,
        "channels": [],
        "openOrders": 0,
        "locatedAt": None,
        "distanceMetres": None,
    }


async def test_a_phone_with_a_push_address_can_be_woken(run: Run, devices: Devices) -> None:
    await devices.register(ME, DeviceInfo("d1", "android"))
    assert not (await reach(run))[ME]["wakeable"]
    await devices.set_push(ME, "d1", PushAddress("fcm", token="t"))
    told = (await reach(run))[ME]
    assert told["wakeable"]
    assert (told["channels"], told["wokenAt"]) == (["FCM"], None)
    assert told["heardAt"] is not None
    assert not told["listening"]


async def test_when_a_push_last_woke_somebody_is_said(
    run: Run, devices: Devices, store: Store
) -> None:
    """Of several phones the last; a phone that signed out is not known to work any more."""
    early, late = clock.now() - timedelta(hours=2), clock.now() - timedelta(hours=1)
    for name, at in (("d1", late), ("d2", early)):
        await devices.register(ME, DeviceInfo(name, "android"))
        await devices.set_push(ME, name, PushAddress("fcm", token=name))
        await store.db["devices"].update_one({"device_id": name}, {"$set": {"woken_at": at}})

    async def woken() -> Any:
        return clock.parse((await reach(run))[ME]["wokenAt"])

    assert abs(await woken() - late) < timedelta(seconds=1)
    await store.transaction(lambda tx: devices.silence(ME, "d1", tx=tx))
    assert abs(await woken() - early) < timedelta(seconds=1)


async def test_an_open_stream_counts_until_it_lapses(
    run: Run, devices: Devices, store: Store
) -> None:
    await devices.register(ME, DeviceInfo("d1", "android"))
    await devices.heard(ME, "d1", listening=True)
    assert (await reach(run))[ME]["listening"]
    past = clock.now() - timedelta(seconds=1)
    await store.db["devices"].update_many({}, {"$set": {"listens_until": past}})
    assert not (await reach(run))[ME]["listening"]


async def test_that_a_phone_was_heard_from_is_noted_once_a_minute(
    run: Run, devices: Devices, store: Store
) -> None:
    """What asks again and again writes nothing more."""
    await devices.register(ME, DeviceInfo("d1", "android"))
    first = (await reach(run))[ME]["heardAt"]
    await devices.heard(ME, "d1")
    assert (await reach(run))[ME]["heardAt"] == first
    past = clock.now() - timedelta(seconds=61)
    await store.db["devices"].update_many({}, {"$set": {"seen_at": past}})
    await devices.heard(ME, "d1")
    assert (await reach(run))[ME]["heardAt"] >= first


async def test_the_distance_is_from_the_last_place_of_this_duty(
    run: Run, devices: Devices, store: Store
) -> None:
    """To ten metres; from nowhere, from before this duty, and from long ago there is none.

    A look is on the audit log, as one where they are; one that tells nothing is not.
    """
    await AuditDoc.find({"action": LOCATED}).delete()
    await reach(run, **{"from": HERE})
    assert await AuditDoc.find({"action": LOCATED, "target": ME}).to_list() == []
    now, positions = clock.now(), Positions()
    await positions.add(ME, "SAO", "d1", [Fix(now - timedelta(minutes=9), 31.3, 121.5)])
    await positions.add(ME, "SAO", "d1", [Fix(now - timedelta(minutes=1), 31.251, 121.45)])
    told = (await reach(run, **{"from": HERE}))[ME]
    assert told["distanceMetres"] == 110
    assert told["locatedAt"] is not None
    looks = await AuditDoc.find({"action": LOCATED, "target": ME}).to_list()
    assert [(row.actor, row.authority) for row in looks] == [(WATCH.account_id, WATCH.role)]
    assert (await reach(run))[ME]["distanceMetres"] is None
    await Accounts(store).set_duty(ME, Duty(on=True, since=now, post=None))
    assert (await reach(run, **{"from": HERE}))[ME]["distanceMetres"] is None


async def test_a_place_that_is_none_is_refused(run: Run, devices: Devices) -> None:
    answer = await run(REACH, **{"from": {"lat": 91, "lon": 0}})
    assert code_of_first(answer) == "BAD_POSITION"


def code_of_first(answer: dict[str, Any]) -> str:
    return str(answer["errors"][0]["extensions"]["code"])


async def test_open_orders_are_counted(run: Run, devices: Devices) -> None:
    opened = await run(
        "mutation ($k: String!) { openIncident(input: { clientMutationId: $k, kind: CROWD,"
        ' title: "客流", units: ["SAO"] }) { incident { id } } }',
        k=str(uuid.uuid4()),
    )
    incident = opened["data"]["openIncident"]["incident"]["id"]
    before = (await reach(run))[ME]["openOrders"]
    await run(
        "mutation ($k: String!, $i: ID!) { dispatchOrder(input: { clientMutationId: $k,"
        f' incident: $i, text: "请到场", recipients: ["{ME}"] }}) {{ userErrors {{ code }} }} }}',
        k=str(uuid.uuid4()),
        i=incident,
    )
    assert (await reach(run))[ME]["openOrders"] == before + 1


async def test_a_liaison_learns_of_its_own_unit_and_of_no_place(run: Run, devices: Devices) -> None:
    """Who at the centre gave an order may be named to it, not how they can be reached."""
    text = "query ($id: ID!) { node(id: $id) { ... on Officer { login reach { wakeable } } } }"
    officers = await run("{ officers { nodes { login reach { wakeable } } } }", LIAISON)
    assert all(row["reach"] is not None for row in officers["data"]["officers"]["nodes"])
    centre = await run(text, LIAISON, id=global_id("Officer", "watch"))
    assert centre["data"]["node"] == {"login": "watch", "reach": None}
    mine = await run(text, WATCH, id=global_id("Officer", "watch"))
    assert mine["data"]["node"]["reach"] is not None
    for field in ("locatedAt", "distanceMetres"):
        answer = await run(f"{{ officers {{ nodes {{ reach {{ {field} }} }} }} }}", LIAISON)
        assert code_of(answer) == "FORBIDDEN"
        assert answer.get("data") is None


@pytest.mark.parametrize("by", [OFFICER, PARTNER], ids=["officer", "partner"])
async def test_who_lists_nobody_learns_of_nobody(run: Run, devices: Devices, by: Any) -> None:
    text = "query ($id: ID!) { node(id: $id) { ... on Officer { reach { wakeable } } } }"
    answer = await run(text, by, id=global_id("Officer", ME))
    assert code_of(answer) == "FORBIDDEN"
    assert answer.get("data") is None
