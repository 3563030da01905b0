"""A timetable as large as a country's, imported by a hub of its own: its memory and its time."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

from bench import large_gtfs
from bench.peer import free_port, peak_mb, resident_mb
from bench.world import World

MEGABYTES = 500
WITHIN_S = 3600
CONFIG = """
[hub]
port = {port}
data_dir = "{data}"
mongodb_uri = "{uri}"
database = "bench_timetable"
[[feeds]]
id = "railway"
kind = "gtfs"
url = "{url}"
interval = 7200
"""


async def measure(world: World, _node: bool) -> None:
    """Print it. The file is made first, which takes minutes, and is gone with the world."""
    file = world.data / "timetable.zip"
    trips, rows = await asyncio.to_thread(large_gtfs.write, file, MEGABYTES)
    size = file.stat().st_size / 1e6
    print(f"GTFS zip, {size:.0f} MB: {trips} trips, {rows} rows of stop_times.txt")
    config = world.data / "timetable.toml"
    url = file.as_uri()
    config.write_text(
        CONFIG.format(port=free_port(), data=world.data, uri=world.mongo.uri, url=url)
    )
    hub = _served(world, config)
    try:
        _imported(world, hub, rows)
    finally:
        hub.terminate()
        hub.wait(timeout=60)


def _served(world: World, config: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "liandong.cli", "serve", "--config", str(config)]
    with (world.data / "timetable.log").open("wb") as log:
        return subprocess.Popen(command, env=world.environment, stderr=log)


def _imported(world: World, hub: "subprocess.Popen[bytes]", rows: int) -> None:
    feeds = world.client["bench_timetable"]["feeds"]
    started = time.monotonic()
    while not (feed := feeds.find_one({"_id": "railway", "totals.payloads": {"$gt": 0}})):
        if hub.poll() is not None or time.monotonic() - started > WITHIN_S:
            sys.exit((world.data / "timetable.log").read_text()[-2000:])
        time.sleep(1)  # the hub is only looked at, from outside, and its CPU is what is measured
    took = time.monotonic() - started
    counts = feed["counts"]
    print(
        f"imported in {took:.0f} s ({rows / took:.0f} rows/s), {counts['accepted']} of "
        f"{counts['entities']} entities accepted, {feed['state']}; hub {peak_mb(hub.pid):.0f} MB "
        f"at most, {resident_mb(hub.pid):.0f} MB after (target < 400 MB)"
    )
