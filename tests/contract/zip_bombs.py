"""Zips and gzips made to harm; see `bombs`."""

import io
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile

MILLION = 1_000_000
Bomb = tuple[str, Callable[[], bytes]]
"""What it is, and how to make it."""


def in_zip(files: dict[str, bytes], name: str) -> Iterator[Bomb]:
    """Bombs in a zip of good `files`; `name` is the one of them that is tampered with."""
    one = zipped(files)
    yield "a member that unpacks to 200 MB", lambda: zeros_in(name)
    yield "a good member beside one of 200 MB", lambda: _grown(files, name)
    yield "five hundred members of a megabyte", lambda: _many(name)
    for what, more in (
        ("a million rows of commas", b",,\n" * MILLION),
        ("a million commas in a row", b"," * MILLION),
        ("an open quote before a million rows", b'"' + b"a\n" * MILLION),
        ("a line of twenty megabytes", b"x" * 20 * MILLION),
        ("a million elements", b"<a/>" * MILLION),
    ):
        yield what, lambda more=more: zipped(files | {name: files[name] + more})
    yield "a zip in a zip", lambda: zipped({name: one})
    yield "zips nine deep", lambda: _onion(one, name, 9)
    yield "thirty thousand names", lambda: zipped({f"{n}.txt": b"" for n in range(30_000)})
    yield "a name outside the folder", lambda: zipped({f"../../{name}": files[name]})
    yield "members that overlap", lambda: _overlapping(name)
    yield "packed by another method", lambda: zipped(files, ZIP_BZIP2)
    for size in (0, 10, 2**32 - 1):
        yield f"a member that says it is {size} bytes", lambda size=size: _lying(files, name, size)
    yield "a member that says it is encrypted", lambda: _flagged(one)
    yield "a directory that lies about its place", lambda: _displaced(one)
    yield "a comment of 64 kB", lambda: one[:-2] + b"\xff\xff" + b"PK\x05\x06" * 16383 + b"PK\x05"


@cache
def _deflated_zeros(size: int) -> tuple[bytes, int]:
    packer = zlib.compressobj(9, wbits=-15)
    block = bytes(MILLION)
    packed = b"".join(packer.compress(block) for _ in range(size // MILLION)) + packer.flush()
    crc = 0
    for _ in range(size // MILLION):
        crc = zlib.crc32(block, crc)
    return packed, crc


def gzip_bomb(size: int = 200 * MILLION) -> bytes:
    """Two hundred kilobytes of gzip that unpack to `size` bytes."""
    packed, crc = _deflated_zeros(size)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + packed + struct.pack("<II", crc, size)


def zeros_in(name: str, size: int = 200 * MILLION) -> bytes:
    """A zip with one member of zeros, by hand: packing them for each test would take long."""
    packed, crc = _deflated_zeros(size)
    return _archive([_member(name, packed, crc, size)])


def _many(name: str) -> bytes:
    packed, crc = _deflated_zeros(MILLION)
    stem, dot, suffix = name.partition(".")
    names = [name, *(f"{stem}{number}{dot}{suffix}" for number in range(499))]
    return _archive([_member(each, packed, crc, MILLION) for each in names])


def _overlapping(name: str) -> bytes:
    """A hundred entries of the directory that all point at the same packed bytes."""
    packed, crc = _deflated_zeros(20 * MILLION)
    local, _ = _member(name, packed, crc, 20 * MILLION)
    entries = [_member(f"{n}{name}", packed, crc, 20 * MILLION)[1] for n in range(100)]
    return _archive([(local, entries[0]), *((b"", entry) for entry in entries[1:])], at=0)


def _member(name: str, packed: bytes, crc: int, size: int) -> tuple[bytes, bytes]:
    """The local header with the data, and the entry of the directory (APPNOTE 4.3.7, 4.3.12)."""
    common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(packed), size, len(name), 0)
    local = b"PK\x03\x04" + common + name.encode() + packed
    entry = b"PK\x01\x02" + b"\x14\x00" + common + struct.pack("<HHHI", 0, 0, 0, 0)
    return local, entry


def _archive(members: list[tuple[bytes, bytes]], at: int | None = None) -> bytes:
    data, directory = bytearray(), bytearray()
    for local, entry in members:
        where = len(data) if at is None else at
        name = local[30 : 30 + struct.unpack_from("<H", entry, 28)[0]] if local else b"x" * 9
        name = name.ljust(struct.unpack_from("<H", entry, 28)[0], b"x")
        data += local
        directory += entry + struct.pack("<I", where) + name
    count = len(members)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(data), 0)
    return bytes(data + directory) + end


def zipped(files: dict[str, bytes], method: int = ZIP_DEFLATED) -> bytes:
    """An honest zip."""
    out = io.BytesIO()
    with ZipFile(out, "w", method, compresslevel=1) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def _grown(files: dict[str, bytes], name: str) -> bytes:
    packed, crc = _deflated_zeros(200 * MILLION)
    others = []
    for other, content in files.items():
        packer = zlib.compressobj(1, wbits=-15)
        data = packer.compress(content) + packer.flush()
        others.append(_member(other, data, zlib.crc32(content), len(content)))
    return _archive([*others, _member(f"deep/{name}", packed, crc, 200 * MILLION)])


def _onion(body: bytes, name: str, depth: int) -> bytes:
    for _ in range(depth):
        out = io.BytesIO()
        with ZipFile(out, "w", ZIP_STORED) as archive:
            archive.writestr(name, body)
        body = out.getvalue()
    return body


def _lying(files: dict[str, bytes], name: str, size: int) -> bytes:
    """The directory and the header say `size`; the data unpacks to twenty megabytes."""
    packed, crc = _deflated_zeros(20 * MILLION)
    good = [
        _member(other, zlib.compress(content, 1)[2:-4], zlib.crc32(content), len(content))
        for other, content in files.items()
        if other != name
    ]
    return _archive([*good, _member(name, packed, crc, size)])


def _flagged(body: bytes) -> bytes:
    broken = bytearray(body)
    for found in re.finditer(rb"PK\x01\x02|PK\x03\x04", body):
        at = found.start() + (8 if found[0] == b"PK\x01\x02" else 6)
        broken[at] |= 1
    return bytes(broken)


def _displaced(body: bytes) -> bytes:
    broken = bytearray(body)
    end = body.rindex(b"PK\x05\x06")
    struct.pack_into("<II", broken, end + 12, 2**32 - 2, 2**32 - 2)
    return bytes(broken)
