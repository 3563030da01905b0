"""Every path that a type reads of its document is there: a misspelt one would read null for ever.

Of documents of models their fields say it. Of feed data the writers do: several feeds give them
records in which nothing is left out, and what they have written is looked at.
"""

import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from types import SimpleNamespace
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type
from pydantic import BaseModel

from hub import clock
from hub.connector import Batch, Manifest
from hub.connector.batch import Record
from hub.errors import Reason
from hub.ingest.status import Beside, Monitor
from hub.model.area import Area, parse_area
from hub.model.common import Mode
from hub.model.facilities import FacilityCondition
from hub.model.feeds import LinkState
from hub.model.identity import IdMapping, MatchMethod
from hub.model.journeys import CallStatus, DatedJourney, Layer
from hub.model.situations import Situation
from hub.model.vehicles import RankObservation, TaxiRank
from hub.operations import documents
from hub.operations.history import OF_PEOPLE
from hub.operations.incidents.documents import TimelineDoc
from hub.settings import FeedSettings, area_text
from hub.store.audit import SHELL
from hub.store.documents import DOCUMENTS, AccountDoc, AuditDoc, SessionDoc
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter, save_rank
from hub.store.feeds.cache import FeedRepository
from hub.store.feeds.freshness import Freshness
from hub.store.feeds.identity import IdentityRepository
from hub.store.history.kept import OF_FEEDS
from schema.common import TRUST
from schema.projection import Entity, declaration
from schema.root import build_schema, graphql_schema
from schema.transit.interchange import Interchange

Shape = dict[str, Any]
"""The names in a document, each with those below it."""
AT = datetime.fromisoformat("2026-11-23T12:00:00Z")
MODELS: dict[str, type[BaseModel]] = {
    **{kept.__name__.removesuffix("Doc"): kept for kept in (*DOCUMENTS, *documents())},
    # whose documents are called otherwise
    "AuditEntry": AuditDoc,
    "Officer": AccountDoc,
    "TimelineEntry": TimelineDoc,
    "Wall": SessionDoc,
}
"""By type, the model of its documents; not each model has a type."""
UNTIMED = (Situation, FacilityCondition)
PAST = {
    "PastAlarm": ("Alarm", "alarms"),
    "PastCall": ("Call", "calls"),
    "PastFeed": ("Feed", "feeds"),
    "PastIncident": ("Incident", "incidents"),
    "PastOfficer": ("Officer", "accounts"),
    "PastOrder": ("Order", "orders"),
    "PastParkingFacility": ("ParkingFacility", "parking_facilities"),
    "PastSituation": ("Situation", "situations"),
    "PastTaxiRank": ("TaxiRank", "taxi_ranks"),
    "PastVehicle": ("VehiclePosition", "vehicles"),
}
"""The live type of each type of the past, and the collection of which the history keeps a part."""
STORED = {
    "AlertArea": "situations.areas",
    "Call": "calls",
    "CallReport": "calls.others",
    "Carriage": "vehicles.carriages",
    "CoachBoarding": "calls.coach",
    "DatedJourney": "journeys",
    "FacilityCondition": "facility_conditions",
    "FacilityConditionReport": "facility_conditions.others",
    "Feed": "feeds",
    "FeedCounts": "feeds.counts",
    "FeedTotals": "feeds.totals",
    "IdMapping": "id_mappings",
    "Line": "lines",
    "LineGeometry": "lines.geometry",
    "Occupancy": "calls.occupancy",
    "ParkingFacility": "parking_facilities",
    "ParkingReport": "parking_facilities.status.others",
    "Position": "situations.areas.polygons",
    "Quay": "stop_places.quays",
    "SharingStation": "sharing_stations",
    "SharingStationReport": "sharing_stations.others",
    "Situation": "situations",
    "SituationReport": "situations.others",
    "StopPlace": "stop_places",
    "TaxiRank": "taxi_ranks",
    "VehiclePosition": "vehicles",
    "VehicleReport": "vehicles.others",
}
"""By type, where its documents lie: a collection, and a path in it."""


