"""SIRI-SM: what becomes of visits, their calls and their cancellations."""

import json

import pytest
from lxml import etree

from connectors import connector
from hub.connector import Batch, Context, Incrementality
from hub.errors import FeedStopped, PayloadError, Reason
from hub.model.common import OccupancyStatus
from hub.model.journeys import CallStatus, DatedJourney, JourneyState
from tests.connectors.siri_documents import (
    NOW,
    STAMP,
    at,
    call,
    calls,
    context,
    delivery,
    only,
    read,
    reasons,
)
from tests.contract.mutations import sample

NAMESPACE = {"s": "http://www.siri.org.uk/siri"}


def sm(
    *visits: str, head: str = "<MonitoringRef>SHH-1</MonitoringRef>", more: str = "false"
) -> str:
    """A StopMonitoring document about Shanghai station."""
    return delivery("".join(visits), service="StopMonitoring", head=head, more=more)


def visit(
    monitored: str,
    *,
    ref: str | None = "X1",
    day: str = "2026-03-02",
    head: str = "",
    before: str = "",
    after: str = "",
    item: str = "i-1",
    recorded_at: str = STAMP,
) -> str:
    """A MonitoredStopVisit of a framed journey."""
    framed = (
        f"<FramedVehicleJourneyRef><DataFrameRef>{day}</DataFrameRef>"
        f"<DatedVehicleJourneyRef>{ref}</DatedVehicleJourneyRef></FramedVehicleJourneyRef>"
        if ref
        else ""
    )
    previous = f"<PreviousCalls>{before}</PreviousCalls>" if before else ""
    onward = f"<OnwardCalls>{after}</OnwardCalls>" if after else ""
    return (
        f"<MonitoredStopVisit><RecordedAtTime>{recorded_at}</RecordedAtTime>"
        f"<ItemIdentifier>{item}</ItemIdentifier><MonitoredVehicleJourney>{framed}{head}"
        f"{previous}{monitored}{onward}</MonitoredVehicleJourney></MonitoredStopVisit>"
    )


def here(stop: str | None = None, **elements: object) -> str:
    """A MonitoredCall; without a stop it is at the monitored one."""
    return call(stop, kind="MonitoredCall", **elements)


def bare(**options: object) -> Context:
    """A feed without a timetable."""
    return context("siri_sm", static=False, **options)


def parse(body: str | bytes, where: Context | None = None) -> Batch:
    return read(body, where or bare(), "siri_sm")


def test_a_visit_gives_its_journey_with_the_calls_around_it() -> None:
    """Previous, monitored and onward calls in their order; the monitored stop is the delivery's."""
    batch = parse(
        sm(
            visit(
                here(AimedDepartureTime="12:10:00", ExpectedDepartureTime="12:15:00"),
                before=call("P", kind="PreviousCall", ActualDepartureTime="11:50:00"),
                after=call("N", kind="OnwardCall", AimedArrivalTime="12:40:00"),
            )
        )
    )
    record = only(batch)
    assert record.id == "railway:X1:2026-03-02"
    assert [made.stop_place_id for made in record.calls] == [
        "railway:P",
        "railway:SHH-1",
        "railway:N",
    ]
    assert [made.status for made in record.calls] == [
        CallStatus.DEPARTED,
        CallStatus.DELAYED,
        CallStatus.NO_DATA,
    ]
    assert record.state is JourneyState.RUNNING
    assert record.calls[1].expected.departure == at("12:15:00")
    assert batch.complete


def test_calls_keep_their_order_from_one_message_to_the_next() -> None:
    """As the train moves on, its calls are told as previous instead of onward: same orders."""
    first = only(
        parse(
            sm(
                visit(
                    here(AimedDepartureTime="12:10:00"),
                    after=call("N", kind="OnwardCall", AimedArrivalTime="12:40:00"),
                )
            )
        )
    )
    later = only(parse(sm(visit(here("N", AimedArrivalTime="12:40:00")))))
    assert later.calls[0].order == first.calls[1].order


