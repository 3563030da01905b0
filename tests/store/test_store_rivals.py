"""Two real-time sources of one journey: the rule that decides, and what stays visible."""

from datetime import timedelta
from typing import Any

import pytest
from store_builders import NOON, batch, feed, id_of, minutes, observed, planned

from hub.clock import ManualClock
from hub.model.journeys import DatedJourney, JourneyState
from hub.store import raw
from hub.store.driver import Store
from hub.store.feeds import merge
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.board import board_rows
from hub.store.feeds.cache import FeedRepository
from hub.store.feeds.rivalry import rivals
from hub.store.feeds.rivalry.settlement import Settlement
from hub.store.feeds.rows import Document, unzoned
from hub.store.feeds.transit import TransitRepository

FRESH = timedelta(seconds=90)


def feed_doc(name: str, **fields: Any) -> Document:
    return {"_id": name, "warn_after_s": 90.0, "data_as_of": NOON, "priority": 0, **fields}


def rank_of(*feeds: Document, now=NOON) -> rivals.Rank:
    return rivals.ranking(feeds or (feed_doc("a"), feed_doc("b")), now, fresh_for=FRESH)


EVEN = rank_of()


def say(
    old: Document | None, record: DatedJourney, name: str, rank: rivals.Rank = EVEN, as_of=None
) -> Document:
    """What the writer does: one source is merged, several are ranked."""
    if old is not None and rivals.contested(old, name):
        return rivals.with_rival(old, record, feed=name, fingerprint=name, as_of=as_of, rank=rank)
    return merge.with_realtime(old, record, feed=name, fingerprint=name, as_of=as_of)


def timetable() -> Document:
    return merge.with_timetable(None, planned("T", ["A", "B", "C"]), feed="plan", fingerprint="p")


def delays(journey: Document) -> list[float | None]:
    """Minutes of delay by call, as shown."""
    found = []
    for call in journey["calls"]:
        expected = call["expected"]["departure"]
        late = (expected - call["aimed"]["departure"]) if expected else None
        found.append(late.total_seconds() / 60 if late is not None else None)
    return found


def sources(journey: Document) -> list[str]:
    return [row["source"] for row in board_rows(journey, frozenset()).values()]


def test_one_source_alone_is_stored_as_ever():
    """Nothing of rivals is in a journey that one source speaks of."""
    journey = say(timetable(), observed("T", {"1:A": 2}), "a")
    again = say(journey, observed("T", {"1:A": 3}, minutes(1)), "a")
    assert not rivals.contested(journey, "a")
    for stored in (journey, again):
        assert "rivals" not in stored
        assert all("others" not in call and "by" not in call for call in stored["calls"])


def test_the_later_observation_is_shown_and_the_other_stays_visible():
    """Of equal standing the newer wins; the older is beside it, without being an event."""
    journey = say(timetable(), observed("T", {"1:A": 2, "2:B": 2}), "a")
    journey = say(journey, observed("T", {"1:A": 5, "2:B": 2}, minutes(1)), "b")
    assert delays(journey) == [5, 2, None]
    first, second, third = board_rows(journey, frozenset()).values()
    assert (first["source"], first["observed_at"]) == ("b", unzoned(minutes(1)))
    (other,) = first["others"]
    assert (other["feed"], other["expected"]["departure"]) == ("a", unzoned(minutes(12)))
    assert "observed_at" not in other
    assert second["others"][0]["expected"] == second["expected"]
    assert (third["source"], third.get("others")) == ("plan", None)


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_the_result_does_not_depend_on_who_spoke_last(order):
    """The same two messages in either order leave the same calls."""
    said = {"a": observed("T", {"1:A": 2}), "b": observed("T", {"1:A": 5}, minutes(1))}
    journey: Document | None = timetable()
    for name in order:
        journey = say(journey, said[name], name)
    assert journey is not None
    assert delays(journey)[0] == 5
    assert journey["realtime"]["feed"] == "b"
    assert [layer["feed"] for layer in journey["rivals"]] == ["a"]


def test_a_higher_priority_beats_a_later_observation():
    """As long as it is fresh."""
    feeds = (feed_doc("a", priority=5), feed_doc("b"))
    journey = say(timetable(), observed("T", {"1:A": 2}), "a")
    journey = say(
        journey, observed("T", {"1:A": 5}, minutes(1)), "b", rank_of(*feeds, now=minutes(1))
    )
    assert (delays(journey)[0], sources(journey)[0]) == (2, "a")


