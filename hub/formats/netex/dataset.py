"""NeTEx: from the bytes of a PublicationDelivery, or a zip of them, to a published timetable.

CEN/TS 16614-1 and -2, EPIP (-4) and the Nordic profile. Nothing is gated on the schema: elements
are found by local name in whatever frame they stand, and files of one zip refer to each other.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from hub.errors import PayloadError, Reason
from hub.formats.common.fields import Problems
from hub.formats.common.published import Published, newest
from hub.formats.common.xml_stream import documents
from hub.formats.common.zips import UNPACKED_BYTES
from hub.formats.netex.content import Content
from hub.formats.netex.places import Places
from hub.formats.netex.trips import Trips
from hub.model.common import Mode
from hub.model.timetable import Timetable
from hub.model.timetable_rows import Stop

ROOT = "PublicationDelivery"


def load(
    body: BinaryIO,
    *,
    dataset: str,
    version: str,
    zone: ZoneInfo,
    at: datetime,
    mode: Mode | None = None,
    known: Mapping[str, Stop] | None = None,
    max_unpacked_bytes: int = UNPACKED_BYTES,
) -> Published:
    """Read a dataset.

    `zone` stands in where no frame names one, `mode` overrules the files', `at` chooses between
    versions of one thing, `known` are stops of another dataset file that this one refers to.
    Entities are StopPlaces, Lines, ServiceJourneys and DatedServiceJourneys.

    Raises PayloadError NOT_DECODABLE, DTD_FORBIDDEN, TOO_LARGE, or UNSUPPORTED_MESSAGE if no file
    is a PublicationDelivery.
    """
    problems = Problems()
    content = Content(at.astimezone(zone).date(), problems)
    _read(body, content, max_unpacked_bytes)
    places = Places(content, dataset, known or {}, problems)
    trips = Trips(content, places, dataset, mode, problems)
    timetable = Timetable(
        dataset=dataset,
        version=version,
        zone=content.zone or zone,
        stops=places.stops,
        routes=trips.routes,
        trips=trips.trips,
        services=trips.services,
        aliases=trips.aliases,
    )
    return Published(
        timetable,
        (*places.network, *trips.lines),
        content.entities,
        problems.rejects,
        problems.notes,
        newest(content.published, timetable.zone),
    )


def _read(body: BinaryIO, content: Content, max_unpacked_bytes: int) -> None:
    roots: list[str] = []
    for document in documents(body, "NeTEx", max_unpacked_bytes=max_unpacked_bytes):
        roots.append(document.root)
        if document.root == ROOT:
            content.add(document)
        else:
            content.problems.note(
                Reason.UNSUPPORTED_MESSAGE, document.name, f"{document.root} is no {ROOT}"
            )
    if ROOT not in roots:
        raise PayloadError(
            Reason.UNSUPPORTED_MESSAGE, f"{roots[0]} is no NeTEx {ROOT}.", hint="Look at the URL."
        )
