"""Which visit of a trip a SIRI call is: ET, SM and VM ask the one rule, hub.rules.visits."""

from dataclasses import replace

import pytest

from connectors import connector
from hub.connector import Batch
from hub.errors import Reason
from hub.ingest.check import check
from hub.model.journeys import Call, CallStatus, DatedJourney, JourneyState, Times
from tests.connectors.siri_documents import (
    at,
    call,
    calls,
    context,
    delivery,
    et,
    g7001,
    journey,
    past,
    read,
    reasons,
)
from tests.connectors.siri_documents import only as only_record
from tests.contract.mutations import sample_path

FRAMED = (
    "<FramedVehicleJourneyRef><DataFrameRef>2026-03-02</DataFrameRef>"
    "<DatedVehicleJourneyRef>t-loop</DatedVehicleJourneyRef></FramedVehicleJourneyRef>"
)
"""The loop: Shanghai 14:00, Suzhou 14:30 to 14:31, Shanghai again 15:00."""


def loop_et(*told: str) -> Batch:
    return read(et(journey(*told, ref=None, head=FRAMED)))


def loop_sm(monitored: str) -> Batch:
    visit = (
        "<MonitoredStopVisit><RecordedAtTime>2026-03-02T11:59:50+08:00</RecordedAtTime>"
        "<ItemIdentifier>i</ItemIdentifier><MonitoringRef>SHH</MonitoringRef>"
        f"<MonitoredVehicleJourney>{FRAMED}{monitored}</MonitoredVehicleJourney>"
        "</MonitoredStopVisit>"
    )
    return read(delivery(visit, service="StopMonitoring"), context("siri_sm"), "siri_sm")


def loop_vm(told: str) -> Batch:
    activity = (
        "<VehicleActivity><RecordedAtTime>2026-03-02T11:59:50+08:00</RecordedAtTime>"
        f"<MonitoredVehicleJourney>{FRAMED}<VehicleRef>V1</VehicleRef>{told}"
        "</MonitoredVehicleJourney></VehicleActivity>"
    )
    return read(delivery(activity, service="VehicleMonitoring"), context("siri_vm"), "siri_vm")


def monitored(stop: str, **elements: object) -> str:
    return call(stop, kind="MonitoredCall", **elements)


SECOND = [
    {"Order": 30, "ExpectedArrivalTime": "15:04:00"},
    {"Order": 3, "ExpectedArrivalTime": "15:04:00"},
    {"VisitNumber": 2, "ExpectedArrivalTime": "15:04:00"},
    {"AimedArrivalTime": "15:00:00", "ExpectedArrivalTime": "15:04:00"},
    {"VisitNumber": 1, "AimedArrivalTime": "15:00:00", "ExpectedArrivalTime": "15:04:00"},
]


@pytest.mark.parametrize("elements", SECOND)
@pytest.mark.parametrize("stop", ["SHH", "SHH-1", "SHH-2"])
def test_a_second_visit_alone_is_the_second_call(elements, stop) -> None:
    """By Order (the plan's, or counted), VisitNumber or aimed time, at station or platform."""
    told = [
        loop_et(call(stop, **elements)),
        loop_sm(monitored(stop, **elements)),
        loop_vm(monitored(stop, **elements)),
    ]
    for batch in told:
        (made,) = calls(batch)
        assert (made.order, made.stop_place_id) == (30, "railway:SHH")
        assert made.expected.arrival == at("15:04:00")
        assert batch.notes == []


@pytest.mark.parametrize("parse", [loop_et, loop_sm, loop_vm])
def test_a_call_that_could_be_two_is_noted_and_has_no_time(parse) -> None:
    """A prediction alone may be either visit: nothing is stored of it, and that is said."""
    kind = "EstimatedCall" if parse is loop_et else "MonitoredCall"
    batch = parse(call("SHH", kind=kind, ExpectedArrivalTime="15:04:00"))
    assert calls(batch) == ()
    (note,) = [note for note in batch.notes if note.reason is Reason.AMBIGUOUS_MATCH]
    assert "SHH" in note.detail
    assert "10, 30" in note.detail


