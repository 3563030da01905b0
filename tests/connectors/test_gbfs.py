"""GBFS 2.x and 3.x: stations, their status, vehicles, and gbfs.json with all that it names."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from given import AT, context_of, notes, read, refusals, sample

from connectors.gbfs import follow_up
from hub.connector import Envelope, Incrementality, Link
from hub.errors import PayloadError, Reason
from hub.formats.common.bundle import Document, pack
from hub.model.common import Mode, Name, Position

NOW = int(AT.timestamp())


def document(version: str = "2.3", **data: object) -> bytes:
    updated = NOW if version < "3" else AT.isoformat()
    return json.dumps(
        {"last_updated": updated, "ttl": 60, "version": version, "data": data}
    ).encode()


def station(station_id: object = "a", **more: object) -> dict:
    return {"station_id": station_id, "name": "东广场", "lat": 31.2, "lon": 121.3} | more


def status(station_id: object = "a", **more: object) -> dict:
    told = {"num_bikes_available": 3, "num_docks_available": 7, "is_renting": 1, "is_returning": 0}
    return {"station_id": station_id, "last_reported": NOW - 30} | told | more


def whole(stations: list, statuses: list, vehicles: list | None = None) -> bytes:
    parts = [
        Document("", document(en={"feeds": []})),
        Document("station_information", document(stations=stations)),
        Document("station_status", document(stations=statuses)),
    ]
    if vehicles is not None:
        parts.append(Document("free_bike_status", document(bikes=vehicles)))
    return pack(parts)


def test_a_station_and_its_status_are_one_record() -> None:
    """Name and place come from station_information, what is free from station_status."""
    batch = read("gbfs", whole([station(capacity=10)], [status()]))
    (record,) = batch.records
    assert record.id == "ds:a"
    assert record.name == Name(zh="东广场")
    assert record.position == Position(31.2, 121.3)
    assert (record.capacity, record.vehicles_available, record.docks_available) == (10, 3, 7)
    assert (record.renting, record.returning) == (True, False)
    assert record.observed_at == AT - timedelta(seconds=30)
    assert (batch.entities, batch.accepted, batch.matched_stops) == (1, 1, 1)
    assert batch.complete
    assert batch.as_of == AT


def test_version_3_names_times_and_flags() -> None:
    """Lists of languages, RFC 3339 and num_vehicles_available read like the older forms."""
    name = [{"text": "East Square", "language": "en"}, {"text": "东广场", "language": "zh-Hans"}]
    informed = document("3.0", stations=[station(name=name)])
    told = {"num_vehicles_available": 4, "last_reported": "2026-03-02T15:59:00+08:00"}
    stated = document("3.0", stations=[status() | told])
    parts = [Document("", b"{}"), Document("station_information", informed)]
    with pytest.raises(PayloadError):
        read("gbfs", pack(parts))
    batch = read("gbfs", pack([*parts[1:], Document("station_status", stated)]))
    (record,) = batch.records
    assert record.name == Name(zh="东广场", en="East Square")
    assert record.vehicles_available == 4
    assert record.observed_at == datetime(2026, 3, 2, 7, 59, tzinfo=UTC)


def test_numbers_and_flags_as_texts_are_read() -> None:
    """Real producers write "5", "true" and ids as numbers."""
    batch = read(
        "gbfs",
        whole(
            [station(7, lat="31.2", lon="121.3")],
            [status(7, num_bikes_available="5", is_renting="true")],
        ),
    )
    assert batch.records[0].native_id == "7"
    assert batch.records[0].vehicles_available == 5
    assert batch.records[0].renting is True


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"station_id": None}, Reason.MISSING_FIELD),
        ({"station_id": ""}, Reason.MISSING_FIELD),
        ({"name": ""}, Reason.MISSING_FIELD),
        ({"lat": None}, Reason.MISSING_FIELD),
        ({"lat": 95}, Reason.POSITION_OUT_OF_RANGE),
        ({"lat": 0, "lon": 0}, Reason.POSITION_OUT_OF_RANGE),
        ({"name": "\ud800"}, Reason.MISSING_FIELD),
    ],
)
def test_a_station_that_cannot_be_shown_is_refused(broken: dict, reason: Reason) -> None:
    """Id, name and place are required; the other stations stay, and nothing is complete."""
    batch = read("gbfs", document(stations=[station("b"), station() | broken]))
    assert [record.native_id for record in batch.records] == ["b"]
    assert [reject.reason for reject in batch.rejects] == [reason]
    assert not batch.complete


def test_the_later_of_two_statuses_counts() -> None:
    """A station's status said twice is a DUPLICATE, whichever comes first."""
    first, later = status(num_bikes_available=1, last_reported=NOW - 60), status()
    for statuses in ([first, later], [later, first]):
        batch = read("gbfs", whole([station()], statuses))
        assert batch.records[0].vehicles_available == 3
        assert refusals(batch) == [("DUPLICATE", "a")]
        assert (batch.entities, batch.accepted) == (2, 1)
        assert batch.complete, "a duplicate leaves nothing out"


