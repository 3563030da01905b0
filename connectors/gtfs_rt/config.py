"""What can be set for a GTFS Realtime feed."""

from typing import Literal

from pydantic import Field

from hub.connector import ConnectorConfig
from hub.formats.gtfs.realtime import MAX_ENTITIES


class GtfsRtConfig(ConnectorConfig):
    """`[feeds.options]` of kind gtfs_rt."""

    max_entities: int = Field(
        default=MAX_ENTITIES,
        gt=0,
        description="entities one message may hold, some forty times those of a large city; a "
        "larger message is refused whole",
    )
    match: Literal["ids", "ids-then-times"] = Field(
        default="ids-then-times",
        description="ids-then-times: a trip update whose trip_id is not the timetable's is matched "
        "by its stops and times where exactly one trip answers",
    )
