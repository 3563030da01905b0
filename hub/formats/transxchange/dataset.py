"""TransXChange: from the bytes of a document, or a zip of them, to a published timetable.

Schema 2.1 to 2.4. Each document stands for itself; documents of one zip share their stops, and of
two that describe one Service the higher RevisionNumber holds from its OperatingPeriod on.
"""

from collections.abc import Callable
from datetime import datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from hub.errors import PayloadError, Reason
from hub.formats.common.fields import Problems
from hub.formats.common.published import Published, newest
from hub.formats.common.xml import Element
from hub.formats.common.xml_stream import Document, documents
from hub.formats.common.zips import UNPACKED_BYTES
from hub.formats.netex.fields import text
from hub.formats.transxchange import rows
from hub.formats.transxchange.days import Period, day_before, organisation
from hub.formats.transxchange.rows import DocumentRows, StopRow
from hub.formats.transxchange.stops import network_of, stops_of
from hub.formats.transxchange.trips import Trips
from hub.model.common import Mode, Position
from hub.model.timetable import Timetable

ROOT = "TransXChange"
VERSIONS = ("2.0", "2.1", "2.2", "2.3", "2.4", "2.5")
_DROPPED = frozenset(
    {
        *("StopPoint", "AnnotatedStopPointRef", "StopArea", "Operator", "LicensedOperator"),
        *("JourneyPatternSection", "Service", "VehicleJourney", "FlexibleVehicleJourney"),
        *("RouteSection", "ServicedOrganisation"),
    }
)


def load(
    body: BinaryIO,
    *,
    dataset: str,
    version: str,
    zone: ZoneInfo,
    at: datetime,
    mode: Mode | None = None,
    max_unpacked_bytes: int = UNPACKED_BYTES,
) -> Published:
    """Read a dataset.

    `zone` is that of its times (TransXChange names none), `mode` overrules the documents', `at`
    bounds the holidays of a Service without an end. Entities are VehicleJourneys, Services and
    stops; a stop that several documents repeat is one.

    Raises PayloadError NOT_DECODABLE, DTD_FORBIDDEN, TOO_LARGE, or UNSUPPORTED_MESSAGE if no
    document is TransXChange.
    """
    reading = _read(body, max_unpacked_bytes)
    problems = reading.problems
    stops = stops_of(reading.stops, reading.areas, dataset, problems)
    trips = Trips(stops, dataset, mode, at.date(), problems)
    periods = _periods(reading.read, problems)
    for found, within in zip(reading.read, periods, strict=True):
        trips.add(found, within)
    timetable = Timetable(
        dataset=dataset,
        version=version,
        zone=zone,
        stops={stop.native_id: stop for stop in stops.values()},
        routes=trips.routes,
        trips=trips.trips,
        services=trips.services,
        aliases=trips.aliases,
    )
    network = (*network_of(timetable), *trips.lines.values())
    told_at = newest(reading.written, zone)
    return Published(
        timetable, network, reading.entities, problems.rejects, problems.notes, told_at
    )


