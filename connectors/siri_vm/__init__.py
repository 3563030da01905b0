"""SIRI Vehicle Monitoring: where vehicles are, how full, and on which journey."""

from collections.abc import Sequence
from datetime import timedelta

from connectors.planned import TIMETABLE_BYTES
from connectors.siri.config import policy
from connectors.siri.service import siri_connector
from connectors.siri_vm.config import SiriVmConfig
from connectors.siri_vm.vehicles import parse
from hub.connector import Context, Manifest, Transport
from hub.errors import reasons
from hub.formats.siri.request import Topics
from hub.model.common import Mode


def asks(context: Context) -> Sequence[Topics]:
    """One request for each line, or one for all."""
    config = context.config if isinstance(context.config, SiriVmConfig) else SiriVmConfig()
    level = (("VehicleMonitoringDetailLevel", "calls"),)
    return [(("LineRef", line), *level) for line in config.line_refs] or [level]


MANIFEST = Manifest(
    kind="siri_vm",
    standard="SIRI-VM 1.3-2.1 (CEN/TS 15531-3): request/response, publish/subscribe, Lite",
    modes=frozenset({Mode.RAIL, Mode.METRO, Mode.COACH, Mode.BUS, Mode.TRAM, Mode.FERRY}),
    transport=Transport.POLL,
    fresh_for=timedelta(seconds=90),
    expires_after=timedelta(minutes=5),
    reads="VehicleActivity with position, occupancy, progress, journey and its calls; "
    "VehicleActivityCancellation",
    drops="DriverRef, DriverName and Extensions, where producers put drivers; block and course "
    "numbers, operators' details, notes",
    refuses=reasons(
        "AMBIGUOUS_MATCH BAD_VALUE DTD_FORBIDDEN DUPLICATE EMPTY_ENTITY MISSING_FIELD "
        "NEGATIVE_DWELL NOT_DECODABLE POSITION_NOT_FIXED POSITION_OUT_OF_RANGE SOURCE_ERROR "
        "TIMESTAMP_EPOCH TIMESTAMP_IN_FUTURE TIMESTAMP_MISSING TIME_ORDER TOO_LARGE "
        "UNKNOWN_STOP UNSUPPORTED_MESSAGE"
    ),
    config=SiriVmConfig,
    max_static_bytes=TIMETABLE_BYTES,
)

CONNECTOR = siri_connector(
    "VehicleMonitoring",
    MANIFEST,
    parse,
    samples=(
        "siri/exv_vehicleMonitoring_response.xml",
        "siri/occupancy-exv_vehicleMonitoring_response.xml",
        "siri/bods-vm.xml",
    ),
    asks=asks,
    policy=policy,
)
