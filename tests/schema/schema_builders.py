"""Documents as they are stored, callers of every role, and what an answer says."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from graphql import GraphQLError

from hub.model.people import SCOPES, Principal, Role
from schema.live.replay import Told

Run = Callable[..., Awaitable[dict[str, Any]]]
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def principal(role: Role, login: str | None = None, unit: str | None = None) -> Principal:
    """A caller as `Tokens.authenticate` makes it."""
    login = login or role.value.lower()
    return Principal(login, login, role, unit, SCOPES[role], "s", NOW + timedelta(days=365))


WATCH = principal(Role.WATCH, "watch", "PSS")
OFFICER = principal(Role.OFFICER, "officer1", "SAO")
LIAISON = principal(Role.LIAISON, "liaison", "RPS")
PARTNER = principal(Role.PARTNER, "partner", "RWS")


class Followed:
    """A subscriber that keeps what it is told."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def tell(self, told: Sequence[Told]) -> None:
        """Events, in order."""
        for _, payload in told:
            (event,) = orjson.loads(payload)["data"].values()
            self._events.put_nowait(event)

    def end(self, error: GraphQLError) -> None:
        """Not expected."""
        raise error

    async def next(self) -> dict[str, Any]:
        """The next event."""
        return await self._events.get()


def code_of(answer: dict[str, Any]) -> str:
    """The code of an answer's only error."""
    (error,) = answer["errors"]
    return str(error["extensions"]["code"])


def codes_of(answer: dict[str, Any]) -> set[str]:
    """The codes of an answer's errors, of which several may be the same."""
    return {str(error["extensions"]["code"]) for error in answer["errors"]}


def feed_doc(feed: str = "rail-et", **fields: Any) -> dict[str, Any]:
    """A feed as the ingest writes it."""
    return {
        "_id": feed,
        "kind": "siri_et",
        "mode": "RAIL",
        "dataset": "railway",
        "state": "HEALTHY",
        "link_state": "UP",
        "last_received_at": NOW,
        "data_as_of": NOW,
        "counts": {"accepted": 9, "rejected": 1, "entities": 10},
        "totals": {"payloads": 3, "accepted": 27, "rejected": 3, "bytes": 4096},
        "rejects": [{"reason": "UNKNOWN_STOP", "count": 1}],
        "notes": [],
        "detail": None,
        "warn_after_s": 90.0,
        "expire_after_s": 300.0,
        "changed_at": NOW,
        **fields,
    }


def stop_place_doc(key: str = "railway:SHH", zh: str = "上海站") -> dict[str, Any]:
    """A stop place with one platform."""
    dataset, native = key.split(":")
    return {
        "_id": key,
        "dataset": dataset,
        "native_id": native,
        "name": {"zh": zh, "en": "Shanghai"},
        "location": {"type": "Point", "coordinates": [121.4558, 31.2496]},
        "kind": "RAIL_STATION",
        "modes": ["RAIL"],
        "quays": [
            {"id": f"{key}-1", "native_id": "1", "public_code": "1", "name": {"zh": "1站台"}}
        ],
        "feed": "rail-et",
    }


def journey_part(number: str = "G1", mode: str = "RAIL") -> dict[str, Any]:
    """What a call embeds of its journey."""
    return {
        "id": f"railway:{number}:2026-03-02",
        "public_code": number,
        "mode": mode,
        "line": {
            "id": "railway:JH",
            "public_code": "京沪",
            "name": {"zh": "京沪高速线", "en": "Beijing-Shanghai"},
            "colour": None,
        },
        "origin": {"zh": "上海", "en": "Shanghai"},
        "destination": {"zh": "北京南", "en": "Beijing South"},
        "state": "RUNNING",
        "service_date": "2026-03-02",
        "vehicle_ref": None,
    }


def parking_doc(ref: str = "P1", vacant: int | None = 12, **fields: Any) -> dict[str, Any]:
    """A parking facility with its status layer, as of NOW."""
    return {
        "_id": f"parking:{ref}",
        "dataset": "parking",
        "native_id": ref,
        "name": {"zh": "北广场停车场", "en": "North Square"},
        "location": {"type": "Point", "coordinates": [121.4558, 31.2496]},
        "capacity": 300,
        "park_and_ride": True,
        "feed": "parking-table",
        "status": {
            "feed": "parking",
            "fp": "0",
            "vacant": vacant,
            "occupied": None,
            "capacity": None,
            "opening": "OPEN",
            "observed_at": NOW,
        },
        **fields,
    }


def station_doc(ref: str = "B1", **fields: Any) -> dict[str, Any]:
    """A station of shared bicycles, as of NOW."""
    return {
        "_id": f"bikes:{ref}",
        "name": {"zh": "南广场单车点", "en": None},
        "location": {"type": "Point", "coordinates": [121.4558, 31.2496]},
        "capacity": 20,
        "vehicles_available": 4,
        "docks_available": 16,
        "renting": True,
        "returning": False,
        "feed": "bikes",
        "observed_at": NOW,
        **fields,
    }


def condition_doc(ref: str = "L1", **fields: Any) -> dict[str, Any]:
    """A lift that is out of order; its source gives it no time of its own."""
    return {
        "_id": f"railway:{ref}",
        "name": {"zh": "1号电梯", "en": "Lift 1"},
        "category": "lift",
        "status": "NOT_AVAILABLE",
        "stop_place_id": "railway:SHH",
        "reason": {"zh": "检修", "en": "Maintenance"},
        "validity": [{"start": NOW - timedelta(hours=1), "end": None}],
        "feed": "rail-et",
        "observed_at": None,
        **fields,
    }


def call_doc(
    number: str = "G1",
    *,
    minutes: float = 10,
    late: float | None = 3,
    at: str = "railway:SHH",
    observed_at: datetime | None = NOW,
    mode: str = "RAIL",
    **fields: Any,
) -> dict[str, Any]:
    """A departure `minutes` from NOW, `late` minutes late (None: only the timetable knows it)."""
    aimed = NOW + timedelta(minutes=minutes)
    expected = None if late is None else aimed + timedelta(minutes=late)
    live = late is not None
    return {
        "_id": f"railway:{number}:2026-03-02#1",
        "dataset": "railway",
        "feed": "rail-et",
        "journey": journey_part(number, mode),
        "order": 1,
        "stop_place": {"id": at, "name": {"zh": "上海站", "en": "Shanghai"}},
        "quay_id": f"{at}-1",
        "aimed": {"arrival": None, "departure": aimed},
        "expected": {"arrival": None, "departure": expected},
        "actual": {"arrival": None, "departure": None},
        "platform": {"planned": "1", "actual": "3" if live else None},
        "status": "DELAYED" if live else "SCHEDULED",
        "boarding": True,
        "alighting": False,
        "occupancy": {"percent": 80, "status": None} if live else None,
        "board": {"departure": expected or aimed, "arrival": None},
        "realtime": live,
        "source": "rail-et",
        "observed_at": observed_at if live else None,
        **fields,
    }
