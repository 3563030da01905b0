"""GTFS-Realtime: trip updates, vehicle positions and alerts over a static timetable."""

from connectors.gtfs_rt.config import GtfsRtConfig
from connectors.gtfs_rt.connector import CONNECTOR

__all__ = ["CONNECTOR", "GtfsRtConfig"]
