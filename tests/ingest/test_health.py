"""The health of a feed as a pure state machine."""

from datetime import UTC, datetime, timedelta

from hub.ingest.health import Health, Thresholds
from hub.model.feeds import FeedState, LinkState

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
AGES = Thresholds(timedelta(seconds=90), timedelta(minutes=5))


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def state(health: Health, seconds: float = 0) -> FeedState:
    return health.state(AGES, at(seconds))


def test_a_feed_starts_primes_and_becomes_healthy():
    """STARTING, PRIMING while the reference loads, HEALTHY with the first data."""
    health = Health(START)
    assert state(health) is FeedState.STARTING
    assert state(health.primes()) is FeedState.PRIMING
    assert state(health.primes().primed().data(START, START)) is FeedState.HEALTHY


def test_a_silent_feed_turns_stale_then_down():
    """After 90 s without newer data STALE, after five minutes DOWN, though the link is up."""
    health = Health(START).data(START, START)
    assert state(health, 90) is FeedState.HEALTHY
    assert state(health, 91) is FeedState.STALE
    assert state(health, 301) is FeedState.DOWN
    assert health.link is LinkState.UP


def test_an_answer_with_old_data_is_not_healthy():
    """HEALTHY needs fresh data, not a 200."""
    health = Health(START).data(at(-600), START)
    assert state(health) is FeedState.DOWN


def test_a_feed_that_never_had_data_is_down_in_time():
    """Listening and never called is STARTING, then DOWN."""
    health = Health(START).listening()
    assert state(health, 299) is FeedState.STARTING
    assert state(health, 301) is FeedState.DOWN
    assert state(health.disconnected("refused"), 1) is FeedState.DOWN


def test_a_failing_link_leaves_fresh_data_healthy():
    """One failed poll changes the link state; the data decides the feed's."""
    health = Health(START).data(START, START).disconnected("timeout")
    assert (state(health, 10), health.link) == (FeedState.HEALTHY, LinkState.DOWN)
    assert health.detail == "timeout"


def test_garbage_degrades_until_the_next_good_payload():
    """Undecodable while fresh: DEGRADED; a good payload mends it."""
    health = Health(START).data(START, START).undecodable("no protobuf")
    assert state(health, 10) is FeedState.DEGRADED
    assert state(health, 100) is FeedState.STALE
    mended = health.data(at(20), at(20))
    assert (state(mended, 20), mended.detail) == (FeedState.HEALTHY, None)


def test_what_needs_a_person_says_so():
    """A refused credential and a wrong configuration show whatever the age of the data."""
    health = Health(START).data(START, START)
    assert state(health.unauthorised("403")) is FeedState.UNAUTHORISED
    assert state(health.misconfigured("private address"), 999) is FeedState.MISCONFIGURED
    assert health.unauthorised("403").link is LinkState.REFUSED


def test_a_rate_limit_shows_until_the_data_expires():
    """RATE_LIMITED explains missing data; after the expiry DOWN says what counts."""
    health = Health(START).data(START, START).rate_limited("429")
    assert state(health, 100) is FeedState.RATE_LIMITED
    assert state(health, 301) is FeedState.DOWN


def test_data_from_the_future_is_of_now():
    """A source whose clock runs ahead does not buy freshness."""
    health = Health(START).data(at(3600), START)
    assert state(health, 91) is FeedState.STALE


def test_older_data_does_not_turn_time_back():
    """A feed is as fresh as the newest it said."""
    health = Health(START).data(at(60), at(60)).data(at(0), at(61))
    assert health.data_as_of == at(60)
