"""Every sample the five kinds can read, with what it must give.

Expected values come from outside this project wherever there is an outside: upstream's own JSON
dump beside a protobuf file, the elements counted in the text of an XML file, MANIFEST.md.
"""

import json
import re
from dataclasses import dataclass, field

import pytest
from google.protobuf import json_format
from google.transit import gtfs_realtime_pb2

from connectors import REGISTRY, connector
from hub.errors import PayloadError
from hub.ingest.check import Report, check
from hub.settings import samples_dir
from tests.contract.mutations import OPTIONS, sample, sample_path

pytestmark = pytest.mark.samples


@dataclass(frozen=True)
class Row:
    """One sample and what `feed check` must say of it; `accepted` None: what is not rejected."""

    kind: str
    file: str
    entities: int
    accepted: int | None = None
    records: dict[str, int] = field(default_factory=dict)
    matched: dict[str, int] = field(default_factory=dict)
    static: str | None = None
    timezone: str | None = None


TABLE = [
    Row(
        "gtfs_rt",
        "gtfs-rt/caltrain-trip-updates.pb",
        19,
        19,
        {"DatedJourney": 19},
        {"journeys": 19, "stops": 220},
        static="gtfs/caltrain-2023.zip",
    ),
    Row(
        "gtfs_rt",
        "gtfs-rt/caltrain-trip-updates.pb.json",
        19,
        19,
        {"DatedJourney": 19},
        {"journeys": 19, "stops": 220},
        static="gtfs/caltrain-2023.zip",
    ),
    Row("gtfs_rt", "gtfs-rt/caltrain-vehicle-positions.pb", 14, 14, {"VehiclePosition": 14}),
    Row("gtfs_rt", "gtfs-rt/caltrain-vehicle-positions.pb.json", 14, 14, {"VehiclePosition": 14}),
    Row("gtfs_rt", "gtfs-rt/caltrain-service-alerts.pb", 0, 0),
    Row("gtfs_rt", "gtfs-rt/CT-missing-trip.json", 1, static="gtfs/caltrain-2018.zip"),
    Row("gtfs_rt", "gtfs-rt/BA-added.json", 4, static="gtfs/bart-2018.zip"),
    Row("gtfs_rt", "gtfs-rt/nyc-subway-a_division.pb", 460),
    Row("gtfs_rt", "gtfs-rt/kcm-vehicles-1531Z.pb", 627, records={"VehiclePosition": 627}),
    Row("gtfs_rt", "gtfs-rt/mmri-3e-canceled.pb", 1),
    Row("gtfs_rt", "gtfs-rt/alerts.asciipb", 1, 1, {"Situation": 1}),
    Row("gtfs_rt", "gtfs-rt/trip-updates-full.asciipb", 2, 2, {"DatedJourney": 2}),
    Row(
        "siri_et",
        "siri/banenor-et-20180828.xml",
        144,
        144,
        {"DatedJourney": 144, "Call": 1064 + 897},
    ),
    Row(
        "siri_et",
        "siri/banenor-et-20180828.xml",
        144,
        144,
        {"DatedJourney": 144, "Call": 1064 + 897},
        {"journeys": 11},
        static="gtfs/flytoget-2018.zip",
        timezone="Europe/Oslo",
    ),
    Row(
        "siri_et", "siri/ext_estimatedTimetable_response.xml", 2, 2, {"DatedJourney": 2, "Call": 3}
    ),
    Row("siri_sm", "siri/exs_stopMonitoring_response.xml", 2, 1, {"DatedJourney": 1, "Call": 3}),
    Row(
        "siri_vm",
        "siri/exv_vehicleMonitoring_response.xml",
        2,
        2,
        {"VehiclePosition": 2, "DatedJourney": 1, "Call": 2},
    ),
    Row(
        "siri_vm",
        "siri/occupancy-exv_vehicleMonitoring_response.xml",
        1,
        1,
        {"DatedJourney": 1, "Call": 1},
    ),
    Row("siri_vm", "siri/bods-vm.xml", 2, 2, {"VehiclePosition": 2}),
    Row("siri_fm", "siri/exf_facilityMonitoring_response.xml", 1, 1, {"FacilityCondition": 1}),
    Row("siri_sx", "siri/exx_situationExchange_response.xml", 2, 2, {"Situation": 2}),
    Row("siri_sx", "siri/SX_1010_first_message.xml", 1, 1, {"Situation": 1}),
    Row("siri_sx", "siri/SX_1022_main_message.xml", 1, 1, {"Situation": 1}),
    Row(
        "datex2_parking",
        "datex2-parking/aachen-static.xml",
        17,
        17,
        {"ParkingFacility": 17},
    ),
    Row(
        "datex2_parking",
        "datex2-parking/aachen-realtime.xml",
        17,
        17,
        {"ParkingStatus": 17},
    ),
    Row(
        "datex2_parking",
        "datex2-parking/aachen-realtime.xml",
        17,
        17,
        {"ParkingStatus": 17},
        {"stops": 17},
        static="datex2-parking/aachen-static.xml",
    ),
    Row(
        "datex2_parking",
        "datex2-parking/vrs_kirchheim-static.xml",
        2,
        2,
        {"ParkingFacility": 2},
    ),
    Row(
        "datex2_parking",
        "datex2-parking/vrs_kirchheim-realtime.xml",
        2,
        2,
        {"ParkingStatus": 2},
    ),
    Row(
        "datex2_parking",
        "datex2-parking/vrs_kirchheim-realtime.xml",
        2,
        2,
        {"ParkingStatus": 2},
        {"stops": 2},
        static="datex2-parking/vrs_kirchheim-static.xml",
    ),
    Row(
        "parkapi",
        "parkapi-json/parkapi-reutlingen.json",
        30,
        30,
        {"ParkingFacility": 30, "ParkingStatus": 30},
    ),
    Row("mds", "mds/stop.json", 9, 9, {"StopPlace": 9}),
    Row("gbfs", "gbfs/helsinki-v2-gbfs.json", 12, 5, {"SharingStation": 5}, {"stops": 5}),
    Row("gbfs", "gbfs/helsinki-v2-station_information.json", 10, 5, {"SharingStation": 5}),
    Row("gbfs", "gbfs/helsinki-v2-station_status.json", 10, 10, {"SharingStation": 10}),
    Row(
        "gbfs",
        "gbfs/helsinki-v2-station_status.json",
        10,
        5,
        {"SharingStation": 5},
        {"stops": 5},
        static="gbfs/helsinki-v2-station_information.json",
    ),
    Row("gbfs", "gbfs/helsinki-v2-system_information.json", 0, 0),
    Row("gbfs", "gbfs/dupstations-v3-gbfs.json", 4, 3, {"SharingStation": 3}, {"stops": 3}),
    Row("gbfs", "gbfs/dupstations-v3-station_information.json", 3, 3, {"SharingStation": 3}),
    Row("gbfs", "gbfs/dupstations-v3-station_status.json", 4, 3, {"SharingStation": 3}),
    Row("gbfs", "gbfs/dupstations-v3-system_information.json", 0, 0),
    Row("jtt905", "jtt905/jt905-frames.tsv", 30),
    Row("jtt808", "jtt808/traccar-frames.tsv", 60, 33, {"VehiclePosition": 35}),
    Row("jtt809", "jtt809/jt809-frames.tsv", 17, 6, {}),
    Row("netex", "netex/nordic-stops.xml", 8, 8, {"StopPlace": 8, "Quay": 16}),
    Row("netex", "netex/nordic-line12.xml", 2 + 1, 1, {"Line": 1}),
    Row(
        "transxchange",
        "coach-transxchange/flixbus-UK021-london-liverpool.xml",
        36 + 7 + 1,
        44,
        {"StopPlace": 7, "Line": 1},
        timezone="Europe/London",
    ),
    Row("gtfs", "gtfs/caltrain-2023.zip", 9 + 176 + 109, 9 + 176 + 109, {"Line": 9}),
    Row("gtfs", "gtfs/flytoget-2018.zip", 3 + 264 + 71, 3 + 264 + 71, {"Line": 3}),
    Row("gtfs", "gtfs/bart-2018.zip", 6 + 2525 + 50, records={"Line": 6}),
    Row("gtfs", "gtfs/caltrain-2018.zip", 6 + 185 + 64, records={"Line": 6}),
    Row("gtfs", "gtfs/example-errors.zip", 5 + 11 + 9),
    *(
        Row("cap", f"cap/{name}", count, count, {"Situation": count})
        for name, count in (
            ("NOAA_MultiplePolygons.txt", 1),
            ("australia.cap", 1),
            ("canada.cap", 1),
            ("canada_errors.cap", 1),
            ("iceland_met_office.cap", 1),
            ("invalid.cap", 1),
            ("smhi.se.alerts.cap", 17),
            ("taiwan.cap", 1),
            ("weather.atom", 1),
        )
    ),
    Row("cap", "cap/no_info_tag.cap", 1, 1, {}),
    Row("cap", "edxl-de/bushfire_valid.edxlde", 7, 7, {"Situation": 7}),
    Row(
        "mapped",
        "parkapi-json/parkapi-reutlingen.json",
        30,
        30,
        {"ParkingFacility": 30, "ParkingStatus": 30},
    ),
    Row(
        "coach_profile",
        "connectors/coach_profile/examples/day.json",
        5,
        5,
        {"DatedJourney": 5, "Call": 5},
    ),
]
REFUSED = [
    ("datex2_parking", "siri/exf_facilityMonitoring_response.xml"),
    ("gbfs", "parkapi-json/parkapi-reutlingen.json"),
    ("gbfs", "mds/stop.json"),
    ("gtfs", "gtfs/invalid.zip"),
    ("gtfs_rt", "gtfs-rt/invalid.pb"),
    ("gtfs_rt", "gtfs/caltrain-2023.zip"),
    ("netex", "coach-transxchange/flixbus-UK021-london-liverpool.xml"),
    ("transxchange", "netex/nordic-stops.xml"),
    ("siri_et", "siri/exx_situationExchange_response.xml"),
    ("siri_et", "siri/exs_stopMonitoring_response.xml"),
    ("siri_et", "siri/exa_checkStatus_response.xml"),
    ("siri_sx", "siri/ext_estimatedTimetable_response.xml"),
    ("siri_sm", "siri/exs_stopMonitoring_subscriptionRequest.xml"),
    ("siri_sx", "siri/exa_heartbeat_request.xml"),
    ("mapped", "gbfs/helsinki-v2-station_status.json"),
    ("cap", "siri/exx_situationExchange_response.xml"),
    ("siri_vm", "siri/exs_stopMonitoring_response.xml"),
    ("cap", "siri/exx_situationExchange_response.xml"),
]
"""Samples that are something else than the kind reads, or broken on purpose."""


