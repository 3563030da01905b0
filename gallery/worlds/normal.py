"""A working evening: traffic, incidents with orders at every stage, bulletins, alarms."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2

from gallery.people import Desk, Phone, desk, phone
from gallery.running import tried_out
from gallery.scene import Scene

TAXIS = 200
OFFICERS = 9
"""How many of them have a phone; the demonstration has the rest on duty and out of reach."""
POSTS = ("北广场", "南广场", "出租车蓄车场", "长途总站检票口", "1号线站厅")
NORTH, SOUTH, HALL = (31.2519, 121.4551), (31.2484, 121.4553), (31.2500, 121.4561)
SHOWN = """{ departures(stopPlace: "railway:SHH", first: 5) { nodes { status } }
  vehicles(first: 5, modes: [TAXI]) { nodes { id } } alarms(first: 20) { nodes { kind } }
  history { start end } feeds { code state } }"""


@asynccontextmanager
async def normal() -> AsyncIterator[Scene]:
    """What `make run` shows after some minutes of work."""
    async with tried_out(taxis=TAXIS) as (url, sandbox), AsyncExitStack() as signed_in:
        phones = {
            f"officer{number}": await signed_in.enter_async_context(phone(url, f"officer{number}"))
            for number in range(1, OFFICERS + 1)
        }
        await _on_duty(phones, f"{sandbox}/fcm")
        watch = desk(url, "watch")
        crowd, order = await _crowd(watch, phones)
        await _gate(url, watch, phones["officer6"])
        await _over(watch)
        bulletin = await _bulletins(watch, phones)
        async with httpx2.AsyncClient(base_url=sandbox, timeout=30) as http:
            silent = {"feed": "coach", "silent": True, "how": "error"}
            (await http.post("/control", json=silent)).raise_for_status()
        shown = await watch.until(SHOWN, _all_there)
        things = {"incident": crowd, "order": order, "bulletin": bulletin, "feed": "coach-rt"}
        things["past"] = shown["history"]["end"]
        yield Scene(url, things)


async def _on_duty(phones: dict[str, Phone], push: str) -> None:
    """Everybody with a phone signs in to duty somewhere, and most of them say where they stand."""
    for number, holder in enumerate(phones.values()):
        await holder.act("duty.signIn", post=POSTS[number % len(POSTS)])
        if number != 5:
            await holder.wakeable(push)
        if number != 7:
            lat, lon = (NORTH, SOUTH, HALL)[number % 3]
            await holder.stand(lat + number * 0.00012, lon - number * 0.00009)


async def _crowd(watch: Desk, phones: dict[str, Phone]) -> tuple[str, str]:
    """An incident under way; its id, and that of the order that officer 1 is still to answer."""
    incident = await watch.incident(
        kind="CROWD",
        severity="SEVERE",
        title="北广场客流聚集，候车队伍越过护栏",
        description="晚点列车旅客滞留，北广场安检口排队约 600 人，队尾已到公交落客区。",
        place="北广场安检口",
        position=_position(NORTH),
        units=["RPS", "SAO", "PSS"],
    )
    line = await watch.order(
        incident=incident,
        text="在北广场安检口设置隔离带，把队伍引向 2 号、3 号安检口",
        recipients=["officer2", "officer3", "officer4"],
        escalation=["officer5"],
        acceptWithinSeconds=600,
    )
    await phones["officer2"].answer(line, "accepted", "enRoute", "arrived")
    await phones["officer3"].answer(line, "accepted", "enRoute")
    await phones["officer4"].answer(line)
    done = await watch.order(
        incident=incident,
        text="通知铁路客运：6 号检票口提前放行 G7056 次旅客",
        recipients=["officer5"],
        priority="ROUTINE",
        acceptWithinSeconds=600,
    )
    await phones["officer5"].answer(done, "accepted", "enRoute", "arrived", "done")
    nobody = await watch.order(
        incident=incident,
        text="引导公交落客区车辆改停南侧",
        recipients=["officer20"],
        acceptWithinSeconds=5,
    )
    note = "广播已改为循环播放，南广场一侧通道打开"
    await watch.do("noteIncident", "", incident=incident, text=note)
    await watch.until(
        "{ alarms(first: 20) { nodes { kind order { id } } } }",
        lambda data: any((one["order"] or {}).get("id") == nobody for one in _nodes(data)),
    )
    asked = await watch.order(
        incident=incident,
        text="请到北广场 2 号安检口协助疏导，注意老人和带孩子的旅客",
        recipients=["officer1"],
        escalation=["officer9"],
        acceptWithinSeconds=3600,
    )
    return incident, asked


async def _gate(url: str, watch: Desk, field: Phone) -> None:
    """A report from the field with a photograph, which no desk has looked at yet."""
    photograph = await field.photograph(url)
    await field.act(
        "incident.report",
        kind="FACILITY",
        title="地下通道卷帘门卡住，只能半开",
        description="1 号线换乘通道东侧，已放锥筒。",
        place="地下换乘通道东口",
        lat=HALL[0],
        lon=HALL[1],
        attachments=[photograph],
    )
    await watch.incident(
        kind="ILLEGAL_TRANSPORT",
        severity="MINOR",
        title="南广场出站口有人揽客",
        place="南广场出站口",
        position=_position(SOUTH),
        units=["TEB", "PSS"],
    )


async def _over(watch: Desk) -> None:
    """One that has ended."""
    incident = await watch.incident(
        kind="MEDICAL",
        severity="MODERATE",
        title="候车厅旅客晕倒",
        place="二楼候车厅 4 区",
        units=["RPS"],
    )
    outcome = "120 已接走，家属陪同"
    await watch.do("closeIncident", "", incident=incident, outcome=outcome)


async def _bulletins(watch: Desk, phones: dict[str, Phone]) -> str:
    """Three, one of them corrected; the id of the one that most are to read."""
    first = await watch.bulletin(
        title="1 号线末班车延后",
        text="今晚 1 号线末班车延后至 23:30 开出。",
        audience={"allOnDuty": True},
    )
    await watch.bulletin(
        title="1 号线末班车延后（更正）",
        text="今晚 1 号线末班车延后至 23:45 开出，往莘庄、富锦路方向均是。",
        corrects=first,
    )
    bulletin = await watch.bulletin(
        title="雷电黄色预警：露天岗位注意避险",
        text="市气象台发布雷电黄色预警。\n露天岗位移至檐下；停止使用金属隔离栏；\n旅客询问时引导至地下通道。",
        audience={"units": ["RPS", "SAO", "PSS", "TEB"], "officers": ["officer1", "officer2"]},
        urgency="URGENT",
    )
    await phones["officer2"].act("bulletin.read", bulletinId=bulletin)
    return bulletin


def _position(where: tuple[float, float]) -> dict[str, float]:
    lat, lon = where
    return {"lat": lat, "lon": lon}


def _nodes(data: dict[str, Any]) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = data["alarms"]["nodes"]
    return nodes


def _all_there(data: dict[str, Any]) -> bool:
    """Boards, taxis, alarms and a history to look into; the silent feed is known to be silent."""
    states = {one["code"]: one["state"] for one in data["feeds"]}
    return bool(
        data["departures"]["nodes"]
        and data["vehicles"]["nodes"]
        and data["history"]["end"]
        and data["history"]["end"] != data["history"]["start"]
        and states["coach-rt"] != "HEALTHY"
    )
