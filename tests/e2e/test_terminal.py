"""The terminal clients, as processes: what a newcomer types first."""

import asyncio
import os
import sys

import pytest

from tests.e2e.conftest import Running
from tests.e2e.test_main_job import dispatch, open_incident

pytestmark = pytest.mark.slow


async def _liandong(running: Running, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hub.cli",
        *arguments,
        env={
            **os.environ,
            "LIANDONG_DATA_DIR": str(running.data_dir),
            "LIANDONG_PORT": str(running.port),
            "COLUMNS": "140",
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize(
    ("view", "shown"),
    [("board", "上海站"), ("taxi", "North Square taxi rank"), ("feeds", "metro-timetable")],
)
async def test_watch_shows_live_tables(running: Running, view, shown):
    """Each view fills from the public subscription."""
    process = await _liandong(running, "watch", view, "--events", "2" if view == "taxi" else "8")
    async with asyncio.timeout(60):
        output, error = await process.communicate()
    assert (process.returncode, error) == (0, b"")
    assert shown in output.decode()


async def _until(process: asyncio.subprocess.Process, text: str) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        while text not in (line := (await process.stdout.readline()).decode()):
            assert line, f"the phone ended before it said {text!r}"


async def test_the_phone_shows_an_order_and_answers_by_key(running: Running):
    """Sign-in, push registration, a new order, accepted with `a`, done with `d`, quit with `q`."""
    phone = await _liandong(running, "demo", "phone", "officer5")
    assert phone.stdin is not None
    await _until(phone, "quit")
    watch = running.client("watch")
    number = await dispatch(watch, await open_incident(watch), ["officer5"], [])
    await _until(phone, number)
    await _until(phone, "order.seen")
    for key, answer in ((b"a", "order.accepted"), (b"d", "order.done")):
        phone.stdin.write(key)
        await _until(phone, answer)
    phone.stdin.write(b"q")
    async with asyncio.timeout(15):
        await phone.wait()
    assert phone.returncode == 0


async def test_the_phone_says_why_it_cannot_sign_in(running: Running):
    """A wrong password is one line with the API's own words."""
    phone = await _liandong(running, "demo", "phone", "officer5", "--password", "wrong")
    async with asyncio.timeout(30):
        _, error = await phone.communicate()
    assert phone.returncode == 2
    assert len(error.decode().strip().splitlines()) == 1
