"""The NeTEx connector: stops, lines and dated journeys of the Nordic and European profiles."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.netex import CONNECTOR, load_reference
from hub.connector import Envelope
from hub.model.common import Mode, Name, Position
from hub.model.journeys import JourneyState, Layer
from hub.model.network import Line, Quay, StopPlace, StopPlaceKind
from tests.connectors.netex_builder import (
    CALENDAR,
    LINE,
    PATTERN,
    SHARED,
    STOPS,
    WEDNESDAY,
    context,
    days,
    delivery,
    journey,
    journeys,
    of,
    passing,
    read,
    reasons,
    whole,
    zipped,
)
from tests.contract.mutations import sample


def test_a_passing_without_a_time_has_an_approximate_one():
    """Between two passings it is worked out, and marked."""
    times = passing("X:SPJP:1", None, "23:50:00") + passing("X:SPJP:2", None, None)
    times += passing("X:SPJP:3", "01:20:00", None, 1)
    (made, *_) = journeys(
        read(whole(journey(times=f"<passingTimes>{times}</passingTimes>")))
    ).values()
    first, between, last = made.calls
    assert [call.aimed_approximate for call in made.calls] == [False, True, False]
    assert first.aimed.departure < between.aimed.arrival == between.aimed.departure
    assert between.aimed.departure < last.aimed.arrival


def test_a_point_that_is_no_timing_point_has_approximate_times():
    """TimingPointStatus; the times are the published ones."""
    point = '<ScheduledStopPoint id="X:SSP:M"><Name>地铁</Name>'
    status = "<TimingPointStatus>notTimingPoint</TimingPointStatus>"
    marked = whole().replace(point.encode(), f"{point}{status}".encode())
    calls = next(iter(journeys(read(marked)).values())).calls
    assert calls == tuple(
        replace(call, aimed_approximate=call.order == 2)
        for call in next(iter(journeys(read(whole())).values())).calls
    )


def test_every_stop_place_is_one_and_its_quays_are_its():
    """A StopPlace with a ParentSiteRef stays a stop place; what it leaves out is its parent's."""
    batch = read(delivery(STOPS))
    places, quays = of(batch, StopPlace), of(batch, Quay)
    assert set(places) == {f"X:StopPlace:{name}" for name in ("HUB", "METRO", "COACH", "FAR")}
    metro = places["X:StopPlace:METRO"]
    assert metro.name == Name(zh="交通枢纽")
    assert metro.kind is StopPlaceKind.METRO_STATION
    assert metro.position == Position(31.251, 121.451)
    assert places["X:StopPlace:HUB"].modes == (Mode.METRO,)
    assert places["X:StopPlace:FAR"].kind is StopPlaceKind.COACH_STATION
    assert quays["X:Quay:M2"].stop_place_id == "x:X:StopPlace:METRO"
    assert quays["X:Quay:M2"].public_code == "2"
    assert quays["X:Quay:M2"].name == Name(en="South side")
    assert quays["X:Quay:M1"].name == metro.name


def test_names_have_their_translations():
    """A text without lang is in the frame's language; alternativeNames add the translation."""
    places = of(read(delivery(STOPS)), StopPlace)
    assert places["X:StopPlace:COACH"].name == Name(zh="长途客运站", en="Coach Station")
    texts = '<Text lang="zh">站</Text><Text lang="en">Stop</Text>'
    second = f'<StopPlace id="V"><Name>{texts}</Name></StopPlace>'
    assert of(read(delivery(second)), StopPlace)["V"].name == Name(zh="站", en="Stop")


def test_a_line_has_its_operator_and_mode():
    """Operators are found wherever they stand."""
    (line,) = of(read(whole()), Line).values()
    assert (line.id, line.public_code, line.mode) == ("x:X:Line:L1", "S1", Mode.COACH)
    assert (line.name, line.operator) == (Name(zh="上海-苏州"), Name(zh="长运"))
    assert line.colour == "E4002B"


def test_a_journey_crosses_midnight_by_its_day_offsets():
    """The service day is not the calendar day; times are in the frame's zone, not the feed's."""
    found = journeys(read(whole()))
    assert set(found) == {f"x:X:ServiceJourney:1:2026-03-0{day}" for day in (3, 4, 5)}
    run = found["x:X:ServiceJourney:1:2026-03-03"]
    assert (run.layer, run.state, run.mode) == (Layer.TIMETABLE, JourneyState.PLANNED, Mode.COACH)
    assert run.public_code == "7001"
    assert run.destination == Name(zh="苏州北")
    first, second, last = run.calls
    assert [call.order for call in run.calls] == [1, 2, 3]
    assert first.aimed.departure == datetime(2026, 3, 3, 15, 50, tzinfo=UTC)
    assert second.aimed.arrival == datetime(2026, 3, 3, 15, 58, tzinfo=UTC)
    assert second.aimed.departure == datetime(2026, 3, 3, 16, 3, tzinfo=UTC)
    assert last.aimed.arrival == datetime(2026, 3, 3, 17, 20, tzinfo=UTC)


