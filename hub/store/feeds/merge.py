"""Two layers on one journey: what the timetable says and what is observed. Pure.

A journey document keeps both layers apart, so that either can be replaced or withdrawn without
loss: `timetable` and `realtime` hold what each says of the journey as a whole; in a call, `planned`
says that the timetable lists it, `reported` is the status the real-time layer gave (None: it said
nothing), and the other fields belong to one layer each. `settle` derives the rest.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from operator import itemgetter

from hub.model.journeys import NOT_SERVED, Call, CallStatus, DatedJourney, JourneyState, Times
from hub.store.feeds.placing import places_of, seen_in
from hub.store.feeds.rows import AGED, Document, plain, unzoned

LAYOUT = 5
"""Changes when the same records make other documents: everything is then written again."""

_GIVEN = (
    *("mode", "line", "public_code", "origin", "destination"),
    *("headsign", "via", "operator", "wheelchair"),
    *("vehicle_ref", "state"),
)
CALLED_OFF = frozenset({JourneyState.CANCELLED.value, JourneyState.DELETED.value})
"""States in which no call is served, whatever is said of each."""


def with_timetable(
    old: Document | None, record: DatedJourney, *, feed: str, fingerprint: str
) -> Document:
    """The journey with its timetable layer replaced by `record`; what is observed stays."""
    journey = _copy(old) if old else _empty(record)
    journey["timetable"] = {"feed": feed, "fp": fingerprint, **_said(record)}
    calls = {call.order: fresh(call, call.order, planned=True) for call in record.calls}
    seen = [call for call in journey["calls"] if call["reported"] is not None]
    for call, order in zip(seen, places_of(calls, list(map(seen_in, seen))), strict=True):
        if order is not None:
            calls[order] = _replanned(calls.get(order) or {**call, "planned": False}, call)
    return settle(journey, calls.values())


def with_realtime(
    old: Document | None,
    record: DatedJourney,
    *,
    feed: str,
    fingerprint: str,
    as_of: datetime | None,
) -> Document:
    """The journey with `record` observed; planned calls it does not list keep what they have.

    What is planned is taken from the record only where no timetable gave it.
    """
    journey = _copy(old) if old else _empty(record)
    journey["realtime"] = realtime_layer(record, feed=feed, fingerprint=fingerprint, as_of=as_of)
    calls = {call["order"]: call for call in journey["calls"]}
    if "timetable" not in journey and not record.partial:
        calls = _passed(calls, record.calls)
    for call, order in zip(record.calls, places_of(calls, record.calls), strict=True):
        if order is not None:
            known = calls.get(order)
            base = known if known and known["planned"] else _plan(call, order, planned=False)
            calls[order] = observed(base, call)
    return settle(journey, calls.values())


def realtime_layer(
    record: DatedJourney, *, feed: str, fingerprint: str, as_of: datetime | None
) -> Document:
    """What a real-time record says of the journey as a whole, and who says it."""
    return {
        "feed": feed,
        "fp": fingerprint,
        "observed_at": unzoned(record.observed_at) if record.observed_at else None,
        "as_of": unzoned(as_of) if as_of else None,
        **({"told_as": record.told_as} if record.told_as else {}),
        **_said(record),
    }


def aged(said: Document, moment: datetime) -> Document:
    """What a source says, as of a moment that it does not say itself."""
    return {**said, "observed_at": unzoned(moment), "fp": AGED}


def without_realtime(old: Document) -> Document | None:
    """The journey as planned; None when there is no timetable for it."""
    if "timetable" not in old:
        return None
    journey = _copy(old)
    journey.pop("realtime", None)
    return settle(journey, [unobserved(call) for call in journey["calls"] if call["planned"]])


def without_timetable(old: Document) -> Document | None:
    """The journey as observed; None when nothing is. Its calls keep what was planned."""
    if "realtime" not in old:
        return None
    journey = _copy(old)
    journey.pop("timetable", None)
    return settle(journey, [{**call, "planned": False} for call in journey["calls"]])


def settle(journey: Document, calls: Iterable[Document]) -> Document:
    """Derive what readers see from the layers: the journey's fields, each call's status."""
    planned, observed = journey.get("timetable", {}), journey.get("realtime", {})
    for name in _GIVEN[:-2]:
        journey[name] = planned.get(name) or observed.get(name)
    for name in _GIVEN[-2:]:
        journey[name] = observed.get(name) or planned.get(name)
    called_off = bool(observed) and journey["state"] in CALLED_OFF
    journey["calls"] = _travelled(calls)
    for call in journey["calls"]:
        call["realtime"] = called_off or call["reported"] is not None
        reported = call["reported"] or CallStatus.SCHEDULED.value
        call["status"] = CallStatus.CANCELLED.value if called_off else reported
        _settle_exchange(call)
    journey["starts_at"] = _start(journey)
    return journey


def _travelled(calls: Iterable[Document]) -> list[Document]:
    """Calls as they are travelled: by order, which is the timetable's.

    A call that it lacks, and has no free number for where it belongs, has one behind the last: its
    time says where it belongs.
    """
    line = sorted(calls, key=itemgetter("order"))
    if not line or line[-1]["planned"]:
        return line
    last = max((at for at, call in enumerate(line) if call["planned"]), default=len(line))
    line, behind = line[: last + 1], line[last + 1 :]
    for call in behind:
        after = (at for at, other in enumerate(line) if _is_before(call, other))
        line.insert(next(after, len(line)), call)
    return line


def _is_before(call: Document, other: Document) -> bool:
    """Whether a call is reached before another, as far as times of both tell."""
    aimed = _first(call["aimed"]), _first(other["aimed"])
    here, there = aimed if all(aimed) else (_reached(call), _reached(other))
    return here is not None and there is not None and here < there


def _reached(call: Document) -> datetime | None:
    return _first(call["actual"]) or _first(call["expected"]) or _first(call["aimed"])


def _first(times: Document) -> datetime | None:
    found: datetime | None = times["arrival"] or times["departure"]
    return found


def _start(journey: Document) -> datetime:
    """Its place among the journeys of its day: the first aimed time, else the day's midnight."""
    for call in journey["calls"]:
        if aimed := call["aimed"]["departure"] or call["aimed"]["arrival"]:
            first: datetime = aimed
            return first
    return datetime.fromisoformat(journey["service_date"])


