"""Hubs of the gallery's own, each in a folder that is gone afterwards."""

import asyncio
import contextlib
import json
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2

from hub.settings import child_environment
from hub.store.embedded import EmbeddedMongo

PASSWORD = "liandong-demo"  # noqa: S105  # printed by `make run`
READY_S = 300.0
ENDED_S = 60.0
_SERVED = """\
[hub]
port = {port}
data_dir = "{folder}"
"""


class NotReadyError(Exception):
    """A hub ended, or said nothing, before it was ready; its log follows in the message."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def tried_out(*, taxis: int) -> AsyncIterator[tuple[str, str]]:
    """What `make run` starts: the addresses of the hub and of its sandbox."""
    with tempfile.TemporaryDirectory(prefix="liandong-gallery-") as name:
        folder, port = Path(name), free_port()
        command = ["up", "--taxis", str(taxis)]
        environment = {"LIANDONG_PORT": str(port)}
        async with _process(command, folder, port, environment) as url:
            facts = json.loads((folder / "up.json").read_text(encoding="utf-8"))
            yield url, str(facts["sandbox"])


@contextlib.asynccontextmanager
async def served(feeds: str = "") -> AsyncIterator[str]:
    """A hub on a database of its own with these `[[feeds]]`: its address."""
    with tempfile.TemporaryDirectory(prefix="liandong-gallery-") as name:
        folder, port = Path(name), free_port()
        config = folder / "gallery.toml"
        config.write_text(
            _SERVED.format(port=port, folder=folder.as_posix()) + feeds, encoding="utf-8"
        )
        with _database(folder):
            async with _process(["serve", "--config", str(config)], folder, port, {}) as url:
                yield url


@contextlib.contextmanager
def _database(folder: Path) -> Iterator[None]:
    mongo = EmbeddedMongo.start(folder)
    try:
        yield
    finally:
        mongo.stop()


@contextlib.asynccontextmanager
async def _process(
    command: list[str], folder: Path, port: int, environment: dict[str, str]
) -> AsyncIterator[str]:
    """`liandong ...` until the block ends: the address of its hub, which is ready."""
    url = f"http://127.0.0.1:{port}"
    log = folder / "hub.log"
    child_has = child_environment(LIANDONG_DATA_DIR=str(folder), **environment)
    for name in {"LIANDONG_MONGODB_URI", "LIANDONG_PORT"} - set(environment):
        child_has.pop(name, None)
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "liandong.cli", *command),
            env=child_has,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=written,
            stderr=written,
        )
    try:
        await _ready(url, process, log)
        yield url
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(ENDED_S):
            await process.wait()


async def _ready(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    """Ask until the hub says it is ready. Raises NotReadyError."""
    async with httpx2.AsyncClient(base_url=url, timeout=10) as http:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_S):
                while process.returncode is None:
                    with contextlib.suppress(httpx2.HTTPError):
                        if (await http.get("/readyz")).status_code == 200:
                            return
                    await asyncio.sleep(0.2)  # it tells nobody that it is ready
    said = await asyncio.to_thread(log.read_text, encoding="utf-8", errors="replace")
    raise NotReadyError(said[-4000:])
