"""The two layers of a journey, merged without a database."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_builders import NOON, journey, minutes, observed, planned

from hub.model.common import Name
from hub.model.journeys import Call, CallStatus, JourneyState, Layer, Times
from hub.store.feeds.board import board_rows, row_changes
from hub.store.feeds.merge import (
    with_realtime,
    with_timetable,
    without_realtime,
    without_timetable,
)
from hub.store.feeds.rows import unzoned


def at(number: float) -> datetime:
    """`minutes` as journeys hold it while they are written."""
    return unzoned(minutes(number))


def timetable(old, record):
    return with_timetable(old, record, feed="tt", fingerprint="t")


def realtime(old, record):
    return with_realtime(old, record, feed="rt", fingerprint="r", as_of=record.observed_at)


def call(document, order):
    return next(found for found in document["calls"] if found["order"] == order)


PLAN = planned("L1", ["A", "B", "C"])
SEEN = observed("L1", {"2:B": 4, "3:C": 0})


def test_the_order_in_which_layers_arrive_makes_no_difference():
    """Timetable then real time is the same document as real time then timetable."""
    assert realtime(timetable(None, PLAN), SEEN) == timetable(realtime(None, SEEN), PLAN)


def test_real_time_never_erases_what_is_planned():
    """Aimed times, names and platforms stay the timetable's under a real-time record."""
    merged = call(realtime(timetable(None, PLAN), SEEN), 2)
    assert merged["aimed"]["departure"] == at(20)
    assert merged["expected"]["departure"] == at(24)
    assert merged["stop_place"]["name"] == {"zh": "B站", "en": "B"}
    assert merged["platform"] == {"planned": "1", "actual": None}
    assert merged["quay_id"] == "metro:B-1"


def test_calls_a_record_does_not_speak_of_keep_what_they_have():
    """A later partial record leaves the earlier stops' observations alone."""
    later = realtime(realtime(timetable(None, PLAN), SEEN), observed("L1", {"3:C": 9}))
    assert call(later, 2)["expected"]["departure"] == at(24)
    assert call(later, 3)["expected"]["departure"] == at(39)


def stops_of(document):
    return [f"{found['order']}:{found['stop_place']['id'][-1]}" for found in document["calls"]]


def measured(record, *orders):
    """The record with actual times at these calls."""
    calls = tuple(
        replace(found, expected=Times(), actual=found.expected, status=CallStatus.DEPARTED)
        if found.order in orders
        else found
        for found in record.calls
    )
    return replace(record, calls=calls)


def test_an_unplanned_journey_whose_calls_are_counted_anew_has_no_stale_tail():
    """Calls numbered 1..n again at each poll replace those of the poll before."""
    first = realtime(None, observed("X1", {"1:A": 0, "2:B": 0, "3:C": 0}))
    second = realtime(first, observed("X1", {"1:B": 1, "2:C": 1}))
    assert stops_of(second) == ["1:B", "2:C"]
    assert stops_of(realtime(second, observed("X1", {"1:C": 2}))) == ["1:C"]


def test_measured_calls_counted_anew_are_no_tail_either():
    """An old number that lies behind the first told one means nothing once another stop has it."""
    first = realtime(None, measured(observed("X1", {"1:A": 0, "2:B": 0, "3:C": 0}), 1, 2))
    assert stops_of(realtime(first, observed("X1", {"1:C": 1}))) == ["1:C"]


def test_an_unplanned_journey_keeps_where_it_is_known_to_have_been():
    """A differential message without the recorded calls of an earlier one does not lose them."""
    first = realtime(None, measured(observed("X1", {"1:A": 0, "2:B": 0, "3:C": 0}), 1))
    second = realtime(first, observed("X1", {"3:C": 5}))
    assert stops_of(second) == ["1:A", "3:C"]
    assert call(second, 1)["actual"]["departure"] == at(10)
    diverted = realtime(first, observed("X1", {"2:D": 1, "3:C": 5}))
    assert stops_of(diverted) == ["1:A", "2:D", "3:C"]
    recorded_alone = realtime(first, measured(observed("X1", {"1:A": 1}), 1))
    assert stops_of(recorded_alone) == ["1:A"]


