"""SIRI Estimated Timetable over request/response: trains, and every other mode that speaks it."""

from datetime import datetime, timedelta

from connectors.gtfs import load_reference
from connectors.siri_common import build_request
from connectors.siri_et.config import SiriEtConfig
from connectors.siri_et.journeys import parse
from hub.connector import Connector, Context, Manifest, Request, Role
from hub.model.common import Mode


def request(context: Context, now: datetime) -> Request:
    """The EstimatedTimetableRequest of one poll."""
    preview = context.config.preview if isinstance(context.config, SiriEtConfig) else None
    asks = {"PreviewInterval": f"PT{int(preview.total_seconds())}S"} if preview else {}
    return build_request("EstimatedTimetable", context, now, **asks)


MANIFEST = Manifest(
    kind="siri_et",
    standard="SIRI-ET 1.3-2.1 (CEN/TS 15531-3), request/response",
    modes=frozenset({Mode.RAIL, Mode.METRO, Mode.COACH, Mode.BUS, Mode.TRAM, Mode.FERRY}),
    role=Role.POLL,
    fresh_for=timedelta(seconds=90),
    expires_after=timedelta(minutes=5),
    reads="EstimatedVehicleJourney with RecordedCall and EstimatedCall",
    drops="Extensions; operators' and drivers' details",
    config=SiriEtConfig,
)

CONNECTOR = Connector(
    manifest=MANIFEST,
    parse=parse,
    load_reference=load_reference,
    request=request,
    samples=("siri/ext_estimatedTimetable_response.xml", "siri/banenor-et-20180828.xml"),
)
