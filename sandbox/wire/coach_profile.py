"""Liandong coach station profile 1.0: departures of the coach terminal, and signing a push."""

import hmac
from datetime import datetime
from hashlib import sha256
from random import Random
from typing import Any

from hub.model.common import Name
from sandbox.live.runs import RunState
from sandbox.timetable.day import ZONE
from sandbox.timetable.network import network
from sandbox.timetable.records import Timetable

SEATS = 49
OPENS, CLOSES = 30 * 60, 5 * 60
"""Seconds before the departure at which the ticket check opens, and is about to close."""


def publication(timetable: Timetable, states: list[RunState], now: float) -> dict[str, Any]:
    """Every departure that still holds."""
    station = network().coach.station
    return {
        "profile": "liandong-coach",
        "version": "1.0",
        "station": {"id": station.id, "name": _words(station.name)},
        "generatedAt": _iso(now),
        "complete": True,
        "departures": [
            _departure(timetable, one, now) for one in states if one.run.trip.focus == 0
        ],
    }


def signed(secret: str, body: bytes, now: float) -> dict[str, str]:
    """Headers of a push: its second, and the HMAC-SHA256 of that, a full stop and the body."""
    second = str(int(now))
    digest = hmac.new(secret.encode(), second.encode() + b"." + body, sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-Liandong-Timestamp": second,
        "X-Liandong-Signature": f"v1={digest}",
    }


def _departure(timetable: Timetable, one: RunState, now: float) -> dict[str, Any]:
    trip, here = one.run.trip, one.here
    gate = timetable.stops[here.stop_id].platform_code
    planned = timetable.stops[here.planned_stop_id].platform_code
    told: dict[str, Any] = {
        "id": trip.id,
        "serviceDate": one.run.day.isoformat(),
        "number": trip.number or trip.id,
        "line": {"id": trip.route_id, "name": _words(timetable.routes[trip.route_id].name)},
        "destination": _words(trip.destination),
        "aimedDeparture": _iso(here.aimed_departure),
        "plannedGate": planned,
        "gate": gate,
    }
    if one.cancelled:
        return {**told, "cancelled": True, "sale": "SUSPENDED"}
    left = here.departed
    available = 0 if left else _free(one, now)
    told["actualDeparture" if left else "expectedDeparture"] = _iso(here.departure)
    told["checkIn"] = _check_in(here.departure - now, left=left)
    told["sale"] = "ENDED" if left else "ON_SALE" if available else "SOLD_OUT"
    told["seats"] = {"total": SEATS, "available": available}
    return told


def _free(one: RunState, now: float) -> int:
    """Seats that are left: fewer as the departure comes nearer, never more again."""
    random = Random(f"{one.run.trip.id}:{one.run.day}")
    wanted, spread = random.uniform(0.5, 1.1), random.uniform(3600, 3 * 3600)
    sold = min(1.0, wanted * max(0.3, 1 - max(0.0, one.here.departure - now) / spread / 2))
    return round(SEATS * (1 - sold))


def _check_in(ahead: float, *, left: bool) -> str:
    if left:
        return "CLOSED"
    if ahead > OPENS:
        return "NOT_OPEN"
    return "OPEN" if ahead > CLOSES else "CLOSING"


def _words(name: Name) -> dict[str, str]:
    return {tag: text for tag, text in (("zh", name.zh), ("en", name.en)) if text}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(int(at), ZONE).isoformat()
