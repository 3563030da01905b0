"""What thousands are told: decided at once, told in parts, each once, whatever happens between."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from operations_builders import FakeChannel, World, fresh, operations, principal

from hub import clock
from hub.bus import Bus
from hub.clock import ManualClock
from hub.errors import RetryLater
from hub.model.operations import Stage
from hub.model.people import Role
from hub.operations import kinds
from hub.operations.alarming.keeper import AlarmKeeper
from hub.operations.alarming.store import AlarmRepository
from hub.operations.asking import parts
from hub.operations.asking.documents import RecipientDoc
from hub.operations.asking.parts import PART, Teller, Untold, in_parts, tell_part
from hub.operations.bulletins.actions import publish_bulletin, request_of, withdraw_bulletin
from hub.operations.bulletins.asked import BulletinAsked
from hub.operations.bulletins.documents import BulletinDoc, BulletinState
from hub.store import raw
from hub.store.documents import AccountDoc, InboxDoc, OutboxDoc
from hub.store.driver import Tx
from hub.store.tail import ChangeTail

SCRIPT = Path(__file__).parent / "teller_to_kill.py"
ROOT = Path(__file__).parents[2]
MANY = 3 * PART + 7


@pytest.fixture(autouse=True)
async def nobody_leads(world: World) -> None:
    """No lease of a test before is in the way."""
    await world.store.db[raw.LEASES].delete_many({"_id": "parts"})


async def published(world: World, **given: Any) -> BulletinDoc:
    asked = {"title": "全站广播", "text": "请各岗位注意客流"}
    if "corrects" not in given:
        asked["units"] = ["RPS"]
    request = request_of(**{**asked, **given})
    return await publish_bulletin(world.ops.desk, world.watch, request, fresh("key"))


async def withdrawn(world: World, bulletin: BulletinDoc) -> BulletinDoc:
    asked = {"bulletin_id": bulletin.id, "reason": "误发", "key": fresh("key")}
    return await withdraw_bulletin(world.ops.desk, world.watch, **asked)


async def one_part(world: World, bulletin: BulletinDoc) -> int:
    """The next part alone."""

    async def work(tx: Tx) -> int:
        asked = await BulletinAsked.take_up(world.ops.desk, tx, bulletin.id)
        assert asked is not None
        return await tell_part(asked, clock.now())

    return await world.store.transaction(work)


async def read(bulletin: BulletinDoc) -> BulletinDoc:
    found = await BulletinDoc.get(bulletin.id)
    assert found is not None
    return found


async def ledgers(bulletin: BulletinDoc) -> dict[str, Stage]:
    rows = await RecipientDoc.find({"subject_id": bulletin.id}).to_list()
    return {row.account_id: row.stage for row in rows}


async def news(bulletin: BulletinDoc) -> dict[str, list[str]]:
    """The states that each phone was told of it, in their order."""
    found: dict[str, list[str]] = {}
    for row in await InboxDoc.find({"data.id": bulletin.id}).sort("seq").to_list():
        found.setdefault(row.account_id, []).append(row.data["state"])
    return found


async def held_by(world: World, account: str) -> dict[str, Any]:
    """The one bulletin that a phone with nothing would hold."""
    page = await world.ops.snapshot(account)
    (held,) = [change.data for change in page.changes if change.entity == "bulletin"]
    return held


async def wakes(bulletin: BulletinDoc) -> Counter[str]:
    """How many wake-ups of each topic there are for it."""
    rows = await OutboxDoc.find({"recipient_id": {"$regex": f"^{bulletin.id}:"}}).to_list()
    return Counter(row.topic for row in rows)


def test_what_is_told_in_parts_is_found_by_an_index() -> None:
    """Of each kind: the teller looks for it every second."""
    assert [asked.kind for asked in in_parts()] == ["bulletin"]
    for asked in in_parts():
        assert kinds()[asked.kind] is asked
        document = asked.__annotations__["subject"]
        assert any(ix.document["name"] == "untold_1" for ix in document.Settings.indexes)


async def test_telling_that_stops_is_an_alarm_and_one_that_goes_on_is_none(
    world: World, clock: ManualClock
) -> None:
    """A minute without progress, however long the whole takes; it clears when it goes on."""
    await world.crowd(MANY)
    keeper = AlarmKeeper(world.ops.desk, "hub-1")
    bulletin = await published(world)
    alarms = world.ops.desk.of(AlarmRepository).active
    for _ in range(2):
        clock.advance(seconds=59)
        await keeper.look()
        assert await alarms() == []
        await one_part(world, bulletin)
    clock.advance(seconds=61)
    await keeper.look()
    await AlarmKeeper(world.ops.desk, "hub-2").look()
    (alarm,) = await alarms()
    left = MANY - 2 * PART
    assert (alarm.kind, alarm.parts) == ("TELLING_LATE", left)
    assert all(name in alarm.message for name in bulletin.name)
    assert await world.ops.desk.of(Untold).count() == {"bulletin": left}
    await world.teller().step()
    await keeper.look()
    assert await alarms() == []
    assert await world.ops.desk.of(Untold).count() == {"bulletin": 0}


async def test_a_withdrawal_that_nobody_is_told_of_is_an_alarm_too(
    world: World, clock: ManualClock
) -> None:
    await world.crowd(MANY)
    bulletin = await published(world)
    await world.teller().step()
    clock.advance(hours=1)
    await withdrawn(world, bulletin)
    keeper = AlarmKeeper(world.ops.desk, "hub-1")
    await keeper.look()
    assert await world.ops.desk.of(AlarmRepository).active() == []
    clock.advance(seconds=61)
    await keeper.look()
    (alarm,) = await world.ops.desk.of(AlarmRepository).active()
    assert (alarm.kind, alarm.parts) == ("TELLING_LATE", MANY)


async def test_many_are_decided_on_at_once_and_told_in_parts(world: World):
    """The decision names all and tells nobody; then each is told once, with one wake-up."""
    people = await world.crowd(MANY)
    before = await world.counts()
    bulletin = await published(world)
    assert (len(bulletin.recipients), bulletin.untold) == (MANY, MANY)
    after = await world.counts()
    assert {name for name in after if after[name] != before[name]} == {
        "idempotency",
        "counters",
        "audit",
    }
    assert await one_part(world, bulletin) == PART
    assert (await read(bulletin)).untold == MANY - PART
    assert await world.teller().step() == MANY - PART
    assert await world.teller().step() == 0
    assert (await read(bulletin)).untold == 0
    assert set(await ledgers(bulletin)) == {one.account_id for one in people}
    assert {*map(tuple, (await news(bulletin)).values())} == {("PUBLISHED",)}
    assert await wakes(bulletin) == {"bulletin.created": MANY}


async def test_a_few_are_told_at_once(world: World):
    """In the transaction that decides it, with nothing left to do."""
    await world.crowd(PART)
    bulletin = await published(world)
    assert bulletin.untold == 0
    assert len(await ledgers(bulletin)) == PART
    assert (await withdrawn(world, bulletin)).untold == 0
    assert await wakes(bulletin) == {"bulletin.created": PART, "bulletin.cancelled": PART}


async def test_withdrawn_while_it_is_told(world: World):
    """Who had not been told never is; the others are told that it is gone, once each."""
    await world.crowd(MANY)
    bulletin = await published(world)
    await one_part(world, bulletin)
    (first, *_) = told = bulletin.recipients[:PART]
    await world.act(principal(first, Role.OFFICER, "RPS"), "bulletin.read", bulletinId=bulletin.id)
    gone = await withdrawn(world, bulletin)
    assert (gone.state, gone.recipients, gone.untold) == (BulletinState.WITHDRAWN, told, 0)
    assert await world.teller().step() == 0
    stages = await ledgers(bulletin)
    assert stages == {first: Stage.SEEN, **dict.fromkeys(told[1:], Stage.CANCELLED)}
    assert {states[-1] for states in (await news(bulletin)).values()} == {"WITHDRAWN"}
    assert await wakes(bulletin) == {"bulletin.created": PART, "bulletin.cancelled": PART - 1}


async def test_withdrawn_from_many_it_ends_in_parts(world: World, clock: ManualClock):
    """A phone holds what it was told until it is told more; meanwhile nobody is reminded, and who
    reads it has read it."""
    await world.crowd(MANY)
    bulletin = await published(world, remind_after_s=60)
    await world.teller().step()
    assert (await withdrawn(world, bulletin)).untold == MANY
    *_, reader = bulletin.recipients

    async def held() -> tuple[str, bool, str | None]:
        data = await held_by(world, reader)
        return data["state"], data["read"], data["text"]

    assert await held() == ("PUBLISHED", False, bulletin.text)
    clock.advance(minutes=2)
    assert await world.escalator().step() == 0
    head = (await world.ops.snapshot(reader)).next_cursor
    done = await world.act(
        principal(reader, Role.OFFICER, "RPS"), "bulletin.read", bulletinId=bulletin.id
    )
    assert (done.status, done.data["stage"]) == ("applied", "SEEN")
    assert await held() == ("PUBLISHED", True, bulletin.text)
    assert await world.teller().step() == MANY
    assert await held() == ("WITHDRAWN", True, None)
    page = await world.ops.sync(reader, head, 9)
    assert [change.data["state"] for change in page.changes] == ["PUBLISHED", "WITHDRAWN"]
    stages = await ledgers(bulletin)
    assert stages.pop(reader) is Stage.SEEN
    assert {*stages.values()} == {Stage.CANCELLED}
    assert await wakes(bulletin) == {"bulletin.created": MANY, "bulletin.cancelled": MANY - 1}
    assert await world.escalator().step() == 0


async def test_corrected_while_it_is_told(world: World):
    """The correction goes to all who were meant; each is woken once more at most, and who had the
    first is told that it is gone."""
    await world.crowd(MANY)
    first = await published(world)
    await one_part(world, first)
    second = await published(world, corrects=first.id)
    assert second.recipients == first.recipients
    assert (await read(first)).recipients == first.recipients[:PART]
    assert await world.teller().step() == MANY + PART
    assert set(await ledgers(second)) == set(second.recipients)
    assert {name: states[-1] for name, states in (await news(first)).items()} == dict.fromkeys(
        first.recipients[:PART], "WITHDRAWN"
    )
    assert await wakes(first) == {"bulletin.created": PART}
    assert await wakes(second) == {"bulletin.created": MANY}


async def test_a_correction_that_is_withdrawn_leaves_nobody_unwoken(world: World):
    """Who had the first and never got the second is woken for the end of the first."""
    await world.crowd(MANY)
    first = await published(world)
    await world.teller().step()
    second = await published(world, corrects=first.id)
    await one_part(world, second)
    await withdrawn(world, second)
    await world.teller().step()
    assert await wakes(first) == {"bulletin.created": MANY, "bulletin.cancelled": MANY - PART}
    assert await wakes(second) == {"bulletin.created": PART, "bulletin.cancelled": PART}
    assert {states[-1] for states in (await news(first)).values()} == {"WITHDRAWN"}


async def test_a_reader_who_has_left_meanwhile_is_not_asked(world: World):
    """Neither a ledger nor a wake-up, nor a place in the audience."""
    people = await world.crowd(MANY)
    left, promoted = people[1].account_id, people[-1].account_id
    bulletin = await published(world)
    await AccountDoc.find({"_id": left}).update({"$set": {"active": False}})
    await AccountDoc.find({"_id": promoted}).update({"$set": {"role": "WATCH"}})
    await world.teller().step()
    now = await read(bulletin)
    assert (len(now.recipients), now.untold) == (MANY - 2, 0)
    assert set(await ledgers(bulletin)) == set(now.recipients)
    assert not {left, promoted} & set(now.recipients)


async def test_the_most_urgent_is_told_first(world: World, clock: ManualClock):
    """However long the others have waited, also when it comes while they are being told."""
    await world.crowd(MANY)
    routine = await published(world)
    await one_part(world, routine)
    clock.advance(seconds=1)
    later = await published(world)
    urgent = await published(world, urgency="URGENT")
    await world.teller().step()
    *_, last = routine.recipients
    told = await InboxDoc.find({"account_id": last}).sort("seq").to_list()
    assert [row.data["id"] for row in told] == [urgent.id, routine.id, later.id]


async def test_two_tellers_tell_each_once(world: World):
    """At the same moment, as two leaders for a moment would, with readers reading."""
    await world.crowd(MANY)
    other = World(world.store, operations(world.store))
    bulletin = await published(world)

    async def all_of(of: World) -> None:
        while await one_part(of, bulletin):
            pass

    await asyncio.gather(all_of(world), all_of(other))
    assert {*map(len, (await news(bulletin)).values())} == {1}
    assert await wakes(bulletin) == {"bulletin.created": MANY}
    gone = await withdrawn(world, bulletin)
    reads = (
        other.act(principal(one, Role.OFFICER, "RPS"), "bulletin.read", bulletinId=bulletin.id)
        for one in gone.recipients[::10]
    )
    await asyncio.gather(all_of(world), all_of(other), *reads)
    assert {states[-1] for states in (await news(bulletin)).values()} == {"WITHDRAWN"}
    assert sum((await wakes(bulletin)).values()) <= 2 * MANY
    rows = await RecipientDoc.find({"subject_id": bulletin.id}).to_list()
    assert all(sum(li.stage is Stage.CANCELLED for li in row.entries) <= 1 for row in rows)
    assert {row.stage for row in rows} <= {Stage.SEEN, Stage.CANCELLED}
    for name in gone.recipients[::10]:
        last = await InboxDoc.find({"account_id": name}).sort("-seq").first_or_none()
        assert last is not None
        assert await held_by(world, name) == last.data


async def test_only_who_leads_tells(world: World):
    """Another process does so once the leader's lease has run out or was given back."""
    await world.crowd(MANY)
    leader = world.teller("leads")
    await leader._leader.acquire()
    bulletin = await published(world)
    assert await world.teller("waits").step() == 0
    await leader._leader.release()
    assert await world.teller("waits").step() == MANY
    assert (await read(bulletin)).untold == 0


