"""A hub whose feeds speak of other stop places than its area says so, and names them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from hub.bus import Bus
from hub.ingest import coverage
from hub.ingest.coverage import Coverage
from hub.model.area import Area
from hub.model.identity import IdMapping, MatchMethod
from hub.store.audit import Author
from hub.store.driver import Store
from hub.store.feeds.coverage import EXAMPLES, uncovered
from hub.store.feeds.identity import IdentityRepository
from hub.store.feeds.same_as import SameAs
from hub.store.tail import ChangeTail
from liandong.configured import area_of

AREA = replace(
    area_of("shanghai-railway-station"), stop_places=("railway:SHH", "metro:L1", "coach:SHLD")
)


def place(key: str, zh: str, lat: float = 31.25, lon: float | None = 121.45) -> dict:
    dataset, native = key.split(":")
    where = None if lon is None else {"type": "Point", "coordinates": [lon, lat]}
    return {
        "_id": key,
        "dataset": dataset,
        "native_id": native,
        "name": {"zh": zh, "en": None},
        "location": where,
        "kind": "RAIL_STATION",
        "modes": ["RAIL"],
        "quays": [],
        "feed": "f",
    }


@pytest.fixture
async def places(store: Store) -> AsyncIterator[list[dict]]:
    """The railway's are the area's; the metro's are other ones; the coaches bring none."""
    brought = [
        place("railway:SHH", "上海站"),
        place("metro:FAR", "远", lat=40.0),
        place("metro:NEAR", "近"),
        place("metro:NOWHERE", "无", lon=None),
        *(place(f"metro:{number}", "中", lat=32 + number / 10) for number in range(EXAMPLES)),
    ]
    await store.db["stop_places"].insert_many(brought)
    yield brought
    for name in ("stop_places", "id_mappings"):
        await store.db[name].delete_many({})


async def found(store: Store, area: Area = AREA) -> list[str]:
    here = await SameAs(store).with_equivalents(area.stop_places)
    datasets = {"railway", "metro", "coach", "metro2", "weather"}
    return [str(one) for one in await uncovered(store, here, area.centre, datasets)]


async def test_a_dataset_outside_the_area_is_told_with_its_nearest_places(store: Store, places):
    """Only the metro: how many stop places it has, and the nearest by id and name; what has no
    position comes last, and the farthest are left out."""
    (said,) = await found(store)
    assert f"none of the {EXAMPLES + 3} stop places of dataset metro" in said
    assert "the nearest: metro:NEAR 近, metro:0 中, " in said
    assert said.endswith(", ...")
    assert "metro:FAR" not in said
    assert "metro:NOWHERE" not in said


async def test_an_area_that_names_one_of_them_or_none_at_all_has_no_gap(store: Store, places):
    """One place of a dataset is enough; an area without stop places shows all of them."""
    with_metro = replace(AREA, stop_places=(*AREA.stop_places, "metro:FAR"))
    assert await found(store, with_metro) == []
    assert await found(store, replace(AREA, stop_places=())) == []


async def test_a_place_the_area_has_by_another_id_counts(store: Store, places):
    """A confirmed mapping makes the dataset's own id one of the area's."""
    wanted = IdMapping(
        dataset="metro",
        native_id="NEAR",
        canonical_id="railway:SHH",
        method=MatchMethod.MANUAL,
        confidence=1.0,
    )
    await IdentityRepository(store).confirm(Author("watch"), wanted)
    assert await found(store) == []


def journey(key: str, place: str, zh: str) -> dict:
    called = {"order": 1, "stop_place": {"id": place, "name": {"zh": zh, "en": None}}}
    return {"_id": key, "dataset": key.split(":", maxsplit=1)[0], "calls": [called]}


@pytest.fixture
async def departures(store: Store) -> AsyncIterator[None]:
    """Coaches of a source that tells of departures and of no stop place (kind `mapped`)."""
    brought = [journey("coach:1", "coach:WEST", "西站"), journey("coach:2", "coach:EAST", "东站")]
    await store.db["journeys"].insert_many(brought)
    yield
    for name in ("journeys", "calls"):
        await store.db[name].delete_many({})


async def test_places_that_only_departures_bring_are_told_too(store: Store, departures):
    """By id, each once; not where departures call at a place of the area."""
    (said,) = await found(store)
    assert "none of the 2 stop places of dataset coach" in said
    assert said.endswith("the nearest: coach:EAST 东站, coach:WEST 西站")
    row = {"_id": "coach:3#1", "stop_place": {"id": "coach:SHLD"}}
    await store.db["calls"].insert_one(row)
    assert await found(store) == []


async def test_a_running_hub_says_it_and_takes_it_back(
    store: Store, bus: Bus, places, monkeypatch: pytest.MonkeyPatch
):
    """What is told for /readyz follows what the feeds bring, without a restart."""
    monkeypatch.setattr(coverage, "QUIET_SECONDS", 0)
    datasets = ("railway", "metro")
    watching = Coverage(store, SameAs(store), area=AREA, datasets=datasets)
    looked = asyncio.Event()
    looks = watching.look

    async def look() -> None:
        await looks()
        looked.set()

    monkeypatch.setattr(watching, "look", look)
    tail = ChangeTail(store, bus, "coverage")
    tasks = [asyncio.create_task(tail.run())]
    await tail.ready.wait()
    tasks.append(asyncio.create_task(watching.run(bus)))
    try:
        await looked.wait()
        assert [note for note in watching.notes if "dataset metro" in note]
        await store.db["stop_places"].insert_one(place("metro:L1", "一号线"))
        while watching.notes:
            looked.clear()
            await looked.wait()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
