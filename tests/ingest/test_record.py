"""Fixtures from live feeds: over HTTP within the guard, and from peers that call."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from feed_fakes import Answer, Origin

from connectors.jtt905 import CONNECTOR as JTT905
from connectors.siri_et import CONNECTOR as SIRI_ET
from hub.errors import FeedStopped, RetryLater, StartError, UserFault
from hub.formats.jtt.framing import Splitter
from hub.formats.jtt.t905 import Frame, MessageId, Status, encode_frame
from hub.formats.jtt.t905_position import PositionReport, encode_position
from hub.ingest.record import Recorded, default_name, record_http, record_tcp

PATIENCE = 10


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def position(serial: int) -> bytes:
    now = datetime.now(UTC).replace(microsecond=0)
    report = PositionReport(lat=31.25, lon=121.45, time=now, status=Status(0))
    body = encode_position(report)
    return encode_frame(Frame(MessageId.POSITION, "100000000001", serial, body))


async def test_one_payload_is_one_file(origin: Origin, tmp_path: Path):
    """Without a duration: the body as it came, decompressed, under the name given."""
    origin.answer = lambda _: Answer(body=b"payload")
    out = tmp_path / "feed.pb"
    (recorded,) = await record_http(origin.url, out, allow_private=True)
    assert (recorded.path, recorded.size, out.read_bytes()) == (out, 7, b"payload")
    assert abs((datetime.now(UTC) - recorded.at).total_seconds()) < 60


async def test_each_distinct_payload_is_a_file_and_an_outage_ends_nothing(
    origin: Origin, tmp_path: Path
):
    """Five polls and more, three bodies, one failure: three files, named by when they came."""
    bodies = [b"a", b"b", None, b"a", b"c"]

    def answer(_asked) -> Answer:
        body = bodies[min(len(origin.asked), len(bodies)) - 1]
        return Answer(500) if body is None else Answer(body=body)

    origin.answer = answer
    missed: list[RetryLater] = []
    out = tmp_path / "feed.pb"
    found: list[Recorded] = []
    third = asyncio.Event()

    def wrote(recorded: Recorded) -> None:
        found.append(recorded)
        if len(found) == 3:
            third.set()

    recording = asyncio.create_task(
        record_http(
            origin.url,
            out,
            allow_private=True,
            seconds=600,
            every=1.0,
            wrote=wrote,
            missed=missed.append,
        )
    )
    await third.wait()
    recording.cancel()
    assert [recorded.path.read_bytes() for recorded in found] == [b"a", b"b", b"c"]
    assert all(recorded.path.match("feed-2*T*Z.pb") for recorded in found)
    assert len(missed) == 1
    assert files_in(tmp_path) == [recorded.path for recorded in found]


async def test_a_private_address_needs_to_be_allowed(origin: Origin, tmp_path: Path):
    """The guard of the feeds holds here too: no request is made, no file written."""
    with pytest.raises(FeedStopped, match="private or local address"):
        await record_http(origin.url, tmp_path / "x.pb", allow_private=False)
    assert origin.asked == []
    assert files_in(tmp_path) == []


async def test_the_first_failure_is_told_and_no_file_is_overwritten(origin: Origin, tmp_path: Path):
    """A feed that does not answer is an error; a file that is there stays as it is."""
    origin.answer = lambda _: Answer(503)
    out = tmp_path / "feed.pb"
    with pytest.raises(RetryLater, match="503"):
        await record_http(origin.url, out, allow_private=True)
    out.write_bytes(b"mine")
    origin.answer = lambda _: Answer(body=b"other")
    with pytest.raises(UserFault, match="exists"):
        await record_http(origin.url, out, allow_private=True)
    assert out.read_bytes() == b"mine"
    with pytest.raises(UserFault, match="cannot be written"):
        await record_http(origin.url, tmp_path / "no" / "folder", allow_private=True)


async def test_a_kind_that_posts_is_asked_its_way(origin: Origin, tmp_path: Path):
    """With a kind, the request is the connector's own."""
    origin.answer = lambda _: Answer(body=b"<Siri/>")
    await record_http(origin.url, tmp_path / "et.xml", allow_private=True, connector=SIRI_ET)
    assert origin.asked[0].method == "POST"
    assert b"EstimatedTimetableRequest" in origin.asked[0].body


