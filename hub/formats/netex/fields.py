"""Values of NeTEx elements whose tags carry local names only (`xml_stream`)."""

import re
from datetime import date
from functools import lru_cache

from hub.formats.common import xsd
from hub.formats.common.fields import checked_position
from hub.formats.common.xml import Element, name_of
from hub.model.common import Mode, Name, Position
from hub.model.network import StopPlaceKind

_OFFSET = re.compile(r"[+-]?\d{1,2}", re.ASCII)
_GONE = {"delete", "revise_delete"}

_MODES = {
    "air": Mode.OTHER,
    "bus": Mode.BUS,
    "trolleyBus": Mode.BUS,
    "tram": Mode.TRAM,
    "coach": Mode.COACH,
    "rail": Mode.RAIL,
    "intercityRail": Mode.RAIL,
    "urbanRail": Mode.RAIL,
    "metro": Mode.METRO,
    "water": Mode.FERRY,
    "ferry": Mode.FERRY,
    "cableway": Mode.OTHER,
    "funicular": Mode.OTHER,
    "lift": Mode.OTHER,
    "taxi": Mode.TAXI,
    "selfDrive": Mode.OTHER,
    "other": Mode.OTHER,
}
"""AllVehicleModesOfTransportEnumeration; `all` and `unknown` say nothing."""

STOP_PLACE_KINDS = {
    "railStation": StopPlaceKind.RAIL_STATION,
    "vehicleRailInterchange": StopPlaceKind.RAIL_STATION,
    "metroStation": StopPlaceKind.METRO_STATION,
    "coachStation": StopPlaceKind.COACH_STATION,
    "taxiStand": StopPlaceKind.TAXI_RANK,
    "taxiRank": StopPlaceKind.TAXI_RANK,
}
"""StopTypeEnumeration, the ones the hub tells apart."""


def text(element: Element, *paths: str) -> str | None:
    """The first text there is at one of the paths, trimmed; None if there is none."""
    for path in paths:
        found = element.findtext(path)
        if found and (trimmed := found.strip()):
            return trimmed
    return None


def ref(element: Element, *paths: str) -> str | None:
    """The `ref` of the first element there is at one of the paths."""
    for path in paths:
        found = element.find(path)
        if found is not None and (native := (found.get("ref") or "").strip()):
            return native
    return None


def refs(element: Element, path: str) -> tuple[str, ...]:
    """The `ref` of every element at the path."""
    return tuple(native for found in element.iterfind(path) if (native := found.get("ref")))


def name(element: Element, language: str | None, *paths: str) -> Name | None:
    """A MultilingualString at the first of the paths that has text, with its translations.

    NeTEx 1 has one text with a `lang`, NeTEx 2 many in `Text`; both may add alternativeNames of
    NameType translation. A text without `lang` is in `language`, the frame's DefaultLanguage.
    """
    for path in paths:
        texts = [*element.iterfind(path), *element.iterfind(f"{path}/Text")]
        if not any((found.text or "").strip() for found in texts):
            continue
        for found in texts:
            if language and not found.get("lang"):
                found.set("lang", language)
        for other in element.iterfind("alternativeNames/AlternativeName"):
            if (other.findtext("NameType") or "").strip() == "translation":
                texts += [*other.iterfind("Name"), *other.iterfind("Name/Text")]
        return name_of(texts)
    return None


def mode(text_: str | None) -> Mode | None:
    """A TransportMode; None where it says nothing."""
    return _MODES.get(text_ or "")


def flag(element: Element, path: str, *, default: bool) -> bool:
    """An xsd:boolean; `default` where it is absent or none."""
    return {"true": True, "1": True, "false": False, "0": False}.get(
        text(element, path) or "", default
    )


def version(element: Element) -> int:
    """A version number; "any" and names count as 0."""
    found = element.get("version") or ""
    return int(found) if found.isascii() and found.isdigit() and len(found) < 10 else 0


def gone(element: Element) -> bool:
    """Whether the publisher marks the element as deleted or out of use."""
    return element.get("modification") in _GONE or element.get("status") == "inactive"


@lru_cache(maxsize=8192)
def day(found: str | None, *, begins: bool = False) -> date | None:
    """The day of an xsd:date or xsd:dateTime, as it is written; None if it is none.

    `begins`: it is the first of a period, which a dateTime at 24:00:00 begins a day later.
    """
    return xsd.day((found or "").strip(), begins=begins)


@lru_cache(maxsize=1 << 16)
def seconds(found: str, offset: str) -> tuple[int | None, bool]:
    """Seconds of the service day of an xsd:time and a DayOffset ("" is 0); None if one is none.

    And whether a zone stands behind the time, which is local to the place of the frame: a zone is
    not counted.
    """
    of_day, zoned = xsd.seconds_of_day(found)
    if of_day is None or not _OFFSET.fullmatch(offset or "0"):
        return None, False
    return int(offset or 0) * 86_400 + of_day, zoned


def position(element: Element, path: str = "Centroid/Location") -> tuple[Position | None, bool]:
    """The position at a Location, and whether one was given at all.

    gml:pos in place of Longitude and Latitude is latitude first (EPSG:4326).
    """
    lat = text(element, f"{path}/Latitude")
    lon = text(element, f"{path}/Longitude")
    pos = text(element, f"{path}/pos")
    if pos and not (lat and lon):
        lat, _, lon = pos.partition(" ")
    if not (lat and lon):
        return None, bool(lat or lon)
    try:
        return checked_position(float(lat), float(lon)), True
    except ValueError:
        return None, True
