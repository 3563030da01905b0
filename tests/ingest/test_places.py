"""A decision about ids takes effect in a running hub: boards, live boards, what feeds read."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import orjson
import pytest

from hub.clock import ManualClock
from hub.formats.common.signed_push import sign
from hub.settings import Settings
from hub.store import raw
from liandong.process import Hub, ProcessRole
from tests.connectors.gtfs_builder import NOON, TABLES, with_rows, zipped
from tests.mobile.serving import served

PATIENCE = 90
"""Most of it is for three starts of the command line on a busy machine."""
HERE = "railway:SHH"
BOARD = """query ($at: ID!, $from: DateTime!, $until: DateTime!) { departures(stopPlace: $at,
    from: $from, until: $until) { nodes { journey { scopedId } stopPlace { scopedId } } } }"""
LIVE = """subscription ($at: ID!, $from: DateTime!, $until: DateTime!) { departures(stopPlace: $at,
    from: $from, until: $until) { cursor change node { id journey { scopedId } } } }"""
REJECT = """mutation ($mapping: ID!) { rejectIdMapping(input: { clientMutationId: "r",
    idMapping: $mapping }) { userErrors { code } idMapping { state } } }"""
WINDOW = {"from": NOON.isoformat(), "until": (NOON + timedelta(hours=3)).isoformat()}


def timetable(stop: str, **more: str) -> bytes:
    """The builder's timetable, its station under another id."""
    tables = {**TABLES, **more}
    return zipped({name: text.replace("SHRS", stop) for name, text in tables.items()})


class Hand:
    """What a client and an administrator's shell do with a running hub."""

    def __init__(self, hub: Hub, url: str, config: Path) -> None:
        self.hub, self.url, self._config = hub, url, config

    async def token(self, login: str) -> str:
        form = {"grant_type": "password", "username": login, "password": "liandong-demo"}
        async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
            answer = await http.post(f"{self.url}/auth/token", data=form)
        return str(answer.json()["access_token"])

    async def ask(self, text: str, login: str = "watch", **variables: Any) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {await self.token(login)}"}
        body = {"query": text, "variables": variables}
        async with (
            asyncio.timeout(PATIENCE),
            httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as http,
        ):
            while True:  # a busy machine may be late: it says so, and is asked again
                answer = await http.post(f"{self.url}/graphql", json=body, headers=headers)
                said = dict(answer.json())
                codes = {error["extensions"]["code"] for error in said.get("errors", ())}
                if not codes & {"DEADLINE_EXCEEDED", "RETRY_LATER"}:
                    return said

    async def board(self, stop_place: str) -> set[str]:
        """Journeys of a board, each by its dataset and trip."""
        answer = await self.ask(BOARD, at=stop_place, **WINDOW)
        return {trip(node) for node in answer["data"]["departures"]["nodes"]}

    async def live(self) -> AsyncIterator[set[str]]:
        """The journeys on the station's board after each event of an open subscription to it."""
        headers = {
            "authorization": f"Bearer {await self.token('watch')}",
            "accept": "text/event-stream",
        }
        body = {"query": LIVE, "variables": {"at": HERE, **WINDOW}}
        async with (
            httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as http,
            http.stream("POST", f"{self.url}/graphql", json=body, headers=headers) as answer,
        ):
            rows: dict[str, str] = {}
            async for line in answer.aiter_lines():
                if line.startswith("data: {"):
                    said = orjson.loads(line.removeprefix("data: "))
                    assert "errors" not in said, said
                    event = said["data"]["departures"]
                    node = event["node"]
                    rows[node["id"]] = trip(node)
                    if event["change"] == "REMOVED":
                        del rows[node["id"]]
                    yield set(rows.values())

    async def shell(self, *arguments: str) -> int:
        """`liandong feed ids ...`, in a process of its own."""
        clean = {key: value for key, value in os.environ.items() if "LIANDONG" not in key}
        command = [sys.executable, "-m", "liandong.cli", "feed", "ids", *arguments]
        done = await asyncio.to_thread(
            subprocess.run,
            [*command, "--config", str(self._config)],
            env={**clean, "LIANDONG_DATA_DIR": str(self._config.parent)},
            capture_output=True,
            timeout=60,
        )
        return done.returncode

    async def until(self, stop_place: str, wanted: set[str]) -> None:
        """Ask after each change of a row until a board is as wanted."""

        async def shown() -> bool:
            known = await self.hub.store.db[raw.STOP_PLACES].find_one({"_id": stop_place})
            return known is not None and await self.board(stop_place) == wanted

        await self._until(shown)

    async def until_rows(self, *datasets: str) -> None:
        """Look after each change of a row until there are rows of these datasets only."""

        async def there() -> bool:
            return await self.hub.store.db[raw.CALLS].distinct("dataset") == list(datasets)

        await self._until(there)

    async def _until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        listener = self.hub.bus.listen(raw.CALLS, raw.STOP_PLACES, raw.ID_MAPPINGS)
        changes = aiter(listener)
        try:
            async with asyncio.timeout(PATIENCE):
                while not await holds():
                    await anext(changes)
        finally:
            self.hub.bus.unlisten(listener)


