"""More of everything than a screen has room for, and names without end."""

import asyncio
import math
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any

from gallery.people import Desk, desk, phone
from gallery.running import free_port, served
from gallery.scene import Scene
from gallery.worlds.flood import CAR_PARK, driven, feeds, long, source

INCIDENTS, ORDERS, BULLETINS = 500, 120, 60
TITLE, PLACE, ORDER, TEXT, POST = 200, 200, 2000, 4000, 100
"""The most characters that the hub takes of each."""
AT_ONCE = 8
_OFFICERS = [f"officer{number}" for number in range(1, 41)]
_KINDS = (
    *("CROWD", "FACILITY", "FIRE", "ILLEGAL_TRANSPORT", "MEDICAL", "OTHER", "PUBLIC_ORDER"),
    *("STRANDED_PASSENGERS", "TRAFFIC"),
)
_SEVERITIES = ("EXTREME", "SEVERE", "MODERATE", "MINOR", "UNKNOWN")
SHOWN = """{ feeds { code state } alarms(first: 1) { nodes { kind } }
  history { start end } }"""


@asynccontextmanager
async def overloaded() -> AsyncIterator[Scene]:
    """A hub whose every list is too long, and half of whose feeds have failed."""
    port = free_port()
    with source() as base:
        async with served(feeds(base, port)) as url, driven(port):
            watch = desk(url, "watch")
            incidents = await _many(_incident(watch, number) for number in range(INCIDENTS))
            bulletins = await _many(_bulletin(watch, number) for number in range(BULLETINS))
            orders = await _many(
                _order(watch, number, incidents[number % 3]) for number in range(ORDERS)
            )
            async with phone(url, "officer1") as holder:
                await holder.act("duty.signIn", post=long("岗位", POST))
            shown = await watch.until(SHOWN, _all_there)
            things = {
                "incident": incidents[0],
                "order": orders[0],
                "bulletin": bulletins[0],
                "feed": CAR_PARK.format(1),
                "past": shown["history"]["end"],
            }
            yield Scene(url, things)


def _all_there(data: dict[str, Any]) -> bool:
    """The board, alarms, and a history to look into."""
    states = {one["code"]: one["state"] for one in data["feeds"]}
    return bool(
        states["board"] == "HEALTHY"
        and data["alarms"]["nodes"]
        and data["history"]["end"] != data["history"]["start"]
    )


async def _incident(watch: Desk, number: int) -> str:
    angle = number * 2.4
    away = 0.0002 + number * 0.000008
    return await watch.incident(
        kind=_KINDS[number % len(_KINDS)],
        severity=_SEVERITIES[number % len(_SEVERITIES)],
        title=long(f"第 {number} 起事件，标题很长", TITLE),
        description=long("情况描述", TEXT),
        place=long("地点", PLACE),
        position={
            "lat": 31.2496 + away * math.sin(angle),
            "lon": 121.4558 + away * math.cos(angle),
        },
        units=["RPS", "SAO", "PSS", "MPS", "TEB", "APS", "TPB", "UMS"],
    )


async def _order(watch: Desk, number: int, incident: str) -> str:
    """Most are answered by nobody in time, and alarm the watch; every fourth still has time."""
    return await watch.order(
        incident=incident,
        text=long(f"第 {number} 条指令，内容很长", ORDER),
        recipients=["officer1", *_OFFICERS[number % 39 + 1 : number % 39 + 13]],
        acceptWithinSeconds=3600 if number % 4 == 0 else 5,
    )


async def _bulletin(watch: Desk, number: int) -> str:
    return await watch.bulletin(
        title=long(f"第 {number} 条通报", TITLE),
        text=long("通报内容", TEXT),
        audience={"allOnDuty": True},
        urgency="URGENT" if number % 2 else "ROUTINE",
    )


async def _many(doings: Iterable[Coroutine[Any, Any, str]]) -> list[str]:
    """All of these, some at once; what each gave."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(doing: Coroutine[Any, Any, str]) -> str:
        async with room:
            return await doing

    return await asyncio.gather(*(one(doing) for doing in doings))
