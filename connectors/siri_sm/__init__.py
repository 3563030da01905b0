"""SIRI Stop Monitoring: what calls at a stop, with the calls before and after it."""

from collections.abc import Sequence
from datetime import timedelta

from connectors.planned import TIMETABLE_BYTES
from connectors.siri.config import policy
from connectors.siri.service import siri_connector
from connectors.siri_sm.config import SiriSmConfig
from connectors.siri_sm.visits import parse
from hub.connector import Context, Manifest, Transport
from hub.errors import FeedStopped, reasons
from hub.formats.siri.request import Topics, duration
from hub.model.common import Mode


def asks(context: Context) -> Sequence[Topics]:
    """One request for each monitored stop. Raises FeedStopped where none is known."""
    config = context.config if isinstance(context.config, SiriSmConfig) else SiriSmConfig()
    stops = config.monitoring_refs or tuple(sorted(context.stop_places))
    if not stops and config.transport == "request":
        raise FeedStopped(
            f"feed {context.feed_id}: no stop to monitor.",
            hint="Set options.monitoring_refs.",
        )
    preview = (("PreviewInterval", duration(config.preview)),) if config.preview else ()
    most = (("MaximumStopVisits", str(config.max_visits)),) if config.max_visits else ()
    level = (("StopMonitoringDetailLevel", "calls"),)
    return [(*preview, ("MonitoringRef", stop), *most, *level) for stop in stops]


MANIFEST = Manifest(
    kind="siri_sm",
    standard="SIRI-SM 1.3-2.1 (CEN/TS 15531-3): request/response, publish/subscribe, Lite",
    modes=frozenset({Mode.RAIL, Mode.METRO, Mode.COACH, Mode.BUS, Mode.TRAM, Mode.FERRY}),
    transport=Transport.POLL,
    fresh_for=timedelta(seconds=90),
    expires_after=timedelta(minutes=5),
    reads="MonitoredStopVisit with PreviousCall, MonitoredCall and OnwardCall; "
    "MonitoredStopVisitCancellation",
    drops="StopLineNotice, notes, Extensions; operators' and drivers' details",
    refuses=reasons(
        "AMBIGUOUS_MATCH BAD_VALUE DTD_FORBIDDEN DUPLICATE EMPTY_ENTITY MISSING_FIELD "
        "NEGATIVE_DWELL NOT_DECODABLE SOURCE_ERROR TIMESTAMP_EPOCH TIMESTAMP_IN_FUTURE "
        "TIMESTAMP_MISSING TIME_ORDER TOO_LARGE UNKNOWN_STOP UNSUPPORTED_MESSAGE"
    ),
    config=SiriSmConfig,
    max_static_bytes=TIMETABLE_BYTES,
)

CONNECTOR = siri_connector(
    "StopMonitoring",
    MANIFEST,
    parse,
    samples=("siri/exs_stopMonitoring_response.xml",),
    asks=asks,
    policy=policy,
)
