"""Circles on the map, as the database is asked for what lies in them."""

from hub.store.driver import Document

Circle = tuple[float, float, float]
"""Latitude, longitude, radius in metres."""

EARTH_RADIUS_M = 6_378_100.0


def inside(circle: Circle) -> Document:
    """What matches a GeoJSON Point inside a circle; it needs no index."""
    lat, lon, radius = circle
    return {"$geoWithin": {"$centerSphere": [[lon, lat], radius / EARTH_RADIUS_M]}}


def nearest(circle: Circle) -> Document:
    """The same by an index, the nearest to the centre first."""
    lat, lon, radius = circle
    centre = {"type": "Point", "coordinates": [lon, lat]}
    return {"$nearSphere": {"$geometry": centre, "$maxDistance": radius}}