def test_order_elements_are_kept_where_they_are_complete() -> None:
    """Order stands before times."""
    record = only(
        parse(
            sm(
                visit(
                    here(Order=7, AimedDepartureTime="12:10:00"),
                    after=call("N", kind="OnwardCall", Order=8, AimedArrivalTime="12:40:00"),
                )
            )
        )
    )
    assert [made.order for made in record.calls] == [7, 8]


def test_visits_of_one_journey_at_two_stops_are_one_record() -> None:
    """Each stop tells its own call best; both visits are accepted."""
    batch = parse(
        sm(
            visit(
                here("A", AimedDepartureTime="12:10:00", ExpectedDepartureTime="12:11:00"),
                after=call("B", kind="OnwardCall", AimedDepartureTime="12:20:00"),
            ),
            visit(
                here("B", AimedDepartureTime="12:20:00", ExpectedDepartureTime="12:22:00"),
                before=call("A", kind="PreviousCall", AimedDepartureTime="12:10:00"),
                item="i-2",
            ),
        )
    )
    record = only(batch)
    assert (batch.entities, batch.accepted) == (2, 2)
    assert [made.expected.departure for made in record.calls] == [at("12:11:00"), at("12:22:00")]


def test_a_loop_calls_twice_at_one_stop() -> None:
    """Two visits of one journey to one stop at different times are two calls."""
    batch = parse(
        sm(
            visit(here(AimedDepartureTime="12:10:00", VisitNumber=1)),
            visit(here(AimedDepartureTime="12:50:00", VisitNumber=2), item="i-2"),
        )
    )
    assert len(calls(batch)) == 2
    assert batch.accepted == 2


@pytest.mark.parametrize("number", [None, 1])
def test_an_order_that_is_always_the_same_does_not_join_two_visits(number: int | None) -> None:
    """Two aimed times, or two VisitNumbers, are two calls; each in its time's place."""
    said = {} if number is None else {"VisitNumber": number}
    at_1210 = visit(here(Order=1, AimedDepartureTime="12:10:00", **said))
    at_1250 = visit(here(Order=1, AimedDepartureTime="12:50:00", **said), item="i-2")
    for pair in ((at_1210, at_1250), (at_1250, at_1210)):
        batch = parse(sm(*pair))
        assert [made.aimed.departure for made in calls(batch)] == [at("12:10:00"), at("12:50:00")]
        assert (batch.accepted, batch.rejects) == (2, [])
    counted = [
        visit(here(Order=1, VisitNumber=count, ExpectedDepartureTime=time), item=f"i-{count}")
        for count, time in ((1, "12:10:00"), (2, "12:50:00"))
    ]
    batch = parse(sm(*counted))
    assert len(calls(batch)) == 2
    assert batch.rejects == []


def test_an_order_names_a_call_whoever_leaves_out_its_aimed_time() -> None:
    """An OnwardCall without one and the stop's own visit with one are one call."""
    batch = parse(
        sm(
            visit(
                here("A", Order=1, AimedDepartureTime="12:10:00"),
                after=call("B", kind="OnwardCall", Order=2, ExpectedArrivalTime="12:19:00"),
            ),
            visit(
                here("B", Order=2, VisitNumber=1, AimedArrivalTime="12:20:00",
                     ExpectedArrivalTime="12:22:00"),
                item="i-2",
            ),
        )
    )  # fmt: skip
    assert [made.order for made in calls(batch)] == [1, 2]
    assert calls(batch)[1].expected.arrival == at("12:22:00")


def test_of_two_messages_about_one_visit_the_newer_counts() -> None:
    """The other is a DUPLICATE, whichever comes first."""
    old = visit(
        here(AimedDepartureTime="12:10:00", ExpectedDepartureTime="12:10:00"),
        recorded_at="2026-03-02T11:50:00+08:00",
    )
    new = visit(here(AimedDepartureTime="12:10:00", ExpectedDepartureTime="12:30:00"))
    for pair in ((old, new), (new, old)):
        batch = parse(sm(*pair))
        assert calls(batch)[0].expected.departure == at("12:30:00")
        assert reasons(batch.rejects) == [Reason.DUPLICATE]


