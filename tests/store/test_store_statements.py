"""Several feeds speak of one record: the rule that decides, and that no word is lost."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from store_builders import DATASET, NOON, batch, feed, minutes, vehicle
from store_places import condition, free, garage, station

from hub.clock import ManualClock
from hub.model.common import Name
from hub.model.identity import IdScheme
from hub.model.situations import Situation, SituationProgress
from hub.store import raw
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.cache import FeedRepository
from hub.store.feeds.rivalry import statements
from hub.store.feeds.rivalry.settlement import Settlement
from hub.store.feeds.rows import Document
from tests.connectors import cap_documents as cap

COLLECTIONS = (
    *(raw.SITUATIONS, raw.VEHICLES, raw.PARKING_FACILITIES),
    *(raw.SHARING_STATIONS, raw.FACILITY_CONDITIONS),
)
FRESH_S = 90.0


def alert(text: str, at: datetime | None = None, **keys: Any) -> Situation:
    """A situation; like most it gives no time of its own observation."""
    about = {"dataset": DATASET, "native_id": "S1", "summary": Name(zh=text)}
    return Situation(id=f"{DATASET}:S1", observed_at=at, **{**about, **keys})


Make = Callable[[int, datetime], Any]
KINDS: dict[str, tuple[str, statements.Part, Make, str]] = {
    "vehicle": (
        raw.VEHICLES,
        statements.RECORD,
        lambda n, at: vehicle("S1", at, bearing=float(n)),
        "bearing",
    ),
    "situation": (
        raw.SITUATIONS,
        statements.RECORD,
        lambda n, at: alert("通告", at, cause=str(n)),
        "cause",
    ),
    "status": (
        raw.PARKING_FACILITIES,
        statements.STATUS,
        lambda n, at: free(n, "S1", at),
        "vacant",
    ),
    "station": (
        raw.SHARING_STATIONS,
        statements.REPORT,
        lambda n, at: station("S1", at, vehicles_available=n),
        "vehicles_available",
    ),
    "condition": (
        raw.FACILITY_CONDITIONS,
        statements.RECORD,
        lambda n, at: condition("S1", category=str(n), observed_at=at),
        "category",
    ),
}


class Two:
    """Feeds `a` (preferred) and `b` of one dataset, and what is stored of the record S1."""

    def __init__(self, store: Store, clock: ManualClock, kind: str) -> None:
        self.store, self.clock = store, clock
        self.collection, self.part, self._make, self._value = KINDS[kind]
        self.writers: dict[str, FeedWriter] = {}
        self.restart()

    def restart(self) -> None:
        self.writers = {
            name: FeedWriter(self.store, feed(name, priority=int(name == "a")), frozenset())
            for name in "ab"
        }

    async def hear(self, name: str, *records: Any, **keys: Any) -> Any:
        """A message of a feed, now; its health as the monitor would store it."""
        about = {"warn_after_s": FRESH_S, "data_as_of": self.clock(), "priority": int(name == "a")}
        await FeedRepository(self.store).save_status(name, about)
        return await self.writers[name].apply(batch(*records, as_of=self.clock(), **keys))

    async def says(self, name: str, number: int, **keys: Any) -> Any:
        """A feed says the number of S1, observed now."""
        return await self.hear(name, self._make(number, self.clock()), **keys)

    async def withdraws(self, name: str) -> Any:
        return await self.hear(name, withdrawn=[f"{DATASET}:S1"])

    async def document(self) -> Document | None:
        return await self.store.db[self.collection].find_one({"_id": f"{DATASET}:S1"})

    async def shown(self) -> tuple[str, str, dict[str, str]] | None:
        """Feed and number shown, and the numbers of the others by feed."""
        found = self.part.of(await self.document())
        if found is None:
            return None
        others = {one["feed"]: str(one[self._value]) for one in found.get("others", ())}
        return found["feed"], str(found[self._value]), others


@pytest.fixture
async def empty(store: Store, clock: ManualClock) -> ManualClock:
    clock.current = NOON
    for name in (*COLLECTIONS, raw.FEEDS):
        await store.db[name].delete_many({})
    return clock


@pytest.fixture(params=list(KINDS))
def two(store: Store, empty: ManualClock, request: pytest.FixtureRequest) -> Two:
    return Two(store, empty, request.param)


def number(value: int, kind_value: str) -> str:
    return f"{value}.0" if kind_value == "bearing" else str(value)


async def sees(two: Two, feed_: str, value: int, **others: int) -> None:
    """S1 shows this feed's number and keeps those of the others."""
    told = {name: number(said, two._value) for name, said in others.items()}
    assert await two.shown() == (feed_, number(value, two._value), told)


