"""SIRI-ET: what becomes of a journey's calls, times, platforms and states."""

from datetime import date, datetime

import pytest

from hub.errors import Reason
from hub.model.common import Mode, Name
from hub.model.journeys import CallStatus, JourneyState, Layer
from tests.connectors.siri_documents import (
    STAMP,
    at,
    call,
    calls,
    context,
    et,
    g7001,
    journey,
    only,
    past,
    read,
    reasons,
)


def test_expected_times_and_delays_reach_the_calls() -> None:
    """A train ten minutes late from Suzhou on is ON_TIME at Shanghai and DELAYED behind it."""
    batch = read(et(journey(*g7001())))
    record = only(batch)
    assert record.layer is Layer.REALTIME
    assert record.state is JourneyState.PLANNED
    assert record.observed_at == datetime.fromisoformat(STAMP)
    assert [made.status for made in record.calls] == [
        CallStatus.ON_TIME,
        CallStatus.DELAYED,
        CallStatus.DELAYED,
    ]
    assert record.calls[1].expected.departure == at("12:52:00")
    assert record.calls[1].aimed.departure == at("12:42:00")
    assert batch.as_of == datetime.fromisoformat(STAMP)
    assert batch.complete


def test_recorded_calls_are_departed_and_the_journey_runs() -> None:
    """A RecordedCall with an actual departure is DEPARTED; a train at a platform is ARRIVED."""
    gone = past("SHH-1", AimedDepartureTime="11:50:00", ActualDepartureTime="11:50:30")
    here = past("SZH-1", AimedArrivalTime="11:59:00", ActualArrivalTime="11:59:00")
    record = only(read(et(journey(recorded=(gone, here), ref="X1"))))
    assert record.state is JourneyState.RUNNING
    assert [made.status for made in record.calls] == [CallStatus.DEPARTED, CallStatus.ARRIVED]
    assert record.calls[0].actual.departure == at("11:50:30")


def test_a_recorded_call_without_a_measured_time_is_left_all_the_same() -> None:
    """RecordedCall says that the call is over, even where nobody measured when."""
    gone = past("SHH-1", AimedDepartureTime="11:50:00")
    ended = past("SZH-1", AimedArrivalTime="11:55:00")
    made = calls(read(et(journey(recorded=(gone, ended), ref="X1"))))
    assert [one.status for one in made] == [CallStatus.DEPARTED, CallStatus.ARRIVED]
    assert made[0].actual.departure is None


def test_an_actual_time_yet_to_come_is_refused() -> None:
    """Nothing is measured in the future: the value goes with a note, the call stays estimated."""
    wrong = past(
        "SHH-1",
        AimedDepartureTime="12:10:00",
        ExpectedDepartureTime="12:10:00",
        ActualDepartureTime="12:10:00",
    )
    batch = read(et(journey(recorded=(wrong,), ref="X1")))
    (made,) = calls(batch)
    assert made.actual.departure is None
    assert made.status is CallStatus.ON_TIME
    assert reasons(batch.notes) == [Reason.TIMESTAMP_IN_FUTURE]


def test_what_is_not_said_is_never_on_time() -> None:
    """Without an expected time NO_DATA; noReport NO_DATA; an inaccurate prediction UNKNOWN."""
    silent = call("SHH-1", AimedDepartureTime="12:10:00")
    unreported = call("SZH-1", AimedDepartureTime="12:42:00", DepartureStatus="noReport")
    vague = call(
        "NJH-1",
        PredictionInaccurate="true",
        AimedArrivalTime="13:30:00",
        ExpectedArrivalTime="13:30:00",
        ArrivalStatus="onTime",
    )
    made = calls(read(et(journey(silent, unreported, vague))))
    assert [one.status for one in made] == [
        CallStatus.NO_DATA,
        CallStatus.NO_DATA,
        CallStatus.UNKNOWN,
    ]
    assert made[2].expected.arrival == at("13:30:00")


def test_the_producer_s_word_counts_before_the_difference_of_times() -> None:
    """DepartureStatus early stands, though the expected time is the aimed one."""
    early = call(
        "SHH-1",
        AimedDepartureTime="12:10:00",
        ExpectedDepartureTime="12:10:00",
        DepartureStatus="early",
    )
    assert calls(read(et(journey(early))))[0].status is CallStatus.EARLY


