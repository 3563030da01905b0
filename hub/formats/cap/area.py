"""Areas of a CAP alert: polygons, circles and geocodes as they are written, as WGS-84 shapes.

Source: OASIS Common Alerting Protocol 1.2, section 3.2.4.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import asin, atan2, cos, degrees, isfinite, pi, radians, sin

from hub.errors import Reason
from hub.formats.common.xml import Fault, Reader
from hub.model.common import Position

MOST_PARTS = 20_000
"""Areas, corners and geocodes of one alert; beyond, they are left out."""

_CIRCLE_CORNERS = 32
_EARTH_KM = 6371.0
_QUARTER_KM = 10_000.0
_COMMA = re.compile(r" ?, ?")
_LONGEST_CODE = 100
_LONGEST_DESCRIPTION = 200
_FEWEST = 3

Ring = tuple[Position, ...]


@dataclass(slots=True)
class Budget:
    """How many areas, corners and geocodes an alert may still have, and how it writes radii."""

    left: int = MOST_PARTS
    radius_km: float = 1

    def spend(self, parts: int) -> bool:
        """Take parts, if so many are left."""
        if parts > self.left:
            return False
        self.left -= parts
        return True


@dataclass(frozen=True, slots=True)
class Area:
    """One area. Rings do not repeat their first corner; geocodes are `name:value`.

    A circle is a ring of 32 corners; one without a radius marks a point, and is kept as the
    geocode `circle:lat,lon radius`.
    """

    description: str | None
    polygons: tuple[Ring, ...]
    geocodes: tuple[str, ...]


def read_areas(read: Reader, budget: Budget) -> Iterator[Area]:
    """The areas of an info block, as many as the alert may still have."""
    for area in read.each("area"):
        if not budget.spend(1):
            detail = f"more than {MOST_PARTS} areas, corners and geocodes; the others are left out"
            read.faults.append(Fault(Reason.TOO_LARGE, detail))
            return
        yield _area(area, budget)


def _area(read: Reader, budget: Budget) -> Area:
    polygons = [
        ring for text in _texts(read, "polygon") if (ring := _polygon(text, read.faults, budget))
    ]
    geocodes = [code for code in _geocodes(read) if budget.spend(1)]
    for text in _texts(read, "circle"):
        found = _circle(text, read.faults, budget.radius_km)
        if isinstance(found, str):
            geocodes.append(found)
        elif found:
            polygons.append(found)
    description = " ".join((read.text("areaDesc") or "").split())[:_LONGEST_DESCRIPTION]
    return Area(description or None, tuple(polygons), tuple(geocodes))


def _texts(read: Reader, path: str) -> Iterator[str]:
    for element in read.element.iterfind(path):
        if text := " ".join((element.text or "").split()):
            yield _COMMA.sub(",", text)


def _geocodes(read: Reader) -> Iterator[str]:
    """The valueName and value of CAP 1.1 and 1.2; the plain texts that 1.0 has, each once."""
    for code in read.each("geocode"):
        name, value = code.text("valueName"), code.text("value")
        plain = (code.element.text or "").strip()
        if name and value:
            yield f"{name}:{value}"[:_LONGEST_CODE]
        else:
            for part in dict.fromkeys(filter(None, map(str.strip, re.split("[,，]", plain)))):
                yield part[:_LONGEST_CODE]


def _polygon(text: str, faults: list[Fault], budget: Budget) -> Ring | None:
    pairs = text.split()
    if not budget.spend(len(pairs)):
        faults.append(Fault(Reason.TOO_LARGE, f"a polygon of {len(pairs)} corners is left out"))
        return None
    corners = [_corner(pair) for pair in pairs]
    if None in corners:
        wrong = pairs[corners.index(None)][:40]
        faults.append(Fault(Reason.BAD_VALUE, f"polygon: {wrong!r} is not latitude,longitude"))
        return None
    ring = [corner for corner in corners if corner]
    closed = len(ring) > 1 and ring[0] == ring[-1]
    if closed:
        ring.pop()
    if len(set(ring)) < _FEWEST:
        faults.append(Fault(Reason.BAD_VALUE, f"a polygon of {len(pairs)} points is no area"))
        return None
    if not all(_on_earth(corner) for corner in ring):
        faults.append(Fault(Reason.POSITION_OUT_OF_RANGE, "a polygon's corner is not on Earth"))
        return None
    if not closed:
        faults.append(Fault(Reason.BAD_VALUE, "a polygon does not end where it began; closed"))
    return tuple(ring)


def _circle(text: str, faults: list[Fault], unit_km: float) -> Ring | str | None:
    """A ring around a circle, or the geocode of a point."""
    centre, _, extent = text.partition(" ")
    middle, told = _corner(centre), _number(extent.strip())
    radius = None if told is None else told * unit_km
    if middle is None or radius is None or not 0 <= radius <= _QUARTER_KM:
        wrong = text[:40]
        faults.append(Fault(Reason.BAD_VALUE, f"circle: {wrong!r} is not lat,lon radius"))
        return None
    if not _on_earth(middle):
        faults.append(Fault(Reason.POSITION_OUT_OF_RANGE, "a circle's centre is not on Earth"))
        return None
    if radius == 0:
        return f"circle:{middle.lat},{middle.lon} 0"
    steps = (2 * pi * step / _CIRCLE_CORNERS for step in range(_CIRCLE_CORNERS))
    return tuple(_at_distance(middle, radius / _EARTH_KM, bearing) for bearing in steps)


def _at_distance(start: Position, angle: float, bearing: float) -> Position:
    """The place at an angular distance, on a sphere."""
    lat, lon = radians(start.lat), radians(start.lon)
    there = asin(sin(lat) * cos(angle) + cos(lat) * sin(angle) * cos(bearing))
    turned = atan2(sin(bearing) * sin(angle) * cos(lat), cos(angle) - sin(lat) * sin(there))
    return Position(round(degrees(there), 6), round((degrees(lon + turned) + 540) % 360 - 180, 6))


def _corner(pair: str) -> Position | None:
    first, _, second = pair.partition(",")
    lat, lon = _number(first), _number(second)
    return None if lat is None or lon is None else Position(lat, lon)


def _number(text: str) -> float | None:
    try:
        found = float(text) if text.isascii() else None
    except ValueError:
        return None
    return found if found is not None and isfinite(found) else None


def _on_earth(place: Position) -> bool:
    return -90 <= place.lat <= 90 and -180 <= place.lon <= 180
