"""Wake-ups: who is woken, once, and what happens when that fails."""

import asyncio
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from random import Random

import pytest
import structlog.testing
from operations_builders import FakeChannel, World, fresh

from hub import clock as hub_clock
from hub.bus import Bus, Change, ChangeKind, Cursor
from hub.clock import ManualClock
from hub.model.operations import OrderPriority, Stage
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.orders.actions import cancel_order
from hub.operations.waking import dispatcher as dispatcher_module
from hub.operations.waking.channels import Outcome, Wake
from hub.operations.waking.delivery import LONGEST_BACKOFF, SYNC_GRACE, backoff
from hub.operations.waking.dispatcher import Dispatcher
from hub.store.documents import DeviceDoc, OutboxDoc


def _always(outcome: Outcome) -> FakeChannel:
    return FakeChannel(lambda _device, _wake: outcome)


async def _row() -> OutboxDoc:
    row = await OutboxDoc.find_one()
    assert row is not None
    return row


async def test_a_wake_up_is_opaque_and_sent_once(world: World) -> None:
    """The push service learns an id, a topic and a priority; a second pass sends nothing."""
    officer = await world.officer()
    order = await world.order(officer, priority="ROUTINE")
    channel = FakeChannel()
    assert await world.send_all(channel) == 1
    assert await world.send_all(channel) == 0
    row = await _row()
    assert channel.sent == [
        (officer.account_id, Wake(row.id, "order.created", OrderPriority.ROUTINE))
    ]
    assert (row.state, row.attempts, row.sent_at is None) == ("SENT", 1, False)
    assert (await world.ledger(order, officer)).stage is Stage.SENT


async def test_sent_never_moves_a_stage_back(world: World) -> None:
    """A phone that synced before its push was sent stays at seen; the sending is recorded."""
    officer = await world.officer()
    order = await world.order(officer)
    await world.act(officer, "order.seen", orderId=order.id)
    await world.send_all(FakeChannel())
    ledger = await world.ledger(order, officer)
    assert (ledger.stage, ledger.entries[-1].stage) == (Stage.SEEN, Stage.SENT)
    assert ledger.next_step_at is not None


async def test_every_phone_of_the_officer_is_woken(world: World) -> None:
    """All phones are woken, and one that takes it is enough."""
    officer = await world.officer()
    await world.phone(officer.account_id, "tablet")
    await world.order(officer)
    channel = FakeChannel(
        lambda device, _wake: (
            Outcome.retry("busy") if device.device_id == "phone" else Outcome.sent()
        )
    )
    await world.send_all(channel)
    assert len(channel.sent) == 2
    assert (await _row()).state == "SENT"


async def test_signed_out_officers_are_never_paged(world: World, clock: ManualClock) -> None:
    """Whoever went off duty after the dispatch is not woken, and the order moves on at once."""
    officer, fallback = await world.officer(), await world.officer()
    order = await world.order(officer, escalation=[fallback.account_id])
    await world.store.db["accounts"].update_one(
        {"_id": officer.account_id}, {"$set": {"duty.on": False}}
    )
    channel = FakeChannel()
    await world.send_all(channel)
    assert channel.sent == []
    assert (await world.outbox())[officer.account_id] == "SKIPPED"
    assert "off duty" in ((await world.ledger(order, officer)).entries[-1].note or "")
    assert await world.escalator().step() == 1
    await world.send_all(channel)
    assert channel.woken == [fallback.account_id]


async def test_without_a_phone_the_order_waits_for_sync(world: World) -> None:
    """No phone, or none a channel can wake: noted in the ledger, and the timer runs."""
    nobody, other = await world.officer(phone=False), await world.officer(phone=False)
    await world.phone(other.account_id, channel="webpush")
    order = await world.order(nobody, other)
    await world.send_all(FakeChannel())
    assert set((await world.outbox()).values()) == {"NO_DEVICE"}
    for officer in (nobody, other):
        ledger = await world.ledger(order, officer)
        assert (ledger.stage, ledger.next_step_at is None) == (Stage.QUEUED, False)
        assert "sync" in (ledger.entries[-1].note or "")


