"""SIRI-ET against a timetable: which trip a journey is, and on which service day."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from connectors import connector
from hub.connector import Batch, Envelope
from hub.errors import Reason
from hub.model.common import Name
from hub.model.journeys import CallStatus
from tests.connectors.siri_documents import NOW, call, context, et, g7001, journey, only, read
from tests.contract.mutations import sample

FRAMED = (
    "<FramedVehicleJourneyRef><DataFrameRef>{day}</DataFrameRef>"
    "<DatedVehicleJourneyRef>{ref}</DatedVehicleJourneyRef></FramedVehicleJourneyRef>"
)


def night(*, day: str | None = None) -> str:
    """The Sunday train t-night, which reaches Nanjing at 01:10 on Monday, seen after midnight."""
    arrival = call(
        "NJH-1", AimedArrivalTime="2026-03-02T01:10:00+08:00", ExpectedArrivalTime="01:20:00"
    )
    if day is None:
        return journey(arrival, ref="t-night")
    return journey(arrival, ref=None, head=FRAMED.format(day=day, ref="t-night"))


def test_a_reference_that_is_a_trip_id_matches() -> None:
    """A matched journey takes the trip's id, line, names and orders from the timetable."""
    batch = read(et(journey(*g7001())))
    record = only(batch)
    assert record.id == "railway:t-G7001:2026-03-02"
    assert record.native_id == "t-G7001"
    assert record.line is not None
    assert (record.line.id, record.line.public_code) == ("railway:HN", "沪宁")
    assert record.public_code == "G7001"
    assert record.origin == Name(zh="上海站")
    assert [made.order for made in record.calls] == [10, 20, 30]
    assert [made.stop_place_id for made in record.calls] == [
        "railway:SHH", "railway:SZH", "railway:NJH"
    ]  # fmt: skip
    assert (batch.matched_journeys, batch.matched_stops) == (1, 3)


@pytest.mark.parametrize(
    "head",
    [
        "<TrainNumbers><TrainNumberRef>G7001</TrainNumberRef></TrainNumbers>",
        "<TrainNumber><TrainNumberRef>G7001</TrainNumberRef></TrainNumber>",
    ],
)
def test_a_train_number_matches_trip_short_name(head: str) -> None:
    """The number on the train finds the trip where the reference does not."""
    assert only(read(et(journey(*g7001(), ref="55D1", head=head)))).native_id == "t-G7001"


def test_a_reference_that_is_a_train_number_matches_trip_short_name() -> None:
    """Some producers put the number, with or without a date, into the reference itself."""
    for ref in ("G7001", "G7001:2026-03-02"):
        assert only(read(et(journey(*g7001(), ref=ref)))).native_id == "t-G7001"


def test_which_element_is_the_train_number_is_configuration() -> None:
    """VehicleRef is a train number for some producers only: it counts when the feed says so."""
    document = et(journey(call("SZH-1", AimedDepartureTime="12:42:00"), ref="55D1",
                          head="<VehicleRef>G7001</VehicleRef>"))  # fmt: skip
    assert only(read(document)).native_id == "55D1"
    told = context(train_number_from=("VehicleRef",))
    assert only(read(document, told)).native_id == "t-G7001"


def test_a_train_number_at_foreign_stops_is_another_train() -> None:
    """A trip_short_name alone is no match: the journey must serve one of the trip's stops."""
    foreign = journey(call("XXX", AimedDepartureTime="12:10:00"), ref="G7001")
    assert read(et(foreign)).matched_journeys == 0


def test_equal_ends_on_the_same_line_match() -> None:
    """Origin, destination and both aimed times, to the second, on the journey's line."""
    head = "<LineRef>HN</LineRef>"
    assert only(read(et(journey(*g7001(), ref="A1", head=head)))).native_id == "t-G7001"
    without_line = et(journey(*g7001(), ref="A1"))
    assert only(read(without_line)).native_id == "t-G7001"


@pytest.mark.parametrize("line", ["HH", "unknown"])
def test_equal_ends_on_another_line_do_not_match(line: str) -> None:
    """A LineRef of another line, or one the timetable does not know, rules the trip out."""
    document = et(journey(*g7001(), ref="A1", head=f"<LineRef>{line}</LineRef>"))
    assert only(read(document)).native_id == "A1"


def test_a_second_s_difference_is_no_match_by_times() -> None:
    """Matching by times is exact; nothing near is taken for equal."""
    _, second, third = g7001()
    late = call("SHH-1", AimedDepartureTime="12:10:01")
    assert only(read(et(journey(late, second, third, ref="A1")))).native_id == "A1"


def test_several_trips_are_no_match() -> None:
    """Two trips that answer equally leave the journey under its own reference, with a note."""
    ends = (
        call("SHH-1", AimedDepartureTime="16:00:00"),
        call("NJH-1", AimedArrivalTime="17:00:00"),
    )
    for ref in ("G7200", "A1"):
        batch = read(et(journey(*ends, ref=ref)))
        assert only(batch).id == f"railway:{ref}:2026-03-02"
        assert [note.reason for note in batch.notes] == [Reason.AMBIGUOUS_MATCH]
        assert "t-twin-a, t-twin-b" in batch.notes[0].detail


def test_the_methods_are_configuration() -> None:
    """A method the feed does not list is not tried."""
    document = et(journey(*g7001(), ref="A1"))
    assert read(document, context(matching=("trip_id", "short_name"))).matched_journeys == 0
    assert read(document, context(matching=("times",))).matched_journeys == 1
    assert read(et(journey(*g7001())), context(matching=())).matched_journeys == 0