def filled(hint: Any, name: str = "x") -> Any:
    """A value of this type in which nothing is left out."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return filled(next(one for one in inner if one is not type(None)), name)
    if origin is tuple:
        return (filled(inner[0], name),)
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        given = {one.name: filled(hints[one.name], one.name) for one in fields(hint)}
        return hint(**given)  # type: ignore[operator]
    if issubclass(hint, Enum):
        return next(iter(hint))
    plain = {str: "metro:x", datetime: AT, date: AT.date(), bool: True, int: 1, float: 1.0}
    return plain[hint]


def records(layer: Layer, *, timed: bool) -> list[Any]:
    """One of each kind, the journey of this layer; what may leave its time out does, untimed."""
    found = [filled(kind) for kind in get_args(Record)]
    (journey,) = (one for one in found if isinstance(one, DatedJourney))
    calls = tuple(replace(call, status=CallStatus.ON_TIME, extra=False) for call in journey.calls)
    found.remove(journey)
    told = {"id": "metro:x:2026-11-23", "layer": layer, "partial": False, "calls": calls}
    found.append(replace(journey, **told))
    if timed:
        return found
    return [replace(one, observed_at=None) if isinstance(one, UNTIMED) else one for one in found]


async def write(store: Store) -> list[Any]:
    """As much as feeds, people and the hub itself can say; gives the stop places not mapped."""
    area = parse_area(area_text("shanghai-railway-station"))
    for number, name in enumerate(("one", "two", "bare")):
        feed = FeedSettings(
            id=name, kind="x", mode=Mode.METRO, dataset="metro", url="http://127.0.0.1/"
        )
        for layer in Layer:
            told = records(layer, timed=name != "bare")
            batch = Batch(as_of=AT + timedelta(seconds=number), records=told, entities=1)
            await FeedWriter(store, feed, frozenset()).apply(batch)
        batch.reject(Reason.BAD_VALUE, "x", "x")
        batch.note(Reason.BAD_VALUE, "x", "x")
        manifest = SimpleNamespace(
            standard="x", fresh_for=timedelta(minutes=1), expires_after=timedelta(minutes=2)
        )
        monitor = await _monitor(store, feed, manifest, area)
        monitor.payload(batch, size=1, now=AT)
        await monitor.save()
    await save_rank(store, filled(RankObservation), filled(TaxiRank), "one")
    mapping = IdMapping(
        dataset="other",
        native_id="x",
        canonical_id="metro:x",
        method=MatchMethod.MANUAL,
        confidence=1.0,
    )
    identity = IdentityRepository(store)
    unmatched = await identity.unmatched(limit=10)
    await identity.confirm(SHELL, mapping)
    return unmatched


async def _monitor(store: Store, feed: FeedSettings, manifest: Any, area: Area) -> Monitor:
    kind: Manifest = manifest
    monitor = Monitor(feed, kind, Mode.METRO, FeedRepository(store), zone=area.zone)
    monitor.beside["x"] = Beside("x", 1, LinkState.UP, "x")
    await monitor.open()
    return monitor


def shape_of(documents: Iterable[Any]) -> Shape:
    """What is in any of these documents, and in whatever is below them."""
    found: Shape = {}
    for document in documents:
        if isinstance(document, list):
            _join(found, shape_of(document))
        elif isinstance(document, Mapping):
            for name, value in document.items():
                _join(found.setdefault(name, {}), shape_of([value]))
    return found


def _join(known: Shape, more: Shape) -> None:
    for name, below in more.items():
        _join(known.setdefault(name, {}), below)


def model_shape(hint: Any) -> Shape:
    """What the fields of a model name, in whatever containers it stands."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return {name: model_shape(one.annotation) for name, one in hint.model_fields.items()}
    found: Shape = {}
    for inner in get_args(hint):
        _join(found, model_shape(inner))
    return found


def kept(shape: Shape, collection: str) -> Shape:
    """What the history keeps of documents of this shape."""
    (chosen,) = (one.fields for one in (*OF_FEEDS, *OF_PEOPLE) if one.collection == collection)
    only = {name for name, taken in chosen.items() if taken} | {"_id", "id"}
    return {
        name: below
        for name, below in shape.items()
        if (name in only if any(chosen.values()) else name not in chosen)
    }


def below(shape: Shape, path: str) -> Shape | None:
    """What is at a dotted path; None where there is nothing. An id has two names."""
    for part in path.split("."):
        name = "_id" if part == "id" and "id" not in shape else part
        if name not in shape:
            return None
        shape = shape[name]
    return shape


