"""One CAP alert: its header, its info blocks, and the references to other alerts.

Elements are found by their local names, so that CAP 1.0 and 1.1 read as well; nothing is gated on
the schema, and no signature is verified.
The warnings of China's national system (国家突发事件预警信息发布系统) are derived from CAP
and differ: `sendTime` for sent, a colour for the severity, a code for the event, radii in metres,
`secClassification` beside the scope, and references by identifier only, to the first warning of an
event. The text of their standard is not at hand: they are read as messages show them.
Source: OASIS Common Alerting Protocol 1.2 (1.1, 1.0), sections 3.2.1 and 3.2.2.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.errors import Reason
from hub.formats.cap.area import Area, Budget, read_areas
from hub.formats.common import xsd
from hub.formats.common.fields import web_address
from hub.formats.common.xml import Element, Fault, Reader

MOST_INFOS = 100
_LONGEST_WORD = 40
_MOST_REFERENCES = 1_000
_LONGEST = 10_000

_NAMESPACES = {
    "urn:oasis:names:tc:emergency:cap:1.2": "1.2",
    "urn:oasis:names:tc:emergency:cap:1.1": "1.1",
    "http://www.incident.com/cap/1.0": "1.0",
}
NATIONAL = "12379"
"""What stands for the version in warnings of China's national system: the number it is known by."""
_COLOURS = {"Blue": "Minor", "Yellow": "Moderate", "Orange": "Severe", "Red": "Extreme"}
"""蓝 IV 级一般, 黄 III 级较重, 橙 II 级严重, 红 I 级特别严重."""
_REFERENCE = re.compile(r"([^,]+),([^,]+),(\S+)")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """Who sent which message when: what identifies an alert.

    Of China's national system the identifier alone: `sender` is empty, `sent` None.
    """

    sender: str
    identifier: str
    sent: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """One info block in CAP's words; times in UTC.

    `expires_said` is what stands there, also where it is no end.
    """

    language: str | None
    category: str | None
    event: str | None
    response_type: str | None
    urgency: str | None
    severity: str | None
    certainty: str | None
    effective: datetime | None
    expires: datetime | None
    expires_said: str | None
    headline: str | None
    description: str | None
    instruction: str | None
    web: str | None
    areas: tuple[Area, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert. `status` is the envelope's where the alert is Actual and its envelope is not.

    `version` is None without a CAP namespace, and NATIONAL for that form. `faults` are the values
    that could not be read.
    """

    version: str | None
    identifier: str | None
    sender: str | None
    sent: datetime | None
    status: str | None
    msg_type: str | None
    scope: str | None
    note: str | None
    references: tuple[Reference, ...]
    infos: tuple[Info, ...]
    faults: tuple[Fault, ...]


def read_alert(element: Element, zone: ZoneInfo, envelope_status: str | None) -> Alert:
    """The alert below an element.

    `envelope_status` stands for its own where it is set and the alert's is Actual.
    """
    read = Reader(element, zone)
    national = read.text("sent") is None and read.text("sendTime") is not None
    status = word(read.text("status"))
    scope = word(read.text("scope"))
    if national and word(read.text("secClassification")) == "Inner":
        scope = "Restricted"
    budget, listed = Budget(radius_km=0.001 if national else 1), list(read.each("info"))
    if len(listed) > MOST_INFOS:
        detail = f"{len(listed)} info blocks; the first {MOST_INFOS} are used"
        read.faults.append(Fault(Reason.TOO_LARGE, detail))
    return Alert(
        version=NATIONAL if national else _version(element),
        identifier=_line(read.text("identifier")),
        sender=_line(read.text("sender")),
        sent=read.time("sendTime" if national else "sent"),
        status=(envelope_status or status) if status == "Actual" else status,
        msg_type=word(read.text("msgType")),
        scope=scope,
        note=_line(read.text("note")),
        references=tuple(_identifiers(read) if national else _references(read)),
        infos=tuple(_info(info, budget) for info in listed[:MOST_INFOS]),
        faults=tuple(read.faults),
    )


def _version(element: Element) -> str | None:
    """The version of the CAP namespace in scope; the unprefixed one counts before others."""
    spaces = sorted(element.nsmap.items(), key=lambda item: item[0] is not None)
    for _, uri in spaces:
        if uri in _NAMESPACES:
            return _NAMESPACES[uri]
    return next((uri for _, uri in spaces if ":cap:" in uri or "/cap/" in uri), None)


def _identifiers(read: Reader) -> Iterator[Reference]:
    named = re.split(r"[\s,]+", read.text("references") or "")
    for identifier in filter(None, named[:_MOST_REFERENCES]):
        yield Reference("", identifier, None)


def _references(read: Reader) -> Iterator[Reference]:
    """sender,identifier,sent triples; senders and identifiers with spaces in them happen."""
    text, at, found = " ".join((read.text("references") or "").split()), 0, 0
    while at < len(text):
        found += 1
        if found > _MOST_REFERENCES:
            detail = f"references: more than {_MOST_REFERENCES}; the others are left out"
            read.faults.append(Fault(Reason.TOO_LARGE, detail))
            return
        match = _REFERENCE.match(text, at)
        sent = xsd.instant(match[3], read.zone) if match else None
        if match is None or sent is None:
            wrong = (match[0] if match else text[at:]).strip()[:80]
            read.faults.append(
                Fault(Reason.BAD_VALUE, f"references: {wrong!r} is not sender,identifier,sent")
            )
        else:
            yield Reference(_line(match[1]) or "", _line(match[2]) or "", sent)
        at = match.end() if match else len(text)


def _info(read: Reader, budget: Budget) -> Info:
    return Info(
        language=read.text("language"),
        category=_line(read.text("category"), _LONGEST_WORD),
        event=_line(read.first("event", "eventType")),
        response_type=_line(read.text("responseType"), _LONGEST_WORD),
        urgency=word(read.text("urgency")),
        severity=_severity(read.text("severity")),
        certainty=_certainty(read.text("certainty")),
        effective=read.begin("effective"),
        expires=read.end("expires"),
        expires_said=_line(read.text("expires"), _LONGEST_WORD),
        headline=_line(read.text("headline")),
        description=_paragraphs(read, "description"),
        instruction=_paragraphs(read, "instruction"),
        web=web_address(read.text("web")),
        areas=tuple(read_areas(read, budget)),
    )


def _severity(text: str | None) -> str | None:
    told = word(text)
    return _COLOURS.get(told or "", told)


def _certainty(text: str | None) -> str | None:
    """CAP 1.0's Very Likely is Likely since 1.1; the national system's is one word."""
    told = word(text)
    return "Likely" if told in {"Very likely", "Verylikely"} else told


def word(text: str | None) -> str | None:
    """A word of CAP's vocabularies, whatever case it is written in; None if empty."""
    return (text or "").strip()[:_LONGEST_WORD].capitalize() or None


def _line(text: str | None, longest: int = _LONGEST) -> str | None:
    return " ".join(text.split())[:longest] or None if text else None


def _paragraphs(read: Reader, path: str) -> str | None:
    """A text with its line breaks, those written in HTML among them."""
    text = _BREAK.sub("\n", read.text(path) or "").strip()
    if len(text) > _LONGEST:
        read.faults.append(Fault(Reason.TOO_LARGE, f"{path} of {len(text)} characters is cut off"))
    return text[:_LONGEST] or None