def test_a_status_of_no_station_is_refused() -> None:
    """Nobody could say where it is."""
    batch = read("gbfs", whole([station()], [status(), status("ghost"), status(None)]))
    assert sorted(refusals(batch)) == [("MISSING_FIELD", "(no id)"), ("UNKNOWN_STOP", "ghost")]


@pytest.mark.parametrize(
    ("reported", "reason"),
    [
        (0, "TIMESTAMP_EPOCH"),
        (86400, "TIMESTAMP_EPOCH"),
        (-62135596800, "TIMESTAMP_EPOCH"),
        ("0001-01-01T00:00:00Z", "TIMESTAMP_EPOCH"),
        ("0000-00-00T00:00:00Z", "BAD_VALUE"),
        ("0000-01-01T00:00:00Z", "BAD_VALUE"),
        (NOW * 1_000_000, "BAD_VALUE"),
        (NOW + 3600, "TIMESTAMP_IN_FUTURE"),
        (4102444800, "TIMESTAMP_IN_FUTURE"),
    ],
)
def test_a_time_that_is_none_leaves_the_counts(reported: object, reason: str) -> None:
    """1970, the years 1, 0 and 2100, microseconds: what is there is told, its age is not known."""
    told = status(last_reported=reported)
    for body in (whole([station()], [told]), document(stations=[told])):
        batch = read("gbfs", body)
        (found,) = batch.records
        assert (found.vehicles_available, found.docks_available) == (3, 7)
        assert found.observed_at is None
        assert notes(batch) == [(reason, "a")]


def test_a_status_that_says_nothing_is_noted() -> None:
    """Neither counts nor whether it rents: the station stays."""
    silent = {"station_id": "a", "last_reported": NOW - 30}
    batch = read("gbfs", whole([station()], [silent]))
    assert notes(batch) == [("EMPTY_ENTITY", "a")]
    assert batch.accepted == 1


def test_milliseconds_and_no_time_at_all() -> None:
    """Seconds that can only be milliseconds are read as such; no time is an unknown age."""
    statuses = [status(last_reported=(NOW - 30) * 1000), status("b", last_reported=None)]
    batch = read("gbfs", whole([station(), station("b")], statuses))
    assert [record.observed_at for record in batch.records] == [AT - timedelta(seconds=30), None]
    assert notes(batch) == [("BAD_VALUE", "a"), ("TIMESTAMP_MISSING", "b")]


def test_statuses_alone_are_called_by_their_ids_or_read_against_the_reference() -> None:
    """With station_information as reference a status is a whole record, without it an id."""
    statuses = document(stations=[status(), status("ghost")])
    bare = read("gbfs", statuses)
    assert [record.name.best for record in bare.records] == ["a", "ghost"]
    batch = read("gbfs", statuses, static=document(stations=[station()]))
    assert [record.name.best for record in batch.records] == ["东广场"]
    assert refusals(batch) == [("UNKNOWN_STOP", "ghost")]
    assert batch.matched_stops == 1
    with pytest.raises(PayloadError):
        read("gbfs", statuses, static=statuses)


def test_vehicles_stand_where_they_say_or_where_their_station_is() -> None:
    """bike_id and vehicle_id, own place or station; without a time they are as old as the file."""
    bikes = [
        {"bike_id": "x", "lat": 31.3, "lon": 121.4, "last_reported": NOW - 9},
        {"vehicle_id": "y", "station_id": "a"},
        {"vehicle_id": "z", "station_id": "ghost"},
        {"lat": 31.3, "lon": 121.4},
        {"bike_id": "w", "lat": 91, "lon": 0},
    ]
    batch = read("gbfs", whole([station()], [status()], bikes))
    _, own, docked = batch.records
    assert (own.native_id, own.mode, own.observed_at) == (
        "x",
        Mode.OTHER,
        AT - timedelta(seconds=9),
    )
    assert (docked.native_id, docked.position, docked.observed_at) == (
        "y",
        Position(31.2, 121.3),
        AT,
    )
    assert refusals(batch) == [
        ("MISSING_FIELD", "z"),
        ("MISSING_FIELD", "(no id)"),
        ("POSITION_OUT_OF_RANGE", "w"),
    ]


