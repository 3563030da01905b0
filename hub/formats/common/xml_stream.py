"""XML too large to hold as a tree: one element at a time, with the same protections as `xml`.

A body is one document or a zip of documents, as timetables are published. Memory follows the
largest single element asked for, not the document.
"""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, BinaryIO
from zipfile import ZipFile, is_zipfile

from lxml import etree

from hub.errors import PayloadError, Reason
from hub.formats.common import marks
from hub.formats.common.xml import Element, check_encoding
from hub.formats.common.zips import UNPACKED_BYTES, check_sizes, entries_of, sound

_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
_CHUNK = 64 * 1024
_HEAD = 1024 * 1024
_MOST_HELD = 2_000_000
"""Marks (see `marks`) since all that was read was last freed: what nobody asks for is kept."""
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Document:
    """One XML document of a payload: its name, its root's local name and attributes."""

    name: str
    root: str
    attributes: dict[str, str]
    _source: IO[bytes]

    def elements(self, wanted: Collection[str], dropped: Collection[str]) -> Iterator[Element]:
        """Every element with one of the local names, in document order of their ends.

        The element and everything in it carry local names only. It is valid until the next one is
        asked for, when it is emptied if its name is in `dropped`; names in `dropped` alone are
        emptied unread. An element asked for inside another one comes first, and is emptied with it.
        Raises PayloadError NOT_DECODABLE where the document ends or breaks.
        """
        names = frozenset(wanted)
        tags = [f"{{*}}{name}" for name in names | frozenset(dropped)]
        whole = names - frozenset(dropped)
        both = names & frozenset(dropped)
        source = _Metered(self.name, self._source)
        with sound(self.name, "XML files"), _well_formed(self.name):
            for _, element in etree.iterparse(source, events=("end",), tag=tags, **_SAFE):
                name = local_name(element.tag)
                if name in names:
                    _strip(element)
                    yield element
                if name in dropped and not _is_within(element, both):
                    _empty(element)
                    if _empty_before(element, whole):
                        source.held = 0


class _Metered:
    """Counts what is read, and stops where it would unfold to far more than it is."""

    def __init__(self, name: str, source: IO[bytes]) -> None:
        self._name = name
        self._source = source
        self._size = self._marks = 0
        self.held = 0

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        found = marks.counted(data, marks.XML)
        self._size += len(data) - data.count(b"\0")
        self._marks += found
        self.held += found
        marks.check(self._marks, self._size, self._name)
        if self.held > _MOST_HELD:
            raise PayloadError(
                Reason.TOO_LARGE, f"{self._name}: over {_MOST_HELD} elements that nobody reads."
            )
        return data


def documents(
    body: BinaryIO, what: str, *, max_unpacked_bytes: int = UNPACKED_BYTES
) -> Iterator[Document]:
    """The XML documents of a body, which is one of them or a zip of them in any folders.

    `what` names the standard in errors. Files of a zip that are not called .xml are passed over.
    Raises PayloadError: NOT_DECODABLE, TOO_LARGE (bombs too), DTD_FORBIDDEN.
    """
    size = body.seek(0, os.SEEK_END)
    body.seek(0)
    begins = body.read(4)
    if not is_zipfile(body) and begins != b"PK\x03\x04":
        if size > max_unpacked_bytes:
            raise PayloadError(
                Reason.TOO_LARGE,
                f"{what}: {size} bytes; max_unpacked_bytes = {max_unpacked_bytes}.",
            )
        body.seek(0)
        yield _opened(what, body)
        return
    expected = (what, f"{what} files, XML")
    with sound(*expected):
        archive = ZipFile(body)
        entries = [entry for entry in entries_of(archive) if _is_xml(entry.filename)]
    check_sizes(entries, size, unpacked_bytes=max_unpacked_bytes)
    if not entries:
        raise PayloadError(Reason.NOT_DECODABLE, "The zip holds no XML file.")
    for entry in sorted(entries, key=lambda found: found.filename):
        with sound(*expected), archive.open(entry) as source:
            yield _opened(entry.filename, source)


def _is_xml(name: str) -> bool:
    return name.lower().endswith(".xml") and not name.rpartition("/")[2].startswith("._")


def _opened(name: str, source: IO[bytes]) -> Document:
    """Read as far as the root element: no DOCTYPE can follow it."""
    parser = etree.XMLPullParser(events=("start",), **_SAFE)
    seen = b""
    with _well_formed(name, lambda: seen):
        while chunk := source.read(_CHUNK):
            if not seen:
                check_encoding(chunk)
            seen += chunk
            parser.feed(chunk)
            if (root := _root(parser)) is not None or len(seen) > _HEAD:
                break
        else:
            parser.close()
            root = _root(parser)
    if root is None:
        raise PayloadError(Reason.NOT_DECODABLE, f"{name}: no XML element at its beginning.")
    # lxml accepts a DOCTYPE even with entities off
    if root.getroottree().docinfo.internalDTD is not None:
        raise _dtd(name)
    source.seek(0)
    attributes = {str(key): str(value) for key, value in root.attrib.items()}
    return Document(name, local_name(root.tag), attributes, source)


def _root(parser: etree.XMLPullParser) -> Element | None:
    return next((found for _, found in parser.read_events() if isinstance(found, Element)), None)


@contextmanager
def _well_formed(name: str, seen: Callable[[], bytes] = bytes) -> Iterator[None]:
    try:
        yield
    except etree.XMLSyntaxError as error:
        if any(doctype in seen() for doctype in _DOCTYPES):
            raise _dtd(name) from error
        first = str(error).splitlines()[0] if str(error) else "no XML"
        raise PayloadError(
            Reason.NOT_DECODABLE, f"{name}: not well-formed XML: {first}."
        ) from error


def _dtd(name: str) -> PayloadError:
    return PayloadError(Reason.DTD_FORBIDDEN, f"{name} has a DOCTYPE, which is refused unread.")


def local_name(tag: object) -> str:
    """A tag without its namespace."""
    return str(tag).rpartition("}")[2]


def _strip(element: Element) -> None:
    for inner in element.iter(etree.Element):
        tag = str(inner.tag)
        if tag.startswith("{"):
            inner.tag = tag[tag.index("}") + 1 :]


def _is_within(element: Element, names: frozenset[str]) -> bool:
    return any(local_name(outer.tag) in names for outer in element.iterancestors())


def _empty(element: Element) -> None:
    """Free an element and what stood before it beside it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _empty_before(element: Element, whole: frozenset[str]) -> bool:
    """Free what stood before the elements around one, unless one of them is still to be read whole.

    Whether all that was read before is free.
    """
    around = list(element.iterancestors())
    if any(local_name(outer.tag) in whole for outer in around):
        return False
    for outer in around:
        while outer.getprevious() is not None and (parent := outer.getparent()) is not None:
            del parent[0]
    return True