def test_a_scheduled_stop_point_is_where_it_is_assigned():
    """The Quay goes before the StopPlace; boarding and alighting are as the pattern says."""
    first, second, last = next(iter(journeys(read(whole())).values())).calls
    assert (first.stop_place_id, first.quay_id) == ("x:X:StopPlace:COACH", "x:X:Quay:C1")
    assert (second.stop_place_id, second.quay_id) == ("x:X:StopPlace:METRO", "x:X:Quay:M2")
    assert (last.stop_place_id, last.quay_id) == ("x:X:StopPlace:FAR", None)
    assert (first.planned_platform, second.planned_platform) == ("A", "2")
    assert (first.boarding, first.alighting) == (True, False)
    assert (second.boarding, second.alighting) == (False, True)


def test_files_of_one_zip_refer_to_each_other_in_any_order():
    """The same dataset in one file or in four gives the same records."""
    parts = {
        "a_line": delivery(LINE, PATTERN, journey()),
        "b_shared": delivery(SHARED),
        "c_calendar": delivery(CALENDAR),
        "z_stops": delivery(STOPS),
    }
    together, apart = read(whole()), read(zipped(**parts))
    assert together.entities == apart.entities == 6
    assert sorted(r.id for r in together.records) == sorted(r.id for r in apart.records)
    assert not apart.rejects


def test_calls_are_read_where_there_are_no_passing_times():
    """Their stop is their own; a journey may run under no pattern."""
    calls = "".join(
        f'<Call order="{order}"><ScheduledStopPointRef ref="X:SSP:{stop}"/>{times}</Call>'
        for order, stop, times in (
            (10, "C", "<Departure><Time>08:00:00</Time></Departure>"),
            (20, "F", "<Arrival><Time>00:30:00</Time><DayOffset>1</DayOffset></Arrival>"),
        )
    )
    one = journey(under='<LineRef ref="X:Line:L1"/>', times=f"<calls>{calls}</calls>")
    run = next(iter(journeys(read(whole(one))).values()))
    assert [call.order for call in run.calls] == [10, 20]
    assert run.calls[1].aimed.arrival == datetime(2026, 3, 3, 16, 30, tzinfo=UTC)


def test_passing_times_without_references_stand_in_the_pattern_s_order():
    """As many times as stops: each is its stop's. Timing points are no stops."""
    times = "".join(
        f"<TimetabledPassingTime><DepartureTime>0{hour}:00:00</DepartureTime></TimetabledPassingTime>"
        for hour in (6, 7, 8)
    )
    timing = (
        '<TimetabledPassingTime><TimingPointInJourneyPatternRef ref="T"/>'
        "<DepartureTime>06:30:00</DepartureTime></TimetabledPassingTime>"
    )
    batch = read(whole(journey(times=f"<passingTimes>{times}{timing}</passingTimes>")))
    run = next(iter(journeys(batch).values()))
    assert [call.stop_place_id for call in run.calls] == [
        f"x:X:StopPlace:{name}" for name in ("COACH", "METRO", "FAR")
    ]
    assert not batch.notes


def test_a_bus_in_a_train_s_place_is_a_bus_of_that_line():
    """A journey's own mode goes before its line's."""
    batch = read(whole(journey(more="<TransportMode>bus</TransportMode>")))
    run = next(iter(journeys(batch).values()))
    assert run.mode is Mode.BUS
    assert run.line is not None
    assert run.line.id == "x:X:Line:L1"


def test_a_train_without_a_line_runs_all_the_same():
    """Long-distance trains have numbers, and often no line."""
    pattern = PATTERN.replace('<RouteRef ref="X:Route:1"/>', "")
    number = (
        '<TrainNumber id="X:TrainNumber:1"><ForAdvertisement>G7</ForAdvertisement></TrainNumber>'
    )
    train = journey(
        more="<TransportMode>rail</TransportMode>"
        '<trainNumbers><TrainNumberRef ref="X:TrainNumber:1"/></trainNumbers>'
    )
    batch = read(delivery(STOPS, SHARED, CALENDAR, number, pattern, train))
    run = next(iter(journeys(batch).values()))
    assert (run.line, run.mode, run.public_code) == (None, Mode.RAIL, "G7")


