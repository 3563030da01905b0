"""Two feeds of one dataset speak of one thing: one is shown, what the other says beside it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from schema_builders import NOW, OFFICER, Run, code_of, feed_doc

from hub.clock import ManualClock, manual
from hub.connector import Batch
from hub.model.common import Mode, Name, Position
from hub.model.facilities import FacilityCondition, FacilityStatus
from hub.model.parking import OpeningStatus, ParkingStatus, SharingStation
from hub.model.situations import Severity, Situation
from hub.model.vehicles import VehiclePosition
from hub.settings import FeedSettings
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from schema.context import Services

QUERY = """{
    vehicles { nodes { speedKmh freshness { source } otherReports {
        source observedAt position { lat } speedKmh bearing taxiState occupancy { percent } } } }
    situations { nodes { summary freshness { source } otherReports {
        source saidAt summary summaryEn: summary(language: EN)
        severity progress version validity { start } } } }
    parkingFacilities { nodes { vacant freshness { source } otherReports {
        source observedAt vacant occupied capacity opening } } }
    sharingStations { nodes { vehiclesAvailable freshness { source } otherReports {
        source observedAt vehiclesAvailable docksAvailable renting returning } } }
    facilityConditions { nodes { status freshness { source } otherReports {
        source saidAt status reason reasonEn: reason(language: EN) } } } }"""
ABOUT: dict[str, Any] = {"dataset": "railway", "native_id": "X"}
ONE = {"id": "railway:X", **ABOUT}


def _rows(answer: dict[str, Any]) -> dict[str, Any]:
    """The rows of every root."""
    return {name: page["nodes"] for name, page in answer["data"].items()}


def said(number: int) -> list[Any]:
    """A record of each kind, with this number in it."""
    facility, status = FacilityStatus.NOT_AVAILABLE, OpeningStatus.OPEN
    return [
        VehiclePosition(
            **ONE,
            mode=Mode.RAIL,
            position=Position(31 + number / 10, 121.4),
            observed_at=NOW,
            speed_kmh=float(number),
        ),
        Situation(**ONE, summary=Name(zh=f"通告{number}"), severity=Severity.MINOR),
        ParkingStatus(
            facility_id="railway:X",
            dataset="railway",
            vacant=number,
            opening=status,
            observed_at=NOW,
        ),
        SharingStation(**ONE, name=Name(zh="站"), vehicles_available=number, observed_at=NOW),
        FacilityCondition(
            **ONE, name=Name(zh="电梯"), status=facility, reason=Name(zh=f"{number}")
        ),
    ]


@pytest.fixture(autouse=True)
async def clock(store: Store, services: Services):
    """`first` is preferred to `second`; each says something of one record of every kind."""
    for name in ("vehicles", "situations", "parking_facilities", "feeds"):
        await store.db[name].delete_many({})
    for name in ("sharing_stations", "facility_conditions"):
        await store.db[name].delete_many({})
    with manual(NOW) as mine:
        feeds = {"first": 1, "second": 0}
        await store.db["feeds"].insert_many(
            [feed_doc(name, priority=priority) for name, priority in feeds.items()]
        )
        for number, (name, priority) in enumerate(feeds.items(), start=1):
            about = {"id": name, "kind": "siri_vm", "dataset": "railway", "url": "http://a/"}
            feed = FeedSettings.model_validate({**about, "priority": priority})
            await FeedWriter(store, feed, frozenset()).apply(
                Batch(records=said(number), entities=5, as_of=NOW)
            )
        await services.feeds.load()
        yield mine


async def test_what_the_other_source_says_is_beside_what_is_shown(run: Run):
    """Who else says what, and when; for every kind."""
    data = _rows(await run(QUERY, OFFICER))
    assert {row["freshness"]["source"] for rows in data.values() for row in rows} == {"first"}
    others = {name: rows[0]["otherReports"] for name, rows in data.items()}
    at = {"source": "second", "observedAt": "2026-03-02T09:00:00Z"}
    since = {"source": "second", "saidAt": "2026-03-02T09:00:00Z"}
    assert others == {
        "vehicles": [
            {
                **at,
                "position": {"lat": 31.2},
                "speedKmh": 2.0,
                "bearing": None,
                "taxiState": None,
                "occupancy": None,
            }
        ],
        "situations": [
            {
                **since,
                "summary": "通告2",
                "summaryEn": "通告2",
                "severity": "MINOR",
                "progress": "OPEN",
                "version": 1,
                "validity": [],
            }
        ],
        "parkingFacilities": [
            {**at, "vacant": 2, "occupied": None, "capacity": None, "opening": "OPEN"}
        ],
        "sharingStations": [
            {
                **at,
                "vehiclesAvailable": 2,
                "docksAvailable": None,
                "renting": None,
                "returning": None,
            }
        ],
        "facilityConditions": [
            {**since, "status": "NOT_AVAILABLE", "reason": "2", "reasonEn": "2"}
        ],
    }


async def test_what_a_silent_source_said_once_is_not_repeated(
    run: Run, store: Store, services: Services, clock: ManualClock
):
    """Its statement is kept, but nothing speaks for it any more."""
    clock.current = NOW + timedelta(seconds=301)
    await store.db["feeds"].update_one({"_id": "first"}, {"$set": {"data_as_of": clock()}})
    await services.feeds.load()
    data = _rows(await run(QUERY.replace("vehicles {", "vehicles(maxAgeSeconds: 900) {"), OFFICER))
    assert [rows[0]["otherReports"] for rows in data.values()] == [[]] * 5


async def test_who_may_not_read_reads_no_reports_either(run: Run):
    """Denied before anything runs."""
    nobody = replace(OFFICER, scopes=frozenset())
    answer = await run(QUERY, nobody)
    assert code_of(answer) == "FORBIDDEN"
    assert answer.get("data") is None
