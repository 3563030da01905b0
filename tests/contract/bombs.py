"""Payloads made to harm: small to send, and large, deep or endless to read.

Each is made when it is wanted and not before, so that what one costs is not mixed up with another.
"""

import gzip
import io
import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile

from google.transit import gtfs_realtime_pb2

MILLION = 1_000_000
Bomb = tuple[str, Callable[[], bytes]]


def _once(makes: dict[str, Callable[[], str]]) -> dict[str, Callable[[], str]]:
    """Each is made when it is first wanted, and kept: every kind is tried with it."""
    return {name: cache(make) for name, make in makes.items()}


_JUNK_XML: dict[str, Callable[[], str]] = _once(
    {
        "a million nested elements": lambda: "<a>" * MILLION + "</a>" * MILLION,
        "a million empty elements": lambda: "<a/>" * MILLION,
        "a million elements with text": lambda: "<a>x</a>" * MILLION,
        "a million attributes": lambda: f"<a {_attributes('', MILLION)}/>",
        "a million namespaces": lambda: f"<a {_attributes('xmlns:', MILLION // 5)}/>",
        "a text of twenty megabytes": lambda: f"<a>{'x' * 20 * MILLION}</a>",
        "a million comments": lambda: "<!--x-->" * MILLION,
        "a million instructions": lambda: "<?x?>" * MILLION,
        "a number of a million digits": lambda: f"<a>{'9' * MILLION}</a>",
    }
)
_JUNK_JSON: dict[str, Callable[[], str]] = _once(
    {
        "lists a million deep": lambda: "[" * MILLION + "]" * MILLION,
        "objects a million deep": lambda: '{"a":' * MILLION + "1" + "}" * MILLION,
        "a number of a million digits": lambda: "9" * MILLION,
        "a fraction of a million digits": lambda: "0." + "9" * MILLION,
        "an exponent of a million digits": lambda: "1e" + "9" * MILLION,
        "a million empty lists": lambda: "[" + "[]," * MILLION + "[]]",
        "a million objects": lambda: "[" + '{"a":1},' * MILLION + "{}]",
        "a million texts": lambda: "[" + '"ab",' * MILLION + '""]',
        "a million names": lambda: "{" + "".join(f'"{n}":1,' for n in range(MILLION)) + '"":1}',
        "one name a million times": lambda: "{" + '"a":1,' * MILLION + '"a":2}',
        "a text of twenty megabytes": lambda: '"' + "x" * 20 * MILLION + '"',
    }
)


def _attributes(prefix: str, count: int) -> str:
    return " ".join(f'{prefix}a{number}="x"' for number in range(count))


