"""ParkAPI in its three versions: lots, results, items."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from given import AT, context_of, notes, read, refusals, sample

from connectors.parkapi import follow_up
from hub.connector import Envelope, Link
from hub.errors import PayloadError
from hub.formats.common.bundle import Document, pack
from hub.model.common import Name, Position
from hub.model.parking import OpeningStatus, ParkingFacility, ParkingSiteStatus, ParkingStatus


def city(*lots: dict, **more: object) -> bytes:
    head = {"last_updated": "2026-03-02T07:55:00", "last_downloaded": "2026-03-02T07:59:00"}
    return json.dumps(head | {"lots": list(lots)} | more).encode()


def lot(**more: object) -> dict:
    return {
        "id": "p1",
        "name": "东广场停车场",
        "coords": {"lat": 31.2, "lng": 121.3},
        "total": 400,
        "free": 235,
        "state": "open",
        "lot_type": "Parkhaus",
    } | more


def both(batch) -> tuple[ParkingFacility, ParkingStatus]:
    facility, status = batch.records
    return facility, status


def test_version_1_is_a_city_with_lots() -> None:
    """Facility and status of each; times are UTC, and the source's own, not the download's."""
    batch = read("parkapi", city(lot()))
    facility, status = both(batch)
    assert (facility.id, facility.name) == ("ds:p1", Name(zh="东广场停车场"))
    assert (facility.position, facility.capacity) == (Position(31.2, 121.3), 400)
    assert (status.facility_id, status.vacant, status.capacity) == ("ds:p1", 235, 400)
    assert status.opening is OpeningStatus.OPEN
    assert status.observed_at == datetime(2026, 3, 2, 7, 55, tzinfo=UTC)
    assert batch.as_of == datetime(2026, 3, 2, 7, 59, tzinfo=UTC)
    assert batch.complete


@pytest.mark.parametrize(
    ("state", "opening"),
    [
        ("open", OpeningStatus.OPEN),
        ("closed", OpeningStatus.CLOSED),
        ("nodata", OpeningStatus.UNKNOWN),
        ("unknown", OpeningStatus.UNKNOWN),
        (None, OpeningStatus.UNKNOWN),
    ],
)
def test_states(state: str | None, opening: OpeningStatus) -> None:
    """The words in use; no data is unknown and noted, and nothing is free by default."""
    batch = read("parkapi", city(lot(state=state, free=None)))
    _, status = both(batch)
    assert (status.opening, status.vacant, status.status) == (opening, None, None)
    silent = opening is OpeningStatus.UNKNOWN
    assert notes(batch) == [("EMPTY_ENTITY", "p1")] * silent


@pytest.mark.parametrize(
    ("state", "word", "spaces"),
    [
        ("many", ParkingSiteStatus.SPACES_AVAILABLE, (None, None)),
        ("few", ParkingSiteStatus.ALMOST_FULL, (None, None)),
        ("full", ParkingSiteStatus.FULL, (0, 400)),
        ("FULL", ParkingSiteStatus.FULL, (0, 400)),
    ],
)
def test_a_word_says_whether_spaces_are_free(
    state: str, word: ParkingSiteStatus, spaces: tuple[int | None, int | None]
) -> None:
    """In all three versions; a full lot of known capacity has no space left."""
    first = city(lot(state=state, free=None))
    result = {"lot_id": "p1", "name": "P", "max_capacity": 400, "latest_data": {"status": state}}
    item = {"id": 1, "name": "P", "capacity": 400, "realtime_opening_status": state}
    for body in (
        first,
        json.dumps({"results": [result]}).encode(),
        json.dumps({"items": [item]}).encode(),
    ):
        _, status = both(read("parkapi", body))
        assert (status.status, status.opening) == (word, OpeningStatus.OPEN)
        assert (status.vacant, status.occupied) == spaces


def test_a_word_nobody_knows_is_noted() -> None:
    """It is not taken for open; the count beside it stays."""
    batch = read("parkapi", city(lot(state="half")))
    assert both(batch)[1].vacant == 235
    assert notes(batch) == [("BAD_VALUE", "p1")]


@pytest.mark.parametrize("state", ["nodata", "error", "NODATA"])
def test_a_count_beside_no_data_is_a_default(state: str) -> None:
    """Producers write 0 free where they do not know: that is not a full car park."""
    _, status = both(read("parkapi", city(lot(state=state, free=0))))
    assert (status.opening, status.vacant) == (OpeningStatus.UNKNOWN, None)


def test_more_spaces_free_than_there_are_is_unknown() -> None:
    """Nobody knows which number is wrong; a board must not say 130 of 100."""
    batch = read("parkapi", city(lot(total=400, free=427)))
    assert (both(batch)[1].vacant, both(batch)[1].capacity) == (None, 400)
    assert notes(batch) == [("BAD_VALUE", "p1")]


def test_a_pool_as_scrapers_of_version_2_write_it() -> None:
    """Place, capacity and counts under the names of that form; the lot's own time before ours."""
    scraped = {
        "id": "east",
        "name": "东广场停车场",
        "type": "level",
        "capacity": 400,
        "latitude": 31.2,
        "longitude": 121.3,
        "timestamp": "2026-03-02T07:58:00",
        "lot_timestamp": "2026-03-02T07:57:00",
        "status": "open",
        "num_free": 235,
        "num_occupied": 165,
    }
    batch = read("parkapi", city(scraped, scraped | {"id": None}, pool={"id": "sh"}))
    facility, status = both(batch)
    assert (facility.position, facility.capacity) == (Position(31.2, 121.3), 400)
    assert (status.vacant, status.occupied, status.capacity) == (235, 165, 400)
    assert status.observed_at == datetime(2026, 3, 2, 7, 57, tzinfo=UTC)
    assert refusals(batch) == [("MISSING_FIELD", "(no id)")]


