"""The health of a feed as a pure state machine."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.ingest.health import Health, Thresholds
from hub.model.feeds import FeedState, LinkState

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
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
    assert health.reason(AGES, at(10), ZONE) == "取不到数据 No data comes: timeout"
    assert health.data(at(11), at(11)).reason(AGES, at(11), ZONE) is None


def test_garbage_degrades_until_the_next_good_payload():
    """Undecodable while fresh: DEGRADED; a good payload mends it."""
    health = Health(START).data(START, START).undecodable("no protobuf", START)
    assert state(health, 10) is FeedState.DEGRADED
    assert state(health, 100) is FeedState.STALE
    mended = health.data(at(20), at(20))
    assert (state(mended, 20), mended.reason(AGES, at(20), ZONE)) == (FeedState.HEALTHY, None)


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


FIVE = Thresholds(timedelta(seconds=90), timedelta(minutes=5), every=timedelta(seconds=5))
"""A feed of a kind of 90 s and 5 min that is asked every five seconds."""


def polled(*moments: float, lag: float = 0) -> Health:
    """A feed whose source had something new at each of these moments, `lag` old when it came."""
    health = Health(START)
    for moment in moments:
        health = health.data(at(moment - lag), at(moment))
    return health


def test_a_fast_feed_that_does_not_answer_is_told_after_four_intervals():
    """Asked every 5 s: STALE after 20 s, DOWN after 67, in the proportion of its kind."""
    health = polled(0, 5, 10).disconnected("refused")
    assert health.state(FIVE, at(30)) is FeedState.HEALTHY
    assert health.state(FIVE, at(31)) is FeedState.STALE
    assert health.state(FIVE, at(76)) is FeedState.STALE
    assert health.state(FIVE, at(77)) is FeedState.DOWN


def test_a_fast_feed_that_says_the_same_old_thing_is_told_as_soon():
    """It answers, and what it says is not renewed any more: silence all the same."""
    health = polled(0, 5, 10)
    for moment in (15, 20, 25, 30, 35):
        health = health.data(at(10), at(moment))
    assert health.state(FIVE, at(30)) is FeedState.HEALTHY
    assert health.state(FIVE, at(31)) is FeedState.STALE


def test_a_source_that_has_something_new_less_often_than_it_is_asked_is_not_silent():
    """Renewed every 15 s and asked every 5: STALE after 60 s, and never between two renewals."""
    health = polled(0, 15, 30, 45)
    for moment in (50, 55):
        health = health.data(at(45), at(moment))
    assert health.every(FIVE) == timedelta(seconds=15)
    assert health.state(FIVE, at(59)) is FeedState.HEALTHY
    for moment in range(60, 106, 5):
        health = health.data(at(45), at(moment))
    assert health.state(FIVE, at(105)) is FeedState.HEALTHY
    assert health.state(FIVE, at(106)) is FeedState.STALE


def test_jitter_is_not_slowness():
    """Answers that come a little late now and then leave the threshold where it is."""
    health = polled(0, 5.8, 11.2, 17.4)
    assert health.every(FIVE) == timedelta(seconds=5)
    assert FIVE.silence(health.every(FIVE))[0] == timedelta(seconds=20)


def test_a_source_that_is_always_behind_is_as_fresh_as_its_kind_allows():
    """Data that is half a minute old when it comes, and renewed, is within the 90 s."""
    assert polled(30, 35, 40, lag=30).state(FIVE, at(44)) is FeedState.HEALTHY
    assert polled(100, 105, 110, lag=100).state(FIVE, at(111)) is FeedState.STALE


def test_one_outage_does_not_make_a_source_seem_slow():
    """The usual renewal counts, not the longest."""
    health = polled(0, 5, 10, 15, 200, 205)
    assert health.state(FIVE, at(225)) is FeedState.HEALTHY
    assert health.state(FIVE, at(226)) is FeedState.STALE


def test_the_kind_is_the_upper_bound():
    """Asked once a minute: still STALE after the 90 s of the kind."""
    slow = Thresholds(timedelta(seconds=90), timedelta(minutes=5), every=timedelta(seconds=60))
    health = polled(0, 60)
    assert health.state(slow, at(150)) is FeedState.HEALTHY
    assert health.state(slow, at(151)) is FeedState.STALE
    assert slow.silence(timedelta(seconds=60)) == (slow.warn_after, slow.expire_after)


def test_a_payload_that_takes_long_to_read_is_no_silence():
    """A timetable that is here and being read has not stopped coming."""
    health = polled(0, 5).reads()
    assert health.state(FIVE, at(90)) is FeedState.HEALTHY
    assert health.data(at(100), at(100)).state(FIVE, at(101)) is FeedState.HEALTHY


REASONS = [
    (Health(START), 0, FeedState.STARTING, "Nothing has come yet"),
    (
        Health(START),
        301,
        FeedState.DOWN,
        "Nothing has come since 2026-11-24 18:00:00 Asia/Shanghai",
    ),
    (Health(START).primes(), 0, FeedState.PRIMING, "static_url is being read"),
    (Health(START).data(START, START), 0, FeedState.HEALTHY, None),
    (
        Health(START).data(START, START),
        91,
        FeedState.STALE,
        "newest data is of 2026-11-24 18:00:00 Asia/Shanghai",
    ),
    (
        Health(START).data(START, START),
        301,
        FeedState.DOWN,
        "newest data is of 2026-11-24 18:00:00 Asia/Shanghai",
    ),
    (
        Health(START).data(at(-600), START),
        0,
        FeedState.DOWN,
        "newest data is of 2026-11-24 17:50:00 Asia/Shanghai",
    ),
    (
        Health(START).data(START, START).undecodable("no zip", START),
        1,
        FeedState.DEGRADED,
        "no zip",
    ),
    (Health(START).data(START, START).rate_limited("429"), 1, FeedState.RATE_LIMITED, "429"),
    (Health(START).unauthorised("403"), 1, FeedState.UNAUTHORISED, "403"),
    (Health(START).misconfigured("private"), 1, FeedState.MISCONFIGURED, "private"),
    (Health(START).disconnected("no route"), 1, FeedState.DOWN, "no route"),
]


@pytest.mark.parametrize(("health", "seconds", "expected", "why"), REASONS)
def test_every_state_says_its_own_reason(health, seconds, expected, why):
    """Why it is as it is, in one sentence; only where all is well there is none."""
    assert health.state(AGES, at(seconds)) is expected
    reason = health.reason(AGES, at(seconds), ZONE)
    assert reason is None if why is None else why in reason


def test_no_reason_outlives_what_it_tells_of():
    """What was mended, or was of another state, is not said any more."""
    health = Health(START).disconnected("no route").data(at(1), at(1))
    assert "no route" not in (health.reason(AGES, at(100), ZONE) or "")
    limited = Health(START).data(START, START).rate_limited("429").disconnected("500")
    assert state(limited, 1) is FeedState.HEALTHY
    assert limited.reason(AGES, at(1), ZONE) == "取不到数据 No data comes: 500"
    private = Health(START).misconfigured("private address").subscribed()
    assert "private" not in (private.reason(AGES, at(1), ZONE) or "")
    wrong = Health(START).misconfigured("private address").disconnected("no route")
    assert state(wrong, 1) is FeedState.MISCONFIGURED
    assert (wrong.reason(AGES, at(1), ZONE) or "").startswith(
        "配置有误 Wrong configuration: private address"
    )


@pytest.mark.parametrize(
    ("troubled", "first"),
    [
        (lambda health: health.disconnected("500"), "取不到数据"),
        (lambda health: health.undecodable("no zip", at(1)), "内容读不懂"),
        (lambda health: health.rate_limited("429"), "被限流"),
        (lambda health: health.turned_away("拒绝了对端 refused", at(999), degrades=True), "拒绝了"),
    ],
)
def test_the_cause_is_said_before_what_follows_from_it(troubled, first):
    """Chinese first; that nothing newer has come is what everybody sees anyway."""
    reason = troubled(Health(START).data(START, START)).reason(AGES, at(400), ZONE) or ""
    assert reason.startswith(first)
    assert reason.index("没有更新的数据") > 0


def test_peers_that_are_turned_away_show_until_they_stop_coming():
    """Where their data is missing the feed is DEGRADED; a stranger's garbage is only told."""
    health = Health(START).data(START, START)
    refused = health.turned_away("login refused", at(60), degrades=True)
    assert (state(refused, 59), refused.reason(AGES, at(59), ZONE)) == (
        FeedState.DEGRADED,
        "login refused",
    )
    assert (state(refused, 60), refused.reason(AGES, at(60), ZONE)) == (FeedState.HEALTHY, None)
    garbage = health.turned_away("not the protocol", at(60), degrades=False)
    assert (state(garbage, 1), garbage.reason(AGES, at(1), ZONE)) == (
        FeedState.HEALTHY,
        "not the protocol",
    )
    assert state(Health(START).turned_away("full", at(60), degrades=True), 1) is FeedState.DEGRADED
