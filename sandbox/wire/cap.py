"""CAP 1.2 alerts of a weather service: in an Atom list, and in an EDXL-DE 1.0 envelope.

A rain warning is in force all day and is updated on the hour; the envelope carries a drill too.
"""

from datetime import datetime
from typing import Any

from lxml import etree

from sandbox.timetable.day import ZONE

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM = "http://www.w3.org/2005/Atom"
EDXL = "urn:oasis:names:tc:emergency:EDXL:DE:1.0"
SENDER = "weather@sandbox.example.invalid"
HOUR = 3600
_RING = "31.30,121.40 31.30,121.52 31.20,121.52 31.20,121.40 31.30,121.40"
_TEXTS = {
    "zh-CN": (
        "暴雨",
        "暴雨黄色预警",
        "预计未来6小时站区将有大到暴雨。",
        "请注意广场和地下通道积水。",
        "铁路上海站地区",
    ),
    "en-US": (
        "Heavy rain",
        "Yellow warning of heavy rain",
        "Heavy rain is expected in the station area within six hours.",
        "Watch for water on the squares and in the underpasses.",
        "Shanghai Railway Station area",
    ),
}


def atom(now: float) -> bytes:
    """An Atom list whose entries hold the alerts."""
    feed = _root(ATOM, "feed")
    _put(feed, ATOM, "id", "urn:sandbox:alerts")
    _put(feed, ATOM, "title", "沙盒预警 Sandbox alerts")
    _put(feed, ATOM, "updated", _iso(now))
    for alert in (_alert(now),):
        entry = etree.SubElement(feed, f"{{{ATOM}}}entry")
        _put(entry, ATOM, "id", alert.findtext(f"{{{CAP}}}identifier") or "")
        _put(entry, ATOM, "title", _TEXTS["zh-CN"][1])
        _put(entry, ATOM, "updated", _iso(now - now % HOUR))
        content = etree.SubElement(entry, f"{{{ATOM}}}content", {"type": "text/xml"})
        content.append(alert)
    return _encoded(feed)


def edxl(now: float) -> bytes:
    """An EDXL-DE envelope with the warning and a drill."""
    envelope = _root(EDXL, "EDXLDistribution")
    for tag, text in (
        ("distributionID", f"sandbox-{int(now // HOUR)}"),
        ("senderID", SENDER),
        ("dateTimeSent", _iso(now)),
        ("distributionStatus", "Actual"),
        ("distributionType", "Report"),
        ("combinedConfidentiality", "Unclassified"),
    ):
        _put(envelope, EDXL, tag, text)
    for alert in (_alert(now), _alert(now, drill=True)):
        holder = etree.SubElement(envelope, f"{{{EDXL}}}contentObject")
        _put(holder, EDXL, "contentDescription", "CAP 1.2")
        xml = etree.SubElement(holder, f"{{{EDXL}}}xmlContent")
        etree.SubElement(xml, f"{{{EDXL}}}embeddedXMLContent").append(alert)
    return _encoded(envelope)


def _alert(now: float, *, drill: bool = False) -> etree._Element:
    """The warning of this hour, which updates that of the hour before; a drill stands alone."""
    sent = now - now % HOUR
    alert = _root(CAP, "alert")
    kind = "DRILL" if drill else "RAIN"
    _put(alert, CAP, "identifier", f"SBX-{kind}-{int(sent)}")
    _put(alert, CAP, "sender", SENDER)
    _put(alert, CAP, "sent", _iso(sent))
    _put(alert, CAP, "status", "Exercise" if drill else "Actual")
    _put(alert, CAP, "msgType", "Alert" if drill else "Update")
    _put(alert, CAP, "scope", "Public")
    if not drill:
        before = sent - HOUR
        _put(alert, CAP, "references", f"{SENDER},SBX-RAIN-{int(before)},{_iso(before)}")
    for language, texts in _TEXTS.items():
        _info(alert, sent, language, texts)
    return alert


def _info(
    alert: etree._Element, sent: float, language: str, texts: tuple[str, str, str, str, str]
) -> None:
    event, headline, description, instruction, area_name = texts
    info = etree.SubElement(alert, f"{{{CAP}}}info")
    for tag, text in (
        ("language", language),
        ("category", "Met"),
        ("event", event),
        ("responseType", "Prepare"),
        ("urgency", "Expected"),
        ("severity", "Moderate"),
        ("certainty", "Likely"),
        ("effective", _iso(sent)),
        ("expires", _iso(sent + 6 * HOUR)),
        ("senderName", "沙盒气象台"),
        ("headline", headline),
        ("description", description),
        ("instruction", instruction),
    ):
        _put(info, CAP, tag, text)
    area = etree.SubElement(info, f"{{{CAP}}}area")
    _put(area, CAP, "areaDesc", area_name)
    _put(area, CAP, "polygon", _RING)
    code = etree.SubElement(area, f"{{{CAP}}}geocode")
    _put(code, CAP, "valueName", "GB/T 2260")
    _put(code, CAP, "value", "310106")


def _root(namespace: str, tag: str) -> etree._Element:
    nsmap: Any = {None: namespace}  # the stubs know no default namespace
    return etree.Element(f"{{{namespace}}}{tag}", None, nsmap)


def _put(parent: etree._Element, namespace: str, tag: str, text: str) -> None:
    etree.SubElement(parent, f"{{{namespace}}}{tag}").text = text


def _encoded(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _iso(at: float) -> str:
    return datetime.fromtimestamp(int(at), ZONE).isoformat()