def test_a_train_past_midnight_belongs_to_the_day_before() -> None:
    """The timetable plans the call at 25:10 of Sunday, so Monday 01:10 is Sunday's train."""
    record = only(read(et(night())))
    assert record.service_date == date(2026, 3, 1)
    assert record.id == "railway:t-night:2026-03-01"
    assert record.calls[0].order == 20
    assert record.calls[0].status is CallStatus.DELAYED


def test_the_timetable_overrules_a_calendar_date() -> None:
    """A DataFrameRef that is the calendar day does not move a train to a day it does not run on."""
    assert only(read(et(night(day="2026-03-02")))).service_date == date(2026, 3, 1)
    assert only(read(et(night(day="2026-03-01")))).service_date == date(2026, 3, 1)


def test_a_trip_that_does_not_run_that_day_is_not_matched() -> None:
    """The Sunday train on a Wednesday is a journey of its own."""
    wednesday = call("SHH-1", AimedDepartureTime="2026-03-04T23:50:00+08:00")
    batch = read(et(journey(wednesday, ref="t-night")))
    assert batch.matched_journeys == 0
    assert only(batch).service_date == date(2026, 3, 4)


@pytest.mark.parametrize("frame", ["yesterday", "9999-12-31", "0001-01-01", ""])
def test_a_data_frame_that_is_no_date_is_not_believed(frame: str) -> None:
    """DataFrameRef may be any token: the first aimed time then tells the service day."""
    head = FRAMED.format(day=frame, ref="A9")
    stop = call("SHH-1", AimedDepartureTime="12:10:00")
    assert only(read(et(journey(stop, ref=None, head=head)))).service_date == date(2026, 3, 2)


def test_the_date_in_a_reference_is_the_service_day() -> None:
    """BaneNOR dates its references; the id of an unmatched journey holds the date once."""
    document = et(journey(call("SHH-1", AimedDepartureTime="00:10:00"), ref="45951:2026-03-01"))
    record = only(read(document))
    assert record.id == "railway:45951:2026-03-01"
    assert record.native_id == "45951:2026-03-01"


def test_a_journey_that_nothing_dates_takes_the_day_of_its_message() -> None:
    """That is said in a note, because it is the weakest of the four rules."""
    batch = read(et(journey(ref="00009", head="<Cancellation>true</Cancellation>")))
    assert only(batch).id == "railway:00009:2026-03-02"
    assert [note.reason for note in batch.notes] == [Reason.TIMESTAMP_MISSING]


def test_a_pattern_takes_references_apart() -> None:
    """`ref_pattern` reads a producer's own way to write journey and day."""
    told = context(ref_pattern=r"(?P<date>\d{4}-\d\d-\d\d)/(?P<ref>.+)", static=False)
    record = only(read(et(journey(*g7001(), ref="2026-02-28/D1")), told))
    assert record.id == "railway:D1:2026-02-28"


def test_a_pattern_without_the_reference_is_refused() -> None:
    """A regular expression that names no journey is a configuration error, not a silent one."""
    with pytest.raises(ValueError, match=r"\(\?P<ref>"):
        context(ref_pattern=r"\d+")


def test_a_line_written_twice_is_one_line() -> None:
    """BaneNOR's "A$A" is A, and its "X:Line:-" is no line."""
    stop = call("QQQ", AimedDepartureTime="12:10:00")
    twice = journey(stop, ref="N1", head="<LineRef>NSB:Line:L13$NSB:Line:L13</LineRef>")
    record = only(read(et(twice)))
    assert record.line is not None
    assert (record.line.id, record.line.public_code) == ("railway:NSB:Line:L13", "L13")
    none = journey(stop, ref="N2", head="<LineRef>GC:Line:-$GC:Line:-</LineRef>")
    assert only(read(et(none))).line is None


@pytest.mark.samples
def test_the_airport_trains_match_their_timetable() -> None:
    """All 11 FLY journeys of the railway file are trips of Flytoget's GTFS, found by times."""
    batch = _flytoget()
    found = [r for r in batch.records if r.id.startswith("railway:FLT:ServiceJourney:")]
    assert batch.matched_journeys == len(found) == 11
    trains = [(record, (record.vehicle_ref or "").removeprefix("railway:")) for record in found]
    assert all(record.id.endswith(f"-{train}:2018-08-28") for record, train in trains)
    assert {made.stop_place_id.split(":")[2] for r in found for made in r.calls} == {"StopPlace"}
    assert all([made.order for made in r.calls] == list(range(len(r.calls))) for r in found)
    assert _flytoget(matching=("trip_id", "short_name")).matched_journeys == 0


@pytest.mark.samples
def test_the_airport_trains_show_their_platform_changes() -> None:
    """Train 3520 was planned from platform 2 of Oslo S and left from 6."""
    train = next(record for record in _flytoget().records if record.vehicle_ref == "railway:3520")
    oslo = train.calls[1]
    assert (oslo.stop_name.best, oslo.planned_platform, oslo.actual_platform) == (
        "Oslo S",
        "2",
        "6",
    )


def _flytoget(**options: object) -> Batch:
    found = connector("siri_et")
    assert found.load_reference is not None
    oslo = replace(context(static=False, **options), timezone=ZoneInfo("Europe/Oslo"))
    zipped = Envelope(sample("gtfs/flytoget-2018.zip"), NOW)
    oslo = replace(oslo, reference=found.load_reference(zipped, oslo))
    return read(sample("siri/banenor-et-20180828.xml"), oslo)