def test_bare_stops_of_a_vehicle_s_journey_tell_the_others_apart() -> None:
    """SIRI-VM: a PreviousCall that says nothing is not told on, but says what comes behind it."""
    before = f"<PreviousCalls>{call('SZH', kind='PreviousCall')}</PreviousCalls>"
    bare = call("SZH", kind="OnwardCall", AimedArrivalTime="14:30:00")
    here = monitored("SHH", ExpectedArrivalTime="15:04:00")
    (suzhou, shanghai) = calls(loop_vm(before + here))
    assert (suzhou.order, shanghai.order) == (20, 30)
    (made,) = calls(
        loop_vm(
            monitored("SHH", ExpectedDepartureTime="14:04:00")
            + f"<OnwardCalls>{bare}</OnwardCalls>"
        )
    )
    assert made.order == 10


def test_recorded_calls_may_lack_one_that_is_estimated() -> None:
    """Recorded 10 and 30, estimated 20: three planned calls, no fourth, and 20 is estimated."""
    _, second, _ = g7001()
    gone = past("SHH-1", Order=1, AimedDepartureTime="12:10:00", ActualDepartureTime="11:58:00")
    there = past("NJH-1", Order=3, AimedArrivalTime="13:30:00", ActualArrivalTime="11:59:00")
    for told in (call("SZH-1", Order=2, ExpectedArrivalTime="12:50:00"), second):
        batch = read(et(journey(told, recorded=(gone, there))))
        made = calls(batch)
        assert [one.order for one in made] == [10, 20, 30]
        assert made[1].expected.arrival == at("12:50:00")
        assert Reason.AMBIGUOUS_MATCH not in reasons(batch.notes)


def test_a_call_told_as_arrival_and_departure_is_one() -> None:
    """A train that stands at Suzhou: its arrival is recorded, its departure estimated."""
    came = past("SZH-1", Order=2, AimedArrivalTime="11:59:00", ActualArrivalTime="11:59:30")
    goes = call("SZH", Order=2, ExpectedDepartureTime="12:52:00")
    (made,) = calls(read(et(journey(goes, recorded=(came,)))))
    assert made.order == 20
    assert made.actual == Times(at("11:59:30"), None)
    assert made.expected.departure == at("12:52:00")
    assert made.status is CallStatus.ARRIVED


def test_only_what_is_said_to_be_extra_is_an_extra_call() -> None:
    """A second call at Suzhou is left out with a note, unless ExtraCall says that it is one."""
    first, second, third = g7001()
    again = {"AimedArrivalTime": "14:00:00", "ExpectedArrivalTime": "14:00:00"}
    batch = read(et(journey(first, second, third, call("SZH-1", **again))))
    assert [one.order for one in calls(batch)] == [10, 20, 30]
    assert calls(batch)[1].expected.arrival == at("12:50:00")
    assert reasons(batch.notes) == [Reason.AMBIGUOUS_MATCH]
    extra = read(et(journey(first, second, third, call("SZH-1", ExtraCall="true", **again))))
    assert [(one.order, one.extra) for one in calls(extra)] == [
        (10, False), (20, False), (30, False), (31, True)
    ]  # fmt: skip
    assert extra.notes == []


@pytest.mark.parametrize("parse", [loop_sm, loop_vm])
def test_a_cancelled_call_of_a_part_leaves_the_train(parse) -> None:
    """SM and VM tell some of a train's calls: one that is cancelled is all that is cancelled."""
    gone = monitored("SHH", Order=10, AimedDepartureTime="14:00:00", DepartureStatus="cancelled")
    batch = parse(gone)
    journeys = [one for one in batch.records if isinstance(one, DatedJourney)]
    (made,) = journeys
    assert made.state is JourneyState.PLANNED
    assert [(one.order, one.status) for one in made.calls] == [(10, CallStatus.CANCELLED)]


@pytest.mark.parametrize("order", [None, 0, 1, 20, 30])
def test_an_order_that_is_always_the_same_is_none(order) -> None:
    """Both visits of the loop have their own time, in whatever order they are listed."""
    said = {} if order is None else {"Order": order}
    first = call("SHH", AimedArrivalTime="14:00:00", ExpectedArrivalTime="14:03:00", **said)
    second = call("SHH", AimedArrivalTime="15:00:00", ExpectedArrivalTime="15:04:00", **said)
    for pair in ((first, second), (second, first)):
        batch = loop_et(*pair)
        assert [(one.order, one.expected.arrival) for one in calls(batch)] == [
            (10, at("14:03:00")),
            (30, at("15:04:00")),
        ]
        assert batch.notes == []


