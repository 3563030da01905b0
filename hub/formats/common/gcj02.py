"""GCJ-02, the displaced coordinates of maps in mainland China, to WGS-84 and back.

The displacement has no official text; the series below is the one in general use. Outside the
mainland's bounding box nothing is displaced. The way back is by iteration, to about 0.1 m.
"""

from math import cos, pi, radians, sin, sqrt

_SEMI_MAJOR = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_ROUNDS = 3


def displaced(lat: float, lon: float) -> bool:
    """Whether a place lies where GCJ-02 differs from WGS-84."""
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lon <= 137.8347


def from_wgs84(lat: float, lon: float) -> tuple[float, float]:
    """GCJ-02 degrees of a WGS-84 place."""
    if not displaced(lat, lon):
        return lat, lon
    x, y = lon - 105.0, lat - 35.0
    ripple = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + ripple
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + ripple
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    flattening = 1 - _ECCENTRICITY_SQUARED * sin(radians(lat)) ** 2
    meridian = _SEMI_MAJOR * (1 - _ECCENTRICITY_SQUARED) / (flattening * sqrt(flattening))
    parallel = _SEMI_MAJOR / sqrt(flattening) * cos(radians(lat))
    return lat + north * 180 / (meridian * pi), lon + east * 180 / (parallel * pi)


def to_wgs84(lat: float, lon: float) -> tuple[float, float]:
    """WGS-84 degrees of a GCJ-02 place."""
    real_lat, real_lon = lat, lon
    for _ in range(_ROUNDS):
        shown_lat, shown_lon = from_wgs84(real_lat, real_lon)
        real_lat += lat - shown_lat
        real_lon += lon - shown_lon
    return real_lat, real_lon
