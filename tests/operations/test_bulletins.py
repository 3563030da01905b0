"""Bulletins: whom they reach, who has read them, reminders, correction and withdrawal."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from operations_builders import FakeChannel, World, fresh, operations, principal

from hub.clock import ManualClock
from hub.errors import AccessDenied, NotFound, UserFault
from hub.model.operations import OrderPriority, Stage
from hub.model.people import Principal, Role
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.alarming.keeper import AlarmKeeper
from hub.operations.asking.audience import MOST, Audience, anybody_in
from hub.operations.asking.documents import RecipientDoc
from hub.operations.asking.lateness import watch_escalation
from hub.operations.asking.store import Recipients
from hub.operations.bulletins.actions import publish_bulletin, request_of, withdraw_bulletin
from hub.operations.bulletins.documents import BulletinDoc, BulletinState
from hub.operations.bulletins.store import BulletinRepository
from hub.operations.waking.channels import Outcome
from hub.store.documents import AccountDoc
from hub.store.driver import Tx


async def published(world: World, by: Principal | None = None, **given: Any) -> BulletinDoc:
    """A bulletin of the watch, or of somebody else."""
    asked = {"title": "北广场出口临时关闭", "text": "十八时至二十时请引导旅客走东侧"}
    request = request_of(**{**asked, **given})
    return await publish_bulletin(world.ops.desk, by or world.watch, request, fresh("key"))


async def withdrawn(world: World, by: Principal, bulletin: BulletinDoc) -> BulletinDoc:
    """Taken back by somebody."""
    asked = {"bulletin_id": bulletin.id, "reason": "误发", "key": fresh("key")}
    return await withdraw_bulletin(world.ops.desk, by, **asked)


async def stage_of(bulletin: BulletinDoc, officer: Principal) -> Stage:
    """How far it has come with one reader."""
    row = await RecipientDoc.get(f"{bulletin.id}:{officer.account_id}")
    assert row is not None
    return row.stage


async def told(world: World, officer: Principal) -> list[dict[str, Any]]:
    """The bulletins a phone with nothing would hold."""
    page = await world.ops.snapshot(officer.account_id)
    return [change.data for change in page.changes if change.entity == "bulletin"]


async def test_it_goes_to_units_persons_and_all_on_duty_once_each(world: World):
    """Whoever is meant twice has it once; who is off duty has it too, where a unit is meant."""
    one = await world.officer(unit="RPS")
    resting = await world.officer(unit="RPS", on_duty=False)
    other = await world.officer(unit="PSS")
    away = await world.officer(unit="PSS", on_duty=False)
    bulletin = await published(
        world, units=["RPS"], officers=[one.account_id], all_on_duty=True, urgency="URGENT"
    )
    assert set(bulletin.recipients) == {p.account_id for p in (one, resting, other)}
    assert bulletin.units == ["PSS", "RPS"]
    assert await told(world, away) == []
    (mine,) = await told(world, resting)
    assert (mine["number"], mine["read"], mine["state"]) == (bulletin.number, False, "PUBLISHED")


async def test_who_has_not_read_is_reminded_twice_and_who_has_is_not(
    world: World, clock: ManualClock
):
    """Pushed, read by one, the other is woken twice more; then the timer rests."""
    reader, forgetful = await world.officer(), await world.officer()
    names = [reader.account_id, forgetful.account_id]
    bulletin = await published(world, officers=names, remind_after_s=60)
    channel = FakeChannel()
    await world.send_all(channel)
    assert {wake.topic for _, wake in channel.sent} == {"bulletin.created"}
    read = await world.act(reader, "bulletin.read", bulletinId=bulletin.id, via="fcm")
    assert (read.status, read.data) == ("applied", {"bulletinId": bulletin.id, "stage": "SEEN"})
    channel.sent.clear()
    for _ in range(3):
        clock.advance(seconds=61)
        await world.escalator().step()
        await world.send_all(channel)
    assert [(who, wake.topic) for who, wake in channel.sent] == [
        (forgetful.account_id, "bulletin.reminded")
    ] * 2
    assert await stage_of(bulletin, reader) is Stage.SEEN
    assert await stage_of(bulletin, forgetful) is Stage.SENT


async def test_a_correction_takes_the_place_of_the_first(world: World):
    """It goes to whoever had that one; the first says so, and is read late without going back."""
    reader = await world.officer()
    first = await published(world, officers=[reader.account_id])
    second = await published(world, title="北广场出口恢复", corrects=first.id)
    assert (second.recipients, second.corrects) == ([reader.account_id], first.id)
    held = {item["id"]: item for item in await told(world, reader)}
    assert held[first.id]["state"] == BulletinState.WITHDRAWN
    assert held[first.id]["replacedBy"] == second.id
    late = await world.act(reader, "bulletin.read", bulletinId=first.id)
    assert (late.status, late.data["stage"]) == ("applied", "CANCELLED")


async def test_it_is_withdrawn_once_and_its_readers_are_told(world: World):
    """Who had not read it is woken; again is a repetition by key, and refused without."""
    reader = await world.officer()
    bulletin = await published(world, officers=[reader.account_id])
    asked = {"bulletin_id": bulletin.id, "reason": "误发", "key": "once"}
    first = await withdraw_bulletin(world.ops.desk, world.watch, **asked)
    again = await withdraw_bulletin(world.ops.desk, world.watch, **asked)
    assert first == again
    assert (first.state, first.reason) == (BulletinState.WITHDRAWN, "误发")
    (held,) = await told(world, reader)
    assert (held["state"], held["reason"], held["text"]) == ("WITHDRAWN", "误发", None)


@pytest.mark.parametrize("by", ["watch", "liaison of the same unit", "liaison of another unit"])
async def test_who_published_it_stands_on_it(world: World, by: str):
    """The centre's is nobody's unit's; a liaison's is the unit's, whoever it goes to."""
    reader = await world.officer(unit="PSS")
    units = {"liaison of the same unit": "PSS", "liaison of another unit": "SAN"}
    author = world.watch
    if by in units:
        author = await world.officer(role=Role.LIAISON, unit=units[by])
    bulletin = await published(world, author, officers=[reader.account_id])
    assert bulletin.unit == units.get(by)
    (held,) = await told(world, reader)
    assert held["unit"] == units.get(by)


