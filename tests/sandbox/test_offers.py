"""The sandbox's other standards, read here by their own rules and not by the hub's decoders."""

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from lxml import etree
from sandbox_process import SIRI, SandboxProcess, siri_request

NS = {
    "s": SIRI,
    "d": "http://datex2.eu/schema/2/2_0",
    "c": "urn:oasis:names:tc:emergency:cap:1.2",
    "n": "http://www.netex.org.uk/netex",
    "t": "http://www.transxchange.org.uk/",
}


async def _get(sandbox: SandboxProcess, path: str) -> bytes:
    async with sandbox.client() as client:
        answer = await client.get(path)
    assert answer.status_code == 200, path
    return answer.content


async def _json(sandbox: SandboxProcess, path: str) -> Any:
    return json.loads(await _get(sandbox, path))


async def _xml(sandbox: SandboxProcess, path: str) -> etree._Element:
    return etree.fromstring(await _get(sandbox, path))


async def _post(sandbox: SandboxProcess, body: str) -> etree._Element:
    async with sandbox.client() as client:
        answer = await client.post("/railway/siri", content=body)
    return etree.fromstring(answer.content)


async def test_the_parking_documents_speak_of_the_same_garages(sandbox: SandboxProcess):
    """DATEX II, ParkAPI, CSV and JSON name the same garages; vacant and occupied are all spaces."""
    static = await _xml(sandbox, "/parking/static.xml")
    spaces = {
        record.get("id"): int(record.findtext("d:parkingNumberOfSpaces", "", NS))
        for record in static.iterfind(".//d:parkingRecord", NS)
    }
    dynamic = await _xml(sandbox, "/parking/dynamic.xml")
    for status in dynamic.iterfind(".//d:parkingRecordStatus", NS):
        reference = status.find("d:parkingRecordReference", NS)
        assert reference is not None
        counted = [
            int(status.findtext(f".//d:parkingNumberOf{sort}Spaces", "", NS))
            for sort in ("Vacant", "Occupied")
        ]
        assert sum(counted) == spaces[reference.get("id")]
    lots = (await _json(sandbox, "/parking/parkapi.json"))["lots"]
    assert {lot["id"]: lot["total"] for lot in lots} == spaces
    text = (await _get(sandbox, "/parking/plain.csv")).decode("gbk")
    assert {row["编号"] for row in csv.DictReader(io.StringIO(text))} == set(spaces)
    plain = await _json(sandbox, "/parking/plain.json")
    assert {row["编号"] for row in plain["data"]["list"]} == set(spaces)


@pytest.mark.parametrize(("index", "version"), [("/gbfs", "3.0"), ("/gbfs/2.3", "2.3")])
async def test_gbfs_names_documents_that_are_there(sandbox: SandboxProcess, index, version):
    """Every document gbfs.json names can be had, in its version; stations and statuses agree."""
    listed = (await _json(sandbox, f"{index}/gbfs.json"))["data"]
    feeds = listed["feeds"] if version == "3.0" else listed["zh"]["feeds"] + listed["en"]["feeds"]
    ids: dict[str, set[str]] = {}
    for feed in feeds:
        document = await _json(sandbox, feed["url"])
        assert document["version"] == version
        stations = document["data"].get("stations", [])
        ids.setdefault(feed["name"], set()).update(one["station_id"] for one in stations)
    assert ids["station_information"] == ids["station_status"] != set()
    assert ("vehicle_status" in ids) == (version == "3.0")


async def test_a_document_gbfs_does_not_have_is_404(sandbox: SandboxProcess):
    """A name of another version, or of none, is not there; neither is a page that is no number."""
    async with sandbox.client() as client:
        assert (await client.get("/gbfs/free_bike_status.json")).status_code == 404
        assert (await client.get("/railway/siri-lite/nothing.json")).status_code == 404
        assert (await client.get("/mds/vehicles?page=x")).status_code == 400


