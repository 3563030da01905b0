"""SIRI-Lite in JSON: the same tree as in XML, read into the same elements.

An object is an element with its members as children, a list repeats the element, and a text in a
language is an object with `value` and `lang`. Members in camelCase are taken for PascalCase;
what cannot be an element's name is an element `_`, which nobody reads; attributes (@) are passed
over. A time may be a number: milliseconds since 1970, as the Finnish services write it.
Source: SIRI-Lite (CEN/TS 15531, profile Île-de-France, MTA Bus Time), JSON binding of the XSD.
"""

import re
from datetime import UTC, datetime

import orjson
from lxml import etree

from hub.errors import PayloadError, Reason
from hub.formats.common.marks import check_json
from hub.formats.common.xml import MAX_BYTES, Element

MAX_DEPTH = 60
MAX_ELEMENTS = 4_000_000
_NAMELESS = "_"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,100}", re.ASCII)
_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TIMES = ("Time", "Timestamp")
_FIRST_MS = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1000
_LAST_MS = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) * 1000
_VALUES = ("value", "Value", "content")


def is_json(body: bytes) -> bool:
    """Whether a body is meant as JSON: it begins with a brace."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def tree(body: bytes) -> Element:
    """The root element, Siri, of a JSON document, without namespaces.

    Raises PayloadError: TOO_LARGE, NOT_DECODABLE.
    """
    if len(body) > MAX_BYTES:
        raise PayloadError(
            Reason.TOO_LARGE, f"SIRI: {len(body)} bytes, more than the {MAX_BYTES} allowed."
        )
    check_json(body, "SIRI")
    try:
        document = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise PayloadError(Reason.NOT_DECODABLE, f"not JSON: {error.msg}.") from error
    if not isinstance(document, dict):
        raise PayloadError(Reason.NOT_DECODABLE, "not a JSON object.")
    inner = next((document[key] for key in ("Siri", "siri") if key in document), document)
    root = etree.Element("Siri")
    _Builder().fill(root, inner, MAX_DEPTH)
    return root


class _Builder:
    """Builds elements, and stops where nobody would ever have written so many."""

    def __init__(self) -> None:
        self.left = MAX_ELEMENTS

    def fill(self, element: Element, value: object, depth: int) -> None:
        """Put a JSON value into an element."""
        if depth == 0:
            raise PayloadError(Reason.NOT_DECODABLE, f"nested more than {MAX_DEPTH} deep.")
        if isinstance(value, dict):
            self._object(element, value, depth)
        elif isinstance(value, list):
            for item in value:  # a list in a list: its items stand for themselves
                self.fill(element, item, depth - 1)
        elif value is not None:
            element.text = _content(element, value)

    def _object(self, element: Element, value: dict[str, object], depth: int) -> None:
        for key, member in value.items():
            if key in _VALUES and not isinstance(member, dict | list):
                element.text = _content(element, member) if member is not None else None
            elif key in {"lang", "xml:lang", "@lang"} and isinstance(member, str):
                element.set(_LANG, _text(member))
            elif _NAME.fullmatch(key):
                self._children(element, key, member, depth)
            elif not key.startswith("@"):
                self._children(element, _NAMELESS, member, depth)

    def _children(self, element: Element, key: str, member: object, depth: int) -> None:
        for item in member if isinstance(member, list) else [member]:
            self._child(element, key, item, depth)

    def _child(self, element: Element, key: str, value: object, depth: int) -> None:
        if value is None:
            return
        self.left -= 1
        if self.left < 0:
            raise PayloadError(Reason.TOO_LARGE, f"more than {MAX_ELEMENTS} members.")
        self.fill(etree.SubElement(element, key[0].upper() + key[1:]), value, depth - 1)


def _content(element: Element, value: object) -> str:
    """A scalar as the element's text."""
    named_time = str(element.tag).endswith(_TIMES)
    if named_time and isinstance(value, int) and _FIRST_MS <= value < _LAST_MS:
        return datetime.fromtimestamp(value / 1000, UTC).isoformat()
    return _text(value)


def _text(value: object) -> str:
    """A scalar as XML writes it; what XML cannot hold is left out."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NOT_XML.sub("", str(value))