async def test_each_sees_what_concerns_them(world: World):
    """The unit that published it and those of its readers, the readers; nobody else."""
    reader = await world.officer(unit="PSS")
    author = await world.officer(role=Role.LIAISON, unit="RPS")
    named = await world.officer(role=Role.LIAISON, unit=None)
    bulletin = await published(world, author, officers=[reader.account_id, named.account_id])
    see = {
        "author": author,
        "reader": reader,
        "their liaison": principal("l1", Role.LIAISON, "PSS"),
        "a liaison of no unit, named": named,
        "centre": world.watch,
    }
    blind = {
        "colleague": principal("o2", Role.OFFICER, "PSS"),
        "another liaison": principal("l2", Role.LIAISON, "SAN"),
        "a liaison of no unit": principal("l3", Role.LIAISON, None),
        "partner": principal("p1", Role.PARTNER, "PSS"),
        "partner of the author's unit": principal("p2", Role.PARTNER, "RPS"),
    }
    bulletins = world.ops.desk.of(BulletinRepository)
    for who, by in {**see, **blind}.items():
        found = await bulletins.page(by.viewer, first=9)
        assert [one.id for one in found] == [bulletin.id] * (who in see), who
        assert (await bulletins.get(bulletin.id, by.viewer) is not None) is (who in see), who
        assert (await bulletins.visible(by.viewer, [bulletin.id]) != {}) is (who in see), who


