"""The static connector: stop places, lines and dated journeys of a published timetable."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest

from connectors.gtfs import GtfsConfig
from hub.errors import PayloadError, Reason
from hub.model.common import Mode, Name
from hub.model.journeys import CallStatus, DatedJourney, JourneyState, Layer, Times
from hub.model.network import Line, Quay, StopPlace, StopPlaceKind
from tests.connectors.gtfs_builder import (
    NOON,
    TABLES,
    read_gtfs,
    reasons,
    shanghai,
    timetable,
    with_rows,
    zipped,
)


def journeys(batch):
    """Journeys of a batch by id."""
    return {record.id: record for record in batch.records if isinstance(record, DatedJourney)}


def of(batch, kind):
    """Records of a kind by native id."""
    return {record.native_id: record for record in batch.records if isinstance(record, kind)}


def test_parents_become_stop_places_and_platforms_quays():
    """A station is a stop place, its platforms are quays; a stop without a parent is a place."""
    batch = read_gtfs(zipped())
    places, quays = of(batch, StopPlace), of(batch, Quay)
    assert set(places) == {"SHRS", "PS", "XZ", "FJ"}
    assert set(quays) == {"SHRS-1", "SHRS-2"}
    assert quays["SHRS-1"].stop_place_id == "metro:SHRS"
    assert quays["SHRS-1"].public_code == "1"
    assert places["SHRS"].kind is StopPlaceKind.RAIL_STATION
    assert places["SHRS"].modes == (Mode.METRO, Mode.RAIL)
    assert places["PS"].kind is StopPlaceKind.METRO_STATION


def test_names_are_in_chinese_and_english():
    """The table's language fills one half of a name, translations.txt the other."""
    batch = read_gtfs(zipped())
    places, lines = of(batch, StopPlace), of(batch, Line)
    assert places["SHRS"].name == Name(zh="上海火车站", en="Shanghai Railway Station")
    assert places["PS"].name == Name(zh="人民广场", en="People's Square")
    assert places["XZ"].name == Name(zh="莘庄")
    assert lines["L1"].name == Name(zh="莘庄-富锦路", en="Xinzhuang - Fujin Road")
    assert lines["L1"].operator == Name(zh="上海地铁")
    journey = journeys(batch)["metro:T1:2026-03-04"]
    assert journey.destination == Name(zh="富锦路", en="Fujin Road")


def test_lines_keep_their_extended_route_type():
    """A route type 401 is metro, 101 rail, and is kept."""
    lines = of(read_gtfs(zipped()), Line)
    assert (lines["L1"].mode, lines["L1"].route_type, lines["L1"].colour) == (
        Mode.METRO,
        401,
        "E4002B",
    )
    assert (lines["G"].mode, lines["G"].route_type) == (Mode.RAIL, 101)


def test_the_configured_mode_overrules_the_route_type():
    """A feed configured as coach has coach lines and journeys, whatever routes.txt says."""
    batch = read_gtfs(zipped(), mode=Mode.COACH)
    assert {line.mode for line in of(batch, Line).values()} == {Mode.COACH}
    assert {journey.mode for journey in journeys(batch).values()} == {Mode.COACH}
    assert of(batch, StopPlace)["PS"].kind is StopPlaceKind.COACH_STATION


def test_yesterday_today_and_tomorrow_are_given():
    """Journeys are those of three service days by the agency's clock, not by UTC."""
    at = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)  # already 4 March in Shanghai
    found = journeys(read_gtfs(zipped(), at=at))
    assert {journey.service_date for journey in found.values()} == {
        date(2026, 3, 3),
        date(2026, 3, 4),
        date(2026, 3, 5),
    }
    assert len(found) == 12


def test_a_service_that_rests_on_a_day_has_no_journey_then():
    """On a Saturday only the daily services run."""
    found = journeys(read_gtfs(zipped(), at=shanghai("2026-03-07 12:00")))
    assert "metro:TR7:2026-03-06" in found
    assert "metro:TR7:2026-03-07" not in found
    assert "metro:T1:2026-03-07" in found


