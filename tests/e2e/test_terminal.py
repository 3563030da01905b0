"""The terminal clients, as processes: what a newcomer types first."""

import asyncio
import os
import pty
import re
import signal
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len

from tests.e2e.conftest import Running
from tests.e2e.test_main_job import dispatch, open_incident

pytestmark = pytest.mark.slow
PATIENCE = 180
"""Seconds before a command counts as hanging: each starts an interpreter, on a busy machine."""


_started: list[asyncio.subprocess.Process] = []


@pytest.fixture(autouse=True)
async def nothing_is_left() -> AsyncIterator[None]:
    """A test that gave up leaves no command behind to slow the others down."""
    yield
    for process in _started:
        if process.returncode is None:
            process.kill()
            await process.wait()
    _started.clear()


async def _liandong(
    running: Running, *arguments: str, columns: int = 140, terminal: bool = False
) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "liandong.cli",
        *arguments,
        env={
            **os.environ,
            "LIANDONG_DATA_DIR": str(running.data_dir),
            "LIANDONG_PORT": str(running.port),
            "COLUMNS": str(columns),
            "LINES": "60",
            "TZ": "America/New_York",
            **({"FORCE_COLOR": "1"} if terminal else {}),
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _started.append(process)
    return process


@pytest.mark.parametrize(
    ("view", "events", "shown"),
    [
        (("board", "--stop-place", "railway:SHH"), 1, "上海站"),
        (("taxi",), 2, "North Square taxi rank"),
        (("feeds",), 11, "metro-timetable"),
    ],
)
async def test_watch_shows_live_tables(running: Running, view, events, shown):
    """Each view fills from the public subscription."""
    process = await _liandong(running, "watch", *view, "--events", str(events))
    async with asyncio.timeout(PATIENCE):
        output, error = await process.communicate()
    assert (process.returncode, error) == (0, b"")
    assert shown in output.decode()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_what_is_piped_is_a_line_for_each_departure(running: Running, how: signal.Signals):
    """Nothing is redrawn; under headings, and the last says that it is over."""
    process = await _liandong(running, "watch", "board", columns=80)
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        heading, first, second = [(await process.stdout.readline()).decode() for _ in range(3)]
    process.send_signal(how)
    async with asyncio.timeout(PATIENCE):
        rest, error = await process.communicate()
    assert "Asia/Shanghai | 在线 live" in first
    assert second.count(" | ") == heading.count(" | ") == 9
    assert rest.decode().endswith("到此为止 end of the watch\n")
    assert "\x1b" not in first + second
    assert (process.returncode, error) == (128 + how, b"")


async def test_a_narrow_terminal_keeps_the_freshness(running: Running):
    """At 80 columns a board still says how far each row can be trusted, in the area's time."""
    process = await _liandong(running, "watch", "board", "--events", "8", columns=80, terminal=True)
    async with asyncio.timeout(PATIENCE):
        output, _ = await process.communicate()
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output.decode()).splitlines()
    assert max(cell_len(line) for line in lines) <= 80
    assert any("新鲜度" in line for line in lines)
    assert any(line.rstrip().endswith(("实时", "计划")) for line in lines)
    title = next(line for line in lines if "Asia/Shanghai" in line)
    clock = re.search(r"(\d\d):\d\d:\d\d Asia/Shanghai", title)
    assert clock is not None
    hour = datetime.now(ZoneInfo("Asia/Shanghai")).hour
    assert (hour - int(clock.group(1))) % 24 in {0, 1}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("board", "--stop-place", "nowhere"), "railway:SHH"),
        (("taxi", "--password", "wrong"), "/auth/token"),
        (("weather",), "board, taxi, feeds, orders"),
    ],
)
async def test_what_cannot_be_watched_is_said_and_it_ends(running: Running, arguments, said):
    """An unknown stop place, a wrong password, an unknown view: one line, exit code 2."""
    process = await _liandong(running, "watch", *arguments)
    async with asyncio.timeout(PATIENCE):
        _, error = await process.communicate()
    assert process.returncode == 2
    assert said in error.decode()
    assert len(error.decode().strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "shown", "key"),
    [
        (("watch", "board"), "新鲜度", None),
        (("watch", "board"), "新鲜度", b"q"),
        (("demo", "phone", "officer6"), "quit", None),
        (("demo", "phone", "officer6"), "quit", b"q"),
    ],
)
async def test_an_interrupt_or_q_ends_it_without_a_traceback(
    running: Running, arguments, shown, key
):
    """On a real terminal Ctrl-C ends it as interrupted, and q as done; neither says anything."""
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "liandong.cli", *arguments),
        env={**os.environ, "LIANDONG_DATA_DIR": str(running.data_dir), "COLUMNS": "120"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    _started.append(process)
    os.close(theirs)
    typed = os.dup(ours)
    seen = asyncio.StreamReader()
    reading, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(seen), os.fdopen(ours, "rb", 0)
    )
    async with asyncio.timeout(PATIENCE):
        before = await seen.readuntil(shown.encode())
        if key is None:
            process.send_signal(signal.SIGINT)
        else:
            os.write(typed, key)
        await process.wait()
    reading.close()
    os.close(typed)
    assert process.returncode == (130 if key is None else 0)
    assert b"Traceback" not in before + bytes(seen._buffer)


async def _until(process: asyncio.subprocess.Process, text: str) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while text not in (line := (await process.stdout.readline()).decode()):
            assert line, f"the phone ended before it said {text!r}"


async def test_the_phone_shows_an_order_and_answers_by_key(running: Running):
    """Accepted with `a`, the hub killed and back, done with `d`, quit with `q`; each by number."""
    phone = await _liandong(running, "demo", "phone", "officer5")
    assert phone.stdin is not None
    await _until(phone, "quit")
    watch = running.client("watch")
    number = await dispatch(watch, await open_incident(watch), ["officer5"], [])
    await _until(phone, number)
    await _until(phone, f"seen · {number}")
    phone.stdin.write(b"a")
    await _until(phone, f"accepted · {number}")
    await asyncio.to_thread(running.kill_hub)
    await _until(phone, "link is back")
    phone.stdin.write(b"d")
    await _until(phone, f"done · {number}")
    phone.stdin.write(b"q")
    async with asyncio.timeout(PATIENCE):
        await phone.wait()
    assert phone.returncode == 0


async def test_the_phone_says_why_it_cannot_sign_in(running: Running):
    """A wrong password is one line with the API's own words."""
    phone = await _liandong(running, "demo", "phone", "officer5", "--password", "wrong")
    async with asyncio.timeout(PATIENCE):
        _, error = await phone.communicate()
    assert phone.returncode == 2
    assert len(error.decode().strip().splitlines()) == 1


async def test_a_reader_that_leaves_early_is_no_error(running: Running) -> None:
    """`watch ... | head`: the command ends, and says nothing of it."""
    process = await _liandong(running, "watch", "board")
    assert process.stdout is not None
    await process.stdout.readline()
    process.stdout._transport.close()  # type: ignore[attr-defined]  # as `head` does when it ends
    async with asyncio.timeout(PATIENCE):
        await process.wait()
    assert process.stderr is not None
    assert (process.returncode, (await process.stderr.read()).decode()) == (0, "")
