"""The NeTEx connector: stops, lines and dated journeys of the Nordic and European profiles."""

from datetime import UTC, date, datetime

import pytest

from connectors.netex import CONNECTOR, NetexConfig, load_reference
from hub.connector import Envelope
from hub.errors import PayloadError, Reason
from hub.model.common import Mode, Name, Position
from hub.model.journeys import DatedJourney, JourneyState, Layer
from hub.model.network import Line, Quay, StopPlace, StopPlaceKind
from tests.connectors.netex_builder import (
    CALENDAR,
    DAYS,
    LINE,
    PATTERN,
    SHARED,
    STOPS,
    UNDER,
    WEDNESDAY,
    context,
    delivery,
    journey,
    passing,
    read,
    reasons,
    whole,
    zipped,
)
from tests.contract.mutations import sample


def of(batch, kind):
    """Records of a kind by native id."""
    return {record.native_id: record for record in batch.records if isinstance(record, kind)}


def journeys(batch):
    """Journeys of a batch by id."""
    return {record.id: record for record in batch.records if isinstance(record, DatedJourney)}


def days(batch, native="X:ServiceJourney:1"):
    """Days of March 2026 on which a journey runs, of those in the batch."""
    return [
        record.service_date.day
        for record in batch.records
        if isinstance(record, DatedJourney) and record.native_id == native
    ]


def runs(service_days: str, at: str, calendar: str = CALENDAR) -> list[int]:
    """Days around `at` (2026) on which a journey with these day types runs."""
    moment = datetime.fromisoformat(f"2026-{at}T04:00:00+00:00")
    return days(read(whole(journey(days=service_days), calendar=calendar), at=moment))


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


def test_what_files_of_one_zip_repeat_is_one():
    """Stops that stand in every file of a zip are no duplicates; twice in one file they are."""
    shared = read(zipped(a=delivery(STOPS), b=delivery(STOPS)))
    assert (shared.entities, shared.rejects) == (4, [])
    twice = read(delivery(STOPS, STOPS))
    assert (twice.entities, reasons(twice.rejects)) == (8, {"DUPLICATE": 4})


def test_of_several_versions_the_valid_one_counts_and_of_those_the_highest():
    """A future version does not hold yet; the one it will replace does."""
    old, new, future = (
        f'<StopPlace id="V" version="{number}">{validity}<Name>{number}</Name></StopPlace>'
        for number, validity in (
            (1, ""),
            (2, "<ValidBetween><FromDate>2026-01-01T00:00:00</FromDate></ValidBetween>"),
            (3, "<ValidBetween><FromDate>2027-01-01T00:00:00</FromDate></ValidBetween>"),
        )
    )
    batch = read(delivery(old, future, new))
    assert of(batch, StopPlace)["V"].name == Name(zh="2")
    assert batch.entities == 3
    assert reasons(batch.rejects) == {"DUPLICATE": 2}
    assert "version 2 is used" in batch.rejects[-1].detail


def test_what_is_marked_as_deleted_is_refused():
    """A StopPlace with modification delete is no stop place any more."""
    batch = read(delivery('<StopPlace id="D" modification="delete"><Name>x</Name></StopPlace>'))
    assert (batch.entities, reasons(batch.rejects)) == (1, {"EMPTY_ENTITY": 1})
    assert not batch.complete


def test_day_types_run_on_their_days_within_their_period():
    """Weekdays of March: not on the Saturday, not in April."""
    assert runs(DAYS, "03-07") == [6]
    assert runs(DAYS, "03-31") == [30, 31]


def test_a_day_taken_away_is_away():
    """isAvailable false overrules the period, whatever their order."""
    without = CALENDAR.replace(
        '<DayTypeAssignment id="X:DTA:1"',
        '<DayTypeAssignment id="X:DTA:0" order="1"><Date>2026-03-04</Date>'
        '<DayTypeRef ref="X:DayType:work"/><isAvailable>false</isAvailable></DayTypeAssignment>'
        '<DayTypeAssignment id="X:DTA:1"',
    )
    assert runs(DAYS, "03-04", without) == [3, 5]