async def test_a_unit_sees_which_of_its_own_have_read(world: World):
    """Of the centre's, each sees its own people's ledgers; how many have read, whoever sees it."""
    ours, theirs = await world.officer(unit="RPS"), await world.officer(unit="PSS")
    names = [ours.account_id, theirs.account_id]
    bulletin = await published(world, officers=names)
    await world.act(theirs, "bulletin.read", bulletinId=bulletin.id)
    ledgers = world.ops.desk.of(Recipients)
    liaison = principal("l1", Role.LIAISON, "RPS").viewer
    rows = await ledgers.visible(liaison, [bulletin.id])
    assert [row.account_id for row in rows[bulletin.id]] == [ours.account_id]
    assert await ledgers.readers(liaison, [bulletin.id]) == {bulletin.id: 1}
    mine = await published(world, principal("l1", Role.LIAISON, "RPS"), officers=names)
    rows = await ledgers.visible(liaison, [mine.id])
    assert {row.account_id for row in rows[mine.id]} == set(names)


@pytest.mark.parametrize(
    ("role", "unit"),
    [(Role.OFFICER, "RPS"), (Role.PARTNER, "RPS"), (Role.LIAISON, None)],
)
async def test_who_may_not_publish_publishes_nothing(world: World, role: Role, unit: str | None):
    """Officers, partners, and a liaison of no unit, whose it would be."""
    reader = await world.officer()
    before = await world.counts()
    with pytest.raises(AccessDenied) as denied:
        await published(world, principal("x", role, unit), officers=[reader.account_id])
    assert denied.value.code == "FORBIDDEN"
    assert await world.counts() == before
    assert await BulletinDoc.find_all().count() == 0


async def test_only_its_own_unit_and_the_centre_change_it(world: World):
    """A liaison who received it may neither withdraw nor correct it; who cannot see it finds
    none."""
    receiving = await world.officer(role=Role.LIAISON, unit="PSS")
    elsewhere = await world.officer(role=Role.LIAISON, unit="SAN")
    author = await world.officer(role=Role.LIAISON, unit="RPS")
    bulletin = await published(world, author, officers=[receiving.account_id])
    for by, fault in ((receiving, AccessDenied), (elsewhere, NotFound)):
        before = await world.counts()
        with pytest.raises(fault):
            await published(world, by, corrects=bulletin.id)
        with pytest.raises(fault):
            await withdrawn(world, by, bulletin)
        assert await world.counts() == before
    assert (await withdrawn(world, author, bulletin)).state is BulletinState.WITHDRAWN


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({}, "AUDIENCE_EMPTY", ("audience",)),
        ({"units": ["MTR"]}, "AUDIENCE_EMPTY", ("audience",)),
        ({"units": ["RPS", "XXX"]}, "UNIT_UNKNOWN", ("audience", "units", "1")),
        ({"units": ["RPS"] * 201}, "AUDIENCE_COUNT", ("audience", "units")),
        ({"units": [7]}, "BAD_ID", ("audience", "units")),
        ({"officers": ["nobody"]}, "RECIPIENT_UNKNOWN", ("audience", "officers", "0")),
        ({"officers": ["reader", "gone"]}, "RECIPIENT_UNKNOWN", ("audience", "officers", "1")),
        ({"officers": ["reader", "boss"]}, "RECIPIENT_ROLE", ("audience", "officers", "1")),
        ({"officers": ["o"] * 201}, "AUDIENCE_COUNT", ("audience", "officers")),
        ({"officers": [""]}, "BAD_ID", ("audience", "officers")),
        ({"officers": ["reader"], "title": ""}, "BAD_TEXT", ("title",)),
        ({"officers": ["reader"], "text": "x" * 4001}, "BAD_TEXT", ("text",)),
        ({"officers": ["reader"], "urgency": "LOUD"}, "BAD_VALUE", ("urgency",)),
        ({"officers": ["reader"], "remind_after_s": 59}, "BAD_VALUE", ("remindAfterSeconds",)),
        ({"officers": ["reader"], "remind_after_s": 86_401}, "BAD_VALUE", ("remindAfterSeconds",)),
        ({"corrects": "nothing"}, "NOT_FOUND", ("corrects",)),
        ({"corrects": ""}, "BAD_ID", ("corrects",)),
    ],
)
async def test_what_cannot_be_published_says_where(
    world: World, given: dict[str, Any], code: str, path: tuple[str, ...]
):
    """By the argument's own name; nothing is written, and no number is spent."""
    await world.officer("reader")
    await world.officer("gone", active=False)
    await world.officer("boss", role=Role.COMMANDER)
    before = await world.counts()
    with pytest.raises(UserFault) as refused:
        await published(world, **given)
    assert (refused.value.code, refused.value.path) == (code, path)
    assert await world.counts() == before


