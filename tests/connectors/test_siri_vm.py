"""SIRI-VM: vehicles, their journeys, and what is never kept of their drivers."""

import pytest

from connectors import connector
from hub.connector import Batch, Context
from hub.errors import Reason
from hub.model.common import Mode, OccupancyStatus
from hub.model.journeys import CallStatus, DatedJourney, JourneyState
from hub.model.vehicles import VehiclePosition
from tests.connectors.siri_documents import NOW, STAMP, call, context, delivery, read, reasons
from tests.contract.mutations import sample

HERE = "<VehicleLocation><Longitude>121.45</Longitude><Latitude>31.25</Latitude></VehicleLocation>"
FRAMED = (
    "<FramedVehicleJourneyRef><DataFrameRef>2026-03-02</DataFrameRef>"
    "<DatedVehicleJourneyRef>t-G7001</DatedVehicleJourneyRef></FramedVehicleJourneyRef>"
)


def vm(*activities: str, head: str = "") -> str:
    """A VehicleMonitoring document."""
    return delivery("".join(activities), service="VehicleMonitoring", head=head)


def activity(
    journey: str = HERE,
    *,
    vehicle: str | None = "V1",
    head: str = "",
    tail: str = "",
    recorded_at: str = STAMP,
) -> str:
    """A VehicleActivity."""
    named = f"<VehicleRef>{vehicle}</VehicleRef>" if vehicle else ""
    return (
        f"<VehicleActivity><RecordedAtTime>{recorded_at}</RecordedAtTime>{head}"
        f"<MonitoredVehicleJourney>{journey}{named}</MonitoredVehicleJourney>{tail}"
        "</VehicleActivity>"
    )


def bare(**options: object) -> Context:
    """A feed without a timetable."""
    return context("siri_vm", static=False, **options)


def parse(body: str | bytes, where: Context | None = None) -> Batch:
    return read(body, where or bare(), "siri_vm")


def vehicle(batch: Batch) -> VehiclePosition:
    """The one vehicle of a batch."""
    (found,) = [record for record in batch.records if isinstance(record, VehiclePosition)]
    return found


def journeys(batch: Batch) -> list[DatedJourney]:
    return [record for record in batch.records if isinstance(record, DatedJourney)]


def test_a_vehicle_has_its_place_and_what_is_said_of_it() -> None:
    """Position, bearing, speed (m/s to km/h), occupancy, progress, line, stop and alarm."""
    batch = parse(
        vm(
            activity(
                "<LineRef>L1</LineRef><VehicleMode>tram</VehicleMode><InPanic>true</InPanic>"
                f"{HERE}<Bearing>90.5</Bearing><Velocity>10</Velocity><Occupancy>full</Occupancy>"
                "<MonitoredCall><StopPointRef>SHH-1</StopPointRef>"
                "<VehicleAtStop>true</VehicleAtStop></MonitoredCall>",
                head="<ProgressBetweenStops><Percentage>60.5</Percentage></ProgressBetweenStops>",
            )
        )
    )
    found = vehicle(batch)
    assert (found.id, found.mode) == ("railway:V1", Mode.TRAM)
    assert (found.position.lat, found.position.lon) == (31.25, 121.45)
    assert (found.bearing, found.speed_kmh, found.progress) == (90.5, 36.0, 60.5)
    assert found.occupancy is not None
    assert found.occupancy.status is OccupancyStatus.FULL
    assert (found.line_id, found.stop_place_id) == ("railway:L1", "railway:SHH-1")
    assert found.alarms == ("InPanic",)
    assert batch.complete


def test_a_vehicle_is_on_the_journey_it_names() -> None:
    """Framed: the journey's id. With the timetable: the trip's, its line, and the stop's place."""
    stop = "<MonitoredCall><StopPointRef>SZH-1</StopPointRef></MonitoredCall>"
    assert vehicle(parse(vm(activity(FRAMED + HERE)))).journey_id == "railway:t-G7001:2026-03-02"
    batch = parse(vm(activity(FRAMED + HERE + stop)), context("siri_vm"))
    found = vehicle(batch)
    assert (found.journey_id, found.line_id) == ("railway:t-G7001:2026-03-02", "railway:HN")
    assert found.stop_place_id == "railway:SZH"
    assert batch.matched_journeys == 1


def test_an_unframed_reference_names_the_journey_of_the_day() -> None:
    """Without any reference the vehicle is on no journey."""
    unframed = vehicle(parse(vm(activity(f"<VehicleJourneyRef>X</VehicleJourneyRef>{HERE}"))))
    assert unframed.journey_id == "railway:X:2026-03-02"
    assert vehicle(parse(vm(activity()))).journey_id is None


