"""A real mongod as a replica set of one, for trying out and for tests (docs/decisions/0002).

It runs in a session of its own and is recorded in `DATA_DIR/mongod.json`, so that it outlives a
hub that is killed and the next hub adopts it. `kill -9` of the mongod itself is survived as well:
the next `ensure` starts it again on the same files.
"""

import fcntl
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from pymongo import MongoClient
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError

from hub.errors import StartError
from hub.files import replace
from hub.settings import child_environment
from hub.store.driver import direct_client
from hub.store.mongod import complaint, find_mongod, provide_libcurl

REPLICA_SET = "rs0"
START_SECONDS = 60.0
"""Seconds are enough; a set whose old port now belongs to a silent stranger needs half a minute."""
STOP_SECONDS = 20.0
DYING_SECONDS = 3.0
POLL_SECONDS = 0.02
NOT_YET_INITIALIZED = 94

_children: dict[int, "subprocess.Popen[bytes]"] = {}
"""The mongods this process started: kept so that they are reaped when they end."""


@dataclass(frozen=True, slots=True)
class EmbeddedMongo:
    """A running mongod: its address, process id and port on the loopback interface."""

    uri: str
    pid: int
    port: int

    @classmethod
    def start(cls, data_dir: Path) -> "EmbeddedMongo":
        """Start a mongod on `data_dir` or adopt the one already running there.

        Returns once it is a writable primary. Raises StartError with the line to type.
        """
        data_dir.mkdir(parents=True, exist_ok=True)
        with _lock(data_dir):
            return _adopt(data_dir) or _start(data_dir, _last(data_dir))

    def stop(self) -> None:
        """End it cleanly and wait until it has ended."""
        _end(self.pid)


def ensure(data_dir: Path) -> str:
    """URI of the mongod of `data_dir`: the running one, else a new one. Raises StartError."""
    return EmbeddedMongo.start(data_dir).uri


def running(data_dir: Path) -> str | None:
    """URI of the mongod that runs on `data_dir`, or None."""
    found = _adopt(data_dir)
    return found.uri if found else None


def alive(data_dir: Path) -> bool:
    """Whether the process of the recorded mongod lives; asks the system, not the database."""
    return living(data_dir) is not None


def living(data_dir: Path) -> EmbeddedMongo | None:
    """The recorded mongod while its process lives; asks the system, not the database."""
    recorded = _recorded(data_dir)
    return recorded if recorded and _is_ours(recorded.pid, data_dir) else None


def stop(data_dir: Path) -> bool:
    """End the mongod of `data_dir` cleanly; False when none ran."""
    if not data_dir.is_dir():
        return False
    with _lock(data_dir):
        recorded = _recorded(data_dir)
        if recorded is None or not _is_ours(recorded.pid, data_dir):
            return False
        recorded.stop()
        _record(data_dir).unlink(missing_ok=True)
        return True


def _record(data_dir: Path) -> Path:
    return data_dir / "mongod.json"


def _files(data_dir: Path) -> Path:
    return (data_dir / "mongo").resolve()