def test_gbfs_json_names_what_is_read() -> None:
    """Of each version the documents with stations and vehicles; in 2.x of the Chinese list."""
    listed = [
        {"name": "system_information", "url": "https://x.test/si"},
        {"name": "station_information", "url": "https://x.test/info"},
        {"name": "station_status.json", "url": "https://x.test/status"},
    ]
    english = [{"name": "station_information", "url": "https://x.test/en/info"}]
    context = context_of("gbfs")
    wanted = (
        Link("station_information", "https://x.test/info"),
        Link("station_status", "https://x.test/status"),
    )
    assert follow_up(Envelope(document("3.0", feeds=listed), AT), context) == wanted
    assert follow_up(Envelope(document(nb={"feeds": listed}), AT), context) == wanted
    both = follow_up(Envelope(document(en={"feeds": english}, zh={"feeds": listed}), AT), context)
    assert [link.name for link in both] == [
        "zh/station_information",
        "zh/station_status",
        "en/station_information",
    ]
    for other in (document(stations=[]), b"", b"[]", b"\xff", b'{"data":{"feeds":[1,{}]}}'):
        assert follow_up(Envelope(other, AT), context) == ()


def test_names_of_two_lists_of_languages_are_one_name() -> None:
    """A Chinese and an English station_information make a bilingual station."""
    parts = [
        Document("zh/station_information", document(stations=[station(name="东广场")])),
        Document("en/station_information", document(stations=[station(name="East Square")])),
    ]
    (record,) = read("gbfs", pack(parts)).records
    assert record.name == Name(zh="东广场", en="East Square")


def test_documents_without_stations_or_vehicles_empty_nothing() -> None:
    """gbfs.json alone and system_information decode, say nothing, and are never complete."""
    for body in (document("3.0", feeds=[]), document(en={"feeds": []}), document(system_id="s")):
        batch = read("gbfs", body)
        assert (batch.entities, batch.complete) == (0, False)
        assert notes(batch) == [("EMPTY_ENTITY", "document")]


def test_a_station_that_is_not_installed_neither_rents_nor_takes_back() -> None:
    """In winter storage some still say that they rent."""
    batch = read("gbfs", whole([station()], [status(is_installed=False, is_returning=1)]))
    (record,) = batch.records
    assert (record.renting, record.returning) == (False, False)


def test_vehicles_are_as_old_as_their_own_document() -> None:
    """A fresh index and fresh stations make no vehicle fresh; nor is the index what counts."""
    hour_ago = AT - timedelta(hours=1)
    old = json.loads(document("3.0", vehicles=[{"vehicle_id": "v", "lat": 31.2, "lon": 121.3}]))
    old["last_updated"] = hour_ago.isoformat()
    parts = [
        Document("", document("3.0", feeds=[])),
        Document("station_information", document("3.0", stations=[station()])),
        Document("vehicle_status", json.dumps(old).encode()),
    ]
    batch = read("gbfs", pack(parts))
    assert [one.observed_at for one in batch.records if one.native_id == "v"] == [hour_ago]
    assert batch.as_of == hour_ago


def test_documents_that_are_not_read_are_refused() -> None:
    """Alerts, regions, zones and what can be booked are no empty system."""
    booked = document("3.1", vehicles=[{"vehicle_id": "v", "availabilities": []}])
    for body in (document(alerts=[]), document(regions=[]), document(geofencing_zones={}), booked):
        with pytest.raises(PayloadError) as caught:
            read("gbfs", body)
        assert caught.value.reason is Reason.UNSUPPORTED_MESSAGE


def test_an_empty_system_is_complete_and_a_differential_feed_never_is() -> None:
    """At night there may be no station; configured as differential, nothing is withdrawn."""
    empty = document(stations=[])
    assert read("gbfs", empty).complete
    assert not read("gbfs", empty, incrementality=Incrementality.DIFFERENTIAL).complete


def test_an_unknown_version_is_read_with_a_note() -> None:
    """Version 4 is read as 3.0."""
    batch = read("gbfs", document("4.0", stations=[station()]))
    assert notes(batch) == [("UNSUPPORTED_VERSION", "header")]


@pytest.mark.samples
def test_the_duplicate_of_the_sample_is_the_older_status() -> None:
    """Of the two statuses of station_duplicate the one of a second later counts: 8 bicycles."""
    batch = read("gbfs", sample("gbfs/dupstations-v3-station_status.json"))
    counts = {record.native_id: record.vehicles_available for record in batch.records}
    assert counts == {"station_1": 5, "station_duplicate": 8, "station_3": 3}
