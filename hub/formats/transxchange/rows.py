"""The rows of one TransXChange document, as they stand in it.

References are the document's own ids; each document stands for itself.
Source: TransXChange 2.1 to 2.4 (www.transxchange.org.uk), TXC-PTI profile.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from hub.errors import Reason
from hub.formats.common.fields import Problems, checked_position
from hub.formats.common.xml import Element
from hub.formats.netex.fields import mode, seconds, text
from hub.formats.transxchange.days import Organisation, Period, Profile, period, profile
from hub.model.common import Mode, Position

_DURATION = re.compile(
    r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})(?:\.\d+)?S)?)?", re.ASCII
)
_APPROXIMATE = {"OTH", "otherPoint"}
"""TimingStatus of a stop at which the vehicle does not keep to its times."""
_UNDERGROUND = {"underground": Mode.METRO, "trolleyBus": Mode.BUS}


class StopRow(NamedTuple):
    """A StopPoint or AnnotatedStopPointRef."""

    id: str
    name: str | None
    indicator: str | None
    position: Position | None
    areas: tuple[str, ...]


class LinkRow(NamedTuple):
    """A JourneyPatternTimingLink; times in seconds, None where they are no duration.

    `timed_before` and `timed_after`: its ends are timing points, as far as it says.
    """

    id: str
    start: str
    end: str
    run_s: int | None
    wait_before_s: int
    wait_after_s: int
    activity_before: str
    activity_after: str
    timed_before: bool
    timed_after: bool


class ChangeRow(NamedTuple):
    """A VehicleJourneyTimingLink: what a journey has otherwise than its pattern, else None."""

    run_s: int | None
    wait_before_s: int | None
    wait_after_s: int | None
    activity_before: str | None
    activity_after: str | None


class PatternRow(NamedTuple):
    """A JourneyPattern: its sections in order."""

    sections: tuple[str, ...]
    display: str | None
    outbound: bool | None
    profile: Profile | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """A Service; `lines` are LineName and description by the document's line id."""

    code: str
    lines: dict[str, tuple[str, str | None]]
    period: Period | None
    profile: Profile | None
    operator: str | None
    mode: Mode | None
    patterns: dict[str, PatternRow]


class FrequencyRow(NamedTuple):
    """A Frequency: until when, every so many seconds, or at these minutes of each hour."""

    end_s: int | None
    every_s: int | None
    minutes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyRow:
    """A VehicleJourney. What it does not say is its VehicleJourneyRef's (`like`).

    `machine_code` is the ticket machine's JourneyCode, by which vehicles name it (BODS SIRI-VM).
    """

    code: str
    private_code: str | None
    machine_code: str | None
    service: str | None
    line: str | None
    pattern: str | None
    like: str | None
    departure_s: int | None
    display: str | None
    profile: Profile | None
    changes: dict[str, ChangeRow]
    starts_at: str | None
    ends_after: str | None
    frequency: FrequencyRow | None


@dataclass(slots=True)
class DocumentRows:
    """One document. `revision` is the RevisionNumber of its root."""

    name: str
    revision: int
    operators: dict[str, str] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    areas: dict[str, tuple[str | None, Position | None]] = field(default_factory=dict)
    sections: dict[str, tuple[LinkRow, ...]] = field(default_factory=dict)
    services: dict[str, ServiceRow] = field(default_factory=dict)
    journeys: dict[str, JourneyRow] = field(default_factory=dict)


def stop(element: Element) -> StopRow:
    """A stop; its id is empty if it has none."""
    return StopRow(
        text(element, "StopPointRef", "AtcoCode") or "",
        text(element, "CommonName", "Descriptor/CommonName"),
        text(element, "Indicator", "Descriptor/Indicator"),
        position(element),
        tuple(ref for found in element.iterfind("StopAreas/StopAreaRef") if (ref := _own(found))),
    )


def position(element: Element) -> Position | None:
    """WGS-84 of a Location, which may stand in a Place and in a Translation; no grid reference."""
    for path in ("Location", "Place/Location"):
        for inner in (path, f"{path}/Translation"):
            lat, lon = text(element, f"{inner}/Latitude"), text(element, f"{inner}/Longitude")
            if lat and lon:
                try:
                    return checked_position(float(lat), float(lon))
                except ValueError:
                    return None
    return None


def section(element: Element, problems: Problems) -> tuple[LinkRow, ...]:
    """The timing links of a JourneyPatternSection.

    They follow each other as they are written: SequenceNumbers run backwards in real files.
    """
    native = element.get("id") or ""
    return tuple(
        LinkRow(
            found.get("id") or "",
            text(found, "From/StopPointRef") or "",
            text(found, "To/StopPointRef") or "",
            _duration(found, "RunTime", native, problems),
            _duration(found, "From/WaitTime", native, problems) or 0,
            _duration(found, "To/WaitTime", native, problems) or 0,
            text(found, "From/Activity") or "",
            text(found, "To/Activity") or "",
            text(found, "From/TimingStatus") not in _APPROXIMATE,
            text(found, "To/TimingStatus") not in _APPROXIMATE,
        )
        for found in element.iterfind("JourneyPatternTimingLink")
    )


