"""The three HTTP feeds, asked over a real socket."""

import asyncio
import csv
import io
import zipfile
from pathlib import Path

import pytest
from google.transit import gtfs_realtime_pb2 as pb
from lxml import etree
from sandbox_process import SIRI, SandboxProcess, siri_request

NS = {"s": SIRI}
BAD_REQUESTS = {
    "garbage": b"\x00\xff garbage",
    "empty": b"",
    "truncated": siri_request("EstimatedTimetableRequest").encode()[:80],
    "not SIRI": b"<hello/>",
    "no service": f'<Siri xmlns="{SIRI}"><ServiceRequest/></Siri>'.encode(),
    "no request": f'<Siri xmlns="{SIRI}"/>'.encode(),
    "another service": siri_request("ConnectionMonitoringRequest").encode(),
    "bad interval": siri_request(
        "EstimatedTimetableRequest", "<PreviewInterval>soon</PreviewInterval>"
    ).encode(),
    "doctype": b'<!DOCTYPE a [<!ENTITY e "x">]>'
    + siri_request("SituationExchangeRequest").encode(),
}


async def _zip(sandbox: SandboxProcess, dataset: str) -> dict[str, list[dict[str, str]]]:
    async with sandbox.client() as client:
        answer = await client.get(f"/{dataset}/gtfs.zip")
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    return {
        name.removesuffix(".txt"): list(csv.DictReader(io.StringIO(archive.read(name).decode())))
        for name in archive.namelist()
    }


async def _feed(sandbox: SandboxProcess, dataset: str) -> pb.FeedMessage:
    async with sandbox.client() as client:
        answer = await client.get(f"/{dataset}/gtfs-rt.pb")
    return pb.FeedMessage.FromString(answer.content)


async def _siri(sandbox: SandboxProcess, body: str | bytes) -> etree._Element:
    async with sandbox.client() as client:
        answer = await client.post("/railway/siri", content=body)
    assert answer.status_code == 200
    return etree.fromstring(answer.content)


@pytest.mark.parametrize("dataset", ["railway", "metro", "coach"])
async def test_the_timetable_is_whole(sandbox: SandboxProcess, dataset: str):
    """Every reference in the zip resolves, times ascend, and every stop has an English name."""
    gtfs = await _zip(sandbox, dataset)
    stops = {stop["stop_id"]: stop for stop in gtfs["stops"]}
    routes = {route["route_id"] for route in gtfs["routes"]}
    trips = {trip["trip_id"] for trip in gtfs["trips"]}
    assert all(trip["route_id"] in routes for trip in gtfs["trips"])
    assert all(stop["parent_station"] in {"", *stops} for stop in gtfs["stops"])
    translated = {row["record_id"] for row in gtfs["translations"] if row["table_name"] == "stops"}
    assert translated == set(stops)
    last: dict[str, str] = {}
    for row in gtfs["stop_times"]:
        assert row["trip_id"] in trips
        assert stops[row["stop_id"]]["location_type"] == "0"
        assert row["arrival_time"] <= row["departure_time"]
        assert last.get(row["trip_id"], "") < row["arrival_time"]
        last[row["trip_id"]] = row["departure_time"]
    assert set(last) == trips


async def test_the_railway_has_its_day(sandbox: SandboxProcess):
    """About 400 trains a day call at 上海站 SHH, which has platforms 1 to 13."""
    gtfs = await _zip(sandbox, "railway")
    station = next(stop for stop in gtfs["stops"] if stop["stop_id"] == "SHH")
    assert station["location_type"] == "1"
    assert station["stop_name"] == "上海站"
    platforms = [s["platform_code"] for s in gtfs["stops"] if s["parent_station"] == "SHH"]
    assert platforms == [str(number) for number in range(1, 14)]
    calling = {row["trip_id"] for row in gtfs["stop_times"] if row["stop_id"].startswith("SHH-")}
    assert len(calling) == len(gtfs["trips"]) == 400
    assert all(trip["trip_short_name"][0] in "GDCKTZ" for trip in gtfs["trips"])


async def test_the_metro_and_the_coaches_serve_the_interchange(sandbox: SandboxProcess):
    """The stop places that the area file names are stations of the metro and coach datasets."""
    metro, coach = await _zip(sandbox, "metro"), await _zip(sandbox, "coach")
    stations = {s["stop_id"] for s in metro["stops"] + coach["stops"] if s["location_type"] == "1"}
    assert stations == {"L1-SHRS", "L34-SHRS", "SHLD"}
    assert {route["route_id"] for route in metro["routes"]} == {"L1", "L3", "L4"}
    assert len(coach["trips"]) == 300


async def test_an_unchanged_timetable_is_not_sent_again(sandbox: SandboxProcess):
    """A zip the client has is answered 304, by its tag or by its date; another tag gets it."""
    async with sandbox.client() as client:
        first = await client.get("/coach/gtfs.zip")
        tag, date = first.headers["etag"], first.headers["last-modified"]
        by_tag = await client.get("/coach/gtfs.zip", headers={"If-None-Match": tag})
        by_date = await client.get("/coach/gtfs.zip", headers={"If-Modified-Since": date})
        other = await client.get("/coach/gtfs.zip", headers={"If-None-Match": '"x"'})
    assert [by_tag.status_code, by_date.status_code] == [304, 304]
    assert by_tag.content == b""
    assert other.content == first.content


