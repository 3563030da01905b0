"""Mappings of ids: what is proposed, what a person decides, and what follows from it alone."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from store_builders import NOON, batch, feed, minutes, planned

from hub.bus import Bus, Change, ChangeKind, Cursor
from hub.errors import NotFound, UserFault
from hub.model.common import Name, Position
from hub.model.identity import IdMapping, MappingState, MatchMethod
from hub.model.network import StopPlace, StopPlaceKind
from hub.store import raw
from hub.store.audit import Author
from hub.store.documents import AuditDoc
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.identity import IdentityRepository
from hub.store.feeds.same_as import SameAs
from hub.store.feeds.transit import TransitRepository


def stop(dataset: str, native: str, zh: str, north_m: float = 0) -> StopPlace:
    return StopPlace(
        id=f"{dataset}:{native}",
        dataset=dataset,
        native_id=native,
        name=Name(zh=zh),
        position=Position(31.25 + north_m / 111_195, 121.45),
        kind=StopPlaceKind.METRO_STATION,
    )


def mapping(scoped: str, canonical: str, **keys: Any) -> IdMapping:
    dataset, _, native = scoped.partition(":")
    about = {"method": MatchMethod.MANUAL, "confidence": 1.0}
    return IdMapping(dataset=dataset, native_id=native, canonical_id=canonical, **{**about, **keys})


@pytest.fixture
async def identity(store: Store, clock) -> IdentityRepository:
    """Two datasets with three and two stop places, and no mappings."""
    clock.current = NOON
    for name in (raw.ID_MAPPINGS, raw.STOP_PLACES, raw.JOURNEYS, raw.CALLS, "audit"):
        await store.db[name].delete_many({})
    places = {
        "one": [stop("metro", "A", "甲站"), stop("metro", "B", "乙站", 3000)],
        "two": [stop("netex", "1", "甲"), stop("netex", "2", "丙站", 9000)],
    }
    for name, records in places.items():
        await FeedWriter(store, feed(f"f-{name}"), frozenset()).apply(batch(*records))
    return IdentityRepository(store)


async def refused(work) -> str:
    with pytest.raises(UserFault) as caught:
        await work
    return caught.value.code


async def test_a_proposal_changes_nothing(identity: IdentityRepository, store: Store):
    """It is listed, it is not proposed twice, and nothing that is read knows of it."""
    (found,) = await identity.propose("netex")
    assert (found.scoped_id, found.canonical_id) == ("netex:1", "metro:A")
    assert found.method is MatchMethod.NAME
    (row,) = await identity.page(limit=10)
    assert (row["_id"], row["state"]) == (found.id, "PROPOSED")
    assert await identity.propose("netex") == []
    assert await SameAs(store).ids("netex:1") == ["netex:1"]
    unmatched = await identity.unmatched(limit=10)
    assert [(row["_id"], [one["_id"] for one in row["proposals"]]) for row in unmatched] == [
        ("metro:A", [found.id]),
        ("metro:B", []),
        ("netex:1", [found.id]),
        ("netex:2", []),
    ]
    (line,) = await AuditDoc.find_all().to_list()
    assert (line.actor, line.action, line.target) == (
        "server shell",
        "idMapping.proposed",
        found.id,
    )


async def test_a_confirmed_mapping_makes_one_place_of_two(identity, store: Store):
    """Either id has both; the audit log says who decided; it is matched now."""
    (found,) = await identity.propose("netex")
    decided = await identity.confirm(Author("admin"), mapping("netex:1", "metro:A"))
    assert (decided.mapping["state"], decided.mapping["method"]) == ("CONFIRMED", "NAME")
    assert (decided.mapping["decided_by"], decided.mapping["decided_at"]) == ("admin", NOON)
    same = SameAs(store)
    assert await same.ids("netex:1") == ["metro:A", "netex:1"]
    assert await same.ids("metro:A") == ["metro:A", "netex:1"]
    assert await same.with_equivalents(["metro:A", "metro:B"]) == ("metro:A", "metro:B", "netex:1")
    assert [row["_id"] for row in await identity.unmatched(limit=10)] == ["metro:B", "netex:2"]
    (row,) = await identity.unmatched(dataset="netex", limit=10)
    assert (row["_id"], row["proposals"]) == ("netex:2", [])
    (line,) = await AuditDoc.find({"actor": "admin"}).to_list()
    assert (line.action, line.target) == ("idMapping.confirmed", found.id)
    assert (line.before and line.before["state"], line.after and line.after["state"]) == (
        "PROPOSED",
        "CONFIRMED",
    )
    await identity.confirm(Author("admin"), mapping("netex:1", "metro:A"))
    assert await AuditDoc.find({"actor": "admin"}).count() == 1


async def test_a_board_shows_the_calls_of_every_id(identity, store: Store):
    """By either id, in the order of time, page by page; without the mapping, its own alone."""
    journeys = [planned("M1", ["A", "Z"]), planned("N1", ["A", "Z"])]
    elsewhere = tuple(
        replace(call, stop_place_id=call.stop_place_id.replace("metro:A", "netex:1"))
        for call in journeys[1].calls
    )
    journeys[1] = replace(journeys[1], calls=elsewhere)
    await FeedWriter(store, feed("timetable"), frozenset()).apply(batch(*journeys))
    transit = TransitRepository(store)

    async def board(place: str, **keys: Any) -> list[str]:
        window = {"start": NOON, "end": minutes(60), "limit": 10, "modes": None, **keys}
        rows = await transit.calls(place, board="departure", **window)
        return [row["journey"]["public_code"] for row in rows]

    assert (await board("metro:A"), await board("netex:1")) == (["M1"], ["N1"])
    await identity.confirm(Author("admin"), mapping("netex:1", "metro:A"))
    assert await board("metro:A") == await board("netex:1") == ["M1", "N1"]
    (first,) = await transit.calls(
        "netex:1", board="departure", start=NOON, end=minutes(60), limit=1, modes=None
    )
    after = (first["board"]["departure"], first["_id"])
    assert await board("netex:1", after=after) == ["N1"]
    await identity.reject(Author("admin"), "STOP_PLACE:netex:1=metro:A")
    assert (await board("metro:A"), await board("netex:1")) == (["M1"], ["N1"])


async def test_a_rejected_pair_is_not_proposed_again(identity):
    """What a person has decided stands until a person decides again."""
    (found,) = await identity.propose("netex")
    await identity.reject(Author("admin"), found.id)
    assert await identity.propose("netex") == []
    await identity.reject(Author("admin"), found.id)
    assert await AuditDoc.find({"actor": "admin"}).count() == 1
    await identity.confirm(Author("admin"), mapping("netex:1", "metro:A"))
    assert [row["state"] for row in await identity.page(limit=5)] == ["CONFIRMED"]
    with pytest.raises(NotFound):
        await identity.reject(Author("admin"), "STOP_PLACE:netex:2=metro:B")


async def test_confirming_another_corrects(identity, store: Store):
    """The mapping it takes the place of is rejected by it, and that is on the audit log too."""
    await identity.confirm(Author("admin"), mapping("netex:1", "metro:A"))
    decided = await identity.confirm(Author("admin"), mapping("netex:1", "metro:B"))
    assert decided.replaced == ("STOP_PLACE:netex:1=metro:A",)
    assert await SameAs(store).ids("metro:B") == ["metro:B", "netex:1"]
    assert await SameAs(store).ids("metro:A") == ["metro:A"]
    actions = [line.action for line in await AuditDoc.find_all().sort("+at", "+action").to_list()]
    assert sorted(actions) == ["idMapping.confirmed"] * 2 + ["idMapping.rejected"]


async def test_what_cannot_be_confirmed(identity):
    """One dataset, an unknown place, an empty period, a chain in either direction."""
    confirm = identity.confirm
    assert await refused(confirm(Author("a"), mapping("metro:B", "metro:A"))) == "SAME_DATASET"
    assert (
        await refused(confirm(Author("a"), mapping("netex:1", "metro:X"))) == "UNKNOWN_STOP_PLACE"
    )
    backwards = mapping("netex:1", "metro:A", valid_from=NOON, valid_to=NOON)
    assert await refused(confirm(Author("a"), backwards)) == "BAD_PERIOD"
    await confirm(Author("a"), mapping("netex:1", "metro:A"))
    assert (
        await refused(confirm(Author("a"), mapping("coach:9", "netex:1"))) == "CANONICAL_IS_MAPPED"
    )
    assert await refused(confirm(Author("a"), mapping("metro:A", "netex:2"))) == "IS_CANONICAL"
    assert len(await identity.page(limit=10)) == 1


async def test_two_decisions_at_once_make_no_circle(identity):
    """Each of two administrators maps one place to the other: one of them is refused."""
    results = await asyncio.gather(
        identity.confirm(Author("a"), mapping("netex:1", "metro:A")),
        identity.confirm(Author("b"), mapping("metro:A", "netex:1")),
        return_exceptions=True,
    )
    (fault,) = [result for result in results if isinstance(result, UserFault)]
    assert fault.code in {"CANONICAL_IS_MAPPED", "IS_CANONICAL"}
    assert len(await identity.page(limit=10, state=MappingState.CONFIRMED)) == 1


async def test_a_mapping_holds_for_its_time(identity, store: Store, clock):
    """Before and after it the ids are two places; the next period may name another place."""
    until = NOON + timedelta(hours=1)
    await identity.confirm(Author("a"), mapping("netex:1", "metro:A", valid_to=until))
    await identity.confirm(Author("a"), mapping("netex:1", "metro:B", valid_from=until))
    same = SameAs(store)
    assert await same.ids("netex:1") == ["metro:A", "netex:1"]
    clock.advance(hours=1)
    assert await same.ids("netex:1") == ["metro:B", "netex:1"]


async def test_the_list_is_paged_and_filtered(identity):
    """By state and dataset, in the order of ids."""
    for number in range(3):
        await identity.confirm(Author("a"), mapping(f"x:{number}", "metro:A"))
    await identity.propose("netex")
    first, second = await identity.page(limit=2, state=MappingState.CONFIRMED)
    (third,) = await identity.page(limit=2, state=MappingState.CONFIRMED, after=second["_id"])
    assert [row["native_id"] for row in (first, second, third)] == ["0", "1", "2"]
    (proposed,) = await identity.page(limit=9, dataset="netex")
    assert proposed["state"] == "PROPOSED"


async def test_one_dataset_may_be_proposed_onto_another_alone(identity, store: Store):
    """A place that is mapped already is neither proposed nor a candidate."""
    third = FeedWriter(store, feed("f-three"), frozenset())
    await third.apply(batch(stop("coach", "Q", "甲站")))
    onto = await identity.propose("coach", onto="netex")
    assert [one.canonical_id for one in onto] == ["netex:1"]
    await identity.confirm(Author("a"), mapping("netex:1", "metro:A"))
    assert [one.canonical_id for one in await identity.propose("coach")] == ["metro:A"]
    assert await identity.propose("metro", onto="coach") == []


async def test_what_is_the_same_is_followed_in_memory(identity, store: Store, bus: Bus):
    """While it follows, a change on the bus is enough; RESET reads everything again."""
    same = SameAs(store)
    task = asyncio.create_task(same.follow(bus))
    await identity.confirm(Author("a"), mapping("netex:1", "metro:A"))
    row = (await identity.page(limit=1))[0]
    cursor = Cursor(1, 1, 1)

    async def becomes(wanted: list[str], change: Change) -> None:
        async with asyncio.timeout(60):
            while await same.ids("netex:1") != wanted:
                bus.publish(change)
                await asyncio.sleep(0.01)

    told = Change(cursor, raw.ID_MAPPINGS, ChangeKind.INSERTED, row["_id"], row)
    await becomes(["metro:A", "netex:1"], told)
    gone = {**row, "state": "REJECTED"}
    ended = Change(cursor, raw.ID_MAPPINGS, ChangeKind.UPDATED, row["_id"], gone)
    await becomes(["netex:1"], ended)
    await becomes(["metro:A", "netex:1"], Change(cursor, "", ChangeKind.RESET, None))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await same.ids("netex:1") == ["metro:A", "netex:1"]


async def test_news_come_with_a_decision_and_with_the_end_of_a_validity(
    identity, store: Store, bus: Bus, clock
):
    """Whoever keeps to what is equivalent is woken by both, and knows it without asking."""
    same = SameAs(store)
    assert same.known("netex:1") == ["netex:1"]
    task = asyncio.create_task(same.follow(bus))
    until = NOON + timedelta(milliseconds=50)
    await identity.confirm(Author("a"), mapping("netex:1", "metro:A", valid_to=until))
    (row,) = await identity.page(limit=1)
    told = Change(Cursor(1, 1, 1), raw.ID_MAPPINGS, ChangeKind.INSERTED, row["_id"], row)
    async with asyncio.timeout(60):
        await same.news()
        bus.publish(told)
        while same.known("netex:1") == ["netex:1"]:
            await same.news()
        assert same.known("netex:1") == ["metro:A", "netex:1"]
        await same.news()
        clock.current = until
        assert same.known("netex:1") == ["netex:1"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