async def test_a_decision_wakes_the_teller(world: World, monkeypatch: pytest.MonkeyPatch):
    """By the change stream, without waiting for its next look."""
    monkeypatch.setattr(parts, "POLL", 3600.0)
    await world.crowd(MANY)
    bus = Bus()
    tail = ChangeTail(world.store, bus, fresh("tail"))
    tasks = [asyncio.create_task(tail.run())]
    await tail.ready.wait()
    tasks.append(asyncio.create_task(Teller(world.ops.desk, bus, "woken").run()))
    try:
        async with asyncio.timeout(60):
            for _ in range(2):
                bulletin = await published(world)
                await world.until("bulletins", {"_id": bulletin.id, "untold": 0})
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_one_that_fails_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch):
    """The others are told in the same pass, and it is tried again in the next."""
    await world.crowd(MANY)
    bad, good = await published(world), await published(world)
    take_up = BulletinAsked.take_up

    async def failing(desk: Any, tx: Tx, subject_id: str) -> Any:
        if subject_id == bad.id:
            raise LookupError
        return await take_up(desk, tx, subject_id)

    monkeypatch.setattr(BulletinAsked, "take_up", failing)
    teller = world.teller()
    assert await teller.step() == MANY
    assert ((await read(bad)).untold, (await read(good)).untold) == (MANY, 0)
    monkeypatch.undo()
    assert await teller.step() == MANY


