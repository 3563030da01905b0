"""Which visit of a place a told call is: never the wrong one, whatever part of a trip is told."""

from dataclasses import dataclass

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hub.model.timetable_rows import StopTime
from hub.rules.visits import Choice, Told, choose, in_sequence

MINUTE = 60
TEN = 36_000
"""10:00, in seconds of the service day."""


@dataclass(frozen=True)
class Trip:
    """A trip in letters: one letter a place. `numbers` are its stop_sequences."""

    places: str
    rows: tuple[StopTime, ...]

    def at(self, place: str) -> tuple[int, ...]:
        return tuple(index for index, one in enumerate(self.places) if one == place)


def trip(places: str, *, every: int = 5, numbers: list[int] | None = None) -> Trip:
    """A call every five minutes from 10:00 on, numbered from 1."""
    rows = tuple(
        StopTime(
            number, place, TEN + index * every * MINUTE, TEN + index * every * MINUTE, True, True
        )
        for index, (place, number) in enumerate(
            zip(places, numbers or range(1, len(places) + 1), strict=True)
        )
    )
    return Trip(places, rows)


def clock(text: str) -> int:
    """10:22 as seconds of the day."""
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * MINUTE


def told(of: Trip, place: str, **said: object) -> Told:
    """A call at a place; `aimed`, `expected` are one time of day for arrival and departure."""
    pairs = {
        name: (clock(str(said[key])),) * 2 if key in said else (None, None)
        for name, key in (("aimed", "aimed"), ("predicted", "expected"))
    }
    return Told(of.at(place), said.get("order"), said.get("visit"), **pairs)  # type: ignore[arg-type]


def numbers(choices: list[Choice]) -> list[int | str | None]:
    """The call taken, counted from 1; "?" where it is not clear, None where none is planned."""
    return [
        "?" if one.is_ambiguous else None if one.planned is None else one.planned + 1
        for one in choices
    ]


LOOP = trip("ABCDAE")
"""As the reported one: A at 10:00 and again, as the fifth call, at 10:20."""


@pytest.mark.parametrize(
    "said",
    [
        {"order": 5},
        {"visit": 2},
        {"aimed": "10:20"},
        {"aimed": "10:18"},
        {"order": 5, "visit": 1},
        {"order": 5, "visit": 1, "aimed": "10:23"},
        {"visit": 1, "aimed": "10:20"},
        {"visit": 5},
    ],
)
def test_a_second_visit_alone_is_told_by_what_it_says(said):
    """By Order, VisitNumber or aimed time, each alone; Order goes before VisitNumber."""
    assert numbers(choose([told(LOOP, "A", **said)], LOOP.rows)) == [5]


@pytest.mark.parametrize("said", [{}, {"expected": "10:22"}, {"aimed": "10:11"}, {"order": 17}])
def test_what_does_not_tell_the_visits_apart_takes_neither(said):
    """A prediction alone is the second visit in time, or the first one late."""
    (found,) = choose([told(LOOP, "A", **said)], LOOP.rows)
    assert found == Choice(None, (0, 4))


def test_a_vehicle_is_not_a_quarter_of_an_hour_early():
    """A prediction for 10:02 is of the visit at 10:00, not of that at 10:20."""
    assert numbers(choose([told(LOOP, "A", expected="10:02")], LOOP.rows)) == [1]


def test_no_vehicle_runs_five_times_as_fast_as_planned():
    """From A at 10:22 to E at 10:27 is the last leg: from the first call it takes 25 minutes."""
    two = [told(LOOP, "A", expected="10:22"), told(LOOP, "E", expected="10:27")]
    assert numbers(choose(two, LOOP.rows)) == [5, 6]


@pytest.mark.parametrize(
    ("orders", "found"),
    [
        ([1, 5, 6], [1, 5, 6]),
        ([0, 4, 5], [1, 5, 6]),
        ([10, 50, 60], [1, 5, 6]),
        ([0, 40, 50], [1, 5, 6]),
        ([101, 105, 106], [1, 5, 6]),
        ([3, 7, 8], [1, 5, 6]),
    ],
)
def test_numbers_of_the_source_s_own(orders, found):
    """From 0, in tens, from anywhere: told numbers are the plan's, shifted alike."""
    three = [told(LOOP, place, order=order) for place, order in zip("AAE", orders, strict=True)]
    assert numbers(choose(three, LOOP.rows)) == found


