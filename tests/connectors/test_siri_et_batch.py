"""SIRI-ET: journeys that are refused, said twice or elsewhere; completeness; requests."""

from collections import Counter
from datetime import timedelta

import pytest
from lxml import etree

from connectors import connector
from hub.connector import Incrementality
from hub.errors import Reason
from hub.model.common import OccupancyStatus
from hub.model.journeys import CallStatus, JourneyState
from tests.connectors.siri_documents import (
    NOW,
    STAMP,
    at,
    call,
    calls,
    context,
    et,
    g7001,
    journey,
    only,
    read,
    reasons,
)
from tests.contract.mutations import sample


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
    """With `transport = "lite"` a poll has no body."""
    found = connector("siri_et")
    assert found.request is not None
    request = found.request(context(transport="lite"), NOW)
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
