"""MDS 2.0 passenger-services: vehicles, their status and the stops where they wait, in pages."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sandbox.taxis.world import Phase, Taxi, World

VERSION = "2.0.0"
MEDIA_TYPE = "application/vnd.mds+json;version=2.0"
PAGE = 200
PROVIDER = str(uuid5(NAMESPACE_URL, "urn:sandbox:taxis"))
_STATES = {
    Phase.ON_TRIP: ("on_trip", "trip_start"),
    Phase.RESTING: ("non_operational", "service_end"),
}
_VACANT = ("available", "trip_end")


def vehicles(world: World, page: int, base: str) -> dict[str, Any]:
    """A page of /vehicles."""
    listed = [
        {**_head(taxi), "vehicle_type": "car", "propulsion_types": ["electric"],
         "vehicle_attributes": {"model": "sandbox"}, "accessibility_attributes": []}
        for taxi in _page(world, page)
    ]  # fmt: skip
    return _document("vehicles", listed, 0.0, _links(world, page, base))


def statuses(world: World, page: int, base: str, now: float) -> dict[str, Any]:
    """A page of /vehicles/status."""
    listed = [_status(world, taxi, now) for taxi in _page(world, page)]
    return _document("vehicles_status", listed, now, _links(world, page, base))


def stops(world: World, now: float) -> dict[str, Any]:
    """All of /stops: the taxi ranks."""
    listed = []
    for stand in world.stands:
        place = world.plane.position(stand.rank.points[0])
        spaces = {"car": len(stand.rank.points)}
        listed.append(
            {
                "stop_id": str(uuid5(NAMESPACE_URL, f"urn:sandbox:{stand.id}")),
                "name": stand.name.best,
                "last_updated": _ms(now),
                "location": {"lat": round(place.lat, 6), "lng": round(place.lon, 6)},
                "status": {"is_installed": True, "is_renting": True, "is_returning": True},
                "capacity": spaces,
                "num_vehicles_available": {"car": len(stand.waiting)},
                "num_vehicles_disabled": {},
            }
        )
    return _document("stops", listed, now, {})


def _document(
    name: str, listed: list[dict[str, Any]], now: float, links: dict[str, str]
) -> dict[str, Any]:
    whole: dict[str, Any] = {"version": VERSION, name: listed}
    if now:
        whole |= {"last_updated": _ms(now), "ttl": 10_000}
    return {**whole, "links": links} if links else whole


def _page(world: World, page: int) -> list[Taxi]:
    return world.taxis[page * PAGE : (page + 1) * PAGE]


def _links(world: World, page: int, base: str) -> dict[str, str]:
    last = max(0, (len(world.taxis) - 1) // PAGE)
    links = {"first": f"{base}?page=0", "last": f"{base}?page={last}"}
    if page > 0:
        links["prev"] = f"{base}?page={page - 1}"
    if page < last:
        links["next"] = f"{base}?page={page + 1}"
    return links


def _head(taxi: Taxi) -> dict[str, Any]:
    return {
        "device_id": _device(taxi),
        "provider_id": PROVIDER,
        "data_provider_id": PROVIDER,
        "vehicle_id": f"SBX-{taxi.number + 1:04d}",
    }


def _status(world: World, taxi: Taxi, now: float) -> dict[str, Any]:
    state, event = _STATES.get(taxi.phase, _VACANT)
    began = min(now, taxi.path.began)
    changed = world.plane.position(taxi.path.at(began)[0])
    seen = world.sighting(taxi, now)
    device = _device(taxi)
    return {
        **_head(taxi),
        "last_event": {
            "device_id": device,
            "provider_id": PROVIDER,
            "event_id": str(uuid5(NAMESPACE_URL, f"{device}:{taxi.path.began}")),
            "vehicle_state": state,
            "event_types": [event],
            "timestamp": _ms(began),
            "publication_time": _ms(began),
            "location": _gps(changed.lat, changed.lon),
        },
        "last_telemetry": {
            "device_id": device,
            "provider_id": PROVIDER,
            "telemetry_id": str(uuid5(NAMESPACE_URL, f"{device}:{int(now)}")),
            "timestamp": _ms(now),
            "trip_ids": [],
            "journey_id": str(uuid5(NAMESPACE_URL, f"{device}:journey")),
            "location": {
                **_gps(seen.position.lat, seen.position.lon),
                "heading": round(seen.bearing, 1),
                "speed": round(seen.speed_kmh / 3.6, 2),
            },
        },
    }


def _device(taxi: Taxi) -> str:
    return str(uuid5(NAMESPACE_URL, f"urn:sandbox:taxi:{taxi.number}"))


def _gps(lat: float, lon: float) -> dict[str, float]:
    return {"lat": round(lat, 7), "lng": round(lon, 7)}


def _ms(at: float) -> int:
    return int(at * 1000)