def test_numbers_that_begin_with_what_is_still_to_come():
    """Two calls left, numbered 1 and 2: the last two, though the first call is at A, too."""
    left = [told(LOOP, "A", order=1), told(LOOP, "E", order=2)]
    assert numbers(choose(left, LOOP.rows)) == [5, 6]


def test_numbers_that_contradict_the_places_only_give_the_sequence():
    """With a number that is of another place the numbering means nothing; the sequence does."""
    wrong = [
        told(LOOP, "A", order=8),
        told(LOOP, "B", order=2),
        told(LOOP, "A", order=1),
        told(LOOP, "E", order=9),
    ]
    assert numbers(choose(wrong, LOOP.rows)) == [5, 2, 1, 6]


def test_a_number_against_the_aimed_time_is_a_dispute():
    """One of the two is wrong and nobody can say which: neither visit is taken."""
    assert numbers(choose([told(LOOP, "A", order=1, aimed="10:20")], LOOP.rows)) == ["?"]
    assert numbers(choose([told(LOOP, "A", visit=2, aimed="10:00")], LOOP.rows)) == ["?"]
    confirmed = [told(LOOP, "A", order=1, aimed="10:20"), told(LOOP, "B", order=2, aimed="10:25")]
    assert numbers(choose(confirmed, LOOP.rows)) == [1, 2]


def test_neighbours_tell_visits_apart():
    """Behind D, or before B, there is one A only; between nothing both remain."""

    def of(places):
        return numbers(choose([told(LOOP, place) for place in places], LOOP.rows))

    assert of("DA") == [4, 5]
    assert of("AB") == [1, 2]
    assert of("AA") == [1, 5]
    assert of("AE") == ["?", 6]


def test_three_visits():
    """Two told calls of three visits are any two of them; three are all."""
    three = trip("ABACA")
    assert numbers(choose([told(three, "A")] * 2, three.rows)) == ["?", "?"]
    assert numbers(choose([told(three, "A")] * 3, three.rows)) == [1, 3, 5]
    assert numbers(choose([told(three, "A"), told(three, "C")], three.rows)) == ["?", 4]
    assert numbers(choose([told(three, "A", visit=2)], three.rows)) == [3]


def test_recorded_calls_come_first_and_are_put_in_sequence():
    """Recorded 1 and 3, estimated 2, 4, 5, 6, as SIRI-ET lists them: numbers say it."""
    straight = trip("ABCDEF")
    listed = [
        told(straight, place, order=order)
        for place, order in zip("ACBDEF", (1, 3, 2, 4, 5, 6), strict=True)
    ]
    assert numbers(choose(listed, straight.rows)) == [1, 3, 2, 4, 5, 6]
    loop = [
        told(LOOP, place, aimed=at)
        for place, at in (("A", "10:00"), ("D", "10:15"), ("B", "10:05"), ("A", "10:20"))
    ]
    assert numbers(choose(loop, LOOP.rows)) == [1, 4, 2, 5]


def test_an_arrival_and_a_departure_are_one_call_or_two():
    """Told one behind the other they are the one planned call, or both where two are planned."""
    one, two = trip("ABC"), trip("ABBC")
    twice = "ABBC"
    assert numbers(choose([told(one, place) for place in twice], one.rows)) == [1, 2, 2, 3]
    assert numbers(choose([told(two, place) for place in twice], two.rows)) == [1, 2, 3, 4]


def test_a_second_call_at_a_place_that_is_planned_once_is_no_extra_one():
    """Nobody said it is extra: the planned one is that of its number or time, the other is none."""
    straight = trip("ABC")
    again = [
        told(straight, "A", order=1),
        told(straight, "B", order=2),
        told(straight, "A", order=3),
    ]
    assert numbers(choose(again, straight.rows)) == [1, 2, "?"]
    unnumbered = [told(straight, place) for place in "ABA"]
    assert numbers(choose(unnumbered, straight.rows)) == ["?", 2, "?"]
    aimed = [
        told(straight, "A", aimed="11:00"),
        told(straight, "B"),
        told(straight, "A", aimed="10:00"),
    ]
    assert numbers(choose(aimed, straight.rows)) == ["?", 2, 1]