def test_an_unplanned_journey_cancelled_without_calls_keeps_them_cancelled():
    """A message about the journey as a whole says nothing of where it stops."""
    off = realtime(
        realtime(None, observed("X1", {"1:A": 0, "2:B": 0})),
        observed("X1", {}, state=JourneyState.CANCELLED),
    )
    assert stops_of(off) == ["1:A", "2:B"]
    assert {found["status"] for found in off["calls"]} == {"CANCELLED"}


def test_one_stops_view_of_an_unplanned_journey_leaves_the_others_alone():
    """Stop monitoring tells of each stop in a message of its own: together they are the journey."""
    first = realtime(None, observed("X1", {"600:A": 0}, partial=True))
    assert stops_of(realtime(first, observed("X1", {"900:B": 0}, partial=True))) == [
        "600:A",
        "900:B",
    ]


def test_a_cancelled_journey_keeps_its_aimed_times():
    """Cancelling a journey turns every call CANCELLED, with its aimed times."""
    off = realtime(timetable(None, PLAN), observed("L1", {}, state=JourneyState.CANCELLED))
    assert {found["status"] for found in off["calls"]} == {"CANCELLED"}
    assert call(off, 1)["aimed"]["departure"] == at(10)
    rows = board_rows(off, frozenset())
    assert {row["realtime"] for row in rows.values()} == {True}
    assert {row["source"] for row in rows.values()} == {"rt"}


def test_a_journey_that_runs_after_all_reads_as_before():
    """A cancellation taken back by a later record leaves no call cancelled."""
    off = realtime(timetable(None, PLAN), observed("L1", {}, state=JourneyState.CANCELLED))
    on = realtime(off, observed("L1", {"2:B": 1}))
    assert [found["status"] for found in on["calls"]] == ["SCHEDULED", "DELAYED", "SCHEDULED"]


def test_withdrawing_real_time_gives_back_the_timetable():
    """Without its real-time layer a journey is what the timetable alone would be."""
    assert without_realtime(realtime(timetable(None, PLAN), SEEN)) == timetable(None, PLAN)


def test_withdrawing_the_only_layer_leaves_nothing():
    """An added journey without a timetable is gone when its real time is withdrawn."""
    assert without_realtime(realtime(None, SEEN)) is None
    assert without_timetable(timetable(None, PLAN)) is None


def test_a_journey_dropped_from_the_timetable_stays_while_it_is_observed():
    """A running train that the new timetable lacks keeps its calls until it is withdrawn."""
    left = without_timetable(realtime(timetable(None, PLAN), SEEN))
    assert left is not None
    assert [found["order"] for found in left["calls"]] == [1, 2, 3]
    assert without_realtime(left) is None


def test_a_changed_quay_is_given_back():
    """A platform change shows its quay, and the planned one again once withdrawn."""
    moved = Call(
        order=2,
        stop_place_id="metro:B",
        stop_name=Name(en="B"),
        quay_id="metro:B-2",
        actual_platform="2",
    )
    record = journey("L1", Layer.REALTIME, calls=(moved,), observed_at=NOON)
    changed = realtime(timetable(None, PLAN), record)
    assert call(changed, 2)["quay_id"] == "metro:B-2"
    assert call(changed, 2)["platform"] == {"planned": "1", "actual": "2"}
    again = timetable(changed, PLAN)
    assert call(again, 2)["quay_id"] == "metro:B-2"
    given_back = without_realtime(changed)
    assert given_back is not None
    assert call(given_back, 2)["quay_id"] == "metro:B-1"


def test_an_observed_call_is_placed_by_its_stop_where_numbers_differ():
    """A source that counts calls from zero is matched by stop place, never shown elsewhere."""
    shifted = realtime(timetable(None, PLAN), observed("L1", {"1:B": 14}))
    assert call(shifted, 1)["expected"]["departure"] is None
    assert call(shifted, 2)["expected"]["departure"] == at(24)


