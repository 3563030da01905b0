"""SIRI-ET: what becomes of a journey's calls, times, platforms and states."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from connectors import connector
from hub.connector import Incrementality
from hub.errors import Reason
from hub.model.common import Mode, Name, OccupancyStatus
from hub.model.journeys import CallStatus, JourneyState, Layer
from tests.connectors.siri_documents import (
    NOW,
    STAMP,
    call,
    calls,
    context,
    et,
    g7001,
    journey,
    only,
    past,
    read,
)
from tests.contract.mutations import sample

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    """A time of 2 March 2026 in Shanghai."""
    return datetime.fromisoformat(f"2026-03-02T{text}").replace(tzinfo=SHANGHAI).astimezone(UTC)


def reasons(refused: list) -> list[Reason]:
    return [one.reason for one in refused]


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
    """Cancellation of one call skips that stop only; of every call, the journey."""
    first, _, third = g7001()
    dropped = call("SZH-1", Cancellation="true", AimedDepartureTime="12:42:00")
    record = only(read(et(journey(first, dropped, third))))
    assert record.state is JourneyState.PLANNED
    assert [made.status for made in record.calls][1] is CallStatus.CANCELLED
    assert only(read(et(journey(dropped)))).state is JourneyState.CANCELLED


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


def test_an_extra_call_never_takes_a_planned_call_s_order() -> None:
    """Between the planned calls 10 and 20 an extra call is 11; behind the last it is counted on."""
    first, second, third = g7001()
    extra = call("KSN", ExtraCall="true", StopPointName="昆山南站", AimedArrivalTime="12:30:00")
    made = calls(read(et(journey(first, extra, second, third))))
    assert [one.order for one in made] == [10, 11, 20, 30]
    assert made[1].stop_place_id == "railway:KSN"


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


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (et(journey(*g7001(), ref=None)), Reason.MISSING_FIELD),
        (et(journey(call(None, AimedDepartureTime="12:10:00"))), Reason.MISSING_FIELD),
        (et(journey()), Reason.EMPTY_ENTITY),
        (et(journey(*[call("SHH-1")] * 1_001)), Reason.TOO_LARGE),
        (et(journey(*g7001()), recorded_at="1970-01-01T00:00:00Z"), Reason.TIMESTAMP_EPOCH),
        (
            et(journey(*g7001()), recorded_at="2026-03-02T12:06:00+08:00"),
            Reason.TIMESTAMP_IN_FUTURE,
        ),
    ],
)
def test_a_bad_journey_is_rejected_alone(document: str, reason: Reason) -> None:
    """One refused journey has its reason, the good one beside it is used, nothing is withdrawn."""
    good = journey(*g7001(), ref="other", head=f"<RecordedAtTime>{STAMP}</RecordedAtTime>")
    frame = "<EstimatedJourneyVersionFrame>" + good + "</EstimatedJourneyVersionFrame>"
    batch = read(
        document.replace("</EstimatedTimetableDelivery>", f"{frame}</EstimatedTimetableDelivery>")
    )
    assert reasons(batch.rejects) == [reason]
    assert (batch.entities, batch.accepted, len(batch.records)) == (2, 1, 1)
    assert not batch.complete


def test_a_call_without_a_stop_costs_that_call_only() -> None:
    """A call without StopPointRef is noted; the others stand."""
    first, _, third = g7001()
    batch = read(et(journey(first, call(None, AimedArrivalTime="12:40:00"), third)))
    assert [made.order for made in calls(batch)] == [10, 30]
    assert reasons(batch.notes) == [Reason.MISSING_FIELD]


def test_the_newer_of_two_messages_about_a_journey_is_taken() -> None:
    """The older is a DUPLICATE, wherever it stands; duplicates do not spoil completeness."""
    old = journey(
        call("SHH-1", AimedDepartureTime="12:10:00", ExpectedDepartureTime="12:15:00"),
        head="<RecordedAtTime>2026-03-02T11:50:00+08:00</RecordedAtTime>",
    )
    new = journey(*g7001())
    for document in (et(old, new), et(new, old)):
        batch = read(document)
        assert calls(batch)[0].expected.departure == at("12:10:00")
        assert reasons(batch.rejects) == [Reason.DUPLICATE]
        assert (batch.matched_journeys, batch.matched_stops) == (1, 3)
        assert batch.complete


def test_more_data_subscriptions_and_differential_feeds_withdraw_nothing() -> None:
    """Only a whole answer to a request says what no longer holds."""
    document = et(journey(*g7001()))
    assert read(document).complete
    assert read(et()).complete
    assert not read(et(journey(*g7001()), more="true")).complete
    assert not read(document, context(incrementality=Incrementality.DIFFERENTIAL)).complete
    subscribed = et(journey(*g7001()), head="<SubscriptionRef>7</SubscriptionRef>")
    assert not read(subscribed).complete
    assert read(subscribed, context(incrementality=Incrementality.FULL)).complete


def test_journeys_elsewhere_are_accepted_and_left_out() -> None:
    """With the interchange's stop places set, a journey that calls at none of them is no record."""
    elsewhere = journey(call("NJH-1", AimedDepartureTime="12:10:00"), ref="N1")
    here = journey(*g7001())
    batch = read(et(elsewhere, here), context(stop_places=frozenset({"SHH"})))
    assert only(batch).native_id == "t-G7001"
    assert (batch.entities, batch.accepted) == (2, 2)