@pytest.mark.parametrize(
    ("assigned", "expected"),
    [
        ("<Date>2026-03-07</Date>", [7]),
        ('<OperatingDayRef ref="X:OperatingDay:7"/>', [7]),
        ('<OperatingPeriodRef ref="X:UicOperatingPeriod:1"/>', [6, 8]),
        ('<UicOperatingPeriodRef ref="X:UicOperatingPeriod:1"/>', [6, 8]),
        ('<OperatingPeriodRef ref="X:OperatingPeriod:byDay"/>', [7, 8]),
    ],
)
def test_days_are_given_in_every_way_the_profiles_have(assigned, expected):
    """A date, an OperatingDay, the bits of a UicOperatingPeriod, a period between two days."""
    calendar = (
        '<OperatingPeriod id="X:OperatingPeriod:byDay">'
        '<FromOperatingDayRef ref="X:OperatingDay:7"/>'
        "<ToDate>2026-03-09T00:00:00</ToDate></OperatingPeriod>"
        '<UicOperatingPeriod id="X:UicOperatingPeriod:1"><FromDate>2026-03-05T00:00:00</FromDate>'
        "<ToDate>2026-03-08T00:00:00</ToDate><ValidDayBits>0101</ValidDayBits></UicOperatingPeriod>"
        '<DayType id="X:DayType:any"/>'
        '<OperatingDay id="X:OperatingDay:7"><CalendarDate>2026-03-07</CalendarDate></OperatingDay>'
        f'<DayTypeAssignment>{assigned}<DayTypeRef ref="X:DayType:any"/></DayTypeAssignment>'
    )
    assert runs(DAYS.replace("work", "any"), "03-07", calendar) == expected


def test_a_day_type_without_assignment_holds_in_its_frame_or_calendar():
    """With neither it never runs, and a note says so."""
    day_type = CALENDAR[: CALENDAR.index("<OperatingPeriod")]
    parts = (STOPS, SHARED, LINE, PATTERN, day_type, journey())
    between = (
        "<ValidBetween><FromDate>2026-03-04</FromDate><ToDate>2026-03-04</ToDate></ValidBetween>"
    )
    assert days(read(delivery(*parts, validity=between))) == [4]
    in_calendar = (
        "<ServiceCalendar><FromDate>2026-03-05</FromDate><ToDate>2026-03-06</ToDate>"
        f"<dayTypes>{day_type}</dayTypes></ServiceCalendar>"
    )
    assert days(read(delivery(STOPS, SHARED, LINE, PATTERN, in_calendar, journey()))) == [5]
    batch = read(delivery(*parts))
    assert days(batch) == []
    assert reasons(batch.notes)["OUTSIDE_PERIOD"] == 2


def test_availability_conditions_give_days_and_bound_day_types():
    """Alone they are the days; beside day types they narrow them; unavailable they take away."""
    condition = (
        '<AvailabilityCondition id="X:AC:1"><FromDate>2026-03-03</FromDate>'
        "<ToDate>2026-03-04</ToDate>{}</AvailabilityCondition>"
    )
    named = '<validityConditions><AvailabilityConditionRef ref="X:AC:1"/></validityConditions>'
    bits = CALENDAR + condition.format("<ValidDayBits>01</ValidDayBits>")
    assert runs(named, "03-04", bits) == [4]
    assert runs(named + DAYS, "03-04", CALENDAR + condition.format("")) == [3, 4]
    away = CALENDAR + condition.format("<IsAvailable>false</IsAvailable>")
    assert runs(named + DAYS, "03-04", away) == [5]


def dated(native: str, day: str = "X:OperatingDay:4", more: str = "", of_journey: str = "1") -> str:
    """A DatedServiceJourney."""
    return (
        f'<DatedServiceJourney id="{native}">{more}'
        f'<ServiceJourneyRef ref="X:ServiceJourney:{of_journey}"/>'
        f'<OperatingDayRef ref="{day}"/></DatedServiceJourney>'
    )


