"""The embedded mongod: found, started, adopted, survived."""

import os
import signal
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from hub.errors import StartError
from hub.store import embedded, mongod
from hub.store.driver import direct_client
from hub.store.embedded import EmbeddedMongo


@pytest.fixture
def data_dir(tmp_path: Path):
    yield tmp_path / "data"
    embedded.stop(tmp_path / "data")


def test_a_running_mongod_is_adopted(data_dir: Path):
    """A second start on the same folder is the same process, also when both start at once."""
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(EmbeddedMongo.start, [data_dir, data_dir])
    assert first == second
    assert embedded.running(data_dir) == first.uri


def test_it_survives_a_kill_and_keeps_what_was_written(data_dir: Path):
    """After kill -9 the same folder starts again, with what was acknowledged before."""
    first = EmbeddedMongo.start(data_dir)
    with direct_client(first.port) as client:
        client.kept.things.insert_one({"_id": 1})
    os.kill(first.pid, signal.SIGKILL)
    psutil.Process(first.pid).wait(10)
    assert embedded.running(data_dir) is None
    second = EmbeddedMongo.start(data_dir)
    assert second.pid != first.pid
    with direct_client(second.port) as client:
        assert client.kept.things.find_one() == {"_id": 1}


def test_it_starts_on_another_port_when_its_own_is_taken(data_dir: Path):
    """A folder whose recorded port somebody else took becomes a writable primary elsewhere."""
    first = EmbeddedMongo.start(data_dir)
    first.stop()
    with socket.socket() as other:
        other.bind(("127.0.0.1", first.port))
        second = EmbeddedMongo.start(data_dir)
    assert second.port != first.port
    with direct_client(second.port) as client:
        assert client.admin.command("hello")["isWritablePrimary"]


def test_stop_ends_it(data_dir: Path):
    """A stopped mongod is gone, and stopping twice says so."""
    mongo = EmbeddedMongo.start(data_dir)
    assert embedded.living(data_dir) == mongo
    assert embedded.stop(data_dir)
    assert embedded.living(data_dir) is None
    assert not psutil.pid_exists(mongo.pid)
    assert embedded.running(data_dir) is None
    assert not embedded.stop(data_dir)


def test_it_is_outside_the_session_of_the_hub(data_dir: Path):
    """A signal to the hub's process group does not reach the database."""
    mongo = EmbeddedMongo.start(data_dir)
    assert os.getsid(mongo.pid) != os.getsid(0)


def test_no_mongod_is_answered_with_the_line_to_type(monkeypatch: pytest.MonkeyPatch):
    """Where no mongod is found the error names the package to install."""
    monkeypatch.setattr(mongod.shutil, "which", lambda _name: None)
    monkeypatch.setattr(mongod.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(StartError, match=r"pip install 'liandong\[embedded\]'"):
        mongod.find_mongod()


def test_a_mongod_that_is_too_old_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A mongod on PATH older than 6 is not used."""
    old = tmp_path / "mongod"
    old.write_text("#!/bin/sh\necho 'db version v4.4.1'\n")
    old.chmod(0o755)
    monkeypatch.setattr(mongod.shutil, "which", lambda _name: str(old))
    assert mongod.find_mongod() != old


def test_why_it_did_not_start_is_in_the_error(data_dir: Path):
    """A mongod that refuses its files is reported with its own last complaint."""
    (data_dir / "mongo").mkdir(parents=True)
    (data_dir / "mongo" / "WiredTiger").write_text("not a database")
    (data_dir / "mongo" / "storage.bson").write_text("not a database")
    with pytest.raises(StartError, match=r"mongod did not start: \S+"):
        EmbeddedMongo.start(data_dir)


@pytest.mark.skipif(sys.platform != "linux", reason="the wheel's libcurl is for Linux")
def test_the_bundled_libcurl_is_used_where_the_system_has_none(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    """Without a system libcurl the mongod runs on the one inside the pycurl wheel."""

    def missing(_name: str):
        raise OSError(_name)

    monkeypatch.setattr(mongod.ctypes, "CDLL", missing)
    mongo = EmbeddedMongo.start(data_dir)
    maps = Path(f"/proc/{mongo.pid}/maps").read_text()
    assert "pycurl.libs" in maps


def test_it_is_ready_soon(data_dir: Path):
    """From nothing to a writable primary takes seconds, not a minute."""
    begun = time.monotonic()
    EmbeddedMongo.start(data_dir)
    assert time.monotonic() - begun < 20