def test_an_observed_call_at_a_place_the_journey_visits_twice_is_left_out_when_ambiguous():
    """Where a loop stops twice, a call with a wrong number is shown at neither."""
    loop = planned("L2", ["A", "B", "A"])
    merged = realtime(timetable(None, loop), observed("L2", {"2:A": 5}))
    assert all(found["expected"]["departure"] is None for found in merged["calls"])


def at_loop(**said):
    """What a source without the timetable says of the loop's last call, stored."""
    loop = planned("L3", ["A", "B", "C", "A"])
    call_ = Call(order=2, stop_place_id="metro:A", stop_name=Name(en="A"), **said)
    record = replace(observed("L3", {}), calls=(call_,))
    return timetable(realtime(None, record), loop), realtime(timetable(None, loop), record)


def test_an_observed_call_is_told_apart_by_its_times_whichever_layer_came_first():
    """A call under a number of the source's own is the visit it is aimed at."""
    when = Times(minutes(40), minutes(40))
    said = {
        "aimed": when,
        "expected": Times(minutes(44), minutes(44)),
        "status": CallStatus.DELAYED,
    }
    for document in at_loop(**said):
        assert [found["order"] for found in document["calls"]] == [1, 2, 3, 4]
        assert call(document, 4)["expected"]["arrival"] == at(44)
        assert call(document, 1)["reported"] is None


def test_a_call_at_a_planned_place_is_no_other_call_unless_it_is_extra():
    """A number the timetable lacks makes no second call at C; what is said to be extra does."""
    merged = realtime(timetable(None, PLAN), observed("L1", {"9:C": 1}))
    assert [found["order"] for found in merged["calls"]] == [1, 2, 3]
    assert call(merged, 3)["reported"] == "DELAYED"
    extra = observed("L1", {"9:C": 1})
    extra = replace(extra, calls=(replace(extra.calls[0], extra=True),))
    both = (realtime(timetable(None, PLAN), extra), timetable(realtime(None, extra), PLAN))
    for document in both:
        assert [found["order"] for found in document["calls"]] == [1, 2, 3, 9]


def test_a_cancelled_call_stays_on_its_boards():
    """Nobody boards a cancelled train, and that is what the board has to say."""
    gone = Call(
        order=1,
        stop_place_id="metro:A",
        stop_name=Name(en="A"),
        aimed=Times(None, minutes(5)),
        status=CallStatus.CANCELLED,
        boarding=False,
        alighting=False,
    )
    unplanned = realtime(None, replace(observed("L4", {}), calls=(gone,)))
    (row,) = board_rows(unplanned, frozenset()).values()
    assert row["board"] == {"departure": at(5), "arrival": None}
    of_plan = realtime(timetable(None, PLAN), replace(SEEN, calls=(gone,)))
    row = board_rows(of_plan, frozenset({"metro:A"}))["metro:L1:2026-11-23#1"]
    assert row["board"] == {"departure": at(10), "arrival": None}


def test_a_told_time_says_which_visit_is_meant_though_it_is_approximate():
    """Under a number of the source's own; one that was worked out does not."""
    for interpolated, found in ((False, [None, None, "DELAYED"]), (True, [None, None, None])):
        plan = planned("L1", ["A", "B", "A", "C"])
        first, *rest = plan.calls
        mark = {"aimed_approximate": True, "aimed_interpolated": interpolated}
        plan = replace(plan, calls=(first, *(replace(one, **mark) for one in rest)))
        # from the first A to C it is half an hour, from the second ten minutes
        seen = observed("L1", {"9:A": 0, "4:C": 1})
        at_a = replace(seen.calls[0], expected=rest[1].aimed, status=CallStatus.DELAYED)
        merged = realtime(timetable(None, plan), replace(seen, calls=(at_a, seen.calls[1])))
        assert [one["reported"] for one in merged["calls"]] == [*found, "DELAYED"]


