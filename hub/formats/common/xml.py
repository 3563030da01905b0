"""XML of any standard, read safely: one parser for all, and typed values below an element.

Nothing is gated on a schema, because no real producer keeps to it: elements are found by their
local name, whatever namespace, prefix or wrapper carries them. What is refused is what could harm:
a DOCTYPE, entities, more bytes than a message ever has, nesting without end.
Source: W3C XML 1.0 and XML Schema part 2 (the lexical forms of the values).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from zoneinfo import ZoneInfo

from lxml import etree

from hub.errors import PayloadError, Reason
from hub.formats.common import xsd
from hub.formats.common.localised import localised
from hub.formats.common.marks import check_xml
from hub.model.common import Name

Element = etree._Element  # noqa: SLF001  # lxml publishes its element type under no other name

MAX_BYTES = 64 * 1024 * 1024
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_LANGUAGES = ("{http://www.w3.org/XML/1998/namespace}lang", "lang")
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_EBCDIC = b"\x4c\x6f\xa7\x94"
_DECLARATION_BYTES = 1000
_DECLARED = re.compile(rb"""[^<]{0,9}<\?xml[^>]*?\sencoding\s*=\s*["']([^"'>]{1,100})""")
_ASCII_ALIKE = re.compile(
    rb"utf-?(8|16(le|be)?)|(us-)?ascii|(iso|csiso|windows|cp12|latin|l\d|koi8|gb|big|euc|shift|sjis)"
    rb"[\w.:-]*",
    re.IGNORECASE,
)
_ENCODINGS = ("ascii", "utf-16-le", "utf-16-be")
_CHINESE = re.compile(rb"""\s*<\?xml[^>]*\bencoding\s*=\s*["'](?:gb2312|gbk)["']""", re.IGNORECASE)
"""Producers declare these and write GB 18030, which has both in it and the rarer characters, or
UTF-8, which is read as GBK without an error and in other words."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that could not be used: why, and one sentence that names the element."""

    reason: Reason
    detail: str


@dataclass(slots=True)
class Reader:
    """Reads typed values below one element; what is malformed becomes a fault, never a crash.

    `zone` is the zone of times written without one. Paths are local names joined by "/".
    """

    element: Element
    zone: ZoneInfo
    faults: list[Fault] = field(default_factory=list)
    _children: dict[str, Element] | None = field(default=None, init=False, repr=False)
    _texts: dict[str, str | None] = field(default_factory=dict, init=False, repr=False)

    def text(self, path: str) -> str | None:
        """The text at the path with the white space around it removed; None if empty."""
        if self._children is None:
            self._list()
        if "/" not in path:
            return self._texts.get(path)
        found = None if self._child(path) is None else self.element.findtext(path)
        return (found.strip() or None) if found else None

    def _list(self) -> dict[str, Element]:
        """Look at the children once: most paths that are asked for lead nowhere."""
        listed = self._children = {child.tag: child for child in reversed(self.element)}
        self._texts = {
            tag: (text.strip() or None) if (text := child.text) else None
            for tag, child in listed.items()
        }
        return listed

    def _child(self, path: str) -> Element | None:
        """The first child that a path leads through; the element itself for a path from `.` on."""
        head = path.partition("/")[0]
        return self.element if head == "." else (self._children or self._list()).get(head)

    def first(self, *paths: str) -> str | None:
        """The first of several texts that is there."""
        return next((text for path in paths if (text := self.text(path))), None)

    def flag(self, path: str) -> bool:
        """An xsd:boolean; absent is false. Anything but true, 1, false, 0 is a fault and false."""
        return self.optional_flag(path) is True

    def optional_flag(self, path: str) -> bool | None:
        """An xsd:boolean, or None if absent or malformed."""
        text = self.text(path)
        if text is None:
            return None
        if text in {"true", "1"}:
            return True
        if text not in {"false", "0"}:
            self._bad(path, text, "true or false")
            return None
        return False

    def whole(self, path: str) -> int | None:
        """A positive whole number of at most nine digits."""
        text = self.text(path)
        if text is None:
            return None
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
            self._bad(path, text, "a whole number")
            return None
        return int(text)

    def number(self, path: str) -> float | None:
        """An xsd:decimal or xsd:double; None if absent, malformed or not finite."""
        text = self.text(path)
        if text is None:
            return None
        if not _NUMBER.fullmatch(text) or not isfinite(number := float(text)):
            self._bad(path, text, "a number")
            return None
        return number

    def time(self, path: str) -> datetime | None:
        """An xsd:dateTime in UTC; None if absent, malformed, before 2000 or from 2200 on.

        A number that can be a time since 1970 is read as such, with a fault. See
        `hub.formats.common.xsd.date_time`.
        """
        text = self.text(path)
        if text is None:
            return None
        year = xsd.year_of(text)
        if year is not None and year < xsd.EARLIEST.year:
            self.faults.append(
                Fault(Reason.TIMESTAMP_EPOCH, f"{path} {text[:60]}: a default value, no time")
            )
            return None
        moment = xsd.date_time(text, self.zone)
        if moment is None and (counted := xsd.counted(text)):
            moment, unit = counted
            self._bad(path, text, f"an xsd:dateTime; read as {unit} since 1970")
        if moment is None or moment >= xsd.FOREVER:
            self._bad(path, text, "an xsd:dateTime of this century or the next")
            return None
        return moment

    def begin(self, path: str) -> datetime | None:
        """Like `time`, but what begins in 2200 or later begins then, and not at once."""
        text = self.text(path) or ""
        if (xsd.year_of(text) or 0) < xsd.FOREVER.year:
            return self.time(path)
        self._bad(path, text, "a beginning of this century or the next; taken as never")
        return xsd.FOREVER

    def end(self, path: str) -> datetime | None:
        """Like `time`, but what ends in 2200 or later never does: None.

        The year 9999 is a way to say just that; another that far out is a fault, too.
        """
        text = self.text(path) or ""
        year = xsd.year_of(text) or 0
        if year < xsd.FOREVER.year:
            return self.time(path)
        if year != xsd.NO_END:
            self._bad(path, text, "an end of this century or the next; taken as none")
        return None

    def name(self, path: str) -> Name | None:
        """A NaturalLanguageString in Chinese and English, from every xml:lang given.

        Text without a language is Chinese if it has a Chinese character. A third language stands
        in the English place, unless there is English.
        """
        return None if self._child(path) is None else name_of(self.element.findall(path))

    def each(self, path: str) -> Iterator["Reader"]:
        """A reader for every element at the path; their faults are collected here."""
        for element in self.element.iterfind(path):
            yield Reader(element, self.zone, self.faults)

    def _bad(self, path: str, text: str, expected: str) -> None:
        self.faults.append(Fault(Reason.BAD_VALUE, f"{path} {text[:60]!r} is not {expected}"))


def parse(body: bytes, what: str = "XML", max_bytes: int | None = None) -> Element:
    """The root element with all namespaces taken off element names (attributes keep theirs).

    `what` names the standard in the message of the error; `max_bytes` is MAX_BYTES unless given.
    Raises PayloadError: TOO_LARGE, DTD_FORBIDDEN, NOT_DECODABLE.
    """
    most = MAX_BYTES if max_bytes is None else max_bytes
    if len(body) > most:
        raise PayloadError(
            Reason.TOO_LARGE, f"{what}: {len(body)} bytes, more than the {most} allowed."
        )
    check_encoding(body)
    check_xml(body, what)
    parser = etree.XMLParser(
        encoding=_encoding(body),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if any("<!DOCTYPE".encode(encoding) in body for encoding in _ENCODINGS):
            raise _dtd() from error
        first = str(error).splitlines()[0] if str(error) else "no XML"
        raise PayloadError(Reason.NOT_DECODABLE, f"not well-formed XML: {first}.") from error
    # lxml accepts a DOCTYPE even with entities off
    if root.getroottree().docinfo.internalDTD is not None:
        raise _dtd()
    for element in root.iter(etree.Element):
        written: str = element.tag
        if written[0] == "{":
            element.tag = written[written.rindex("}") + 1 :]
    return root


def check_encoding(body: bytes) -> None:
    """Refuse a document written so that a `<` need not be one: UTF-7, EBCDIC and the like.

    Nobody publishes in these, and what is counted and searched for in the bytes would not be found
    in them. Raises PayloadError NOT_DECODABLE.
    """
    declared = _DECLARED.match(body[:_DECLARATION_BYTES].replace(b"\0", b""))
    if body.startswith(_EBCDIC) or (declared and not _ASCII_ALIKE.fullmatch(declared[1])):
        name = declared[1].decode("ascii", "replace") if declared else "EBCDIC"
        raise PayloadError(Reason.NOT_DECODABLE, f"XML in the encoding {name} is not read.")


def type_of(element: Element) -> str | None:
    """The local name in xsi:type; None if the element has none."""
    written = element.get(_TYPE)
    return written.rpartition(":")[2].strip() or None if written else None


def name_of(elements: list[Element]) -> Name | None:
    """One Name from elements with the same text in several languages; see `Reader.name`."""
    return localised(
        (next((tag for key in _LANGUAGES if (tag := element.get(key))), ""), element.text or "")
        for element in elements
    )


def _encoding(body: bytes) -> str | None:
    """What a document is written in that declares GB 2312 or GBK; None for any other."""
    if not _CHINESE.match(body):
        return None
    try:
        body.decode()
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _dtd() -> PayloadError:
    return PayloadError(
        Reason.DTD_FORBIDDEN, "The document has a DOCTYPE, which is refused unread."
    )