class _Reading:
    """All documents, read into rows."""

    def __init__(self) -> None:
        self.problems = Problems()
        self.entities = 0
        self.written: list[str | None] = []
        self.read: list[DocumentRows] = []
        self.other = ROOT
        self.stops: dict[str, StopRow] = {}
        self.areas: dict[str, tuple[str | None, Position | None]] = {}
        self._listed: set[str] = set()
        self._read: dict[str, Callable[[Element, DocumentRows], None]] = {
            "StopPoint": self._stop,
            "AnnotatedStopPointRef": self._stop,
            "StopArea": self._area,
            "Operator": self._operator,
            "LicensedOperator": self._operator,
            "ServicedOrganisation": self._organisation,
            "JourneyPatternSection": self._section,
            "Service": self._service,
            "VehicleJourney": self._journey,
            "FlexibleVehicleJourney": self._flexible,
        }

    def add(self, document: Document) -> None:
        """Read one document. Raises PayloadError where its XML breaks."""
        if document.root != ROOT:
            self.other = document.root
            self.problems.note(
                Reason.UNSUPPORTED_MESSAGE, document.name, f"{document.root} is no {ROOT}"
            )
            return
        written = document.attributes.get("SchemaVersion", "")
        if not written.startswith(VERSIONS):
            self.problems.note(
                Reason.UNSUPPORTED_VERSION, document.name, f"SchemaVersion {written!r}"
            )
        self.written += map(document.attributes.get, ("CreationDateTime", "ModificationDateTime"))
        revision = document.attributes.get("RevisionNumber", "")
        found = DocumentRows(
            document.name, int(revision) if revision.isascii() and revision.isdigit() else 0
        )
        self.read.append(found)
        self._listed = set()
        for element in document.elements(self._read.keys(), _DROPPED):
            self._read[str(element.tag)](element, found)

    def _stop(self, element: Element, _document: DocumentRows) -> None:
        row = rows.stop(element)
        key = row.id.upper()
        if key in self.stops and key not in self._listed:
            self._listed.add(key)
            if self.stops[key].position is None:
                self.stops[key] = row
            return
        if self._first(key, "a stop", taken=key in self._listed):
            self._listed.add(key)
            self.stops[key] = row

    def _area(self, element: Element, _document: DocumentRows) -> None:
        if code := text(element, "StopAreaCode"):
            self.areas[code] = (text(element, "Name"), rows.position(element))

    def _operator(self, element: Element, document: DocumentRows) -> None:
        name = text(element, "TradingName", "OperatorShortName", "OperatorNameOnLicence")
        if name and (native := element.get("id")):
            document.operators[native] = name

    def _organisation(self, element: Element, document: DocumentRows) -> None:
        if code := text(element, "OrganisationCode"):
            document.organisations[code] = organisation(element)

    def _section(self, element: Element, document: DocumentRows) -> None:
        if native := element.get("id"):
            document.sections[native] = rows.section(element, self.problems)

    def _service(self, element: Element, document: DocumentRows) -> None:
        row = rows.service(element, self.problems)
        if not self._first(row.code, "a Service", taken=row.code in document.services):
            return
        document.services[row.code] = row
        if element.find("StandardService") is None:
            self.problems.reject(
                Reason.UNSUPPORTED_MESSAGE, row.code, "no StandardService: not a timetable"
            )

    def _journey(self, element: Element, document: DocumentRows) -> None:
        row = rows.journey(element, self.problems)
        if self._first(row.code, "a VehicleJourney", taken=row.code in document.journeys):
            document.journeys[row.code] = row

    def _flexible(self, element: Element, _document: DocumentRows) -> None:
        self.entities += 1
        code = text(element, "VehicleJourneyCode") or f"journey {self.entities}"
        self.problems.reject(Reason.UNSUPPORTED_MESSAGE, code, "FlexibleVehicleJourney is not read")

    def _first(self, native: str, what: str, *, taken: bool) -> bool:
        """Count an entity; whether it has an id that its document did not have before."""
        self.entities += 1
        if not native:
            self.problems.reject(
                Reason.MISSING_FIELD, f"entity {self.entities}", f"{what} without an id"
            )
        elif taken:
            self.problems.reject(Reason.DUPLICATE, native, f"{what} is listed twice")
        return bool(native) and not taken


def _read(body: BinaryIO, max_unpacked_bytes: int) -> _Reading:
    reading = _Reading()
    for document in documents(body, ROOT, max_unpacked_bytes=max_unpacked_bytes):
        reading.add(document)
    if not reading.read:
        raise PayloadError(Reason.UNSUPPORTED_MESSAGE, f"{reading.other} is no {ROOT} document.")
    return reading


def _periods(read: list[DocumentRows], problems: Problems) -> list[dict[str, Period | None]]:
    """When each document's Services hold: until a higher revision of the same lines begins."""
    found: list[dict[str, Period | None]] = []
    for document in read:
        held: dict[str, Period | None] = {}
        for code, service in document.services.items():
            within = service.period
            newer = [
                other.services[code].period
                for other in read
                if other.revision > document.revision
                and code in other.services
                and other.services[code].lines.keys() == service.lines.keys()
            ]
            starts = [period.start for period in newer if period is not None]
            if within is not None and starts and min(starts) <= within.end:
                last = day_before(min(starts))
                problems.note(
                    Reason.OLDER_THAN_KNOWN,
                    code,
                    f"newer revision after {last}",
                )
                within = Period(within.start, last.toordinal())
            held[code] = within
        found.append(held)
    return found
