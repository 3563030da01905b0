"""The connector for a published timetable (GTFS Schedule, a zip of CSV tables)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from pydantic import Field

from connectors.planned import (
    MOST_CALLS,
    MOST_CALLS_SAYS,
    TIMETABLE_BYTES,
    add_journeys,
)
from hub.connector import (
    Batch,
    Connector,
    ConnectorConfig,
    Context,
    Envelope,
    Manifest,
    Reject,
    Transport,
)
from hub.errors import reasons
from hub.formats.gtfs.dataset import Dataset, load
from hub.formats.gtfs.submodes import submode_of
from hub.formats.gtfs.tables import Limits
from hub.model.common import Mode
from hub.model.ids import scoped
from hub.model.network import Line, Quay, StopPlace, StopPlaceKind
from hub.model.timetable import Timetable
from hub.model.timetable_rows import Route, Stop

_PLATFORM, _STATION = 0, 1
_KINDS = {
    Mode.RAIL: StopPlaceKind.RAIL_STATION,
    Mode.METRO: StopPlaceKind.METRO_STATION,
    Mode.COACH: StopPlaceKind.COACH_STATION,
}
"""In order of precedence: a station with trains and coaches is a railway station."""


_WHOLE = Limits(
    hint="Name the interchange's stop places (in its area, or feed check --stop-place), and only "
    "what calls there is kept; or raise max_unpacked_bytes in the feed's options, and the memory."
)
_CALLING_HERE = Limits(unpacked_bytes=8 * 1024**3, rows=200_000_000)
"""Where only trips that call at the interchange are kept, memory does not grow with the tables."""


class GtfsConfig(ConnectorConfig):
    """Caps against absurd datasets."""

    max_unpacked_bytes: int | None = Field(
        default=None,
        gt=0,
        description="bytes the tables may unpack to; none: 512 MiB, or 8 GiB where the area names "
        "stop places of the dataset, for only what calls there is kept",
    )
    max_calls: int = Field(default=MOST_CALLS, gt=0, description=MOST_CALLS_SAYS)


def parse(envelope: Envelope, context: Context) -> Batch:
    """Stop places, quays, lines and the dated journeys of three service days.

    The days are yesterday, today and tomorrow at `received_at` in the agency's time zone: a
    journey of yesterday's service day may still be running after midnight. With
    `context.stop_places` only journeys that call at one of them are kept, with all their calls,
    and of the stops those they call at and those near.
    `entities` counts the rows of trips.txt, stops.txt and routes.txt; a trip without a route,
    service or calls is a reject, a bad row of stop_times.txt a note on its trip. A calendar that
    is over is no error: there are no journeys and a note OUTSIDE_PERIOD.

    Raises PayloadError NOT_DECODABLE, TOO_LARGE or MISSING_FIELD.
    """
    dataset = _load(envelope, context, pruned=True)
    timetable = dataset.timetable
    batch = Batch(as_of=envelope.received_at, entities=dataset.entities, complete=True)
    batch.rejects.extend(Reject(*problem) for problem in dataset.rejects)
    batch.notes.extend(Reject(*problem) for problem in dataset.notes)
    batch.records.extend(_network(dataset, context.mode))
    config = context.config
    room = config.max_calls if isinstance(config, GtfsConfig) else MOST_CALLS
    add_journeys(batch, timetable, context, envelope.received_at, max_calls=room)
    return batch


def load_reference(envelope: Envelope, context: Context) -> Timetable:
    """The dataset as a `Timetable` for a real-time feed. Raises PayloadError as `parse` does."""
    return _load(envelope, context, pruned=False).timetable


def _load(envelope: Envelope, context: Context, *, pruned: bool) -> Dataset:
    limits = _CALLING_HERE if context.stop_places else _WHOLE
    if isinstance(context.config, GtfsConfig) and context.config.max_unpacked_bytes:
        limits = replace(limits, unpacked_bytes=context.config.max_unpacked_bytes)
    return load(
        envelope.open(),
        dataset=context.dataset,
        version=envelope.sha256,
        zone=context.timezone,
        mode=context.mode,
        limits=limits,
        stop_places=context.stop_places,
        pruned=pruned,
        progress=context.progress,
    )


def _network(dataset: Dataset, mode: Mode | None) -> Iterator[StopPlace | Quay | Line]:
    timetable = dataset.timetable
    for stop in timetable.stops.values():
        if stop.is_place and stop.location_type in {_PLATFORM, _STATION}:
            routes = [timetable.routes[id_] for id_ in dataset.served.get(stop.native_id, ())]
            yield _stop_place(stop, timetable.dataset, routes, mode)
        elif stop.location_type == _PLATFORM:
            yield stop.quay_of(timetable.dataset)
    called: dict[str, list[str]] = {}
    for place, routes_here in dataset.served.items():
        for route_id in routes_here:
            called.setdefault(route_id, []).append(scoped(timetable.dataset, place))
    for route in timetable.routes.values():
        if route.line is None:  # never in GTFS
            continue
        yield Line(
            id=route.line.id,
            dataset=timetable.dataset,
            native_id=route.native_id,
            public_code=route.line.public_code,
            name=route.line.name,
            mode=route.mode,
            route_type=route.route_type,
            colour=route.line.colour,
            text_colour=route.text_colour,
            operator=route.operator,
            submode=submode_of(route.route_type),
            geometry=dataset.geometry.get(route.native_id, ()),
            stop_places=tuple(sorted(called.get(route.native_id, ()))),
        )


def _stop_place(stop: Stop, dataset: str, routes: list[Route], mode: Mode | None) -> StopPlace:
    served_by = {route.mode for route in routes}
    modes = tuple(sorted(served_by or ({mode} if mode else set())))
    kind = next((kind for known, kind in _KINDS.items() if known in modes), StopPlaceKind.OTHER)
    return StopPlace(
        id=stop.id,
        dataset=dataset,
        native_id=stop.native_id,
        name=stop.name,
        position=stop.position,
        kind=kind,
        modes=modes,
        wheelchair=stop.wheelchair,
    )


CONNECTOR = Connector(
    manifest=Manifest(
        kind="gtfs",
        standard="GTFS Schedule",
        modes=frozenset({Mode.RAIL, Mode.METRO, Mode.COACH, Mode.BUS, Mode.TRAM, Mode.FERRY}),
        transport=Transport.POLL,
        fresh_for=timedelta(days=1),
        expires_after=timedelta(days=7),
        reads="agency, stops, routes, trips, stop_times, calendar, calendar_dates, frequencies, "
        "feed_info, translations, shapes",
        drops="fares, transfers, pathways, levels, attributions",
        refuses=reasons(
            "BAD_VALUE DUPLICATE EMPTY_ENTITY MISSING_FIELD NEGATIVE_DWELL NOT_DECODABLE "
            "OUTSIDE_PERIOD POSITION_OUT_OF_RANGE TIME_ORDER TOO_LARGE UNKNOWN_ROUTE "
            "UNKNOWN_SERVICE UNKNOWN_STOP UNKNOWN_TRIP"
        ),
        config=GtfsConfig,
        max_bytes=TIMETABLE_BYTES,
    ),
    parse=parse,
    load_reference=load_reference,
    samples=(
        "gtfs/caltrain-2023.zip",
        "gtfs/caltrain-2018.zip",
        "gtfs/bart-2018.zip",
        "gtfs/flytoget-2018.zip",
        "gtfs/example-errors.zip",
    ),
)