def test_calendar_dates_overrule_the_calendar():
    """A service removed on a day does not run; one may consist of added days alone."""
    changes = {
        "calendar_dates.txt": "service_id,date,exception_type\n"
        "workdays,20260304,2\nworkdays,20260307,1\nspecial,20260304,1\n",
        **with_rows("trips.txt", "L1,special,EXTRA,,,0"),
        **with_rows("stop_times.txt", "EXTRA,9:00:00,9:00:00,XZ,1,,", "EXTRA,9:30:00,,FJ,2,,"),
    }
    found = journeys(read_gtfs(zipped(changes)))
    assert "metro:TR7:2026-03-04" not in found
    assert "metro:TR7:2026-03-05" in found
    assert "metro:EXTRA:2026-03-04" in found
    assert "metro:EXTRA:2026-03-05" not in found


def test_times_past_midnight_belong_to_the_day_before():
    """24:06 of 3 March is six minutes past midnight on 4 March."""
    found = journeys(read_gtfs(zipped()))["metro:LATE:2026-03-03"]
    assert found.service_date == date(2026, 3, 3)
    assert found.calls[1].aimed.departure == shanghai("2026-03-04 00:06")


def test_a_journey_says_what_the_timetable_knows():
    """A timetable record is planned, its calls are scheduled, at the published platforms."""
    journey = journeys(read_gtfs(zipped()))["metro:T1:2026-03-04"]
    assert journey.layer is Layer.TIMETABLE
    assert journey.state is JourneyState.PLANNED
    assert journey.line is not None
    assert journey.line.public_code == "1号线"
    assert journey.origin == Name(zh="莘庄")
    assert [call.order for call in journey.calls] == [1, 2, 5, 9]
    assert {call.status for call in journey.calls} == {CallStatus.SCHEDULED}
    here = journey.calls[2]
    assert (here.stop_place_id, here.quay_id, here.planned_platform) == (
        "metro:SHRS",
        "metro:SHRS-1",
        "1",
    )
    assert here.aimed.arrival == shanghai("2026-03-04 12:15")
    assert here.aimed.departure == shanghai("2026-03-04 12:16")


def test_trains_are_known_by_number_and_metro_by_line():
    """A train's public code is its number; a metro run has none of its own."""
    found = journeys(read_gtfs(zipped()))
    assert found["metro:TR7:2026-03-04"].public_code == "G7"
    assert found["metro:T1:2026-03-04"].public_code is None
    nameless = {"trips.txt": TABLES["trips.txt"].replace("G7", "")}
    assert journeys(read_gtfs(zipped(nameless)))["metro:TR7:2026-03-04"].public_code == "TR7"


def test_nobody_boards_at_the_end_or_alights_at_the_start():
    """The first call is for boarding only, the last for alighting only; pickup_type is honoured."""
    changes = {"stop_times.txt": TABLES["stop_times.txt"].replace("PS,2,,", "PS,2,1,0", 1)}
    calls = journeys(read_gtfs(zipped(changes)))["metro:T1:2026-03-04"].calls
    assert [(call.boarding, call.alighting) for call in calls] == [
        (True, False),
        (False, True),
        (True, True),
        (False, True),
    ]


def untimed(*lines: str) -> dict[str, str]:
    """The tables without the times of these lines of stop_times.txt."""
    table = TABLES["stop_times.txt"]
    for line in lines:
        trip_id = line.partition(",")[0]
        assert line in table
        table = table.replace(line, f"{trip_id},,")
    return {"stop_times.txt": table}


def test_calls_without_times_have_approximate_ones():
    """Between two timed stops a vehicle goes as the crow flies, at one speed, to the minute."""
    batch = read_gtfs(zipped(untimed("T1,12:10:00,12:11:00")))
    calls = journeys(batch)["metro:T1:2026-03-04"].calls
    at = shanghai("2026-03-04 12:13")
    assert (calls[1].stop_place_id, calls[1].aimed) == ("metro:PS", Times(at, at))
    assert [call.aimed_approximate for call in calls] == [False, True, False, False]
    assert not batch.notes