def run(kind: str, file: str, static: str | None = None, timezone: str | None = None) -> Report:
    """`feed check` of a sample."""
    base = samples_dir()
    return check(
        connector(kind),
        str(sample_path(file)),
        static=str(base / static) if static else None,
        timezone=timezone,
        options=OPTIONS.get(kind),
    )


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.kind} {row.file} {row.static or ''}")
def test_a_sample_gives_what_it_holds(row: Row) -> None:
    """Entities, records and matches of a real payload are what its publisher put into it."""
    found = run(row.kind, row.file, row.static, row.timezone)
    assert found.entities == row.entities
    assert found.accepted + sum(found.rejected.values()) == row.entities
    assert row.accepted in {None, found.accepted}, found.rejected
    assert found.records | row.records == found.records
    assert found.matched | row.matched == found.matched
    assert list(found.to_json()) == [
        "kind", "entities", "accepted", "rejected", "records", "matched", "as_of", "notes"
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "file"), REFUSED)
def test_a_payload_of_another_sort_is_refused_in_one_line(kind: str, file: str) -> None:
    """What a kind does not read does not decode; the reason fits on a line."""
    with pytest.raises(PayloadError) as caught:
        run(kind, file)
    assert "\n" not in str(caught.value)


def test_every_kind_has_a_row() -> None:
    """No kind of the registry is without a sample in the table."""
    assert {row.kind for row in TABLE} == set(REGISTRY)


