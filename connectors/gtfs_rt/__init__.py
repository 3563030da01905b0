"""GTFS-Realtime: trip updates, vehicle positions and alerts over a static timetable."""

from connectors.gtfs_rt.connector import CONNECTOR, GtfsRtConfig

__all__ = ["CONNECTOR", "GtfsRtConfig"]
