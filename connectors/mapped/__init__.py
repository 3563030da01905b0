"""A small operator's own JSON or CSV, read as the feed's configuration maps it (docs/mapped.md)."""

from datetime import timedelta

from connectors.mapped.config import MappedConfig
from connectors.mapped.reading import parse
from hub.connector import Connector, Manifest, Transport
from hub.errors import reasons
from hub.model.common import Mode

CONNECTOR = Connector(
    manifest=Manifest(
        kind="mapped",
        standard="none: JSON or CSV of any shape, mapped by the feed's options",
        modes=frozenset(Mode),
        transport=Transport.POLL,
        fresh_for=timedelta(minutes=2),
        expires_after=timedelta(minutes=10),
        reads="departures, parking facilities and statuses, vehicle positions: the mapped fields",
        drops="everything that is not mapped; a vehicle's id is replaced by a keyed hash unless "
        "public_ids is set",
        refuses=reasons(
            "BAD_VALUE DUPLICATE EMPTY_ENTITY MISSING_FIELD NOT_DECODABLE "
            "POSITION_NOT_FIXED POSITION_OUT_OF_RANGE SOURCE_ERROR TIMESTAMP_EPOCH "
            "TIMESTAMP_IN_FUTURE TIMESTAMP_MISSING TOO_LARGE"
        ),
        config=MappedConfig,
    ),
    parse=parse,
    samples=("parkapi-json/parkapi-reutlingen.json",),
)
