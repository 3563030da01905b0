"""Taxi ranks: what is counted, what is unknown, and what is stored."""

from datetime import UTC, datetime, timedelta

from hub.connector import Batch
from hub.ingest.health import Thresholds
from hub.ingest.ranks import RankKeeper
from hub.model.common import Mode, Name, Position
from hub.model.vehicles import Polygon, TaxiRank, TaxiState, VehiclePosition
from hub.rules.taxi_rank import Sighting, TaxiRanks
from hub.settings import FeedSettings
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.transit import TransitRepository

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
FRESH, EXPIRE = timedelta(seconds=90), timedelta(minutes=5)


def square(lat: float, lon: float, half: float = 0.0002) -> Polygon:
    return Polygon(
        tuple(
            Position(lat + north * half, lon + east * half)
            for north, east in ((1, -1), (1, 1), (-1, 1), (-1, -1))
        )
    )


IN_RANK, IN_LOT, AWAY = Position(31.25, 121.45), Position(31.26, 121.45), Position(31.3, 121.5)
RANK = TaxiRank(
    id="rank:north",
    name=Name("北广场", "North Square"),
    position=IN_RANK,
    rank_area=square(31.25, 121.45),
    holding_area=square(31.26, 121.45),
    rank_capacity=24,
    holding_capacity=150,
)


def ranks() -> TaxiRanks:
    return TaxiRanks([RANK], fresh_for=FRESH, expire_after=EXPIRE)


def seen(
    rule: TaxiRanks,
    vehicle: str,
    where: Position,
    state: TaxiState = TaxiState.AVAILABLE,
    at: float = 0,
) -> None:
    rule.see(Sighting(vehicle, where, state, NOW + timedelta(seconds=at)))


def counts(rule: TaxiRanks, at: float = 0) -> tuple[int | None, int | None, int | None]:
    (observation,) = rule.observe(NOW + timedelta(seconds=at))
    return observation.vehicles_waiting, observation.holding, observation.departures_15m


def test_vacant_taxis_are_counted_where_they_stand():
    """Only available taxis inside the rank's area wait; those in the lot are held."""
    rule = ranks()
    seen(rule, "a", IN_RANK)
    seen(rule, "b", IN_RANK, TaxiState.ON_TRIP)
    seen(rule, "c", IN_LOT)
    seen(rule, "d", IN_LOT)
    seen(rule, "e", AWAY)
    assert counts(rule)[:2] == (1, 2)
    seen(rule, "c", IN_RANK, at=10)
    assert counts(rule, 10)[:2] == (2, 1)


def test_a_taxi_that_becomes_loaded_at_the_rank_is_a_departure():
    """Vacant inside, then loaded, wherever it is by then; leaving vacant is none."""
    rule = ranks()
    for vehicle in "abc":
        seen(rule, vehicle, IN_RANK)
    seen(rule, "a", IN_RANK, TaxiState.ON_TRIP, at=10)
    seen(rule, "a", AWAY, TaxiState.ON_TRIP, at=20)
    seen(rule, "b", AWAY, TaxiState.ON_TRIP, at=20)
    seen(rule, "c", AWAY, at=20)
    assert counts(rule, 20) == (0, 0, 2)


def test_departures_leave_the_window_after_fifteen_minutes():
    """A departure counts for a quarter of an hour; a watched quarter without any is 0."""
    rule = ranks()
    seen(rule, "a", IN_RANK)
    assert counts(rule) == (1, 0, None)
    seen(rule, "a", IN_RANK, TaxiState.ON_TRIP, at=10)
    seen(rule, "x", AWAY, at=910)
    assert counts(rule, 910)[2] == 1
    seen(rule, "x", AWAY, at=911)
    assert counts(rule, 911)[2] == 0


