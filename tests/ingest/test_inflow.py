"""The queue between peers and the database: few writes, right order, bounded, answered after."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hub.connector import Batch, Exchange, Reject
from hub.errors import Reason
from hub.ingest.inflow import LIMIT, MAX_STATES, Inflow, gathered
from hub.model.common import Mode, Position
from hub.model.vehicles import TaxiState, VehiclePosition

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def position(name: str, state: TaxiState = TaxiState.AVAILABLE, at: float = 0) -> VehiclePosition:
    return VehiclePosition(
        id=name,
        dataset="taxi",
        native_id=name,
        mode=Mode.TAXI,
        position=Position(31.25, 121.45 + at / 1e4),
        observed_at=NOW + timedelta(seconds=at),
        taxi_state=state,
    )


def exchange(*records: VehiclePosition, replies: list[bytes] | None = None) -> Exchange:
    batch = Batch(entities=len(records), records=list(records))
    return Exchange(batch=batch, replies=replies or [])


def test_positions_in_one_state_coalesce_to_the_newest():
    """Of three positions of a vacant taxi the newest is written, whatever their order."""
    (batch,) = gathered(
        [exchange(position("a", at=1), position("a", at=3)), exchange(position("a", at=2))]
    )
    assert [record.observed_at for record in batch.records] == [NOW + timedelta(seconds=3)]
    assert (batch.entities, batch.as_of) == (3, NOW + timedelta(seconds=3))


def test_a_change_of_state_is_never_coalesced_away():
    """Vacant, loaded, vacant within one window are three writes in that order."""
    states = [TaxiState.AVAILABLE, TaxiState.ON_TRIP, TaxiState.AVAILABLE]
    batches = gathered(
        [exchange(*(position("a", state, at) for at, state in enumerate(states)), position("b"))]
    )
    assert [
        [record.taxi_state for record in batch.records if record.id == "a"] for batch in batches
    ] == [[state] for state in states]
    assert [record.id for record in batches[0].records] == ["a", "b"]


def test_a_taxi_that_flickers_costs_a_bounded_number_of_writes():
    """Toggling the state a thousand times in one window makes no more than eight writes."""
    states = [TaxiState.AVAILABLE, TaxiState.ON_TRIP] * 500
    batches = gathered([exchange(*(position("a", s, at) for at, s in enumerate(states)))])
    assert len(batches) == MAX_STATES
    assert batches[-1].records[0].observed_at == NOW + timedelta(seconds=999)


def test_rejects_of_all_peers_are_kept():
    """What was refused is counted once, with the first write."""
    refused = exchange()
    refused.batch.rejects.append(Reject(Reason.BAD_CHECKSUM, "", "wrong"))
    refused.batch.entities = 1
    (batch,) = gathered([refused, exchange(position("a"))])
    assert (batch.entities, len(batch.rejects), batch.accepted) == (2, 1, 1)


@pytest.fixture
async def running():
    tasks: list[asyncio.Task[None]] = []

    def run(inflow: Inflow) -> asyncio.Task[None]:
        tasks.append(asyncio.create_task(inflow.run()))
        return tasks[-1]

    yield run
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_peers_are_answered_after_the_write(running):
    """No reply leaves before what it acknowledges is durable."""
    writing, durable, answered = asyncio.Event(), asyncio.Event(), asyncio.Event()
    log: list[str] = []

    async def write(_batches, _exchanges):
        writing.set()
        await durable.wait()
        log.append("written")

    def answer(replies):
        log.append(f"answered {replies}")
        answered.set()

    inflow = Inflow(write, window=0.01)
    running(inflow)
    await inflow.put(exchange(position("a"), replies=[b"ack"]), answer)
    await writing.wait()
    assert log == []
    durable.set()
    await answered.wait()
    assert log == ["written", "answered [b'ack']"]


async def test_a_full_queue_makes_its_feeders_wait(running):
    """Back-pressure: above the limit `put` waits until a write has made room."""
    gate = asyncio.Event()

    async def write(_batches, _exchanges):
        await gate.wait()

    inflow = Inflow(write, window=0.01)
    running(inflow)
    many = [position(str(number)) for number in range(LIMIT)]
    await inflow.put(exchange(*many), lambda _: None)
    waiting = asyncio.create_task(inflow.put(exchange(position("late")), lambda _: None))
    done, _ = await asyncio.wait({waiting}, timeout=0.1)
    assert not done
    gate.set()
    await asyncio.wait_for(waiting, 2)


async def test_what_a_cancelled_write_held_is_written_by_the_drain(running):
    """Stopping in the middle of a write loses nothing: the drain writes it again."""
    started, gate = asyncio.Event(), asyncio.Event()
    written: list[str] = []

    async def write(batches, _exchanges):
        started.set()
        await gate.wait()
        written.extend(record.id for batch in batches for record in batch.records)

    inflow = Inflow(write, window=0.01)
    task = running(inflow)
    answers: list[list[bytes]] = []
    await inflow.put(exchange(position("a"), replies=[b"ack"]), answers.append)
    await started.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert written == answers == []
    gate.set()
    await inflow.drain()
    assert (written, answers) == (["a"], [[b"ack"]])