def test_told_times_may_be_approximate():
    """timepoint=0: the times are told, and the vehicle is there at about then; empty is exact."""
    table = TABLES["stop_times.txt"].replace("drop_off_type\n", "drop_off_type,timepoint\n")
    for line, timepoint in (("XZ,1,,", "1"), ("PS,2,,", "0"), ("SHRS-1,5,,", "")):
        table = table.replace(line, f"{line},{timepoint}")
    batch = read_gtfs(zipped({"stop_times.txt": table}))
    calls = journeys(batch)["metro:T1:2026-03-04"].calls
    assert [call.aimed_approximate for call in calls] == [False, True, False, False]
    assert not any(call.aimed_interpolated for call in calls)
    table = table.replace("T1,12:30:00,12:30:00,FJ,9,,", "T1,,,FJ,9,,,0")
    last = journeys(read_gtfs(zipped({"stop_times.txt": table})))["metro:T1:2026-03-04"].calls[3]
    assert (last.aimed, last.aimed_approximate) == (Times(), False)
    at = "2026-03-04 12:10", "2026-03-04 12:11"
    assert calls[1].aimed == Times(*map(shanghai, at))
    assert not batch.notes


@pytest.mark.parametrize("timed", [("PS", "SHRS-1"), (), ("XZ", "PS"), ("PS", "FJ")])
def test_calls_that_can_be_on_no_board_are_noted_once(timed):
    """Untimed ends, or no times at all: accepted, and told in one note however many trips."""
    at = {"XZ": "12:00:00", "PS": "12:10:00", "SHRS-1": "12:15:00", "FJ": "12:30:00"}
    rows = [
        f"{trip},{time if stop in timed else ''},{time if stop in timed else ''},{stop},{number},,"
        for trip in ("T1", "LATE")
        for number, (stop, time) in enumerate(at.items(), start=1)
    ]
    lines = TABLES["stop_times.txt"].splitlines()
    kept = [line for line in lines if not line.startswith(("T1,", "LATE,"))]
    batch = read_gtfs(zipped({"stop_times.txt": "\n".join([*kept, *rows]) + "\n"}))
    assert [(str(note.reason), note.native_id) for note in batch.notes] == [
        ("MISSING_FIELD", "stop_times.txt")
    ]
    assert "(1 more like it)" in batch.notes[0].detail


def test_without_positions_untimed_calls_are_evenly_spread():
    """Where one stop has no position nobody knows how far it is."""
    tables = untimed("T1,12:10:00,12:11:00", "T1,12:15:00,12:16:00")
    tables["stops.txt"] = TABLES["stops.txt"].replace("31.2330,121.4750", ",")
    calls = journeys(read_gtfs(zipped(tables)))["metro:T1:2026-03-04"].calls
    assert [call.aimed.arrival for call in calls[1:3]] == [
        shanghai("2026-03-04 12:10"),
        shanghai("2026-03-04 12:20"),
    ]


def test_before_the_first_and_behind_the_last_time_nothing_is_known():
    """What lies between nothing is not made up."""
    tables = untimed("T1,12:00:00,12:00:00", "T1,12:10:00,12:11:00", "T1,12:30:00,12:30:00")
    calls = journeys(read_gtfs(zipped(tables)))["metro:T1:2026-03-04"].calls
    assert [call.aimed == Times() for call in calls] == [True, True, False, True]
    assert not any(call.aimed_approximate for call in calls)


def test_a_time_that_was_refused_is_worked_out_like_one_that_is_missing():
    """A stop_time before the one before it is noted, and the call is still on the boards."""
    wrong = {
        "stop_times.txt": TABLES["stop_times.txt"].replace("12:10:00,12:11:00", "11:10:00,11:11:00")
    }
    batch = read_gtfs(zipped(wrong))
    call = journeys(batch)["metro:T1:2026-03-04"].calls[1]
    assert [note.reason for note in batch.notes] == [Reason.TIME_ORDER]
    assert (call.aimed.arrival, call.aimed_approximate) == (shanghai("2026-03-04 12:13"), True)


