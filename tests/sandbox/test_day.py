"""The simulated day itself: reproducible, busy from the start, and true to what it has said."""

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import scenario as scenarios
from sandbox.clock import Clock
from sandbox.day import Day
from sandbox.feeds import Feeds
from sandbox.live.fate import Fate, Revision
from sandbox.live.runs import Run, state
from sandbox.timetable.day import ServiceDays
from sandbox.timetable.records import Trip
from sandbox.wire.siri_request import ServiceRequest

START = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # 09:30 in Shanghai
TIMETABLE_REQUEST = ServiceRequest("ET", None, None, frozenset())


class StillClock(Clock):
    """A clock that the test moves."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.at = start

    def now(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


def _day(start: datetime = START, seed: int = 1, scenario: str = scenarios.DEFAULT) -> Day:
    return Day(scenarios.load(scenario), seed, StillClock(start))


def _bytes(day: Day, minutes: int) -> list[bytes]:
    clock = day.clock
    assert isinstance(clock, StillClock)
    clock.advance(minutes=minutes)
    feeds = Feeds(day)
    zips = [feeds.timetable(dataset).body for dataset in day.boards]
    return [*zips, feeds.siri(TIMETABLE_REQUEST), feeds.realtime("metro"), feeds.realtime("coach")]


@pytest.mark.parametrize("name", [scenarios.DEFAULT, "cancellations", "spring_festival_night"])
def test_the_same_seed_gives_the_same_bytes(name: str):
    """Two sandboxes with one seed, scenario and start say the same, however often asked."""
    often, once = _day(scenario=name), _day(scenario=name)
    for _ in range(3):
        _bytes(often, 7)
    assert _bytes(often, 0) == _bytes(once, 21)


@pytest.mark.parametrize("name", scenarios.names())
def test_every_scenario_can_be_run(name: str):
    """Every scenario file is valid and speaks on every feed; what it extends is kept."""
    assert all(_bytes(_day(scenario=name), 10))
    assert scenarios.load(name).situations[0].id == "SHH-CROWD"


def test_another_seed_gives_another_day():
    """Another seed has other trains and other delays."""
    assert _bytes(_day(seed=1), 0)[0] != _bytes(_day(seed=2), 0)[0]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 23), st.integers(0, 59))
def test_the_first_minutes_are_busy_at_any_hour(hour: int, minute: int):
    """Whatever the hour of the start, trains, metro and coaches leave within the next minutes."""
    start = datetime(2026, 11, 24, hour, minute, tzinfo=UTC)
    day = _day(start)
    now = day.clock.posix()
    soon = {
        dataset: sum(0 <= one.here.departure - now <= 600 for one in board.live(now))
        for dataset, board in day.boards.items()
    }
    assert soon["railway"] >= 2
    assert soon["metro"] >= 8
    assert soon["coach"] >= 1


@given(st.integers(0, 24 * 60 - 1))
@settings(max_examples=12, deadline=None)
def test_times_stay_within_the_service_day(minute: int):
    """A moved trip begins between 03:00 and 27:00 of its service day, at a whole minute."""
    start = datetime(2026, 11, 24, tzinfo=UTC) + timedelta(minutes=minute)
    day = _day(start)
    for board in day.boards.values():
        begins = [trip.calls[0].departure for trip in board.timetable.trips]
        assert min(begins) >= 3 * 3600
        assert max(begins) < 27 * 3600
    assert all(
        call.departure % 60 == 0
        for trip in day.boards["railway"].timetable.trips
        for call in trip.calls
    )


def test_trips_over_midnight_have_times_past_24():
    """Some trips of every dataset have calls past 24:00 of the day before."""
    day = _day(datetime(2026, 11, 24, 15, 50, tzinfo=UTC))  # 23:50 in Shanghai
    clock = day.clock
    assert isinstance(clock, StillClock)
    clock.advance(minutes=30)
    for board in day.boards.values():
        live = [one.run for one in board.live(clock.posix())]
        assert any(run.trip.calls[-1].arrival > 86400 for run in live)
        assert "2026-11-24" in {run.day.isoformat() for run in live}


@pytest.mark.parametrize("name", [scenarios.DEFAULT, "cancellations", "late_trains"])
def test_what_has_happened_stays(name: str):
    """An actual time never changes, and nothing that is still to come is due in the past."""
    day = _day(scenario=name)
    clock = day.clock
    assert isinstance(clock, StillClock)
    happened: dict[tuple[object, ...], int] = {}
    cancelled: set[tuple[object, ...]] = set()
    for _ in range(60):
        now = clock.posix()
        for dataset, board in day.boards.items():
            for one in board.live(now):
                key = (dataset, one.run.trip.id, one.run.day)
                assert one.cancelled or key not in cancelled
                if one.cancelled:
                    cancelled.add(key)
                for call in one.calls:
                    for side, at, done in (
                        ("arrival", call.arrival, call.arrived),
                        ("departure", call.departure, call.departed),
                    ):
                        event = (*key, call.order, side)
                        assert done or event not in happened
                        assert happened.get(event, at) == at
                        assert done == (at <= now)
                        if done:
                            happened[event] = at
        clock.advance(seconds=97)
    assert len(happened) > 500


def test_a_switch_does_not_rewrite_the_past():
    """After a switch of the scenario the actual times so far are as they were."""
    day = _day()
    clock = day.clock
    assert isinstance(clock, StillClock)
    clock.advance(minutes=40)
    before = _happened(day)
    day.switch("late_trains")
    assert _happened(day) == before
    clock.advance(minutes=5)
    late = [one for one in day.boards["railway"].live(clock.posix()) if one.delay >= 300]
    assert len(late) > 20
    assert (
        _happened(day).items()
        >= {key: at for key, at in before.items() if key in _happened(day)}.items()
    )


def test_a_switch_cancels_no_train_that_has_left():
    """Whatever is announced after a switch, at any hour, ends after it starts."""
    for hour in range(0, 24, 3):
        day = _day(START + timedelta(hours=hour))
        clock = day.clock
        assert isinstance(clock, StillClock)
        before = {run.run.trip.id for run in day.boards["railway"].live(clock.posix())}
        day.switch("cancellations")
        clock.advance(minutes=2)
        states = day.boards["railway"].live(clock.posix())
        told = day.situations("railway", states, clock.posix())
        assert before
        assert all(one.start < one.end for one in told)
        late = [one for one in states if one.run.fate.changed_at or one.cancelled]
        moments = [one.run.fate.cancelled_at or one.run.fate.changed_at or 0.0 for one in late]
        leaves = [one.here.aimed_departure for one in late]
        assert all(moment < left for moment, left in zip(moments, leaves, strict=True))


def _happened(day: Day) -> dict[tuple[object, ...], int]:
    return {
        (one.run.trip.id, one.run.day, call.order): call.departure
        for one in day.boards["railway"].live(day.clock.posix())
        for call in one.calls
        if call.departed
    }


def test_a_board_changes_every_few_seconds():
    """In any ten seconds of the peak some prediction changes."""
    day = _day()
    clock = day.clock
    assert isinstance(clock, StillClock)
    before = _predictions(day)
    quiet = 0
    for _ in range(60):
        clock.advance(seconds=10)
        now = _predictions(day)
        quiet += now == before
        before = now
    assert quiet <= 3


def _predictions(day: Day) -> dict[tuple[object, ...], tuple[int, str]]:
    now = day.clock.posix()
    return {
        (one.run.trip.id, one.run.day): (one.here.departure, one.here.stop_id)
        for board in day.boards.values()
        for one in board.live(now)
    }


@cache
def _long_trip() -> Trip:
    trips = _day().boards["railway"].timetable.trips
    return next(trip for trip in trips if len(trip.calls) >= 4)


@given(
    delays=st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 3600)), max_size=8),
    now=st.integers(-4000, 12000),
)
def test_times_never_run_backwards(delays: list[tuple[int, int]], now: int):
    """Whatever the predictions, times ascend and what is to come is not in the past."""
    trip = _long_trip()
    base = 1_800_000_000
    revisions = [Revision(float("-inf"), 0)]
    begins = base + trip.calls[0].departure
    revisions += [Revision(begins + at, delay) for at, delay in sorted(delays)]
    run = Run(trip, START.date(), base, Fate(tuple(revisions), None, None, None, 0.5))
    seen = state(run, begins + now)
    moments = [moment for call in seen.calls for moment in (call.arrival, call.departure)]
    assert moments == sorted(moments)
    assert all(call.departed or call.departure > begins + now for call in seen.calls)


def test_the_service_day_counts_from_noon_minus_twelve_hours():
    """Service times count from the local midnight of Asia/Shanghai."""
    day = START.date()
    assert ServiceDays.midnight(day) == datetime(2026, 11, 23, 16, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("name", ["late_trains", "cancellations", "platform_changes"])
def test_a_scenario_shows_what_it_is_named_for(name: str):
    """Late trains are late, cancelled ones cancelled, and moved ones leave from elsewhere."""
    day, normal = _day(scenario=name), _day()
    now = day.clock.posix()
    states, usual = day.boards["railway"].live(now), normal.boards["railway"].live(now)
    counts = {
        "late_trains": (sum(s.delay >= 600 for s in states), sum(s.delay >= 600 for s in usual)),
        "cancellations": (sum(s.cancelled for s in states), sum(s.cancelled for s in usual)),
        "platform_changes": (
            sum(s.here.stop_id != s.here.planned_stop_id for s in states),
            sum(s.here.stop_id != s.here.planned_stop_id for s in usual),
        ),
    }
    shown, otherwise = counts[name]
    assert shown >= 8
    assert shown > 3 * otherwise


def test_a_scenario_silences_its_feed():
    """In `feed_silent` the metro falls silent a minute after the start, and only the metro."""
    day = _day(scenario="feed_silent")
    clock = day.clock
    assert isinstance(clock, StillClock)
    feeds = Feeds(day)
    assert feeds.gates["metro"].silent() is None
    clock.advance(seconds=61)
    assert feeds.gates["metro"].silent() == "stale"
    assert feeds.gates["coach"].silent() is None
    feeds.gates["metro"].order(None)
    assert feeds.gates["metro"].silent() is None


def test_situations_close_before_they_vanish():
    """A situation that is over is sent as closed, with a higher version, for a while."""
    day = _day()
    clock = day.clock
    assert isinstance(clock, StillClock)
    clock.advance(minutes=181)
    found = {s.id: s for s in day.situations("railway", [], clock.posix())}
    assert found["SHH-CROWD"].closed
    assert found["SHH-CROWD"].version == 2
    clock.advance(minutes=10)
    assert not day.situations("railway", [], clock.posix())
