"""ParkAPI: parking lots of a city, in the three versions of that interface.

Version 1 is one object a city with `lots`; version 2 pages of `results` with `latest_data` inside,
or, as its scrapers hand on, the `lots` of one `pool`; version 3 `items`, the static and the
real-time attributes side by side. Times without an offset are UTC in all of them.
Source: ParkAPI 1.0 (offenesdresden), ParkAPI 2 (ParkenDD), ParkAPI 3 (ParkenDD).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from hub.errors import PayloadError, Reason
from hub.formats.common.bundle import Document
from hub.formats.common.fields import checked_position
from hub.formats.common.safe_json import Fields, loads, table
from hub.formats.common.xml import Fault
from hub.model.common import Name, Position
from hub.model.parking import OpeningStatus, ParkingSiteStatus

CAR = "CAR"

_OPENINGS = {
    "open": OpeningStatus.OPEN,
    "many": OpeningStatus.OPEN,
    "few": OpeningStatus.OPEN,
    "full": OpeningStatus.OPEN,
    "closed": OpeningStatus.CLOSED,
}
_FULLNESS = {
    "many": ParkingSiteStatus.SPACES_AVAILABLE,
    "few": ParkingSiteStatus.ALMOST_FULL,
    "full": ParkingSiteStatus.FULL,
}
_NO_DATA = {"nodata", "error"}
"""What is said of the spaces beside such a word is a default, most often that none is free."""
_PARK_AND_RIDE = re.compile(r"(?:P ?[+&] ?R|Park[ -]?(?:(?:and|&|\+)[ -]?)?Ride)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lot:
    """A parking lot with what is free in it. `purpose` is CAR unless the lot says otherwise.

    `live` is false where the interface itself says that the lot has no real-time data.
    """

    native_id: str | None
    name: Name | None
    position: Position | None
    capacity: int | None
    park_and_ride: bool
    purpose: str
    live: bool
    vacant: int | None
    occupied: int | None
    capacity_now: int | None
    status: ParkingSiteStatus | None
    opening: OpeningStatus
    observed_at: datetime | None
    faults: tuple[Fault, ...] = ()
    occupancy_percent: float | None = None


@dataclass(slots=True)
class Lots:
    """The lots of all documents. `said_at`: when version 1 asked its source; others do not say.

    `last`: no document names a page that is not among them.
    """

    lots: list[Lot] = field(default_factory=list)
    said_at: datetime | None = None
    last: bool = True
    faults: list[Fault] = field(default_factory=list)


def next_page(body: bytes) -> str | None:
    """The address of the page after this one (versions 2 and 3); None if there is none."""
    try:
        whole = Fields(table(loads(body, "ParkAPI"), "ParkAPI"))
    except PayloadError:
        return None
    for pages, following in (("results", "next"), ("items", "next_path")):
        found = whole.raw(following) if pages in whole.names else None
        if isinstance(found, str) and found:
            return found
    return None


def decode(documents: Iterable[Document]) -> Lots:
    """The lots of one document, or of all pages. Raises PayloadError: TOO_LARGE, NOT_DECODABLE."""
    found = Lots()
    pages = list(documents)
    for number, page in enumerate(pages, start=1):
        _read(found, Fields(table(loads(page.body, "ParkAPI"), "ParkAPI"), found.faults))
        found.last = number < len(pages) or next_page(page.body) is None
    return found


def _read(found: Lots, whole: Fields) -> None:
    if {"lots", "pool"} <= whole.names:
        found.lots += [_scraped(entry.value) for entry in whole.each("lots")]
    elif "lots" in whole.names:
        updated = whole.time("last_updated")
        found.said_at = whole.time("last_downloaded") or updated
        found.lots += [_lot(entry.value, updated) for entry in whole.each("lots")]
    elif "results" in whole.names:
        found.lots += [_result(entry.value) for entry in whole.each("results")]
    elif "items" in whole.names:
        found.lots += [_item(entry.value) for entry in whole.each("items")]
    else:
        raise PayloadError(Reason.NOT_DECODABLE, "ParkAPI: no lots, results or items.")


def _lot(value: object, updated: datetime | None) -> Lot:
    """A lot of version 1. It has no time of its own: the source's `last_updated` is that of all.

    A lot without an id is known by its name, as the interface itself does.
    """
    entry = Fields(value)
    name, state = entry.name("name"), entry.text("state")
    return Lot(
        native_id=entry.ident("id") or entry.text("name"),
        name=name,
        position=entry.inner("coords").place("lat", "lng"),
        capacity=entry.whole("total"),
        park_and_ride=_is_park_and_ride(entry.text("lot_type"), name),
        purpose=CAR,
        live=True,
        vacant=_count(entry, "free", state),
        occupied=None,
        capacity_now=None,
        status=_fullness(entry, state),
        opening=_opening(state),
        observed_at=updated,
        faults=tuple(entry.faults),
    )


def _result(value: object) -> Lot:
    """A lot of version 2."""
    entry = Fields(value)
    name = entry.name("name")
    latest = entry.inner("latest_data")
    state = latest.text("status")
    return Lot(
        native_id=entry.ident("lot_id"),
        name=name,
        position=_pair(entry),
        capacity=entry.whole("max_capacity"),
        park_and_ride=_is_park_and_ride(entry.text("type"), name),
        purpose="BIKE" if entry.text("type") == "bike" else CAR,
        live="latest_data" in entry.names and entry.raw("latest_data") is not None,
        vacant=_count(latest, "num_free", state),
        occupied=_count(latest, "num_occupied", state),
        capacity_now=latest.whole("capacity"),
        status=_fullness(entry, state),
        opening=_opening(state),
        observed_at=_first(latest, "lot_timestamp") or latest.time("timestamp"),
        occupancy_percent=_percent(latest, state),
        faults=tuple(entry.faults),
    )


def _first(entry: Fields, name: str) -> datetime | None:
    """A time, also as a list of one: so writes the server of version 3 in answers of version 2."""
    found = entry.raw(name)
    if isinstance(found, list) and len(found) == 1:
        return Fields({name: found[0]}, entry.faults, entry.prefix).time(name)
    return entry.time(name)


def _scraped(value: object) -> Lot:
    """A lot of version 2 with its status, as its scrapers write it."""
    entry = Fields(value)
    name, state, kind = entry.name("name"), entry.text("status"), entry.text("type")
    return Lot(
        native_id=entry.ident("id"),
        name=name,
        position=entry.place("latitude", "longitude"),
        capacity=entry.whole("capacity"),
        park_and_ride=_is_park_and_ride(kind, name),
        purpose="BIKE" if kind == "bike" else CAR,
        live=True,
        vacant=_count(entry, "num_free", state),
        occupied=_count(entry, "num_occupied", state),
        capacity_now=None,
        status=_fullness(entry, state),
        opening=_opening(state),
        observed_at=entry.time("lot_timestamp") or entry.time("timestamp"),
        faults=tuple(entry.faults),
    )


def _item(value: object) -> Lot:
    """A parking site of version 3, polled (with an `id`) or pushed (with a `uid`)."""
    entry = Fields(value)
    name, state = entry.name("name"), entry.text("realtime_opening_status")
    kinds = entry.raw("park_and_ride_type")
    ride = isinstance(kinds, list) and any(
        kind not in {"NO", "CARPOOL"} for kind in map(str, kinds)
    )
    return Lot(
        native_id=entry.ident("id") or entry.ident("uid") or entry.ident("original_uid"),
        name=name,
        position=entry.place("lat", "lon"),
        capacity=entry.whole("capacity"),
        park_and_ride=ride or _is_park_and_ride(None, name),
        purpose=entry.text("purpose") or CAR,
        live=entry.flag("has_realtime_data") is not False,
        vacant=entry.whole("realtime_free_capacity"),
        occupied=None,
        capacity_now=entry.whole("realtime_capacity"),
        status=_fullness(entry, state),
        opening=_opening(state),
        observed_at=entry.time("realtime_data_updated_at"),
        faults=tuple(entry.faults),
    )


def _pair(entry: Fields) -> Position | None:
    """The GeoJSON order of version 2: longitude, latitude."""
    pair = entry.raw("coordinates")
    if pair is None:
        return None
    numbers = [n for n in pair if isinstance(n, int | float)] if isinstance(pair, list) else []
    position = checked_position(numbers[1], numbers[0]) if len(numbers) == 2 else None
    if position is None:
        entry.faults.append(
            Fault(Reason.POSITION_OUT_OF_RANGE, f"coordinates {str(pair)[:60]}: no place")
        )
    return position


def _count(entry: Fields, key: str, state: str | None) -> int | None:
    count = entry.whole(key)
    return None if (state or "").lower() in _NO_DATA else count


def _percent(entry: Fields, state: str | None) -> float | None:
    """The share that is taken; version 2 tells the one that is free."""
    free = entry.number("percent_free")
    return None if free is None or (state or "").lower() in _NO_DATA else round(100 - free, 2)


def _fullness(entry: Fields, word: str | None) -> ParkingSiteStatus | None:
    """What a word says of the spaces; one that nobody knows is a fault."""
    if word is not None and word.lower() not in {*_OPENINGS, *_NO_DATA, "unknown"}:
        entry.faults.append(Fault(Reason.BAD_VALUE, f"state {word[:40]!r} is not read"))
    return _FULLNESS.get((word or "").lower())


def _opening(word: str | None) -> OpeningStatus:
    return _OPENINGS.get((word or "").lower(), OpeningStatus.UNKNOWN)


def _is_park_and_ride(kind: str | None, name: Name | None) -> bool:
    texts = (kind, name.zh if name else None, name.en if name else None)
    return any(_PARK_AND_RIDE.match(text) for text in texts if text)
