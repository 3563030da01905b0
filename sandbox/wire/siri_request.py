"""Reads a SIRI 2.0 ServiceRequest: which service is asked for, and how far ahead."""

import re
from dataclasses import dataclass

from lxml import etree

from sandbox.wire.siri import NAMESPACE

SERVICES = {"EstimatedTimetableRequest": "ET", "SituationExchangeRequest": "SX"}
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$")


class RefusedError(Exception):
    """The request cannot be answered. `error` is the SIRI error element to answer with."""

    def __init__(self, error: str, text: str, request_ref: str | None = None) -> None:
        super().__init__(text)
        self.error = error
        self.text = text
        self.request_ref = request_ref


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """What is asked for: `service` "ET" or "SX", `preview` in seconds; empty `lines` means all."""

    service: str
    request_ref: str | None
    preview: float | None
    lines: frozenset[str]


def parse(body: bytes) -> ServiceRequest:
    """The request in `body`. Raises RefusedError."""
    try:
        root = etree.fromstring(body, _PARSER)
    except etree.XMLSyntaxError as error:
        raise RefusedError("OtherError", f"not well-formed XML: {error.msg}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise RefusedError("OtherError", "a document type declaration is not accepted")
    if root.tag != f"{{{NAMESPACE}}}Siri":
        raise RefusedError("OtherError", f"expected Siri in {NAMESPACE}, got {root.tag}")
    request = root.find(f"{{{NAMESPACE}}}ServiceRequest")
    if request is None:
        raise RefusedError("OtherError", "expected a ServiceRequest")
    return _service_request(request)


def _service_request(request: etree._Element) -> ServiceRequest:
    reference = request.findtext(f"{{{NAMESPACE}}}MessageIdentifier")
    asked = {
        etree.QName(part).localname: part
        for part in request
        if isinstance(part.tag, str) and part.tag.endswith("Request")
    }
    if not asked:
        raise RefusedError("OtherError", "the ServiceRequest asks for no service", reference)
    if unknown := [name for name in asked if name not in SERVICES]:
        text = f"{unknown[0]} is not offered here; {', '.join(SERVICES)} are"
        raise RefusedError("CapabilityNotSupportedError", text, reference)
    if len(asked) > 1:
        raise RefusedError("OtherError", "a ServiceRequest asks for one service", reference)
    timetable = asked.get("EstimatedTimetableRequest")
    preview, lines = None, frozenset[str]()
    if timetable is not None:
        preview = _seconds(timetable.findtext(f"{{{NAMESPACE}}}PreviewInterval"), reference)
        refs = timetable.iterfind(f".//{{{NAMESPACE}}}LineRef")
        lines = frozenset(ref.text for ref in refs if ref.text)
    return ServiceRequest(SERVICES[next(iter(asked))], reference, preview, lines)


def _seconds(text: str | None, reference: str | None) -> float | None:
    """Seconds of an xsd:duration in days, hours, minutes and seconds."""
    if text is None:
        return None
    found = _DURATION.fullmatch(text.strip())
    if found is None or not any(found.groups()):
        raise RefusedError("OtherError", f"PreviewInterval {text!r} is no duration", reference)
    days, hours, minutes, seconds = (int(group or 0) for group in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