def test_only_journeys_of_the_interchange_are_kept_with_all_their_calls():
    """With stop places given, a journey that passes by yields no record, the others all calls."""
    batch = read_gtfs(zipped(), stop_places=frozenset({"PS"}))
    found = journeys(batch)
    assert {journey.native_id for journey in found.values()} == {"T1", "LOOP"}
    assert len(found["metro:T1:2026-03-04"].calls) == 4
    assert len(of(batch, StopPlace)) == 4


def test_a_loop_calls_twice_at_one_place():
    """A journey that comes back has two calls at the same stop place, told apart by order."""
    calls = journeys(read_gtfs(zipped()))["metro:LOOP:2026-03-04"].calls
    assert [call.order for call in calls if call.stop_place_id == "metro:SHRS"] == [1, 3]


def test_a_calendar_that_is_over_is_a_note():
    """An expired timetable is read; it has no journeys and says why."""
    batch = read_gtfs(zipped(), at=datetime(2027, 6, 1, tzinfo=UTC))
    assert not journeys(batch)
    assert not batch.rejects
    assert reasons(batch.notes) == ["OUTSIDE_PERIOD"]
    assert len(of(batch, StopPlace)) == 4


def test_repeated_trips_run_once_per_headway():
    """A trip of frequencies.txt is a journey for every headway, named by its start."""
    changes = {
        "frequencies.txt": "trip_id,start_time,end_time,headway_secs,exact_times\n"
        "T1,06:00:00,07:00:00,1200,1\nT1,07:00:00,07:10:00,300,\n"
    }
    found = journeys(read_gtfs(zipped(changes)))
    today = sorted(
        journey.native_id
        for journey in found.values()
        if journey.native_id.startswith("T1") and journey.service_date == date(2026, 3, 4)
    )
    assert today == ["T1@06:00:00", "T1@06:20:00", "T1@06:40:00", "T1@07:00:00", "T1@07:05:00"]
    second = found["metro:T1@06:20:00:2026-03-04"]
    assert second.calls[0].aimed.departure == shanghai("2026-03-04 06:20")
    assert second.calls[2].aimed.arrival == shanghai("2026-03-04 06:35")


def test_entities_are_trips_stops_and_routes():
    """What is counted are the rows of three tables, and accepted + rejected is all of them."""
    batch = read_gtfs(zipped())
    assert (batch.entities, batch.accepted) == (6 + 2 + 4, 12)
    assert batch.complete
    assert batch.as_of == NOON


@pytest.mark.parametrize(
    ("table", "row", "reason", "native_id"),
    [
        ("trips.txt", "NONE,all,BAD,,,0", "UNKNOWN_ROUTE", "BAD"),
        ("trips.txt", "L1,never,BAD,,,0", "UNKNOWN_SERVICE", "BAD"),
        ("trips.txt", "L1,all,BAD,,,0", "EMPTY_ENTITY", "BAD"),
        ("trips.txt", "L1,all,T1,,,0", "DUPLICATE", "T1"),
        ("trips.txt", "L1,all,,,,0", "MISSING_FIELD", "trips.txt:5"),
        ("stops.txt", "PS,twice,31.2,121.4,,,", "DUPLICATE", "PS"),
        ("stops.txt", ",nameless,31.2,121.4,,,", "MISSING_FIELD", "stops.txt:7"),
        ("routes.txt", "L1,SH,1,x,1,", "DUPLICATE", "L1"),
    ],
)
def test_a_bad_entity_is_refused_and_the_rest_is_kept(table, row, reason, native_id):
    """A trip, stop or route that cannot be used is a reject; nothing else is lost."""
    batch = read_gtfs(zipped(with_rows(table, row)))
    assert [(reject.reason.value, reject.native_id) for reject in batch.rejects] == [
        (reason, native_id)
    ]
    assert (batch.entities, batch.accepted) == (13, 12)
    assert len(journeys(batch)) == 12