def test_a_lot_without_an_id_goes_by_its_name() -> None:
    """As in the interface itself; one without a name cannot be told."""
    batch = read("parkapi", city(lot(id=None), lot(id="x", name=None)))
    assert batch.records[0].id == "ds:东广场停车场"
    assert refusals(batch) == [("MISSING_FIELD", "x")]


@pytest.mark.parametrize("kind", ["Park-Ride", "P+R", "Park & Ride", "park and ride"])
def test_park_and_ride(kind: str) -> None:
    """By the lot's type or the beginning of its name."""
    assert both(read("parkapi", city(lot(lot_type=kind))))[0].park_and_ride
    assert both(read("parkapi", city(lot(name=f"{kind} West"))))[0].park_and_ride
    assert not both(read("parkapi", city(lot())))[0].park_and_ride


def test_a_lot_said_twice_is_taken_once() -> None:
    """DUPLICATE, and nothing is left out."""
    batch = read("parkapi", city(lot(), lot()))
    assert (len(batch.records), refusals(batch)) == (2, [("DUPLICATE", "p1")])
    assert batch.complete


def page(*results: dict, following: str | None = None) -> bytes:
    return json.dumps(
        {"count": 2, "next": following, "previous": None, "results": list(results)}
    ).encode()


def result(lot_id: str = "a", **more: object) -> dict:
    return {
        "pool_id": "apag",
        "lot_id": lot_id,
        "name": "Luisenhospital",
        "type": "lot",
        "coordinates": [121.3, 31.2],
        "max_capacity": 70,
        "latest_data": {
            "timestamp": "2026-03-02T07:58:30",
            "lot_timestamp": None,
            "status": "open",
            "num_free": 6,
            "capacity": 68,
            "num_occupied": 64,
        },
    } | more


def test_version_2_is_pages_of_results() -> None:
    """Longitude first; the lot's own time if it has one, else that of asking."""
    own = result("b")
    own["latest_data"] = own["latest_data"] | {"lot_timestamp": "2026-03-02T07:00:00"}
    batch = read("parkapi", page(result(), own))
    facility, status, _, second = batch.records
    assert (facility.position, facility.capacity) == (Position(31.2, 121.3), 70)
    assert (status.vacant, status.occupied, status.capacity) == (6, 64, 68)
    assert status.observed_at == AT - timedelta(seconds=90)
    assert second.observed_at == AT - timedelta(hours=1)


def test_pages_are_followed_and_only_together_complete() -> None:
    """`next` names the next page; without it a page leaves something out."""
    first = page(result(), following="https://x.test/lots?page=2")
    context = context_of("parkapi")
    assert follow_up(Envelope(first, AT), context) == (Link("next", "https://x.test/lots?page=2"),)
    assert follow_up(Envelope(page(), AT), context) == ()
    assert follow_up(Envelope(b"\xff", AT), context) == ()
    assert not read("parkapi", first).complete
    batch = read("parkapi", pack([Document("", first), Document("next", page(result("b")))]))
    assert batch.complete
    assert batch.entities == 2


def item(**more: object) -> dict:
    return {
        "id": 7,
        "source_id": 1,
        "original_uid": "x",
        "name": "East",
        "lat": "31.2",
        "lon": "121.3",
        "capacity": 100,
        "purpose": "CAR",
        "has_realtime_data": True,
        "realtime_free_capacity": 27,
        "realtime_capacity": 90,
        "realtime_opening_status": "CLOSED",
        "realtime_data_updated_at": "2026-03-02T15:59:00+08:00",
        "park_and_ride_type": ["TRAIN"],
    } | more


def items(*found: dict) -> bytes:
    return json.dumps({"items": list(found)}).encode()


def test_a_time_in_a_list_of_one_is_that_time() -> None:
    """A server of version 3 writes so in its answers of version 2."""
    own = result()
    own["latest_data"] = own["latest_data"] | {"lot_timestamp": ["2026-03-02T07:00:00"]}
    batch = read("parkapi", page(own))
    assert both(batch)[1].observed_at == AT - timedelta(hours=1)
    assert notes(batch) == []