def test_a_matched_visit_takes_the_timetable_s_orders() -> None:
    """A journey of the timetable: stop_sequence, stop place, and the trip's own id."""
    batch = parse(
        sm(visit(here("SZH-1", AimedDepartureTime="12:42:00"), ref="t-G7001")), context("siri_sm")
    )
    (made,) = calls(batch)
    assert (made.order, made.stop_place_id) == (20, "railway:SZH")
    assert batch.matched_journeys == 1


def test_an_unframed_reference_takes_its_day_from_the_times() -> None:
    """VehicleJourneyRef alone, or a DataFrameRef that is a token: the day of the aimed time."""
    inner = "<DataFrameRef>any</DataFrameRef><DatedVehicleJourneyRef>X1</DatedVehicleJourneyRef>"
    framed = f"<FramedVehicleJourneyRef>{inner}</FramedVehicleJourneyRef>"
    for head in ("<VehicleJourneyRef>X1</VehicleJourneyRef>", framed):
        batch = parse(sm(visit(here(AimedDepartureTime="12:10:00"), ref=None, head=head)))
        assert only(batch).id == "railway:X1:2026-03-02"


def test_a_journey_without_a_reference_goes_by_its_item() -> None:
    """ItemIdentifier names it, as a later cancellation would; with neither it is refused."""
    batch = parse(sm(visit(here(AimedDepartureTime="12:10:00"), ref=None)))
    assert only(batch).native_id == "i-1"
    nameless = visit(here(AimedDepartureTime="12:10:00"), ref=None).replace(
        "<ItemIdentifier>i-1</ItemIdentifier>", ""
    )
    assert reasons(parse(sm(nameless)).rejects) == [Reason.MISSING_FIELD]


@pytest.mark.parametrize(
    ("elements", "status"),
    [
        ({"ArrivalStatus": "cancelled", "DepartureStatus": "cancelled"}, CallStatus.CANCELLED),
        ({"Cancellation": "true"}, CallStatus.CANCELLED),
        ({"VehicleAtStop": "true"}, CallStatus.ARRIVED),
        ({"DepartureStatus": "onTime"}, CallStatus.ON_TIME),
        ({"DepartureStatus": "noReport"}, CallStatus.NO_DATA),
        ({"ActualDepartureTime": "11:59:00"}, CallStatus.DEPARTED),
    ],
)
def test_a_monitored_call_s_status(elements: dict[str, str], status: CallStatus) -> None:
    """What is said counts; a vehicle at the stop has arrived; what is not said is NO_DATA."""
    (made,) = calls(parse(sm(visit(here(AimedDepartureTime="12:00:00", **elements)))))
    assert made.status is status


def test_a_cancelled_journey_and_an_extra_one() -> None:
    """Cancellation of the journey cancels it, of a call told of it that call; ExtraJourney adds."""
    gone = here(AimedDepartureTime="12:10:00", DepartureStatus="cancelled")
    one = only(parse(sm(visit(gone))))
    assert one.state is JourneyState.PLANNED
    assert [made.status for made in one.calls] == [CallStatus.CANCELLED]
    whole = visit(gone, head="<Cancellation>true</Cancellation>")
    assert only(parse(sm(whole))).state is JourneyState.CANCELLED
    extra = visit(here(AimedDepartureTime="12:10:00"), head="<ExtraJourney>true</ExtraJourney>")
    assert only(parse(sm(extra))).state is JourneyState.ADDED