def test_dated_service_journeys_are_the_days_of_their_journey():
    """A journey without day types runs where it is dated; its dated id finds it too."""
    body = whole(journey(days=""), dated("X:DSJ:1"))
    batch = read(body)
    assert (batch.entities, batch.accepted, days(batch)) == (7, 7, [4])
    timetable = load_reference(Envelope(body, WEDNESDAY), context())
    trip = timetable.trip("X:DSJ:1")
    assert trip is not None
    assert trip.native_id == "X:ServiceJourney:1"
    assert timetable.runs_on(trip.service_id, date(2026, 3, 4))


@pytest.mark.parametrize("alteration", ["cancellation", "replaced"])
def test_a_dated_journey_called_off_does_not_run(alteration):
    """It takes its day from the journey's day types."""
    off = dated("X:DSJ:1", more=f"<ServiceAlteration>{alteration}</ServiceAlteration>")
    assert days(read(whole(journey(), off))) == [3, 5]


def test_a_dated_journey_that_another_replaces_does_not_run():
    """What replaces it does, although it says "replaced" as well."""
    replacing = dated(
        "X:DSJ:2",
        of_journey="2",
        more="<ServiceAlteration>replaced</ServiceAlteration><replacedJourneys>"
        '<DatedVehicleJourneyRef ref="X:DSJ:1"/></replacedJourneys>',
    )
    second = journey("X:ServiceJourney:2", days="")
    batch = read(whole(journey(days=""), second, dated("X:DSJ:1"), replacing))
    assert (days(batch), days(batch, "X:ServiceJourney:2")) == ([], [4])


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


def test_stops_of_the_static_reference_are_found():
    """A national register of stops is a feed of its own, and the line file's static_url."""
    register = load_reference(Envelope(delivery(STOPS), WEDNESDAY), context())
    batch = read(delivery(SHARED, CALENDAR, LINE, PATTERN, journey()), reference=register)
    first, *_ = next(iter(journeys(batch).values())).calls
    assert (first.stop_place_id, first.quay_id) == ("x:X:StopPlace:COACH", "x:X:Quay:C1")
    assert not of(batch, StopPlace)
    assert not batch.notes


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (journey(days=""), "UNKNOWN_SERVICE"),
        (journey(days=DAYS.replace("work", "none")), "UNKNOWN_SERVICE"),
        (journey(under=UNDER + '<LineRef ref="X:Line:none"/>'), "UNKNOWN_ROUTE"),
        (journey(times=""), "EMPTY_ENTITY"),
        (journey(more="<ServiceAlteration>cancellation</ServiceAlteration>"), "EMPTY_ENTITY"),
        (journey(times="<passingTimes>" + passing("X:SPJP:1", None, "8") + "</passingTimes>"),
         "EMPTY_ENTITY"),
        (journey(native=""), "MISSING_FIELD"),
        ('<TemplateServiceJourney id="T"/>', "UNSUPPORTED_MESSAGE"),
        (dated("X:DSJ:1", of_journey="9"), "UNKNOWN_TRIP"),
        (journey("X:ServiceJourney:1") + dated("X:DSJ:1", day="none"), "UNKNOWN_SERVICE"),
        (journey() + journey(), "DUPLICATE"),
    ],
)  # fmt: skip
def test_a_bad_journey_is_refused_and_nothing_else(one, reason):
    """One bad record never drops the rest: the stops, the line and a good journey stay."""
    batch = read(whole(one, journey("X:ServiceJourney:good")))
    assert reasons(batch.rejects) == {reason: 1}
    assert len(days(batch, "X:ServiceJourney:good")) == 3
    assert batch.accepted == batch.entities - 1


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ([("X:SPJP:1", None, "10:00:00"), ("X:SPJP:3", "09:00:00", None)], "TIME_ORDER"),
        ([("X:SPJP:1", None, "10:00:00"), ("X:SPJP:2", "10:09:00", "10:05:00"),
          ("X:SPJP:3", "11:00:00", None)], "NEGATIVE_DWELL"),
        ([("X:SPJP:1", None, "10:00:00"), ("X:SPJP:2", "25:00:00", None),
          ("X:SPJP:3", "11:00:00", None)], "BAD_VALUE"),
        ([("X:SPJP:1", None, "10:00:00Z"), ("X:SPJP:3", "11:00:00.0", None)], "BAD_VALUE"),
        ([("X:SPJP:1", None, "10:00:00"), ("nowhere", "10:30:00", None),
          ("X:SPJP:3", "11:00:00", None)], "BAD_VALUE"),
    ],
)  # fmt: skip
def test_a_bad_time_is_a_note_on_a_journey_that_stays(times, reason):
    """A time that is none, or runs backwards, is left out or mended, and said."""
    rows = "".join(passing(*row) for row in times)
    batch = read(whole(journey(times=f"<passingTimes>{rows}</passingTimes>")))
    assert reasons(batch.notes) == {reason: 1}
    assert len(days(batch)) == 3


