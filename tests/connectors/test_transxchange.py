"""The TransXChange connector: coach stops, lines and dated journeys."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from connectors.planned import XmlTimetableConfig
from connectors.transxchange import load_reference
from hub.connector import Envelope
from hub.errors import PayloadError, Reason
from hub.model.common import Mode, Name, Position
from hub.model.journeys import Layer
from hub.model.network import Line, Quay, StopPlace, StopPlaceKind
from tests.connectors import netex_builder
from tests.connectors.txc_builder import (
    LINKS,
    STOPS,
    WEDNESDAY,
    context,
    document,
    journey,
    link,
    of,
    read,
    reasons,
    runs,
    service,
    times,
)
from tests.contract.mutations import sample


def test_stops_are_places_with_their_stand():
    """An AnnotatedStopPointRef and a StopPoint are both a stop place; the Indicator is a stand."""
    batch = read(document())
    places = of(batch, StopPlace)
    assert set(places) == {"A1", "B1", "C1"}
    assert places["B1"].name == Name(en="Bravo")
    assert places["B1"].position == Position(52.5, -1.9)
    assert places["A1"].kind is StopPlaceKind.COACH_STATION
    assert runs(batch)[0].calls[0].planned_platform == "Stand J"


def test_a_stop_in_a_stop_area_of_the_document_is_its_quay():
    """Without the area in the document the stop stays a place of its own."""
    inside = STOPS.replace("<Place>", "<StopAreas><StopAreaRef>G1</StopAreaRef></StopAreas><Place>")
    area = (
        "<StopAreas><StopArea><StopAreaCode>G1</StopAreaCode><Name>Bravo Hub</Name></StopArea>"
        "</StopAreas>"
    )
    batch = read(document(stops=inside, more=area))
    assert set(of(batch, StopPlace)) == {"A1", "G1", "C1"}
    assert of(batch, Quay)["B1"].stop_place_id == "x:G1"
    call = runs(batch)[0].calls[1]
    assert (call.stop_place_id, call.quay_id) == ("x:G1", "x:B1")
    assert call.stop_name == Name(en="Bravo Hub")
    without = read(document(stops=inside))
    assert set(of(without, StopPlace)) == {"A1", "B1", "C1"}
    assert [(note.native_id, str(note.reason)) for note in without.notes] == [
        ("B1", "UNKNOWN_STOP")
    ]


@pytest.mark.parametrize(
    ("body", "last"),
    [
        (document(links=LINKS.replace("PT5M", "5 min")), "01:27"),
        (document(journey(at="<DepartureTime>22:00:00Z</DepartureTime>")), "01:32"),
    ],
)
def test_a_time_that_is_not_read_as_written_is_noted(body, last):
    """A wait that is no duration is none; a zone is not counted."""
    batch = read(body)
    assert reasons(batch.notes) == {"BAD_VALUE": 1}
    assert runs(batch)[0].calls[2].aimed.arrival.strftime("%H:%M") == last


@pytest.mark.parametrize("status", ["OTH", "otherPoint"])
def test_what_is_no_timing_point_has_approximate_times(status):
    """Told of either end of the links that meet there; the times are what the links say."""
    stated = f"<TimingStatus>{status}</TimingStatus>"
    marked = document(
        links=LINKS.replace("</StopPointRef></To>", f"</StopPointRef>{stated}</To>", 1)
    )
    calls = runs(read(marked))[0].calls
    assert [call.aimed_approximate for call in calls] == [False, True, False]
    assert [call.aimed for call in calls] == [
        call.aimed for call in runs(read(document()))[0].calls
    ]


@pytest.mark.parametrize(
    "more",
    [
        "<EndDeadRun><ShortWorking>{}</ShortWorking></EndDeadRun>",
        "<VehicleJourneyTimingLink>{}<RunTime>PT9M</RunTime></VehicleJourneyTimingLink>",
    ],
)
def test_what_is_said_of_a_link_that_the_pattern_lacks_is_noted(more):
    """The journey runs as its pattern does."""
    ref = "<JourneyPatternTimingLinkRef>L9</JourneyPatternTimingLinkRef>"
    batch = read(document(journey(more=more.format(ref))))
    assert reasons(batch.notes) == {"BAD_VALUE": 1}
    assert "'L9'" in batch.notes[0].detail
    assert len(runs(batch)[0].calls) == 3


def test_a_line_is_known_across_documents():
    """A Line id is the document's own, so the ServiceCode is put before it."""
    (line,) = of(read(document()), Line).values()
    assert (line.id, line.public_code, line.mode) == ("x:S:L", "UK1", Mode.COACH)
    assert (line.name, line.operator) == (Name(en="Alpha - Charlie"), Name(en="Flix"))