def test_calls_of_the_vehicle_s_journey_are_told_too() -> None:
    """Onward calls that say something become the journey's calls; a bare stop says nothing."""
    onward = call("SZH-1", kind="OnwardCall", ExpectedArrivalTime="12:45:00") + call(
        "NJH-1", kind="OnwardCall"
    )
    body = vm(activity(f"{FRAMED}{HERE}<OnwardCalls>{onward}</OnwardCalls>"))
    (told,) = journeys(parse(body))
    assert [made.stop_place_id for made in told.calls] == ["railway:SZH-1"]
    (matched,) = journeys(parse(body, context("siri_vm")))
    assert matched.calls[0].status is CallStatus.DELAYED
    assert journeys(parse(body, bare(calls=False))) == []


def test_a_vehicle_at_a_stop_is_under_way_in_the_mode_of_its_line() -> None:
    """No time needs to be told of a call that is reached; nor the mode, which the timetable has."""
    at_stop = (
        "<MonitoredCall><StopPointRef>SZH-1</StopPointRef><VehicleAtStop>true</VehicleAtStop>"
        "</MonitoredCall>"
    )
    batch = parse(vm(activity(FRAMED + HERE + at_stop)), context("siri_vm"))
    (told,) = journeys(batch)
    assert (told.calls[0].status, told.state) == (CallStatus.ARRIVED, JourneyState.RUNNING)
    assert (told.mode, vehicle(batch).mode) == (Mode.RAIL, Mode.RAIL)


def test_coupled_vehicles_tell_of_one_journey() -> None:
    """Two vehicles, one record of the journey: the newer message's."""
    onward = "<OnwardCalls>{}</OnwardCalls>"
    old = onward.format(call("SZH-1", kind="OnwardCall", ExpectedArrivalTime="12:41:00"))
    new = onward.format(call("SZH-1", kind="OnwardCall", ExpectedArrivalTime="12:45:00"))
    early = "2026-03-02T11:59:00+08:00"
    batch = parse(
        vm(
            activity(FRAMED + HERE + new, vehicle="V1"),
            activity(FRAMED + HERE + old, vehicle="V2", recorded_at=early),
        )
    )
    (told,) = journeys(batch)
    assert told.calls[0].expected.arrival is not None
    assert told.calls[0].expected.arrival.minute == 45
    assert (batch.accepted, len(batch.records)) == (2, 3)


@pytest.mark.parametrize(
    ("journey", "reason"),
    [
        ("", Reason.POSITION_NOT_FIXED),
        (HERE.replace("31.25", "0").replace("121.45", "0"), Reason.POSITION_OUT_OF_RANGE),
        (HERE.replace("121.45", "220"), Reason.POSITION_OUT_OF_RANGE),
        (HERE.replace("31.25", "north"), Reason.POSITION_NOT_FIXED),
    ],
)
def test_a_vehicle_that_is_nowhere_is_refused(journey: str, reason: Reason) -> None:
    """No coordinates, 0/0, off the Earth, no numbers; the others stand."""
    batch = parse(vm(activity(journey), activity(vehicle="V2")))
    assert reasons(batch.rejects) == [reason]
    assert vehicle(batch).native_id == "V2"


def test_times_that_cannot_be_refuse_the_vehicle() -> None:
    """Recorded in the future, or before 2000; without a time it is as old as its delivery."""
    batch = parse(
        vm(
            activity(vehicle="V1", recorded_at="2026-03-02T12:30:00+08:00"),
            activity(vehicle="V2", recorded_at="1970-01-01T00:00:00Z"),
            activity(vehicle="V3", recorded_at=""),
        )
    )
    assert reasons(batch.rejects) == [Reason.TIMESTAMP_IN_FUTURE, Reason.TIMESTAMP_EPOCH]
    assert vehicle(batch).observed_at == batch.as_of


def test_of_two_messages_about_one_vehicle_the_newer_counts() -> None:
    """The other is a DUPLICATE, whichever comes first."""
    old = activity(recorded_at="2026-03-02T11:50:00+08:00")
    new = activity(HERE.replace("31.25", "31.5"))
    for pair in ((old, new), (new, old)):
        batch = parse(vm(*pair))
        assert vehicle(batch).position.lat == 31.5
        assert reasons(batch.rejects) == [Reason.DUPLICATE]


def test_a_vehicle_without_a_number_goes_by_its_journey() -> None:
    """ItemIdentifier is another in every message: it names no vehicle."""
    item = "<ItemIdentifier>uuid</ItemIdentifier>"
    assert vehicle(parse(vm(activity(FRAMED + HERE, vehicle=None)))).native_id == "t-G7001"
    batch = parse(vm(activity(vehicle=None, head=item)))
    assert reasons(batch.rejects) == [Reason.MISSING_FIELD]