def trip(node: dict[str, Any]) -> str:
    return str(node["journey"]["scopedId"]).rsplit(":", 1)[0]


@asynccontextmanager
async def running(
    mongo_uri: str,
    folder: Path,
    *tables: dict[str, Any],
    roles: Sequence[frozenset[ProcessRole]] = (frozenset(ProcessRole),),
    **feeds: bytes,
) -> AsyncIterator[Hand]:
    """A hub with these feeds, and timetables, one a dataset; its config is in `folder`.

    Of several, one for each of `roles`, the last is the one that is asked.
    """
    name = f"test_{uuid4().hex[:12]}"
    all_feeds = list(tables)
    for dataset, body in feeds.items():
        (folder / f"{dataset}.zip").write_bytes(body)
        url = (folder / f"{dataset}.zip").as_uri()
        all_feeds.append({"id": f"{dataset}-tt", "kind": "gtfs", "dataset": dataset, "url": url})
    about = {"mongodb_uri": mongo_uri, "database": name, "data_dir": str(folder)}
    configured = Settings.model_validate({"hub": about, "feeds": all_feeds})
    config = folder / "liandong.toml"
    config.write_text(f'[hub]\ndatabase = "{name}"\nmongodb_uri = "{mongo_uri}"\n')
    hubs = [await Hub.start(configured, roles=some, embedded=True) for some in roles]
    try:
        async with served(hubs[-1].app) as url:
            yield Hand(hubs[-1], url, config)
            await hubs[-1].drain()
    finally:
        await hubs[-1].store.drop()
        for hub in hubs:
            await hub.stop()


