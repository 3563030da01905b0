"""TransXChange stops, resolved: NaPTAN stop points and the stop areas they belong to.

A stop point in a StopArea of the document is a quay of it; any other is a stop place of its own,
and its Indicator ("Stand 2") the platform. Stop points are known by ATCO code in any case.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from hub.errors import Reason
from hub.formats.common.fields import Problems
from hub.formats.transxchange.rows import StopRow
from hub.model.common import Mode, Name, Position
from hub.model.ids import scoped
from hub.model.network import Quay, StopPlace, StopPlaceKind
from hub.model.timetable import Timetable
from hub.model.timetable_rows import Stop

_STATION = 1
_KINDS = {
    Mode.RAIL: StopPlaceKind.RAIL_STATION,
    Mode.METRO: StopPlaceKind.METRO_STATION,
    Mode.COACH: StopPlaceKind.COACH_STATION,
}
"""In order of precedence, by what calls there."""


def stops_of(
    rows: Mapping[str, StopRow],
    areas: Mapping[str, tuple[str | None, Position | None]],
    dataset: str,
    problems: Problems,
) -> dict[str, Stop]:
    """Stops and stop areas by upper-case code."""
    found: dict[str, Stop] = {}
    for key, row in rows.items():
        area = next((code for code in row.areas if code in areas and code != row.id), None)
        if area is None and row.areas and row.areas != (row.id,):
            detail = f"of StopArea {row.areas[0]}, in no document; a stop place of its own"
            problems.note(Reason.UNKNOWN_STOP, row.id, detail)
        if not row.name:
            problems.note(Reason.MISSING_FIELD, row.id, "no CommonName; its code is shown")
        if row.position is None:
            problems.note(Reason.MISSING_FIELD, row.id, "no Longitude and Latitude")
        found[key] = Stop(
            native_id=row.id,
            id=scoped(dataset, row.id),
            name=Name(en=row.name or row.id),
            place_id=area or row.id,
            parent=area,
            platform_code=row.indicator,
            position=row.position,
        )
        if area and area.upper() not in rows:
            name, position = areas[area]
            found[area.upper()] = Stop(
                native_id=area,
                id=scoped(dataset, area),
                name=Name(en=name or row.name or area),
                place_id=area,
                position=position,
                location_type=_STATION,
            )
    return found


def network_of(timetable: Timetable) -> Iterator[StopPlace | Quay]:
    """Stop places and quays, each place with the modes that call there."""
    modes: defaultdict[str, set[Mode]] = defaultdict(set)
    for trip in timetable.trips.values():
        mode = timetable.routes[trip.route_id].mode
        for row in trip.calls:
            modes[timetable.stops[row.stop_id].place_id].add(mode)
    for stop in timetable.stops.values():
        if stop.is_place:
            served = tuple(sorted(modes[stop.native_id]))
            yield StopPlace(
                id=stop.id,
                dataset=timetable.dataset,
                native_id=stop.native_id,
                name=stop.name,
                position=stop.position,
                kind=next(
                    (kind for mode, kind in _KINDS.items() if mode in served), StopPlaceKind.OTHER
                ),
                modes=served,
            )
        else:
            yield stop.quay_of(timetable.dataset)