async def test_what_is_found_after_an_answer_is_no_step_of_theirs(world: World) -> None:
    """That there is no phone to wake: an entry of it would read like a second acceptance."""
    officer = await world.officer(phone=False)
    order = await world.order(officer)
    await world.act(officer, "order.accepted", orderId=order.id)
    before = (await world.ledger(order, officer)).entries
    await world.send_all(FakeChannel())
    assert set((await world.outbox()).values()) == {"NO_DEVICE"}
    assert (await world.ledger(order, officer)).entries == before


async def test_an_order_that_was_taken_back_wakes_nobody_for_it(world: World) -> None:
    """Of a cancelled order only the cancellation is sent."""
    officer = await world.officer()
    order = await world.order(officer)
    await cancel_order(
        world.ops.desk, world.watch, order_id=order.id, reason="误报", key=fresh("key")
    )
    channel = FakeChannel()
    assert await world.send_all(channel) == 2
    assert [wake.topic for _, wake in channel.sent] == ["order.cancelled"]
    assert (await world.ledger(order, officer)).stage is Stage.CANCELLED


async def test_a_dead_token_is_removed_and_never_tried_again(
    world: World, clock: ManualClock
) -> None:
    """A token the vendor no longer knows is forgotten; the order stays reachable by sync.

    There was a phone to wake when the order was given, and nobody was warned: so it is an alarm,
    and the next is asked soon.
    """
    officer = await world.officer()
    order = await world.order(officer, accept_within_s=900)
    channel = _always(Outcome.dead_token())
    await world.send_all(channel)
    device = await DeviceDoc.find_one({"account_id": officer.account_id})
    assert device is not None
    assert (device.push_token, device.push_channel) == (None, None)
    assert (await _row()).state == "DEAD"
    (alarm,) = await AlarmDoc.find({"active": True}).to_list()
    assert (alarm.kind, alarm.account_id) == ("WAKE_UP_DEAD", officer.account_id)
    ledger = await world.ledger(order, officer)
    assert ledger.unwoken
    assert ledger.next_step_at is not None
    assert ledger.next_step_at <= clock() + SYNC_GRACE
    await world.order(officer)
    await world.send_all(channel)
    assert len(channel.sent) == 1


async def test_a_failed_send_is_tried_again_later(world: World, clock: ManualClock) -> None:
    """A retry waits at least as long as the vendor asks, under the same event id."""
    await world.order(await world.officer())
    answers = iter([Outcome.retry("429", after=7), Outcome.sent()])
    channel = FakeChannel(lambda _device, _wake: next(answers))
    await world.send_all(channel)
    row = await _row()
    assert (row.state, row.attempts, row.last_error) == ("QUEUED", 1, "429")
    clock.advance(seconds=6.5)
    assert await world.send_all(channel) == 0
    clock.advance(seconds=1)
    assert await world.send_all(channel) == 1
    assert (await _row()).state == "SENT"
    assert len({wake.event_id for _, wake in channel.sent}) == 1


def test_backoff_doubles_up_to_its_limit() -> None:
    """Half a second, doubled with each failure, thirty at most, spread by up to one half."""
    assert [backoff(n, 1.0) for n in (0, 1, 2, 3)] == [0.5, 1.0, 2.0, 4.0]
    assert backoff(50, 1.0) == LONGEST_BACKOFF
    assert backoff(0, 0.0) == 0.25


async def test_a_dead_letter_raises_an_alarm_and_escalates(
    world: World, clock: ManualClock
) -> None:
    """After five minutes of failures: an error in the log, a timeline entry, the next person."""
    officer, fallback = await world.officer(), await world.officer()
    order = await world.order(officer, escalation=[fallback.account_id], accept_within_s=3600)
    channel = _always(Outcome.retry("503"))
    await world.send_all(channel)
    with structlog.testing.capture_logs() as logs:
        for _ in range(12):
            clock.advance(seconds=30)
            await world.send_all(channel)
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["wake_up_dead"]
    row = await _row()
    assert row.state == "DEAD"
    assert "push.failed" in await world.timeline(order.incident_id)
    assert await world.escalator().step() == 1
    assert await world.stages(order) == {
        officer.account_id: Stage.ESCALATED,
        fallback.account_id: Stage.QUEUED,
    }


