"""Hostile and broken datasets: refused with a reason, quickly, without much memory."""

import io
import random
import time
import tracemalloc
from contextlib import suppress
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile

import pytest

from hub.errors import PayloadError, Reason
from hub.formats.gtfs.tables import Limits, Tables
from tests.connectors.gtfs_builder import TABLES, read_gtfs, zipped


def refused(body: bytes) -> Reason:
    """Why a dataset is refused."""
    with pytest.raises(PayloadError) as caught:
        read_gtfs(body)
    assert "\n" not in caught.value.message
    return caught.value.reason


@pytest.mark.parametrize(
    "body", [b"", b"PK", b"not a zip", b"PK\x03\x04" + b"\0" * 100, b"\0" * 22]
)
def test_what_is_no_zip_is_refused(body):
    """Bytes that are no zip are NOT_DECODABLE."""
    assert refused(body) is Reason.NOT_DECODABLE


def test_a_zip_cut_short_anywhere_is_refused():
    """A download that broke off never reads as a smaller timetable."""
    body = zipped()
    for cut in range(0, len(body), 97):
        assert refused(body[:cut]) is Reason.NOT_DECODABLE


def test_flipped_bits_are_refused_or_change_nothing():
    """Damage raises PayloadError and nothing else, wherever it is."""
    body, source = zipped(), random.Random(7)
    for _ in range(300):
        damaged = bytearray(body)
        damaged[source.randrange(len(body))] ^= 1 << source.randrange(8)
        with suppress(PayloadError):
            assert read_gtfs(bytes(damaged)).entities


def test_a_bomb_is_refused_before_it_is_unpacked():
    """A table of 300 MB of nothing is refused by its ratio, in no time and no memory."""
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, text in TABLES.items():
            archive.writestr(name, text)
        with archive.open("shapes.txt", "w") as ignored:
            ignored.write(b"0" * 1_000_000)
        with archive.open("frequencies.txt", "w") as member:
            for _ in range(300):
                member.write(b"0" * 1_000_000)
    tracemalloc.start()
    began = time.process_time()
    assert refused(out.getvalue()) is Reason.TOO_LARGE
    assert time.process_time() - began < 1
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_tables_that_overlap_in_the_zip_are_refused():
    """Directory entries that claim more packed bytes than the file holds share them: a bomb."""
    body = bytearray(zipped())
    at = body.find(b"PK\x01\x02")
    while at >= 0:
        body[at + 20 : at + 24] = (len(body) // 2).to_bytes(4, "little")
        at = body.find(b"PK\x01\x02", at + 4)
    with pytest.raises(PayloadError, match="overlap"):
        read_gtfs(bytes(body))


def test_a_dataset_over_the_limit_is_refused():
    """The sum of the tables is capped, however well it is packed."""
    with pytest.raises(PayloadError) as caught:
        Tables(io.BytesIO(zipped()), frozenset(TABLES), Limits(unpacked_bytes=1000))
    assert caught.value.reason is Reason.TOO_LARGE


def test_too_many_rows_are_refused():
    """A table longer than the cap is refused while it is read."""
    tables = Tables(io.BytesIO(zipped()), frozenset(TABLES), Limits(rows=5))
    with pytest.raises(PayloadError, match="rows") as caught:
        list(tables.rows("stop_times.txt", ("trip_id",)))
    assert caught.value.reason is Reason.TOO_LARGE


def test_an_endless_line_is_refused():
    """A line longer than any real row is not read to its end."""
    line = "".join(random.Random(1).choices("abcdefghij", k=400_000))
    assert refused(zipped({"routes.txt": TABLES["routes.txt"] + line})) is Reason.TOO_LARGE


def test_other_packing_methods_are_refused():
    """Only stored and deflated tables are opened: other methods unpack without bounds."""
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_BZIP2) as archive:
        for name, text in TABLES.items():
            archive.writestr(name, text)
    assert refused(out.getvalue()) is Reason.NOT_DECODABLE


def test_an_encrypted_zip_is_refused():
    """A table that needs a password is not readable."""
    body = bytearray(zipped())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = body.find(signature)
        while at >= 0:
            body[at + offset] |= 1
            at = body.find(signature, at + 4)
    assert refused(bytes(body)) is Reason.NOT_DECODABLE