async def test_who_is_not_told_yet_may_come_again(world: World):
    """The console shows it before their phone has it: read too early is no wrong answer."""
    people = await world.crowd(MANY)
    bulletin = await published(world)
    with pytest.raises(RetryLater):
        await world.act(people[0], "bulletin.read", bulletinId=bulletin.id)
    stranger = await world.officer(unit="PSS")
    refused = await world.act(stranger, "bulletin.read", bulletinId=bulletin.id)
    assert (refused.status, refused.code) == ("rejected", "NOT_FOUND")
    await world.teller().step()
    done = await world.act(people[0], "bulletin.read", bulletinId=bulletin.id)
    assert done.status == "applied"


async def test_a_wake_up_of_a_part_is_pushed(world: World):
    """Like any other."""
    await world.crowd(MANY)
    one = await world.officer()
    await published(world)
    await world.teller().step()
    channel = FakeChannel()
    await world.send_all(channel)
    assert [(who, wake.topic) for who, wake in channel.sent] == [
        (one.account_id, "bulletin.created")
    ]


@pytest.mark.slow
async def test_a_teller_killed_again_and_again_tells_each_once(
    world: World, mongo_uri: str
) -> None:
    """Killed -9 in the middle of telling and of taking back: another goes on where it stopped."""
    await world.crowd(20 * PART)
    bulletin = await published(world)
    async with asyncio.timeout(100):
        await _killed_at(world, mongo_uri, 15 * PART)
        await _killed_at(world, mongo_uri, 8 * PART)
        await _killed_at(world, mongo_uri, 0)
        assert {*map(len, (await news(bulletin)).values())} == {1}
        assert await wakes(bulletin) == {"bulletin.created": 20 * PART}
        await withdrawn(world, bulletin)
        await _killed_at(world, mongo_uri, 12 * PART)
        await _killed_at(world, mongo_uri, 0)
    assert {*map(tuple, (await news(bulletin)).values())} == {("PUBLISHED", "WITHDRAWN")}
    assert {*(await ledgers(bulletin)).values()} == {Stage.CANCELLED}
    assert await wakes(bulletin) == dict.fromkeys(
        ("bulletin.created", "bulletin.cancelled"), 20 * PART
    )


async def _killed_at(world: World, uri: str, untold: int) -> None:
    """A teller that works until no more are left, and is killed then."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(SCRIPT),
        uri,
        world.store.db.name,
        stdout=PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        await world.until("bulletins", {"untold": {"$lte": untold}})
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
