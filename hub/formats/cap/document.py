"""CAP 1.0 to 1.2: alerts alone, in a wrapper, in an Atom or RSS list, in an EDXL-DE envelope.

Nothing is gated on the schema and no signature is verified: elements are found by their local
names. A DOCTYPE is refused unread, also in what a list or an envelope carries as text or base64.
A list may name its alerts instead of carrying them: `links` says which documents to fetch.
Sources: OASIS CAP 1.2 (1.1, 1.0), section 3.2; OASIS EDXL-DE 1.0, section 3.2; RFC 4287.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from zoneinfo import ZoneInfo

from hub.errors import PayloadError, Reason
from hub.formats.cap.alert import Alert, read_alert, word
from hub.formats.common.xml import Element, Reader, parse

MAX_ALERTS = 10_000
_DEEPEST = 3

_LISTS = frozenset({"feed", "rss", "alerts", "EDXLDistribution"})
"""Roots that may hold nothing: no alert is in force."""
_HOLDERS = ("entry", "item", "contentObject")
_ENTRIES = ("entry", "item")
_ADDRESSES = ("href", "src", "url")
_ALERT = "alert"
_ENVELOPE = "EDXLDistribution"
_WRITTEN_ALERT = re.compile(r"<(?:\w+:)?alert[\s>]")
_DECLARATION = re.compile(rb"^[\xef\xbb\xbf\s]*(?:<\?xml[^>]*\?>)?\s*")


@dataclass(frozen=True, slots=True)
class Unread:
    """What a list or an envelope holds besides alerts: its name, and why it was not read."""

    name: str
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class AlertLink:
    """A document that an entry of a list names. `edition`: what the entry says of its age."""

    url: str
    edition: str | None


@dataclass(slots=True)
class Message:
    """A document's alerts, in its order, and what else it holds.

    `opened` are the addresses of what was read with it: lists name one alert for each of its areas.
    """

    alerts: list[Alert] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)


def links(body: bytes, encoding: str | None = None) -> list[AlertLink]:
    """What the entries of a list name that carry no alert; nothing of any other document."""
    try:
        root = _root(body, encoding)
    except PayloadError:
        return []
    found = []
    for holder in root.iter(*_ENTRIES):
        url = _linked(holder)
        if url and not _carries(holder):
            said = Reader(holder, ZoneInfo("UTC")).first("updated", "pubDate", "published")
            found.append(AlertLink(url, said))
    return found


def decode(
    body: bytes,
    zone: ZoneInfo,
    encoding: str | None = None,
    linked: Mapping[str, bytes] = MappingProxyType({}),
) -> Message:
    """The alerts of a document, and of those among `linked`, by their address, that it names.

    `zone` is that of times without one.

    `encoding` is what the document is written in whatever it declares. Without it a document whose
    declaration is wrong is still read if it is UTF-8, or has the byte order mark of UTF-16; nothing
    is guessed beyond that. Raises PayloadError: NOT_DECODABLE, DTD_FORBIDDEN, TOO_LARGE,
    UNSUPPORTED_MESSAGE (no alert and no list of alerts, or the cancellation of an envelope).
    """
    root = _root(body, encoding)
    message = Message()
    _gather(root, message, _Place(zone, encoding, linked))
    if not message.alerts and not message.unread and root.tag not in _LISTS:
        raise PayloadError(
            Reason.UNSUPPORTED_MESSAGE,
            f"{str(root.tag)[:40]} holds no alert and is no list of any.",
        )
    return message


def _root(body: bytes, encoding: str | None) -> Element:
    if encoding is not None:
        try:
            return parse(_undeclared(body.decode(encoding).encode()), "CAP")
        except UnicodeDecodeError as error:
            detail = f"not written in {encoding}: byte {error.start}."
            raise PayloadError(Reason.NOT_DECODABLE, detail) from error
    try:
        return parse(body, "CAP")
    except PayloadError as error:
        if error.reason is not Reason.NOT_DECODABLE:
            raise
        try:
            return parse(_undeclared(_in_utf8(body)), "CAP")
        except UnicodeDecodeError:
            hint = "If the declared encoding is wrong, set options.encoding."
            raise PayloadError(error.reason, error.message, hint=hint) from error


def _in_utf8(body: bytes) -> bytes:
    """A body of UTF-8 or, by its byte order mark, UTF-16. Raises UnicodeDecodeError."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16").encode()
    body.decode("utf-8")
    return body


