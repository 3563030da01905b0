"""What goes wrong at the command line is one line that says what to do; never a traceback."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hub.store import embedded
from hub.store.embedded import EmbeddedMongo
from tests.connectors.siri_documents import call, et, gtfs, journey


def liandong(*arguments: str, data_dir: Path, **environment: str) -> tuple[int, str, str]:
    """Exit code, output and error of `liandong ...`."""
    inherited = {key: value for key, value in os.environ.items() if "LIANDONG" not in key}
    done = subprocess.run(
        [sys.executable, "-m", "liandong.cli", *arguments],
        env={**inherited, "LIANDONG_DATA_DIR": str(data_dir), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def free_port() -> str:
    """A port that nobody has, so that a hub which runs here is not met."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


FEED = '[[feeds]]\nid = "a"\nkind = "{kind}"\n{rest}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[hub\n", "not a readable TOML file"),
        ("[hub]\nport = 0\n", "hub.port = 0: expected 1 or more."),
        ("[hub]\ncolour = 1\n", "hub.colour: no such key"),
        ('[[feeds]]\nid = "a"\nurl = "http://x"\n', "feed a: kind: is missing"),
        (
            FEED.format(kind="gtfs", rest=""),
            "feed a: expected exactly one of url, listen",
        ),
        (
            FEED.format(kind="gtfs", rest='url = "ftp://x"'),
            'feed a: url = "ftp://x": expected an http, https or file URL.',
        ),
        (FEED.format(kind="gtfs", rest='url = "http://x"\ntimezone = "Mars"'), "IANA time zone"),
    ],
)
def test_a_bad_configuration_names_its_key(tmp_path, text, said):
    """The file is refused with the key, the value and what was expected."""
    config = tmp_path / "liandong.toml"
    config.write_text(text)
    code, _, error = liandong("serve", "--config", str(config), data_dir=tmp_path)
    assert code == 2
    assert said in error
    assert len(error.strip().splitlines()) == 1


def test_a_missing_configuration_is_one_line(tmp_path):
    """No such file: said so."""
    code, _, error = liandong("serve", "--config", "nowhere.toml", data_dir=tmp_path)
    assert (code, error.strip()) == (2, "liandong: nowhere.toml: no such configuration file.")


def test_without_a_database_the_hint_says_what_to_start(tmp_path):
    """`token issue` without a running database."""
    code, _, error = liandong("token", "issue", "watch", data_dir=tmp_path)
    assert code == 2
    assert "请启动 start `make run`, or set LIANDONG_MONGODB_URI." in error


def test_an_unreachable_database_is_one_line(tmp_path):
    """`serve` against a port where nothing listens."""
    uri = "mongodb://127.0.0.1:9/?replicaSet=rs0"
    code, _, error = liandong(
        "serve", data_dir=tmp_path, LIANDONG_MONGODB_URI=uri, LIANDONG_PORT=free_port()
    )
    assert code == 2
    assert "127.0.0.1:9" in error
    assert len(error.strip().splitlines()) == 1


def test_an_unknown_kind_lists_the_known_ones(tmp_path, mongo_uri):
    """A feed of a kind nobody wrote is refused at start."""
    config = tmp_path / "liandong.toml"
    config.write_text(FEED.format(kind="telepathy", rest='url = "http://127.0.0.1/x"'))
    code, _, error = liandong(
        *("serve", "--config", str(config)),
        data_dir=tmp_path,
        LIANDONG_MONGODB_URI=mongo_uri,
        LIANDONG_PORT=free_port(),
    )
    assert code == 2
    assert "telepathy" in error
    assert "siri_et" in error
    assert "Traceback" not in error


def test_feed_check_of_garbage_is_one_line(tmp_path):
    """A payload that does not decode ends with 1 and a reason."""
    garbage = tmp_path / "garbage.pb"
    garbage.write_bytes(b"\xff" * 40)
    code, _, error = liandong("feed", "check", "gtfs_rt", str(garbage), data_dir=tmp_path)
    assert code == 1
    assert len(error.strip().splitlines()) == 1