def test_pages_of_items_are_followed() -> None:
    """`next_path` names the next page, as a path; one page of several is not the whole."""
    first = json.dumps({"items": [item()], "total_count": 2, "next_path": "/v3/sites?start=7"})
    context = context_of("parkapi")
    (link,) = follow_up(Envelope(first.encode(), AT), context)
    assert link == Link("next", "/v3/sites?start=7")
    assert follow_up(Envelope(items(item()), AT), context) == ()
    assert not read("parkapi", first.encode()).complete
    pages = [Document("", first.encode()), Document("next", items(item(id=8)))]
    batch = read("parkapi", pack(pages))
    assert (batch.entities, batch.complete) == (2, True)


def test_version_3_is_items() -> None:
    """Static and real-time attributes side by side; places as texts are read."""
    facility, status = both(read("parkapi", items(item())))
    assert (facility.id, facility.position, facility.capacity) == (
        "ds:7",
        Position(31.2, 121.3),
        100,
    )
    assert facility.park_and_ride
    assert (status.vacant, status.capacity) == (27, 90)
    assert status.opening is OpeningStatus.CLOSED
    assert status.observed_at == AT - timedelta(minutes=1)


def test_without_real_time_there_is_no_status_and_bicycles_are_refused() -> None:
    """`has_realtime_data` false gives a facility only; a bicycle shed is no car park."""
    batch = read("parkapi", items(item(has_realtime_data=False), item(id=8, purpose="BIKE")))
    assert [type(record) for record in batch.records] == [ParkingFacility]
    assert refusals(batch) == [("UNSUPPORTED_MESSAGE", "8")]


@pytest.mark.parametrize(
    ("updated", "reason"),
    [
        ("1970-01-01T00:00:00Z", "TIMESTAMP_EPOCH"),
        ("2026-03-02T09:00:00Z", "TIMESTAMP_IN_FUTURE"),
    ],
)
def test_a_time_that_cannot_be_leaves_the_counts(updated: str, reason: str) -> None:
    """Their age is not known, and that is noted."""
    timed = read("parkapi", items(item()))
    batch = read("parkapi", items(item(realtime_data_updated_at=updated)))
    (_, known), (_, status) = timed.records, batch.records
    assert status == replace(known, observed_at=None)
    assert status.vacant is not None
    assert notes(batch) == [(reason, "7")]


def test_what_is_not_parkapi_is_refused() -> None:
    """Other JSON, no JSON, a list."""
    for body in (b"{}", b"[]", b"{", b"\xff\xfe", b'{"data": {}}'):
        with pytest.raises(PayloadError):
            read("parkapi", body)


@pytest.mark.samples
def test_the_sample_says_that_it_has_no_data() -> None:
    """30 lots without ids and without counts: facilities by name, statuses unknown."""
    batch = read("parkapi", sample("parkapi-json/parkapi-reutlingen.json"))
    states = [record for record in batch.records if isinstance(record, ParkingStatus)]
    assert len(states) == 30
    assert {(s.opening, s.vacant) for s in states} == {(OpeningStatus.UNKNOWN, None)}
    assert "72525" not in repr(batch)


def test_the_share_that_is_free_is_carried_as_the_one_that_is_taken() -> None:
    """Of version 2; counts follow from it where none is told, and a lot without data has none."""
    told = {"timestamp": "2026-03-02T07:58:30", "percent_free": 12.5}
    shares = {"open": (12.5, 87.5), "nodata": (0, None)}
    for state, (free, taken) in shares.items():
        latest = told | {"status": state, "percent_free": free}
        _, status = both(read("parkapi", page(result(max_capacity=80, latest_data=latest))))
        assert status.occupancy_percent == taken
        assert status.vacant == (None if taken is None else 10)


@pytest.mark.parametrize("free", [0, 5])
def test_a_total_of_0_is_one_that_nobody_knows(free: int) -> None:
    """In all versions, with a note: what is free stays, and nothing is counted from it."""
    result = {"lot_id": "p1", "name": "P", "max_capacity": 0, "latest_data": {"num_free": free}}
    item = {"id": 1, "name": "P", "capacity": 0, "realtime_free_capacity": free}
    for body in (
        city(lot(total=0, free=free)),
        json.dumps({"results": [result]}).encode(),
        json.dumps({"items": [item]}).encode(),
    ):
        batch = read("parkapi", body)
        facility, status = both(batch)
        assert (facility.capacity, status.capacity) == (None, None)
        assert (status.vacant, status.occupied) == (free, None)
        assert [note.detail for note in batch.notes if note.reason == "BAD_VALUE"] == [
            "a capacity of 0; taken as unknown"
        ]


def test_spaces_that_are_all_closed_now_are_none() -> None:
    """A real-time capacity of 0 is said of now; beside free spaces it is not known either."""
    item = {"id": 1, "name": "P", "capacity": 90, "realtime_capacity": 0}
    for free, capacity in ((0, 0), (5, None)):
        body = json.dumps({"items": [item | {"realtime_free_capacity": free}]}).encode()
        facility, status = both(read("parkapi", body))
        assert (facility.capacity, status.capacity, status.vacant) == (90, capacity, free)
