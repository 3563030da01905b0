"""SIRI documents in all their wrappings, and the ones that are refused."""

import json
import re

import pytest

from hub.errors import PayloadError, Reason
from hub.formats.common import xml
from hub.formats.common.xml import name_of, parse
from hub.model.common import Name
from tests.connectors.siri_documents import STAMP, et, g7001, journey, only, read

PLAIN = et(journey(*g7001()))
INNER = PLAIN.partition("<ServiceDelivery>")[2].partition("</ServiceDelivery>")[0]


def refused(document: str | bytes) -> PayloadError:
    with pytest.raises(PayloadError) as caught:
        read(document)
    return caught.value


SOAP_11 = (
    "<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Body>"
    "<GetEstimatedTimetableResponse xmlns='http://wsdl.siri.org.uk/siri'>"
    f"<Siri xmlns='http://www.siri.org.uk/siri'><ServiceDelivery>{INNER}</ServiceDelivery></Siri>"
    "</GetEstimatedTimetableResponse></S:Body></S:Envelope>"
)
SOAP_12 = (
    "<S:Envelope xmlns:S='http://www.w3.org/2003/05/soap-envelope'><S:Header/><S:Body>"
    "<w:GetEstimatedTimetableResponse xmlns:w='http://wsdl.siri.org.uk'><ServiceDeliveryInfo>"
    f"<ResponseTimestamp>{STAMP}</ResponseTimestamp></ServiceDeliveryInfo><Answer>{INNER}"
    "</Answer></w:GetEstimatedTimetableResponse></S:Body></S:Envelope>"
)
WRAPPINGS = {
    "plain": PLAIN,
    "old namespace": PLAIN.replace("http://www.siri.org.uk/siri", "http://www.siri.org.uk/"),
    "no namespace": PLAIN.replace(' xmlns="http://www.siri.org.uk/siri"', ""),
    "prefix": re.sub(r"<(/?)(\w)", r"<\1x:\2", PLAIN).replace("xmlns=", "xmlns:x="),
    "byte order mark": "\ufeff" + PLAIN,
    "SOAP 1.1": SOAP_11,
    "SOAP 1.2 with SIRI 1.x": SOAP_12,
}
NO_CONTRACT = (
    "<Status>false</Status><ErrorCondition><AccessNotAllowedError><ErrorText>no contract"
    "</ErrorText></AccessNotAllowedError></ErrorCondition>"
)


@pytest.mark.parametrize("document", WRAPPINGS.values(), ids=WRAPPINGS)
def test_any_wrapping_is_read(document: str) -> None:
    """Namespace, prefix and SOAP dialect do not matter: elements are found by local name."""
    batch = read(document)
    assert only(batch).id == "railway:t-G7001:2026-03-02"
    assert only(batch).calls == only(read(PLAIN)).calls
    assert batch.as_of is not None


def test_other_encodings_are_read() -> None:
    """The encoding is the document's own."""
    text = PLAIN.replace('encoding="UTF-8"', 'encoding="GB18030"')
    named = text.replace("<ServiceDelivery>", "<ServiceDelivery><ProducerRef>上海</ProducerRef>")
    assert only(read(named.encode("gb18030"))).id == "railway:t-G7001:2026-03-02"
    assert read(PLAIN.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")).accepted


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("<Status>false</Status>", "Status is false"),
        (NO_CONTRACT, "AccessNotAllowedError: no contract"),
        (
            "<ErrorCondition><OtherError/><Description>maintenance</Description></ErrorCondition>",
            "OtherError: maintenance",
        ),
    ],
)
def test_the_producer_s_error_is_no_empty_answer(condition: str, said: str) -> None:
    """Status false and ErrorCondition, of the whole or of the delivery, raise with their text."""
    delivery = f"<EstimatedTimetableDelivery>{condition}</EstimatedTimetableDelivery>"
    for answer in (condition, delivery):
        document = f"<Siri><ServiceDelivery>{answer}</ServiceDelivery></Siri>"
        error = refused(document)
        assert error.reason is Reason.SOURCE_ERROR
        assert said in error.message


def test_one_delivery_in_error_withdraws_nothing() -> None:
    """Beside a good delivery an erroneous one is noted, and the answer is not complete."""
    bad = "<EstimatedTimetableDelivery><Status>false</Status></EstimatedTimetableDelivery>"
    batch = read(PLAIN.replace("</ServiceDelivery>", f"{bad}</ServiceDelivery>"))
    assert only(batch).native_id == "t-G7001"
    assert [note.reason for note in batch.notes] == [Reason.SOURCE_ERROR]
    assert not batch.complete