def test_feed_check_is_strict_where_it_is_asked_to_be(tmp_path):
    """What decodes ends with 0, whatever of it is rejected; with --strict that ends with 1."""
    good, bad = journey(call("A", aimed="12:00")), journey(call("A", aimed="12:00"), ref=None)
    for told, strict in (((good,), 0), ((good, bad), 1), ((bad, bad), 1)):
        file = tmp_path / "et.xml"
        file.write_text(et(*told), encoding="utf-8")
        check = ("feed", "check", "siri_et", str(file))
        assert liandong(*check, data_dir=tmp_path)[0] == 0
        assert liandong(*check, "--strict", data_dir=tmp_path)[0] == strict


def test_feed_check_of_a_missing_file_is_one_line(tmp_path):
    """No such file: said so, with 1."""
    code, _, error = liandong("feed", "check", "gtfs", "nowhere.zip", data_dir=tmp_path)
    assert code == 1
    assert "nowhere.zip" in error
    assert len(error.strip().splitlines()) == 1


def test_the_schema_is_exported_without_a_database(tmp_path):
    """Both forms of the SDL."""
    code, plain, _ = liandong("schema", "export", data_dir=tmp_path)
    assert code == 0
    assert "type Call " in plain
    code, subgraph, _ = liandong("schema", "export", "--federation", data_dir=tmp_path)
    assert code == 0
    assert "@key" in subgraph


def test_feed_check_without_its_static_data_says_what_is_missed(tmp_path):
    """What is matched with a timetable is told so, beside the report; a timetable itself is not."""
    told, timetable = tmp_path / "et.xml", tmp_path / "gtfs.zip"
    told.write_text(et(journey(call("A", aimed="12:00"))), encoding="utf-8")
    timetable.write_bytes(gtfs())
    _, _, error = liandong("feed", "check", "siri_et", str(told), data_dir=tmp_path)
    assert error.startswith("提示 hint: 未给 --static")
    matched = ("feed", "check", "siri_et", str(told), "--static", str(timetable))
    for arguments in (matched, ("feed", "check", "gtfs", str(timetable))):
        code, _, error = liandong(*arguments, data_dir=tmp_path)
        assert (code, error) == (0, "")


def test_down_says_what_it_ended(tmp_path):
    """The `up` of this folder with its pid, or that nothing runs here."""
    code, said, _ = liandong("down", data_dir=tmp_path)
    nothing = "没有在运行的，也没有内嵌数据库 nothing runs here, no database either"
    assert (code, said) == (0, f"{nothing}: {tmp_path}\n")
    command = [sys.executable, "-c", "input()", "up"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as running:
        threading.Thread(target=running.wait).start()  # or it would stay as a zombie
        (tmp_path / "up.json").write_text(json.dumps({"up_pid": running.pid}))
        code, said, _ = liandong("down", data_dir=tmp_path)
    assert code == 0
    assert f"已停止 ended: up (pid {running.pid})" in said
    assert "没有内嵌数据库 no embedded database ran" in said
    assert running.returncode == -signal.SIGTERM


def test_down_names_the_database_it_ended(tmp_path):
    """One left behind by a kill: its process, its port, its files."""
    database = EmbeddedMongo.start(tmp_path)
    code, said, _ = liandong("down", data_dir=tmp_path)
    assert code == 0
    which = f"mongod pid {database.pid}, 端口 port {database.port}, {tmp_path / 'mongo'}"
    assert said.endswith(f"the embedded database, which was left running: {which}\n")
    assert embedded.living(tmp_path) is None


@pytest.mark.parametrize("when", ["while modules are loaded", "while threads come to their end"])
def test_ctrl_c_ends_a_command_without_a_traceback_at_any_moment(tmp_path, when):
    """130, whatever the interpreter is at: an import, or a thread that is waited for."""
    loading = when.startswith("while modules")
    hook = tmp_path / "interrupted.py"
    hook.write_text(LOADING if loading else ENDING, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "import interrupted; from liandong.cli import main; main()"],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "LIANDONG_DATA_DIR": str(tmp_path)},
        input="",
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (130, "")


LOADING = """
import os, signal, sys


class Finder:
    def find_spec(self, name, *_):
        if name == "liandong.cli.doctor":
            os.kill(os.getpid(), signal.SIGINT)


sys.meta_path.insert(0, Finder())
sys.argv = ["liandong", "--help"]
"""
"""Ctrl-C in the middle of an import."""
ENDING = """
import atexit, os, signal, sys, threading

threading._register_atexit(lambda: os.kill(os.getpid(), signal.SIGINT))
sys.argv = ["liandong", "--help"]
"""
"""Ctrl-C as the interpreter waits for its threads."""
