"""Payloads made to harm: small to send, and large, deep or endless to read.

Each is made when it is wanted and not before, so that what one costs is not mixed up with another.
"""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from functools import cache

from google.transit import gtfs_realtime_pb2

from tests.contract.zip_bombs import MILLION, Bomb, gzip_bomb, zeros_in, zipped


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
    yield "its own sample, zipped", lambda: zipped({"a.bin": body})
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


def lite() -> bytes:
    """SIRI-Lite in JSON, without a delivery: only the shell is wanted."""
    return json.dumps({"Siri": {"ServiceDelivery": {"Listed": [{"a": 1}]}}}).encode()