def test_a_journey_adds_up_its_links():
    """Run times, and at a stop the wait of both links; the last call is after midnight."""
    batch = read(document())
    run = runs(batch)[0]
    assert run.id == "x:S:L:VJ1:2026-03-03"
    assert (run.layer, run.mode, run.public_code) == (Layer.TIMETABLE, Mode.COACH, "VJ1")
    assert run.destination == Name(en="London")
    assert times(batch) == [("22:00", "22:00"), ("23:25", "23:32"), ("01:32", "01:32")]
    assert run.calls[2].aimed.arrival == datetime(2026, 3, 4, 1, 32, tzinfo=UTC)
    assert [call.order for call in run.calls] == [1, 2, 3]


def test_times_are_of_the_service_day_when_the_clocks_change():
    """29 March 2026: a coach that leaves before the change arrives an hour later by the clock."""
    run = runs(read(document(), at=datetime(2026, 3, 28, 12, tzinfo=UTC)))[1]
    assert run.service_date == date(2026, 3, 28)
    assert run.calls[0].aimed.departure == datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
    assert run.calls[2].aimed.arrival == datetime(2026, 3, 29, 1, 32, tzinfo=UTC)


def test_a_departure_day_shift_is_counted():
    """+1 is the small hours after the service day, as +1 or 1."""
    for shift in ("+1", "1"):
        at = (
            f"<DepartureTime>00:30:00</DepartureTime><DepartureDayShift>{shift}</DepartureDayShift>"
        )
        run = runs(read(document(journey(at=at))))[0]
        assert run.service_date == date(2026, 3, 3)
        assert run.calls[0].aimed.departure == datetime(2026, 3, 4, 0, 30, tzinfo=UTC)


def test_a_departure_before_its_service_day_keeps_its_times():
    """DepartureDayShift -1: the evening before."""
    at = "<DepartureTime>23:30:00</DepartureTime><DepartureDayShift>-1</DepartureDayShift>"
    batch = read(document(journey(at=at)))
    assert runs(batch)[1].service_date == date(2026, 3, 4)
    assert runs(batch)[1].calls[0].aimed.departure == datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
    assert not batch.notes


def test_what_may_be_done_at_a_stop_is_its_activity():
    """Pick up only, set down only; a stop that is passed is no call."""
    links = link(1, "A1", "B1", ends=("pickUp", "pass")) + link(
        2, "B1", "C1", ends=("pass", "setDown")
    )
    calls = runs(read(document(links=links)))[0].calls
    assert [(call.order, call.boarding, call.alighting) for call in calls] == [
        (1, True, False),
        (3, False, True),
    ]
    only = link(1, "A1", "B1", ends=("pickUp", "setDown")) + link(
        2, "B1", "C1", ends=("setDown", "setDown")
    )
    middle = runs(read(document(links=only)))[0].calls[1]
    assert (middle.boarding, middle.alighting) == (False, True)


def test_a_journey_s_own_times_go_before_its_pattern_s():
    """A VehicleJourneyTimingLink changes what it says and nothing else."""
    own = (
        '<VehicleJourneyTimingLink id="V1"><JourneyPatternTimingLinkRef>L1'
        "</JourneyPatternTimingLinkRef><RunTime>PT30M</RunTime><To><WaitTime>PT0S</WaitTime></To>"
        "</VehicleJourneyTimingLink>"
    )
    assert times(read(document(journey(more=own)))) == [
        ("22:00", "22:00"),
        ("22:30", "22:35"),
        ("00:35", "00:35"),
    ]