def test_silence_is_unknown_and_never_zero():
    """When no taxi speaks the counts stay, then become unknown; they do not sink to 0."""
    rule = ranks()
    assert counts(rule) == (None, None, None)
    seen(rule, "a", IN_RANK)
    assert counts(rule, 200)[0] == 1
    (observation,) = rule.observe(NOW + timedelta(seconds=200))
    assert observation.observed_at == NOW
    assert counts(rule, 301) == (None, None, None)


def test_one_taxi_that_falls_silent_is_no_longer_counted():
    """While others speak, a taxi not heard for 90 s does not wait any more."""
    rule = ranks()
    seen(rule, "a", IN_RANK)
    seen(rule, "b", AWAY, at=91)
    assert counts(rule, 91)[0] == 0


def test_an_older_position_changes_nothing():
    """A stored position that arrives late does not bring a taxi back."""
    rule = ranks()
    seen(rule, "a", AWAY, at=30)
    seen(rule, "a", IN_RANK, at=20)
    assert counts(rule, 30)[0] == 0


def test_memory_is_bounded_by_the_taxis_of_the_last_minutes():
    """Taxis not heard for a quarter of an hour are forgotten."""
    rule = ranks()
    for number in range(1000):
        seen(rule, str(number), IN_RANK, at=number)
        rule.observe(NOW + timedelta(seconds=number))
    seen(rule, "last", AWAY, at=5000)
    rule.observe(NOW + timedelta(seconds=5000))
    assert len(rule._last) == 1
    assert not rule._ranks[0]._present


def taxi(name: str, where: Position, at: datetime, state=TaxiState.AVAILABLE) -> VehiclePosition:
    return VehiclePosition(
        id=f"taxi:{name}",
        dataset="taxi",
        native_id=name,
        mode=Mode.TAXI,
        position=where,
        observed_at=at,
        taxi_state=state,
    )


async def test_a_rank_is_stored_when_it_changes_and_its_time_moves_on(store: Store, clock):
    """Counts are written when they change; else the time moves on before it would read stale."""
    keeper = RankKeeper(store, "taxi", [RANK], Thresholds(FRESH, EXPIRE))
    transit = TransitRepository(store)
    start = clock()
    keeper.see([taxi("a", IN_RANK, start)])
    await keeper.save(clock())
    (row,) = await transit.taxi_ranks()
    assert (row["_id"], row["vehicles_waiting"], row["holding"]) == ("rank:north", 1, 0)
    assert (row["rank_capacity"], row["feed"]) == (24, "taxi")

    keeper.see([taxi("a", IN_RANK, clock.advance(seconds=5))])
    await keeper.save(clock())
    assert (await transit.taxi_ranks())[0]["observed_at"] == row["observed_at"]
    keeper.see([taxi("a", IN_RANK, clock.advance(seconds=30))])
    await keeper.save(clock())
    assert (await transit.taxi_ranks())[0]["observed_at"] > row["observed_at"]

    clock.advance(minutes=6)
    await keeper.save(clock())
    (silent,) = await transit.taxi_ranks()
    assert silent["vehicles_waiting"] is silent["holding"] is silent["departures_15m"] is None


async def test_a_process_that_takes_over_begins_with_the_stored_taxis(store: Store, clock):
    """After a restart the rank is not empty until every taxi has spoken again.

    Nor does it lack a taxi of which another feed is shown.
    """
    feed = FeedSettings(id="taxi-b", kind="jtt905", listen="127.0.0.1:0")
    records = [taxi("x", IN_RANK, clock()), taxi("y", IN_LOT, clock())]
    await FeedWriter(store, feed, frozenset()).apply(Batch(records=records, entities=2))
    preferred = feed.model_copy(update={"id": "taxi-c", "priority": 1})
    await FeedWriter(store, preferred, frozenset()).apply(Batch(records=records[:1], entities=1))
    keeper = RankKeeper(store, "taxi-b", [RANK], Thresholds(FRESH, EXPIRE))
    await keeper.prime()
    await keeper.save(clock())
    (row,) = await TransitRepository(store).taxi_ranks()
    assert (row["vehicles_waiting"], row["holding"]) == (1, 1)