async def test_a_dead_letter_does_not_pass_on_an_order_that_was_seen(
    world: World, clock: ManualClock
) -> None:
    """Push may fail as it likes: an officer who has the order on the phone keeps the time given."""
    officer = await world.officer()
    order = await world.order(officer, accept_within_s=3600)
    await world.act(officer, "order.seen", orderId=order.id)
    await world.send_all(_always(Outcome.failed("400")))
    assert (await _row()).state == "DEAD"
    clock.advance(minutes=5)
    assert await world.escalator().step() == 0


async def test_a_refused_credential_leaves_time_to_sync(world: World, clock: ManualClock) -> None:
    """A push refused for good is an alarm at once, but the next person is asked only after a while.

    Otherwise one bad key would race every order through its whole escalation list.
    """
    officer = await world.officer()
    await world.order(officer, accept_within_s=3600)
    await world.send_all(_always(Outcome.failed("401")))
    assert (await _row()).state == "DEAD"
    clock.advance(seconds=SYNC_GRACE.total_seconds() - 1)
    assert await world.escalator().step() == 0
    clock.advance(seconds=2)
    assert await world.escalator().step() == 1


async def test_a_channel_that_hangs_is_cut_off(world: World) -> None:
    """A send has its time limit here too, whatever the channel does."""
    await world.order(await world.officer())

    async def hang(_device: DeviceDoc, _wake: Wake) -> Outcome:
        await asyncio.Event().wait()
        raise AssertionError

    await world.send_all(FakeChannel(hang), send_timeout=0.05)
    row = await _row()
    assert (row.state, "did not answer" in (row.last_error or "")) == ("QUEUED", True)


async def test_one_bad_row_holds_up_no_other(world: World) -> None:
    """While one send hangs and one fails by a defect, the others go out."""
    stuck, defect, fine = [await world.officer() for _ in range(3)]
    await world.order(stuck, defect, fine)
    release = asyncio.Event()

    async def answer(device: DeviceDoc, _wake: Wake) -> Outcome:
        if device.account_id == stuck.account_id:
            await release.wait()
        if device.account_id == defect.account_id:
            raise RuntimeError("a defect")
        return Outcome.sent()

    channel = FakeChannel(answer)
    dispatcher = world.dispatcher(channel)
    assert await dispatcher.take_all() == 3
    async with asyncio.timeout(60):
        await world.until("outbox", {"account_id": fine.account_id, "state": "SENT"})
    assert (await world.outbox())[stuck.account_id] == "QUEUED"
    release.set()
    await dispatcher.drain(10)
    states = await world.outbox()
    assert (states[stuck.account_id], states[defect.account_id]) == ("SENT", "QUEUED")


async def test_a_locked_row_holds_up_no_other(world: World) -> None:
    """A row that a killed process has left locked waits; those behind it are sent."""
    locked, fine = await world.officer(), await world.officer()
    await world.order(locked)
    await world.order(fine)
    channel = FakeChannel()
    async with world.held("outbox", {"account_id": locked.account_id}):
        assert await world.send_all(channel) == 1
        assert channel.woken == [fine.account_id]
    assert await world.send_all(channel) == 1
    assert channel.woken == [fine.account_id, locked.account_id]


async def test_a_crash_between_lease_and_send_loses_nothing(world: World) -> None:
    """A worker that dies with a leased row leaves it to the next one, under the same event id."""
    officer = await world.officer()
    order = await world.order(officer)

    def die(_device: DeviceDoc, _wake: Wake) -> Outcome:
        raise asyncio.CancelledError

    dying, next_one = FakeChannel(die), FakeChannel()
    await world.send_all(dying, owner="dying")
    assert (await _row()).state == "QUEUED"
    assert await world.send_all(next_one, owner="next") == 0  # the lease still stands
    await world.expire_leases()
    assert await world.send_all(next_one, owner="next") == 1
    assert dying.sent == next_one.sent
    assert (await world.ledger(order, officer)).stage is Stage.SENT