def test_a_journey_is_like_the_one_it_refers_to():
    """Pattern, days, line and times come from the VehicleJourneyRef, and from that one's own."""
    bare = {"profile": None, "of": ""}
    second = journey(
        "VJ2", under="<VehicleJourneyRef>VJ1</VehicleJourneyRef>",
        at="<DepartureTime>08:00:00</DepartureTime>", **bare,
    )  # fmt: skip
    third = journey(
        "VJ3", under="<VehicleJourneyRef>VJ2</VehicleJourneyRef>",
        at="<DepartureTime>09:00:00</DepartureTime>", **bare,
    )  # fmt: skip
    batch = read(document(third, journey(), second))
    assert times(batch, "VJ3") == [("09:00", "09:00"), ("10:25", "10:32"), ("12:32", "12:32")]
    assert len(runs(batch, "VJ2")) == 3


def test_a_short_working_runs_a_part_of_its_pattern():
    """The DepartureTime is that of the first stop in service."""
    dead = (
        "<StartDeadRun><ShortWorking><JourneyPatternTimingLinkRef>L2"
        "</JourneyPatternTimingLinkRef></ShortWorking></StartDeadRun>"
    )
    assert times(read(document(journey(more=dead)))) == [("22:00", "22:00"), ("00:00", "00:00")]
    end = dead.replace("Start", "End").replace("L2", "L1")
    assert len(runs(read(document(journey(more=end))))[0].calls) == 2


def test_a_short_working_does_not_need_what_lies_behind_its_end():
    """A section of the pattern that is not there loses the journeys that run it, and no other."""
    end = (
        "<EndDeadRun><ShortWorking><JourneyPatternTimingLinkRef>L1"
        "</JourneyPatternTimingLinkRef></ShortWorking></EndDeadRun>"
    )
    text = document(journey(more=end), journey("VJ2"))
    section = b"<JourneyPatternSectionRefs>JPS1</JourneyPatternSectionRefs>"
    assert section in text
    batch = read(text.replace(section, section + section.replace(b"JPS1", b"JPS2")))
    assert len(runs(batch)[0].calls) == 2
    assert reasons(batch.rejects) == {"BAD_VALUE": 1}


def test_a_journey_two_documents_have_for_one_period_is_a_duplicate():
    """The stops they share are one each."""
    batch = read(netex_builder.zipped(a=document(), b=document()))
    assert reasons(batch.rejects) == {"DUPLICATE": 1}
    assert len(runs(batch)) == 3
    assert batch.entities == 3 + 2 + 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (journey("BAD", of="<ServiceRef>none</ServiceRef>"), "UNKNOWN_SERVICE"),
        (journey("BAD", of="<ServiceRef>S</ServiceRef><LineRef>none</LineRef>"), "UNKNOWN_ROUTE"),
        (journey("BAD", under="<JourneyPatternRef>none</JourneyPatternRef>"), "BAD_VALUE"),
        (journey("BAD", under="<VehicleJourneyRef>none</VehicleJourneyRef>"), "UNKNOWN_TRIP"),
        (journey("BAD", under="<VehicleJourneyRef>BAD</VehicleJourneyRef>"), "BAD_VALUE"),
        (journey("BAD", at=""), "BAD_VALUE"),
        (journey("BAD", at="<DepartureTime>noon</DepartureTime>"), "BAD_VALUE"),
        (journey(""), "MISSING_FIELD"),
        (journey() + journey(), "DUPLICATE"),
        ("<FlexibleVehicleJourney/>", "UNSUPPORTED_MESSAGE"),
    ],
)
def test_a_bad_journey_is_refused_and_nothing_else(bad, reason):
    """One bad record never drops the rest."""
    batch = read(document(bad, journey("GOOD")))
    assert reasons(batch.rejects) == {reason: 1}
    assert len(runs(batch, "GOOD")) == 3
    assert batch.accepted == batch.entities - 1


@pytest.mark.parametrize(
    ("links", "reason"),
    [
        (LINKS.replace("<RunTime>PT2H</RunTime>", ""), "MISSING_FIELD"),
        (LINKS.replace("PT2H", "two hours"), "MISSING_FIELD"),
        (link(1, "A1", "B1") + link(2, "A1", "C1"), "BAD_VALUE"),
        (link(1, "A1", "NOWHERE"), "UNKNOWN_STOP"),
        ("", "EMPTY_ENTITY"),
    ],
)
def test_links_that_do_not_add_up_refuse_the_journey(links, reason):
    """No time is better than a wrong one."""
    assert reasons(read(document(links=links)).rejects) == {reason: 1}