@pytest.mark.slow
async def test_ten_thousand_may_read_one_and_no_more(world: World):
    """A unit of five hundred is told in parts, and so is what corrects it; one person more than ten
    thousand, or a longer text to so many, is too much."""
    reader = await world.officer(unit="RPS")
    account = await AccountDoc.get(reader.account_id)
    assert account is not None

    def more(many: range) -> list[AccountDoc]:
        return [account.model_copy(update={"id": f"m{n}", "login": f"m{n}"}) for n in many]

    await AccountDoc.insert_many(more(range(499)))
    long = "通" * 2000
    bulletin = await published(world, units=["RPS"], text=long)
    assert len(bulletin.recipients) == 500
    assert await world.teller().step() == 500
    written = await world.counts()
    assert (written["recipients"], written["inbox"], written["outbox"]) == (500, 500, 500)
    audit = world.store.db["audit"]
    assert await audit.count_documents({"action": "bulletin.published"}) == 1
    read = await world.act(principal("m7", Role.OFFICER), "bulletin.read", bulletinId=bulletin.id)
    assert read.status == "applied"
    second = await published(world, corrects=bulletin.id, text=long)
    assert second.recipients == bulletin.recipients
    assert (await withdrawn(world, world.watch, second)).state is BulletinState.WITHDRAWN
    await AccountDoc.insert_many(more(range(499, MOST)))
    before = await world.counts()
    for given in ({}, {"text": f"{long}通"}):
        with pytest.raises(UserFault) as refused:
            await published(world, units=["RPS"], **given)
        assert (refused.value.code, refused.value.path) == ("AUDIENCE_COUNT", ("audience",))
        await AccountDoc.find({"_id": f"m{MOST - 1}"}).delete()
    assert await world.counts() == before


async def test_a_correction_wakes_each_reader_once(world: World):
    """Not for the first that is gone as well as for the second; who only had the first is woken."""
    both, first_only = await world.officer(), await world.officer()
    first = await published(world, officers=[both.account_id, first_only.account_id])
    channel = FakeChannel()
    await world.send_all(channel)
    channel.sent.clear()
    await published(world, corrects=first.id, officers=[both.account_id])
    await world.send_all(channel)
    assert {(who, wake.topic) for who, wake in channel.sent} == {
        (both.account_id, "bulletin.created"),
        (first_only.account_id, "bulletin.cancelled"),
    }
    assert len(channel.sent) == 2


async def test_its_ledgers_go_when_it_goes(world: World):
    """Four hundred days after it was published, whenever it was read or withdrawn."""
    one, other = await world.officer(), await world.officer()
    names = [one.account_id, other.account_id]
    bulletin = await published(world, officers=names)
    await world.act(one, "bulletin.read", bulletinId=bulletin.id)
    await withdrawn(world, world.watch, bulletin)
    rows = await RecipientDoc.find({"subject_id": bulletin.id}).to_list()
    until = bulletin.created_at + timedelta(days=400)
    assert [row.keep_until for row in rows] == [until] * 2
    assert (BulletinDoc.keep.since, BulletinDoc.keep.days) == ("created_at", 400)
    assert (RecipientDoc.keep.since, RecipientDoc.keep.days) == ("keep_until", 0)


async def test_a_push_says_what_it_is_about_and_nothing_of_it(world: World, clock: ManualClock):
    """Created, reminded, cancelled, as loud as it is urgent; a reader is not woken again."""
    reader, forgetful = await world.officer(), await world.officer()
    names = [reader.account_id, forgetful.account_id]
    bulletin = await published(world, officers=names, urgency="ROUTINE", remind_after_s=60)
    channel = FakeChannel()
    await world.send_all(channel)
    await world.act(reader, "bulletin.read", bulletinId=bulletin.id)
    clock.advance(seconds=61)
    await world.escalator().step()
    await world.send_all(channel)
    await withdrawn(world, world.watch, bulletin)
    await world.send_all(channel)
    assert [(who, wake.topic) for who, wake in channel.sent[2:]] == [
        (forgetful.account_id, "bulletin.reminded"),
        (forgetful.account_id, "bulletin.cancelled"),
    ]
    assert sorted((who, wake.topic) for who, wake in channel.sent[:2]) == [
        (name, "bulletin.created") for name in sorted(names)
    ]
    assert {wake.priority for _, wake in channel.sent} == {OrderPriority.ROUTINE}
    assert bulletin.id not in repr(channel.sent)
    assert bulletin.title not in repr(channel.sent)