def _settle_exchange(call: Document) -> None:
    """Who may board and alight: as the source of what is shown tells, else as planned."""
    told = call.get("exchange")
    if told is not None:
        call.setdefault("planned_exchange", {name: call[name] for name in told})
        call.update(told)
    elif "planned_exchange" in call:
        call.update(call.pop("planned_exchange"))


def _copy(journey: Document) -> Document:
    return {**journey, "calls": [dict(call) for call in journey["calls"]]}


def _empty(record: DatedJourney) -> Document:
    return {
        "_id": record.id,
        "dataset": record.dataset,
        "native_id": record.native_id,
        "service_date": record.service_date.isoformat(),
        "calls": [],
    }


def _said(record: DatedJourney) -> Document:
    values = ((name, plain(getattr(record, name))) for name in _GIVEN)
    return {name: value for name, value in values if value is not None}


def fresh(call: Call, order: int, *, planned: bool) -> Document:
    """A call of which nothing is observed."""
    return {**_plan(call, order, planned=planned), **_unknown()}


def _plan(call: Call, order: int, *, planned: bool) -> Document:
    """What is planned of a call. A cancelled one stays on the boards it would have been on."""
    off = call.status in NOT_SERVED
    return {
        "order": order,
        "stop_place": {
            "id": call.stop_place_id,
            "name": {"zh": call.stop_name.zh, "en": call.stop_name.en},
        },
        "quay_id": call.quay_id,
        "planned_quay_id": call.quay_id,
        "aimed": stored_times(call.aimed),
        "platform": {"planned": call.planned_platform, "actual": None},
        "headsign": plain(call.headsign),
        "aimed_approximate": call.aimed_approximate,
        "aimed_interpolated": call.aimed_interpolated,
        "boarding": call.boarding or (off and _has(call, "departure")),
        "alighting": call.alighting or (off and _has(call, "arrival")),
        "planned": planned,
        "extra": call.extra,
    }


def _has(call: Call, end: str) -> bool:
    return bool(getattr(call.aimed, end) or getattr(call.expected, end))


def observed(base: Document, call: Call) -> Document:
    """What is planned in `base`, and `call` as observed over it."""
    return {
        **base,
        "quay_id": call.quay_id or base["planned_quay_id"],
        "platform": {"planned": base["platform"]["planned"], "actual": call.actual_platform},
        "expected": stored_times(call.expected),
        "actual": stored_times(call.actual),
        "occupancy": plain(call.occupancy),
        "coach": plain(call.coach),
        "exchange": _exchange(call),
        "reported": call.status.value,
    }


def _exchange(call: Call) -> Document | None:
    """Who may board and alight, where the source tells; a call that is off stays on its boards."""
    if not call.exchange_told or call.status in NOT_SERVED:
        return None
    return {"boarding": call.boarding, "alighting": call.alighting}


def _replanned(base: Document, old: Document) -> Document:
    """What is planned in `base`, and what `old` knew as observed over it."""
    changed_quay = old["quay_id"] if old["quay_id"] != old["planned_quay_id"] else None
    return {
        **base,
        "quay_id": changed_quay or base["planned_quay_id"],
        "platform": {
            "planned": base["platform"]["planned"],
            "actual": old["platform"]["actual"],
        },
        **{name: old.get(name) for name in _unknown()},
        **{name: old[name] for name in ("by", "others") if name in old},
    }


def unobserved(call: Document) -> Document:
    """The call as planned."""
    return {
        **call,
        "quay_id": call["planned_quay_id"],
        "platform": {"planned": call["platform"]["planned"], "actual": None},
        **_unknown(),
    }


def _unknown() -> Document:
    return {
        "expected": {"arrival": None, "departure": None},
        "actual": {"arrival": None, "departure": None},
        "occupancy": None,
        "coach": None,
        "exchange": None,
        "reported": None,
    }


def stored_times(times: Times) -> Document:
    """Arrival and departure as a call holds them. Not to be written into: many calls share it."""
    return _pair(times.arrival, times.departure)


@lru_cache(maxsize=1 << 15)
def _pair(arrival: datetime | None, departure: datetime | None) -> Document:
    """Times as stored. One document for all calls that say the same: nobody writes into it."""
    return {
        "arrival": unzoned(arrival) if arrival else None,
        "departure": unzoned(departure) if departure else None,
    }


def _passed(calls: dict[int, Document], told: tuple[Call, ...]) -> dict[int, Document]:
    """What stays of an unplanned journey's calls when a record tells the rest of it.

    A call that is not told any more stays if the vehicle is known to have been there. A source
    without numbers of its own counts what is left from 1 each time: where another stop stands at a
    number that is told, the old numbers mean nothing from the first told one on. A record without
    calls says something of the journey as a whole, and nothing of them.
    """
    if not told:
        return calls
    first = min(call.order for call in told)
    renumbered = any(
        call.order in calls and calls[call.order]["stop_place"]["id"] != call.stop_place_id
        for call in told
    )
    return {
        order: call
        for order, call in calls.items()
        if any(call["actual"].values()) and (order < first or not renumbered)
    }