@pytest.fixture(autouse=True)
def at_noon(clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.current = NOON
    monkeypatch.chdir(tmp_path)


OURS = {f"railway:{ref}" for ref in ("T1", "LOOP", "TR7")}
THEIRS = {f"region:{ref}" for ref in ("T1", "LOOP", "TR7")}


@pytest.mark.parametrize(
    "roles",
    [
        (frozenset(ProcessRole),),
        (frozenset({ProcessRole.INGEST, ProcessRole.DISPATCH}), frozenset({ProcessRole.API})),
    ],
    ids=["one process", "two"],
)
async def test_a_confirmed_id_fills_an_open_board_and_a_rejected_one_empties_it(
    mongo_uri: str, tmp_path: Path, roles: tuple[frozenset[ProcessRole], ...]
):
    """Another process confirms: journeys read long before show, by either id, without a restart."""
    feeds = {"railway": timetable("SHH"), "region": timetable("R1")}
    async with running(mongo_uri, tmp_path, roles=roles, **feeds) as hand:
        await hand.until(HERE, OURS)
        async with asyncio.timeout(PATIENCE), aclosing(hand.live()) as states:
            await reaches(states, OURS)
            assert await hand.shell("confirm", "region:R1", HERE) == 0
            await reaches(states, OURS | THEIRS)
            assert await hand.board("region:R1") == await hand.board(HERE) == OURS | THEIRS
            mapping = f"STOP_PLACE:region:R1={HERE}"
            denied = await hand.ask(REJECT, mapping=mapping)
            assert denied["errors"][0]["extensions"]["code"] == "FORBIDDEN"
            assert await hand.shell("reject", "region:R1", "railway:XX") == 2
            assert await hand.board(HERE) == OURS | THEIRS
            rejected = await hand.ask(REJECT, "admin", mapping=mapping)
            assert rejected["data"]["rejectIdMapping"]["userErrors"] == []
            await reaches(states, OURS)
        await hand.until_rows("railway")
        assert await hand.board("region:R1") == set()


async def test_what_a_feed_left_aside_is_read_when_its_place_is_confirmed(
    mongo_uri: str, tmp_path: Path
):
    """Of a dataset with places at the interchange only journeys that call there were kept."""
    only = with_rows("stop_times.txt", "G8,12:30:00,12:30:00,PS,1,,", "G8,12:50:00,12:50:00,FJ,2,,")
    only |= with_rows("trips.txt", "G,all,G8,,G8,0")
    feeds = {"railway": timetable("SHH"), "metro": timetable("L1-SHRS", **only)}
    async with running(mongo_uri, tmp_path, **feeds) as hand:
        metro = {ref.replace("railway", "metro") for ref in OURS}
        await hand.until("metro:L1-SHRS", metro)
        assert await hand.hub.store.db[raw.JOURNEYS].find_one({"native_id": "G8"}) is None
        assert await hand.shell("confirm", "metro:PS", HERE) == 0
        await hand.until(HERE, OURS | {"metro:G8", "metro:T1", "metro:LOOP"})
        assert await hand.board("metro:L1-SHRS") == metro
        assert await hand.shell("reject", "metro:PS", HERE) == 0
        await hand.until(HERE, OURS)


async def test_a_pushed_feed_is_moved_too(
    mongo_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What was posted before shows, and so does what is posted afterwards."""
    monkeypatch.setenv("COACH_SECRET", "open sesame")
    pushed = {"kind": "coach_profile", "push": True, "secret_ref": "env:COACH_SECRET"}
    feeds = {"railway": timetable("SHH")}
    async with running(mongo_uri, tmp_path, {"id": "bus", **pushed}, **feeds) as hand:
        await hand.until(HERE, OURS)
        assert await post(hand, "B1") == 200
        assert await hand.board(HERE) == OURS
        assert await hand.shell("confirm", "bus:SHLD", HERE) == 0
        await hand.until(HERE, OURS | {"bus:B1"})
        assert await post(hand, "B1", "B2") == 200
        await hand.until(HERE, OURS | {"bus:B1", "bus:B2"})
        assert await hand.shell("reject", "bus:SHLD", HERE) == 0
        await hand.until(HERE, OURS)
        assert await post(hand, "B1", "B2", "B3") == 200
        await hand.until_rows("railway")


async def post(hand: Hand, *departures: str) -> int:
    """Departures of a coach station at 12:10, posted as it would."""
    body = orjson.dumps(
        {
            "profile": "liandong-coach",
            "version": "1.0",
            "station": {"id": "SHLD", "name": {"zh": "长途汽车站"}},
            "generatedAt": NOON.isoformat(),
            "departures": [
                {
                    "id": name,
                    "serviceDate": "2026-03-04",
                    "number": name,
                    "destination": {"zh": "南通"},
                    "aimedDeparture": "2026-03-04T12:10:00+08:00",
                }
                for name in departures
            ],
        }
    )
    headers = sign(b"open sesame", NOON, body)
    async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
        answer = await http.post(f"{hand.url}/feeds/bus", content=body, headers=headers)
    return answer.status_code


async def reaches(states: AsyncIterator[set[str]], wanted: set[str]) -> None:
    """Events until the board is as wanted."""
    async for state in states:
        if state == wanted:
            return