async def test_a_record_of_one_feed_is_stored_as_ever(two: Two):
    """Nothing of rivals is in it, however often it changes."""
    for value in (1, 2):
        assert (await two.says("a", value)).written == 1
        await sees(two, "a", value)
        found = two.part.of(await two.document()) or {}
        assert found.keys().isdisjoint({"others", "contested", "said_at"})


async def test_the_preferred_feed_is_shown_and_the_other_kept_beside_it(two: Two):
    """Whoever speaks last; who else says what, and when, stays in the document."""
    await two.says("b", 5)
    two.clock.advance(seconds=10)
    await two.says("a", 2)
    await sees(two, "a", 2, b=5)
    two.clock.advance(seconds=10)
    assert (await two.says("b", 6)).written == 1
    await sees(two, "a", 2, b=6)
    found = two.part.of(await two.document()) or {}
    (other,) = found["others"]
    assert (other["observed_at"], found["contested"]) == (NOON + timedelta(seconds=20), ["a", "b"])


async def test_a_stale_feed_gives_way_whatever_its_priority(two: Two):
    """With the other's next message; and comes back with its own."""
    await two.says("a", 2)
    two.clock.advance(seconds=60)
    await two.says("b", 5)
    await sees(two, "a", 2, b=5)
    two.clock.advance(seconds=60)
    await two.says("b", 6)
    await sees(two, "b", 6, a=2)
    await two.says("a", 3)
    await sees(two, "a", 3, b=6)


async def test_a_silent_feed_gives_way_to_one_that_has_nothing_new_to_say(two: Two, store: Store):
    """Time alone decides; what does not change hands is not written."""
    settlement = Settlement(store, frozenset())
    await two.says("a", 2)
    two.clock.advance(seconds=60)
    await two.says("b", 5)
    assert await settlement.settle() == 0
    two.clock.advance(seconds=31)
    assert await settlement.settle() == 1
    await sees(two, "b", 5, a=2)
    assert await settlement.settle() == 0
    await two.says("a", 2)
    await sees(two, "a", 2, b=5)


async def test_a_withdrawal_takes_back_its_own_statement_only(two: Two):
    """The other's stands at once, as if it had been the only one; the last one ends the record."""
    await two.says("a", 2)
    await two.says("b", 5)
    assert (await two.withdraws("a")).withdrawn == 1
    await sees(two, "b", 5)
    assert "contested" not in (two.part.of(await two.document()) or {})
    assert (await two.says("b", 6)).written == 1
    await two.says("a", 3)
    assert (await two.withdraws("b")).withdrawn == 1
    await sees(two, "a", 3)
    assert (await two.withdraws("b")).withdrawn == 0
    assert (await two.withdraws("a")).withdrawn == 1
    assert await two.document() is None


async def test_absence_from_complete_messages_is_a_withdrawal_too(two: Two):
    """Also of the one that is not shown, and after a restart of both."""
    await two.says("a", 2)
    await two.says("b", 5)
    two.restart()
    for _ in range(2):
        await two.hear("b", complete=True)
    await sees(two, "a", 2)
    await two.says("b", 5)
    for _ in range(2):
        await two.hear("a", complete=True)
    await sees(two, "b", 5)


async def test_what_is_not_shown_is_remembered_as_said(two: Two):
    """The same again is nothing new, also after a restart; an older one is stale."""
    await two.says("a", 2)
    await two.says("b", 5)
    for _ in range(2):
        assert (await two.says("b", 5)).unchanged == 1
        two.restart()
    older = two._make(9, NOON - timedelta(seconds=5))
    assert (await two.hear("b", older)).stale == 1
    await sees(two, "a", 2, b=5)


async def test_what_stands_moves_its_time_also_where_it_is_not_shown(two: Two):
    """So that the rule knows who is fresh; the content is not new to anybody."""
    await two.says("a", 2)
    await two.says("b", 5)
    two.clock.advance(seconds=60)
    for name in "ab":
        assert (await two.says(name, {"a": 2, "b": 5}[name])).unchanged == 1
    found = two.part.of(await two.document()) or {}
    assert found["observed_at"] == found["others"][0]["observed_at"] == minutes(1)


