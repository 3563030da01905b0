"""Every connector live: one hub, one sandbox, each standard over its own real transport."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connectors import REGISTRY
from hub.store.driver import Store
from hub.store.feeds.cache import FeedRepository
from tests.e2e.conftest import PATIENCE

pytestmark = pytest.mark.slow
SECRET = "a-secret-of-the-test"


@dataclass(frozen=True)
class Row:
    """A feed of the test: its keys, and where at least one of its records must be found."""

    id: str
    kind: str
    text: str
    seen: tuple[str, ...]
    dataset: str
    may_reject: frozenset[str] = field(default_factory=frozenset)


def _polled(
    id: str,  # noqa: A002  # the key's name
    kind: str,
    path: str,
    *seen: str,
    mode: str | None = None,
    more: str = "",
    dataset: str | None = None,
) -> Row:
    text = f'url = "@sandbox@{path}"\ninterval = 2\nallow_private = true\n'
    text += f'mode = "{mode}"\n' if mode else ""
    return Row(id, kind, text + more, seen, dataset or id)


def _listening(id: str, kind: str, mode: str) -> Row:  # noqa: A002
    text = f'listen = "127.0.0.1:@{kind}@"\nmode = "{mode}"\n'
    # the lower platform of JT/T 809 is called back, here on this machine
    text += "allow_private = true\n" if kind == "jtt809" else ""
    # one taxi in a hundred has no fix for a moment; JT/T 905 says so in its status
    unfixed = frozenset({"POSITION_NOT_FIXED"}) if kind == "jtt905" else frozenset[str]()
    return Row(id, kind, text, ("vehicles",), id, unfixed)


STATIC = 'static_url = "@sandbox@/railway/gtfs.zip"\n'
SUBSCRIBED = (
    'push_secret_ref = "env:TEST_PUSH_SECRET"\n'
    "options = { subscribe = true, heartbeat = 5, lifetime = 600 }\n"
)
LITE = 'options = { transport = "lite" }\n'
SHH = 'options = { monitoring_refs = ["SHH"] }\n'
PLAIN = """
[feeds.options]
record = "parking"
format = "csv"
encoding = "gbk"
time_format = "%Y-%m-%d %H:%M:%S"

[feeds.options.fields]
id = "编号"
name = "名称"
capacity = "总车位"
vacant = "空余"
opening = { from = "状态", values = { "1" = "OPEN", "0" = "CLOSED" } }
observed_at = "时间"
"""
PARKING = ("parking_facilities", "parking_facilities.status")
ROWS = (
    _polled("rail-gtfs", "gtfs", "/railway/gtfs.zip", "journeys", mode="RAIL", dataset="railway"),
    _polled("metro-rt", "gtfs_rt", "/metro/gtfs-rt.pb", "vehicles", mode="METRO",
            more='static_url = "@sandbox@/metro/gtfs.zip"\n', dataset="metro"),
    _polled("netex", "netex", "/railway/netex.zip", "stop_places", "lines", mode="RAIL"),
    _polled("txc", "transxchange", "/coach/transxchange.xml", "stop_places", "lines",
            mode="COACH"),
    _polled("et", "siri_et", "/railway/siri", "journeys", mode="RAIL", more=STATIC,
            dataset="railway"),
    _polled("et-lite", "siri_et", "/railway/siri-lite/estimated-timetable.json", "journeys",
            mode="RAIL", more=STATIC + LITE, dataset="railway"),
    _polled("et-push", "siri_et", "/railway/siri/et", "journeys", mode="RAIL",
            more=STATIC + SUBSCRIBED, dataset="railway"),
    _polled("sm", "siri_sm", "/railway/siri", "journeys", mode="RAIL", more=STATIC + SHH,
            dataset="railway"),
    _polled("vm", "siri_vm", "/railway/siri", "vehicles", mode="RAIL",
            more='static_url = "@sandbox@/railway/gtfs.zip"\n', dataset="railway"),
    _polled("vm-push", "siri_vm", "/railway/siri/vm", "vehicles", mode="RAIL",
            more=STATIC + SUBSCRIBED),
    _polled("sx", "siri_sx", "/railway/siri", "situations", mode="RAIL", dataset="railway"),
    _polled("fm", "siri_fm", "/railway/siri", "facility_conditions", *PARKING, mode="RAIL"),
    _polled("fm-lite", "siri_fm", "/railway/siri-lite/facility-monitoring.xml",
            "facility_conditions",
            mode="RAIL", more=LITE),
    _listening("taxi905", "jtt905", "TAXI"),
    _listening("bus808", "jtt808", "BUS"),
    _listening("bus809", "jtt809", "BUS"),
    _polled("profile", "coach_profile", "/coach/profile.json", "journeys", dataset="coach"),
    Row("profile-push", "coach_profile",
        'push = true\nsecret_ref = "env:TEST_COACH_SECRET"\n', ("journeys",), "coach"),
    _polled("cap", "cap", "/alerts/cap.atom", "situations"),
    _polled("edxl", "cap", "/alerts/edxl.xml", "situations"),
    _polled("plain", "mapped", "/parking/plain.csv", *PARKING, more=PLAIN),
    _polled("gbfs3", "gbfs", "/gbfs/gbfs.json", "sharing_stations", "vehicles"),
    _polled("gbfs2", "gbfs", "/gbfs/2.3/gbfs.json", "sharing_stations", "vehicles"),
    _polled("garages", "datex2_parking", "/parking/static.xml", "parking_facilities"),
    _polled("garages-now", "datex2_parking", "/parking/dynamic.xml", "parking_facilities.status",
            more='static_url = "@sandbox@/parking/static.xml"\n', dataset="garages"),
    _polled("parkapi", "parkapi", "/parking/parkapi.json", *PARKING),
    _polled("mds", "mds", "/mds/vehicles/status", "vehicles"),
    _polled("mds-stops", "mds", "/mds/stops", "stop_places", dataset="mds"),
)  # fmt: skip


def test_every_kind_has_a_row():
    """A kind that is added to the registry is exercised here, or this test fails."""
    assert {row.kind for row in ROWS} == set(REGISTRY)


def _free_ports(count: int) -> list[int]:
    """Ports nobody has now, all different."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _start(data_dir: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    with (data_dir / f"{arguments[0]}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", *arguments, "--until-stdin-closes"],
            env={
                **os.environ,
                "LIANDONG_DATA_DIR": str(data_dir),
                "TEST_PUSH_SECRET": SECRET,
                "TEST_COACH_SECRET": SECRET,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if arguments[0] == "sandbox" else log,
            stderr=log,
        )