async def test_who_is_off_duty_is_told_by_sync_alone(world: World, clock: ManualClock):
    """No wake-up, no alarm, nobody else in their place; reading at home counts."""
    resting = await world.officer(on_duty=False)
    bulletin = await published(world, officers=[resting.account_id], remind_after_s=60)
    channel = FakeChannel()
    for _ in range(4):
        await world.send_all(channel)
        clock.advance(seconds=61)
        await world.escalator().step()
    assert channel.sent == []
    assert await AlarmDoc.find_all().count() == 0
    assert await stage_of(bulletin, resting) is Stage.QUEUED
    await world.act(resting, "bulletin.read", bulletinId=bulletin.id)
    assert await stage_of(bulletin, resting) is Stage.SEEN


async def test_signing_out_passes_no_bulletin_on(world: World):
    """It stays the reader's: nobody reads it for another."""
    reader = await world.officer()
    bulletin = await published(world, officers=[reader.account_id])
    out = await world.act(reader, "duty.signOut")
    assert (out.status, out.data["openOrders"]) == ("applied", 0)
    assert await stage_of(bulletin, reader) is Stage.QUEUED
    (held,) = await told(world, reader)
    assert held["read"] is False


async def test_read_is_read_from_whichever_phone(world: World):
    """Read once, received late: each has its line; a second reading is a repetition."""
    reader = await world.officer()
    bulletin = await published(world, officers=[reader.account_id])
    asked = {"bulletinId": bulletin.id}
    first = await world.act(reader, "bulletin.read", **asked, via="fcm", note="已传达")
    again = await world.act(reader, "bulletin.read", **asked, device="other")
    late = await world.act(reader, "bulletin.received", **asked)
    assert [first.status, again.status, late.status] == ["applied", "duplicate", "applied"]
    assert again.code == "ALREADY_RECORDED"
    row = await RecipientDoc.get(f"{bulletin.id}:{reader.account_id}")
    assert row is not None
    assert [line.stage for line in row.entries] == [Stage.QUEUED, Stage.SEEN, Stage.RECEIVED]
    assert (row.stage, row.next_step_at, row.entries[1].note) == (Stage.SEEN, None, "已传达")
    assert row.entries[1].channel == "fcm"


async def test_nobody_reads_anothers(world: World):
    """A bulletin to somebody else is not there."""
    reader, other = await world.officer(), await world.officer()
    bulletin = await published(world, officers=[reader.account_id])
    before = await world.counts()
    refused = await world.act(other, "bulletin.read", bulletinId=bulletin.id)
    assert (refused.status, refused.code) == ("rejected", "NOT_FOUND")
    assert refused.path == ("body", "bulletinId")
    assert await world.counts() == before


async def test_whoever_is_told_may_be_nobody(world: World):
    """Where nobody is asked: the only officer of a unit has done something."""
    alone = await world.officer(unit="CCT")
    unit, desk = Audience(units=("CCT",)), world.ops.desk

    async def work(tx: Tx) -> list[str]:
        found = await anybody_in(desk, tx, unit, alone.viewer, without=alone.account_id)
        return [one.id for one in found]

    assert await desk.store.transaction(work) == []
    second = await world.officer(unit="CCT")
    assert await desk.store.transaction(work) == [second.account_id]


