"""NeTEx Line, JourneyPattern, ServiceJourney and DatedServiceJourney elements, read into rows."""

from collections.abc import Mapping

from hub.errors import Reason
from hub.formats.common.fields import Problems, colour_of
from hub.formats.common.xml import Element
from hub.formats.netex.fields import flag, mode, name, ref, refs, seconds, text, version
from hub.formats.netex.rows import (
    DatedRow,
    JourneyRow,
    LineRow,
    PassRow,
    PatternRow,
    PointRow,
)

_POINT_REFS = ("StopPointInJourneyPatternRef", "PointInJourneyPatternRef")
_PATTERN_REFS = ("ServiceJourneyPatternRef", "JourneyPatternRef", "ServicePatternRef")
_DISPLAY_REFS = (
    "DestinationDisplayRef",
    "DestinationDisplayView/DestinationDisplayRef",
    "JourneyPatternView/DestinationDisplayRef",
)


def line(element: Element, document: str, language: str | None, current: bool) -> LineRow:
    """A Line or FlexibleLine that has an id."""
    return LineRow(
        id=element.get("id") or "",
        document=document,
        version=version(element),
        current=current,
        name=name(element, language, "Name", "ShortName"),
        public_code=text(element, "PublicCode", "ShortName"),
        mode=mode(text(element, "TransportMode")),
        submode=next(
            (one.text for one in element.iterfind("TransportSubmode/*") if one.text), None
        ),
        operator=ref(element, "OperatorRef", "operators/OperatorRef", "AuthorityRef"),
        colour=colour_of((text(element, "Presentation/Colour") or "").lstrip("#")),
        text_colour=colour_of((text(element, "Presentation/TextColour") or "").lstrip("#")),
    )


def pattern(element: Element, native: str, problems: Problems) -> PatternRow:
    """A pattern with its stops; its timing points are no stops.

    Orders are the publisher's where they rise, else counted: a call's order must be unambiguous.
    """
    points: list[PointRow] = []
    for found in element.iterfind("pointsInSequence/StopPointInJourneyPattern"):
        stop_point = ref(found, "ScheduledStopPointRef", "FareScheduledStopPointRef")
        if stop_point is None:
            problems.note(Reason.MISSING_FIELD, native, "a point without a ScheduledStopPointRef")
            continue
        points.append(
            PointRow(
                found.get("id") or "",
                _order(found),
                stop_point,
                ref(found, *_DISPLAY_REFS),
                flag(found, "ForBoarding", default=True),
                flag(found, "ForAlighting", default=True),
            )
        )
    orders = [point.order for point in points]
    if orders != sorted(set(orders)):
        points = [point._replace(order=number) for number, point in enumerate(points, start=1)]
    return PatternRow(
        ref(
            element, "LineRef", "FlexibleLineRef", "RouteView/LineRef", "RouteView/FlexibleLineRef"
        ),
        ref(element, "RouteRef", "RouteView/RouteRef"),
        ref(element, *_DISPLAY_REFS),
        tuple(points),
    )


def journey(
    element: Element, document: str, language: str | None, current: bool, problems: Problems
) -> JourneyRow:
    """A ServiceJourney that has an id. Its passing times count before its calls."""
    native = element.get("id") or ""
    times = [
        _passing(found, number, native, problems)
        for number, found in enumerate(element.iterfind("passingTimes/*"), start=1)
        if found.find("TimingPointInJourneyPatternRef") is None
    ]
    if not times:
        times = [
            _call(found, number, native, problems)
            for number, found in enumerate(element.iterfind("calls/Call"), start=1)
        ]
    return JourneyRow(
        id=native,
        document=document,
        version=version(element),
        current=current,
        number=text(element, "PublicCode"),
        train_number=ref(element, "trainNumbers/TrainNumberRef"),
        private_code=text(element, "PrivateCode", "privateCodes/PrivateCode"),
        mode=mode(text(element, "TransportMode")),
        line=ref(element, "LineRef", "FlexibleLineRef", "LineView/LineRef"),
        route=ref(element, "RouteRef", "RouteView/RouteRef", "JourneyPatternView/RouteRef"),
        pattern=ref(
            element, *_PATTERN_REFS, *(f"JourneyPatternView/{one}" for one in _PATTERN_REFS)
        ),
        display=ref(element, *_DISPLAY_REFS),
        headsign=name(element, language, "DestinationDisplayView/FrontText"),
        day_types=refs(element, "dayTypes/DayTypeRef"),
        conditions=(
            *refs(element, "validityConditions/AvailabilityConditionRef"),
            *_inline(element),
        ),
        times=tuple(times),
        cancelled=text(element, "ServiceAlteration") in {"cancellation", "replaced"},
    )


def dated(element: Element) -> DatedRow:
    """A DatedServiceJourney that has an id."""
    return DatedRow(
        element.get("id") or "",
        ref(element, "ServiceJourneyRef", "VehicleJourneyRef", "JourneyRef"),
        ref(element, "OperatingDayRef"),
        text(element, "ServiceAlteration"),
        (
            *refs(element, "replacedJourneys/DatedVehicleJourneyRef"),
            *refs(element, "replacedJourneys/DatedServiceJourneyRef"),
        ),
    )


def _inline(element: Element) -> tuple[str, ...]:
    path = "validityConditions/AvailabilityCondition"
    return tuple(native for found in element.iterfind(path) if (native := found.get("id")))


def _passing(element: Element, number: int, journey_id: str, problems: Problems) -> PassRow:
    """One walk over the children: there are more of these than of anything else."""
    given: dict[object, str | None] = {child.tag: child.text for child in element}
    return PassRow(
        ref(element, *_POINT_REFS),
        None,
        number,
        _time("ArrivalTime", given, "ArrivalDayOffset", journey_id, problems),
        _time("DepartureTime", given, "DepartureDayOffset", journey_id, problems),
        True,  # the pattern's point says whether one may board
        True,
    )


def _call(element: Element, number: int, journey_id: str, problems: Problems) -> PassRow:
    paths = ("Arrival/Time", "Arrival/DayOffset", "Departure/Time", "Departure/DayOffset")
    given: dict[object, str | None] = {path: element.findtext(path) for path in paths}
    return PassRow(
        ref(element, *_POINT_REFS),
        ref(element, "ScheduledStopPointRef", "ScheduledStopPointView/ScheduledStopPointRef"),
        _order(element) or number,
        _time("Arrival/Time", given, "Arrival/DayOffset", journey_id, problems),
        _time("Departure/Time", given, "Departure/DayOffset", journey_id, problems),
        flag(element, "Departure/ForBoarding", default=True),
        flag(element, "Arrival/ForAlighting", default=True),
    )


def _time(
    path: str, given: Mapping[object, str | None], offset: str, journey_id: str, problems: Problems
) -> int | None:
    """Seconds of the service day of the time at a path and the offset that goes with it."""
    written = (given.get(path) or "").strip()
    if not written:
        return None
    found, zoned = seconds(written, (given.get(offset) or "").strip())
    if found is None:
        problems.note(
            Reason.BAD_VALUE, journey_id, f"{path} {written[:30]!r} with its day offset is no time"
        )
    elif zoned:
        problems.note(
            Reason.BAD_VALUE, journey_id, f"{path} {written!r} has a zone; read as local time"
        )
    return found


def _order(element: Element) -> int:
    written = element.get("order") or ""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 7 else 0