async def test_a_worker_that_lost_its_lease_writes_nothing(world: World) -> None:
    """The fence lets only the last holder of a lease settle the row, also while it still sends."""
    officer = await world.officer()
    order = await world.order(officer)
    going_on = {name: asyncio.Event() for name in ("first", "second")}
    workers = {}
    for name, event in going_on.items():

        async def slow(_device: DeviceDoc, _wake: Wake, event: asyncio.Event = event) -> Outcome:
            await event.wait()
            return Outcome.sent()

        channel = FakeChannel(slow)
        workers[name] = world.dispatcher(channel, name)
        assert await workers[name].take_all() == 1
        await channel.taken.wait()
        if name == "first":
            await world.expire_leases()
    leased = await _row()
    going_on["first"].set()
    await workers["first"].drain(10)
    assert await _row() == leased
    going_on["second"].set()
    await workers["second"].drain(10)
    assert (await _row()).state == "SENT"
    entries = (await world.ledger(order, officer)).entries
    assert [line.stage for line in entries] == [Stage.QUEUED, Stage.SENT]


async def test_two_dispatchers_never_send_the_same_row(world: World) -> None:
    """Within a lease a row belongs to one worker, however many there are."""
    officers = [await world.officer() for _ in range(20)]
    await world.order(*officers)
    channel = FakeChannel()
    workers = [world.dispatcher(channel, f"worker-{n}", in_flight=4) for n in range(2)]
    await asyncio.gather(*(worker.take_all() for worker in workers))
    await asyncio.gather(*(worker.drain(30) for worker in workers))
    assert Counter(channel.woken) == {officer.account_id: 1 for officer in officers}
    assert set((await world.outbox()).values()) == {"SENT"}


async def test_pushes_that_fail_now_and_then_all_arrive(world: World, clock: ManualClock) -> None:
    """With one send in ten failing, every officer is woken in the end."""
    officers = [await world.officer() for _ in range(40)]
    await world.order(*officers, accept_within_s=600)
    dice = Random(7)
    channel = FakeChannel(
        lambda _device, _wake: Outcome.retry("500") if dice.random() < 0.1 else Outcome.sent()
    )
    for _ in range(8):
        await world.send_all(channel)
        clock.advance(seconds=5)
    assert set((await world.outbox()).values()) == {"SENT"}
    assert set(channel.woken) == {officer.account_id for officer in officers}
    assert len(channel.sent) > len(officers)


async def test_a_change_of_the_outbox_wakes_the_dispatcher(world: World) -> None:
    """A running dispatcher sends at once when told of a new row, and stops when told to."""
    channel, bus = FakeChannel(), Bus()
    running = asyncio.create_task(Dispatcher(world.ops.desk, bus, {"fcm": channel}, "one").run())
    officer = await world.officer()
    await world.order(officer)
    row = await _row()
    bus.publish(Change(Cursor(1, 1, 1), "outbox", ChangeKind.INSERTED, row.id))
    async with asyncio.timeout(60):
        await channel.taken.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await _row()).state == "SENT"  # the send in hand was finished


async def test_the_backlog_tells_its_age(world: World, clock: ManualClock) -> None:
    """Age counts from when a wake-up was queued; lag only from when it was due."""
    metrics = await world.ops.metrics()
    assert (metrics.oldest_unsent, metrics.oldest_unacknowledged) == (None, None)
    assert metrics.dispatch_lag == await world.ops.dispatch_lag() == 0.0
    await world.order(await world.officer())
    clock.advance(seconds=20)
    await world.send_all(_always(Outcome.retry("503", after=30)))
    clock.advance(seconds=10)
    metrics = await world.ops.metrics()
    assert metrics.oldest_unsent == pytest.approx(30, abs=0.01)
    assert metrics.oldest_unacknowledged == pytest.approx(30, abs=0.01)
    assert metrics.dispatch_lag == await world.ops.dispatch_lag() == 0.0
    clock.advance(seconds=25)
    assert await world.ops.dispatch_lag() == pytest.approx(5, abs=0.01)
    clock.advance(seconds=10)
    metrics = await world.ops.metrics()
    assert (metrics.unsent, metrics.unacknowledged, metrics.overdue, metrics.dead) == (1, 1, 1, 0)