async def test_a_correction_reaches_who_is_still_there(world: World):
    """Who has left since, or may not be asked any more, stops no correction; with nobody left it
    says so, and the first stands."""
    stays, leaves = await world.officer(), await world.officer()
    first = await published(world, officers=[stays.account_id, leaves.account_id])
    await AccountDoc.find({"_id": leaves.account_id}).update({"$set": {"active": False}})
    second = await published(world, corrects=first.id)
    assert second.recipients == [stays.account_id]
    await AccountDoc.find({"_id": stays.account_id}).update({"$set": {"role": "WATCH"}})
    with pytest.raises(UserFault) as refused:
        await published(world, corrects=second.id)
    assert refused.value.code == "AUDIENCE_EMPTY"
    standing = await BulletinDoc.get(second.id)
    assert standing is not None
    assert standing.state is BulletinState.PUBLISHED


async def test_a_correction_may_go_to_others(world: World):
    """Who had the first, and does not get the second, is told that the first is withdrawn."""
    one, other = await world.officer(), await world.officer()
    first = await published(world, officers=[one.account_id])
    second = await published(world, corrects=first.id, officers=[other.account_id])
    assert second.recipients == [other.account_id]
    (held,) = await told(world, one)
    assert (held["id"], held["state"], held["replacedBy"]) == (first.id, "WITHDRAWN", second.id)
    with pytest.raises(UserFault) as refused:
        await published(world, corrects=first.id)
    assert (refused.value.code, refused.value.path) == ("BULLETIN_WITHDRAWN", ("corrects",))
    with pytest.raises(UserFault) as refused:
        await withdrawn(world, world.watch, first)
    assert (refused.value.code, refused.value.path) == ("BULLETIN_WITHDRAWN", ("bulletin",))


async def test_one_that_is_withdrawn_reminds_nobody(world: World, clock: ManualClock):
    """Its timers rest."""
    reader = await world.officer()
    bulletin = await published(world, officers=[reader.account_id], remind_after_s=60)
    await withdrawn(world, world.watch, bulletin)
    clock.advance(hours=1)
    channel = FakeChannel()
    await world.send_all(channel)
    assert await world.escalator().step() == 0
    assert [wake.topic for _, wake in channel.sent] == ["bulletin.cancelled"]


async def test_withdrawn_while_it_is_read(world: World):
    """In two processes, at the same moment, again and again: both happen, neither undoes the other,
    and every phone that follows holds what a fresh one is told."""
    other = World(world.store, operations(world.store))
    readers = [await world.officer() for _ in range(8)]
    names = [reader.account_id for reader in readers]
    for _ in range(5):
        bulletin = await published(world, officers=names)
        heads = {name: (await world.ops.snapshot(name)).next_cursor for name in names}
        reads = (other.act(one, "bulletin.read", bulletinId=bulletin.id) for one in readers)
        gone, *read = await asyncio.gather(withdrawn(world, world.watch, bulletin), *reads)
        assert gone.state is BulletinState.WITHDRAWN
        assert {result.status for result in read} == {"applied"}
        for reader in readers:
            row = await RecipientDoc.get(f"{bulletin.id}:{reader.account_id}")
            assert row is not None
            assert row.stage in {Stage.SEEN, Stage.CANCELLED}
            assert sum(line.stage is Stage.SEEN for line in row.entries) == 1
            assert row.next_step_at is None
            page = await world.ops.sync(reader.account_id, heads[reader.account_id], 50)
            last = [one.data for one in page.changes if one.data["id"] == bulletin.id][-1]
            assert last == next(
                one for one in await told(world, reader) if one["id"] == bulletin.id
            )
            assert (last["state"], last["read"]) == ("WITHDRAWN", True)


async def test_two_processes_publish_one_key_once(world: World):
    """Whoever is second is answered what the first has done."""
    other = World(world.store, operations(world.store))
    reader = await world.officer()
    request = request_of(title="一", text="二", officers=[reader.account_id])
    asked = (publish_bulletin(w.ops.desk, w.watch, request, "k") for w in (world, other) * 4)
    found = await asyncio.gather(*asked)
    assert len({one.id for one in found}) == 1
    assert await BulletinDoc.find_all().count() == 1
    assert len(await told(world, reader)) == 1
    audit = world.store.db["audit"]
    assert await audit.count_documents({"action": "bulletin.published"}) == 1


