"""shapes.txt of a GTFS Schedule dataset: the way a line takes, for each direction.

Of the shapes that a line's trips name, the one that most of them take is the line's in that
direction. Google's encoded polyline format, five decimals.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

import shapely

from hub.errors import PayloadError, Reason
from hub.formats.common.fields import Problems, position_of, whole_number
from hub.formats.gtfs.tables import Tables
from hub.model.network import LineGeometry

TABLE = "shapes.txt"
_COLUMNS = ("shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence")
_MOST_POINTS = 500_000
_TOLERANCE = 0.00005
"""Degrees, some five metres: what a line on a map may be off."""
_CHUNK, _CHUNK_BITS, _FIRST = 0x20, 5, 63

Shapes = Mapping[tuple[str, int | None], Counter[str]]
"""By route and direction: how many trips take each shape."""
Points = list[tuple[float, float]]


def read_shapes(
    tables: Tables, shapes: Shapes, routes: Iterable[str], problems: Problems
) -> dict[str, tuple[LineGeometry, ...]]:
    """The ways of these routes. What is wrong with the table is noted: nothing else needs it."""
    here = set(routes)
    chosen = {key: _usual(counted) for key, counted in shapes.items() if key[0] in here}
    try:
        points = _points(tables, set(chosen.values()), problems)
    except PayloadError as error:
        problems.note(error.reason, TABLE, f"{error}; lines have no geometry")
        return {}
    found: dict[str, tuple[LineGeometry, ...]] = {}
    for (route, direction), shape in sorted(chosen.items(), key=lambda item: str(item[0])):
        if shape in points:
            way = LineGeometry(direction, *_encoded(points[shape]))
            found[route] = (*found.get(route, ()), way)
    return found


def _usual(counted: Counter[str]) -> str:
    return min(counted, key=lambda shape: (-counted[shape], shape))


def _points(tables: Tables, wanted: set[str], problems: Problems) -> dict[str, Points]:
    rows: dict[str, list[tuple[int, float, float]]] = {}
    for number, (shape, lat, lon, sequence) in enumerate(_rows(tables, wanted), start=1):
        if number > _MOST_POINTS:
            raise PayloadError(Reason.TOO_LARGE, f"more than {_MOST_POINTS} points")
        position, at = position_of(lat, lon), whole_number(sequence)
        if position is None or at is None:
            problems.note(Reason.BAD_VALUE, shape, f"a point {lat!r}, {lon!r}, {sequence!r}")
            continue
        rows.setdefault(shape, []).append((at, position.lat, position.lon))
    return {
        shape: [(lat, lon) for _, lat, lon in sorted(points)]
        for shape, points in rows.items()
        if len(points) > 1
    }


def _rows(tables: Tables, wanted: set[str]) -> Iterator[tuple[str, ...]]:
    if wanted:
        yield from tables.rows(TABLE, _COLUMNS, only=wanted.__contains__)


def _encoded(points: Points) -> tuple[int, str]:
    """How many points a way has when what a map does not show is left out, and the way."""
    kept = shapely.get_coordinates(shapely.simplify(shapely.LineString(points), _TOLERANCE))
    whole = [(0, 0), *((round(lat * 1e5), round(lon * 1e5)) for lat, lon in kept.tolist())]
    steps = (
        two - one
        for before, after in pairwise(whole)
        for one, two in zip(before, after, strict=True)
    )
    return len(whole) - 1, "".join(_digits(step) for step in steps)


def _digits(step: int) -> str:
    left, text = (~(step << 1) if step < 0 else step << 1), ""
    while left >= _CHUNK:
        text += chr((_CHUNK | (left & (_CHUNK - 1))) + _FIRST)
        left >>= _CHUNK_BITS
    return text + chr(left + _FIRST)