def _ended(process: "subprocess.Popen[bytes]") -> int:
    assert process.stdin is not None
    process.stdin.close()
    try:
        return process.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
    finally:
        if process.stdout is not None:
            process.stdout.close()


@dataclass
class Live:
    """The running pair: the hub's database, and its log for a failure."""

    database: str
    hub: "subprocess.Popen[bytes]"
    log: Path


def _configuration(
    data_dir: Path, ports: dict[str, int], sandbox: str, live: tuple[str, str]
) -> str:
    uri, database = live
    head = (
        f'[hub]\nport = {ports["hub"]}\ndata_dir = "{data_dir.as_posix()}"\nmongodb_uri = "{uri}"\n'
        f'database = "{database}"\npublic_url = "http://127.0.0.1:{ports["hub"]}"\n'
    )
    feeds = "".join(
        f'\n[[feeds]]\nid = "{row.id}"\nkind = "{row.kind}"\ndataset = "{row.dataset}"\n{row.text}'
        for row in ROWS
    )
    for name, port in ports.items():
        feeds = feeds.replace(f"@{name}@", str(port))
    return head + feeds.replace("@sandbox@", sandbox)


@pytest.fixture(scope="module")
def live(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One sandbox and one hub, ended cleanly after the test."""
    data_dir = tmp_path_factory.mktemp("every")
    names = ("hub", "jtt905", "jtt808", "jtt809")
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    hub = f"http://127.0.0.1:{ports['hub']}"
    database = f"test_every_{os.getpid()}"
    sandbox = _start(
        data_dir, "sandbox", "--port", "0", "--data-dir", str(data_dir), "--taxis", "20",
        "--taxi", f"127.0.0.1:{ports['jtt905']}", "--jtt808", f"127.0.0.1:{ports['jtt808']}",
        "--jtt809", f"127.0.0.1:{ports['jtt809']}",
        "--coach-push", f"{hub}/feeds/profile-push", "--coach-secret", SECRET,
    )  # fmt: skip
    try:
        assert sandbox.stdout is not None
        base = sandbox.stdout.readline().decode().split()[1]
        config = data_dir / "every.toml"
        text = _configuration(data_dir, ports, base, (mongo_uri, database))
        config.write_text(text, encoding="utf-8")
        process = _start(data_dir, "liandong.cli", "serve", "--config", str(config))
        try:
            yield Live(database, process, data_dir / "liandong.cli.log")
        finally:
            assert _ended(process) == 0
    finally:
        assert _ended(sandbox) == 0


@pytest.fixture(scope="module")
async def watched(live: Live, mongo_uri: str) -> AsyncIterator[Store]:
    """The hub's database, dropped after the test."""
    store = await Store.open(mongo_uri, live.database)
    yield store
    await store.drop()
    await store.close()


async def _missing(store: Store) -> dict[str, str]:
    """What is not as it shall be, by feed."""
    feeds = {feed["_id"]: feed for feed in await FeedRepository(store).all()}
    missing = {}
    for row in ROWS:
        if wrong := await _wrong(store, row, feeds.get(row.id)):
            missing[row.id] = wrong
    return missing


async def _wrong(store: Store, row: Row, feed: dict[str, Any] | None) -> str | None:
    if feed is None:
        return "no status yet"
    if feed["state"] != "HEALTHY":
        return f"{feed['state']}: {feed.get('detail')}"
    if not feed["totals"]["accepted"]:
        return "nothing accepted"
    called_back = [callback["link_state"] for callback in feed.get("callbacks", [])]
    if called_back != (["UP"] if row.kind == "jtt809" else []):
        return f"called back: {feed.get('callbacks')}"
    for place in row.seen:
        collection, _, part = place.partition(".")
        # a journey may be of several feeds of one dataset, all else is its feed's alone
        own = {"dataset": row.dataset} if collection == "journeys" else {"feed": row.id}
        wanted = {"status.feed": row.id} if part else own
        if await store.db[collection].find_one(wanted) is None:
            return f"nothing in {place}"
    return None


async def test_every_connector_is_exercised_live(live: Live, watched: Store):
    """Every feed is HEALTHY, accepts, rejects nothing unexpected, and its records are stored."""
    deadline = time.monotonic() + PATIENCE
    while missing := await _missing(watched):
        log = live.log.read_text(errors="replace")[-3000:]
        assert live.hub.poll() is None, log
        assert time.monotonic() < deadline, f"{missing}\n{log}"
        await asyncio.sleep(0.5)
    unexpected = {}
    for row in ROWS:
        feed = await FeedRepository(watched).get(row.id)
        assert feed is not None
        if feed["totals"]["rejected"]:
            reasons = set(await watched.db["rejects"].distinct("reason", {"feed": row.id}))
            if not reasons or reasons - row.may_reject:
                unexpected[row.id] = feed["totals"], reasons
    assert not unexpected