def _undeclared(body: bytes) -> bytes:
    """The document without its declaration, and without what must not stand before one."""
    return _DECLARATION.sub(b"", body, count=1)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where alerts are found: how deep within others, and the status of the envelope outside."""

    zone: ZoneInfo
    encoding: str | None
    linked: Mapping[str, bytes]
    status: str | None = None
    depth: int = 0


def _gather(root: Element, message: Message, place: _Place) -> None:
    """Every alert below a root, in order; a list's or an envelope's other parts are named."""
    for element in root.iter(_ALERT, *_HOLDERS):
        if next(element.iterancestors(_ALERT), None) is not None:
            continue
        status = _envelope_status(element) or place.status
        if element.tag == _ALERT:
            message.alerts.append(read_alert(element, place.zone, status))
        elif next(element.iter(_ALERT), None) is None:
            _open(element, message, replace(place, status=status, depth=place.depth + 1))
        if len(message.alerts) + len(message.unread) > MAX_ALERTS:
            raise PayloadError(Reason.TOO_LARGE, f"more than {MAX_ALERTS} alerts.")


def _open(holder: Element, message: Message, place: _Place) -> None:
    """Read the alert that an entry or a content object carries as text or base64, or names."""
    read = Reader(holder, place.zone)
    names = ("id", "guid", "contentDescription", "title", "link")
    name = " ".join((read.first(*names) or str(holder.tag)).split())[:200]
    detail = f"the {holder.tag} carries no alert, and none was had from what it links to"
    before = len(message.alerts)
    try:
        url = None if _carries(holder) else _linked(holder)
        if url in message.opened:
            return
        inside = _inside(holder, url, place) if place.depth <= _DEEPEST else None
        if inside is not None:
            message.opened |= {url} if url else set()
            _gather(inside, message, place)
    except PayloadError as error:
        if error.reason is Reason.TOO_LARGE:
            raise
        message.unread.append(Unread(name, error.reason, error.message))
        return
    if len(message.alerts) == before:
        message.unread.append(Unread(name, Reason.UNSUPPORTED_MESSAGE, detail))


def _inside(holder: Element, url: str | None, place: _Place) -> Element | None:
    """What an entry carries, or the document it names if that was fetched."""
    if url is None:
        carried = _carried(holder)
        return None if carried is None else parse(carried, "CAP")
    document = place.linked.get(url)
    return None if document is None else _root(document, place.encoding)


def _carries(holder: Element) -> bool:
    """Whether an alert is within an entry, readable or not."""
    try:
        return next(holder.iter(_ALERT), None) is not None or _carried(holder) is not None
    except PayloadError:
        return True


def _linked(holder: Element) -> str | None:
    """The address of an entry's alert: of several links the one whose type is CAP's."""
    found = {True: "", False: ""}
    for element in holder.iterchildren("content", "link", "enclosure"):
        address = next((a for key in _ADDRESSES if (a := element.get(key))), element.text or "")
        kind = (element.get("type") or "").lower()
        of_this = element.get("rel", "alternate") in {"alternate", "enclosure"}
        written = element.tag == "content" and element.get("src") is None
        if not written and of_this and (not kind or "xml" in kind) and "html" not in kind:
            found["cap" in kind] = found["cap" in kind] or " ".join(address.split())
    return found[True] or found[False] or None


def _carried(holder: Element) -> bytes | None:
    """XML written as text in an entry, or in base64 in an EDXL-DE nonXMLContent."""
    for encoded in holder.iter("contentData"):
        kind = (holder.findtext("nonXMLContent/mimeType") or "xml").lower()
        if "xml" not in kind and "text" not in kind and "cap" not in kind:
            continue
        try:
            return b64decode("".join((encoded.text or "").split()), validate=True)
        except (binascii.Error, ValueError) as error:
            detail = f"contentData is not base64: {error}."
            raise PayloadError(Reason.NOT_DECODABLE, detail) from error
    for element in holder.iter("content", "summary", "description", "embeddedXMLContent"):
        text = (element.text or "").strip()
        if text.startswith("<") and _WRITTEN_ALERT.search(text):
            return _undeclared(text.encode())
    return None


def _envelope_status(element: Element) -> str | None:
    """The distributionStatus of the EDXL-DE envelope around an element, if it is not Actual."""
    envelope = next(element.iterancestors(_ENVELOPE), None)
    if envelope is None:
        return None
    if word(envelope.findtext("distributionType")) == "Cancel":
        raise PayloadError(
            Reason.UNSUPPORTED_MESSAGE,
            "EDXL-DE distributionType Cancel takes back an envelope, which names no alert.",
        )
    status = word(envelope.findtext("distributionStatus"))
    return None if status == "Actual" else status