def test_a_position_that_is_none_on_earth_is_left_out():
    """A national grid reference in gml:pos is refused with a reason; degrees in it are read."""
    place = (
        '<StopPlace id="G"><Name>g</Name>'
        "<Centroid><Location><pos>{}</pos></Location></Centroid></StopPlace>"
    )
    wrong = read(delivery(place.format("524811 170666")))
    assert of(wrong, StopPlace)["G"].position is None
    assert reasons(wrong.notes) == {"POSITION_OUT_OF_RANGE": 1}
    right = read(delivery(place.format("31.2 121.4")))
    assert of(right, StopPlace)["G"].position == Position(31.2, 121.4)


def test_only_journeys_of_the_interchange_are_kept():
    """The quays of a stop place count for it."""
    kept = read(whole(), stop_places=frozenset({"X:StopPlace:METRO"}))
    assert len(days(kept)) == 3
    assert days(read(whole(), stop_places=frozenset({"X:StopPlace:ELSEWHERE"}))) == []


def test_too_many_calls_are_cut_off_and_withdraw_nothing():
    """What was left out still holds."""
    batch = read(whole(), config=NetexConfig(max_calls=4))
    assert len(days(batch)) == 1
    assert reasons(batch.notes) == {"TOO_LARGE": 1}
    assert not batch.complete


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<a/>", Reason.UNSUPPORTED_MESSAGE),
        (zipped(a=b"<a/>"), Reason.UNSUPPORTED_MESSAGE),
        (zipped(), Reason.NOT_DECODABLE),
        (whole()[:-20], Reason.NOT_DECODABLE),
        (zipped(a=whole(), b=whole()[:-20]), Reason.NOT_DECODABLE),
        (zipped(a=b"<!DOCTYPE x><PublicationDelivery/>"), Reason.DTD_FORBIDDEN),
        (zipped(a=b"<PublicationDelivery>" + b" " * 5_000_000), Reason.TOO_LARGE),
        (b"PK\x03\x04", Reason.NOT_DECODABLE),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_whole(body, reason):
    """One broken file of a zip refuses the zip: half a dataset would withdraw the other half."""
    with pytest.raises(PayloadError) as caught:
        read(body)
    assert caught.value.reason is reason


def test_an_unpacked_zip_has_a_cap():
    """The cap is the feed's to set."""
    with pytest.raises(PayloadError) as caught:
        read(zipped(a=whole()), config=NetexConfig(max_unpacked_bytes=1000))
    assert caught.value.reason is Reason.TOO_LARGE


def test_an_empty_delivery_withdraws_nothing():
    """A file that lists nothing is a mistake, not a network without stops."""
    batch = read(delivery())
    assert (batch.entities, batch.complete) == (0, False)


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