@pytest.mark.parametrize(
    ("table", "row", "reason"),
    [
        ("stop_times.txt", "T1,12:20:00,12:20:00,NOWHERE,6,,", "UNKNOWN_STOP"),
        ("stop_times.txt", "GHOST,12:20:00,12:20:00,PS,6,,", "UNKNOWN_TRIP"),
        ("stop_times.txt", "T1,12:20:00,12:20:00,PS,x,,", "BAD_VALUE"),
        ("stop_times.txt", "T1,12:61:00,12:62:00,PS,6,,", "BAD_VALUE"),
        ("stop_times.txt", "T1,12:20:00,12:20:00,PS,5,,", "DUPLICATE"),
        ("stop_times.txt", "T1,11:00:00,11:00:00,PS,6,,", "TIME_ORDER"),
        ("stop_times.txt", "T1,12:20:00,12:18:00,PS,6,,", "NEGATIVE_DWELL"),
        ("stops.txt", "FAR,far,-100,-200,,,", "POSITION_OUT_OF_RANGE"),
        ("stops.txt", "NULL,null,0,0,,,", "POSITION_OUT_OF_RANGE"),
        ("stops.txt", "ORPHAN,orphan,31,121,,GONE,", "UNKNOWN_STOP"),
        ("stops.txt", "ODD,odd,31,121,9,,", "BAD_VALUE"),
        ("routes.txt", "R9,SH,9,nine,metro,", "BAD_VALUE"),
        ("routes.txt", "R9,OTHER,9,nine,1,", "BAD_VALUE"),
        ("calendar.txt", "x,1,1,1,1,1,1,1,20261301,20261231", "BAD_VALUE"),
    ],
)
def test_a_bad_row_is_a_note_on_what_is_kept(table, row, reason):
    """A refused part leaves its entity in place and is noted with a reason."""
    batch = read_gtfs(zipped(with_rows(table, row)))
    assert not batch.rejects
    assert reasons(batch.notes) == [reason]
    assert len(journeys(batch)) == 12


def test_many_bad_rows_of_one_trip_are_one_note():
    """A broken table does not become a flood of notes."""
    rows = [f"T1,12:20:00,12:20:00,NOWHERE,{number},," for number in range(100, 400)]
    (note,) = read_gtfs(zipped(with_rows("stop_times.txt", *rows))).notes
    assert note.reason is Reason.UNKNOWN_STOP
    assert "299 more" in note.detail


def test_parents_in_a_ring_do_not_hang():
    """Stops that are each other's parents are stop places of their own."""
    rows = ("A,a,31,121,,B,", "B,b,31,121,,A,")
    batch = read_gtfs(zipped(with_rows("stops.txt", *rows)))
    assert {"A", "B"} <= set(of(batch, StopPlace))
    assert set(reasons(batch.notes)) == {"BAD_VALUE"}


@pytest.mark.parametrize(
    "dress",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\n".join(
            ",".join(f'"{cell}"' for cell in line.split(",")) for line in text.split("\n") if line
        ),
        lambda text: text.replace(",", " , "),
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: "\n".join(
            line + (",odd_column" if not number else ",?")
            for number, line in enumerate(text.split("\n"))
            if line
        ),
        lambda text: text.partition("\n")[0].upper() + "\n" + text.partition("\n")[2],
    ],
    ids=["BOM", "CRLF", "quoted", "blanks", "no last newline", "empty lines", "columns", "case"],
)
def test_real_files_come_in_every_dress(dress):
    """Byte order marks, line ends, quotes, blanks and unknown columns change nothing."""
    dressed = zipped({name: dress(text) for name, text in TABLES.items()})
    plain, found = read_gtfs(zipped()), read_gtfs(dressed)
    assert found.records == plain.records
    assert (found.rejects, found.notes) == ([], [])


def test_a_folder_inside_the_zip_is_looked_into():
    """The tables may lie one folder down, beside what a packing program leaves there."""
    body = zipped({"../__MACOSX/._stops.txt": b"\x00\x05"}, folder="gtfs/")
    assert read_gtfs(body).records == read_gtfs(zipped()).records


