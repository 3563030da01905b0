"""SIRI requests: what a request/response poll sends.

Source: CEN/TS 15531-2 (SIRI), ServiceRequest.
"""

from datetime import UTC, datetime
from typing import Any

from lxml import etree

NAMESPACE = "http://www.siri.org.uk/siri"


def request(
    service: str, requestor_ref: str, now: datetime, *, message_id: str, version: str, **asks: str
) -> bytes:
    """A ServiceRequest for one functional service (EstimatedTimetable, SituationExchange).

    `asks` are the topic elements of the request in schema order, such as PreviewInterval="PT4H".
    """
    siri = NAMESPACE
    nsmap: Any = {None: siri}  # the stubs know no default namespace
    stamp = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    root = etree.Element(f"{{{siri}}}Siri", {"version": version}, nsmap=nsmap)
    outer = etree.SubElement(root, f"{{{siri}}}ServiceRequest")
    inner_name = f"{{{siri}}}{service}Request"
    for name, value in (
        ("RequestTimestamp", stamp),
        ("RequestorRef", requestor_ref),
        ("MessageIdentifier", message_id),
    ):
        etree.SubElement(outer, f"{{{siri}}}{name}").text = value
    inner = etree.SubElement(outer, inner_name, {"version": version})
    topics = {"RequestTimestamp": stamp, "MessageIdentifier": message_id, **asks}
    for name, value in topics.items():
        etree.SubElement(inner, f"{{{siri}}}{name}").text = value
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
