"""Parking on four wires: DATEX II v2 static and dynamic, ParkAPI v1, and a small operator's own."""

import csv
import io
from datetime import datetime
from typing import Any

from lxml import etree

from sandbox.facilities import GARAGES, measured, taken
from sandbox.timetable.day import ZONE, stamp

DATEX = "http://datex2.eu/schema/2/2_0"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LANG = "lang"
TABLE = "garages"


def datex_static(now: float) -> bytes:
    """A ParkingTablePublication: the garages."""
    root, publication = _publication("ParkingTablePublication", now)
    table = _child(publication, "parkingTable", id=TABLE, version="1")
    _text(table, "parkingTableVersionTime", _iso(now - now % 86400))
    for garage in GARAGES:
        record = _child(table, "parkingRecord", id=garage.id, version="1")
        record.set(f"{{{_XSI}}}type", "UrbanParkingSite")
        values = _child(_child(record, "parkingName"), "values")
        for language, text in (("zh", garage.name.zh), ("en", garage.name.en)):
            _text(values, "value", text or "").set(_LANG, language)
        _text(record, "parkingRecordVersionTime", _iso(now - now % 86400))
        _text(record, "parkingNumberOfSpaces", str(garage.capacity))
        location = _child(record, "parkingLocation")
        location.set(f"{{{_XSI}}}type", "Point")
        point = _child(_child(location, "pointByCoordinates"), "pointCoordinates")
        _text(point, "latitude", str(garage.lat))
        _text(point, "longitude", str(garage.lon))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def datex_dynamic(now: float, seed: int) -> bytes:
    """A ParkingStatusPublication: what is free in each at its last count."""
    root, publication = _publication("ParkingStatusPublication", now)
    reference = _child(publication, "parkingTableReference", id=TABLE, version="1")
    reference.set("targetClass", "ParkingTable")
    for garage in GARAGES:
        status = _child(publication, "parkingRecordStatus")
        status.set(f"{{{_XSI}}}type", "ParkingSiteStatus")
        record = _child(status, "parkingRecordReference", id=garage.id, version="1")
        record.set("targetClass", "ParkingRecord")
        _text(status, "parkingStatusOriginTime", _iso(measured(now)))
        used = taken(garage, now, seed)
        occupancy = _child(status, "parkingOccupancy")
        _text(occupancy, "parkingNumberOfOccupiedSpaces", str(used))
        _text(occupancy, "parkingNumberOfVacantSpaces", str(garage.capacity - used))
        _text(status, "parkingSiteOpeningStatus", "open")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def parkapi(now: float, seed: int) -> dict[str, Any]:
    """A city of ParkAPI v1."""
    return {
        "last_downloaded": _utc(now),
        "last_updated": _utc(measured(now)),
        "data_source": "https://parking.example.invalid/",
        "lots": [
            {
                "id": garage.id,
                "name": garage.name.zh,
                "address": garage.name.zh,
                "coords": {"lat": garage.lat, "lng": garage.lon},
                "lot_type": "Tiefgarage",
                "total": garage.capacity,
                "free": garage.capacity - taken(garage, now, seed),
                "state": "open",
                "forecast": False,
            }
            for garage in GARAGES
        ],
    }


def plain_rows(now: float, seed: int) -> list[dict[str, Any]]:
    """The rows of a small operator's own table, in its own words."""
    counted = datetime.fromtimestamp(measured(now), ZONE)
    return [
        {
            "编号": garage.id,
            "名称": garage.name.zh,
            "总车位": garage.capacity,
            "空余": garage.capacity - taken(garage, now, seed),
            "状态": 1,
            "时间": f"{counted:%Y-%m-%d %H:%M:%S}",
        }
        for garage in GARAGES
    ]


def plain_csv(now: float, seed: int) -> bytes:
    """The table as CSV in GBK, as small operators' software writes it."""
    rows = plain_rows(now, seed)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("gbk")


def plain_json(now: float, seed: int) -> dict[str, Any]:
    """The table as JSON behind the usual code and message."""
    said = f"{datetime.fromtimestamp(now, ZONE):%Y-%m-%d %H:%M:%S}"
    return {"code": 200, "msg": "ok", "time": said, "data": {"list": plain_rows(now, seed)}}


def _publication(kind: str, now: float) -> tuple[etree._Element, etree._Element]:
    nsmap: Any = {None: DATEX, "xsi": _XSI}  # the stubs know no default namespace
    root = etree.Element(f"{{{DATEX}}}d2LogicalModel", {"modelBaseVersion": "2"}, nsmap=nsmap)
    supplier = _child(_child(root, "exchange"), "supplierIdentification")
    _text(supplier, "country", "other")
    _text(supplier, "nationalIdentifier", "sandbox")
    publication = _child(root, "payloadPublication", lang="zh")
    publication.set(f"{{{_XSI}}}type", kind)
    _text(publication, "publicationTime", _iso(now))
    creator = _child(publication, "publicationCreator")
    _text(creator, "country", "other")
    _text(creator, "nationalIdentifier", "sandbox")
    return root, publication


def _child(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{DATEX}}}{tag}", attributes)


def _text(parent: etree._Element, tag: str, text: str) -> etree._Element:
    element = _child(parent, tag)
    element.text = text
    return element


def _iso(at: float) -> str:
    return datetime.fromtimestamp(int(at), ZONE).isoformat()


def _utc(at: float) -> str:
    """ParkAPI's times have no zone and are UTC."""
    return f"{stamp(at):%Y-%m-%dT%H:%M:%S}"