def test_the_timetable_s_aimed_time_stands_in_for_a_missing_one() -> None:
    """A prediction without aimed times is judged against the planned call."""
    late = call("SHH-1", ExpectedDepartureTime="12:15:00")
    made = calls(read(et(journey(late))))[0]
    assert made.aimed.departure == at("12:10:00")
    assert made.status is CallStatus.DELAYED
    assert calls(read(et(journey(late)), context(static=False)))[0].status is CallStatus.UNKNOWN


def test_a_cancelled_journey_cancels_the_calls_it_does_not_mention() -> None:
    """Cancellation of a planned train without calls cancels every planned call."""
    head = (
        "<FramedVehicleJourneyRef><DataFrameRef>2026-03-02</DataFrameRef>"
        "<DatedVehicleJourneyRef>t-G7001</DatedVehicleJourneyRef></FramedVehicleJourneyRef>"
        "<Cancellation>true</Cancellation>"
    )
    record = only(read(et(journey(ref=None, head=head))))
    assert record.id == "railway:t-G7001:2026-03-02"
    assert record.state is JourneyState.CANCELLED
    assert [made.order for made in record.calls] == [10, 20, 30]
    assert {made.status for made in record.calls} == {CallStatus.CANCELLED}
    assert record.calls[0].aimed.departure == at("12:10:00")


def test_a_cancelled_call_leaves_the_journey_running() -> None:
    """Cancellation of one call skips that stop only; of every call the trip has, the journey."""
    first, _, third = g7001()
    dropped = call("SZH-1", Cancellation="true", AimedDepartureTime="12:42:00")
    record = only(read(et(journey(first, dropped, third))))
    assert record.state is JourneyState.PLANNED
    assert [made.status for made in record.calls][1] is CallStatus.CANCELLED
    assert only(read(et(journey(dropped)))).state is JourneyState.PLANNED
    gone = [call(stop, Cancellation="true") for stop in ("SHH-1", "SZH-1", "NJH-1")]
    assert only(read(et(journey(*gone)))).state is JourneyState.CANCELLED
    extra = call("SHH-2", ExtraCall="true", ExpectedArrivalTime="13:50:00")
    assert only(read(et(journey(*gone, extra)))).state is JourneyState.PLANNED
    assert only(read(et(journey(*gone, ref="other")))).state is JourneyState.CANCELLED


def test_a_train_that_ends_early_still_arrives() -> None:
    """A cancelled departure with an arrival left is no cancelled call: nobody boards there."""
    ends = call(
        "SZH-1",
        AimedArrivalTime="12:40:00",
        ExpectedArrivalTime="12:47:00",
        AimedDepartureTime="12:42:00",
        ExpectedDepartureTime="12:42:00",
        DepartureStatus="cancelled",
    )
    (made,) = calls(read(et(journey(ends))))
    assert made.status is CallStatus.DELAYED
    assert not made.boarding
    assert made.alighting


def test_a_platform_change_shows_both_platforms() -> None:
    """The planned platform is the timetable's or the aimed quay's, the actual one what is named."""
    moved = call(
        "SHH-2",
        AimedDepartureTime="12:10:00",
        ExpectedDepartureTime="12:10:00",
        DeparturePlatformName="2",
    )
    made = calls(read(et(journey(moved))))[0]
    assert (made.planned_platform, made.actual_platform) == ("1", "2")
    assert (made.stop_place_id, made.quay_id) == ("railway:SHH", "railway:SHH-2")

    aimed = (
        "<StopPointRef>SHH</StopPointRef><AimedDepartureTime>2026-03-02T12:10:00+08:00"
        "</AimedDepartureTime><DepartureStopAssignment><AimedQuayRef>SHH-2</AimedQuayRef>"
        "<ExpectedQuayRef>SHH-1</ExpectedQuayRef></DepartureStopAssignment>"
    )
    made = calls(read(et(journey(f"<EstimatedCall>{aimed}</EstimatedCall>"))))[0]
    assert (made.planned_platform, made.actual_platform) == ("2", "1")
    assert made.quay_id == "railway:SHH-1"


def test_a_platform_change_may_be_told_by_quay_names_alone() -> None:
    """AimedQuayName is the planned platform; ActualQuayName, else ExpectedQuayName, the actual."""
    named = (
        "<StopPointRef>SHH</StopPointRef><AimedDepartureTime>2026-03-02T12:10:00+08:00"
        "</AimedDepartureTime><DeparturePlatformName>3</DeparturePlatformName>"
        "<DepartureStopAssignment><AimedQuayName>3</AimedQuayName>"
        "<ExpectedQuayName>4</ExpectedQuayName>{}</DepartureStopAssignment>"
    )
    for actual, platform in (("", "4"), ("<ActualQuayName>5</ActualQuayName>", "5")):
        one = f"<EstimatedCall>{named.format(actual)}</EstimatedCall>"
        made = calls(read(et(journey(one, ref="X1"))))[0]
        assert (made.planned_platform, made.actual_platform) == ("3", platform)