def test_two_calls_of_different_times_are_not_one():
    """At a place planned once the planned one is that of the plan's time; its halves are one."""
    straight = trip("ABC")
    at_b = straight.at("B")
    five, later = clock("10:05"), clock("10:35")
    whole, stranger = Told(at_b, aimed=(five, five)), Told(at_b, aimed=(later, later))
    halves = [Told(at_b, aimed=(five, None)), Told(at_b, aimed=(None, five))]
    assert numbers(choose([whole, stranger], straight.rows)) == [2, "?"]
    assert numbers(choose(halves, straight.rows)) == [2, 2]
    assert numbers(choose([*halves, stranger], straight.rows)) == [2, 2, "?"]
    strangers = [stranger, Told(at_b, aimed=(five + 900,) * 2)]
    assert numbers(choose(strangers, straight.rows)) == ["?", "?"]
    bare = [told(straight, "B", expected=at) for at in ("10:06", "10:36")]
    assert numbers(choose(bare, straight.rows)) == ["?", "?"]


def test_a_number_against_a_time_at_a_place_planned_once():
    """The plan's number on the other time and the plan's time under another number: neither."""
    straight = trip("ABC")
    two = [
        told(straight, "B", order=2, aimed="10:35"),
        told(straight, "B", order=8, aimed="10:05"),
    ]
    assert numbers(choose(two, straight.rows)) == ["?", "?"]
    off = [
        told(straight, "B", order=2, aimed="10:08"),
        told(straight, "B", order=8, aimed="10:35"),
    ]
    assert numbers(choose(off, straight.rows)) == [2, "?"]


@pytest.mark.parametrize("order", [0, 1, 5, 17])
def test_a_number_on_every_call_is_none(order):
    """Two visits under one number are told apart by their times, and by nothing else."""
    two = [told(LOOP, "A", order=order, aimed=at) for at in ("10:00", "10:20")]
    assert numbers(choose(two, LOOP.rows)) == [1, 5]
    assert numbers(choose(two[::-1], LOOP.rows)) == [5, 1]
    three = [*two, told(LOOP, "A", order=order, aimed="10:50")]
    assert numbers(choose(three, LOOP.rows))[2] == "?"
    expected = [told(LOOP, "A", order=order, expected=at) for at in ("10:03", "10:24")]
    assert numbers(choose(expected, LOOP.rows)) == [1, 5]
    halves = [
        Told(LOOP.at("A"), order=order, aimed=(clock("10:20"), None)),
        Told(LOOP.at("A"), order=order, aimed=(None, clock("10:20"))),
    ]
    assert set(numbers(choose(halves, LOOP.rows))) <= {5, "?"}


def test_of_two_visits_within_a_minute_the_aimed_time_says_which():
    """Order 0 is on every call of some sources; of two witnesses against each other none counts."""
    rows = tuple(
        StopTime(number, "A", TEN + number * MINUTE, TEN + number * MINUTE, True, True)
        for number in (1, 2)
    )
    second = (rows[1].arrival_s, rows[1].departure_s)
    (alone,) = choose([Told((0, 1), aimed=second)], rows)
    (disputed,) = choose([Told((0, 1), order=0, aimed=second)], rows)
    assert (alone.planned, disputed.planned, disputed.among) == (1, None, (0, 1))


def test_an_extra_call_is_none_of_the_trip_s():
    """Whoever says that a call is extra is believed, also at a place the trip plans."""
    assert numbers(choose([Told(()), told(LOOP, "B")], LOOP.rows)) == [None, 2]