async def test_two_processes_remind_once(world: World, clock: ManualClock):
    """Two leaders for a moment wake nobody twice."""
    reader = await world.officer()
    await published(world, officers=[reader.account_id], remind_after_s=60)
    channel = FakeChannel()
    await world.send_all(channel)
    clock.advance(seconds=61)
    await asyncio.gather(*(world.escalator().step() for _ in range(4)))
    await world.send_all(channel)
    assert [wake.topic for _, wake in channel.sent] == ["bulletin.created", "bulletin.reminded"]


async def test_late_reminders_are_no_late_orders(world: World, clock: ManualClock):
    """Neither in the alarm of late escalations nor in its metrics: nobody else would be asked."""
    reader = await world.officer()
    await published(world, officers=[reader.account_id], remind_after_s=60)
    clock.advance(minutes=2)
    await AlarmKeeper(world.ops.desk, "hub-1").watch(watch_escalation)
    assert await AlarmDoc.find_all().to_list() == []
    metrics = await world.ops.metrics()
    assert (metrics.unacknowledged, metrics.overdue) == (0, 0)


async def test_who_is_off_duty_is_reminded_when_they_sign_in(world: World, clock: ManualClock):
    """No reminder is used up on somebody who is not woken."""
    resting = await world.officer(on_duty=False)
    bulletin = await published(world, units=["RPS"], remind_after_s=60)
    channel = FakeChannel()
    for _ in range(4):
        await world.send_all(channel)
        clock.advance(seconds=61)
        await world.escalator().step()
    assert channel.sent == []
    await world.act(resting, "duty.signIn")
    await world.escalator().step()
    await world.send_all(channel)
    assert [wake.topic for _, wake in channel.sent] == ["bulletin.reminded"]
    row = await RecipientDoc.get(f"{bulletin.id}:{resting.account_id}")
    assert row is not None
    assert row.reminded == 1


async def test_an_order_does_not_wait_behind_a_bulletin(world: World):
    """However many have a bulletin to come: what an escalation waits on has places of its own."""
    readers = [await world.officer() for _ in range(3)]
    await published(world, officers=[reader.account_id for reader in readers], urgency="URGENT")
    stuck, held = FakeChannel(), asyncio.Event()

    async def never(_device: Any, _wake: Any) -> Outcome:
        await held.wait()
        return Outcome.sent()

    stuck.answer = never
    beside = world.dispatcher(stuck, "beside", ranks=[1], in_flight=1)
    taking = asyncio.create_task(beside.take_all())
    await stuck.taken.wait()
    ordered = await world.officer()
    await world.order(ordered)
    channel = FakeChannel()
    await world.send_all(channel, ranks=[0])
    assert [(who, wake.topic) for who, wake in channel.sent] == [
        (ordered.account_id, "order.created")
    ]
    held.set()
    await taking
    await beside.drain(30)


async def test_whom_a_bulletin_will_not_wake_is_said(world: World) -> None:
    """To the centre by name, to a liaison only those of its own unit; it is published all the
    same, and says so again when it is sent again."""
    fine, silent = await world.officer(), await world.officer(phone=False)
    other = await world.officer(phone=False, unit="MTR")
    names = [one.account_id for one in (fine, silent, other)]
    said = [(one.code, one.path) for one in (await published(world, officers=names)).warnings]
    assert said == [("RECIPIENT_NO_PUSH", ["audience"])] * 2
    liaison = await world.officer(role=Role.LIAISON, unit="RPS")
    mine, more = (await published(world, liaison, officers=names)).warnings
    assert f"队员{silent.login}" in mine.message
    assert more.message == "另有 1 人同此 / And 1 more."
    (only,) = (await published(world, liaison, officers=[other.account_id])).warnings
    assert only.message == "1 人无可推送的手机 / 1 have no phone that can be woken."
    assert (await published(world, officers=[fine.account_id])).warnings == []
    world.ops = operations(world.store, channels=frozenset())
    (only,) = (await published(world, officers=names)).warnings
    assert (only.code, only.path) == ("PUSH_NOT_CONFIGURED", [])
