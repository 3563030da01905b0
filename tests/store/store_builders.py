"""Records of a small network, for the tests of the store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hub.bus import Bus, Change, Listener
from hub.connector import Batch
from hub.model.common import Mode, Name, Position
from hub.model.ids import journey_id
from hub.model.journeys import Call, CallStatus, DatedJourney, JourneyState, Layer, LineRef, Times
from hub.model.vehicles import VehiclePosition
from hub.settings import FeedSettings
from hub.store.driver import Store
from hub.store.tail import ChangeTail

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DATASET = "metro"


def feed(id_: str, **keys: Any) -> FeedSettings:
    """A feed of the dataset `metro`."""
    return FeedSettings(
        id=id_, kind="gtfs_rt", dataset=DATASET, url="http://127.0.0.1/", warn_after=90, **keys
    )


def minutes(number: float) -> datetime:
    """Noon and so many minutes."""
    return NOON + timedelta(minutes=number)


def planned(ref: str, stops: list[str], day: date = TODAY, **keys: Any) -> DatedJourney:
    """A timetable journey that is at its n-th stop n*10 minutes past noon."""
    calls = tuple(
        Call(
            order=order,
            stop_place_id=f"{DATASET}:{stop}",
            stop_name=Name(zh=f"{stop}站", en=stop),
            quay_id=f"{DATASET}:{stop}-1",
            planned_platform="1",
            aimed=Times(minutes(10 * order), minutes(10 * order)),
            boarding=order < len(stops),
            alighting=order > 1,
        )
        for order, stop in enumerate(stops, start=1)
    )
    about: dict[str, Any] = {
        "line": LineRef(id=f"{DATASET}:1", public_code="1", name=Name(zh="1号线", en="Line 1")),
        "public_code": ref,
        "destination": Name(zh=f"{stops[-1]}站", en=stops[-1]),
    }
    return journey(ref, Layer.TIMETABLE, day=day, calls=calls, **{**about, **keys})


def observed(ref: str, late: dict[str, float], at: datetime = NOON, **keys: Any) -> DatedJourney:
    """A real-time journey; `late` gives the minutes of delay by `order:stop`."""
    calls = []
    for place, delay in late.items():
        order, stop = place.split(":")
        moment = minutes(10 * int(order) + delay)
        calls.append(
            Call(
                order=int(order),
                stop_place_id=f"{DATASET}:{stop}",
                stop_name=Name(en=stop),
                expected=Times(moment, moment),
                status=CallStatus.DELAYED if delay else CallStatus.ON_TIME,
            )
        )
    return journey(ref, Layer.REALTIME, calls=tuple(calls), observed_at=at, **keys)


def journey(ref: str, layer: Layer, *, day: date = TODAY, **keys: Any) -> DatedJourney:
    """A journey of the metro."""
    about: dict[str, Any] = {
        "mode": Mode.METRO,
        "state": JourneyState.RUNNING if layer is Layer.REALTIME else JourneyState.PLANNED,
    }
    return DatedJourney(
        id=journey_id(DATASET, ref, day),
        dataset=DATASET,
        native_id=ref,
        service_date=day,
        layer=layer,
        **{**about, **keys},
    )


def vehicle(ref: str, at: datetime = NOON, lat: float = 31.25, **keys: Any) -> VehiclePosition:
    """A train somewhere near the station."""
    return VehiclePosition(
        id=f"{DATASET}:{ref}",
        dataset=DATASET,
        native_id=ref,
        mode=keys.pop("mode", Mode.METRO),
        position=Position(lat, 121.45),
        observed_at=at,
        **keys,
    )


def batch(*records: Any, **keys: Any) -> Batch:
    """A batch of these records."""
    return Batch(records=list(records), entities=len(records), **keys)


def id_of(ref: str) -> str:
    """The id of today's journey of this number."""
    return journey_id(DATASET, ref, TODAY)


@asynccontextmanager
async def following(store: Store, bus: Bus, name: str) -> AsyncIterator[ChangeTail]:
    """The change stream of a store, running, and open."""
    tail = ChangeTail(store, bus, name)
    task = asyncio.create_task(tail.run())
    try:
        async with asyncio.timeout(60):
            await tail.ready.wait()
        yield tail
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def take(listener: Listener, count: int) -> list[Change]:
    """The next changes a listener hears."""
    found = []
    async with asyncio.timeout(60):
        async for change in listener:
            found.append(change)
            if len(found) == count:
                return found
    return found


async def dump(store: Store) -> dict[str, list[dict[str, Any]]]:
    """All journeys and rows, without the names of the writes they are from."""
    return {
        name: await store.db[name].find({}, {"rev": 0}, sort=[("_id", 1)]).to_list()
        for name in ("journeys", "calls")
    }