def test_occupancy_is_the_call_s_else_the_journey_s() -> None:
    """SIRI 2.1 gives levels a fare class: second class speaks for the train."""
    levels = (
        "<ExpectedDepartureOccupancy><FareClass>firstClass</FareClass>"
        "<OccupancyLevel>empty</OccupancyLevel></ExpectedDepartureOccupancy>"
        "<ExpectedDepartureOccupancy><FareClass>secondClass</FareClass>"
        "<OccupancyLevel>full</OccupancyLevel><OccupancyPercentage>97</OccupancyPercentage>"
        "</ExpectedDepartureOccupancy>"
    )
    monitored = here(AimedDepartureTime="12:10:00").replace(
        "</MonitoredCall>", levels + "</MonitoredCall>"
    )
    (made,) = calls(parse(sm(visit(monitored, head="<Occupancy>seatsAvailable</Occupancy>"))))
    assert made.occupancy is not None
    assert (made.occupancy.status, made.occupancy.percent) == (OccupancyStatus.FULL, 97)
    (other,) = calls(
        parse(sm(visit(here(AimedDepartureTime="12:10:00"), head="<Occupancy>full</Occupancy>")))
    )
    assert other.occupancy is not None
    assert other.occupancy.status is OccupancyStatus.FULL


CANCELLATION = (
    "<MonitoredStopVisitCancellation><RecordedAtTime>" + STAMP + "</RecordedAtTime>{}"
    "</MonitoredStopVisitCancellation>"
)
FRAMED = (
    "<VehicleJourneyRef><DataFrameRef>{}</DataFrameRef>"
    "<DatedVehicleJourneyRef>X1</DatedVehicleJourneyRef></VehicleJourneyRef>"
)


@pytest.mark.parametrize("frame", ["2026-03-02", "X:DataFrame::2026-03-02:LOC"])
def test_a_cancelled_visit_takes_back_what_was_observed(frame: str) -> None:
    """By journey and day; not while another visit of the journey is told."""
    gone = CANCELLATION.format(FRAMED.format(frame))
    batch = parse(sm(gone))
    assert (batch.entities, batch.withdrawn) == (0, ["railway:X1:2026-03-02"])
    told = parse(sm(visit(here(AimedDepartureTime="12:10:00")), gone))
    assert told.withdrawn == []


BY_NUMBER = "<TrainNumbers><TrainNumberRef>G7001</TrainNumberRef></TrainNumbers>"
ENDS = (
    "<LineRef>HN</LineRef><OriginRef>SHH</OriginRef><OriginAimedDepartureTime>"
    "2026-03-02T12:10:00+08:00</OriginAimedDepartureTime><DestinationRef>NJH</DestinationRef>"
    "<DestinationAimedArrivalTime>2026-03-02T13:30:00+08:00</DestinationAimedArrivalTime>"
)


@pytest.mark.parametrize("head", [BY_NUMBER, ENDS])
@pytest.mark.parametrize("ref", ["X1", "X1:2026-03-02"])
def test_a_cancelled_visit_of_a_matched_journey_names_what_was_told(head: str, ref: str) -> None:
    """Matched by number or times, a journey is the timetable's, and goes by what it was told as."""
    matched = context("siri_sm")
    told = parse(sm(visit(here(AimedDepartureTime="12:10:00"), head=head, ref=ref)), matched)
    record = only(told)
    assert (record.id, record.told_as) == (
        "railway:t-G7001:2026-03-02",
        "railway:X1:2026-03-02",
    )
    gone = CANCELLATION.format(FRAMED.format("2026-03-02").replace("X1", ref))
    assert parse(sm(gone), matched).withdrawn == [record.told_as]
    both = parse(sm(visit(here(AimedDepartureTime="12:10:00"), head=head, ref=ref), gone), matched)
    assert both.withdrawn == []


def test_a_journey_under_its_own_id_is_told_as_nothing_else() -> None:
    """Without a timetable, or by trip_id, both ids are one."""
    assert only(parse(sm(visit(here(AimedDepartureTime="12:10:00"))))).told_as is None
    known = sm(visit(here(AimedDepartureTime="12:10:00"), ref="t-G7001"))
    assert only(parse(known, context("siri_sm"))).told_as is None


@pytest.mark.parametrize(
    "named",
    ["<ItemRef>i-1</ItemRef>", FRAMED.format("any"), FRAMED.format("X:DataFrame::2026-13-40:LOC")],
)
def test_a_cancelled_visit_that_names_no_journey_is_noted(named: str) -> None:
    """Nothing is guessed: what was told of it runs out by its age."""
    batch = parse(sm(CANCELLATION.format(named)))
    assert batch.withdrawn == []
    assert reasons(batch.notes) == [Reason.MISSING_FIELD]