def test_valid_until_without_a_zone_is_not_guessed_at() -> None:
    """Read in the feed's zone it would be hours off: a note, and the vehicle stands."""
    batch = parse(vm(activity(head="<ValidUntilTime>2026-03-02T12:07:00.971260</ValidUntilTime>")))
    assert reasons(batch.notes) == [Reason.BAD_VALUE]
    assert vehicle(batch)
    over = activity(head="<ValidUntilTime>2026-03-02T11:00:00+08:00</ValidUntilTime>")
    assert reasons(parse(vm(over)).notes) == [Reason.TIME_ORDER]


def test_nothing_of_a_driver_is_kept() -> None:
    """DriverRef and DriverName, in the journey or in Extensions, are in no record and no note."""
    driver = "<DriverRef>D-850214</DriverRef><DriverName>王小明</DriverName>"
    extensions = f"<Extensions><VehicleJourney>{driver}</VehicleJourney></Extensions>"
    batch = parse(vm(activity(HERE + driver, tail=extensions)))
    assert "850214" not in repr(batch)
    assert "王小明" not in repr(batch)
    assert "DriverRef" in connector("siri_vm").manifest.drops


def test_a_cancelled_activity_takes_back_vehicle_and_journey() -> None:
    """By VehicleMonitoringRef and by journey; not what the same message tells."""
    framed = FRAMED.replace("FramedVehicleJourneyRef>", "VehicleJourneyRef>")
    gone = (
        "<VehicleActivityCancellation><VehicleMonitoringRef>V1</VehicleMonitoringRef>"
        f"{framed}</VehicleActivityCancellation>"
    )
    assert parse(vm(gone)).withdrawn == [
        "railway:V1",
        "railway:t-G7001",
        "railway:t-G7001:2026-03-02",
    ]
    assert "railway:V1" not in parse(vm(activity(), gone)).withdrawn


def test_a_cancelled_activity_names_a_matched_journey_as_it_was_told() -> None:
    """A journey matched by its number goes by the source's own id, and not while it is told."""
    framed = FRAMED.replace("t-G7001", "X1")
    number = "<TrainNumbers><TrainNumberRef>G7001</TrainNumberRef></TrainNumbers>"
    told = "<MonitoredCall><StopPointRef>SHH-1</StopPointRef><ExpectedDepartureTime>"
    told += "2026-03-02T12:15:00+08:00</ExpectedDepartureTime></MonitoredCall>"
    one = activity(framed + number + HERE + told)
    gone = (
        "<VehicleActivityCancellation>"
        f"{framed.replace('FramedVehicleJourneyRef>', 'VehicleJourneyRef>')}"
        "</VehicleActivityCancellation>"
    )
    matched = context("siri_vm")
    (record,) = journeys(parse(vm(one), matched))
    assert (record.native_id, record.told_as) == ("t-G7001", "railway:X1:2026-03-02")
    assert record.told_as in parse(vm(gone), matched).withdrawn
    assert record.told_as not in parse(vm(one, gone), matched).withdrawn


def test_a_poll_asks_for_the_lines_it_is_told_of() -> None:
    """One VehicleMonitoringRequest a line, or one for all."""
    request = connector("siri_vm").request
    assert request is not None
    body = request(bare(line_refs=["1", "2"]), NOW).body or b""
    assert body.count(b"<VehicleMonitoringRequest ") == 2
    assert b"<LineRef>2</LineRef>" in body
    assert (request(bare(), NOW).body or b"").count(b"<VehicleMonitoringRequest ") == 1


@pytest.mark.samples
def test_the_british_file() -> None:
    """BODS: two buses on their journeys, ValidUntilTime without a zone, the drivers dropped."""
    body = sample("siri/bods-vm.xml")
    batch = parse(body)
    first, second = batch.records
    assert isinstance(first, VehiclePosition)
    assert isinstance(second, VehiclePosition)
    assert (first.native_id, first.journey_id) == ("STWS-37498", "railway:65:2023-01-25")
    assert (first.bearing, first.position.lat) == (222.0, 55.6348305)
    assert second.native_id == "SBLB-14051"
    assert reasons(batch.notes) == [Reason.BAD_VALUE, Reason.BAD_VALUE]
    for driver in ("850214", "87117"):
        assert driver.encode() in body
        assert driver not in repr(batch)


@pytest.mark.samples
def test_the_occupancy_example() -> None:
    """No location, no vehicle: the train's next call, how full second class will be."""
    batch = parse(sample("siri/occupancy-exv_vehicleMonitoring_response.xml"))
    (told,) = journeys(batch)
    assert len(batch.records) == 1
    assert told.public_code == "504"
    (made,) = told.calls
    assert made.occupancy is not None
    assert made.occupancy.status is OccupancyStatus.MANY_SEATS_AVAILABLE
    assert made.occupancy.percent == 24