@pytest.mark.parametrize("dataset", ["metro", "coach"])
async def test_the_realtime_feed_matches_its_timetable(sandbox: SandboxProcess, dataset: str):
    """Trips, stops and sequences of the GTFS-RT message are those of the zip; many are near."""
    gtfs, message = await _zip(sandbox, dataset), await _feed(sandbox, dataset)
    stop_times = {(r["trip_id"], int(r["stop_sequence"])): r["stop_id"] for r in gtfs["stop_times"]}
    updates = [e.trip_update for e in message.entity if e.HasField("trip_update")]
    assert len(updates) > 30
    for update in updates:
        for stop in update.stop_time_update:
            assert stop_times[update.trip.trip_id, stop.stop_sequence] == stop.stop_id
        times = [
            event.time
            for stop in update.stop_time_update
            for event in (stop.arrival, stop.departure)
            if event.HasField("time")
        ]
        assert times == sorted(times)
    vehicles = [e.vehicle for e in message.entity if e.HasField("vehicle")]
    assert vehicles
    assert len({v.vehicle.id for v in vehicles}) == len(vehicles)
    assert all(v.HasField("occupancy_status") for v in vehicles)
    assert all(0 <= message.header.timestamp - v.timestamp <= 25 for v in vehicles)


async def test_the_estimated_timetable_matches_its_timetable(sandbox: SandboxProcess):
    """Framed references name trips and service days of the zip; calls carry platform and order."""
    gtfs = await _zip(sandbox, "railway")
    calls = {(r["trip_id"], r["stop_sequence"]): r["stop_id"] for r in gtfs["stop_times"]}
    period = gtfs["calendar"][0]
    delivery = await _siri(sandbox, siri_request("EstimatedTimetableRequest"))
    journeys = delivery.findall(".//s:EstimatedVehicleJourney", NS)
    assert len(journeys) > 50
    for journey in journeys:
        day = journey.findtext("s:FramedVehicleJourneyRef/s:DataFrameRef", "", NS)
        trip = journey.findtext("s:FramedVehicleJourneyRef/s:DatedVehicleJourneyRef", "", NS)
        assert period["start_date"] <= day.replace("-", "") <= period["end_date"]
        found = journey.findall(".//s:RecordedCall", NS) + journey.findall(".//s:EstimatedCall", NS)
        orders = [call.findtext("s:Order", "", NS) for call in found]
        assert orders == [str(n + 1) for n in range(len(found))]
        for call, order in zip(found, orders, strict=True):
            stop, planned = call.findtext("s:StopPointRef", "", NS), calls[trip, order]
            assert stop.partition("-")[0] == planned.partition("-")[0]
            if call.tag.endswith("EstimatedCall") and stop != planned:
                assert call.findtext(".//s:AimedQuayRef", "", NS) == planned
                assert call.findtext(".//s:ExpectedQuayRef", "", NS) == stop
    names = delivery.findall(".//s:DestinationName", NS)
    assert {name.get("{http://www.w3.org/XML/1998/namespace}lang") for name in names} == {
        "zh",
        "en",
    }


async def test_a_request_can_narrow_the_timetable(sandbox: SandboxProcess):
    """PreviewInterval and Lines narrow the delivery, and the request's identifier comes back."""
    everything = await _siri(sandbox, siri_request("EstimatedTimetableRequest"))
    inside = (
        "<PreviewInterval>PT15M</PreviewInterval><Lines><LineDirection>"
        "<LineRef>HN-G</LineRef></LineDirection></Lines>"
    )
    request = siri_request("EstimatedTimetableRequest", inside, reference="hub-1")
    narrow = await _siri(sandbox, request)
    lines = {line.text for line in narrow.findall(".//s:EstimatedVehicleJourney/s:LineRef", NS)}
    path = ".//s:EstimatedVehicleJourney"
    assert lines == {"HN-G"}
    assert 0 < len(narrow.findall(path, NS)) < len(everything.findall(path, NS))
    assert narrow.findtext(".//s:RequestMessageRef", "", NS) == "hub-1"


async def test_situations_are_bilingual(sandbox: SandboxProcess):
    """A situation has a Chinese and an English summary, a validity and what it affects."""
    delivery = await _siri(sandbox, siri_request("SituationExchangeRequest"))
    situation = delivery.find(".//s:PtSituationElement", NS)
    assert situation is not None
    languages = [
        summary.get("{http://www.w3.org/XML/1998/namespace}lang")
        for summary in situation.findall("s:Summary", NS)
    ]
    assert languages == ["zh", "en"]
    assert situation.find("s:ValidityPeriod/s:EndTime", NS) is not None
    assert situation.findtext(".//s:AffectedStopPoint/s:StopPointRef", "", NS) == "SHH"