def test_nobody_boards_a_freight_train() -> None:
    """A journey whose ServiceFeatureRef is not for passengers is kept without boarding."""
    head = "<ServiceFeatureRef>freightTrain</ServiceFeatureRef>"
    made = calls(read(et(journey(*g7001(), ref="F1", head=head))))
    assert not any(one.boarding or one.alighting for one in made)
    allowed = context(not_for_passengers=())
    assert calls(read(et(journey(*g7001(), ref="F1", head=head)), allowed))[0].boarding


def test_occupancy_comes_from_the_call_or_the_journey() -> None:
    """SIRI 2.0 and 2.1 words map onto the hub's; undefined is no occupancy."""
    head = "<Occupancy>standingAvailable</Occupancy>"
    own = call("SHH-1", Occupancy="full", AimedDepartureTime="12:10:00")
    bare = call("SZH-1", AimedDepartureTime="12:42:00")
    made = calls(read(et(journey(own, bare, head=head))))
    assert [one.occupancy and one.occupancy.status for one in made] == [
        OccupancyStatus.FULL,
        OccupancyStatus.STANDING_ROOM_ONLY,
    ]
    assert calls(read(et(journey(call("SHH-1", Occupancy="undefined")))))[0].occupancy is None


def test_the_clock_of_a_producer_that_runs_ahead_does_not_make_data_fresh() -> None:
    """as_of is never later than the arrival, whatever ResponseTimestamp says."""
    ahead = et(journey(*g7001())).replace(STAMP, "2026-03-02T12:04:00+08:00")
    batch = read(ahead)
    assert batch.as_of == NOW
    assert batch.accepted == 1


def test_the_request_is_a_service_request_for_estimated_timetables() -> None:
    """A poll POSTs who asks, when, and under which identifier; the same poll is the same bytes."""
    found = connector("siri_et")
    assert found.request is not None
    feed = context(requestor_ref="station-area", preview=timedelta(hours=4))
    request = found.request(feed, NOW)
    assert request == found.request(feed, NOW)
    assert request.method == "POST"
    assert dict(request.headers)["Content-Type"] == "text/xml; charset=utf-8"
    root = etree.fromstring(request.body)
    name = {"s": "http://www.siri.org.uk/siri"}
    assert root.findtext("s:ServiceRequest/s:RequestorRef", namespaces=name) == "station-area"
    inner = root.find("s:ServiceRequest/s:EstimatedTimetableRequest", name)
    assert inner is not None
    assert inner.findtext("s:RequestTimestamp", namespaces=name) == "2026-03-02T04:00:00.000Z"
    assert inner.findtext("s:PreviewInterval", namespaces=name) == "PT14400S"
    assert inner.findtext("s:MessageIdentifier", namespaces=name)


def test_siri_lite_is_a_get() -> None:
    """With `get` a poll has no body."""
    found = connector("siri_et")
    assert found.request is not None
    request = found.request(context(get=True), NOW)
    assert (request.method, request.body) == ("GET", None)


@pytest.mark.samples
def test_the_railway_file_has_67_cancellations() -> None:
    """Of the file's 67 Cancellation elements 13 cancel a journey and 54 a call; all are read."""
    body = sample("siri/banenor-et-20180828.xml")
    assert body.count(b"<Cancellation>true</Cancellation>") == 67
    batch = read(body, context(static=False))
    states = Counter(record.state for record in batch.records)
    statuses = Counter(made.status for record in batch.records for made in record.calls)
    assert states[JourneyState.CANCELLED] == 13
    assert statuses[CallStatus.CANCELLED] == 54
