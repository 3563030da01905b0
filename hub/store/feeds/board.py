"""The rows of boards that a journey makes: one for each of its calls at the interchange. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from hub.model.ids import call_id
from hub.store.feeds.rows import Document

_ABOUT = (
    *("public_code", "mode", "line", "origin", "destination"),
    *("headsign", "via", "operator", "wheelchair"),
    *("state", "service_date", "vehicle_ref"),
)
_INTERNAL = (
    *("planned", "planned_exchange", "aimed_interpolated"),
    *("exchange", "reported", "extra", "by", "others"),
)


class _Origin(NamedTuple):
    """Where a row is from: the journey's feed, the source of what is shown, and its time."""

    feed: str | None
    source: str
    observed_at: datetime | None


@dataclass(slots=True)
class RowChanges:
    """What becomes of a journey's rows: some go, some only move their time, some are new."""

    gone: list[str] = field(default_factory=list)
    moved: dict[datetime | None, list[str]] = field(default_factory=dict)
    written: list[Document] = field(default_factory=list)


def board_rows(journey: Document, stop_places: frozenset[str]) -> dict[str, Document]:
    """The journey's rows in `calls` by id: those at `stop_places`, all when that is empty."""
    about = _about(journey)
    rows = (_row(journey, about, call) for call in _here(journey, stop_places))
    return {row["_id"]: row for row in rows}


def row_changes(old: Document, new: Document, stop_places: frozenset[str]) -> RowChanges:
    """What makes the rows of `old` those of `new`, without making those that stand."""
    changes, about = RowChanges(), _about(new)
    same_journey = _about(old) == about
    before = {call["order"]: call for call in _here(old, stop_places)}
    for call in _here(new, stop_places):
        known = before.pop(call["order"], None)
        if known is None or not same_journey or not _shows_same(known, call):
            changes.written.append(_row(new, about, call))
            continue
        was, origin = _origin(old, known), _origin(new, call)
        if was[:2] != origin[:2]:
            changes.written.append(_row(new, about, call))
        elif was != origin:
            row_id = call_id(new["_id"], call["order"])
            changes.moved.setdefault(origin.observed_at, []).append(row_id)
    changes.gone = [call_id(old["_id"], order) for order in before]
    return changes


def _here(journey: Document, stop_places: frozenset[str]) -> list[Document]:
    calls: list[Document] = journey["calls"]
    if not stop_places:
        return calls
    return [call for call in calls if call["stop_place"]["id"] in stop_places]


def _about(journey: Document) -> Document:
    """What a row shows of its journey."""
    return {**{name: journey[name] for name in _ABOUT}, "id": journey["_id"]}


def _origin(journey: Document, call: Document) -> _Origin:
    planned, observed = journey.get("timetable"), journey.get("realtime")
    layer: Any = observed if call["realtime"] or planned is None else planned
    if call["reported"] is not None:
        layer = call.get("by") or layer
    feed = (planned or observed or {}).get("feed")
    return _Origin(feed, layer["feed"], layer.get("observed_at"))


def _shows_same(known: Document, call: Document) -> bool:
    """Whether two calls make the same row, where it comes from aside."""
    for name, value in call.items():
        before = known.get(name)
        if before is not value and before != value and name not in _INTERNAL:
            return False
    return _beside(known) == _beside(call)


def _row(journey: Document, about: Document, call: Document) -> Document:
    shown, origin = dict(call), _origin(journey, call)
    for name in _INTERNAL:
        shown.pop(name, None)
    return {
        "_id": call_id(journey["_id"], call["order"]),
        "dataset": journey["dataset"],
        "feed": origin.feed,
        "journey": about,
        **shown,
        "board": {
            "departure": _best(call, "departure") if call["boarding"] else None,
            "arrival": _best(call, "arrival") if call["alighting"] else None,
        },
        **_beside(call),
        "source": origin.source,
        "observed_at": origin.observed_at,
    }


def _beside(call: Document) -> Document:
    """Other sources' reports, if any; without their times, whose every move would be an event."""
    others = call.get("others")
    if not others:
        return {}
    left_out = {"observed_at", "as_of"}
    return {"others": [{k: v for k, v in one.items() if k not in left_out} for one in others]}


def _best(call: Document, end: str) -> datetime | None:
    best: datetime | None = call["actual"][end] or call["expected"][end] or call["aimed"][end]
    return best
