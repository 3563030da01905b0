"""Sync streams."""

import asyncio
from collections import defaultdict

from operations_builders import Abandoned, World, fresh

from hub import clock
from hub.clock import ManualClock
from hub.model.operations import OrderState
from hub.operations.orders.actions import cancel_order
from hub.store.documents import InboxDoc
from hub.store.driver import Tx
from hub.store.inbox import News


async def test_a_first_sync_is_a_snapshot(world: World) -> None:
    """Without a cursor a phone gets the whole state, and the cursor it holds for."""
    officer = await world.officer()
    order = await world.order(officer)
    page = await world.ops.sync(officer.account_id, None, 100)
    assert (page.reset, page.limited, page.next_cursor) == (True, False, 2)
    assert [change.entity for change in page.changes] == ["duty", "incident", "order"]
    assert page.changes[2].data["id"] == order.id
    assert (await world.ops.sync(officer.account_id, page.next_cursor, 100)).changes == ()
    await world.act(officer, "order.seen", orderId=order.id)
    later = await world.ops.sync(officer.account_id, page.next_cursor, 100)
    assert [(change.seq, change.data["stage"]) for change in later.changes] == [(3, "SEEN")]


async def test_a_stream_read_in_pages_equals_the_stream_read_at_once(world: World) -> None:
    """Pages are in sequence, say when there is more, and leave nothing out."""
    officer = await world.officer()
    for _ in range(3):
        await world.order(officer)
    whole = await world.ops.sync(officer.account_id, 0, 100)
    seq, found, limited = 0, [], True
    while limited:
        page = await world.ops.sync(officer.account_id, seq, 2)
        found += page.changes
        seq, limited = page.next_cursor, page.limited
    assert tuple(found) == whole.changes
    assert [change.seq for change in found] == list(range(1, 7))


async def test_a_cursor_beyond_the_head_is_reset(world: World) -> None:
    """A number that was never given, say from another database, gets a snapshot."""
    officer = await world.officer()
    await world.order(officer)
    page = await world.ops.sync(officer.account_id, 99, 100)
    assert (page.reset, page.next_cursor, len(page.changes)) == (True, 2, 3)


async def test_every_phone_begins_anew_once_a_week(world: World) -> None:
    """Nobody tells of what the database removes: so two phones of one person, however often they
    ask, each get one snapshot in seven days, and nothing is told twice in between."""
    officer = await world.officer()
    await world.order(officer)
    account, held = officer.account_id, 2
    with clock.manual() as week:
        assert not (await world.ops.sync(account, held, 100)).reset
        for _ in range(2):
            week.advance(hours=7 * 24, seconds=1)
            now = await world.ops.sync(account, held, 100)
            other = await world.ops.sync(account, held, 100)
            assert (now.reset, other.reset, now.next_cursor) == (True, True, held + 1)
            assert now.changes == other.changes
            held = now.next_cursor
            await world.order(officer)
            later = await world.ops.sync(account, held, 100)
            assert (later.reset, len(later.changes)) == (False, 2)
            held = later.next_cursor


async def test_who_was_told_nothing_begins_anew_too(world: World) -> None:
    """What a first snapshot showed may be gone as well, though no change was ever told."""
    account = (await world.officer()).account_id
    with clock.manual() as week:
        assert (await world.ops.sync(account, None, 100)).next_cursor == 0
        assert not (await world.ops.sync(account, 0, 100)).reset
        week.advance(hours=7 * 24, seconds=1)
        anew = await world.ops.sync(account, 0, 100)
        assert (anew.reset, anew.next_cursor) == (True, 1)


async def test_a_cursor_older_than_what_is_kept_is_reset(world: World) -> None:
    """Where the changes after a cursor are gone, the phone gets a snapshot, never a gap."""
    officer = await world.officer()
    for _ in range(2):
        await world.order(officer)
    await InboxDoc.find({"account_id": officer.account_id, "seq": {"$lte": 2}}).delete()
    assert (await world.ops.sync(officer.account_id, 1, 100)).reset
    kept = await world.ops.sync(officer.account_id, 2, 100)
    assert (kept.reset, [change.seq for change in kept.changes]) == (False, [3, 4])
    await InboxDoc.find({"account_id": officer.account_id}).delete()
    assert (await world.ops.sync(officer.account_id, 2, 100)).reset


async def test_a_snapshot_holds_what_is_open_however_old(world: World, clock: ManualClock) -> None:
    """A running order is shown for ever; an ended one for a week."""
    officer = await world.officer()
    running, cancelled = await world.order(officer), await world.order(officer)
    await cancel_order(
        world.ops.desk, world.watch, order_id=cancelled.id, reason="误报", key=fresh("key")
    )

    async def shown() -> set[str]:
        page = await world.ops.snapshot(officer.account_id)
        return {change.data["id"] for change in page.changes if change.entity == "order"}

    assert await shown() == {running.id, cancelled.id}
    clock.advance(hours=8 * 24)
    assert await shown() == {running.id}


async def test_nobody_reads_anothers_stream(world: World) -> None:
    """An officer's stream holds what concerns that officer and nothing else."""
    one, two = await world.officer(), await world.officer()
    order = await world.order(one)
    assert (await world.ops.sync(two.account_id, 0, 100)).changes == ()
    snapshot = await world.ops.snapshot(two.account_id)
    assert order.id not in str(snapshot)
    assert [change.entity for change in snapshot.changes] == ["duty"]


async def test_numbers_have_no_gaps_and_no_duplicates(world: World) -> None:
    """Fifty concurrent transactions, some rolled back, number each person's stream 1, 2, 3, ..."""
    accounts = ["a", "b", "c"]
    wanted: dict[str, int] = defaultdict(int)

    async def write(number: int) -> None:
        mine = [accounts[number % 3], accounts[(number + number // 3) % 3]]

        async def work(tx: Tx) -> None:
            news = [News(account, "duty", {"by": number}) for account in mine]
            await world.ops.desk.inbox.append(tx, news, world.watch.expires_at)
            if number % 5 == 0:
                raise Abandoned

        try:
            await world.store.transaction(work)
        except Abandoned:
            return
        for account in mine:
            wanted[account] += 1

    # the heads exist first: a first number is covered by the orders' own tests
    await world.store.transaction(
        lambda tx: world.ops.desk.inbox.append(
            tx, [News(account, "duty", {}) for account in accounts], world.watch.expires_at
        )
    )
    await asyncio.gather(*(write(number) for number in range(50)))
    for account in accounts:
        rows = await InboxDoc.find({"account_id": account}).sort("seq").to_list()
        assert [row.seq for row in rows] == list(range(1, wanted[account] + 2))
        assert await world.ops.desk.inbox.head(account) == wanted[account] + 1


async def test_first_orders_at_once_number_a_new_inbox(world: World) -> None:
    """Several first orders to one officer at the same moment all arrive, in sequence."""
    officer = await world.officer()
    incidents = [await world.incident() for _ in range(6)]
    orders = await asyncio.gather(
        *(world.order(officer, incident=incident.id) for incident in incidents)
    )
    page = await world.ops.sync(officer.account_id, 0, 100)
    assert [change.seq for change in page.changes] == list(range(1, 13))
    told = {change.data["id"] for change in page.changes if change.entity == "order"}
    assert told == {order.id for order in orders}
    assert all(order.state is OrderState.OPEN for order in orders)
