"""Where in a journey's calls a record's calls belong. Pure.

Sources number calls in their own way. A call is the timetable's where number and stop place agree;
where they do not, `hub.rules.visits` says which of the calls there it is. One that could be several
is left out, because a time shown at the wrong call is worse than none; so is one whose number is
that of another place. Nothing is put beside the calls that the timetable has at a place, unless its
source says that it is extra.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hub.model.journeys import Call
from hub.model.timetable_rows import StopTime
from hub.rules.visit_evidence import Pair
from hub.rules.visits import Told, choose


class Seen(NamedTuple):
    """What tells where a call belongs; times are arrival and departure."""

    order: int
    stop_place: str
    extra: bool
    aimed: Sequence[datetime | None]
    known: Sequence[datetime | None]


def seen_of(call: Call) -> Seen:
    """Of a record's call."""
    aimed, expected, actual = call.aimed, call.expected, call.actual
    return Seen(
        call.order,
        call.stop_place_id,
        call.extra,
        (aimed.arrival, aimed.departure),
        (actual.arrival or expected.arrival, actual.departure or expected.departure),
    )


def seen_in(call: Mapping[str, Any]) -> Seen:
    """Of a stored call."""
    ends = ("arrival", "departure")
    return Seen(
        call["order"],
        call["stop_place"]["id"],
        call.get("extra", False),
        [call["aimed"][end] for end in ends],
        [call["actual"][end] or call["expected"][end] for end in ends],
    )


def places_of(
    calls: Mapping[int, Mapping[str, Any]], told: Sequence[Call] | Sequence[Seen]
) -> list[int | None]:
    """The order under which each told call belongs among the stored `calls`; None: nowhere."""
    if stand_as_told(calls, told):
        return [call.order for call in told]
    planned = sorted(order for order, call in calls.items() if call["planned"])
    seen = [call if isinstance(call, Seen) else seen_of(call) for call in told]
    visits: defaultdict[str, tuple[int, ...]] = defaultdict(tuple)
    for index, order in enumerate(planned):
        visits[calls[order]["stop_place"]["id"]] += (index,)
    taken = set(planned)
    choices = choose(
        [
            Told(
                () if one.extra else visits.get(one.stop_place, ()),
                one.order,
                aimed=_seconds(one.aimed),
                predicted=_seconds(one.known),
            )
            for one in seen
        ],
        [_row(calls[order]) for order in planned],
    )
    places = [None if choice.planned is None else planned[choice.planned] for choice in choices]
    return [
        one.order if not choice.among and one.order not in taken else place
        for one, choice, place in zip(seen, choices, places, strict=True)
    ]


def stand_as_told(
    calls: Mapping[int, Mapping[str, Any]], told: Sequence[Call] | Sequence[Seen]
) -> bool:
    """Whether numbers and places alone say where the calls belong: then they do in every record."""
    if not any(call["planned"] for call in calls.values()):
        return True
    return all(_is_there(calls.get(call.order), call) for call in told)


def _is_there(there: Mapping[str, Any] | None, call: Call | Seen) -> bool:
    """Whether the timetable has it so, under this number at this place."""
    if there is None or not there["planned"] or call.extra:
        return False
    place = call.stop_place if isinstance(call, Seen) else call.stop_place_id
    return bool(there["stop_place"]["id"] == place)


def _row(call: Mapping[str, Any]) -> StopTime:
    arrival, departure = (
        None if moment is None else int(_stamp(moment)) for moment in call["aimed"].values()
    )
    interpolated = call.get("aimed_interpolated", False)
    place = call["stop_place"]["id"]
    return StopTime(call["order"], place, arrival, departure, True, True, interpolated)


def _seconds(moments: Iterable[datetime | None]) -> Pair:
    arrival, departure = (None if moment is None else _stamp(moment) for moment in moments)
    return arrival, departure


def _stamp(moment: datetime) -> float:
    """POSIX seconds; a moment without a zone is UTC (`rows.unzoned`)."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