def test_a_stale_source_loses_to_a_fresh_one_whatever_its_priority():
    """Two minutes later the preferred source has gone silent."""
    feeds = (feed_doc("a", priority=5), feed_doc("b"))
    journey = say(timetable(), observed("T", {"1:A": 2}), "a")
    later = rank_of(*feeds, now=minutes(2))
    journey = say(journey, observed("T", {"1:A": 5}, minutes(2)), "b", later)
    assert (delays(journey)[0], sources(journey)[0]) == (5, "b")
    journey = say(journey, observed("T", {"1:A": 3}, minutes(2)), "a", later)
    assert (delays(journey)[0], sources(journey)[0]) == (3, "a")


def test_each_call_is_decided_by_itself():
    """What only one source speaks of is that source's, also when the other is preferred."""
    feeds = (feed_doc("a", priority=5), feed_doc("b"))
    journey = say(timetable(), observed("T", {"1:A": 2}), "a")
    partial = observed("T", {"1:A": 9, "3:C": 4}, partial=True)
    journey = say(journey, partial, "b", rank_of(*feeds))
    assert delays(journey) == [2, None, 4]
    assert sources(journey) == ["a", "plan", "b"]


def test_a_source_without_times_is_as_old_as_its_feed():
    """It is fresh while its feed is, by the message's time or the feed's last data."""
    silent = observed("T", {"1:A": 2}, at=None)
    journey = say(timetable(), silent, "a", as_of=NOON)
    now = minutes(3)
    alive, dead = feed_doc("a", data_as_of=now), feed_doc("a")
    stale_b = observed("T", {"1:A": 5}, minutes(1))
    for silent_feed, shown in ((alive, 2), (dead, 5)):
        rank = rank_of(silent_feed, feed_doc("b", warn_after_s=300), now=now)
        assert delays(say(journey, stale_b, "b", rank))[0] == shown


def test_a_restart_makes_no_silent_source_speak():
    """What it said before is as silent as it was, though its feed has only begun to wait."""
    waiting = feed_doc("a", priority=5, stale_at=minutes(2))
    journey = say(timetable(), observed("T", {"1:A": 2}), "a")
    for before, shown in ((None, 2), ({"stale_at": minutes(-1), "down_at": minutes(9)}, 5)):
        rank = rank_of({**waiting, "before": before}, feed_doc("b"))
        assert delays(say(journey, observed("T", {"1:A": 5}), "b", rank))[0] == shown


def test_who_is_not_shown_cancels_nothing():
    """The state of the journey follows the same rule as its calls."""
    feeds = (feed_doc("a", priority=5), feed_doc("b"))
    journey = say(timetable(), observed("T", {"1:A": 2}), "a")
    cancelled = observed("T", {}, state=JourneyState.CANCELLED)
    journey = say(journey, cancelled, "b", rank_of(*feeds))
    assert (journey["state"], journey["calls"][0]["status"]) == ("RUNNING", "DELAYED")
    journey = say(journey, cancelled, "b", rank_of(feed_doc("a"), feed_doc("b", priority=9)))
    assert {call["status"] for call in journey["calls"]} == {"CANCELLED"}


def test_a_source_that_withdraws_leaves_the_other_alone():
    """The journey is then as if the other had been the only one; the last one leaves the plan."""
    alone = say(timetable(), observed("T", {"1:A": 2}), "a")
    both = say(alone, observed("T", {"1:A": 5, "2:B": 5}, minutes(1)), "b")
    left = rivals.without_rival(both, "b", EVEN)
    assert left == alone
    other = rivals.without_rival(both, "a", EVEN)
    assert other is not None
    assert delays(other) == [5, 5, None]
    assert "rivals" not in other
    assert rivals.without_rival(alone, "a", EVEN) == merge.without_realtime(alone)


def test_without_a_timetable_a_call_lasts_as_long_as_somebody_tells_of_it():
    """A whole record that lists a call no more takes back its own word only."""
    journey = say(None, observed("X", {"1:A": 0, "2:B": 0}), "a")
    journey = say(journey, observed("X", {"2:B": 1, "3:C": 1}, minutes(1)), "b")
    assert [call["order"] for call in journey["calls"]] == [1, 2, 3]
    journey = say(journey, observed("X", {"2:B": 3}, minutes(2)), "a")
    assert [call["order"] for call in journey["calls"]] == [2, 3]
    assert merge.without_realtime(journey) is None


def test_a_new_timetable_keeps_what_both_have_said():
    """Its planned times change; reports and their sources stay."""
    journey = say(timetable(), observed("T", {"1:A": 2}), "a")
    journey = say(journey, observed("T", {"1:A": 5}, minutes(1)), "b")
    again = merge.with_timetable(
        journey, planned("T", ["A", "B", "D"]), feed="plan", fingerprint="q"
    )
    assert (delays(again)[0], sources(again)[0]) == (5, "b")
    assert again["calls"][0]["others"] == journey["calls"][0]["others"]
    assert again["rivals"] == journey["rivals"]