def test_a_data_frame_may_hold_the_service_day_in_a_longer_token() -> None:
    """After midnight the frame's day still names the journey of the day before."""
    framed = (
        "<FramedVehicleJourneyRef><DataFrameRef>{}</DataFrameRef>"
        "<DatedVehicleJourneyRef>X1</DatedVehicleJourneyRef></FramedVehicleJourneyRef>"
    )
    late = call("SHH", ExpectedDepartureTime="12:10:00")
    for frame, day in (("X:DataFrame::2026-03-01:LOC", 1), ("X:DataFrame::1.0:LOC", 2)):
        batch = read(et(journey(late, ref=None, head=framed.format(frame))))
        assert only(batch).service_date == date(2026, 3, day)
        assert reasons(batch.notes) == ([Reason.TIMESTAMP_MISSING] if day == 2 else [])


def test_an_extra_journey_is_added_under_its_own_reference() -> None:
    """A train the timetable does not have is accepted, at stop places the timetable does have."""
    extra = journey(
        call(
            "SHH-2",
            StopPointName="上海站",
            AimedDepartureTime="12:20:00",
            ExpectedDepartureTime="12:20:00",
        ),
        call("HGH", StopPointName="杭州站", AimedArrivalTime="13:20:00"),
        ref="L8001",
        head="<ExtraJourney>true</ExtraJourney><VehicleMode>rail</VehicleMode>"
        '<LineRef>HH</LineRef><DestinationName xml:lang="zh">杭州</DestinationName>',
    )
    batch = read(et(extra))
    record = only(batch)
    assert record.id == "railway:L8001:2026-03-02"
    assert record.state is JourneyState.ADDED
    assert record.mode is Mode.RAIL
    assert record.destination == Name(zh="杭州")
    assert record.line is not None
    assert record.line.id == "railway:HH"
    assert [made.stop_place_id for made in record.calls] == ["railway:SHH", "railway:HGH"]
    assert record.calls[1].stop_name == Name(zh="杭州站")
    assert (batch.matched_journeys, batch.matched_stops) == (0, 1)


def test_a_replacement_train_keeps_its_own_code() -> None:
    """EstimatedVehicleJourneyCode names an extra journey; VehicleJourneyRef the one it replaces."""
    gone = journey(ref="t-G7001", head="<Cancellation>true</Cancellation>")
    extra = journey(
        call("SHH-2", AimedDepartureTime="12:20:00", ExpectedDepartureTime="12:20:00"),
        ref=None,
        head="<EstimatedVehicleJourneyCode>G7001-bis</EstimatedVehicleJourneyCode>"
        "<ExtraJourney>true</ExtraJourney><VehicleJourneyRef>t-G7001</VehicleJourneyRef>",
    )
    batch = read(et(gone, extra))
    assert [(record.native_id, record.state) for record in batch.records] == [
        ("t-G7001", JourneyState.CANCELLED),
        ("G7001-bis", JourneyState.ADDED),
    ]
    assert batch.rejects == []


def test_an_extra_call_never_takes_a_planned_call_s_order() -> None:
    """Between the planned calls 10 and 20 an extra call is 11; behind the last it is counted on."""
    first, second, third = g7001()
    extra = call("KSN", ExtraCall="true", StopPointName="昆山南站", AimedArrivalTime="12:30:00")
    made = calls(read(et(journey(first, extra, second, third))))
    assert [one.order for one in made] == [10, 11, 20, 30]
    assert made[1].stop_place_id == "railway:KSN"


def test_an_extra_call_without_a_number_of_its_own_is_not_out_of_order() -> None:
    """There are nine numbers between 10 and 20: the tenth call there is 31, and was told there."""
    first, second, third = g7001()
    extras = [
        call(f"X{n}", ExtraCall="true", ExpectedArrivalTime=f"12:{20 + n}:00") for n in range(10)
    ]
    batch = read(et(journey(first, *extras, second, third)))
    assert [one.order for one in calls(batch)] == [10, *range(11, 20), 20, 30, 31]
    assert batch.notes == []
    late = call("X9", ExtraCall="true", ExpectedArrivalTime="13:40:00")
    batch = read(et(journey(first, *extras[:-1], late, second, third)))
    assert reasons(batch.notes) == [Reason.TIME_ORDER]


