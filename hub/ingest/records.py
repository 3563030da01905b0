"""A batch as `feed check --records` prints it: one JSON object for each record, for people.

Journeys are shown as the store would hold them: what is observed over what is planned, by the very
merge that writes them.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import Any

from hub.connector import Batch, Record, Reference
from hub.formats.common.fields import seconds_of_day
from hub.model.journeys import NOT_SERVED, DatedJourney, Layer
from hub.model.parking import OpeningStatus, ParkingStatus
from hub.model.timetable import Timetable
from hub.store.feeds import merge
from hub.store.feeds.rows import milliseconds

Line = dict[str, Any]
_SAID = {"feed": "", "fingerprint": ""}
_TIMES = ("aimed", "expected", "actual")
_RARELY = {"approximate": "aimed_approximate", "extra": "extra"}
_WHOLE = ("mode", "line", "public_code", "origin", "destination", "vehicle_ref")


def lines(batch: Batch, reference: Reference | None) -> Iterator[Line]:
    """Every record of a batch in its order, then the ids it takes back.

    Keys are camelCase, times RFC 3339 in UTC, what is not known is null. A journey has the planned
    calls of its trip where `reference` is a timetable that runs it that day; one that several
    records speak of is shown once, as the last leaves it.
    """
    timetable = reference if isinstance(reference, Timetable) else None
    left = Counter(record.id for record in batch.records if isinstance(record, DatedJourney))
    begun: dict[str, Line] = {}
    for record in batch.records:
        if not isinstance(record, DatedJourney):
            yield _line(record)
            continue
        left[record.id] -= 1
        merged = _merged(begun.pop(record.id, None), record, timetable, batch.as_of)
        if left[record.id]:
            begun[record.id] = merged
        else:
            yield _journey(merged, record)
    yield from ({"record": "Withdrawal", "id": id_} for id_ in batch.withdrawn)


def _merged(
    before: Line | None, record: DatedJourney, timetable: Timetable | None, as_of: datetime | None
) -> Line:
    if record.layer is Layer.TIMETABLE:
        return merge.with_timetable(before, record, **_SAID)
    if before is None and timetable is not None:
        planned = _planned(record, timetable)
        if planned is not None:
            before = merge.with_timetable(None, planned, **_SAID)
    return merge.with_realtime(before, record, as_of=as_of, **_SAID)


def _planned(record: DatedJourney, timetable: Timetable) -> DatedJourney | None:
    """What the timetable plans of a run, if it runs that day."""
    ref, _, start = record.native_id.rpartition("@")
    start_s = seconds_of_day(start) if ref and timetable.trip(record.native_id) is None else None
    trip = timetable.trip(record.native_id if start_s is None else ref)
    if trip is None or not timetable.runs_on(trip.service_id, record.service_date):
        return None
    planned = timetable.planned_journey(trip.native_id, record.service_date, start_s)
    return planned if planned is not None and planned.id == record.id else None


def _journey(merged: Line, record: DatedJourney) -> Line:
    return {
        "record": "DatedJourney",
        "id": merged["_id"],
        "serviceDate": merged["service_date"],
        "state": merged["state"],
        "calls": [_call(call) for call in merged["calls"]],
        **{_camel(name): _plain(merged[name]) for name in _WHOLE},
        "observedAt": _plain(record.observed_at),
    }


def _call(call: Line) -> Line:
    """A call as the store holds it, its times unzoned UTC; what is rarely so only where it is."""
    times = {
        f"{kind}{end.capitalize()}": _plain(call[kind][end])
        for kind in _TIMES
        for end in ("arrival", "departure")
    }
    return {
        "order": call["order"],
        "stopPlace": call["stop_place"]["id"],
        **times,
        "status": call["status"],
        **{name: True for name, stored in _RARELY.items() if call.get(stored)},
        "stopName": call["stop_place"]["name"],
        "quay": call["quay_id"],
        "plannedPlatform": call["platform"]["planned"],
        "actualPlatform": call["platform"]["actual"],
        "boarding": call["boarding"] and call["status"] not in NOT_SERVED,
        "alighting": call["alighting"] and call["status"] not in NOT_SERVED,
        "occupancy": _plain(call["occupancy"]),
        "coach": _plain(call["coach"]),
    }


def _line(record: Record) -> Line:
    named = _plain(record)
    if isinstance(record, ParkingStatus):
        opening = None if record.opening is OpeningStatus.UNKNOWN else record.opening
        told = {"status": _status(record), "opening": opening}
        named = {"id": named.pop("facilityId"), **named, **told}
    return {"record": type(record).__name__, **named}


def _status(record: ParkingStatus) -> str | None:
    """The word for its spaces, else for its opening: a source that says "closed" says no other."""
    if record.status is not None or record.opening is OpeningStatus.UNKNOWN:
        return record.status
    return record.opening


def _plain(value: Any) -> Any:  # noqa: ANN401  # JSON is any value
    """A value as JSON has it; times without a zone are the store's, in UTC."""
    match value:
        case datetime():
            utc = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
            return milliseconds(utc).isoformat().replace("+00:00", "Z")
        case Enum():
            return value.value
        case date():
            return value.isoformat()
        case dict():
            return {_camel(name): _plain(inner) for name, inner in value.items()}
        case tuple() | list():
            return [_plain(inner) for inner in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {_camel(name): _plain(getattr(value, name)) for name in _names(type(value))}
    return value


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
