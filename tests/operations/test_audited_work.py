"""Every write of operations is one row of the audit log: who, what, by which right, from where."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from operations_builders import World, fresh, principal

from hub import clock as hub_clock
from hub.errors import LiandongError
from hub.model.people import Principal, Role
from hub.operations import field_actions
from hub.operations.actions import ActionStatus
from hub.operations.alarms.raising import escalation_late
from hub.operations.alarms.store import AlarmRepository
from hub.store.driver import Tx
from schema.root import build_schema, graphql_schema

Row = dict[str, Any]
Mutation = Callable[[Principal, str, str], Awaitable[Any]]
OF_IDS = {"confirmIdMapping", "rejectIdMapping"}
"""Not of operations; tests/store/test_store_identity.py."""


async def rows(world: World) -> list[Row]:
    return await world.store.db["audit"].find().to_list()


async def written(world: World, before: list[Row]) -> list[Row]:
    """The rows added since."""
    known = {row["_id"] for row in before}
    return [row for row in await rows(world) if row["_id"] not in known]


async def duty(_world: World, _officer: Principal) -> Row:
    return {"post": "北广场"}


async def report(_world: World, _officer: Principal) -> Row:
    return {"kind": "CROWD", "title": "北广场客流积压"}


async def ordered(world: World, officer: Principal) -> Row:
    return {"orderId": (await world.order(officer)).id}


BODIES = {"duty.signIn": duty, "duty.signOut": duty, "incident.report": report}
NEW = {"incident.report"}
"""What makes something: there is nothing before it."""


@pytest.mark.parametrize("kind", field_actions())
async def test_a_field_action_is_one_row(world: World, kind: str) -> None:
    """It names the officer, the role, session and phone, the target, and what changed of it; the
    same action again adds none."""
    officer = await world.officer(on_duty=kind != "duty.signIn")
    body = await BODIES.get(kind, ordered)(world, officer)
    before, action = await rows(world), fresh("action")
    done = await world.act(officer, kind, action_id=action, **body)
    assert done.status is ActionStatus.APPLIED, done
    (row,) = await written(world, before)
    assert (row["actor"], row["action"], row["authority"]) == (officer.login, kind, "OFFICER")
    assert (row["session"], row["device"]) == (officer.session_id, "phone")
    assert row["target"]
    assert row["after"]
    assert (row["before"] is None) == (kind in NEW)
    assert row["before"] != row["after"]
    again = await world.act(officer, kind, action_id=action, **body)
    assert again.status is ActionStatus.DUPLICATE
    assert await written(world, before) == [row]


@pytest.mark.parametrize("kind", [kind for kind in field_actions() if kind not in NEW])
async def test_what_is_so_already_is_no_row(world: World, kind: str) -> None:
    """Another action of the same, which changes nothing, adds none."""
    officer = await world.officer(on_duty=kind != "duty.signIn")
    body = await BODIES.get(kind, ordered)(world, officer)
    await world.act(officer, kind, **body)
    before = await rows(world)
    assert (await world.act(officer, kind, **body)).status is ActionStatus.DUPLICATE
    assert await written(world, before) == []


@pytest.mark.parametrize("kind", field_actions())
async def test_a_refused_field_action_is_no_row(world: World, kind: str) -> None:
    """Neither a body that is wrong, nor somebody else's order, nor a role without the right."""
    officer, other = await world.officer(), await world.officer()
    body = {**await ordered(world, other), "post": 7}
    before = await rows(world)
    if kind != "duty.signOut":  # which takes no argument
        refused = await world.act(officer, kind, **body)
        assert refused.status is ActionStatus.REJECTED, refused
    with pytest.raises(LiandongError):
        await world.act(world.watch, kind, **body)
    assert await written(world, before) == []


class Mutations:
    """Each mutation, on something made for it; `target` is what it is done to."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def prepared(self, name: str) -> str:
        """What the mutation is done to, if it is there before."""
        if name == "openIncident":
            return ""
        if name == "cancelOrder":
            return (await self.world.order(await self.world.officer("to"))).id
        if name == "acknowledgeAlarm":
            return await self.alarm()
        await self.world.officer("to")
        return (await self.world.incident()).id

    async def alarm(self) -> str:
        alarm = escalation_late("1", 3, hub_clock.now())

        async def work(tx: Tx) -> None:
            await AlarmRepository(self.world.store).raise_(tx, alarm)

        await self.world.store.transaction(work)
        return alarm.id

    async def run(self, name: str, by: Principal, target: str, key: str) -> Any:
        ops = self.world.ops
        match name:
            case "openIncident":
                return await self.world.incident(by, key=key)
            case "closeIncident":
                return await ops.close_incident(by, incident_id=target, outcome="完", key=key)
            case "dispatchOrder":
                return await ops.dispatch_order(
                    by, incident_id=target, text="请到场", recipients=["to"], key=key
                )
            case "cancelOrder":
                return await ops.cancel_order(by, order_id=target, reason="误", key=key)
            case "acknowledgeAlarm":
                return await ops.acknowledge_alarm(by, alarm_id=target, key=key)
        raise LookupError(name)


NAMES = {
    "openIncident": "incident.opened",
    "closeIncident": "incident.closed",
    "dispatchOrder": "order.dispatched",
    "cancelOrder": "order.cancelled",
    "acknowledgeAlarm": "alarm.acknowledged",
}


def test_every_mutation_is_among_them() -> None:
    """A mutation that is added must say here what it writes."""
    mutation = graphql_schema(build_schema()).mutation_type
    assert mutation is not None
    assert set(mutation.fields) == {*NAMES, *OF_IDS}


@pytest.mark.parametrize("name", NAMES)
async def test_a_mutation_is_one_row(world: World, name: str) -> None:
    """It names who, by which right, in which session; a repetition and a refusal add none."""
    mutations = Mutations(world)
    target = await mutations.prepared(name)
    before, key = await rows(world), fresh("key")
    with pytest.raises(LiandongError):
        await mutations.run(name, principal("o", Role.OFFICER, "RPS"), target, fresh("key"))
    if name != "openIncident":
        with pytest.raises(LiandongError):
            await mutations.run(name, world.watch, "no-such-thing", fresh("key"))
    assert await written(world, before) == []
    done = await mutations.run(name, world.watch, target, key)
    (row,) = await written(world, before)
    assert (row["actor"], row["action"], row["authority"]) == ("watch", NAMES[name], "WATCH")
    assert (row["session"], row["device"]) == ("session", None)
    assert row["target"] == done.id
    assert row["after"]
    assert (row["before"] is None) == (name in {"openIncident", "dispatchOrder"})
    await mutations.run(name, world.watch, target, key)
    assert await written(world, before) == [row]
