"""From an Alert to a situation."""

from collections.abc import Iterator
from datetime import UTC, datetime

from google.transit import gtfs_realtime_pb2 as pb

from connectors.gtfs_rt.reading import Reading, RefusedEntity, ident
from connectors.gtfs_rt.runs import find_run
from hub.errors import Reason
from hub.formats.common.fields import mode_of, web_address
from hub.formats.common.xsd import FOREVER, NO_END
from hub.formats.gtfs.realtime import TIMES, is_time, name_of, utc
from hub.model.common import Mode, Name
from hub.model.ids import journey_id
from hub.model.situations import Affects, Link, Period, Severity, Situation

MOST_SELECTORS = 5000
_MOST_LINKS = 20
_NO_END = range(int(datetime(NO_END, 1, 1, tzinfo=UTC).timestamp()), 253_402_300_800)
"""The year that says "no end", in seconds."""
_BEFORE_1970 = range(2**64 - 62_135_596_800, 2**64 - 1)
"""From the year 1 on."""
_SEVERITIES = {
    pb.Alert.INFO: Severity.MINOR,
    pb.Alert.WARNING: Severity.MODERATE,
    pb.Alert.SEVERE: Severity.SEVERE,
}
_EFFECTS = {
    pb.Alert.NO_SERVICE: Name(zh="停运", en="No service"),
    pb.Alert.REDUCED_SERVICE: Name(zh="减少班次", en="Reduced service"),
    pb.Alert.SIGNIFICANT_DELAYS: Name(zh="严重晚点", en="Significant delays"),
    pb.Alert.DETOUR: Name(zh="绕行", en="Detour"),
    pb.Alert.ADDITIONAL_SERVICE: Name(zh="增开班次", en="Additional service"),
    pb.Alert.MODIFIED_SERVICE: Name(zh="运行调整", en="Modified service"),
    pb.Alert.STOP_MOVED: Name(zh="站点迁移", en="Stop moved"),
    pb.Alert.NO_EFFECT: Name(zh="运营通告", en="Notice"),
    pb.Alert.ACCESSIBILITY_ISSUE: Name(zh="无障碍设施受影响", en="Accessibility issue"),
}
"""What is shown where an alert has an effect and no text."""


def situation_of(alert: pb.Alert, entity_id: str, reading: Reading) -> Situation:
    """A situation with its texts, periods and what it affects.

    Raises RefusedEntity MISSING_FIELD where there is neither text nor effect, TOO_LARGE beyond
    MOST_SELECTORS informed entities, BAD_VALUE where periods are told and none can be one: without
    any the alert would be in force for ever.
    """
    if len(alert.informed_entity) > MOST_SELECTORS:
        raise RefusedEntity(Reason.TOO_LARGE, entity_id, f"{len(alert.informed_entity)} selectors")
    description = name_of(alert.description_text.translation)
    effect = alert.effect if alert.HasField("effect") else pb.Alert.UNKNOWN_EFFECT
    summary = name_of(alert.header_text.translation) or description or _EFFECTS.get(effect)
    if summary is None:
        raise RefusedEntity(
            Reason.MISSING_FIELD, entity_id, "the alert has neither a text nor an effect"
        )
    return Situation(
        id=reading.scoped(entity_id),
        dataset=reading.dataset,
        native_id=entity_id,
        mode=_mode(alert, reading),
        severity=_SEVERITIES.get(alert.severity_level, Severity.UNKNOWN),
        cause=_told(pb.Alert.Cause.Name(alert.cause)) if alert.HasField("cause") else None,
        effect=_told(pb.Alert.Effect.Name(effect)),
        summary=summary,
        description=description,
        links=tuple(_links(alert)),
        validity=tuple(_periods(alert, entity_id, reading)),
        affects=_affects(alert, entity_id, reading),
    )


def _links(alert: pb.Alert) -> Iterator[Link]:
    """Each address once, whatever languages it is for."""
    told = (web_address(text.text) for text in alert.url.translation[:_MOST_LINKS])
    yield from (Link(uri) for uri in dict.fromkeys(told) if uri)


def _told(word: str) -> str | None:
    return None if word.startswith("UNKNOWN_") else word