def test_a_soap_fault_is_the_producer_s_error() -> None:
    """The fault's text reaches the message."""
    fault = refused(
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><e:Fault>"
        "<faultcode>e:Server</faultcode><faultstring>out of order</faultstring></e:Fault>"
        "</e:Body></e:Envelope>"
    )
    assert fault.reason is Reason.SOURCE_ERROR
    assert "out of order" in fault.message


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("<Siri><ServiceDelivery/></Siri>", Reason.UNSUPPORTED_MESSAGE),
        ("<Siri><HeartbeatNotification/></Siri>", Reason.UNSUPPORTED_MESSAGE),
        ("<html><body>502</body></html>", Reason.UNSUPPORTED_MESSAGE),
        ("<Siri>", Reason.NOT_DECODABLE),
        ("", Reason.NOT_DECODABLE),
        ("<!DOCTYPE Siri><Siri/>", Reason.DTD_FORBIDDEN),
        ("<a>" * 300 + "</a>" * 300, Reason.NOT_DECODABLE),
    ],
)
def test_what_is_no_delivery_is_refused(document: str, reason: Reason) -> None:
    """Whatever is not an estimated timetable raises with its reason."""
    assert refused(document).reason is reason


def test_a_document_beyond_the_cap_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """More bytes than any delivery has are not parsed at all."""
    monkeypatch.setattr(xml, "MAX_BYTES", len(PLAIN) - 1)
    assert refused(PLAIN).reason is Reason.TOO_LARGE


def test_more_entities_than_any_area_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivery is bounded in entities as in bytes."""
    monkeypatch.setattr("connectors.siri.common.MAX_ENTITIES", 1)
    assert refused(et(journey(*g7001()), journey(*g7001(), ref="b"))).reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("strings", "expected"),
    [
        ("<N>上海站</N>", Name(zh="上海站")),
        ("<N>Shanghai</N>", Name(en="Shanghai")),
        ('<N xml:lang="ZH-Hans">上海</N><N xml:lang="EN">Shanghai</N>', Name("上海", "Shanghai")),
        ('<N xml:lang="de">Haldensteig</N>', Name(en="Haldensteig")),
        ('<N xml:lang="de">Feuer</N><N xml:lang="en">Fire</N>', Name(en="Fire")),
        ("<N>  two \n words </N>", Name(en="two words")),
        ("<N/>", None),
    ],
)
def test_names_are_chinese_and_english(strings: str, expected: Name | None) -> None:
    """xml:lang decides; text without one is Chinese if it has a Chinese character."""
    assert name_of(list(parse(f"<A>{strings}</A>".encode()))) == expected


NOTHING = [
    ("siri_et", "EstimatedTimetableDelivery", {}),
    ("siri_et", "EstimatedTimetableDelivery", {"EstimatedJourneyVersionFrame": []}),
    (
        "siri_et",
        "EstimatedTimetableDelivery",
        {"EstimatedJourneyVersionFrame": [{"RecordedAtTime": STAMP, "@version": "2.0"}]},
    ),
    ("siri_sm", "StopMonitoringDelivery", {"MonitoringRef": {"value": "A"}, "Version": "2.0"}),
    ("siri_vm", "VehicleMonitoringDelivery", {"VehicleActivity": None, "ValidUntil": STAMP}),
    ("siri_fm", "FacilityMonitoringDelivery", {"FacilityCondition": [], "Extensions": {"a": {}}}),
]
UNKNOWN = [
    ("siri_et", "EstimatedTimetableDelivery", {"EstimatedVehicleJourney": [{"LineRef": "1"}]}),
    (
        "siri_et",
        "EstimatedTimetableDelivery",
        {"EstimatedJourneyVersionFrame": [{"LineRef": "1", "EstimatedCalls": {}}]},
    ),
    ("siri_et", "EstimatedTimetableDelivery", "none"),
    ("siri_sm", "StopMonitoringDelivery", {"MonitoredVehicleJourney": {"LineRef": "1"}}),
    ("siri_sm", "StopMonitoringDelivery", {"visits": [{"MonitoredStopVisit": {"a": 1}}]}),
    ("siri_vm", "VehicleMonitoringDelivery", {"VehicleActivities": [{"VehicleRef": "1"}]}),
    ("siri_vm", "VehicleMonitoringDelivery", {"1": {"VehicleRef": "1"}}),
    ("siri_fm", "FacilityMonitoringDelivery", {"Facilities": {"FacilityCondition": [{"a": 1}]}}),
]


def lite(service: str, content: object) -> str:
    """A SIRI-Lite document in JSON with one delivery."""
    inner = {"ResponseTimestamp": STAMP} | content if isinstance(content, dict) else content
    return json.dumps({"Siri": {"ServiceDelivery": {service: [inner]}}})


@pytest.mark.parametrize(("kind", "service", "content"), NOTHING)
def test_a_delivery_that_lists_nothing_is_complete(kind: str, service: str, content: object):
    """A night without entities withdraws what was told, however it is written."""
    batch = read(lite(service, content), kind=kind)
    assert (batch.entities, batch.complete) == (0, True)


@pytest.mark.parametrize(("kind", "service", "content"), UNKNOWN)
def test_a_delivery_of_another_shape_is_not_empty(kind: str, service: str, content: object):
    """What is not understood is refused with what it holds, and takes nothing back."""
    with pytest.raises(PayloadError) as caught:
        read(lite(service, content), kind=kind)
    assert caught.value.reason is Reason.UNSUPPORTED_MESSAGE
    assert f"{service} holds" in str(caught.value)