def test_a_point_assigned_to_nothing_known_is_a_place_by_its_name():
    """A line file without its stops still shows where journeys call, with a note."""
    batch = read(delivery(SHARED, CALENDAR, LINE, PATTERN, journey()))
    assert set(of(batch, StopPlace)) == {"X:SSP:C", "X:SSP:M", "X:SSP:F"}
    assert reasons(batch.notes)["UNKNOWN_STOP"] == 3
    assert len(days(batch)) == 3


def test_a_point_is_found_by_the_quay_that_no_file_has():
    """Real-time feeds name the Quay of an assignment, also where only a register describes it."""
    body = delivery(SHARED, CALENDAR, LINE, PATTERN, journey())
    timetable = load_reference(Envelope(body, WEDNESDAY), context())
    assert timetable.place("X:Quay:C1") is timetable.stop("X:SSP:C") is not None


def test_stops_of_the_static_reference_are_found():
    """A national register of stops is a feed of its own, and the line file's static_url."""
    register = load_reference(Envelope(delivery(STOPS), WEDNESDAY), context())
    batch = read(delivery(SHARED, CALENDAR, LINE, PATTERN, journey()), reference=register)
    first, *_ = next(iter(journeys(batch).values())).calls
    assert (first.stop_place_id, first.quay_id) == ("x:X:StopPlace:COACH", "x:X:Quay:C1")
    assert not of(batch, StopPlace)
    (line,) = of(batch, Line).values()
    assert first.stop_place_id in line.stop_places
    assert not batch.notes


@pytest.mark.samples
def test_the_nordic_stops_are_read_whole():
    """MANIFEST.md: 8 StopPlaces, 16 Quays; five children carry their parents' names."""
    batch = read(sample("netex/nordic-stops.xml"))
    places = of(batch, StopPlace)
    assert (batch.entities, batch.accepted, len(of(batch, Quay))) == (8, 8, 16)
    assert places["NSR:StopPlace:3990"].name == Name(en="Jernbanetorget")
    assert places["NSR:StopPlace:3990"].kind is StopPlaceKind.METRO_STATION
    assert not batch.notes


@pytest.mark.samples
def test_a_nordic_line_alone_has_journeys_without_days():
    """MANIFEST.md: a Line and 2 ServiceJourneys; the file's calendar and stops are elsewhere."""
    batch = read(sample("netex/nordic-line12.xml"))
    assert (batch.entities, reasons(batch.rejects)) == (3, {"UNKNOWN_SERVICE": 2})
    assert of(batch, Line)["RUT:Line:12"].mode is Mode.TRAM


@pytest.mark.samples
def test_a_nordic_line_runs_with_its_calendar_and_stops():
    """The two samples and what binds them, as three files of one zip."""
    quays = {"OT-8051": 7203, "OT-8201": 8027, "OT-11244": 8028, "OT-11245": 7194}
    shared = "".join(
        f'<PassengerStopAssignment><ScheduledStopPointRef ref="RUT:ScheduledStopPoint:{point}"/>'
        f'<QuayRef ref="NSR:Quay:{quay}"/></PassengerStopAssignment>'
        for point, quay in quays.items()
    )
    shared += (
        '<DayType id="RUT:DayType:6-101468"/><DayTypeAssignment><Date>2017-12-21</Date>'
        '<DayTypeRef ref="RUT:DayType:6-101468"/></DayTypeAssignment>'
    )
    body = zipped(
        line=sample("netex/nordic-line12.xml"),
        shared=delivery(shared, locale=""),
        stops=sample("netex/nordic-stops.xml"),
    )
    batch = read(body, at=datetime(2017, 12, 21, 10, tzinfo=UTC))
    run = journeys(batch)["x:RUT:ServiceJourney:12-101375-1000:2017-12-21"]
    assert (batch.entities, batch.accepted, len(journeys(batch))) == (11, 11, 2)
    assert run.origin == Name(en="Jernbanetorget")
    assert run.destination == Name(en="Majorstuen")
    assert run.calls[0].aimed.departure == datetime(2017, 12, 21, 5, 34, tzinfo=UTC)
    assert run.calls[1].quay_id == "x:NSR:Quay:8027"


def test_the_connector_is_registered_under_its_kind():
    """The manifest names what is dropped."""
    assert CONNECTOR.manifest.kind == "netex"
    assert "TimeDemandType" in CONNECTOR.manifest.drops
