"""`python -m sandbox`: how it starts, refuses and ends."""

import asyncio
import json
import socket
import stat
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess, launch

from sandbox.__main__ import main


async def test_it_ends_when_its_standard_input_does(tmp_path: Path):
    """A sandbox told to never outlives its parent: the end of stdin ends it, with code 0."""
    started = await SandboxProcess.start(tmp_path, "--taxis", "3", "--taxi", "127.0.0.1:9")
    async with asyncio.timeout(60):
        assert await started.stop() == 0


async def test_streams_that_are_open_at_its_end_are_cut_off_without_a_word(tmp_path: Path):
    """A phone that listens, an answer that hangs: nothing of it is told in the server's words."""
    sandbox = await SandboxProcess.start(tmp_path, "--taxis", "0")
    async with sandbox.client() as client:
        token = (await client.post("/fcm/phones")).json()["token"]
        async with client.stream("GET", f"/fcm/phones/{token}/messages") as answer:
            assert answer.status_code == 200
            assert await sandbox.stop() == 0
    assert sandbox.process.stderr is not None
    assert await sandbox.process.stderr.read() == b""


async def test_it_ends_on_a_signal(tmp_path: Path):
    """SIGTERM ends it with code 0 while a phone listens and taxis look for the hub."""
    started = await SandboxProcess.start(tmp_path, "--taxis", "3", "--taxi", "127.0.0.1:9")
    async with started.client() as client:
        token = (await client.post("/fcm/phones")).json()["token"]
        async with client.stream("GET", f"/fcm/phones/{token}/messages") as stream:
            await anext(stream.aiter_lines())
            started.process.terminate()
            async with asyncio.timeout(60):
                assert await started.process.wait() == 0


async def test_a_port_in_use_is_one_line(tmp_path: Path):
    """A port that somebody listens on is refused with one line that names it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = await launch("--port", port, "--data-dir", str(tmp_path))
        _, output = await process.communicate()
    errors = output.decode()
    assert process.returncode == 1
    assert errors.count("\n") == 1
    assert port in errors
    assert "in use" in errors


def test_an_unknown_scenario_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A scenario that does not exist is refused with one line that lists those that do."""
    code = main(["--port", "0", "--scenario", "no_such", "--data-dir", str(tmp_path)])
    errors = capsys.readouterr().err
    assert code == 1
    assert errors.count("\n") == 1
    assert "late_trains" in errors


def test_a_data_folder_that_cannot_be_made_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """A data folder below a file is refused with one line that names it."""
    (tmp_path / "file").write_text("")
    code = main(["--port", "0", "--data-dir", str(tmp_path / "file")])
    errors = capsys.readouterr().err
    assert code == 1
    assert errors.count("\n") == 1
    assert str(tmp_path / "file") in errors


@pytest.mark.parametrize(
    "arguments",
    [
        ("--taxi", "8905"),
        ("--taxi", "127.0.0.1:0"),
        ("--speed", "0"),
        ("--speed", "fast"),
        ("--taxis", "-1"),
        ("--start", "2026-11-24T09:00:00"),
        ("--start", "soon"),
    ],
)
def test_a_wrong_option_says_what_was_expected(
    arguments: tuple[str, str], capsys: pytest.CaptureFixture[str]
):
    """A wrong value is refused with the option and the value, and exit code 2."""
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert arguments[0] in line
    assert arguments[1] in line


async def test_the_service_account_is_kept(tmp_path: Path):
    """The credential is written for its owner only, and its key survives a restart."""
    started = await SandboxProcess.start(tmp_path, "--taxis", "0")
    file = tmp_path / "sandbox" / "service-account.json"
    first = json.loads(file.read_text())
    assert first["token_uri"] == f"{started.url}/fcm/token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    await started.stop()
    again = await SandboxProcess.start(tmp_path, "--taxis", "0")
    second = json.loads(file.read_text())
    await again.stop()
    assert second["private_key"] == first["private_key"]
    assert second["token_uri"] == f"{again.url}/fcm/token"


async def test_the_clock_runs_at_its_speed(tmp_path: Path):
    """At --speed 60 from a given start, GET /clock reads the start and minutes pass in seconds."""
    started = await SandboxProcess.start(
        tmp_path, "--taxis", "0", "--speed", "60", "--start", "2026-11-24T09:00:00+08:00"
    )
    async with started.client() as client:
        read = (await client.get("/clock")).json()
    await started.stop()
    assert read["speed"] == 60
    assert read["now"].startswith("2026-11-24T01:0")