def test_caltrain_agrees_with_its_publisher_s_own_json() -> None:
    """Every StopTimeUpdate that upstream's JSON dump lists is matched to a planned call.

    There may be more calls than updates: GTFS Realtime has a delay hold for the stops behind it.
    """
    upstream = json.loads(sample("gtfs-rt/caltrain-trip-updates.pb.json"))
    entities = upstream["entity"]
    updates = [entity.get("tripUpdate") or entity["trip_update"] for entity in entities]
    calls = sum(len(u.get("stopTimeUpdate") or u["stop_time_update"]) for u in updates)
    found = run("gtfs_rt", "gtfs-rt/caltrain-trip-updates.pb", "gtfs/caltrain-2023.zip")
    assert found.entities == found.matched["journeys"] == len(entities) == 19
    assert found.matched["stops"] == calls == 220
    assert found.records["Call"] >= calls


@pytest.mark.parametrize("name", ["caltrain-trip-updates", "caltrain-vehicle-positions"])
def test_protobuf_and_its_json_read_the_same(name: str) -> None:
    """One message gives one report, whichever of its two encodings it comes in."""
    static = "gtfs/caltrain-2023.zip"
    binary = run("gtfs_rt", f"gtfs-rt/{name}.pb", static)
    text = run("gtfs_rt", f"gtfs-rt/{name}.pb.json", static)
    message = gtfs_realtime_pb2.FeedMessage()
    json_format.Parse(sample(f"gtfs-rt/{name}.pb.json"), message)
    assert message == gtfs_realtime_pb2.FeedMessage.FromString(sample(f"gtfs-rt/{name}.pb"))
    assert binary == text


def test_the_railway_file_gives_every_element_it_has() -> None:
    """As many journeys, calls and cancellations as elements of those names in the text."""
    text = sample("siri/banenor-et-20180828.xml").decode()
    found = run("siri_et", "siri/banenor-et-20180828.xml")
    assert found.entities == text.count("<EstimatedVehicleJourney>") == 144
    calls = len(re.findall(r"<(?:Estimated|Recorded)Call>", text))
    assert found.records["Call"] == calls == 1961
