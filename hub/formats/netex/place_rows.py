"""NeTEx StopPlace, Quay and ScheduledStopPoint elements, read into rows."""

from hub.errors import Reason
from hub.formats.common.fields import Problems
from hub.formats.common.xml import Element
from hub.formats.netex.fields import (
    STOP_PLACE_KINDS,
    gone,
    mode,
    name,
    position,
    ref,
    refs,
    text,
    version,
)
from hub.formats.netex.rows import LooseQuayRow, PlaceRow, QuayRow
from hub.model.common import Accessibility, Mode, Name, Position

_ASSESSED = "AccessibilityAssessment"
_LIMITATIONS = {
    "true": Accessibility.ACCESSIBLE,
    "partial": Accessibility.PARTLY_ACCESSIBLE,
    "false": Accessibility.NOT_ACCESSIBLE,
}


def place(
    element: Element, document: str, language: str | None, current: bool, problems: Problems
) -> PlaceRow:
    """A StopPlace that has an id, with its Quays."""
    native = element.get("id") or ""
    return PlaceRow(
        id=native,
        document=document,
        version=version(element),
        current=current,
        name=name(element, language, "Name", "ShortName"),
        parent=ref(element, "ParentSiteRef"),
        position=_position(element, native, problems),
        modes=_modes(element),
        kind=STOP_PLACE_KINDS.get(text(element, "StopPlaceType") or ""),
        wheelchair=_wheelchair(element),
        quays=tuple(
            _quay(found, language, problems)
            for found in element.iterfind("quays/Quay")
            if found.get("id") and not gone(found)
        ),
        quay_refs=refs(element, "quays/QuayRef"),
    )


def loose_quay(
    element: Element, language: str | None, current: bool, problems: Problems
) -> LooseQuayRow:
    """A Quay that has an id and stands in no StopPlace."""
    named = (ref(element, path) for path in ("ParentZoneRef", "SiteRef", "ParentQuayRef"))
    return LooseQuayRow(
        quay=_quay(element, language, problems),
        version=version(element),
        current=current,
        parents=tuple(native for native in named if native),
    )


def stop_point(element: Element, language: str | None) -> tuple[Name | None, Position | None]:
    """Name and position of a ScheduledStopPoint."""
    return name(element, language, "Name", "ShortName"), position(element, "Location")[0]


def _quay(element: Element, language: str | None, problems: Problems) -> QuayRow:
    native = element.get("id") or ""
    return QuayRow(
        native,
        name(element, language, "Name"),
        text(element, "PublicCode"),
        _position(element, native, problems, needed=False),
        _wheelchair(element),
    )


def _position(
    element: Element, native: str, problems: Problems, *, needed: bool = True
) -> Position | None:
    found, given = position(element)
    if found is None and (given or needed):
        problems.note(
            Reason.POSITION_OUT_OF_RANGE if given else Reason.MISSING_FIELD,
            native,
            "its Centroid is no position on Earth" if given else "it has no Centroid",
        )
    return found


def _modes(element: Element) -> tuple[Mode, ...]:
    words = [text(element, "TransportMode") or ""]
    words += (text(element, "OtherTransportModes") or "").split()
    return tuple(dict.fromkeys(found for word in words if (found := mode(word))))


def _wheelchair(element: Element) -> Accessibility | None:
    """What its AccessibilityAssessment says; None for unknown, and where there is none."""
    word = text(
        element,
        f"{_ASSESSED}/limitations/AccessibilityLimitation/WheelchairAccess",
        f"{_ASSESSED}/MobilityImpairedAccess",
    )
    return _LIMITATIONS.get(word or "")