async def test_two_feeds_at_once_lose_nothing(two: Two):
    """Whoever wins the race to the database, both statements are there."""
    for turn in range(10):
        await asyncio.gather(two.says("a", turn), two.says("b", 100 + turn))
        await sees(two, "a", turn, b=100 + turn)
        two.clock.advance(seconds=1)


async def test_ids_of_two_datasets_are_two_records(two: Two, store: Store):
    """Ids are scoped by dataset, and mappings name stop places only: no rivalry can arise."""
    await two.says("a", 2)
    record = two._make(5, two.clock())
    named = {"id": "other:S1"} if hasattr(record, "id") else {"facility_id": "other:S1"}
    other = feed("o").model_copy(update={"dataset": "other"})
    said = replace(record, dataset="other", **named)
    await FeedWriter(store, other, frozenset()).apply(batch(said))
    await sees(two, "a", 2)
    assert await store.db[two.collection].count_documents({}) == 2
    assert list(IdScheme) == [IdScheme.STOP_PLACE]


async def test_a_rival_the_database_refuses_leaves_its_neighbours(store: Store, empty: ManualClock):
    """A position off the globe is refused and counted; nothing of what stood is changed by it."""
    two = Two(store, empty, "vehicle")
    await two.hear("a", *(vehicle(ref) for ref in ("v1", "v2", "v3")))
    records = [vehicle("v1", lat=31.3), vehicle("v2", lat=99), vehicle("v3", lat=31.3)]
    applied = await two.hear("b", *records)
    assert (applied.written, applied.refused) == (2, 1)
    found = await store.db[raw.VEHICLES].find(sort=[("_id", 1)]).to_list()
    assert [one.get("contested") for one in found] == [["a", "b"], None, ["a", "b"]]
    assert (await two.hear("a", withdrawn=["metro:v1", "metro:v2"])).withdrawn == 2
    found = await store.db[raw.VEHICLES].find(sort=[("_id", 1)]).to_list()
    assert [(one["native_id"], one["feed"]) for one in found] == [("v1", "b"), ("v3", "a")]


async def test_of_two_equal_feeds_the_later_observation_is_shown(store: Store, empty: ManualClock):
    """In whatever order the messages come."""
    writers = [FeedWriter(store, feed(name), frozenset()) for name in ("c", "d")]
    for first, second in ((0, 1), (1, 0)):
        await store.db[raw.VEHICLES].delete_many({})
        records = [vehicle("S1", NOON, bearing=1), vehicle("S1", minutes(0.5), bearing=2)]
        writers = [FeedWriter(store, feed(name), frozenset()) for name in ("c", "d")]
        await writers[first].apply(batch(records[first]))
        await writers[second].apply(batch(records[second]))
        (found,) = await store.db[raw.VEHICLES].find().to_list()
        assert (found["feed"], found["others"][0]["feed"]) == ("d", "c")


async def test_of_two_relays_of_one_alert_the_later_word_is_shown(store: Store, empty: ManualClock):
    """An alert gives no time of observation: what counts is when its content was said.

    Messages that repeat it change nothing, so the two do not take turns.
    """
    relays = {name: FeedWriter(store, feed(name), frozenset()) for name in ("c", "d")}

    async def say(name: str, text: str) -> tuple[str, str]:
        empty.advance(seconds=10)
        about = {"warn_after_s": FRESH_S, "data_as_of": empty(), "priority": 0}
        await FeedRepository(store).save_status(name, about)
        await relays[name].apply(batch(alert(text), as_of=empty()))
        await Settlement(store, frozenset()).settle()
        (found,) = await store.db[raw.SITUATIONS].find().to_list()
        return found["feed"], found["summary"]["zh"]

    assert await say("c", "暴雨") == ("c", "暴雨")
    assert await say("d", "暴雨") == ("d", "暴雨")
    for name in "cdcd":
        assert await say(name, "暴雨") == ("d", "暴雨")
    assert await say("c", "大暴雨") == ("c", "大暴雨")
    assert await say("d", "暴雨") == ("c", "大暴雨")


async def test_of_two_versions_of_a_situation_the_higher_is_shown(store: Store, empty: ManualClock):
    """Between feeds of equal standing; a higher priority comes first all the same."""
    for name, version in (("c", 3), ("d", 2)):
        await FeedRepository(store).save_status(name, {"data_as_of": NOON})
        await FeedWriter(store, feed(name), frozenset()).apply(
            batch(alert("通告", version=version), as_of=NOON)
        )
    (found,) = await store.db[raw.SITUATIONS].find().to_list()
    assert (found["feed"], found["version"]) == ("c", 3)
    preferred = FeedWriter(store, feed("e", priority=1), frozenset())
    await preferred.apply(batch(alert("通告", version=1), as_of=NOON))
    (found,) = await store.db[raw.SITUATIONS].find().to_list()
    assert (found["feed"], found["version"]) == ("e", 1)