def entities() -> dict[str, Any]:
    """The types over documents, by name."""
    found = {}
    for name, kind in graphql_schema(build_schema()).type_map.items():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            made = kind.extensions.get("strawberry-definition")
            if made is not None and issubclass(made.origin, Entity) and name != "Node":
                found[name] = kind
    return found


def wrong(kind: Any, shape: Shape) -> Iterator[str]:
    """The paths of a type, and of the types of its embedded documents, that lead nowhere."""
    for name, field in kind.fields.items():
        declared = declaration(field)
        if declared is None:
            continue
        for path in (*declared.needs, declared.inside):
            # TRUST is asked of any row, and not all say all of it
            if path is not None and path not in TRUST and below(shape, path) is None:
                yield f"{kind.name}.{name}: {path}"
        if declared.inside and (inner := below(shape, declared.inside)):
            yield from wrong(get_named_type(field.type), inner)


def embedded_in(kind: Any) -> Iterator[str]:
    """The types that are reached through documents within this one's."""
    for field in kind.fields.values():
        declared = declaration(field)
        if declared is not None and declared.inside:
            inner = get_named_type(field.type)
            yield inner.name
            yield from embedded_in(inner)


@pytest.fixture(scope="module")
async def shapes(store: Store) -> dict[str, Shape]:
    """By type, what its documents hold."""
    with clock.manual(AT):
        unmatched = await write(store)
    names = {where.partition(".")[0] for where in STORED.values()}
    held = {name: shape_of(await store.db[name].find().to_list()) for name in names}
    here: Any = SimpleNamespace(
        services=SimpleNamespace(area=parse_area(area_text("shanghai-railway-station")))
    )
    found = {name: below(held, where) for name, where in STORED.items()}
    missing = [name for name, shape in found.items() if not shape]
    assert not missing
    live = {
        **{name: shape or {} for name, shape in found.items()},
        **{name: model_shape(model) for name, model in MODELS.items() if name in entities()},
    }
    return {
        **live,
        **{name: kept(live[one], where) for name, (one, where) in PAST.items()},
        "PastRecipient": live["Recipient"],
        # what resolvers put together
        "FeedOutage": {name: {} for name in ("feed", "state", "start", "end")},
        "HistoryRange": {"start": {}, "end": {}, "gaps": {"start": {}, "end": {}}},
        "Moment": {"at": {}, "gap": {"start": {}, "end": {}}},
        "DestinationDisplay": {
            "front": below(held, "calls.headsign"),
            "via": below(held, "calls.journey.via"),
        },
        "DutyCount": {name: {} for name in ("_id", "officers", "on_duty")},
        "Freshness": shape_of([asdict(Freshness(None, None, "x"))]),  # type: ignore[arg-type]
        "Interchange": shape_of([Interchange.here(here).doc]),
        "Me": {name: {} for name in ("_id", "login", "role", "unit", "scopes")},
        "Polygon": {"points": below(held, "situations.areas.polygons")},
        "Reach": {
            name: {}
            for name in (
                *("wakeable", "woken_at", "channels", "listening", "heard_at", "open_orders"),
                *("located_at", "place", "account"),
            )
        },
        "Quay": {**(below(held, "stop_places.quays") or {}), "stop_place_id": {}},
        "UnmatchedStopPlace": shape_of(unmatched),
    }


async def test_every_path_is_in_the_document(shapes: dict[str, Shape]) -> None:
    """On failure: the path is misspelt, or nobody writes what is read there."""
    kinds = entities()
    reached = {inner for name in shapes for inner in embedded_in(kinds[name])}
    unknown = kinds.keys() - shapes.keys() - reached
    assert not unknown, f"say in STORED or MODELS where their documents lie: {unknown}"
    found = [path for name, shape in shapes.items() for path in wrong(kinds[name], shape)]
    assert not found, "\n".join(found)


async def test_what_trust_is_computed_from_is_in_a_call(shapes: dict[str, Shape]) -> None:
    """Of which every name is asked: the others are asked for what they have of it."""
    assert [name for name in TRUST if below(shapes["Call"], name) is None] == []


@pytest.mark.parametrize("path", ["titel", "duty.onn", "name.zhh", "entries.0"])
def test_a_path_that_leads_nowhere_is_found(path: str) -> None:
    """At the top and below it, and only such."""
    shape = model_shape(AccountDoc)
    assert below(shape, path) is None
    assert [below(shape, right) for right in ("id", "duty.on", "name.zh")] == [{}, {}, {}]
