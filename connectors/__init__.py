"""One folder per connector, named by the standard it reads; which feed uses it is configuration.

To add one: a folder exporting `CONNECTOR`, one line here, one test file (docs/add-a-connector.md).
"""

from importlib import import_module

from hub.complaints import suggestion
from hub.connector import Connector
from hub.errors import StartError

REGISTRY: dict[str, str] = {
    "gtfs": "connectors.gtfs",
    "gtfs_rt": "connectors.gtfs_rt",
    "netex": "connectors.netex",
    "transxchange": "connectors.transxchange",
    "siri_et": "connectors.siri_et",
    "siri_sm": "connectors.siri_sm",
    "siri_vm": "connectors.siri_vm",
    "siri_sx": "connectors.siri_sx",
    "siri_fm": "connectors.siri_fm",
    "jtt905": "connectors.jtt905",
    "jtt808": "connectors.jtt808",
    "jtt809": "connectors.jtt809",
    "coach_profile": "connectors.coach_profile",
    "cap": "connectors.cap",
    "mapped": "connectors.mapped",
    "gbfs": "connectors.gbfs",
    "datex2_parking": "connectors.datex2_parking",
    "parkapi": "connectors.parkapi",
    "mds": "connectors.mds",
}


def connector(kind: str) -> Connector:
    """The connector for a feed kind. Raises StartError, naming the known kinds."""
    if kind not in REGISTRY:
        meant = suggestion(kind, REGISTRY).strip()
        known = "" if meant.startswith("Known") else f" Known: {', '.join(REGISTRY)}."
        raise StartError(f"kind {kind!r} is not known.", hint=f"{meant}{known}")
    found: Connector = import_module(REGISTRY[kind]).CONNECTOR
    return found