class Two:
    """Two real-time feeds of one dataset, `a` preferred, over a timetable in the database."""

    def __init__(self, store: Store, clock: ManualClock) -> None:
        self.store, self.clock = store, clock
        self.transit = TransitRepository(store)
        about = {"a": {"priority": 1}, "b": {}}
        self.writers = {
            name: FeedWriter(store, feed(name, **more), frozenset()) for name, more in about.items()
        }

    async def hear(self, name: str, *records: DatedJourney, **keys: Any) -> None:
        """A message of a feed, now; its health as the monitor would store it."""
        now = self.clock()
        about = {"warn_after_s": 90.0, "data_as_of": now, "priority": int(name == "a")}
        await FeedRepository(self.store).save_status(name, about)
        await self.writers[name].apply(batch(*records, as_of=now, **keys))

    async def rows(self) -> list[tuple[str, float | None, list[str]]]:
        """Per call: source shown, minutes of delay, other sources."""
        found = []
        for row in await self.store.db[raw.CALLS].find(sort=[("_id", 1)]).to_list():
            expected, aimed = row["expected"]["departure"], row["aimed"]["departure"]
            late = (expected - aimed).total_seconds() / 60 if expected and aimed else None
            found.append((row["source"], late, [one["feed"] for one in row.get("others", ())]))
        return found


@pytest.fixture
async def two(store: Store, clock: ManualClock) -> Two:
    clock.current = NOON
    for name in (raw.JOURNEYS, raw.CALLS, raw.FEEDS):
        await store.db[name].delete_many({})
    await FeedWriter(store, feed("plan"), frozenset()).apply(batch(planned("T", ["A", "B"])))
    return Two(store, clock)


async def test_the_board_shows_the_preferred_source_and_names_the_other(two: Two):
    """Whoever spoke last; and a source alone leaves nothing of a contest behind."""
    await two.hear("a", observed("T", {"1:A": 2}))
    assert await two.rows() == [("a", 2, []), ("plan", None, [])]
    assert "contested" not in (await two.transit.journey(id_of("T")) or {})
    await two.hear("b", observed("T", {"1:A": 5, "2:B": 5}))
    assert await two.rows() == [("a", 2, ["b"]), ("b", 5, [])]
    await two.hear("a", observed("T", {"1:A": 3}))
    assert (await two.rows())[0] == ("a", 3, ["b"])


async def test_a_silent_source_loses_to_an_unchanged_message_of_the_other(two: Two):
    """Nothing new is said, but time has passed: the fresh one is shown, until the other is back."""
    await two.hear("a", observed("T", {"1:A": 2}))
    await two.hear("b", observed("T", {"1:A": 5}))
    two.clock.advance(seconds=60)
    await two.hear("b", observed("T", {"1:A": 5}, two.clock()))
    assert (await two.rows())[0] == ("a", 2, ["b"])
    two.clock.advance(seconds=60)
    await two.hear("b", observed("T", {"1:A": 5}, two.clock()))
    assert (await two.rows())[0] == ("b", 5, ["a"])
    await two.hear("a", observed("T", {"1:A": 2}, two.clock()))
    assert (await two.rows())[0] == ("a", 2, ["b"])


async def test_the_source_shown_that_withdraws_hands_over_at_once(two: Two):
    """What the other said was kept; with the second withdrawn the timetable is left."""
    await two.hear("a", observed("T", {"1:A": 2}))
    await two.hear("b", observed("T", {"1:A": 5}))
    await two.hear("a", withdrawn=[id_of("T")])
    assert (await two.rows())[0] == ("b", 5, [])
    assert "contested" not in (await two.transit.journey(id_of("T")) or {})
    await two.hear("b", withdrawn=[id_of("T")])
    assert (await two.rows())[0] == ("plan", None, [])


async def test_a_restarted_writer_takes_part_again(two: Two, store: Store):
    """What was not shown is not remembered as written: it is said again, and ranked again."""
    await two.hear("a", observed("T", {"1:A": 2}))
    await two.hear("b", observed("T", {"1:A": 5}))
    two.writers["b"] = FeedWriter(store, feed("b"), frozenset())
    two.clock.advance(seconds=120)
    await two.hear("b", observed("T", {"1:A": 5}, two.clock()))
    assert (await two.rows())[0] == ("b", 5, ["a"])
    await two.hear("a", observed("T", {"1:A": 2}, two.clock()))
    assert (await two.rows())[0] == ("a", 2, ["b"])
    two.writers["b"] = FeedWriter(store, feed("b"), frozenset())
    for _ in range(2):  # complete messages that lack the journey
        await two.hear("b", observed("U", {"1:A": 0}, two.clock()), complete=True)
    assert (await two.rows())[0] == ("a", 2, [])


