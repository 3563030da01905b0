"""A hub process on a database of its own, with a board of 50 departures and an open taxi port."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from pymongo import MongoClient

from bench.peer import free_port
from hub.store.embedded import EmbeddedMongo
from sandbox.fcm.account import service_account

STOP = "bench:STATION"
SERVER_CORE, LOAD_CORE = "0", "1"
CONFIG = """
[hub]
port = {port}
data_dir = "{data}"
connections_per_address = 0
[[feeds]]
id = "taxi"
kind = "jtt905"
mode = "TAXI"
listen = "127.0.0.1:{taxi}"
"""


class World:
    """Started on entry, ended on exit. The hub has one core, mongod and load have the other.

    With `push` it sends its wake-ups to `push_port`, where the row listens.
    """

    def __init__(self, *, push: bool = False) -> None:
        self.push = push

    def __enter__(self) -> "World":
        self.data = Path(tempfile.mkdtemp(prefix="liandong-bench-"))
        self.mongo = EmbeddedMongo.start(self.data)
        _pin(self.mongo.pid, LOAD_CORE)
        os.sched_setaffinity(0, {int(LOAD_CORE)})
        self.port, self.taxi = free_port(), free_port()
        config = self.data / "bench.toml"
        config.write_text(
            CONFIG.format(port=self.port, taxi=self.taxi, data=self.data) + self._push()
        )
        environment = {**os.environ, "LIANDONG_DATA_DIR": str(self.data), "LIANDONG_LOG": "console"}
        environment.pop("LIANDONG_MONGODB_URI", None)
        environment.pop("LIANDONG_PORT", None)
        self.environment = environment
        self.hub = subprocess.Popen(
            [
                *_pinned(SERVER_CORE),
                sys.executable,
                "-m",
                "liandong.cli",
                "serve",
                "--config",
                config,
            ],
            env=environment,
            stderr=(self.data / "hub.log").open("wb"),
        )
        self._await_ready()
        self.client: MongoClient[dict[str, Any]] = MongoClient(self.mongo.uri, tz_aware=True)
        self.db = self.client["liandong"]
        self._seed()
        self.token = self._token()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.close()
        self.hub.terminate()
        self.hub.wait(timeout=20)
        self.mongo.stop()
        shutil.rmtree(self.data)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _push(self) -> str:
        """The part of the configuration that says where wake-ups go."""
        self.push_port = free_port()
        if not self.push:
            return ""
        base = f"http://127.0.0.1:{self.push_port}"
        service_account(self.data, f"{base}/token")
        file = self.data / "service-account.json"
        return f'[push.fcm]\ncredentials = "{file}"\nendpoint = "{base}"\n'

    def _await_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.hub.poll() is not None:
                sys.exit((self.data / "hub.log").read_text())
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        sys.exit("the hub was not ready in time")

    def _token(self) -> str:
        form = b"grant_type=password&username=watch&password=liandong-demo"
        with urllib.request.urlopen(f"{self.url}/auth/token", form) as answer:
            return str(json.loads(answer.read())["access_token"])

    def _seed(self) -> None:
        """Fifty departures of a station, shaped as docs/data-model.md says, ten minutes ahead."""
        name = {"zh": "测试站", "en": "Bench Station"}
        self.db["stop_places"].replace_one(
            {"_id": STOP},
            {
                "_id": STOP,
                "dataset": "bench",
                "native_id": "STATION",
                "name": name,
                "location": {"type": "Point", "coordinates": [121.45, 31.25]},
                "kind": "RAIL_STATION",
                "modes": ["RAIL"],
                "quays": [],
                "feed": "bench",
            },
            upsert=True,
        )
        now = datetime.now(UTC)
        self.db["feeds"].replace_one(
            {"_id": "bench"},
            {
                "_id": "bench",
                "kind": "gtfs_rt",
                "mode": "RAIL",
                "dataset": "bench",
                "standard": "GTFS Realtime 2.0",
                "state": "HEALTHY",
                "link_state": "UP",
                "last_received_at": now,
                "data_as_of": now + timedelta(days=1),
                "counts": {"accepted": 50, "rejected": 0, "entities": 50},
                "totals": {"payloads": 1, "accepted": 50, "rejected": 0, "bytes": 1},
                "rejects": [],
                "notes": [],
                "detail": None,
                "warn_after_s": 90,
                "expire_after_s": 300,
                "changed_at": now,
            },
            upsert=True,
        )
        self.db["calls"].insert_many(_call(number, now) for number in range(50))


def _call(number: int, now: datetime) -> dict[str, Any]:
    aimed = now + timedelta(minutes=20, seconds=number * 60)
    late = aimed + timedelta(minutes=3)
    journey = f"bench:G{number}:{now:%Y-%m-%d}"
    return {
        "_id": f"{journey}#1",
        "dataset": "bench",
        "feed": "bench",
        "journey": {
            "id": journey,
            "public_code": f"G{number}",
            "mode": "RAIL",
            "line": {
                "id": "bench:L",
                "public_code": "京沪高速",
                "name": {"zh": "京沪高速", "en": "Jinghu"},
                "colour": None,
            },
            "origin": {"zh": "测试站", "en": "Bench Station"},
            "destination": {"zh": "北京南", "en": "Beijing South"},
            "state": "RUNNING",
            "service_date": f"{now:%Y-%m-%d}",
            "vehicle_ref": None,
        },
        "order": 1,
        "stop_place": {"id": STOP, "name": {"zh": "测试站", "en": "Bench Station"}},
        "quay_id": f"bench:P{number % 13}",
        "aimed": {"arrival": None, "departure": aimed},
        "expected": {"arrival": None, "departure": late},
        "actual": {"arrival": None, "departure": None},
        "platform": {"planned": str(number % 13), "actual": str(number % 13)},
        "status": "DELAYED",
        "boarding": True,
        "alighting": False,
        "occupancy": None,
        "board": {"departure": late, "arrival": None},
        "realtime": True,
        "source": "bench",
        "observed_at": None,
    }


def _pinned(core: str) -> list[str]:
    return ["taskset", "-c", core] if shutil.which("taskset") else []


def _pin(pid: int, core: str) -> None:
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):  # threads come and go while mongod starts
            os.sched_setaffinity(int(task.name), {int(core)})