async def test_the_alert_is_cap_in_both_languages(sandbox: SandboxProcess):
    """The Atom list embeds an Update with its reference; the envelope adds a drill."""
    feed = await _xml(sandbox, "/alerts/cap.atom")
    (alert,) = feed.iterfind(".//c:alert", NS)
    assert alert.findtext("c:msgType", "", NS) == "Update"
    assert alert.findtext("c:references", "", NS).count(",") == 2
    assert [i.findtext("c:language", "", NS) for i in alert.iterfind("c:info", NS)] == [
        "zh-CN",
        "en-US",
    ]
    envelope = await _xml(sandbox, "/alerts/edxl.xml")
    statuses = [a.findtext("c:status", "", NS) for a in envelope.iterfind(".//c:alert", NS)]
    assert statuses == ["Actual", "Exercise"]


async def test_netex_and_transxchange_hold_the_day(sandbox: SandboxProcess):
    """As many journeys as the GTFS zips have trips; every reference of NeTEx resolves."""
    archive = zipfile.ZipFile(io.BytesIO(await _get(sandbox, "/railway/netex.zip")))
    roots = [etree.fromstring(archive.read(name)) for name in archive.namelist()]
    ids = {e.get("id") for root in roots for e in root.iter() if e.get("id")}
    refs = {e.get("ref") for root in roots for e in root.iter() if e.get("ref")}
    assert refs <= ids
    assert sum(len(root.findall(".//n:ServiceJourney", NS)) for root in roots) == 400
    document = await _xml(sandbox, "/coach/transxchange.xml")
    assert len(document.findall(".//t:VehicleJourney", NS)) == 300
    stops = {e.text for e in document.iterfind(".//t:AnnotatedStopPointRef/t:StopPointRef", NS)}
    used = {e.text for e in document.iterfind(".//t:From/t:StopPointRef", NS)}
    assert used <= stops


async def test_the_coach_profile_agrees_with_itself(sandbox: SandboxProcess):
    """A departure that has left has its actual time, one to come an expected one."""
    told = await _json(sandbox, "/coach/profile.json")
    assert (told["profile"], told["station"]["id"]) == ("liandong-coach", "SHLD")
    assert told["departures"]
    for one in told["departures"]:
        if one.get("cancelled"):
            continue
        left = "actualDeparture" in one
        assert left != ("expectedDeparture" in one)
        assert (one["checkIn"] == "CLOSED") == left
        assert 0 <= one["seats"]["available"] <= one["seats"]["total"]


async def test_a_stop_is_monitored(sandbox: SandboxProcess):
    """Visits at SHH carry its platform; each stop asked for gets a delivery of its own."""
    one = "<MonitoringRef>SHH</MonitoringRef>"
    root = await _post(sandbox, siri_request("StopMonitoringRequest", one))
    visits = root.findall(".//s:MonitoredStopVisit", NS)
    assert len(visits) > 20
    for visit in visits:
        assert visit.findtext(".//s:MonitoredCall/s:StopPointRef", "", NS).startswith("SHH-")
    refused = await _post(sandbox, siri_request("StopMonitoringRequest"))
    assert refused.find(".//s:ErrorCondition", NS) is not None


async def test_vehicles_and_facilities_are_monitored(sandbox: SandboxProcess):
    """Trains under way have a place; lifts a status, garages a count."""
    root = await _post(sandbox, siri_request("VehicleMonitoringRequest"))
    places = root.findall(".//s:VehicleActivity//s:VehicleLocation", NS)
    assert places
    assert all(18 < float(place.findtext("s:Latitude", "", NS)) < 54 for place in places)
    root = await _post(sandbox, siri_request("FacilityMonitoringRequest"))
    assert len(root.findall(".//s:FacilityCondition", NS)) == 8
    assert len(root.findall(".//s:MonitoredCounting/s:Count", NS)) == 4


@pytest.mark.parametrize("name", ["estimated-timetable", "stop-monitoring", "vehicle-monitoring"])
async def test_siri_lite_says_the_same_in_json(sandbox: SandboxProcess, name):
    """The JSON has the delivery that the XML has."""
    root = await _xml(sandbox, f"/railway/siri-lite/{name}.xml")
    kinds = {etree.QName(e).localname for e in root[0] if e.tag.endswith("Delivery")}
    told = (await _json(sandbox, f"/railway/siri-lite/{name}.json"))["Siri"]["ServiceDelivery"]
    assert kinds == {key for key in told if key.endswith("Delivery")} != set()