@contextmanager
def _lock(data_dir: Path) -> Iterator[None]:
    """One process at a time starts or stops the mongod of a data folder."""
    with (data_dir / "mongod.start.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _recorded(data_dir: Path) -> EmbeddedMongo | None:
    try:
        return EmbeddedMongo(**json.loads(_record(data_dir).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # never started here, or killed while writing the record


def _is_ours(pid: int, data_dir: Path) -> bool:
    """Whether `pid` is a live mongod on this folder, not another process that got the number."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and str(_files(data_dir)) in (
            process.cmdline()
        )
    except psutil.Error:
        return False


def _adopt(data_dir: Path) -> EmbeddedMongo | None:
    recorded = _recorded(data_dir)
    if recorded is None or not _is_ours(recorded.pid, data_dir) or not _accepts(recorded.port):
        return None
    deadline = time.monotonic() + START_SECONDS
    try:
        with direct_client(recorded.port) as client:
            while not client.admin.command("hello").get("isWritablePrimary"):
                if time.monotonic() > deadline or not _is_ours(recorded.pid, data_dir):
                    return None
                time.sleep(POLL_SECONDS)
    except PyMongoError:
        return None
    return recorded


def _last(data_dir: Path) -> EmbeddedMongo | None:
    """The mongod recorded here, once it has ended: its port is free then. Raises StartError."""
    recorded = _recorded(data_dir)
    if recorded is not None and _is_ours(recorded.pid, data_dir):
        try:
            psutil.Process(recorded.pid).wait(DYING_SECONDS)
        except psutil.NoSuchProcess:
            return recorded
        except psutil.TimeoutExpired as error:
            raise StartError(
                f"mongod {recorded.pid} runs on {data_dir} but does not answer.",
                hint=f"Type: kill -9 {recorded.pid}",
            ) from error
    return recorded


def _start(data_dir: Path, last: EmbeddedMongo | None) -> EmbeddedMongo:
    binary = find_mongod()
    environment = child_environment()
    if sys.platform == "linux":
        provide_libcurl(data_dir, environment)
    files = _files(data_dir)
    files.mkdir(exist_ok=True)
    port = _free_port(last.port if last else 0)
    with (data_dir / "mongod.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  # our own binary, a list of arguments
            _command(binary, files, port),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
        )
    _reap()
    _children[process.pid] = process
    mongo = EmbeddedMongo(
        f"mongodb://127.0.0.1:{port}/?replicaSet={REPLICA_SET}", process.pid, port
    )
    replace(_record(data_dir), json.dumps(asdict(mongo)))
    try:
        _make_primary(mongo, data_dir)
    except BaseException:
        _end(process.pid)
        raise
    return mongo


def _reap() -> None:
    for pid in [pid for pid, child in _children.items() if child.poll() is not None]:
        del _children[pid]


def _command(binary: Path, files: Path, port: int) -> list[str]:
    parameters = (
        "diagnosticDataCollectionEnabled=false",
        "shutdownTimeoutMillisForSignaledShutdown=100",  # nobody to hand over to
        # a hub killed within a transaction leaves its rows locked: let go before timers are late
        "transactionLifetimeLimitSeconds=3",
    )
    return [
        str(binary),
        *("--dbpath", str(files), "--port", str(port), "--bind_ip", "127.0.0.1"),
        *("--replSet", REPLICA_SET, "--oplogSize", "64", "--nounixsocket"),
        *("--networkMessageCompressors", "snappy,zstd", "--wiredTigerCacheSizeGB", "0.25"),
        *("--wiredTigerEngineConfigString", "log=(prealloc=false,file_max=16MB)"),
        *(part for parameter in parameters for part in ("--setParameter", parameter)),
    ]


def _make_primary(mongo: EmbeddedMongo, data_dir: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _accepts(mongo.port):
        _check_alive(mongo.pid, data_dir, deadline)
        time.sleep(POLL_SECONDS)
    with direct_client(mongo.port) as client:
        while not _is_primary(client, f"127.0.0.1:{mongo.port}"):
            _check_alive(mongo.pid, data_dir, deadline)
            time.sleep(POLL_SECONDS)


def _is_primary(client: "MongoClient[dict[str, object]]", host: str) -> bool:
    """Whether it can be written; a set that is not configured, or for another port, is set up."""
    try:
        hello = client.admin.command("hello")
        if not hello.get("isWritablePrimary") and not hello.get("secondary"):
            _configure(client, host)
    except AutoReconnect:
        return False  # it closes its connections when its state changes
    return bool(hello.get("isWritablePrimary"))


def _configure(client: "MongoClient[dict[str, object]]", host: str) -> None:
    """Initiate the set, or tell it that it now lives on another port."""
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED:
            raise
        members = [{"_id": 0, "host": host}]
        with suppress(OperationFailure):  # it was asked already and is at it
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        return
    if config["members"][0]["host"] != host:
        config["members"][0]["host"] = host
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)


def _check_alive(pid: int, data_dir: Path, deadline: float) -> None:
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        raise StartError(f"mongod did not start: {complaint(data_dir / 'mongod.log')}")
    if time.monotonic() > deadline:
        raise StartError(
            f"mongod did not become writable within {START_SECONDS:.0f} s: "
            f"{complaint(data_dir / 'mongod.log')}"
        )


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port(preferred: int) -> int:
    """`preferred` if nobody has it (the set's configuration names it), else one that is free.

    A mongod that was just killed holds its port for a moment longer than its process shows.
    """
    deadline = time.monotonic() + DYING_SECONDS
    while preferred:
        if (port := _bindable(preferred)) is not None:
            return port
        if time.monotonic() > deadline:
            break
        time.sleep(POLL_SECONDS)
    port = _bindable(0)
    if port is None:
        raise StartError("No free port on 127.0.0.1 for the embedded database.")
    return port


def _bindable(port: int) -> int | None:
    with socket.socket() as probe, suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return int(probe.getsockname()[1])
    return None


def _end(pid: int) -> None:
    try:
        process = psutil.Process(pid)
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)
    except psutil.NoSuchProcess:
        pass  # it has ended already, which is what was asked
    except psutil.TimeoutExpired:
        process.kill()
    if child := _children.pop(pid, None):
        child.wait()