def service(element: Element, problems: Problems) -> ServiceRow:
    """A Service; its code is empty if it has none."""
    code = text(element, "ServiceCode") or ""
    within = element.find("OperatingPeriod")
    written = text(element, "Mode")
    return ServiceRow(
        code=code,
        lines={
            native: (text(found, "LineName") or native, _described(found, element))
            for found in element.iterfind("Lines/Line")
            if (native := found.get("id"))
        },
        period=period(within) if within is not None else None,
        profile=_profile(element, code, problems),
        operator=text(element, "RegisteredOperatorRef", "AssociatedOperators/OperatorRef"),
        mode=mode(written) or _UNDERGROUND.get(written or ""),
        patterns={
            native: PatternRow(
                tuple(
                    ref
                    for refs in found.iterfind("JourneyPatternSectionRefs")
                    for ref in (refs.text or "").split()
                ),
                text(found, "DestinationDisplay"),
                {"outbound": True, "inbound": False}.get(text(found, "Direction") or ""),
                _profile(found, native, problems),
            )
            for found in element.iterfind("StandardService/JourneyPattern")
            if (native := found.get("id"))
        },
    )


def journey(element: Element, problems: Problems) -> JourneyRow:
    """A VehicleJourney; its code is empty if it has none."""
    code = text(element, "VehicleJourneyCode") or ""
    at = text(element, "DepartureTime")
    departure_s, zoned = (
        seconds(at, text(element, "DepartureDayShift") or "") if at else (None, False)
    )
    if zoned:
        problems.note(
            Reason.BAD_VALUE, code, f"DepartureTime {at!r} has a zone; read as local time"
        )
    return JourneyRow(
        code=code,
        private_code=text(element, "PrivateCode"),
        machine_code=text(element, "Operational/TicketMachine/JourneyCode"),
        service=text(element, "ServiceRef"),
        line=text(element, "LineRef"),
        pattern=text(element, "JourneyPatternRef"),
        like=text(element, "VehicleJourneyRef"),
        departure_s=departure_s,
        display=text(element, "DestinationDisplay"),
        profile=_profile(element, code, problems),
        changes={
            ref: ChangeRow(
                _duration(found, "RunTime", code, problems),
                _duration(found, "From/WaitTime", code, problems),
                _duration(found, "To/WaitTime", code, problems),
                text(found, "From/Activity"),
                text(found, "To/Activity"),
            )
            for found in element.iterfind("VehicleJourneyTimingLink")
            if (ref := text(found, "JourneyPatternTimingLinkRef"))
        },
        starts_at=text(element, "StartDeadRun/ShortWorking/JourneyPatternTimingLinkRef"),
        ends_after=text(element, "EndDeadRun/ShortWorking/JourneyPatternTimingLinkRef"),
        frequency=_frequency(element, code, problems),
    )


def _described(line: Element, of_service: Element) -> str | None:
    ends = [text(of_service, f"StandardService/{end}") for end in ("Origin", "Destination")]
    return text(
        line, "MarketingName", "OutboundDescription/Description", "InboundDescription/Description"
    ) or (" - ".join(end for end in ends if end) if all(ends) else text(of_service, "Description"))


def _profile(element: Element, native_id: str, problems: Problems) -> Profile | None:
    found = element.find("OperatingProfile")
    return None if found is None else profile(found, native_id, problems)


def _frequency(element: Element, code: str, problems: Problems) -> FrequencyRow | None:
    found = element.find("Frequency")
    if found is None:
        return None
    end = text(found, "EndTime")
    minutes = [text(found, "MinutesPastTheHour/Minutes")] + [
        _own(one) for one in found.iterfind("MinutesPastTheHour/Minute")
    ]
    row = FrequencyRow(
        seconds(end, "")[0] if end else None,
        _duration(found, "Interval/ScheduledFrequency", code, problems),
        tuple(int(one) for one in minutes if one and one.isdigit() and int(one) < 60),
    )
    if row.end_s is None or not (row.every_s or row.minutes):
        problems.note(Reason.BAD_VALUE, code, "Frequency without EndTime, or interval; not read")
        return None
    return row


def _own(element: Element) -> str | None:
    return (element.text or "").strip() or None


def _duration(element: Element, path: str, native_id: str, problems: Problems) -> int | None:
    """Seconds of an xsd:duration of days and less; None where there is none, or no such."""
    written = text(element, path)
    if written is None:
        return None
    match = _DURATION.fullmatch(written)
    if match is None or not any(match.groups()):
        problems.note(Reason.BAD_VALUE, native_id, f"{path} {written[:30]!r} is no duration")
        return None
    days, hours, minutes, rest = (int(part or 0) for part in match.groups())
    return days * 86_400 + hours * 3600 + minutes * 60 + rest