def test_an_empty_board_is_a_complete_answer() -> None:
    """A night without visits withdraws what was told; a differential one, or a part, does not."""
    assert parse(sm()).complete
    assert not parse(sm(more="true")).complete
    assert parse(sm(more="true")).more
    assert not parse(sm(), bare(incrementality=Incrementality.DIFFERENTIAL)).complete
    assert not parse(sm(head="<SubscriptionRef>1</SubscriptionRef>")).complete


def test_what_cannot_be_used_is_refused_with_its_reason() -> None:
    """From the future, before 2000, without a journey, with nothing said."""
    monitored = here(AimedDepartureTime="12:10:00")
    batch = parse(
        sm(
            visit(monitored, recorded_at="2026-03-02T13:00:00+08:00"),
            visit(monitored, recorded_at="0001-01-01T00:00:00Z"),
            "<MonitoredStopVisit><ItemIdentifier>i-9</ItemIdentifier></MonitoredStopVisit>",
        )
    )
    assert reasons(batch.rejects) == [
        Reason.TIMESTAMP_IN_FUTURE,
        Reason.TIMESTAMP_EPOCH,
        Reason.EMPTY_ENTITY,
    ]
    assert batch.records == []


LITE = {
    "Siri": {
        "ServiceDelivery": {
            "ResponseTimestamp": STAMP,
            "MoreData": False,
            "StopMonitoringDelivery": [
                {
                    "MonitoringRef": [{"value": "SHH-1"}],
                    "MonitoredStopVisit": [
                        {
                            "RecordedAtTime": STAMP,
                            "ItemIdentifier": "i-1",
                            "MonitoringRef": {"value": "SHH-1"},
                            "MonitoredVehicleJourney": {
                                "lineRef": {"value": "L1"},
                                "FramedVehicleJourneyRef": {
                                    "DataFrameRef": {"value": "any"},
                                    "DatedVehicleJourneyRef": "X1",
                                },
                                "PublishedLineName": ["B63"],
                                "DestinationName": [{"value": "南京", "lang": "ZH"}],
                                "MonitoredCall": {
                                    "VehicleAtStop": False,
                                    "Order": 7,
                                    "AimedDepartureTime": "2026-03-02T12:10:00+08:00",
                                    "ExpectedDepartureTime": "2026-03-02T04:15:00.000Z",
                                },
                                "OnwardCalls": {
                                    "OnwardCall": [
                                        {
                                            "StopPointRef": {"value": "N"},
                                            "Order": 8,
                                            "AimedArrivalTime": "2026-03-02T12:40:00+08:00",
                                        }
                                    ]
                                },
                                "Extensions": None,
                            },
                        }
                    ],
                }
            ],
        }
    }
}


def test_siri_lite_json_gives_what_the_same_xml_gives() -> None:
    """Objects with a value, lists, camelCase and missing members are read like the elements."""
    record = only(parse(json.dumps(LITE)))
    assert record.id == "railway:X1:2026-03-02"
    assert record.line is not None
    assert (record.line.id, record.line.public_code) == ("railway:L1", "B63")
    assert record.destination is not None
    assert record.destination.zh == "南京"
    assert [(made.order, made.stop_place_id) for made in record.calls] == [
        (7, "railway:SHH-1"),
        (8, "railway:N"),
    ]
    assert record.calls[0].status is CallStatus.DELAYED
    inner = LITE["Siri"]
    assert parse(json.dumps(inner)).records == [record]
    assert parse(b"\xef\xbb\xbf" + json.dumps({"siri": inner}).encode()).records == [record]