def test_a_stop_the_timetable_does_not_know_is_kept_and_noted() -> None:
    """A matched train calling at an unknown stop keeps the call under the producer's id."""
    first, second, third = g7001()
    strange = call("XXX", AimedArrivalTime="12:30:00")
    batch = read(et(journey(first, strange, second, third)))
    assert [one.stop_place_id for one in calls(batch)][1] == "railway:XXX"
    assert reasons(batch.notes) == [Reason.UNKNOWN_STOP]


def test_a_loop_visits_a_stop_place_twice() -> None:
    """Both calls of a circular train at Shanghai keep their own place in the order."""
    loop = journey(
        call("SHH-1", AimedDepartureTime="14:00:00", ExpectedDepartureTime="14:00:00"),
        call("SZH-1", AimedArrivalTime="14:30:00", AimedDepartureTime="14:31:00"),
        call("SHH-2", AimedArrivalTime="15:00:00", ExpectedArrivalTime="15:05:00"),
        ref="t-loop",
    )
    made = calls(read(et(loop)))
    assert [(one.order, one.stop_place_id) for one in made] == [
        (10, "railway:SHH"),
        (20, "railway:SZH"),
        (30, "railway:SHH"),
    ]


def test_impossible_times_are_noted_and_kept() -> None:
    """A departure before the arrival, and a call reached before the last was left, are noted."""
    dwell = call(
        "SHH-1",
        AimedArrivalTime="12:08:00",
        ExpectedArrivalTime="12:12:00",
        AimedDepartureTime="12:10:00",
        ExpectedDepartureTime="12:10:00",
    )
    back = call("SZH-1", AimedArrivalTime="12:40:00", ExpectedArrivalTime="12:05:00")
    batch = read(et(journey(dwell, back, ref="X1")))
    assert reasons(batch.notes) == [Reason.NEGATIVE_DWELL, Reason.TIME_ORDER]
    assert calls(batch)[0].expected.departure == at("12:10:00")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T12:10:00+08:00", "2026-03-02T04:10:00+00:00"),
        ("2026-03-02T04:10:00Z", "2026-03-02T04:10:00+00:00"),
        ("2026-03-02T12:10:00", "2026-03-02T04:10:00+00:00"),
        ("2026-03-02T12:10:00.1234567", "2026-03-02T04:10:00.123456+00:00"),
        (" 2026-03-02T12:10:00.5+08:00\n", "2026-03-02T04:10:00.500000+00:00"),
    ],
)
def test_times_are_read_with_and_without_a_zone(text: str, expected: str) -> None:
    """A time without a zone is local time of the feed; fractions of a second are kept."""
    made = calls(read(et(journey(call("SHH-1", AimedDepartureTime=text)))))[0]
    assert made.aimed.departure is not None
    assert made.aimed.departure.isoformat() == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("noon", Reason.BAD_VALUE),
        ("2026-13-02T12:10:00Z", Reason.BAD_VALUE),
        ("20260302T121000Z", Reason.BAD_VALUE),
        ("9999-12-31T23:59:59-14:00", Reason.BAD_VALUE),
        ("0001-01-01T00:00:00", Reason.TIMESTAMP_EPOCH),
        ("1970-01-01T00:00:00Z", Reason.TIMESTAMP_EPOCH),
    ],
)
def test_a_bad_time_costs_that_time_only(text: str, reason: Reason) -> None:
    """A malformed or default time is noted with its element, the rest of the journey is used."""
    _, second, third = g7001()
    broken = call("SHH-1", AimedDepartureTime="12:10:00", ExpectedDepartureTime=text)
    batch = read(et(journey(broken, second, third)))
    assert reasons(batch.notes) == [reason]
    assert "ExpectedDepartureTime" in batch.notes[0].detail
    assert calls(batch)[0].expected.departure is None
    assert batch.accepted == 1


def test_a_journey_is_as_old_as_its_own_record() -> None:
    """RecordedAtTime of the journey counts before the frame's."""
    own = journey(*g7001(), head="<RecordedAtTime>2026-03-02T11:58:00+08:00</RecordedAtTime>")
    assert only(read(et(own))).observed_at == at("11:58:00")
    assert only(read(et(journey(*g7001()), recorded_at=None))).observed_at is None