@pytest.mark.parametrize("path", ["/railway/siri", "/railway/siri/et", "/railway/siri/sx"])
@pytest.mark.parametrize("kind", BAD_REQUESTS)
async def test_a_bad_request_gets_an_error_condition(sandbox: SandboxProcess, kind: str, path: str):
    """Whatever is wrong with a SIRI request is said in a SIRI ErrorCondition, and no data comes."""
    async with sandbox.client() as client:
        answer = await client.post(path, content=BAD_REQUESTS[kind])
    delivery = etree.fromstring(answer.content)
    assert delivery.findtext("s:ServiceDelivery/s:Status", "", NS) == "false"
    assert delivery.findtext(".//s:ErrorCondition/s:Description", "", NS)
    assert delivery.find(".//s:EstimatedTimetableDelivery", NS) is None


async def test_unknown_paths_and_methods_are_refused(sandbox: SandboxProcess):
    """A dataset that does not exist is 404; a GET on the SIRI endpoint is 405."""
    async with sandbox.client() as client:
        assert (await client.get("/tram/gtfs.zip")).status_code == 404
        assert (await client.get("/railway/gtfs-rt.pb")).status_code == 404
        for path, status, said in (
            ("/railway/siri", 405, "此地址不支持 GET this address does not take GET"),
            ("/nowhere", 404, "没有这个地址"),
        ):
            answer = await client.get(path)
            assert answer.status_code == status
            assert said in answer.json()["error"]


async def test_a_look_at_the_sandbox(sandbox: SandboxProcess):
    """The page is Chinese first and lists every scenario; the status names what runs."""
    async with sandbox.client() as client:
        page, status = (await client.get("/")).text, (await client.get("/status")).json()
    assert page.index("联动沙箱") < page.index("Liandong sandbox</span>")
    assert all(name in page for name in status["scenarios"])
    assert status["feeds"]["railway"]["live"] > 50


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"scenario": "no_such"},
        {"feed": "metro"},
        {"silent": True},
        {"feed": "tram", "silent": True},
        {"feed": "metro", "silent": True, "how": "loudly"},
        {"what": 1},
        [],
    ],
)
async def test_a_wrong_order_changes_nothing(sandbox: SandboxProcess, order: object):
    """A wrong control order is 400 with a reason, and the sandbox goes on as it was."""
    async with sandbox.client() as client:
        answer = await client.post("/control", json=order)
        status = (await client.get("/status")).json()
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert status["scenario"] == "normal_evening_peak"
    assert status["feeds"]["metro"]["silent"] is None


async def test_a_stale_feed_serves_old_bytes(tmp_path: Path):
    """A feed silenced as stale repeats its last message until it may speak again."""
    own = await SandboxProcess.start(tmp_path, "--taxis", "0", "--speed", "60")
    try:
        before = await _feed(own, "metro")
        await own.control(feed="metro", silent=True)
        async with asyncio.timeout(60):
            while (await _feed(own, "coach")).header.timestamp <= before.header.timestamp + 60:
                pass  # every question takes time, and time runs 60 times as fast
        assert await _feed(own, "metro") == before
        await own.control(feed="metro", silent=False)
        assert (await _feed(own, "metro")).header.timestamp > before.header.timestamp
    finally:
        await own.stop()


async def test_a_hanging_feed_answers_when_it_is_let_go(tmp_path: Path):
    """A feed that hangs answers nothing until the order is lifted; the other feeds go on."""
    own = await SandboxProcess.start(tmp_path, "--taxis", "0")
    try:
        await own.control(feed="railway", silent=True, how="hang")
        async with own.client() as client:
            body = siri_request("EstimatedTimetableRequest")
            asked = asyncio.create_task(client.post("/railway/siri", content=body))
            assert (await client.get("/metro/gtfs-rt.pb")).status_code == 200
            assert not asked.done()
            await own.control(feed="railway", silent=False)
            assert (await asked).status_code == 503
            assert (await client.post("/railway/siri", content=body)).status_code == 200
        await own.control(feed="railway", silent=True, how="error")
        async with own.client() as client:
            assert (await client.post("/railway/siri", content=body)).status_code == 503
    finally:
        await own.stop()


async def test_scenarios_are_switched_live(tmp_path: Path):
    """Another scenario is felt within a minute of the simulated clock: trains are cancelled."""
    own = await SandboxProcess.start(tmp_path, "--taxis", "0", "--speed", "60")
    try:
        answer = await own.control(scenario="cancellations")
        assert answer.json()["scenario"] == "cancellations"
        async with asyncio.timeout(60), own.client() as client:
            while True:
                railway = (await client.get("/status")).json()["feeds"]["railway"]
                if railway["cancelled"] > 5:
                    break
        delivery = await _siri(own, siri_request("EstimatedTimetableRequest"))
        cancelled = delivery.xpath(
            "//s:EstimatedVehicleJourney[s:Cancellation='true']", namespaces=NS
        )
        assert cancelled
        assert not any(journey.findall(".//s:ExpectedDepartureTime", NS) for journey in cancelled)
    finally:
        await own.stop()
