"""The static reference of a real-time feed: a timetable of whichever standard `static_url` has."""

from zipfile import ZipFile

from connectors import gtfs, netex, transxchange
from hub.connector import Context, Envelope
from hub.formats.common.xml_stream import documents
from hub.formats.common.zips import entries_of, sound
from hub.formats.netex.dataset import ROOT as NETEX
from hub.formats.transxchange.dataset import ROOT as TRANSXCHANGE
from hub.model.timetable import Timetable

_HEAD = 1024
_READERS = {NETEX: netex.load_reference, TRANSXCHANGE: transxchange.load_reference}


def load_reference(envelope: Envelope, context: Context) -> Timetable:
    """A GTFS zip, or NeTEx or TransXChange as XML or a zip of XML, as a `Timetable`.

    What is neither is read as GTFS, which says what is wrong with it. Raises PayloadError.
    """
    if not _is_gtfs(envelope):
        for document in documents(envelope.open(), "timetable"):
            if document.root in _READERS:
                return _READERS[document.root](envelope, context)
    return gtfs.load_reference(envelope, context)


def _is_gtfs(envelope: Envelope) -> bool:
    begins = envelope.open().read(_HEAD)
    if not begins.startswith(b"PK"):
        return not begins.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")
    with sound("timetable", "GTFS tables, or NeTEx or TransXChange files"):
        names = [entry.filename.lower() for entry in entries_of(ZipFile(envelope.open()))]
    return any(name.endswith("stops.txt") for name in names) or not any(
        name.endswith(".xml") for name in names
    )