@pytest.mark.parametrize("orders", [(None, None), (20, 50), (1, 1), (20, 20)])
def test_two_calls_at_a_place_planned_once_are_not_joined(orders) -> None:
    """The planned one keeps its time; the one half an hour later is left out with a note."""
    numbers = [{} if order is None else {"Order": order} for order in orders]
    one = call("SZH", AimedArrivalTime="12:40:00", ExpectedArrivalTime="12:41:00", **numbers[0])
    other = call("SZH", AimedArrivalTime="13:10:00", ExpectedArrivalTime="13:11:00", **numbers[1])
    for pair in ((one, other), (other, one)):
        batch = read(et(journey(*pair)))
        assert [(made.order, made.expected.arrival) for made in calls(batch)] == [
            (20, at("12:41:00"))
        ]
        assert reasons(batch.notes) == [Reason.AMBIGUOUS_MATCH]
    bare = [call("SZH", ExpectedArrivalTime=time) for time in ("12:41:00", "13:11:00")]
    batch = read(et(journey(*bare)))
    assert calls(batch) == ()
    assert reasons(batch.notes).count(Reason.AMBIGUOUS_MATCH) == 2


def boards(made: Call) -> tuple[bool, bool]:
    return made.boarding, made.alighting


@pytest.mark.parametrize(
    "elements",
    [
        {"Cancellation": "true"},
        {"ArrivalStatus": "cancelled", "DepartureStatus": "cancelled"},
    ],
)
def test_nobody_boards_or_leaves_at_a_cancelled_call(elements) -> None:
    """Of a cancelled call both are false, in a journey of the timetable and in one without."""
    gone = call("SZH-1", AimedArrivalTime="12:40:00", AimedDepartureTime="12:42:00", **elements)
    for ref in ("t-G7001", "other"):
        first, _, third = g7001()
        made = calls(read(et(journey(first, gone, third, ref=ref))))
        assert [boards(one) for one in made] == [(True, False), (False, False), (False, True)]


def test_nobody_boards_a_cancelled_journey() -> None:
    """Neither at the calls it tells nor at those the timetable adds."""
    head = FRAMED.replace("t-loop", "t-G7001") + "<Cancellation>true</Cancellation>"
    told = call("SZH-1", AimedArrivalTime="12:40:00", AimedDepartureTime="12:42:00")
    for one in (journey(told, ref=None, head=head), journey(ref=None, head=head)):
        made = calls(read(et(one)))
        assert [found.status for found in made] == [CallStatus.CANCELLED] * 3
        assert [boards(found) for found in made] == [(False, False)] * 3


def test_one_cancelled_side_leaves_the_other() -> None:
    """A train that ends early is still left by its passengers."""
    ends = call("SZH-1", AimedArrivalTime="12:40:00", ExpectedArrivalTime="12:50:00",
                AimedDepartureTime="12:42:00", DepartureStatus="cancelled")  # fmt: skip
    assert boards(calls(read(et(journey(ends))))[0]) == (False, True)


@pytest.mark.samples
@pytest.mark.parametrize(
    ("kind", "file", "expected"),
    [
        ("siri_sm", "sm-loop-second-visit.xml", [5]),
        ("siri_et", "et-missed-recording.xml", [1, 2, 3, 4, 5, 6]),
        ("gtfs_rt", "rt-loop-without-sequence.json", [5, 6]),
        ("gtfs_rt", "rt-untimed.json", [1, 2, 3, 4]),
    ],
)
def test_the_reported_payloads(kind, file, expected) -> None:
    """What bug reports came to is read right: the calls that are told, and no others."""
    made: list[Batch] = []
    real = connector(kind)

    def parse(envelope, where):
        made.append(real.parse(envelope, where))
        return made[-1]

    static = "untimed.zip" if "untimed" in file else "timetable.zip"
    check(
        replace(real, parse=parse),
        str(sample_path(f"reported/{file}")),
        static=str(sample_path(f"reported/{static}")),
    )
    record = only_record(made[-1])
    assert [one.order for one in record.calls] == expected
    assert Reason.AMBIGUOUS_MATCH not in reasons(made[-1].notes)
