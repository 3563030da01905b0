"""A payload of each kind of feed, for the pages that say `feed check KIND payload`."""

from datetime import UTC, datetime

import httpx2

from sandbox.vehicles.rounds import Seen
from sandbox.wire import jtt808, jtt809, jtt905

SERVED = {
    "gtfs": "/railway/gtfs.zip",
    "gtfs_rt": "/metro/gtfs-rt.pb",
    "netex": "/railway/netex.zip",
    "transxchange": "/coach/transxchange.xml",
    "siri_et": "/railway/siri-lite/estimated-timetable.xml",
    "siri_sm": "/railway/siri-lite/stop-monitoring.xml?MonitoringRef=SHH",
    "siri_vm": "/railway/siri-lite/vehicle-monitoring.xml",
    "siri_sx": "/railway/siri-lite/situation-exchange.xml",
    "siri_fm": "/railway/siri-lite/facility-monitoring.xml",
    "coach_profile": "/coach/profile.json",
    "cap": "/alerts/cap.atom",
    "mapped": "/parking/parkapi.json",
    "gbfs": "/gbfs/vehicle_status.json",
    "datex2_parking": "/parking/dynamic.xml",
    "parkapi": "/parking/parkapi.json",
    "mds": "/mds/vehicles/status",
}
"""Where the sandbox serves one."""
_AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
_SEEN = Seen(_AT, 31.25, 121.45, 30, 90)


def payload(kind: str, sandbox: str) -> bytes:
    """One message of the kind, as the sandbox sends it; of a TCP kind a capture in hex."""
    if kind in SERVED:
        return httpx2.get(f"{sandbox}{SERVED[kind]}", timeout=60).raise_for_status().content
    return f"{_CAPTURES[kind].hex()}\n".encode()


_CAPTURES = {
    "jtt905": jtt905.encode(
        jtt905.Message.POSITION,
        "100000000001",
        1,
        jtt905.position(jtt905.Fix(_AT, 31.25, 121.45, 30, 90, jtt905.Status(0))),
    ),
    "jtt808": jtt808.encode(
        jtt808.EDITION_2019,
        jtt808.Message.POSITION,
        "13300000001",
        1,
        jtt808.position(_SEEN),
    ),
    "jtt809": jtt809.encode(
        jtt809.Message.DYNAMIC, 31_000_001, 1, jtt809.vehicle_position("沪A00001", _SEEN)
    ),
}
