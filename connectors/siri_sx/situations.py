"""Situation elements to situations."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from connectors.siri.common import each, is_full, open_batch, too_early_or_late
from hub.connector import Batch, Context, Envelope
from hub.errors import Reason
from hub.formats.siri import sx as siri_sx
from hub.formats.siri.delivery import service_day
from hub.formats.siri.sx import AffectedJourney, SituationElement
from hub.model.common import Mode, Name
from hub.model.ids import journey_id, scoped
from hub.model.situations import Affects, Period, Severity, Situation, SituationProgress
from hub.model.timetable import Timetable

_SEVERITIES = {
    "noImpact": Severity.MINOR,
    "verySlight": Severity.MINOR,
    "slight": Severity.MINOR,
    "normal": Severity.MODERATE,
    "severe": Severity.SEVERE,
    "verySevere": Severity.EXTREME,
}
_RANK = list(Severity)
_NOT_SHOWN = {"closing", "closed", "draft", "pendingApproval", "approvedDraft"}
"""Progress of a situation that is over, or that its author has not published yet."""
_MODES = {
    "bus": Mode.BUS,
    "coach": Mode.COACH,
    "ferry": Mode.FERRY,
    "metro": Mode.METRO,
    "rail": Mode.RAIL,
    "tram": Mode.TRAM,
    "underground": Mode.METRO,
}


def parse(raw: Envelope, context: Context) -> Batch:
    """Situations of one SituationExchange delivery; what cannot be used, with its reason.

    `entities` are PtSituationElements and RoadSituationElements. A situation is named by its
    participant and number (a road situation may share both with the public transport one, and has
    ":road" behind them). Of two versions the higher is taken, the other is a DUPLICATE. A closed
    situation without a text is withdrawn. Raises PayloadError if the bytes are no such delivery or
    carry only the producer's error.
    """
    deliveries = siri_sx.read(raw.body, context.timezone)
    batch = open_batch(deliveries, raw)
    found: dict[str, Situation] = {}
    for element, _ in each(siri_sx.situations, deliveries, context, batch):
        _take(element, found, raw.received_at, context, batch)
    batch.records.extend(found.values())
    batch.lists_all(is_full(deliveries, context))
    return batch


def _take(
    element: SituationElement,
    found: dict[str, Situation],
    received_at: datetime,
    context: Context,
    batch: Batch,
) -> None:
    native = _native_id(element)
    identifier = scoped(context.dataset, native)
    if refusal := _refusal(element, received_at):
        batch.reject(refusal[0], native, refusal[1])
        return
    summary = _summary(element)
    if summary is None:
        batch.withdrawn.append(identifier)
        return
    aside = Batch()
    situation = Situation(
        id=identifier,
        dataset=context.dataset,
        native_id=native,
        version=1 if element.version is None else element.version,
        mode=_mode(element, context),
        severity=_severity(element),
        cause=element.cause or (element.reason.best if element.reason else None),
        effect=_effect(element),
        progress=_progress(element),
        summary=summary,
        description=element.description,
        advice=element.advice,
        links=element.links,
        created_at=element.created_at,
        validity=_validity(element, native, aside),
        affects=_affects(element, context, native, aside),
    )
    for fault in element.faults:
        aside.note(fault.reason, native, fault.detail)
    known = found.get(identifier)
    if known is not None:
        batch.reject(Reason.DUPLICATE, native, "in the delivery twice; the higher version is taken")
    if known is None or situation.version > known.version:
        found[identifier] = situation
        batch.notes.extend(aside.notes)
        batch.matched_stops += aside.matched_stops


def _refusal(element: SituationElement, received_at: datetime) -> tuple[Reason, str] | None:
    """Why the situation cannot be used at all; a closed one needs no text, it is withdrawn."""
    if element.number is None:
        return Reason.MISSING_FIELD, "the situation has no SituationNumber"
    if late := too_early_or_late(element.versioned_at or element.created_at, received_at):
        return Reason.TIMESTAMP_IN_FUTURE, f"the situation {late}"
    open_ = _progress(element) is SituationProgress.OPEN
    if _summary(element) is None and open_:
        return Reason.EMPTY_ENTITY, "open, and neither text nor cause is given"
    if open_ and element.unreadable_periods and not element.periods:
        return Reason.BAD_VALUE, "no ValidityPeriod can be read: nobody knows when it is in force"
    if element.periods and all(_is_backward(period) for period in element.periods):
        return Reason.BAD_VALUE, "every ValidityPeriod ends before it starts"
    return None


def _is_backward(period: Period) -> bool:
    return bool(period.start and period.end and period.end < period.start)


def _native_id(element: SituationElement) -> str:
    parts = [element.participant_ref, element.number or "?", "road" if element.road else None]
    return ":".join(part for part in parts if part)


def _summary(element: SituationElement) -> Name | None:
    cause = Name(en=element.cause) if element.cause else None
    return element.summary or element.description or element.reason or cause


def _progress(element: SituationElement) -> SituationProgress:
    hidden = element.progress in _NOT_SHOWN
    return SituationProgress.CLOSED if hidden else SituationProgress.OPEN


def _severity(element: SituationElement) -> Severity:
    """The situation's own or the worst of its consequences, whichever is worse."""
    known = [_SEVERITIES.get(word, Severity.UNKNOWN) for word in element.severities]
    return max(known, key=_RANK.index, default=Severity.UNKNOWN)


def _effect(element: SituationElement) -> str | None:
    """The first Condition that says something, in SIRI's word."""
    return next((word for word in element.conditions if word not in {"unknown", "undefined"}), None)


def _mode(element: SituationElement, context: Context) -> Mode | None:
    if element.road:
        return None
    named = {_MODES[word] for word in element.modes if word in _MODES}
    return named.pop() if len(named) == 1 else context.mode


def _validity(element: SituationElement, native: str, batch: Batch) -> tuple[Period, ...]:
    kept = []
    for period in element.periods:
        if _is_backward(period):
            batch.note(Reason.TIME_ORDER, native, "a ValidityPeriod ends before it starts")
        else:
            kept.append(period)
    if not (element.periods or element.unreadable_periods):
        batch.note(Reason.MISSING_FIELD, native, "no ValidityPeriod; valid until it is closed")
    return tuple(kept)


def _affects(element: SituationElement, context: Context, native: str, batch: Batch) -> Affects:
    """Scoped ids. A stop point the timetable knows becomes its stop place, as on the boards."""
    timetable = context.reference if isinstance(context.reference, Timetable) else None
    places = []
    for ref in (*element.affected_stop_places, *element.affected_stop_points):
        place = timetable.place(ref) if timetable else None
        batch.matched_stops += place is not None
        places.append(place.id if place else scoped(context.dataset, ref))
    journeys = []
    for journey in element.affected_journeys:
        day = _service_day(journey, context.timezone)
        if day is None:
            batch.note(Reason.MISSING_FIELD, native, f"journey {journey.ref} has no service day")
        else:
            journeys.append(journey_id(context.dataset, journey.ref, day))
    return Affects(
        stop_places=tuple(dict.fromkeys(places)),
        lines=tuple(scoped(context.dataset, ref) for ref in element.affected_lines),
        journeys=tuple(dict.fromkeys(journeys)),
    )


def _service_day(journey: AffectedJourney, zone: ZoneInfo) -> date | None:
    """The day DataFrameRef names, else that of the journey's planned departure."""
    start = journey.origin_departure
    return service_day(journey.data_frame) or (start.astimezone(zone).date() if start else None)