def _periods(alert: pb.Alert, entity_id: str, reading: Reading) -> list[Period]:
    """Its periods; one with a time that is none counts only where no other is whole."""
    found, whole = [], []
    for told in alert.active_period:
        begin = reading.in_seconds(told.start, entity_id, "start")
        end = reading.in_seconds(told.end, entity_id, "end")
        start = _begin(begin, entity_id, reading)
        period = Period(start, _end(end, entity_id, reading))
        if 0 < end < TIMES.start or _is_backward(period):
            reading.note(Reason.TIME_ORDER, entity_id, "an active_period ends before it starts")
            continue
        found.append(period)
        whole.append(_says_nothing_or_time(_signed(begin)) and _says_nothing_or_time(end))
    if alert.active_period and not found:
        raise RefusedEntity(Reason.BAD_VALUE, entity_id, "no active_period of it can be one")
    if any(whole) and not all(whole):
        reading.note(Reason.BAD_VALUE, entity_id, "an active_period that is none is left out")
        return [period for period, stands in zip(found, whole, strict=True) if stands]
    return found


def _says_nothing_or_time(seconds: int) -> bool:
    return seconds == 0 or seconds in _NO_END or is_time(seconds)


def _is_backward(period: Period) -> bool:
    return period.start is not None and period.end is not None and period.end < period.start


def _begin(seconds: int, entity_id: str, reading: Reading) -> datetime | None:
    """When a period begins; 0 says nothing. What is too far out begins then, and not at once."""
    seconds = _signed(seconds)
    if seconds >= TIMES.stop:
        reading.note(Reason.BAD_VALUE, entity_id, f"start {seconds} is no time; taken as never")
        return FOREVER
    if seconds != 0 and seconds < TIMES.start:
        reading.note(Reason.BAD_VALUE, entity_id, f"start {seconds} is no time; taken as begun")
    return utc(seconds) if is_time(seconds) else None


def _signed(seconds: int) -> int:
    """A time before 1970, which the standard's unsigned field shows as a huge number.

    The year 1 is the zero of some languages' clocks. The largest number of all stays as it is.
    """
    return seconds - 2**64 if seconds in _BEFORE_1970 else seconds


def _end(seconds: int, entity_id: str, reading: Reading) -> datetime | None:
    """When a period ends; 0 and the year 9999 say that it never does, and so is what is no time."""
    if seconds >= TIMES.stop and seconds not in _NO_END:
        reading.note(Reason.BAD_VALUE, entity_id, f"end {seconds} is no time; taken as none")
    return utc(seconds) if is_time(seconds) else None


def _affects(alert: pb.Alert, entity_id: str, reading: Reading) -> Affects:
    """Ids of what the alert names. One selector of a route at a stop affects both."""
    stop_places: dict[str, None] = {}
    lines: dict[str, None] = {}
    journeys: dict[str, None] = {}
    for selector in alert.informed_entity:
        if selector.stop_id:
            stop_places[reading.place_id(ident(selector.stop_id, "stop_id"))] = None
        if selector.route_id:
            lines[reading.scoped(ident(selector.route_id, "route_id"))] = None
        if selector.HasField("trip"):
            if selector.trip.trip_id or selector.trip.start_time:
                journey = _journey(selector.trip, entity_id, reading)
                journeys |= {journey: None} if journey else {}
            elif selector.trip.route_id:
                lines[reading.scoped(ident(selector.trip.route_id, "route_id"))] = None
    return Affects(tuple(stop_places), tuple(lines), tuple(journeys))


def _journey(trip: pb.TripDescriptor, entity_id: str, reading: Reading) -> str | None:
    try:
        run = find_run(trip, reading, fallback=entity_id, moment=reading.as_of)
    except RefusedEntity as refused:
        reading.note(refused.reason, entity_id, refused.detail)
        return None
    return journey_id(reading.dataset, run.ref, run.service_date)


def _mode(alert: pb.Alert, reading: Reading) -> Mode | None:
    """The feed's mode, else the one mode of the routes that are named, else None."""
    if reading.context.mode is not None:
        return reading.context.mode
    found = set()
    for selector in alert.informed_entity:
        if selector.HasField("route_type"):
            found.add(mode_of(selector.route_type))
        route = reading.timetable.route(str(selector.route_id)) if reading.timetable else None
        if route is not None:
            found.add(route.mode)
    return found.pop() if len(found) == 1 else None
