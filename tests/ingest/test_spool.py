"""Bytes too many for memory lie in a nameless file, and read as they were written."""

import io
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from hub.connector import Envelope
from hub.spool import IN_MEMORY, Gathered, Spool

NOW = datetime(2026, 4, 1, tzinfo=UTC)

CHUNK = bytes(range(256)) * 4096


def gathered(chunks: int) -> bytes | Spool:
    """So many MiB, written one by one."""
    body = Gathered()
    for _ in range(chunks):
        body.write(CHUNK)
    assert body.size == chunks * len(CHUNK)
    return body.done()


def test_little_stays_in_memory():
    """Up to the bound there is no file."""
    assert gathered(IN_MEMORY // len(CHUNK)) == CHUNK * (IN_MEMORY // len(CHUNK))
    assert Gathered().done() == b""


def test_much_lies_in_a_file_and_is_the_same():
    """Size, digest and bytes are those that were written; an envelope of it reads like any."""
    spool = gathered(9)
    assert isinstance(spool, Spool)
    whole = CHUNK * 9
    envelope = Envelope(spool, NOW)
    assert (envelope.size, envelope.sha256) == (len(whole), sha256(whole).hexdigest())
    assert envelope.body == whole == envelope.open().read()
    assert b"".join(spool.pieces(1_000_001)) == whole
    assert Envelope(whole, NOW).sha256 == envelope.sha256


def test_readers_do_not_disturb_each_other():
    """Each has a position of its own, and may seek from both ends."""
    spool = gathered(9)
    assert isinstance(spool, Spool)
    one, other = spool.open(), spool.open()
    one.seek(5)
    assert other.read(4) == bytes(range(4))
    assert one.read(2) == bytes((5, 6))
    assert one.seek(-1, io.SEEK_END) == spool.size - 1
    assert (one.read(), one.read()) == (b"\xff", b"")
    with pytest.raises(ValueError, match="before the beginning"):
        other.seek(-spool.size - 1, io.SEEK_END)


def test_a_reader_outlives_its_spool(tmp_path: Path):
    """A file on disk is read where it lies, also when it is removed meanwhile."""
    file = tmp_path / "one.zip"
    with ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "text")
    spool = Spool.of(file)
    assert spool.sha256 == sha256(file.read_bytes()).hexdigest()
    reader = spool.open()
    file.unlink()
    del spool
    assert ZipFile(reader).read("a.txt") == b"text"