def test_the_sequence_of_told_calls():
    """By Order where every call has one, else by aimed time where every call has one."""
    assert in_sequence([3, 1, 2], [None, None, None]) == [1, 2, 0]
    assert in_sequence([3, None, 2], [30.0, 10.0, 20.0]) == [1, 2, 0]
    assert in_sequence([3, None, 2], [30.0, None, 20.0]) == [0, 1, 2]
    assert in_sequence([], []) == []


ASTRAY = [
    ([("A", {"order": 5}), ("D", {"order": 6})], [5, "?"]),
    ([("A", {"order": 5}), ("C", {"order": 6})], [5, "?"]),
    ([("A", {"order": 5, "visit": 2, "aimed": "10:20"}), ("D", {"order": 6})], [5, "?"]),
    ([("A", {"visit": 2}), ("D", {})], [5, "?"]),
    ([("A", {"aimed": "10:20"}), ("D", {})], [5, "?"]),
    (
        [("D", {"order": 4}), ("A", {"order": 5}), ("B", {"order": 6}), ("E", {"order": 7})],
        [4, 5, "?", 6],
    ),
    ([("A", {}), ("D", {})], [1, 4]),
    ([("A", {"visit": 1}), ("D", {})], [1, 4]),
    ([("B", {}), ("C", {}), ("D", {}), ("B", {}), ("E", {})], ["?", 3, 4, "?", 6]),
    ([("C", {"order": 1}), ("A", {"order": 2}), ("E", {"order": 3})], [3, 5, 6]),
]


@pytest.mark.parametrize(("calls", "found"), ASTRAY)
def test_an_unplanned_call_that_is_not_said_to_be_extra_moves_no_other(calls, found):
    """A turn-back or a detour: what a call says of itself goes before its neighbours."""
    told_calls = [told(LOOP, place, **said) for place, said in calls]
    assert numbers(choose(told_calls, LOOP.rows)) == found


@st.composite
def trips(draw) -> Trip:
    """Up to ten calls at up to four places, at any pace, with dwells, numbered in any way."""
    places = draw(st.text("ABCD", min_size=2, max_size=10))
    steps = draw(st.lists(st.integers(1, 9), min_size=len(places), max_size=len(places)))
    rows, number, at = [], 0, TEN
    for place, step in zip(places, steps, strict=True):
        number += step
        at += draw(st.integers(1, 30)) * MINUTE
        leaves = at + draw(st.integers(0, 3)) * MINUTE
        rows.append(StopTime(number, place, at, leaves, True, True))
        at = leaves
    return Trip(places, tuple(rows))


def part_of(draw, of: Trip) -> list[int]:
    """Some of a trip's calls, in the order of travel."""
    wanted = st.sets(st.integers(0, len(of.rows) - 1), min_size=1)
    return sorted(draw(wanted))


@given(st.data(), trips())
def test_calls_told_with_their_numbers_and_true_times_are_themselves(data, of):
    """Whatever part of a trip is told, in whatever order it is listed, calls are what they are."""
    part = part_of(data.draw, of)
    listed = data.draw(st.permutations(part))
    calls = [
        Told(
            of.at(of.places[index]),
            order=row.stop_sequence,
            aimed=(row.arrival_s, row.departure_s),
            predicted=(row.arrival_s, row.departure_s),
        )
        for index in listed
        for row in [of.rows[index]]
    ]
    found = choose(calls, of.rows)
    assert [one.planned for one in found] == listed


@given(st.data(), trips())
def test_calls_in_between_that_are_not_planned_make_no_other_call_wrong(data, of):
    """Told with numbers and true times, calls stay themselves beside what a detour adds."""
    part = part_of(data.draw, of)
    calls: list[tuple[int | None, Told]] = []
    for index in part:
        row = of.rows[index]
        times = (row.arrival_s, row.departure_s)
        at = of.at(of.places[index])
        calls.append((index, Told(at, order=row.stop_sequence, aimed=times, predicted=times)))
        if data.draw(st.booleans()):
            place = data.draw(st.sampled_from(of.places))
            said = times[1] + 30
            calls.append((None, Told(of.at(place), predicted=(said, said))))
    found = choose([one for _, one in calls], of.rows)
    for (index, one), choice in zip(calls, found, strict=True):
        if index is not None:
            assert choice.planned == index or choice.is_ambiguous, (one, choice)
    numbered = [
        choice for (index, _), choice in zip(calls, found, strict=True) if index is not None
    ]
    apart = len({of.places[index] for index in part}) == len(of.places) == len(part)
    assert not apart or [one.planned for one in numbered] == part