def test_approximate_times_are_the_timetable_s_to_mark():
    """The mark is on the call and on its row; what is observed does not take it off."""
    plan = replace(PLAN, calls=(PLAN.calls[0], replace(PLAN.calls[1], aimed_approximate=True)))
    merged = realtime(timetable(None, plan), observed("L1", {"2:B": 4}))
    assert [found["aimed_approximate"] for found in merged["calls"]] == [False, True]
    rows = board_rows(merged, frozenset())
    assert rows["metro:L1:2026-11-23#2"]["aimed_approximate"] is True


def test_who_may_board_is_what_the_source_itself_tells():
    """A train that ends early: nobody boards at B. Taken back, the timetable's word stands."""
    short = observed("L1", {"2:B": 4})
    ends = replace(short.calls[0], boarding=False, alighting=True, exchange_told=True)
    short = replace(short, state=JourneyState.REPLACED, calls=(ends,))
    both = (realtime(timetable(None, PLAN), short), timetable(realtime(None, short), PLAN))
    for document in both:
        (row,) = board_rows(document, frozenset({"metro:B"})).values()
        assert (row["boarding"], row["alighting"]) == (False, True)
        assert row["board"] == {"departure": None, "arrival": at(24)}
        assert without_realtime(document) == timetable(None, PLAN)
        assert realtime(document, SEEN) == realtime(timetable(None, PLAN), SEEN)
    assert both[0] == both[1]


def test_who_may_board_a_call_that_is_off_is_the_timetable_s_to_say():
    """It stays on the board it would have been on."""
    short = observed("L1", {"2:B": 4})
    off = replace(
        short.calls[0],
        status=CallStatus.SKIPPED,
        boarding=False,
        alighting=False,
        exchange_told=True,
    )
    merged = realtime(timetable(None, PLAN), replace(short, calls=(off,)))
    assert (call(merged, 2)["boarding"], call(merged, 2)["alighting"]) == (True, True)


def test_an_extra_stop_is_shown_and_goes_with_its_observation():
    """A stop the timetable lacks is a call of the real-time layer alone."""
    extra = realtime(timetable(None, PLAN), observed("L1", {"9:X": 0}))
    assert [found["order"] for found in extra["calls"]] == [1, 2, 3, 9]
    assert without_realtime(extra) == timetable(None, PLAN)


@pytest.mark.parametrize(
    ("aimed", "expected", "line"),
    [
        (15, 16, [1, 9, 2, 3]),
        (None, 25, [1, 2, 9, 3]),
        (None, 23, [1, 9, 2, 3]),
        (5, None, [9, 1, 2, 3]),
        (35, 16, [1, 2, 3, 9]),
        (None, None, [1, 2, 3, 9]),
    ],
)
def test_an_extra_stop_without_a_free_number_stands_where_it_is_reached(aimed, expected, line):
    """By its aimed time, else by the expected one beside those of others, else behind all."""
    told = observed("L1", {"2:B": 4, "9:X": 0})
    times = [Times(moment and minutes(moment)) for moment in (aimed, expected)]
    extra = replace(told.calls[1], aimed=times[0], expected=times[1], extra=True)
    told = replace(told, calls=(told.calls[0], extra))
    both = (realtime(timetable(None, PLAN), told), timetable(realtime(None, told), PLAN))
    for document in both:
        assert [found["order"] for found in document["calls"]] == line


def test_a_board_row_sorts_by_the_best_known_time():
    """The board time is the actual one, else the expected, else the aimed; null at the ends."""
    merged = realtime(timetable(None, PLAN), SEEN)
    rows = board_rows(merged, frozenset({"metro:A", "metro:B"}))
    first, second = rows["metro:L1:2026-11-23#1"], rows["metro:L1:2026-11-23#2"]
    assert len(rows) == 2
    assert first["board"] == {"departure": at(10), "arrival": None}
    assert second["board"] == {"departure": at(24), "arrival": at(24)}
    assert (first["realtime"], first["source"], first["observed_at"]) == (False, "tt", None)
    assert (second["realtime"], second["source"], second["observed_at"]) == (True, "rt", at(0))
    last = board_rows(merged, frozenset({"metro:C"}))["metro:L1:2026-11-23#3"]
    assert last["board"]["departure"] is None