def test_of_two_datasets_in_a_zip_one_is_read_and_the_other_noted():
    """The outermost folder with most tables; what is not read is not passed over in silence."""
    more = {"old/stops.txt": "stop_id,stop_name\nZZ,other\n"}
    found = read_gtfs(zipped(more, folder="gtfs-2026/"))
    assert found.records == read_gtfs(zipped()).records
    assert [(note.reason, note.native_id) for note in found.notes] == [
        (Reason.DUPLICATE, "gtfs-2026/old")
    ]


def test_optional_tables_may_be_missing():
    """Without agency, feed_info and translations the feed's own time zone and the script decide."""
    batch = read_gtfs(zipped({"agency.txt": None, "feed_info.txt": None, "translations.txt": None}))
    assert len(journeys(batch)) == 12
    assert of(batch, StopPlace)["PS"].name == Name(zh="人民广场")
    assert {"MISSING_FIELD", "BAD_VALUE"} == set(reasons(batch.notes))


def test_an_open_quote_does_not_swallow_the_rows_after_it():
    """A quote that is never closed costs its own row, not the rest of the table."""
    broken = TABLES["stops.txt"].replace("PS,人民广场", 'PS,"人民广场')
    batch = read_gtfs(zipped({"stops.txt": broken}))
    assert {"XZ", "FJ"} <= set(of(batch, StopPlace))


def test_bytes_that_are_not_utf8_are_noted():
    """A table in another encoding is read as far as it goes and says so."""
    batch = read_gtfs(zipped({"stops.txt": TABLES["stops.txt"].encode("gb18030")}))
    assert len(of(batch, StopPlace)) == 4
    assert "BAD_VALUE" in reasons(batch.notes)


@pytest.mark.parametrize("missing", ["stops.txt", "routes.txt", "trips.txt", "stop_times.txt"])
def test_a_dataset_without_a_needed_table_is_refused(missing):
    """What nothing can be read without is asked for by name."""
    with pytest.raises(PayloadError, match=missing) as caught:
        read_gtfs(zipped({missing: None}))
    assert caught.value.reason is Reason.MISSING_FIELD


def test_a_table_without_its_key_column_is_refused():
    """A header that lacks the key column empties nothing: the payload is refused."""
    changed = TABLES["trips.txt"].replace("trip_id", "trip_number")
    with pytest.raises(PayloadError, match="trip_id") as caught:
        read_gtfs(zipped({"trips.txt": changed}))
    assert caught.value.reason is Reason.MISSING_FIELD


def test_more_calls_than_allowed_are_left_out_with_a_note():
    """A trip repeated every ten seconds for a week does not fill the memory."""
    changes = {
        "frequencies.txt": "trip_id,start_time,end_time,headway_secs\nT1,00:00:00,168:00:00,10\n"
    }
    batch = read_gtfs(zipped(changes), config=GtfsConfig(max_calls=1000))
    assert batch.counts()["Call"] <= 1000
    assert "TOO_LARGE" in reasons(batch.notes)


def test_frequencies_without_end_are_cut_off():
    """Tables of frequencies cannot name more than a million runs a day."""
    rows = [f"T1,00:00:00,{hour}:00:00,10" for hour in range(140, 169)]
    header = "trip_id,start_time,end_time,headway_secs\n"
    body = zipped({"frequencies.txt": header + "\n".join(rows)})
    batch = read_gtfs(body, config=GtfsConfig(max_calls=1000))
    assert [note.native_id for note in batch.notes if note.reason is Reason.TOO_LARGE] == [
        "frequencies.txt",
        "calls",
    ]


def test_the_reference_is_named_by_its_content():
    """Another zip is another version; the publisher's own version is kept beside it."""
    first, again = timetable(zipped()), timetable(zipped())
    assert first.version != timetable(zipped(with_rows("stops.txt", "Q,q,31,121,,,"))).version
    assert first.feed_version == again.feed_version == "spring"


def test_calls_per_status_are_all_scheduled():
    """The timetable never claims to have observed anything."""
    calls = [call for journey in journeys(read_gtfs(zipped())).values() for call in journey.calls]
    assert Counter(call.status for call in calls) == {CallStatus.SCHEDULED: len(calls)}
    assert {call.expected.arrival for call in calls} == {None}