@given(st.data(), trips())
def test_calls_told_by_visit_number_are_themselves(data, of):
    """VisitNumbers that count the trip's calls at a place tell them apart without anything else."""
    part = part_of(data.draw, of)
    calls = [
        Told(at, visit=at.index(index) + 1) for index in part for at in [of.at(of.places[index])]
    ]
    assert [one.planned for one in choose(calls, of.rows)] == part


@given(st.data(), trips())
def test_calls_told_by_aimed_time_are_themselves(data, of):
    """Aimed times alone tell all visits apart that are planned at different times."""
    part = part_of(data.draw, of)
    calls = [
        Told(of.at(of.places[index]), aimed=(row.arrival_s, row.departure_s))
        for index in part
        for row in [of.rows[index]]
    ]
    for index, one in zip(part, choose(calls, of.rows), strict=True):
        assert one.planned == index or (one.is_ambiguous and index in one.among)
    assume(
        all(
            later.arrival_s - sooner.departure_s > 60
            for sooner, later in zip(of.rows, of.rows[1:], strict=False)
        )
    )
    assert [one.planned for one in choose(calls, of.rows)] == part


@given(st.data(), trips(), st.integers(-5, 90))
def test_calls_of_one_constant_number_are_themselves_or_none(data, of, order):
    """A source that writes one Order for all calls is read by its times, however it lists them."""
    part = part_of(data.draw, of)
    listed = data.draw(st.permutations(part))
    calls = [
        Told(of.at(of.places[index]), order=order, aimed=(row.arrival_s, row.departure_s))
        for index in listed
        for row in [of.rows[index]]
    ]
    found = choose(calls, of.rows)
    for index, one in zip(listed, found, strict=True):
        assert one.planned == index or (one.is_ambiguous and index in one.among)
    assume(
        all(
            later.arrival_s - sooner.departure_s > 60
            for sooner, later in zip(of.rows, of.rows[1:], strict=False)
        )
    )
    if len({of.places[index] for index in part}) > 1:
        assert [one.planned for one in found] == listed


@given(st.data(), trips(), st.integers(-15, 240))
def test_predictions_alone_are_never_of_another_visit(data, of, late):
    """However late, and however much is made up: the visit itself, or none."""
    part = part_of(data.draw, of)
    coming, at, times = TEN + late * MINUTE, TEN, []
    for row in of.rows:
        moving = row.arrival_s - at
        coming += max(moving * data.draw(st.integers(50, 200)) // 100, 0)
        coming = max(coming, row.arrival_s - 900)
        dwell = data.draw(st.integers(0, 10)) * MINUTE
        leaving = max(coming + dwell, row.departure_s - 900)
        times.append((coming, leaving))
        coming, at = leaving, row.departure_s
    calls = [Told(of.at(of.places[index]), predicted=times[index]) for index in part]
    for index, one in zip(part, choose(calls, of.rows), strict=True):
        assert one.planned == index or (one.is_ambiguous and index in one.among)


@given(st.data(), trips())
def test_anything_at_all_comes_to_a_choice(data, of):
    """Wild numbers and times never raise, and never name a call of another place."""
    wild = st.none() | st.integers(-5, 90)
    time = st.none() | st.integers(TEN - 7200, TEN + 30_000).map(float)
    calls = [
        Told(
            of.at(place),
            order=data.draw(wild),
            visit=data.draw(wild),
            aimed=(data.draw(time), data.draw(time)),
            predicted=(data.draw(time), data.draw(time)),
        )
        for place in data.draw(st.text("ABCDX", max_size=8))
    ]
    for one, choice in zip(calls, choose(calls, of.rows), strict=True):
        assert set(choice.among) <= set(one.at)
        assert bool(choice.among) == bool(one.at)
        assert choice.planned is None or choice.among == (choice.planned,)
