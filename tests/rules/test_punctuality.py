"""Whether a call is on time, and that its state and its lateness never contradict each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.journeys import NOT_SERVED, CallStatus, Progress, Punctuality
from hub.rules.punctuality import PUNCTUAL_S, by_lateness, judged, progress, punctual, shown

LATE = st.none() | st.integers(-90_000, 90_000)
SIGNS = {
    CallStatus.ON_TIME: lambda late: abs(late) < PUNCTUAL_S,
    CallStatus.DELAYED: lambda late: late > 0,
    CallStatus.EARLY: lambda late: late < 0,
    CallStatus.ARRIVED: lambda _: True,
    CallStatus.DEPARTED: lambda _: True,
}
"""What lateness may stand beside a state; beside any other none may."""


@given(status=st.sampled_from(CallStatus), late=LATE)
def test_state_and_lateness_never_contradict_each_other(status, late):
    """Whatever the source said of whichever timetable; and a lateness is never made up."""
    state, lateness = shown(status, late)
    assert lateness in {None, late}
    assert lateness is None or SIGNS.get(state, lambda _: False)(lateness)


@given(status=st.sampled_from(CallStatus), late=LATE)
def test_nothing_that_a_source_says_is_wrong_is_shown_as_well(status, late):
    """Only what was on time, or not judged, may turn out to be on time; what has been stays."""
    state, _ = shown(status, late)
    if state is CallStatus.ON_TIME:
        assert status in {CallStatus.ON_TIME, CallStatus.SCHEDULED}
    if status not in {
        CallStatus.ON_TIME,
        CallStatus.SCHEDULED,
        CallStatus.EARLY,
        CallStatus.DELAYED,
    }:
        assert state is status


@given(arrival=LATE, departure=LATE, boards=st.booleans())
def test_one_end_speaks_for_the_call_and_the_other_where_it_is_not_known(
    arrival, departure, boards
):
    """The departure where passengers board, else the arrival; the other end is not even read."""
    ends, read = {"arrival": arrival, "departure": departure}, []

    def late(end):
        read.append(end)
        return ends[end]

    known = [
        ends[end] for end in (("departure", "arrival") if boards else ("arrival", "departure"))
    ]
    assert judged(late, boards=boards) == next((one for one in known if one is not None), None)
    assert len(read) == (2 if known[0] is None else 1)


@pytest.mark.parametrize(
    ("said", "late", "found"),
    [
        (CallStatus.ON_TIME, 300, (CallStatus.DELAYED, 300)),
        (CallStatus.SCHEDULED, -120, (CallStatus.EARLY, -120)),
        (CallStatus.DELAYED, -120, (CallStatus.EARLY, -120)),
        (CallStatus.DELAYED, 30, (CallStatus.DELAYED, 30)),
        (CallStatus.DELAYED, 0, (CallStatus.DELAYED, None)),
        (CallStatus.CANCELLED, 300, (CallStatus.CANCELLED, None)),
        (CallStatus.UNKNOWN, 0, (CallStatus.UNKNOWN, None)),
        (CallStatus.ON_TIME, None, (CallStatus.ON_TIME, None)),
    ],
)
def test_the_times_decide_but_never_that_all_is_well(said, late, found):
    """A new timetable makes 300 s of what was on time; late by nobody knows how much stays late."""
    assert shown(said, late) == found


@pytest.mark.parametrize(
    ("late", "state"),
    [
        (59.9, CallStatus.ON_TIME),
        (-59.9, CallStatus.ON_TIME),
        (60, CallStatus.DELAYED),
        (-60, CallStatus.EARLY),
    ],
)
def test_a_minute_is_the_bound(late, state):
    """Sixty seconds from the aimed time are not on time any more."""
    assert by_lateness(late) is state


@given(st.sampled_from(CallStatus), LATE)
def test_an_end_keeps_its_time_as_the_call_does(status, late):
    """Where the call's state is a word of punctuality, that of the end it is judged by is the same;
    it is told of what has been, too; of what is not served it is not."""
    found, state = punctual(status, late), shown(status, late)[0]
    assert (found is None) == (status in NOT_SERVED)
    if state in set(Punctuality) and found is not None:
        assert found == state
    if found in SIGNS and late is not None and status not in {CallStatus.EARLY, CallStatus.DELAYED}:
        assert SIGNS[found](late)


@pytest.mark.parametrize(
    ("status", "late", "found"),
    [
        (CallStatus.DEPARTED, 300, Punctuality.DELAYED),
        (CallStatus.ARRIVED, 0, Punctuality.ON_TIME),
        (CallStatus.ARRIVED, None, Punctuality.NO_DATA),
        (CallStatus.SCHEDULED, None, Punctuality.NO_DATA),
        (CallStatus.SCHEDULED, 30, Punctuality.ON_TIME),
        (CallStatus.DELAYED, None, Punctuality.DELAYED),
        (CallStatus.UNKNOWN, 0, Punctuality.UNKNOWN),
        (CallStatus.SKIPPED, 0, None),
    ],
)
def test_how_an_end_keeps_its_time(status, late, found):
    """Before and after it has happened."""
    assert punctual(status, late) is found


@pytest.mark.parametrize(
    ("status", "arrival", "departure"),
    [
        (CallStatus.ARRIVED, Progress.DONE, Progress.NOT_YET),
        (CallStatus.DEPARTED, Progress.DONE, Progress.DONE),
        (CallStatus.ON_TIME, Progress.NOT_YET, Progress.NOT_YET),
        (CallStatus.SCHEDULED, Progress.NOT_YET, Progress.NOT_YET),
        (CallStatus.CANCELLED, Progress.CANCELLED, Progress.CANCELLED),
        (CallStatus.SKIPPED, Progress.SKIPPED, Progress.SKIPPED),
        (CallStatus.NO_DATA, Progress.UNKNOWN, Progress.UNKNOWN),
        (CallStatus.UNKNOWN, Progress.UNKNOWN, Progress.UNKNOWN),
    ],
)
def test_how_far_an_end_has_come(status, arrival, departure):
    """What has left has arrived; what nobody tells of is unknown, unless it was recorded."""
    for end, found in (("arrival", arrival), ("departure", departure)):
        assert progress(status, end, recorded=False, observed=True) is found
        if status not in NOT_SERVED:
            assert progress(status, end, recorded=True, observed=True) is Progress.DONE
    assert progress(CallStatus.SCHEDULED, "arrival", recorded=False, observed=False) is (
        Progress.UNKNOWN
    )