def in_xml(body: bytes) -> Iterator[Bomb]:
    """Bombs inside a good XML document: below its root, and in the middle of its content."""
    text = re.sub(r"<\?xml[^>]*\?>", "", body.decode("utf-8-sig", "replace"), count=1)
    starts = [found.end() for found in re.finditer(r"<[A-Za-z][^>]*(?<!/)>", text)]
    for place, at in (("root", starts[0]), ("middle", starts[len(starts) // 2])):
        for name, junk in _JUNK_XML.items():
            yield f"{name}, {place}", lambda at=at, junk=junk: _put(text, at, junk()).encode()
    at, many = starts[0], _JUNK_XML["a million empty elements"]
    yield "a million empty elements, UTF-16", lambda: _put(text, at, many()).encode("utf-16")
    head = "<?xml version='1.0' encoding='{}'?>"
    yield (
        "a million elements in UTF-7",
        (head.format("utf-7") + _put(text, at, many().replace("<", "+ADw-"))).encode,
    )
    for encoding in ("cp037", "utf-32"):
        yield (
            f"a million elements in {encoding}",
            lambda encoding=encoding: (head.format(encoding) + _put(text, at, many())).encode(
                encoding, "replace"
            ),
        )


def _put(text: str, at: int, junk: str) -> str:
    return text[:at] + junk + text[at:]


def in_json(body: bytes) -> Iterator[Bomb]:
    """Bombs as the first member of a good JSON document, in its largest list, and in its place."""
    text = body.decode("utf-8-sig")
    first = text.index("{") + 1
    for name, junk in _JUNK_JSON.items():
        yield (
            f"{name}, member",
            lambda junk=junk: f'{text[:first]}"junk":{junk()},{text[first:]}'.encode(),
        )
        yield f"{name}, alone", lambda junk=junk: junk().encode()
    if (at := text.find("[{")) >= 0:
        for name, junk in _JUNK_JSON.items():
            yield f"{name}, item", lambda junk=junk: _put(text, at + 1, junk() + ",").encode()


def in_protobuf(body: bytes) -> Iterator[Bomb]:
    """Lengths that lie, and fields that cost two bytes each, behind a good header."""
    whole = gtfs_realtime_pb2.FeedMessage.FromString(body)
    head = _field(0x0A, whole.header.SerializeToString())
    trip = _field(0x0A, b"\x0a\x01x")
    flood = b"\x12\x00" * MILLION
    yield "a length of four gigabytes", lambda: head + b"\x12\xff\xff\xff\xff\x0f" + b"x" * 100
    yield "a length without end", lambda: head + b"\x12" + b"\xff" * MILLION
    yield "a length of 2^63", lambda: head + b"\x12" + b"\xff" * 8 + b"\x7f"
    yield "a million empty entities", lambda: head + flood
    yield "a million empty entities behind a field nobody knows", lambda: head + b"\x78\x01" + flood
    yield (
        "an entity of half a million stop times",
        lambda: head + _field(0x12, b"\x0a\x01e" + _field(0x1A, trip + flood[:MILLION])),
    )
    yield (
        "an entity of half a million informed entities",
        lambda: head + _field(0x12, b"\x0a\x01e" + _field(0x2A, b"\x2a\x00" * (MILLION // 2))),
    )
    yield (
        "an entity of half a million carriages",
        lambda: head + _field(0x12, b"\x0a\x01e" + _field(0x22, b"\x5a\x00" * (MILLION // 2))),
    )
    yield "groups a million deep", lambda: head + b"\x1b" * MILLION
    yield "fields ten thousand deep", lambda: head + _nested(10_000)
    yield "a million headers", lambda: head * (MILLION // len(head))
    yield "an id of a megabyte", lambda: head + _field(0x12, _field(0x0A, b"x" * (MILLION - 9)))
    yield "an entity of two megabytes", lambda: head + _field(0x12, flood)


def _field(tag: int, content: bytes) -> bytes:
    length, written = len(content), bytearray()
    while length > 0x7F:
        written.append(length & 0x7F | 0x80)
        length >>= 7
    written.append(length)
    return bytes([tag]) + bytes(written) + content


def _nested(depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = _field(0x12, content)
    return content


def in_capture(body: bytes) -> Iterator[Bomb]:
    """Bombs among the lines of hex of a capture of frames."""
    line = next(line for line in body.splitlines() if line.strip())
    yield "a line of ten megabytes", lambda: body + b"\n7e" + b"01" * 5 * MILLION + b"7e\n"
    yield "a line without end", lambda: body + b"\n" + b"5b" * MILLION
    yield "a million frames of nothing", lambda: b"7e7e\n" * MILLION
    yield "fifty thousand frames", lambda: (line + b"\n") * 50_000
    yield "a million lines of nothing", lambda: b"\n" * MILLION + body
    yield "escapes only", lambda: b"7e" + b"7d02" * MILLION + b"7e"


def in_table(body: bytes) -> Iterator[Bomb]:
    """What any kind may be sent instead of its own format."""
    deep = b"[" * MILLION
    yield "a zip bomb", lambda: zeros_in("a.xml")
    yield "a gzip bomb", gzip_bomb
    yield "its own sample, gzipped", lambda: gzip.compress(body)
    yield "its own sample, zipped", lambda: _zipped({"a.bin": body})
    yield "an endless list", lambda: deep
    yield "an endless tag", lambda: b"<a " + b"a" * MILLION
    yield "a million line feeds", lambda: b"\n" * MILLION
    yield "a million blanks and a brace", lambda: b" " * MILLION + b"{"
    yield "a million NULs", lambda: bytes(MILLION)


def in_bundle(body: bytes) -> Iterator[Bomb]:
    """Our own framing of several documents, which a source may write as well."""
    magic = b"LIANDONG-BUNDLE/1\n"
    yield "a bundle of a million documents", lambda: magic + b"0 \n\n" * MILLION
    yield "a bundle whose length lies", lambda: magic + b"999999999999 \n" + body
    yield (
        "a bundle in a bundle",
        lambda: magic + b"%d \n" % (len(magic) + 3) + magic + b"0 \n\n",
    )


def in_zip(files: dict[str, bytes], name: str) -> Iterator[Bomb]:
    """Bombs in a zip of good `files`; `name` is the one of them that is tampered with."""
    one = _zipped(files)
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
        yield what, lambda more=more: _zipped(files | {name: files[name] + more})
    yield "a zip in a zip", lambda: _zipped({name: one})
    yield "zips nine deep", lambda: _onion(one, name, 9)
    yield "thirty thousand names", lambda: _zipped({f"{n}.txt": b"" for n in range(30_000)})
    yield "a name outside the folder", lambda: _zipped({f"../../{name}": files[name]})
    yield "members that overlap", lambda: _overlapping(name)
    yield "packed by another method", lambda: _zipped(files, ZIP_BZIP2)
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


def _zipped(files: dict[str, bytes], method: int = ZIP_DEFLATED) -> bytes:
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


def lite() -> bytes:
    """SIRI-Lite in JSON, without a delivery: only the shell is wanted."""
    return json.dumps({"Siri": {"ServiceDelivery": {"Listed": [{"a": 1}]}}}).encode()