def test_siri_lite_json_may_write_times_in_milliseconds() -> None:
    """A number as a time, alone or as a value, is milliseconds since 1970; Order is no time."""
    moment = int(at("12:15:00").timestamp() * 1000)
    body = json.dumps(LITE).replace('"2026-03-02T04:15:00.000Z"', f'{{"value": {moment}}}')
    assert str(moment) in body
    assert parse(body).records == parse(json.dumps(LITE)).records


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("unit", [1, 1000])
def test_siri_lite_json_in_another_unit_is_read_with_a_note(unit: int, text: bool) -> None:
    """Seconds, or digits in a text: what can be a time is one. Milliseconds alone need no word."""
    moment = int(at("12:15:00").timestamp()) * unit
    written = f'"{moment}"' if text else str(moment)
    batch = parse(json.dumps(LITE).replace('"2026-03-02T04:15:00.000Z"', written))
    assert batch.records == parse(json.dumps(LITE)).records
    noted = [note.detail for note in batch.notes if str(moment) in note.detail]
    assert bool(noted) is (text or unit == 1)
    assert all("since 1970" in detail for detail in noted)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"Siri": []}',
        b'{"Siri": {"ServiceDelivery": 1}}',
        b'{"Siri": ' + b'{"a":' * 200 + b"1" + b"}" * 201,
        b'{"Siri": {"' + b"\\u0000" + b'": 1, "a b": {"c": "\\u0000\\ud800"}}}',
    ],
)
def test_hostile_json_is_refused_in_one_line(body: bytes) -> None:
    """Cut off, of another shape, nested without end, names and texts that XML cannot hold."""
    with pytest.raises(PayloadError) as caught:
        parse(body)
    assert "\n" not in str(caught.value)


def asked(where: Context) -> etree._Element:
    """The request of one poll."""
    request = connector("siri_sm").request
    assert request is not None
    body = request(where, NOW).body
    assert body is not None
    return etree.fromstring(body)


def test_a_poll_asks_for_every_monitored_stop() -> None:
    """One StopMonitoringRequest a stop, in one ServiceRequest; else the interchange's places."""
    path = "s:ServiceRequest/s:StopMonitoringRequest/s:MonitoringRef"
    refs = bare(monitoring_refs=["A", "B"], preview=600, max_visits=9)
    root = asked(refs)
    assert [found.text for found in root.iterfind(path, NAMESPACE)] == ["A", "B"]
    inner = root.find("s:ServiceRequest/s:StopMonitoringRequest", NAMESPACE)
    assert inner is not None
    assert [etree.QName(part).localname for part in inner] == [
        "RequestTimestamp",
        "MessageIdentifier",
        "PreviewInterval",
        "MonitoringRef",
        "MaximumStopVisits",
        "StopMonitoringDetailLevel",
    ]
    ours = bare(stop_places=frozenset({"SHH"}))
    assert [found.text for found in asked(ours).iterfind(path, NAMESPACE)] == ["SHH"]


def test_a_poll_without_a_stop_says_what_to_set() -> None:
    """Nobody is asked for everything; SIRI-Lite names its stop in the address."""
    request = connector("siri_sm").request
    assert request is not None
    with pytest.raises(FeedStopped, match="monitoring_refs"):
        request(bare(), NOW)
    lite = request(bare(transport="lite"), NOW)
    assert (lite.method, lite.body) == ("GET", None)


@pytest.mark.samples
def test_the_example_s_visits() -> None:
    """The CEN example: calls before and after, platform, occupancy, a cancelled visit."""
    batch = parse(sample("siri/exs_stopMonitoring_response.xml"))
    assert (batch.entities, batch.accepted) == (2, 2)
    first, second = batch.records
    assert isinstance(first, DatedJourney)
    assert isinstance(second, DatedJourney)
    assert [len(first.calls), len(second.calls)] == [3, 7]
    assert first.id == "railway:Oubound:2004-12-17"
    monitored = next(made for made in first.calls if made.stop_place_id == "railway:HLTST011")
    assert monitored.actual_platform == "Bay 5"
    assert monitored.occupancy is not None
    assert monitored.occupancy.status is OccupancyStatus.MANY_SEATS_AVAILABLE
    assert batch.withdrawn == ["railway:0987656:2004-12-17"]