async def test_writing_down_what_was_sent_holds_up_no_send(world: World) -> None:
    """A place at the push service is free once the send is over, also while its incident cannot be
    written. No more is in hand then than four times the places, however many come free at once.
    """
    officers = [await world.officer() for _ in range(15)]
    order = await world.order(*officers)
    eleven, twelve, in_hand = asyncio.Event(), asyncio.Event(), []
    go_on = asyncio.Event()

    async def taken(_device: DeviceDoc, _wake: Wake) -> Outcome:
        in_hand.append(len(dispatcher._sending))
        if len(in_hand) == 11:
            eleven.set()
        if len(in_hand) == 12:
            twelve.set()
        if len(in_hand) in {1, 2, 11}:
            await go_on.wait()
        return Outcome.sent("vendor-id")

    dispatcher = world.dispatcher(FakeChannel(taken), in_flight=3)
    async with world.store.lanes.held(order.incident_id):
        taking = asyncio.create_task(dispatcher.take_all())
        async with asyncio.timeout(30):
            await eleven.wait()
            go_on.set()
            await twelve.wait()
    assert await taking == 15
    await dispatcher.drain(30)
    assert max(in_hand) == 12
    assert set((await world.stages(order)).values()) == {Stage.SENT}


async def test_what_needs_no_send_holds_no_place_while_it_is_written_down(world: World) -> None:
    """Rows without a phone to wake, of an incident that cannot be written, hold up no other's."""
    silent = [await world.officer(phone=False) for _ in range(3)]
    held, officer = await world.order(*silent), await world.officer()
    await world.order(officer)
    channel = FakeChannel()
    dispatcher = world.dispatcher(channel, in_flight=1)
    async with world.store.lanes.held(held.incident_id):
        taking = asyncio.create_task(dispatcher.take_all())
        async with asyncio.timeout(30):
            await channel.taken.wait()
    assert await taking == 4
    await dispatcher.drain(30)
    assert channel.woken == [officer.account_id]
    assert Counter((await world.outbox()).values()) == {"NO_DEVICE": 3, "SENT": 1}


async def test_what_falls_due_during_a_pass_is_sent_at_once(
    world: World, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the rows were looked up, before the pause: it does not wait for the next poll."""
    monkeypatch.setattr(dispatcher_module, "POLL", 3600.0)
    officer = await world.officer()
    await world.order(officer)
    soon = hub_clock.now() + timedelta(seconds=1)
    await world.store.db["outbox"].update_many({}, {"$set": {"due_at": soon}})
    channel = FakeChannel()
    dispatcher = world.dispatcher(channel)
    outbox = dispatcher._desk.outbox
    looked_up = outbox.due

    async def late(now: datetime, limit: int, ranks: Collection[int]) -> list[str]:
        found = await looked_up(now, limit)
        clock.advance(seconds=2)
        return found

    monkeypatch.setattr(outbox, "due", late)
    running = asyncio.create_task(dispatcher.run())
    async with asyncio.timeout(30):
        await channel.taken.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert channel.woken == [officer.account_id]


async def test_an_outage_of_the_service_is_said_once_and_so_is_its_end(
    world: World, clock: ManualClock
) -> None:
    """However many wake-ups fail, and however often; with how many they were."""
    officers = [await world.officer() for _ in range(12)]
    await world.order(*officers, accept_within_s=3600)
    channel = _always(Outcome.retry("no answer within 5 s"))
    dispatcher = world.dispatcher(channel)
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            assert await dispatcher.take_all() == len(officers)
            await dispatcher.drain(30)
            clock.advance(minutes=1)
        channel.answer = lambda *_: Outcome.sent()
        await dispatcher.take_all()
        await dispatcher.drain(30)
    said = [(line["event"], line.get("failed")) for line in logs]
    assert said == [("wake_ups_failing", None), ("wake_ups_recovered", len(officers))]
    assert set((await world.outbox()).values()) == {"SENT"}


async def test_wake_ups_that_are_given_up_are_no_recovery(world: World, clock: ManualClock) -> None:
    """The service is as far away as before; the next that gets through says that it is back."""
    officer = await world.officer()
    await world.order(officer, accept_within_s=3600)
    channel = _always(Outcome.retry("503"))
    dispatcher = world.dispatcher(channel)
    with structlog.testing.capture_logs() as logs:
        for _ in range(8):
            await dispatcher.take_all()
            await dispatcher.drain(30)
            clock.advance(minutes=1)
        assert [line["event"] for line in logs] == ["wake_ups_failing", "wake_up_dead"]
        channel.answer = lambda *_: Outcome.sent()
        await world.order(officer)
        await dispatcher.take_all()
        await dispatcher.drain(30)
    assert logs[-1]["event"] == "wake_ups_recovered"