async def test_what_peers_send_is_kept_peer_after_peer(tmp_path: Path):
    """Two peers whose bytes arrive in turns: neither cuts into the other, nobody is answered."""
    out = tmp_path / "peers.bin"
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        record_tcp("127.0.0.1", 0, out, seconds=1.0, listening=ready.set_result)
    )
    port = await asyncio.wait_for(ready, PATIENCE)
    (_, first), (_, second) = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
    for part in (b"one", b"two"):
        for writer, mark in ((first, b"A"), (second, b"B")):
            writer.write(mark + part)
            await writer.drain()
    recorded = await asyncio.wait_for(task, PATIENCE)
    assert out.read_bytes() == b"AoneAtwoBoneBtwo"
    assert recorded.size == 16
    first.close()
    second.close()


async def test_peers_are_answered_as_a_kind_and_kept_without_personal_data(tmp_path: Path):
    """A terminal gets its replies, and what is kept reads as the hub would have read it."""
    out = tmp_path / "taxis.bin"
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        record_tcp("127.0.0.1", 0, out, seconds=30, connector=JTT905, listening=ready.set_result)
    )
    port = await asyncio.wait_for(ready, PATIENCE)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    secret = Frame(MessageId.REGISTRATION, "100000000001", 1, b"\x00" * 37)
    writer.write(encode_frame(secret) + position(2) + position(3))
    answered, splitter = 0, Splitter()
    while answered < 3:
        answered += len(list(splitter.feed(await asyncio.wait_for(reader.read(4096), PATIENCE))))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert out.read_bytes() == position(2)[:-20] + out.read_bytes()[len(position(2)) - 20 :]
    assert out.read_bytes().count(b"\x7e") == 4
    writer.close()


async def test_nobody_and_nowhere_are_said(tmp_path: Path):
    """No peer called; the port is taken; the kind is not called by peers."""
    out = tmp_path / "x.bin"
    with pytest.raises(UserFault, match="Nobody sent anything"):
        await record_tcp("127.0.0.1", 0, out, seconds=0.01)
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    taken = server.sockets[0].getsockname()[1]
    with pytest.raises(StartError, match="cannot be listened on"):
        await record_tcp("127.0.0.1", taken, out, seconds=1)
    server.close()
    with pytest.raises(UserFault, match="not called by peers"):
        await record_tcp("127.0.0.1", 0, out, seconds=1, connector=SIRI_ET)
    assert files_in(tmp_path) == []


async def test_a_capture_is_bounded(tmp_path: Path):
    """It ends when it is full, with what fitted."""
    out = tmp_path / "x.bin"
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        record_tcp("127.0.0.1", 0, out, seconds=60, max_bytes=10_000, listening=ready.set_result)
    )
    port = await asyncio.wait_for(ready, PATIENCE)
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"x" * 20_000)
    recorded = await asyncio.wait_for(task, PATIENCE)
    assert 0 < recorded.size <= 10_000
    writer.close()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://a.example/feeds/TripUpdates.pb?key=1", "TripUpdates.pb"),
        ("https://a.example/", "a.example"),
        ("tcp://0.0.0.0:8905", "0.0.0.0"),
        ("http://a.example/x/..%2F..", "2F.bin"),
    ],
)
def test_a_file_is_named_after_its_url(url: str, name: str):
    """The last part of the path, else the host; nothing in it leads elsewhere."""
    assert default_name(url) == name


@pytest.mark.parametrize(
    ("url", "said"), [("ftp://a/b", "expected http://"), ("tcp://a", "expected tcp://HOST:PORT")]
)
def test_another_kind_of_address_is_one_line(tmp_path: Path, url: str, said: str):
    """Exit 2 and what was expected."""
    done = subprocess.run(
        [sys.executable, "-m", "liandong.cli", "feed", "record", url],
        env={**os.environ, "LIANDONG_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