async def test_a_new_timetable_leaves_the_contest_alone(two: Two, store: Store):
    """And a timetable that is withdrawn leaves both observations."""
    await two.hear("a", observed("T", {"1:A": 2}))
    await two.hear("b", observed("T", {"1:A": 5}))
    plan = FeedWriter(store, feed("plan"), frozenset())
    await plan.apply(batch(planned("T", ["A", "C"]), complete=True))
    assert (await two.rows())[0] == ("a", 2, ["b"])
    await plan.apply(batch(planned("V", ["A", "C"]), complete=True))
    journey = await two.transit.journey(id_of("T"))
    assert journey is not None
    assert "timetable" not in journey
    assert journey["contested"] == ["a", "b"]


async def test_a_silent_source_gives_way_without_a_message(two: Two, store: Store):
    """The other is fresh and says nothing new: seconds later it is shown, and told to be."""
    await two.hear("a", observed("T", {"1:A": 2, "2:B": 2}))
    await two.hear("b", observed("T", {"1:A": 5}, minutes(1)))
    settlement = Settlement(store, frozenset())
    assert await settlement.settle() == 0
    two.clock.current = minutes(2)  # `a` said its last two minutes ago, `b` one
    assert await settlement.settle() == 1
    assert await two.rows() == [("b", 5, ["a"]), ("a", 2, [])]
    journey = await two.transit.journey(id_of("T"))
    assert journey is not None
    assert (journey["realtime"]["feed"], journey["rivals"][0]["feed"]) == ("b", "a")
    assert await settlement.settle() == 0, "decided once"
    await two.hear("a", observed("T", {"1:A": 2, "2:B": 2}, two.clock()))
    assert (await two.rows())[0] == ("a", 2, ["b"])


async def test_where_all_fell_silent_nothing_changes_hands(two: Two, store: Store):
    """There is nobody fresh to show: what is shown reads as unknown, whoever said it."""
    await two.hear("a", observed("T", {"1:A": 2}))
    await two.hear("b", observed("T", {"1:A": 5}))
    two.clock.advance(minutes=10)
    assert await Settlement(store, frozenset()).settle() == 0
    assert (await two.rows())[0] == ("a", 2, ["b"])


async def test_a_source_without_times_is_settled_by_its_feeds_age(two: Two, store: Store):
    """Its messages say no time: while its feed lives, what it said is fresh."""
    untimed = {name: observed("T", {"1:A": late}, None) for name, late in (("a", 2), ("b", 5))}
    await two.hear("a", untimed["a"])
    await two.hear("b", untimed["b"])
    assert (await two.rows())[0] == ("a", 2, ["b"])
    two.clock.advance(minutes=2)
    lives = {"warn_after_s": 90.0, "data_as_of": two.clock(), "priority": 0}
    await FeedRepository(store).save_status("b", lives)
    assert await Settlement(store, frozenset()).settle() == 1
    assert (await two.rows())[0] == ("b", 5, ["a"])


async def test_rows_for_other_places_are_left_to_who_makes_them_anew(two: Two, store: Store):
    """A process that has the old stop places settles nothing of what has the new ones."""
    await two.hear("a", observed("T", {"1:A": 2}))
    await two.hear("b", observed("T", {"1:A": 5}, minutes(1)))
    two.clock.current = minutes(2)
    assert await Settlement(store, frozenset({"metro:A"})).settle() == 0
    assert (await two.rows())[0] == ("a", 2, ["b"])


def test_what_a_source_holds_no_more_in_a_readable_form_ages_beside_the_others():
    """Shown or not: its layer and its reports are of that moment, the other's stand."""
    journey = say(timetable(), observed("T", {"1:A": 2}, None), "a", as_of=NOON)
    journey = say(journey, observed("T", {"1:A": 5}, minutes(1)), "b", as_of=minutes(1))
    before = {call["order"]: dict(call) for call in journey["calls"]}
    aged = rivals.aged(journey, "a", minutes(-9), EVEN)
    layers = {one["feed"]: one for one in (aged["realtime"], *aged["rivals"])}
    assert layers["a"]["observed_at"] == minutes(-9).replace(tzinfo=None)
    assert (layers["a"]["fp"], layers["b"]) == ("", journey["realtime"])
    (other,) = aged["calls"][0]["others"]
    assert (other["feed"], other["observed_at"]) == ("a", minutes(-9).replace(tzinfo=None))
    assert {call["order"]: call for call in journey["calls"]} == before