stops = st.lists(st.sampled_from("ABCD"), min_size=2, max_size=5).map(
    lambda names: planned("L1", names)
)
late = st.dictionaries(
    st.tuples(st.integers(1, 6), st.sampled_from("ABCD")).map(
        lambda place: f"{place[0]}:{place[1]}"
    ),
    st.integers(0, 9),
    max_size=4,
).filter(lambda calls: len({place[0] for place in calls}) == len(calls))


@given(plan=stops, calls=late)
def test_withdrawal_is_lossless_whatever_was_observed(plan, calls):
    """Over any timetable, observing and withdrawing gives back exactly the timetable."""
    assert without_realtime(realtime(timetable(None, plan), observed("L1", calls))) == timetable(
        None, plan
    )


@given(plan=stops, replanned=stops, calls=late)
def test_no_time_is_ever_shown_at_another_stop(plan, replanned, calls):
    """Whatever order layers come in, an expected time stands only at the stop it was given for."""
    document = timetable(realtime(timetable(None, plan), observed("L1", calls)), replanned)
    given_for = {(at(10 * int(p[0]) + d), f"metro:{p[2:]}") for p, d in calls.items()}
    for found in document["calls"]:
        if found["expected"]["departure"]:
            assert (found["expected"]["departure"], found["stop_place"]["id"]) in given_for


observations = st.one_of(
    st.none(),
    st.tuples(late, st.sampled_from([JourneyState.RUNNING, JourneyState.CANCELLED])).map(
        lambda said: observed("L1", said[0], at=NOON, state=said[1])
    ),
    late.map(lambda calls: observed("L1", calls, at=minutes(1), partial=True)),
)


@given(
    plan=st.one_of(st.none(), stops),
    first=observations,
    second=observations,
    places=st.frozensets(st.sampled_from(["metro:A", "metro:B"])),
)
def test_the_changes_of_rows_make_the_rows_that_there_should_be(plan, first, second, places):
    """Whatever became of a journey: old rows with their changes are the new journey's rows."""
    old = timetable(None, plan) if plan else realtime(None, observed("L1", {"1:A": 0}))
    old = realtime(old, first) if first else old
    new = realtime(old, second) if second else without_realtime(old) or old
    rows, changes = board_rows(old, places), row_changes(old, new, places)
    for row_id in changes.gone:
        del rows[row_id]
    for moment, ids in changes.moved.items():
        for row_id in ids:
            rows[row_id]["observed_at"] = moment
    rows |= {row["_id"]: row for row in changes.written}
    assert rows == board_rows(new, places)


def test_a_row_whose_time_alone_is_newer_is_moved_and_not_written():
    """One late call of three: the others' rows stand, with a newer time where it is theirs."""
    seen = observed("L1", {"1:A": 0, "2:B": 4, "3:C": 0})
    later = observed("L1", {"1:A": 0, "2:B": 9, "3:C": 0}, at=minutes(1))
    old = realtime(timetable(None, PLAN), seen)
    changes = row_changes(old, realtime(old, later), frozenset())
    assert [row["order"] for row in changes.written] == [2]
    assert changes.moved == {at(1): [f"metro:L1:2026-11-23#{order}" for order in (1, 3)]}
    assert changes.gone == []


def test_actual_wins_over_expected():
    """A departure that happened is what the board sorts by."""
    gone = Call(
        order=1,
        stop_place_id="metro:A",
        stop_name=Name(en="A"),
        expected=Times(None, minutes(12)),
        actual=Times(None, minutes(13)),
        status=CallStatus.DEPARTED,
    )
    record = journey("L1", Layer.REALTIME, calls=(gone,), observed_at=NOON)
    rows = board_rows(realtime(timetable(None, PLAN), record), frozenset())
    assert rows["metro:L1:2026-11-23#1"]["board"]["departure"] == at(13)