async def test_a_closed_situation_expires_only_when_nobody_else_speaks_of_it(
    store: Store, empty: ManualClock
):
    """The database would take the other's word with it."""
    two = Two(store, empty, "situation")
    closed = alert("通告", progress=SituationProgress.CLOSED)
    await two.hear("a", closed)
    assert (await two.document() or {})["closed_at"] == NOON
    await two.hear("b", alert("通告"))
    found = await two.document() or {}
    assert (found["progress"], "closed_at" in found) == ("CLOSED", False)
    two.clock.advance(seconds=5)
    await two.withdraws("b")
    assert (await two.document() or {})["closed_at"] == NOON + timedelta(seconds=5)
    await two.hear("b", alert("通告"))
    await two.withdraws("a")
    found = await two.document() or {}
    assert (found["feed"], found["progress"]) == ("b", "OPEN")


@pytest.mark.parametrize("kind", ["status", "station"])
async def test_a_report_without_a_time_of_its_own_is_never_fresh(
    store: Store, empty: ManualClock, kind: str
):
    """Its publication may be of this minute: the one that says when is shown, while it is fresh."""
    two = Two(store, empty, kind)
    await two.hear("a", two._make(2, None))  # type: ignore[arg-type]
    await two.says("b", 5)
    await sees(two, "b", 5, a=2)


async def test_what_a_facility_is_and_what_is_free_there_are_contested_apart(
    store: Store, empty: ManualClock
):
    """Either layer of a garage has sources of its own, and is withdrawn without the other."""
    two = Two(store, empty, "status")
    await two.hear("a", garage("S1", capacity=100), free(2, "S1"))
    await two.hear("b", garage("S1", capacity=300))
    found = await two.document() or {}
    assert (found["feed"], found["capacity"], found["contested"]) == ("a", 100, ["a", "b"])
    assert "others" not in found["status"]
    await two.hear("b", free(5, "S1"))
    await two.withdraws("a")
    found = await two.document() or {}
    assert (found["feed"], found["capacity"], found["native_id"]) == ("b", 300, "S1")
    assert (found["status"]["feed"], found["status"]["vacant"]) == ("b", 5)
    assert found.keys().isdisjoint({"others", "contested"})
    await two.withdraws("b")
    assert await two.document() is None


async def test_an_alert_that_two_relays_pass_on_is_one_situation(store: Store, empty: ManualClock):
    """By its sender, identifier and time; who is told of its end first ends its own word only."""
    empty.current = cap.NOW
    relays = [
        FeedWriter(store, feed(name).model_copy(update={"dataset": "weather"}), frozenset())
        for name in ("c", "d")
    ]
    for name in ("c", "d"):
        await FeedRepository(store).save_status(name, {"data_as_of": cap.NOW})
    for relay in relays:
        await relay.apply(cap.read(cap.alert()))
    (found,) = await store.db[raw.SITUATIONS].find().to_list()
    assert (found["_id"], found["contested"]) == (cap.id_of(), ["c", "d"])
    ended = cap.alert("", identifier="C", msgType="Cancel", references=cap.reference())
    for relay, left in zip(relays, (["d"], []), strict=True):
        assert (await relay.apply(cap.read(ended))).withdrawn == 1
        assert [row["feed"] async for row in store.db[raw.SITUATIONS].find()] == left


async def test_an_undated_situation_that_a_full_message_lacks_ages_beside_another(
    store: Store, empty: ManualClock
) -> None:
    """Not complete: nobody knows whether it still holds. Shown or not, it is renewed no more."""
    two = Two(store, empty, "situation")
    await two.hear("a", alert("一"), full=True)
    empty.advance(seconds=30)
    await two.hear("b", alert("二"), full=True)
    for name in "ab":
        await two.hear(name, full=True)
    found = await two.document()
    assert found is not None
    said = {one["feed"]: one["observed_at"] for one in (found, *found["others"])}
    assert said == {"a": NOON, "b": NOON + timedelta(seconds=30)}
    await two.hear("b", alert("二"), full=True)
    found = await two.document()
    assert found is not None
    said = {one["feed"]: one["observed_at"] for one in (found, *found["others"])}
    assert said == {"a": NOON, "b": None}