def test_an_unlisted_stop_is_a_note_on_a_journey_that_stays():
    """The other stops keep their times and orders."""
    batch = read(document(links=link(1, "A1", "X9") + link(2, "X9", "C1")))
    assert [call.order for call in runs(batch)[0].calls] == [1, 3]
    assert reasons(batch.notes) == {"UNKNOWN_STOP": 1}


def test_an_unknown_schema_version_is_read_with_a_note():
    """Nothing is gated on the schema."""
    assert reasons(read(document(version="3.0")).notes) == {"UNSUPPORTED_VERSION": 1}
    assert not read(document(version="2.1")).notes


def test_a_stop_without_degrees_has_no_position():
    """A grid reference is not guessed at."""
    bare = STOPS.replace("<Longitude>-1.9</Longitude>", "")
    batch = read(document(stops=bare))
    assert of(batch, StopPlace)["B1"].position is None
    assert reasons(batch.notes) == {"MISSING_FIELD": 1}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<PublicationDelivery/>", Reason.UNSUPPORTED_MESSAGE),
        (document()[:-5], Reason.NOT_DECODABLE),
        (b"<!DOCTYPE x><TransXChange/>", Reason.DTD_FORBIDDEN),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_whole(body, reason):
    """Of another standard, cut off, or with a DOCTYPE."""
    with pytest.raises(PayloadError) as caught:
        read(body)
    assert caught.value.reason is reason


def test_an_unpacked_zip_has_a_cap():
    """The cap is the feed's to set."""
    with pytest.raises(PayloadError) as caught:
        read(netex_builder.zipped(a=document()), config=XmlTimetableConfig(max_unpacked_bytes=99))
    assert caught.value.reason is Reason.TOO_LARGE


def test_a_code_that_several_journeys_share_names_none():
    """A VehicleJourneyCode is an alias only where it is unique in the dataset."""
    other = document(journey(of="<ServiceRef>T</ServiceRef>"), services=service("T"))
    body = netex_builder.zipped(a=document(), b=other)
    timetable = load_reference(Envelope(body, WEDNESDAY), context())
    assert timetable.trip("VJ1") is None
    assert timetable.trip("T:L:VJ1") is not None


def test_a_journey_is_known_by_its_ticket_machine_s_code():
    """BODS SIRI-VM names journeys by Operational/TicketMachine/JourneyCode."""
    machine = (
        "<Operational><TicketMachine><JourneyCode>1042</JourneyCode></TicketMachine></Operational>"
    )
    timetable = load_reference(Envelope(document(journey(more=machine)), WEDNESDAY), context())
    assert timetable.trip("1042") is timetable.trip("VJ1") is not None


@pytest.mark.samples
def test_the_coach_sample_is_read_whole():
    """MANIFEST.md: 36 VehicleJourneys, 7 stops; one Service. 12 run around 10 October 2024."""
    body = sample("coach-transxchange/flixbus-UK021-london-liverpool.xml")
    batch = read(body, at=datetime(2024, 10, 10, 10, tzinfo=UTC))
    assert (batch.entities, batch.accepted) == (36 + 7 + 1, 44)
    assert len(of(batch, StopPlace)) == 7
    run = next(run for run in runs(batch, "VJ3") if run.service_date == date(2024, 10, 9))
    assert [f"{call.aimed.arrival:%H:%M}" for call in run.calls] == [
        "11:40", "13:05", "14:50", "17:10", "17:30", "17:45",
    ]  # fmt: skip
    assert run.calls[1].aimed.departure == datetime(2024, 10, 9, 13, 10, tzinfo=UTC)


@pytest.mark.samples
def test_the_coach_sample_runs_once_at_a_time():
    """Its 36 journeys carve the half year up: no two of one pattern and time run on one day."""
    body = sample("coach-transxchange/flixbus-UK021-london-liverpool.xml")
    timetable = load_reference(Envelope(body, WEDNESDAY), context())
    assert len(timetable.trips) == 36
    for offset in range(184):
        day = date(2024, 7, 8) + timedelta(days=offset)
        starts = sorted(
            (trip.calls[0].stop_id, trip.start_s, len(trip.calls))
            for trip in timetable.trips.values()
            if timetable.runs_on(trip.service_id, day)
        )
        assert all(one != other for one, other in pairwise(starts)), day
